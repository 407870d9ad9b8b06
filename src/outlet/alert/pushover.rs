//! Alerts through Pushover: one POST to its message API.
//!
//! The form is that of pushover.net/api. The application's token and the person's user key are two
//! secrets; both stand in the body, as the API wants it.
//!
//! SECURITY: pure; without `html` nothing in the text is markup.

use serde_json::json;

use crate::case::effect::Alert;
use crate::config::secret::Secret;

use super::fit::cut;
use super::service::{Manners, PLAIN, Request, field};
use super::words::Words;

/// "Messages are currently limited to 1024 4-byte UTF-8 characters, with a title of up to 250".
const MESSAGE_LIMIT: usize = 1024;
const TITLE_LIMIT: usize = 250;

/// "Supplementary URLs are limited to 512 characters"
const URL_LIMIT: usize = 512;

pub(super) const MANNERS: Manners = Manners {
    // "status will be 1 if the request was successful"
    meaning: |status, text| match status {
        200..=299 if field(text, "status") != 1 => 400,
        _ => status,
    },
    remedy: |status| match status {
        400 | 401 | 403 | 404 => {
            Some("check both secrets: token is the application's, password your user key")
        }
        _ => None,
    },
    ..PLAIN
};

/// A message of the application to the person.
pub(super) fn request(token: &Secret, user: &Secret, (alert, words): (&Alert, &Words)) -> Request {
    let mut message = json!({
        "token": token.reveal(),
        "user": user.reveal(),
        "title": cut(&words.title, TITLE_LIMIT, char::len_utf16),
        "message": cut(&words.letter(alert), MESSAGE_LIMIT, char::len_utf16),
        "priority": priority(words.priority),
        "timestamp": alert.at.as_second(),
    });
    if let Some(link) = words.links.first().filter(|link| link.len() <= URL_LIMIT) {
        message["url"] = json!(link);
    }
    Request::post("/1/messages.json", &message)
}

/// High priority passes the person's quiet hours; 2 would ring until it is answered.
fn priority(priority: u8) -> i8 {
    match priority {
        5.. => 1,
        3 | 4 => 0,
        _ => -1,
    }
}
