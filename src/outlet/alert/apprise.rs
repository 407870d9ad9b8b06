//! Alerts through an Apprise API server, which hands them to whatever the person keeps there under
//! a key: one POST to /notify/KEY.
//!
//! The form is that of github.com/caronc/apprise-api, "Persistent Storage Solution".
//!
//! SECURITY: pure. Nobody knows what reads the text in the end, so what calls people is broken.

use serde_json::json;

use crate::case::effect::{Alert, Notice};
use crate::mail::Outcome;

use super::fit::{uncalled, written};
use super::service::{Manners, PLAIN, Request};
use super::words::Words;

pub(super) const MANNERS: Manners = Manners {
    meaning: |status, _| match status {
        // "no content": nothing is kept under the key.
        204 => 404,
        // One of the services behind it did not take the alert; the next try may reach it.
        424 => 503,
        _ => status,
    },
    remedy: |status| match status {
        404 => Some("nothing is kept under this key there: add your services to it"),
        401 | 403 => Some("the server or a proxy before it wants a login, which is not supported"),
        _ => None,
    },
    ..PLAIN
};

/// A notification to what is kept under `key`.
pub(super) fn request(key: &str, (alert, words): (&Alert, &Words)) -> Request {
    let inert = |text: &str| written(text, usize::MAX, char::len_utf8, uncalled);
    let body = json!({
        "title": inert(&words.title),
        "body": inert(&words.letter(alert)),
        "type": kind(alert, words),
        "format": "text",
    });
    Request::post(format!("/notify/{key}"), &body)
}

/// Apprise's four types, which choose a colour and a picture.
fn kind(alert: &Alert, words: &Words) -> &'static str {
    match &alert.notice {
        Notice::Decision { outcome, .. } => match outcome {
            Outcome::Honored | Outcome::PartlyHonored => "success",
            Outcome::Declined => "failure",
            Outcome::NeedsInfo
            | Outcome::UnderReview
            | Outcome::WrongChannel
            | Outcome::Extended => "info",
        },
        Notice::Heard { .. } => "success",
        Notice::SubmissionFailed { .. } | Notice::Deaf { .. } => "failure",
        _ if words.priority == 5 => "warning",
        _ => "info",
    }
}
