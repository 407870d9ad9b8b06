//! An event in words: what happened, and what a person wants to know beside it.
//!
//! Where an alert has a sentence for it, it is the same one. It writes no HTML. SECURITY: reasons
//! of servers and forgers are cut and made unclickable by those sentences, or here.

use jiff::Timestamp;

use crate::case::effect::Notice;
use crate::case::{Event, FormStep, Word, automatic};
use crate::daemon::status::{Tone, span};
use crate::mail::{Digest, Outcome, plain};
use crate::outlet::alert::sentences;
use crate::outlet::redact::defang;
use crate::store::EventRow;

use super::moment::clock;

impl Tone {
    /// The name in the style sheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Plain => "plain",
            Self::Ask => "ask",
            Self::Bad => "bad",
        }
    }
}

/// An event in words.
#[derive(Debug)]
pub(super) struct Story {
    /// When it happened; of a mail, when it reached the mailbox.
    pub(super) at: Timestamp,
    pub(super) tone: Tone,
    pub(super) what: String,
    pub(super) more: String,
    /// The message that caused it.
    pub(super) message: Option<Digest>,
    /// The picture of what was seen.
    pub(super) picture: Option<Digest>,
}

impl Story {
    /// The words of an event.
    pub(super) fn of(row: &EventRow) -> Self {
        let (tone, what, more) = match notice(&row.event) {
            Some(notice) => {
                let account = row.case.as_ref().map(|case| case.account);
                let text = sentences::text(&notice, &plain(&row.mailbox.0), account);
                (tone(&row.event), sentences::title(&notice).to_owned(), text)
            }
            None => own_words(&row.event),
        };
        Self {
            at: instant(row),
            tone,
            what,
            more,
            message: is_a_mail(&row.event).then(|| row.event.message()).flatten(),
            picture: match row.event {
                Event::Form { screenshot, .. } => screenshot,
                _ => None,
            },
        }
    }
}

/// What the person was told of it, where its sentence fits here, too.
fn notice(event: &Event) -> Option<Notice> {
    Some(match event {
        Event::Unclear { doubt, .. } => Notice::Unclear { doubt: *doubt },
        Event::Forged { reason, .. } => Notice::Forged {
            reason: reason.clone(),
        },
        Event::Unproven {
            reason,
            until: None,
            ..
        } => Notice::Unproven {
            reason: reason.clone(),
        },
        Event::SubmissionRejected { reason, .. } => failed(reason, false),
        Event::SubmissionDoubtful { reason, .. } => failed(reason, true),
        Event::Deaf { since, why } => Notice::Deaf {
            since: *since,
            why: why.clone(),
        },
        Event::Heard { since } => Notice::Heard { since: *since },
        _ => return None,
    })
}

fn failed(reason: &str, doubtful: bool) -> Notice {
    Notice::SubmissionFailed {
        reason: reason.to_owned(),
        doubtful,
        code_until: None,
    }
}

fn own_words(event: &Event) -> (Tone, String, String) {
    let (what, more) = match event {
        Event::Notification { effective, .. } => (
            "Meta announced a use of your data",
            effective.map_or_else(
                || "It names no date from which it applies.".to_owned(),
                |date| format!("It applies from {} on.", date.strftime("%-d %B %Y")),
            ),
        ),
        Event::CodeArrived {
            standing, until, ..
        } => (
            "A code came",
            standing.objection().map_or_else(
                || format!("It is good until {}.", clock(*until)),
                |why| format!("It was not handed over: {why}."),
            ),
        ),
        Event::Decision {
            outcome,
            seconds_after_code,
            ..
        } => return decided(*outcome, *seconds_after_code),
        Event::Pending { reason, until, .. } => (
            "Nobody can say yet whether a message is from Meta",
            format!(
                "{}. It is asked again until {}.",
                dull(reason),
                clock(*until)
            ),
        ),
        Event::Unproven { reason, .. } => (
            "Nobody can say yet whether a message is from Meta",
            format!("{}.", dull(reason)),
        ),
        Event::Armed { until, .. } => (
            "You said that you press Send now",
            format!("A code is expected until {}.", clock(*until)),
        ),
        Event::CodeAsked { .. } => ("A script of yours asked for the code", String::new()),
        Event::CodeTaken { .. } => ("A script of yours took the code", String::new()),
        Event::SubmissionAccepted { .. } => {
            ("The code was typed: the objection is filed", String::new())
        }
        Event::Form { step, .. } => form(step),
        Event::Reminded { reminder } => {
            let notice = Notice::Reminder {
                reminder: *reminder,
                effective: None,
                due: None,
            };
            let title = sentences::title(&notice);
            ("You were reminded", format!("{title}."))
        }
        Event::Noted { word, on } => noted(*word, *on),
        Event::Gap { from, until, found } => gap(*from, *until, *found),
        // An alert has the words.
        Event::Unclear { .. }
        | Event::Forged { .. }
        | Event::SubmissionRejected { .. }
        | Event::SubmissionDoubtful { .. }
        | Event::Deaf { .. }
        | Event::Heard { .. } => ("", String::new()),
    };
    (tone(event), what.to_owned(), more)
}

