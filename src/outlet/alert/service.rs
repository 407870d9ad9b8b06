//! What the channels that speak HTTP share: one request, and what its answer means.
//!
//! How each service wants its request written, and what it means by an answer where HTTP does not
//! say it, stands in a file a service. It follows no redirect and tries nothing twice.
//!
//! SECURITY: talks to the one server that the configuration names, with its secrets, which a path
//! or a body may hold. Hostile: the server's answer: secrets and digits that could be a code are
//! taken out of it, and it is shown escaped and cut.

use std::fmt::Write as _;

use jiff::SignedDuration;
use serde_json::Value;

use crate::case::effect::{Alert, Attempt};
use crate::config::secret::{Secret, SecretSource};
use crate::config::{self, Protocol};
use crate::http::{self, Answer, Method, Server};
use crate::mail::escape;
use crate::outlet::redact::{REASON_SHOWN, mask_digits};
use crate::outlet::unready::{Unready, read_secret};

use super::words::Words;
use super::{apprise, discord, gotify, matrix, ntfy, pushover, slack, telegram};

/// What stands where an answer repeated a secret.
const BLOT: &str = "••••";

/// One service on one server.
#[derive(Debug)]
pub struct Service {
    server: Server,
    protocol: Protocol,
}

/// What is sent. It may hold a secret anywhere, hence has no printable form.
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

/// What a service means by an answer.
pub(super) struct Manners {
    /// The status that says it, given the one that was sent and the body.
    pub(super) meaning: fn(u16, &str) -> u16,
    /// What the person can do about a status that refuses.
    pub(super) remedy: fn(u16) -> Option<&'static str>,
    /// For how long the body says that the service wants to be left alone.
    pub(super) pause: fn(&str) -> Option<SignedDuration>,
}

/// The manners of HTTP, where a service has no others.
pub(super) const PLAIN: Manners = Manners {
    meaning: |status, _| status,
    remedy: |_| None,
    pause: |_| None,
};

/// A request, what an answer to it means, and the secrets in it.
type Prepared = (Request, Manners, Vec<Secret>);

impl Request {
    /// Posts `body` to `path`.
    pub(super) fn post(path: impl Into<String>, body: &Value) -> Self {
        Self {
            method: Method::POST,
            path: path.into(),
            headers: vec![("content-type", "application/json".to_owned())],
            body: body.to_string(),
        }
    }
}

impl Service {
    /// The service that `config` describes.
    ///
    /// # Errors
    /// A sentence, where no such server would ever take an alert.
    pub fn new(config: &config::Service) -> Result<Self, String> {
        if let Protocol::Ntfy { topic, .. } = &config.protocol {
            ntfy::check(topic)?;
        }
        let server = Server {
            host: config.host.clone(),
            port: config.port,
            tls: config.tls,
        };
        Ok(Self {
            server,
            protocol: config.protocol.clone(),
        })
    }

    /// Whether the server answers; a webhook has to be one.
    pub(super) async fn reach(&self) -> Result<String, String> {
        if let Protocol::Slack { webhook } | Protocol::Discord { webhook } = &self.protocol {
            let found = self.webhook(webhook).await;
            found.map_err(|unready| unready.to_string())?;
        }
        super::reach(&self.server).await
    }

    /// Sends the alert. Twice is harmless, so every trouble on the way means: try later.
    pub async fn tell(&self, alert: &Alert, words: &Words) -> Attempt {
        let (request, manners, secrets) = match self.prepare(alert, words).await {
            Ok(prepared) => prepared,
            Err(unready) => return unready.into(),
        };
        let Request {
            method,
            path,
            headers,
            body,
        } = request;
        match http::request(&self.server, (method, &path), &headers, body).await {
            Ok(answer) => self.judge(&answer, &manners, &secrets),
            Err(error) => Unready::from(error).into(),
        }
    }

    async fn prepare(&self, alert: &Alert, words: &Words) -> Result<Prepared, Unready> {
        let told = (alert, words);
        Ok(match &self.protocol {
            Protocol::Ntfy { topic, token } => {
                let token = match token {
                    Some(token) => Some(read_secret(token, "the ntfy token").await?),
                    None => None,
                };
                let request = ntfy::request(topic, token.as_ref(), told);
                (request, ntfy::MANNERS, token.into_iter().collect())
            }
            Protocol::Gotify { token } => {
                let token = read_secret(token, "the Gotify token").await?;
                (gotify::request(&token, told), gotify::MANNERS, vec![token])
            }
            Protocol::Telegram { chat, token } => {
                let token = read_secret(token, "the bot's token").await?;
                let request = telegram::request(chat, &token, told).map_err(Unready::Rejected)?;
                (request, telegram::MANNERS, vec![token])
            }
            Protocol::Matrix { room, token } => {
                let token = read_secret(token, "the Matrix access token").await?;
                (
                    matrix::request(room, &token, told),
                    matrix::MANNERS,
                    vec![token],
                )
            }
            Protocol::Slack { webhook } => {
                let path = self.webhook(webhook).await?;
                (
                    slack::request(path.reveal(), told),
                    slack::MANNERS,
                    vec![path],
                )
            }
            Protocol::Discord { webhook } => {
                let path = self.webhook(webhook).await?;
                (
                    discord::request(path.reveal(), told),
                    discord::MANNERS,
                    vec![path],
                )
            }
            Protocol::Pushover { token, user } => {
                let token = read_secret(token, "the application's token").await?;
                let user = read_secret(user, "the user key").await?;
                let request = pushover::request(&token, &user, told);
                (request, pushover::MANNERS, vec![token, user])
            }
            Protocol::Apprise { key } => (apprise::request(key, told), apprise::MANNERS, vec![]),
        })
    }

