//! Alerts through a Gotify server: one POST to /message, as an application of it.
//!
//! The form is that of gotify.net/docs/pushmsg and /msgextras. No limit of a message is documented.
//!
//! SECURITY: pure; the token goes into a header, the text is marked as plain.

use serde_json::json;

use crate::case::effect::Alert;
use crate::config::secret::Secret;

use super::service::{Manners, PLAIN, Request, field};
use super::words::Words;

pub(super) const MANNERS: Manners = Manners {
    // The answer is the message as it was kept.
    meaning: |status, text| match status {
        200 if !field(text, "id").is_number() => 404,
        _ => status,
    },
    remedy: |status| match status {
        401 | 403 => Some("give the channel the token of an application on that server"),
        404 => Some("is this a Gotify server? Put its own address into the url"),
        _ => None,
    },
    ..PLAIN
};

/// A message of the application that `token` belongs to.
pub(super) fn request(token: &Secret, (alert, words): (&Alert, &Words)) -> Request {
    let mut extras = json!({ "client::display": { "contentType": "text/plain" } });
    if let Some(link) = words.links.first() {
        extras["client::notification"] = json!({ "click": { "url": link } });
    }
    let mut request = Request::post(
        "/message",
        &json!({
            "title": words.title,
            "message": words.letter(alert),
            "priority": priority(words.priority),
            "extras": extras,
        }),
    );
    request
        .headers
        .push(("x-gotify-key", token.reveal().to_owned()));
    request
}

/// Gotify counts from 0 to 10; its app makes a sound from 4 and stands out from 8.
fn priority(priority: u8) -> u8 {
    (priority * 2).min(10)
}
