//! Hands a code to a server: one POST, signed by the rules of Standard Webhooks, with the same
//! JSON that a command gets.
//!
//! It does not know what the server does with the code, follows no redirect and never tries
//! twice: what a try meant is `case`'s to say. At most one submission is ever begun, so the
//! question behind every answer is whether another request could begin a second one:
//!
//! * *No connection:* nothing left this machine. Try later.
//! * *An answer that is no success:* the server speaks, and what it says is that the code was not
//!   filed. It may have read the request, as with 500 or 503, but it has read its `webhook-id`,
//!   too, which is the same in every try: a receiver that keeps to the standard knows a hand-over
//!   that it has begun, and does not begin another. 408, 425, 429 and 5xx: try later.
//! * *504, or Cloudflare's 524:* somebody in between answers that the server does not. That is a
//!   time-out seen from nearer, while a form may just be filled in.
//! * *No answer to a request that left:* nobody knows. So it is with an answer that breaks off
//!   before it says whether it is a refusal. All of these are for the person to look at.
//! * *A redirect or any other 4xx:* it will not be otherwise the next time. Refused.
//!
//! SECURITY: talks to the one server that the configuration names, on a closed network only where
//! that is wanted. The code leaves in the body, over TLS or to this machine. Hostile: the answer;
//! its reason is shown without the code, escaped and cut.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::letter;
use super::redact::{REASON_SHOWN, blot};
use super::signature::{self, Key};
use super::unready::{Unready, read_secret};
use crate::case::effect::{Attempt, Submission};
use crate::config;
use crate::config::secret::SecretSource;
use crate::http::{self, Answer, HttpError, Method, Server, Terms, Unanswered};
use crate::mail::escape;

/// What is said where nobody knows.
const DOUBT: &str = "it may or may not have typed the code";

/// A server that takes codes.
#[derive(Debug, Clone)]
pub struct Webhook {
    server: Server,
    path: String,
    /// The one that signs, and the one whose place it takes, if there is one.
    secrets: Vec<SecretSource>,
    terms: Terms,
}

impl Webhook {
    /// The server that `config` names, and how long one exchange may take.
    #[must_use]
    pub fn new(config: &config::Webhook, limit: Duration) -> Self {
        let secrets = [Some(&config.secret), config.old_secret.as_ref()];
        Self {
            server: Server::from(&config.endpoint),
            path: config.endpoint.path.clone(),
            secrets: secrets.into_iter().flatten().cloned().collect(),
            terms: Terms {
                limit,
                allow_private: config.allow_private,
                ca_file: config.ca_file.clone(),
                ..Terms::default()
            },
        }
    }

    /// Posts the code once, and says what the answer means. It ends within the time limit, and
    /// not later than the code.
    pub async fn hand_over(&self, submission: &Submission) -> Attempt {
        let keys = match self.keys().await {
            Ok(keys) => keys,
            Err(unready) => return unready.into(),
        };
        let (letter, left) = match letter::of(submission) {
            Ok(written) => written,
            Err(reason) => return Attempt::Rejected(reason),
        };
        let signed = signature::fields(&keys, &submission.id, Timestamp::now(), &letter);
        let mut headers = Vec::from(signed);
        headers.push(("content-type", "application/json".to_owned()));
        let terms = Terms {
            limit: self.terms.limit.min(left),
            ..self.terms.clone()
        };
        let target = (Method::POST, self.path.as_str());
        match http::send(&self.server, target, &headers, letter, &terms).await {
            Ok(answer) => self.judge(&answer, submission.code.reveal()),
            Err(unanswered) => without_answer(unanswered),
        }
    }

    /// Looks whether everything is there that a hand-over needs, without making one.
    ///
    /// # Errors
    /// What is missing, and what to do.
    pub async fn rehearse(&self) -> Result<(), String> {
        let keys = self.keys().await;
        keys.map_err(|unready| unready.to_string())?;
        let reached = http::reach(&self.server, &self.terms).await;
        reached.map_err(|error| error.to_string())
    }

