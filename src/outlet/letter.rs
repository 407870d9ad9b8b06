//! What a submission step is handed, whatever it is: one JSON object, the code in it.
//!
//! It does not know who reads it, and writes none where there is nothing to hand over any more.
//!
//! SECURITY: pure but for the clock; the code stands in buffers that are wiped. Hostile: the
//! mail's sender and subject, which JSON escapes.

use std::io::{self, Write};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::case::effect::{MessageSummary, Submission};
use crate::mail::authenticity::Authenticity;

/// The contract's object, its fields in the contract's order.
#[derive(Serialize)]
struct Letter<'a> {
    r#type: &'static str,
    id: &'a str,
    mailbox: &'a str,
    account: &'static str,
    code: &'a str,
    received_at: Timestamp,
    expires_at: Timestamp,
    authenticity: &'a Authenticity,
    message: &'a MessageSummary,
}

/// The letter for `submission`, one line, and how long its code is still good.
///
/// # Errors
/// A sentence for the person, where there is nothing that could be handed over.
pub(super) fn of(submission: &Submission) -> Result<(Zeroizing<Vec<u8>>, Duration), String> {
    let left = left(submission)?;
    let line = written(submission, submission.code.reveal())
        .map_err(|_| "the hand-over could not be written as JSON".to_owned())?;
    Ok((line, left))
}

/// How long the code of `submission` is still good.
///
/// # Errors
/// A sentence for the person: it is no code, or a dead one.
pub(super) fn left(submission: &Submission) -> Result<Duration, String> {
    if !is_code(submission.code.reveal()) {
        return Err("the code is not a number of 4 to 8 digits".to_owned());
    }
    let left = Timestamp::now().duration_until(submission.expires_at);
    let left = Duration::try_from(left).ok().filter(|left| !left.is_zero());
    left.ok_or_else(|| {
        "the code expired before it could be handed over: ask Meta's form for a new one".to_owned()
    })
}

/// The line, in a buffer that is wiped and never moved.
fn written(submission: &Submission, digits: &str) -> Result<Zeroizing<Vec<u8>>, serde_json::Error> {
    let letter = Letter {
        r#type: "code.received",
        id: &submission.id,
        mailbox: &submission.mailbox.0,
        account: submission.account.name(),
        code: digits,
        received_at: submission.received_at,
        expires_at: submission.expires_at,
        authenticity: &submission.authenticity,
        message: &submission.message,
    };
    // A buffer that grows leaves its old self behind, code and all: measure, then write.
    let mut length = Length(0);
    serde_json::to_writer(&mut length, &letter)?;
    let mut line = Zeroizing::new(Vec::with_capacity(length.0 + 1));
    serde_json::to_writer(&mut *line, &letter)?;
    line.push(b'\n');
    Ok(line)
}

/// Counts what is written to it and keeps nothing.
struct Length(usize);

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a hand-over may carry, whatever the mail said: 4 to 8 ASCII digits.
fn is_code(digits: &str) -> bool {
    (4..=8).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}