fn decided(outcome: Outcome, seconds: Option<i64>) -> (Tone, String, String) {
    let notice = Notice::Decision {
        outcome,
        seconds_after_code: None,
        unnamed: vec![],
    };
    let more = match seconds {
        Some(seconds) => {
            let (after, automatic) = (span(seconds), automatic(seconds));
            format!("{after} after the objection was filed{automatic}.")
        }
        None => String::new(),
    };
    let tone = match outcome {
        Outcome::Honored => Tone::Good,
        Outcome::UnderReview | Outcome::Extended => Tone::Plain,
        Outcome::PartlyHonored | Outcome::NeedsInfo | Outcome::WrongChannel => Tone::Ask,
        Outcome::Declined => Tone::Bad,
    };
    (tone, sentences::title(&notice).to_owned(), more)
}

fn form(step: &FormStep) -> (&'static str, String) {
    match step {
        FormStep::Sent => ("The form was sent", String::new()),
        FormStep::Filed => ("The page says that the objection is filed", String::new()),
        FormStep::Refused { reason } => ("The page refused the form", reason.clone()),
        FormStep::Unavailable { reason } => ("There is no form for you", reason.clone()),
        FormStep::Stopped { reason } => ("The form needs you", reason.clone()),
    }
}

fn gap(from: Timestamp, until: Timestamp, found: u32) -> (&'static str, String) {
    let (from, until) = (clock(from), clock(until));
    (
        "For a while there was no proof of hearing",
        format!("From {from} to {until}. All was looked through afterwards; found: {found}."),
    )
}

fn noted(word: Word, on: Timestamp) -> (&'static str, String) {
    let on = on.strftime("%-d %B %Y");
    match word {
        Word::Filed => ("You noted that you filed it yourself", format!("On {on}.")),
        Word::Answered(outcome) => (
            "You noted Meta's answer",
            format!("{}, on {on}.", outcome.name().replace('_', " ")),
        ),
    }
}

fn tone(event: &Event) -> Tone {
    match event {
        Event::SubmissionAccepted { .. } | Event::Heard { .. } => Tone::Good,
        Event::Form { step, .. } => match step {
            FormStep::Filed => Tone::Good,
            FormStep::Sent => Tone::Plain,
            FormStep::Refused { .. } | FormStep::Unavailable { .. } => Tone::Bad,
            FormStep::Stopped { .. } => Tone::Ask,
        },
        Event::SubmissionRejected { .. } | Event::Forged { .. } | Event::Deaf { .. } => Tone::Bad,
        Event::Unclear { .. }
        | Event::Unproven { .. }
        | Event::Pending { .. }
        | Event::SubmissionDoubtful { .. }
        | Event::Reminded { .. } => Tone::Ask,
        Event::Notification { .. }
        | Event::CodeArrived { .. }
        | Event::Decision { .. }
        | Event::Armed { .. }
        | Event::CodeAsked { .. }
        | Event::CodeTaken { .. }
        | Event::Noted { .. }
        | Event::Gap { .. } => Tone::Plain,
    }
}

/// When it happened.
fn instant(row: &EventRow) -> Timestamp {
    match &row.event {
        Event::Notification { received_at, .. }
        | Event::CodeArrived { received_at, .. }
        | Event::Decision { received_at, .. } => *received_at,
        Event::Form { seen_at, .. } => *seen_at,
        _ => row.at,
    }
}

/// Whether it is the coming of a mail.
fn is_a_mail(event: &Event) -> bool {
    matches!(
        event,
        Event::Notification { .. }
            | Event::CodeArrived { .. }
            | Event::Decision { .. }
            | Event::Unclear { .. }
            | Event::Forged { .. }
            | Event::Pending { .. }
            | Event::Unproven { .. }
    )
}

/// A reason that may name a host of a forger's, as a part of a sentence.
fn dull(reason: &str) -> String {
    defang(&plain(reason)).trim_end_matches('.').to_owned()
}
