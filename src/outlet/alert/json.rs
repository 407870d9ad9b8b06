//! Alerts as signed JSON: one POST to an address of the person's own, for programs.
//!
//! It does not know what is done with them. The object is the one that `stdout:` writes; the
//! signature is that of Standard Webhooks, and its `webhook-id` the alert's own id.
//!
//! SECURITY: talks to the one server that the configuration names; an alert carries no code.
//! Hostile: the server's answer, of which nothing but the status is shown.

use jiff::Timestamp;

use crate::case::effect::{Alert, Attempt};
use crate::config::Endpoint;
use crate::config::secret::SecretSource;
use crate::http::{self, Answer, Server};
use crate::outlet::signature::{self, Key};
use crate::outlet::unready::{Unready, read_secret};

use super::words::Words;

/// One address that takes alerts.
#[derive(Debug)]
pub struct Json {
    endpoint: Endpoint,
    secret: SecretSource,
}

impl Json {
    /// Alerts for `endpoint`, signed with `secret`.
    #[must_use]
    pub fn new(endpoint: &Endpoint, secret: SecretSource) -> Self {
        Self {
            endpoint: endpoint.clone(),
            secret,
        }
    }

    /// Whether the secret can sign and the server answers.
    pub(super) async fn reach(&self) -> Result<String, String> {
        self.key().await.map_err(|unready| unready.to_string())?;
        super::reach(&Server::from(&self.endpoint)).await
    }

    /// Posts the alert. Twice is harmless, so every trouble on the way means: try later.
    pub async fn tell(&self, alert: &Alert, words: &Words) -> Attempt {
        let key = match self.key().await {
            Ok(key) => key,
            Err(unready) => return unready.into(),
        };
        let body = match words.json(alert) {
            Ok(body) => body,
            Err(error) => return Attempt::Rejected(format!("writing JSON: {error}")),
        };
        let signed = signature::fields(&[key], &alert.id, Timestamp::now(), body.as_bytes());
        let mut headers = Vec::from(signed);
        headers.push(("content-type", "application/json".to_owned()));
        let server = Server::from(&self.endpoint);
        match http::post(&server, &self.endpoint.path, &headers, body).await {
            Ok(answer) => judge(&server.host, &answer),
            Err(error) => Unready::from(error).into(),
        }
    }

    async fn key(&self) -> Result<Key, Unready> {
        let secret = read_secret(&self.secret, "the signing secret").await?;
        Key::of(&secret).map_err(|why| {
            Unready::Rejected(format!("the secret of this channel cannot sign: {why}"))
        })
    }
}

fn judge(host: &str, answer: &Answer) -> Attempt {
    let status = answer.status.as_u16();
    match status {
        200..=299 => Attempt::Accepted,
        300..=399 => Attempt::Rejected(format!(
            "{host} answered with a redirect ({status}), which is not followed: put the server's \
             own address into the configuration"
        )),
        401 | 403 => Attempt::Rejected(format!(
            "{host} refused the signature ({status}): both sides must have the same secret"
        )),
        408 | 425 | 429 | 500..=599 => Attempt::TryLater {
            why: format!("{host} answered {status}"),
            pause: answer.retry_after,
        },
        _ => Attempt::Rejected(format!(
            "{host} refused the alert ({status}): correct the channel's address, or remove it"
        )),
    }
}
