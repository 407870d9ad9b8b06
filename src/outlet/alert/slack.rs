//! Alerts through an incoming webhook of Slack: one POST to a path that is itself the secret.
//!
//! The form is that of docs.slack.dev/messaging/sending-messages-using-incoming-webhooks and
//! /messaging/formatting-message-text. Servers that take the same (Mattermost) have a host of their
//! own in the url.
//!
//! SECURITY: pure. `<!channel>` and its like need an unescaped `<`; names are not looked for.

use serde_json::json;

use crate::case::effect::Alert;

use super::fit::{entities, written};
use super::service::{Manners, PLAIN, Request, whole};
use super::words::Words;

/// Slack advises 4,000 characters and cuts at 40,000.
const TEXT_LIMIT: usize = 4000;

pub(super) const MANNERS: Manners = Manners {
    // Success is the word ok.
    meaning: |status, text| match status {
        200..=299 if text.trim() != "ok" => 400,
        _ => status,
    },
    remedy: |status| match status {
        401 | 403 => Some("let the webhook post to its channel, or make another"),
        404 | 410 => {
            Some("the webhook or its channel is no more: make another and change the token")
        }
        _ => None,
    },
    ..PLAIN
};

/// A message to the webhook at `path`.
pub(super) fn request(path: &str, told: (&Alert, &Words)) -> Request {
    let body = json!({
        "text": written(&whole(told), TEXT_LIMIT, char::len_utf16, entities),
        "mrkdwn": false,
        "link_names": false,
        "unfurl_links": false,
        "unfurl_media": false,
    });
    Request::post(format!("/{path}"), &body)
}