    async fn keys(&self) -> Result<Vec<Key>, Unready> {
        let mut keys = Vec::new();
        for source in &self.secrets {
            let secret = read_secret(source, "the webhook's secret").await?;
            keys.push(Key::of(&secret).map_err(|why| {
                Unready::Rejected(format!(
                    "the webhook's secret ({}) cannot sign: {why}",
                    source.describe()
                ))
            })?);
        }
        Ok(keys)
    }

    /// What an answer means; the head of this file says why.
    fn judge(&self, answer: &Answer, digits: &str) -> Attempt {
        let host = &self.server.host;
        let status = answer.status;
        let said = Said::of(answer, digits);
        let reason = |plain: String| said.reason.clone().unwrap_or(plain);
        match status.as_u16() {
            200..=299 => self.judge_success(answer, said),
            300..=399 => Attempt::Rejected(format!(
                "{host} answered with a redirect ({status}), which is not followed: correct \
                 submission.webhook.url"
            )),
            401 | 403 => Attempt::Rejected(reason(format!(
                "{host} refused the request ({status}): both sides must have the same secret"
            ))),
            410 => Attempt::Rejected(reason(format!(
                "{host} takes no codes any more ({status}): correct submission.webhook.url, or \
                 remove it"
            ))),
            504 | 524 => Attempt::Unknown(format!(
                "{host} answered {status}, since what is behind it did not answer in time; {DOUBT}"
            )),
            408 | 425 | 429 | 500..=599 => Attempt::TryLater {
                why: reason(format!("{host} answered {status}")),
                pause: answer.retry_after,
            },
            _ => Attempt::Rejected(reason(format!(
                "{host} refused the code ({status}): correct submission.webhook"
            ))),
        }
    }

    /// A success may still say that it is none.
    fn judge_success(&self, answer: &Answer, said: Said) -> Attempt {
        let host = &self.server.host;
        if !answer.is_whole {
            return Attempt::Unknown(format!(
                "the answer of {host} ({}) broke off or has no end; {DOUBT}",
                answer.status
            ));
        }
        let plain = |what: &str| format!("{host} {what}");
        match said.outcome.as_deref() {
            None | Some("accepted") => Attempt::Accepted,
            Some("rejected") => {
                Attempt::Rejected(said.reason.unwrap_or_else(|| plain("refused the code")))
            }
            Some("try_later") => {
                let asked = || plain("wants to be asked later");
                Attempt::TryLater {
                    why: said.reason.unwrap_or_else(asked),
                    pause: answer.retry_after,
                }
            }
            Some(_) => Attempt::Unknown(plain(&format!(
                "answered with an outcome that is not known here; {DOUBT}"
            ))),
        }
    }
}

/// What is known where there is no answer.
fn without_answer(unanswered: Unanswered) -> Attempt {
    match unanswered.error {
        HttpError::TryLater(why) | HttpError::NeedsUser(why) if unanswered.was_sent => {
            Attempt::Unknown(format!("{why}; {DOUBT}"))
        }
        error => Unready::from(error).into(),
    }
}

/// What the body of an answer says, where it is JSON that says something.
#[derive(Default)]
struct Said {
    /// `rejected`, `try_later` or another word.
    outcome: Option<String>,
    /// Without the code, and fit to be shown.
    reason: Option<String>,
}

impl Said {
    fn of(answer: &Answer, digits: &str) -> Self {
        let Ok(Value::Object(body)) = serde_json::from_str(&answer.text) else {
            return Self::default();
        };
        let outcome = body.get("outcome").filter(|outcome| !outcome.is_null());
        let reason = body.get("reason").and_then(Value::as_str).map(str::trim);
        Self {
            // An outcome that is no text is none that is known.
            outcome: outcome.map(|word| word.as_str().unwrap_or_default().to_owned()),
            reason: reason
                .filter(|reason| !reason.is_empty())
                .map(|reason| escape(&blot(reason, digits), REASON_SHOWN)),
        }
    }
}
