//! What the page says first: whether all is well, and if not, what to do.
//!
//! It decides nothing that is not decided already; it chooses what is said first.

use crate::daemon::status::{Case, Folder};
use crate::mail::plain;

use super::html::Html;
use super::moment::clock;
use super::page::left_out;
use super::routes::Sight;
use super::story::Tone;

/// How many things to do are said at once.
const SAID: usize = 12;

/// The verdict in words.
pub(super) struct Verdict {
    pub(super) tone: Tone,
    pub(super) line: String,
    /// What to do, a sentence each.
    todo: Vec<String>,
}

impl Verdict {
    /// The verdict on all that is seen; so many alerts did not reach the person lately.
    pub(super) fn of(sight: &Sight<'_>, undelivered: usize) -> Self {
        let status = &sight.status;
        let all = status.folders.len();
        let heard = status.folders.iter().filter(|folder| folder.heard).count();
        let cases = status.cases.iter().filter_map(case_todo);
        let alerts = match undelivered {
            0 => None,
            1 => Some("One alert did not reach you lately: see below which, and why.".to_owned()),
            many => Some(format!(
                "{many} alerts did not reach you lately: see below which, and why."
            )),
        };
        let mut todo: Vec<String> = cases.chain(alerts).collect();
        if sight.is_heard {
            let line = match todo.len() {
                0 => format!("All well: {} provably heard", counted(all, all)),
                1 => format!("One thing needs you; {} provably heard", counted(all, all)),
                many => format!(
                    "{many} things need you; {} provably heard",
                    counted(all, all)
                ),
            };
            let tone = if todo.is_empty() {
                Tone::Good
            } else {
                Tone::Ask
            };
            return Self { tone, line, todo };
        }
        let deaf = status.folders.iter().filter(|folder| !folder.heard);
        let deaf: Vec<String> = deaf.map(deaf_todo).collect();
        if deaf.is_empty() {
            let wait = "The first proof of every folder is still awaited. If this stays, run \
                        `sustained check`.";
            todo.insert(0, wait.to_owned());
            let line = "Not every folder is provably heard yet".to_owned();
            return Self {
                tone: Tone::Ask,
                line,
                todo,
            };
        }
        todo.splice(0..0, deaf);
        Self {
            tone: Tone::Bad,
            line: format!("Not everything is heard: only {}", counted(heard, all)),
            todo,
        }
    }

    /// Writes it.
    pub(super) fn write(&self, html: &mut Html) {
        let class = format!("verdict {}", self.tone.class());
        html.element(
            "section",
            &[("class", &class), ("aria-label", "Verdict")],
            |html| {
                html.element("h1", &[], |html| {
                    html.say(
                        "span",
                        &[("class", "mark"), ("aria-hidden", "true")],
                        self.mark(),
                    );
                    html.text(&self.line);
                });
                if self.todo.is_empty() {
                    html.say("p", &[], "There is nothing for you to do.");
                    return;
                }
                html.element("ul", &[], |html| {
                    for sentence in self.todo.iter().take(SAID) {
                        html.say("li", &[], sentence);
                    }
                });
                left_out(html, self.todo.len(), SAID);
            },
        );
    }

    fn mark(&self) -> &'static str {
        match self.tone {
            Tone::Good | Tone::Plain => "✓",
            Tone::Ask => "!",
            Tone::Bad => "✕",
        }
    }
}

fn counted(heard: usize, all: usize) -> String {
    if all == 0 {
        // The database is a little behind the engine.
        return "every folder is".to_owned();
    }
    let are = if heard == 1 || all == 1 { "is" } else { "are" };
    let folders = if all == 1 { "folder" } else { "folders" };
    format!("{heard} of {all} {folders} {are}")
}

fn deaf_todo(folder: &Folder) -> String {
    let since = match folder.heard_at {
        Some(at) => format!("was last provably heard on {}", clock(at)),
        None => "was never heard".to_owned(),
    };
    format!(
        "{} in mailbox {} {since}. A code that comes now may not be seen: look into the mailbox \
         yourself, and run `sustained check` to see what to mend.",
        plain(&folder.folder),
        plain(&folder.mailbox)
    )
}

/// Whether a case wants something of the person.
pub(super) fn needs_the_person(case: &Case) -> bool {
    case_todo(case).is_some()
}

/// What a case wants of the person.
pub(crate) fn case_todo(case: &Case) -> Option<String> {
    let what = match case.stage {
        "notified" => {
            "Meta announced a use of your data, and nothing is filed: open the form that its \
             message links to, or run `sustained object`."
        }
        "code_received" => {
            "A code came and was not handed over: type it into Meta's form while it is good."
        }
        "doubtful" => {
            "Nobody knows whether the code was typed: look at the form. If it is filed, say so: \
             `sustained note filed`."
        }
        "not_filed" => {
            "The objection is not filed: see below why, and ask the form for a new code."
        }
        "unavailable" => "There is no form for you, as far as the browser was shown: see below.",
        "unclear" => "A message of Meta's needs your eyes: open your mailbox and read it.",
        "overdue" => {
            "Meta's answer has not come in time. That is no refusal; you may ask Meta, or your \
             data protection authority."
        }
        "needs_info" => "Meta wants to know more before it decides: answer as its message says.",
        "wrong_channel" => "Meta says that this was the wrong form: object where its message says.",
        _ => return None,
    };
    Some(format!("{}: {what}", super::card::accounts(case)))
}