    /// The path of the webhook that a secret holds, whole or as its path alone.
    async fn webhook(&self, source: &SecretSource) -> Result<Secret, Unready> {
        let webhook = read_secret(source, "the webhook").await?;
        let host = &self.server.host;
        path_of(webhook.reveal(), host)
            .map(Secret::new)
            .map_err(Unready::Rejected)
    }

    fn judge(&self, answer: &Answer, manners: &Manners, secrets: &[Secret]) -> Attempt {
        let (host, status) = (&self.server.host, answer.status);
        let said = match clean(&answer.text, secrets) {
            said if said.is_empty() => said,
            said => format!("; it said: {said}"),
        };
        match (manners.meaning)(status.as_u16(), &answer.text) {
            200..=299 => Attempt::Accepted,
            300..=399 => Attempt::Rejected(format!(
                "{host} answered with a redirect ({status}), which is not followed: put the \
                 server's own address into the configuration"
            )),
            408 | 429 | 500..=599 => Attempt::TryLater {
                why: format!("{host} did not take the alert now ({status}){said}"),
                pause: answer.retry_after.or((manners.pause)(&answer.text)),
            },
            meaning => {
                let remedy =
                    (manners.remedy)(meaning).map_or(String::new(), |what| format!(": {what}"));
                Attempt::Rejected(format!("{host} refused the alert ({status}){remedy}{said}"))
            }
        }
    }
}

/// The title and the letter, for services that have no place for a title of its own.
pub(super) fn whole((alert, words): (&Alert, &Words)) -> String {
    format!("{}\n\n{}", words.title, words.letter(alert))
}

/// `text` as one part of a path (RFC 3986, 3.3), the unreserved characters as they are.
pub(super) fn segment(text: &str) -> String {
    let mut segment = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            segment.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            write!(segment, "%{byte:02X}").ok();
        }
    }
    segment
}

/// A part of an answer in JSON; `Null` where there is none.
pub(super) fn field(text: &str, name: &str) -> Value {
    let mut object: Value = serde_json::from_str(text).unwrap_or(Value::Null);
    object.get_mut(name).map_or(Value::Null, Value::take)
}

/// The path of `webhook` on `host`, without its first slash; a reason does not repeat it.
fn path_of(webhook: &str, host: &str) -> Result<String, String> {
    let path = match webhook.split_once("://") {
        None => webhook,
        Some((_, rest)) => {
            let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
            let there = authority.split(':').next().unwrap_or_default();
            if !there.eq_ignore_ascii_case(host) {
                return Err(format!(
                    "the webhook is not on {host}: name its host in the alert's url"
                ));
            }
            path
        }
    };
    let path = path.trim_start_matches('/');
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/%?=&:".contains(&b);
    if path.is_empty() || !path.bytes().all(is_plain) {
        return Err(format!(
            "the token is no webhook: it is the address that {host} showed you, or what follows \
             the host in it"
        ));
    }
    Ok(path.to_owned())
}

/// What a server said, fit to be shown.
fn clean(text: &str, secrets: &[Secret]) -> String {
    let mut text = text.trim().to_owned();
    // Of a webhook's path the last part is the secret by itself.
    let parts = secrets.iter().flat_map(|secret| {
        let last = secret.reveal().rsplit('/').next();
        [Some(secret.reveal()), last].into_iter().flatten()
    });
    for part in parts.filter(|part| !part.is_empty()) {
        text = text.replace(part, BLOT);
    }
    escape(&mask_digits(&text), REASON_SHOWN)
}

#[cfg(test)]
mod tests {
    use super::{Secret, clean, path_of, segment};

    #[test]
    fn a_webhook_is_its_address_or_its_path() {
        for webhook in [
            "https://h.org/a/B?c=1",
            "https://H.org:443/a/B?c=1",
            "/a/B?c=1",
            "a/B?c=1",
        ] {
            assert_eq!(path_of(webhook, "h.org").as_deref(), Ok("a/B?c=1"));
        }
        for wrong in [
            "",
            "/",
            "https://h.org",
            "https://other.org/hunter2",
            "hunter2 x",
            "hunter2\u{7}",
            "hünter2",
            "hunter2#",
        ] {
            let why = path_of(wrong, "h.org").expect_err(wrong);
            assert!(!why.contains("hunter2"), "{why}");
        }
    }

    #[test]
    fn an_answer_repeats_neither_secret_nor_code_nor_control_characters() {
        let secrets = ["hunter2", "a/b/hunter3"].map(|secret| Secret::new(secret.to_owned()));
        let said = clean(
            " no hunter2 \u{1b}[2J 482913, a/b/hunter3, hunter3 ",
            &secrets,
        );
        assert_eq!(said, r"no •••• \u{1b}[2J ••••, ••••, ••••");
    }

    #[test]
    fn a_part_of_a_path_is_only_that() {
        assert_eq!(segment("!a/b:c.org?"), "%21a%2Fb%3Ac.org%3F");
    }
}
