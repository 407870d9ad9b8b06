//! Hands a code to the submission command: one JSON object on its standard input, then EOF.
//!
//! It does not know what the command does with the code, and it never tries twice: what a try
//! meant is `case`'s to say.
//!
//! SECURITY: starts the one program that the configuration names, as [`process`] does. The code
//! leaves through standard input alone. Hostile: what the program writes, and how long it takes.
//!
//! [`process`]: super::process

use std::time::Duration;

use super::letter;
use super::process::{End, Program, TRY_LATER, first_line};
use super::redact::blot;
use crate::case::effect::{Attempt, Submission};

/// The submission command.
#[derive(Debug, Clone)]
pub struct Command {
    program: Program,
    limit: Duration,
}

impl Command {
    /// A program with its arguments, and how long a run may take; `None` where there is none.
    #[must_use]
    pub fn new(command: &[String], limit: Duration) -> Option<Self> {
        let program = Program::new(command, "submission.command")?;
        Some(Self { program, limit })
    }

    /// Runs the command once for `submission`.
    ///
    /// Exit status 0 means done, 75 and 111 mean try again, everything else means refused. A run
    /// that was cut off, by its time limit or by a signal, may have done its work: nobody knows.
    pub async fn hand_over(&self, submission: &Submission) -> Attempt {
        let digits = submission.code.reveal();
        let (letter, left) = match letter::of(submission) {
            Ok(written) => written,
            Err(reason) => return Attempt::Rejected(reason),
        };
        let limit = self.limit.min(left);
        match self.program.run(&letter, limit).await {
            Ok(end) => self.judge(&end, digits, limit),
            Err(unready) => unready.into(),
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
            return Attempt::later(said.unwrap_or_else(plain));
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
