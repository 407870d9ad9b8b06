//! An event as one line of JSON.
//!
//! It knows the words of the contract, and no file.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::case::{Event, FormStep};
use crate::mail::Digest;
use crate::store::{EventRow, KeyRow};

use super::screenshot::screenshot_of;

/// One line of `decisions.jsonl`.
#[derive(Debug, Serialize)]
struct Line<'a> {
    seq: i64,
    at: String,
    #[serde(rename = "type")]
    kind: &'static str,
    mailbox: &'a str,
    #[serde(flatten)]
    facts: Map<String, Value>,
    prev: &'a str,
}

/// The event as one line of JSON, without the line's end. `taken_at` is when this program took in
/// the message that is kept as its evidence: the day its signature is judged by.
#[must_use]
pub fn line_of(row: &EventRow, keys: &[KeyRow], taken_at: Option<Timestamp>, prev: &str) -> String {
    let mut facts = facts_of(row, keys);
    if let Some(taken_at) = taken_at {
        facts.insert("taken_at".to_owned(), json!(taken_at));
    }
    let line = Line {
        seq: row.id,
        at: row.at.to_string(),
        kind: type_name(&row.event),
        mailbox: &row.mailbox.0,
        facts,
        prev,
    };
    // Serialising maps with string keys and plain values cannot fail; an empty object would show.
    serde_json::to_string(&line).unwrap_or_else(|_| "{}".to_owned())
}

/// The contract's type for an event, and the record's own where the contract has none.
#[must_use]
pub fn type_name(event: &Event) -> &'static str {
    match event {
        Event::Notification { .. } => "notification.received",
        Event::CodeArrived { .. } => "code.received",
        Event::Decision { .. } => "decision.received",
        Event::Unclear { .. } => "mail.unclear",
        Event::Forged { .. } => "mail.forged",
        Event::Pending { .. } => "mail.pending",
        Event::Unproven { .. } => "mail.unproven",
        Event::Armed { .. } => "mailbox.armed",
        Event::CodeAsked { .. } => "code.asked",
        Event::CodeTaken { .. } => "code.taken",
        Event::SubmissionAccepted { .. } => "submission.accepted",
        Event::SubmissionRejected { .. } => "submission.failed",
        Event::SubmissionDoubtful { .. } => "submission.doubtful",
        Event::Form { step, .. } => match step {
            FormStep::Sent => "form.sent",
            FormStep::Filed => "form.filed",
            FormStep::Refused { .. } => "form.refused",
            FormStep::Unavailable { .. } => "form.unavailable",
            FormStep::Stopped { .. } => "form.stopped",
        },
        Event::Reminded { .. } => "reminder.due",
        Event::Noted { .. } => "case.noted",
        Event::Deaf { .. } => "mailbox.deaf",
        Event::Heard { .. } => "mailbox.heard",
        Event::Gap { .. } => "mailbox.gap",
    }
}

/// What the line says beside when and where.
fn facts_of(row: &EventRow, keys: &[KeyRow]) -> Map<String, Value> {
    let mut facts = Map::new();
    facts.insert("folder".to_owned(), json!(row.folder));
    if let Some(case) = &row.case {
        facts.insert("account".to_owned(), json!(case.account));
        facts.insert("campaign".to_owned(), json!(case.campaign));
    }
    // The event's own fields under their own names; its tag is the line's `type`.
    if let Ok(Value::Object(detail)) = serde_json::to_value(&row.event) {
        facts.extend(detail.into_iter().filter(|(name, _)| name != "event"));
    }
    if let Some(digest) = evidence_of(&row.event) {
        facts.insert(
            "evidence".to_owned(),
            json!(format!("evidence/{digest}.eml")),
        );
    }
    if let Event::Form {
        screenshot: Some(digest),
        ..
    } = &row.event
    {
        facts.insert("screenshot".to_owned(), json!(screenshot_of(*digest)));
    }
    if let Some(authenticity) = &row.authenticity {
        facts.insert("authenticity".to_owned(), json!(authenticity));
    }
    if !keys.is_empty() {
        let keys = keys.iter().map(|key| (key.name.clone(), json!(key.record)));
        facts.insert("keys".to_owned(), Value::Object(keys.collect()));
    }
    if !row.links.is_empty() {
        facts.insert("links".to_owned(), json!(row.links));
    }
    if !row.because.is_empty() {
        facts.insert("because".to_owned(), json!(row.because));
    }
    facts
}

/// The message that is copied as evidence of an event.
pub(super) fn evidence_of(event: &Event) -> Option<Digest> {
    match event {
        Event::Notification { message, .. }
        | Event::Decision { message, .. }
        | Event::Unclear { message, .. } => Some(*message),
        Event::CodeArrived { .. }
        | Event::Forged { .. }
        | Event::Pending { .. }
        | Event::Unproven { .. }
        | Event::Armed { .. }
        | Event::CodeAsked { .. }
        | Event::CodeTaken { .. }
        | Event::SubmissionAccepted { .. }
        | Event::SubmissionRejected { .. }
        | Event::SubmissionDoubtful { .. }
        | Event::Form { .. }
        | Event::Reminded { .. }
        | Event::Noted { .. }
        | Event::Deaf { .. }
        | Event::Heard { .. }
        | Event::Gap { .. } => None,
    }
}
