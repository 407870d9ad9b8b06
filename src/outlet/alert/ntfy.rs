//! Alerts as notifications through an ntfy server: one POST to the topic.
//!
//! It does not know who has subscribed; anybody who knows a public topic's name reads along. The
//! form is that of docs.ntfy.sh/publish.
//!
//! SECURITY: pure; the token goes into a header.

use data_encoding::BASE64;

use crate::case::effect::Alert;
use crate::config::secret::Secret;
use crate::http::Method;
use crate::mail::escape;
use crate::outlet::redact::SHOWN;

use super::fit::cut;
use super::service::{Manners, PLAIN, Request};
use super::words::Words;

/// ntfy turns a longer message (4096 bytes) into an attached file.
const MESSAGE_LIMIT: usize = 4000;

/// ntfy's own limit on a topic's name.
const TOPIC_LIMIT: usize = 64;

pub(super) const MANNERS: Manners = Manners {
    remedy: |status| {
        matches!(status, 401 | 403)
            .then_some("give the channel a token that may publish to this topic")
    },
    ..PLAIN
};

/// Whether an ntfy server accepts the topic's name; a sentence where none does.
pub(super) fn check(topic: &str) -> Result<(), String> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if topic.is_empty() || topic.len() > TOPIC_LIMIT || !topic.bytes().all(is_plain) {
        return Err(format!(
            "{} is no topic: use letters, digits, - and _, at most {TOPIC_LIMIT}",
            escape(topic, SHOWN)
        ));
    }
    Ok(())
}

/// Publishes to `topic`.
pub(super) fn request(
    topic: &str,
    token: Option<&Secret>,
    (alert, words): (&Alert, &Words),
) -> Request {
    let mut headers = vec![
        ("title", header_text(&words.title)),
        ("priority", words.priority.to_string()),
        ("tags", words.tag.to_owned()),
        ("content-type", "text/plain; charset=utf-8".to_owned()),
    ];
    if let Some(link) = words.links.first() {
        headers.push(("click", link.clone()));
    }
    if let Some(token) = token {
        headers.push(("authorization", format!("Bearer {}", token.reveal())));
    }
    Request {
        method: Method::POST,
        path: format!("/{topic}"),
        headers,
        body: cut(&words.letter(alert), MESSAGE_LIMIT, char::len_utf8),
    }
}

/// `text` as a header's value: as it is in ASCII, else in encoded words (RFC 2047), which ntfy
/// reads.
fn header_text(text: &str) -> String {
    // RFC 2047, 2: an encoded word has at most 75 characters; 45 bytes are 60 in base64.
    const WORD: usize = 45;
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut words: Vec<String> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.floor_char_boundary(WORD));
        words.push(format!("=?utf-8?B?{}?=", BASE64.encode(word.as_bytes())));
        rest = after;
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::header_text;

    #[test]
    fn a_title_is_ascii_on_the_wire() {
        assert_eq!(header_text("plain"), "plain");
        assert_eq!(header_text("für Jürgen"), "=?utf-8?B?ZsO8ciBKw7xyZ2Vu?=");
        let long = header_text(&"ü".repeat(60));
        assert!(long.is_ascii() && long.split(' ').all(|word| word.len() <= 75));
    }
}
