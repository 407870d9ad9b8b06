//! Alerts for a program of the person's: one JSON object on its standard input.
//!
//! It does not know what the program does with it. The object is the one that `stdout:` writes.
//!
//! SECURITY: starts the one program that the configuration names, as [`process`] does. Hostile:
//! what the program says, which is shown without digits that could be a code, escaped and cut.
//!
//! [`process`]: crate::outlet::process

use std::time::Duration;

use zeroize::Zeroizing;

use crate::case::effect::{Alert, Attempt};
use crate::config;
use crate::outlet::process::{End, Program, TRY_LATER, first_line};
use crate::outlet::redact::mask_digits;

use super::words::Words;

/// A program and how long it may take.
#[derive(Debug)]
pub struct Exec {
    program: Program,
    limit: Duration,
}

impl Exec {
    /// The program of `config`.
    ///
    /// # Errors
    /// A sentence, where it names none.
    pub fn new(config: &config::Exec) -> Result<Self, String> {
        let program = Program::new(&config.command, "the alert's command")
            .ok_or("its command is empty: name a program")?;
        Ok(Self {
            program,
            limit: config.timeout.unsigned_abs(),
        })
    }

    /// Looks whether the program could be started.
    pub(super) fn reach(&self) -> Result<String, String> {
        self.program.check().map(|path| path.display().to_string())
    }

    /// Runs the program once.
    ///
    /// Exit status 0 means told, 75 and 111 mean try again, everything else means refused. A run
    /// that was cut off is tried again: an alert that comes twice harms nobody.
    pub async fn tell(&self, alert: &Alert, words: &Words) -> Attempt {
        let json = match words.json(alert) {
            Ok(json) => Zeroizing::new(json + "\n"),
            Err(error) => return Attempt::Rejected(format!("writing JSON: {error}")),
        };
        match self.program.run(json.as_bytes(), self.limit).await {
            Ok(end) => self.judge(&end),
            Err(unready) => unready.into(),
        }
    }

    fn judge(&self, end: &End) -> Attempt {
        let name = self.program.name();
        match end {
            End::Exited(0, _) => Attempt::Accepted,
            End::Exited(exit, errors) => {
                let plain = || format!("{name} exited with status {exit}");
                let said = first_line(errors, mask_digits).unwrap_or_else(plain);
                if TRY_LATER.contains(exit) {
                    Attempt::later(said)
                } else {
                    Attempt::Rejected(said)
                }
            }
            End::Signal(signal) => Attempt::later(format!("{name} was ended by signal {signal}")),
            End::Lost => Attempt::later(format!("nobody knows how {name} ended")),
            End::CutOff => {
                let seconds = self.limit.as_secs_f64();
                Attempt::later(format!(
                    "{name} did not finish within {seconds} s and was killed"
                ))
            }
        }
    }
}
