//! Alerts through a webhook of Discord: one POST to a path that is itself the secret.
//!
//! The form is that of discord.com/developers/docs/resources/webhook#execute-webhook.
//!
//! SECURITY: pure. Nobody may be mentioned, whatever the text says; what Discord reads as markup is
//! written with a backslash, and no page is fetched for a preview.

use serde_json::json;

use crate::case::effect::Alert;

use super::fit::{cut, written};
use super::service::{Manners, PLAIN, Request, field, whole};
use super::words::Words;

/// "the message contents (up to 2000 characters)"
const CONTENT_LIMIT: usize = 2000;

/// `SUPPRESS_EMBEDS` of the message flags.
const WITHOUT_PREVIEWS: u32 = 1 << 2;

pub(super) const MANNERS: Manners = Manners {
    // With `wait`, the answer is the message.
    meaning: |status, text| match status {
        200..=299 if !field(text, "id").is_string() => 400,
        _ => status,
    },
    remedy: |status| match status {
        401 | 403 | 404 => {
            Some("the webhook is no more or never was: make another and change the token")
        }
        _ => None,
    },
    ..PLAIN
};

/// A message to the webhook at `path`.
pub(super) fn request(path: &str, told: (&Alert, &Words)) -> Request {
    let links = &told.1.links;
    let is_page = |line: &str| {
        let link = line.strip_prefix("Page: ");
        link.is_some_and(|link| links.iter().any(|known| known == link))
    };
    let text = whole(told);
    let safe = text.lines().map(|line| {
        // A page of Meta's stays one that can be opened.
        if is_page(line) {
            line.to_owned()
        } else {
            written(line, usize::MAX, char::len_utf16, literal)
        }
    });
    let content = safe.collect::<Vec<_>>().join("\n");
    let body = json!({
        "content": cut(&content, CONTENT_LIMIT, char::len_utf16),
        "allowed_mentions": { "parse": [] },
        "flags": WITHOUT_PREVIEWS,
    });
    // Without `wait` a message that is not kept is no error.
    let mark = if path.contains('?') { '&' } else { '?' };
    Request::post(format!("/{path}{mark}wait=true"), &body)
}

/// A character that opens markup or a mention, so that it stands for itself.
fn literal(c: char) -> Option<&'static str> {
    Some(match c {
        '\\' => r"\\",
        '*' => r"\*",
        '_' => r"\_",
        '~' => r"\~",
        '`' => r"\`",
        '|' => r"\|",
        '>' => r"\>",
        '<' => r"\<",
        '@' => r"\@",
        '#' => r"\#",
        '[' => r"\[",
        ']' => r"\]",
        _ => return None,
    })
}
