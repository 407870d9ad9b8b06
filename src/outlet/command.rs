//! Hands a code to the submission command: one JSON object on its standard input, then EOF.
//!
//! It does not know what the command does with the code, and it never tries twice: what a try
//! meant is `case`'s to say.
//!
//! SECURITY: starts the one program that the configuration names, as [`process`] does. The code
//! leaves through standard input alone, in buffers that are wiped. Hostile: what the program
//! writes, and the mail's sender and subject in the JSON.
//!
//! [`process`]: super::process

use std::io::{self, Write};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use zeroize::Zeroizing;

use super::process::{End, Program, TRY_LATER, first_line};
use super::redact::blot;
use crate::case::effect::{Attempt, MessageSummary, Submission};
use crate::config;
use crate::mail::authenticity::Authenticity;

/// The submission command.
#[derive(Debug, Clone)]
pub struct Command {
    program: Program,
    limit: Duration,
}

impl Command {
    /// The command of `config`; `None` where its argument list is empty.
    #[must_use]
    pub fn new(config: &config::Submission) -> Option<Self> {
        let program = Program::new(&config.command, "submission.command")?;
        Some(Self {
            program,
            limit: config.timeout.unsigned_abs(),
        })
    }

    /// Runs the command once for `submission`.
    ///
    /// Exit status 0 means done, 75 and 111 mean try again, everything else means refused. A run
    /// that was cut off, by its time limit or by a signal, may have done its work: nobody knows.
    pub async fn hand_over(&self, submission: &Submission) -> Attempt {
        let digits = submission.code.reveal();
        if !is_code(digits) {
            return Attempt::Rejected("the code is not a number of 4 to 8 digits".to_owned());
        }
        let left = Timestamp::now().duration_until(submission.expires_at);
        let Some(left) = Duration::try_from(left).ok().filter(|left| !left.is_zero()) else {
            return Attempt::Rejected(
                "the code expired before it could be handed over: ask Meta's form for a new one"
                    .to_owned(),
            );
        };
        let Ok(letter) = letter(submission, digits) else {
            return Attempt::Rejected("the hand-over could not be written as JSON".to_owned());
        };
        let limit = self.limit.min(left);
        match self.program.run(&letter, limit).await {
            Ok(end) => self.judge(&end, digits, limit),
            Err(attempt) => attempt,
        }
    }

    /// What the end of the program means.
    fn judge(&self, end: &End, digits: &str, limit: Duration) -> Attempt {
        let name = self.program.name();
        let (exit, errors) = match end {
            End::Exited(0, _) => return Attempt::Accepted,
            End::Exited(exit, errors) => (*exit, errors),
            End::Signal(signal) => {
                return Attempt::Unknown(format!(
                    "{name} was ended by signal {signal}; it may or may not have typed the code"
                ));
            }
            End::Lost => {
                return Attempt::Unknown(format!(
                    "nobody knows how {name} ended; it may or may not have typed the code"
                ));
            }
            End::CutOff => return Attempt::Unknown(self.cut_off(limit)),
        };
        let said = first_line(errors, |text| blot(text, digits));
        if TRY_LATER.contains(&exit) {
            let plain = || format!("{name} asked to be tried again (exit status {exit})");
            return Attempt::TryLater(said.unwrap_or_else(plain));
        }
        Attempt::Rejected(said.unwrap_or_else(|| format!("{name} exited with status {exit}")))
    }

    /// What is known of a run that was stopped after `limit`.
    fn cut_off(&self, limit: Duration) -> String {
        let name = self.program.name();
        let doubt = "it may or may not have typed the code";
        if limit < self.limit {
            return format!("{name} did not finish before the code expired; {doubt}");
        }
        let seconds = limit.as_secs_f64();
        format!("{name} did not finish within {seconds} s; {doubt}")
    }
}

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

/// The line for the command's standard input, in a buffer that is wiped and never moved.
fn letter(submission: &Submission, digits: &str) -> Result<Zeroizing<Vec<u8>>, serde_json::Error> {
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
