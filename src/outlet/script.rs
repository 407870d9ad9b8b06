//! Hands a code to a script of the person's that waits for one, over its own connection.
//!
//! It gets the letter that a submission command gets, as one line, and may answer with one:
//! `{"outcome":"filed"}`, `{"outcome":"rejected","reason":"…"}`, `{"outcome":"try_later"}`, or
//! `{"outcome":"unknown","reason":"…"}` where it does not know itself. One that only
//! reads the code and goes has taken it; what became of it is not known then.
//!
//! SECURITY: writes to the connection it is given. Hostile: what the script answers, how much of
//! it, and how long it takes.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::time::timeout;

use super::letter;
use super::redact::{REASON_SHOWN, blot};
use crate::case::effect::{Attempt, Submission};
use crate::mail::escape;

/// A letter fits into a socket's buffer: a script that does not take it hangs.
const TAKES: Duration = Duration::from_secs(5);

/// No answer is longer.
const ANSWER_LIMIT: u64 = 4096;

/// What a script says became of the code.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// The objection is filed.
    Filed,
    /// It is not.
    Rejected {
        /// Why, for the person.
        reason: String,
    },
    /// It is not, and trying again may help.
    TryLater,
    /// Nobody knows whether it is.
    Unknown {
        /// Why, for the person.
        reason: String,
    },
}

/// Hands the code over, once, and waits for the script's word for as long as the code is good.
pub async fn hand_over<S>(submission: &Submission, connection: &mut BufReader<S>) -> Attempt
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (letter, left) = match letter::of(submission) {
        Ok(written) => written,
        Err(reason) => return Attempt::Rejected(reason),
    };
    if !matches!(
        timeout(TAKES, connection.write_all(&letter)).await,
        Ok(Ok(()))
    ) {
        return Attempt::later("the script that waited for the code is gone".to_owned());
    }
    let mut answer = String::new();
    let mut bounded = connection.take(ANSWER_LIMIT);
    match timeout(left, bounded.read_line(&mut answer)).await {
        Ok(Ok(0)) => Attempt::Taken,
        Ok(Ok(_)) => judge(&answer, submission.code.reveal()),
        // It was killed before it read the code, or answered what is no text.
        Ok(Err(_)) => Attempt::Unknown(
            "the script that waited for the code ended before it had read it".to_owned(),
        ),
        Err(_) => Attempt::Unknown(
            "the script that took the code did not say in time what became of it".to_owned(),
        ),
    }
}

impl From<Attempt> for Answer {
    /// What a script of this program's own says of its try.
    fn from(attempt: Attempt) -> Self {
        match attempt {
            Attempt::Accepted | Attempt::Taken => Self::Filed,
            Attempt::Rejected(reason) => Self::Rejected { reason },
            Attempt::TryLater { why: reason, .. } | Attempt::Unknown(reason) => {
                Self::Unknown { reason }
            }
        }
    }
}

fn judge(answer: &str, digits: &str) -> Attempt {
    match serde_json::from_str(answer) {
        Ok(Answer::Filed) => Attempt::Accepted,
        Ok(Answer::Rejected { reason }) => {
            Attempt::Rejected(escape(&blot(&reason, digits), REASON_SHOWN))
        }
        Ok(Answer::Unknown { reason }) => {
            Attempt::Unknown(escape(&blot(&reason, digits), REASON_SHOWN))
        }
        Ok(Answer::TryLater) => Attempt::later("the script asked to be tried again".to_owned()),
        Err(_) => Attempt::Unknown(
            "the script that took the code answered what is not understood".to_owned(),
        ),
    }
}
