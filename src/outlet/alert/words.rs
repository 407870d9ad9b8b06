//! What an alert says, for a person and for a program.
//!
//! Whole sentences: what happened, to which mailbox, what to do. It does not know how they are
//! sent.

use serde_json::{Map, Value, json};

use crate::case::effect::{Alert, Notice};
use crate::mail::{Doubt, Outcome, plain, plain_sentence};

/// An answer within this time was hardly read by a person.
const AUTOMATIC_BELOW_SECONDS: i64 = 60;

/// How much an alert presses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Urgency {
    /// Good to know.
    Low,
    /// The person will want to read it today.
    Middle,
    /// Something waits for the person.
    High,
}

/// An alert in words.
#[derive(Debug)]
pub(super) struct Words {
    /// Stable id of the event it is about.
    pub id: String,
    /// The type's name in the contract.
    pub kind: &'static str,
    /// When it happened, RFC 3339.
    pub at: String,
    /// The mailbox it is about.
    pub mailbox: String,
    /// A few words.
    pub title: String,
    /// One paragraph.
    pub text: String,
    /// A page of Meta's own that belongs to it.
    pub link: Option<String>,
    /// How much it presses.
    pub urgency: Urgency,
    /// All of it for a program.
    pub object: Value,
}

impl Words {
    pub(super) fn of(alert: &Alert) -> Self {
        let (title, sentence) = sentence(&alert.notice);
        let mut text = sentence;
        if let Some(message) = &alert.message {
            let from = plain(&message.from);
            let subject = plain(&message.subject);
            text = format!("{text} Message: \"{subject}\" from {from}.");
        }
        let is_forged = matches!(alert.notice, Notice::Forged { .. });
        // What is not proved must not lead anybody anywhere.
        let link = alert.links.first().filter(|_| !is_forged).cloned();
        if let Some(link) = &link {
            text = format!("{text} Page: {}", plain(link));
        }
        Self {
            id: alert.id.clone(),
            kind: alert.notice.type_name(),
            at: alert.at.to_string(),
            mailbox: alert.mailbox.0.clone(),
            object: object(alert, &title, &text),
            title,
            text,
            link,
            urgency: urgency(&alert.notice),
        }
    }
}

fn urgency(notice: &Notice) -> Urgency {
    match notice {
        Notice::CodeWaiting { .. }
        | Notice::SubmissionFailed { .. }
        | Notice::Unclear { .. }
        | Notice::Deaf { .. } => Urgency::High,
        Notice::Notification { .. } | Notice::Decision { .. } => Urgency::Middle,
        Notice::Forged { .. } | Notice::Heard { .. } => Urgency::Low,
    }
}

fn object(alert: &Alert, title: &str, text: &str) -> Value {
    let mut object = Map::new();
    object.insert("type".to_owned(), json!(alert.notice.type_name()));
    object.insert("id".to_owned(), json!(alert.id));
    object.insert("mailbox".to_owned(), json!(alert.mailbox));
    object.insert("account".to_owned(), json!(alert.account));
    object.insert("at".to_owned(), json!(alert.at));
    // The notice's own fields under their own names; its tag is the type.
    if let Ok(Value::Object(fields)) = serde_json::to_value(&alert.notice) {
        object.extend(fields.into_iter().filter(|(name, _)| name != "notice"));
    }
    object.insert("title".to_owned(), json!(title));
    object.insert("text".to_owned(), json!(text));
    object.insert("message".to_owned(), json!(alert.message));
    Value::Object(object)
}

fn sentence(notice: &Notice) -> (String, String) {
    let (title, text) = match notice {
        Notice::Notification { effective } => (
            "Meta announces a use of your data".to_owned(),
            format!(
                "Meta announces that it will use your data for AI{}. You can object before that.",
                effective.map_or(String::new(), |date| format!(" from {date} on"))
            ),
        ),
        Notice::CodeWaiting { until } => (
            "A confirmation code waits for you".to_owned(),
            format!("Open your mailbox and type the code into Meta's form before {until:.0}."),
        ),
        Notice::Decision {
            outcome,
            seconds_after_code,
        } => decision(*outcome, *seconds_after_code),
        Notice::Unclear { doubt } => (
            "A mail from Meta needs your eyes".to_owned(),
            format!(
                "A genuine mail about an objection could not be read with certainty: {}. Read it \
                 yourself; nothing was done with it.",
                doubt_in_words(*doubt)
            ),
        ),
        Notice::Forged { reason } => (
            "A mail claims to be Meta's and is not proved".to_owned(),
            format!(
                "It speaks of an objection, but {}. Nothing was done with it. Do not follow its \
                 links.",
                plain_sentence(reason)
            ),
        ),
        Notice::SubmissionFailed {
            reason,
            doubtful: false,
        } => (
            "A confirmation code was not used".to_owned(),
            format!(
                "{}. Ask Meta's form for a new code, or look at it yourself.",
                plain_sentence(reason)
            ),
        ),
        Notice::SubmissionFailed {
            reason,
            doubtful: true,
        } => (
            "A confirmation code may or may not have been used".to_owned(),
            format!(
                "{}. Look at Meta's form: the code is not handed over again.",
                plain_sentence(reason)
            ),
        ),
        Notice::Deaf { since, why } => (
            "A mailbox is not heard".to_owned(),
            format!(
                "It was last provably heard at {since:.0}. {}.",
                plain_sentence(why)
            ),
        ),
        Notice::Heard { since } => (
            "A mailbox is heard again".to_owned(),
            format!("It was not heard since {since:.0}; what came meanwhile was looked through."),
        ),
    };
    (title, text)
}

fn decision(outcome: Outcome, seconds_after_code: Option<i64>) -> (String, String) {
    let (title, text) = match outcome {
        Outcome::Honored => (
            "Meta honors your objection",
            "Meta says that it will honor your objection.",
        ),
        Outcome::PartlyHonored => (
            "Meta honors part of your objection",
            "Meta says that it will honor a part of your objection. Read which.",
        ),
        Outcome::Declined => (
            "Meta refuses your objection",
            "Meta says that it will not honor your objection.",
        ),
        Outcome::NeedsInfo => (
            "Meta wants more information",
            "Meta wants more information before it decides about your objection.",
        ),
        Outcome::UnderReview => (
            "Meta is looking at your objection",
            "Meta has your objection and has not decided. That is no refusal.",
        ),
        Outcome::WrongChannel => (
            "Meta wants another form",
            "Meta says that your objection belongs to another form or product.",
        ),
    };
    let mut text = text.to_owned();
    if let Some(seconds) = seconds_after_code {
        text = format!("{text} It answered {seconds} seconds after the code");
        let automatic = seconds < AUTOMATIC_BELOW_SECONDS;
        text.push_str(if automatic {
            ": automatic in all likelihood."
        } else {
            "."
        });
    }
    (title.to_owned(), text)
}

fn doubt_in_words(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::SeveralCodes => "more than one group of digits could be the code",
        Doubt::NoCode => "it speaks of a code, and none is to be found in it",
        Doubt::UnknownWording => "its wording is not known",
        Doubt::Contradiction => "it says things that exclude each other",
        Doubt::PartsDisagree => "its parts do not say the same",
        Doubt::TooLarge => "it is too large",
        Doubt::WrongRecipient => "it was written to another address",
    }
}
