//! Alerts as notifications through an ntfy server: one POST to the topic.
//!
//! It does not know who has subscribed; anybody who knows a public topic's name reads along,
//! which is why no alert carries a code.
//!
//! SECURITY: talks to the one server that the configuration names, with its token. Hostile: the
//! server's answer, which is shown escaped and cut.

use data_encoding::BASE64;

use crate::case::effect::{Alert, Attempt};
use crate::config::secret::SecretSource;
use crate::http::{self, Answer, HttpError, Server};
use crate::mail::escape;
use crate::outlet::redact::SHOWN;

use super::read_secret;
use super::words::Words;

/// ntfy turns a longer message (4096 bytes) into an attached file.
const MESSAGE_LIMIT: usize = 4000;

/// ntfy's own limit on a topic's name.
const TOPIC_LIMIT: usize = 64;

/// One topic on one ntfy server.
#[derive(Debug)]
pub struct Ntfy {
    server: Server,
    path: String,
    token: Option<SecretSource>,
}

impl Ntfy {
    /// A topic on `server`.
    ///
    /// # Errors
    /// A sentence, where no ntfy server accepts the topic's name.
    pub fn new(server: Server, topic: &str, token: Option<SecretSource>) -> Result<Self, String> {
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if topic.is_empty() || topic.len() > TOPIC_LIMIT || !topic.bytes().all(is_plain) {
            return Err(format!(
                "{} is no topic: use letters, digits, - and _, at most {TOPIC_LIMIT}",
                escape(topic, SHOWN)
            ));
        }
        Ok(Self {
            server,
            path: format!("/{topic}"),
            token,
        })
    }

    /// Publishes the alert. Twice is harmless, so every trouble on the way means: try later.
    pub async fn tell(&self, alert: &Alert, words: &Words) -> Attempt {
        let mut headers = vec![
            ("title", header_text(&words.title)),
            ("priority", words.priority.to_string()),
            ("tags", words.tag.to_owned()),
            ("content-type", "text/plain; charset=utf-8".to_owned()),
        ];
        if let Some(link) = words.links.first() {
            headers.push(("click", link.clone()));
        }
        if let Some(source) = &self.token {
            match read_secret(source, "the ntfy token").await {
                Ok(token) => headers.push(("authorization", format!("Bearer {}", token.reveal()))),
                Err(attempt) => return attempt,
            }
        }
        let body = cut(words.letter(alert), MESSAGE_LIMIT);
        match http::post(&self.server, &self.path, &headers, body).await {
            Ok(answer) => self.judge(&answer),
            Err(HttpError::TryLater(reason)) => Attempt::TryLater(reason),
            Err(HttpError::NeedsUser(reason)) => Attempt::Rejected(reason),
        }
    }

    fn judge(&self, answer: &Answer) -> Attempt {
        let host = &self.server.host;
        let status = answer.status;
        let said = escape(answer.text.trim(), SHOWN);
        match status.as_u16() {
            200..=299 => Attempt::Accepted,
            401 | 403 => Attempt::Rejected(format!(
                "{host} refused the access token ({status}): give the channel a token that may \
                 publish to this topic"
            )),
            300..=399 => Attempt::Rejected(format!(
                "{host} answered with a redirect ({status}), which is not followed: put the \
                 server's own address into the configuration"
            )),
            408 | 429 | 500..=599 => Attempt::TryLater(format!("{host} answered {status}: {said}")),
            _ => Attempt::Rejected(format!("{host} refused the alert ({status}): {said}")),
        }
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

/// The beginning of `text`, at most `limit` bytes.
fn cut(mut text: String, limit: usize) -> String {
    text.truncate(text.floor_char_boundary(limit));
    text
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
