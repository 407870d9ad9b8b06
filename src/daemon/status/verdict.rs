//! What is said first, in every form: whether all is well, and what the person has to do.
//!
//! It decides nothing that is not decided already; it chooses what is said, and how it is meant.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::case::{Stage, State};
use crate::mail::{Digest, Outcome, plain, plain_sentence};

use super::{Case, Channel, Folder, Status, span};

/// How something is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It is well.
    Good,
    /// It is as it should be.
    Plain,
    /// The person is asked.
    Ask,
    /// It is not well.
    Bad,
}

/// Something that the person has to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Todo {
    /// What, in whole sentences; it names the mailbox where there are several.
    pub text: String,
    /// The mailbox it is about, if it is about one.
    pub mailbox: Option<String>,
    /// The account it is about, if it is about one.
    pub account: Option<&'static str>,
    /// The message it is about.
    pub message: Option<Digest>,
    /// The page of Meta's that leads on.
    pub link: Option<String>,
}

impl Todo {
    fn new(text: String) -> Self {
        Self {
            text,
            mailbox: None,
            account: None,
            message: None,
            link: None,
        }
    }
}

impl Status {
    /// The same with what is said first of it.
    #[must_use]
    pub fn judged(self, now: Timestamp) -> Self {
        let needs_you = self.needs_you(now);
        let (tone, verdict) = self.verdict(needs_you.len());
        Self {
            verdict,
            tone,
            needs_you,
            ..self
        }
    }

    fn needs_you(&self, now: Timestamp) -> Vec<Todo> {
        let mailboxes = self.folders.iter().map(|folder| &folder.mailbox);
        let mailboxes = mailboxes.chain(self.cases.iter().map(|case| &case.mailbox));
        let are_several = mailboxes.collect::<BTreeSet<_>>().len() > 1;
        let mut todo = Vec::new();
        if !self.running {
            todo.push(Todo::new(
                "Start it: `sustained run`, or its service.".to_owned(),
            ));
        } else if !self.healthy {
            todo.extend(deaf(&self.folders));
            if todo.is_empty() {
                let wait = "The first proof of every folder is still awaited. If this stays, run \
                            `sustained check`.";
                todo.push(Todo::new(wait.to_owned()));
            }
        }
        if let Some(why) = &self.configuration_refused {
            let refused = format!(
                "The configuration was refused at the last reload ({}), and the old one is still \
                 in force: `sustained check` says what to correct.",
                plain_sentence(why)
            );
            todo.push(Todo::new(refused));
        }
        todo.extend(
            self.cases
                .iter()
                .filter_map(|case| of_case(case, are_several)),
        );
        todo.extend(
            self.channels
                .iter()
                .filter_map(|channel| of_channel(channel, now)),
        );
        todo
    }

    fn verdict(&self, todo: usize) -> (Tone, String) {
        let all = self.folders.len();
        // The record is a little behind who says that all is heard.
        let deaf = if self.healthy {
            0
        } else {
            self.folders.iter().filter(|folder| !folder.heard).count()
        };
        let heard = heard(all);
        match (self.running, self.healthy, all, deaf) {
            (false, ..) => (Tone::Bad, "not running: nothing is watched".to_owned()),
            (_, true, ..) => match todo {
                0 => (Tone::Good, format!("all well: {heard}")),
                1 => (Tone::Ask, format!("one thing needs you; {heard}")),
                many => (Tone::Ask, format!("{many} things need you; {heard}")),
            },
            (_, _, 0, _) => (Tone::Ask, "no folder was heard yet".to_owned()),
            (.., 0) => (
                Tone::Ask,
                "not every folder is provably heard yet".to_owned(),
            ),
            (_, _, 1, _) => (Tone::Bad, "the folder is not heard".to_owned()),
            (_, _, all, 1) => (Tone::Bad, format!("1 of {all} folders is not heard")),
            (_, _, all, deaf) => (Tone::Bad, format!("{deaf} of {all} folders are not heard")),
        }
    }
}

fn heard(all: usize) -> String {
    match all {
        0 => "every folder is provably heard".to_owned(),
        1 => "the folder is provably heard".to_owned(),
        2 => "both folders are provably heard".to_owned(),
        all => format!("all {all} folders are provably heard"),
    }
}

/// What is to be done about folders that are not heard: one server is one trouble.
fn deaf(folders: &[Folder]) -> Vec<Todo> {
    let mut deaf: BTreeMap<(&str, Option<&str>), Vec<String>> = BTreeMap::new();
    for folder in folders.iter().filter(|folder| !folder.heard) {
        let trouble = (folder.mailbox.as_str(), folder.trouble.as_deref());
        deaf.entry(trouble).or_default().push(plain(&folder.folder));
    }
    let todo = deaf.into_iter().map(|((mailbox, trouble), names)| {
        let are = if names.len() == 1 { "is" } else { "are" };
        let why = trouble.map(|why| format!(" ({})", plain(why)));
        Todo {
            mailbox: Some(mailbox.to_owned()),
            ..Todo::new(format!(
                "{} in mailbox {} {are} not heard{}. A code that comes now may not be seen: look \
                 into the mailbox yourself, and run `sustained check` to see what to mend.",
                listed(&names),
                plain(mailbox),
                why.unwrap_or_default()
            ))
        }
    });
    todo.collect()
}

/// What a case wants of the person.
fn of_case(case: &Case, are_several: bool) -> Option<Todo> {
    let what = wanted(case)?;
    let whose = if are_several {
        format!(" in mailbox {}", plain(&case.mailbox))
    } else {
        String::new()
    };
    let message = case.cause.as_ref();
    Some(Todo {
        text: format!("{}{whose}: {what}", case.accounts()),
        mailbox: Some(case.mailbox.clone()),
        account: Some(case.account),
        message: message.map(|cause| cause.message),
        link: message.and_then(|cause| cause.link.clone()),
    })
}

/// What a case wants, without whose it is.
pub(super) fn wanted(case: &Case) -> Option<String> {
    let fixed = match case.stage {
        Stage::Notified => return Some(announced(case)),
        Stage::Unclear => return Some(unclear(case)),
        Stage::NotFiled => {
            let what = format!("The objection is not filed{}.", reason(case));
            return Some(format!("{what} Ask the form for a new code."));
        }
        Stage::Unavailable => {
            let what = "There is no form for you, as far as the browser was shown";
            return Some(format!("{what}{}.", reason(case)));
        }
        Stage::CodeReceived => {
            "A code came and was not handed over: type it into Meta's form, or ask the form for a \
             new one if it is older than 15 minutes. Once it is filed, say so: `sustained note \
             filed`."
        }
        Stage::Doubtful => {
            "Nobody knows whether the code was typed: look at the form. If it is filed, say so: \
             `sustained note filed`."
        }
        Stage::Overdue => {
            "Meta's answer has not come in time. That is no refusal; you may ask Meta, or your \
             data protection authority."
        }
        Stage::Answered(Outcome::NeedsInfo) => {
            "Meta wants to know more before it decides: answer as its message says."
        }
        Stage::Answered(Outcome::WrongChannel) => {
            "Meta says that this was the wrong form: object where its message says."
        }
        Stage::New
        | Stage::Armed
        | Stage::CodeTaken
        | Stage::Submitting
        | Stage::Submitted
        | Stage::Answered(
            Outcome::Honored
            | Outcome::PartlyHonored
            | Outcome::Declined
            | Outcome::UnderReview
            | Outcome::Extended,
        ) => return None,
    };
    Some(fixed.to_owned())
}

fn announced(case: &Case) -> String {
    let link = case.cause.as_ref().and_then(|cause| cause.link.as_ref());
    let form = match link {
        Some(link) => format!("open the form at {} or", plain(link)),
        None => "open the form that its message links to, or".to_owned(),
    };
    format!(
        "Meta announced a use of your data, and nothing is filed: {form} run `sustained object`."
    )
}

fn unclear(case: &Case) -> String {
    let which = case.cause.as_ref().map(|cause| {
        // Where the person is, as everywhere that people read.
        let here = TimeZone::system().to_datetime(cause.at);
        let day = here.strftime("%-d %B %Y");
        format!(" that came on {day} to {}", plain(&cause.folder))
    });
    let which = which.unwrap_or_default();
    format!("A message of Meta's{which} needs your eyes: open your mailbox and read it.")
}

fn reason(case: &Case) -> String {
    match &case.state {
        State::NotFiled { reason } | State::Unavailable { reason } => {
            format!(": {}", plain(reason).trim_end_matches('.'))
        }
        _ => String::new(),
    }
}

/// What is to be done about a channel that does not tell.
fn of_channel(channel: &Channel, now: Timestamp) -> Option<Todo> {
    let name = plain(&channel.outlet);
    let counted = |many: usize, one: &str, more: &str| match many {
        1 => format!("1 alert {one}"),
        many => format!("{many} alerts {more}"),
    };
    let what = match (channel.failing_since, channel.lost) {
        (Some(since), _) => {
            let long = span(now.duration_since(since).as_secs());
            let wait = counted(channel.waiting, "waits", "wait");
            format!("The channel {name} has not worked for {long}: {wait}")
        }
        (None, 0) => return None,
        (None, many) => {
            let given_up = counted(many, "was given up", "were given up");
            format!("The channel {name} did not tell you everything lately: {given_up}")
        }
    };
    let why = channel.why.as_deref().filter(|why| !why.is_empty());
    let why = why.map(|why| format!(" ({})", plain(why)));
    let text = format!(
        "{what}{}. `sustained check --alert {name}` tries it; `sustained log` has it all.",
        why.unwrap_or_default()
    );
    Some(Todo::new(text))
}

/// `a`, `a and b`, `a, b and c`
pub(super) fn listed(names: &[impl AsRef<str>]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// The same as the beginning of a sentence.
#[must_use]
pub fn capitalized(words: &str) -> String {
    let (first, rest) = words.split_at(words.chars().next().map_or(0, char::len_utf8));
    format!("{}{rest}", first.to_uppercase())
}
