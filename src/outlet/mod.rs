//! What is done about a mail: a code is handed over, the person is told.
//!
//! It decides nothing and remembers nothing: an order comes in, one try is made, and how it
//! went goes back. Whether to try again, and when, is `case`'s to say; what was tried is `store`'s
//! to keep. Several orders may be performed at once, each in a task of its own.
//!
//! SECURITY: starts one program or talks to the servers that the configuration names; it logs
//! ids and the kind of an answer, nothing else. Hostile: text of mails, and every answer.

pub mod alert;
pub mod browser;
pub mod command;
mod letter;
pub mod process;
pub mod program;
pub mod redact;
pub mod relay;
pub mod script;
pub mod signature;
pub mod unready;
pub mod webhook;

use std::fs::File;

use tracing::{debug, info};

use crate::case::effect::{Alert, Attempt, Submission};
use crate::config::{self, Config};

use crate::mail::escape;
use alert::Channel;
use browser::attached::Attached;
use browser::recipe::Fault;
use command::Command;
use redact::SHOWN;
use webhook::Webhook;

/// What a `stdout:` channel writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One line for a person.
    Human,
    /// One JSON object a line.
    Json,
}

/// Why outlets cannot be built: the person has to change the configuration.
#[derive(Debug, thiserror::Error)]
pub enum OutletError {
    /// `submission.command` names no program.
    #[error("submission.command is empty: name a program, or leave the section out")]
    NoCommand,
    /// A recipe of the person's own is none.
    #[error("browser.recipes: {0}")]
    Recipe(#[from] Fault),
    /// An alert channel that could never reach anybody, or must not be used.
    #[error("alert channel {channel}: {reason}")]
    Channel {
        /// Its configured name.
        channel: String,
        /// What is wrong with it, and what to do.
        reason: String,
    },
}

/// What a code is handed to.
#[derive(Debug)]
enum Step {
    Command(Command),
    Webhook(Webhook),
    Browser(Attached),
}

impl Step {
    fn new(config: &config::Submission, browser: &config::Browser) -> Result<Self, OutletError> {
        let limit = config.timeout.unsigned_abs();
        match &config.step {
            config::Step::Command(command) => Command::new(command, limit)
                .map(Self::Command)
                .ok_or(OutletError::NoCommand),
            config::Step::Webhook(webhook) => Ok(Self::Webhook(Webhook::new(webhook, limit))),
            config::Step::Browser(address) => {
                Ok(Self::Browser(Attached::new(*address, browser, limit)?))
            }
        }
    }
}

/// The submission step and the alert channels of one configuration.
#[derive(Debug)]
pub struct Outlets {
    submission: Option<Step>,
    channels: Vec<Channel>,
}

impl Outlets {
    /// The outlets of `config`. Nothing is connected, started or read yet.
    ///
    /// # Errors
    /// A submission command without a program, or an alert channel that cannot work.
    pub fn new(config: &Config, format: Format) -> Result<Self, OutletError> {
        Self::with_stdout(config, format, None)
    }

    /// As [`Outlets::new`], with `file` in the place of standard output.
    ///
    /// # Errors
    /// As [`Outlets::new`].
    pub fn with_stdout(
        config: &Config,
        format: Format,
        file: Option<File>,
    ) -> Result<Self, OutletError> {
        let step = |submission| Step::new(submission, &config.browser);
        let submission = config.submission.as_ref().map(step).transpose()?;
        let stdout = alert::stdout::Stdout::new(format, file);
        let channels = config
            .alerts
            .iter()
            .map(|channel| Channel::new(channel, &stdout))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            submission,
            channels,
        })
    }

    /// Hands a code over, once. It ends within the step's time limit; when the future is dropped,
    /// a running command is killed.
    pub async fn submit(&self, submission: Submission) -> Attempt {
        let attempt = match &self.submission {
            Some(Step::Command(command)) => command.hand_over(&submission).await,
            Some(Step::Webhook(webhook)) => webhook.hand_over(&submission).await,
            Some(Step::Browser(browser)) => browser.hand_over(&submission).await,
            None => Attempt::Rejected(
                "no submission step is configured: type the code yourself".to_owned(),
            ),
        };
        info!(id = %submission.id, attempt = kind(&attempt), "hand-over tried");
        attempt
    }

    /// Tells the person, once. It ends within two minutes.
    pub async fn tell(&self, mut alert: Alert) -> Attempt {
        let channel = self
            .channels
            .iter()
            .find(|channel| channel.name == alert.channel);
        let attempt = match channel {
            Some(channel) => {
                // The order may be older than a change of the configuration.
                alert.code = alert.code.filter(|_| channel.may_hold_code);
                channel.tell(&alert).await
            }
            None => Attempt::Rejected(format!(
                "the alert channel {} is no longer in the configuration",
                escape(&alert.channel, SHOWN)
            )),
        };
        let channel = escape(&alert.channel, SHOWN);
        match attempt {
            Attempt::Accepted | Attempt::Taken => info!(id = %alert.id, channel, "alert sent"),
            // Whoever ordered it tells of it.
            Attempt::Rejected(_) | Attempt::TryLater { .. } | Attempt::Unknown(_) => {
                debug!(id = %alert.id, channel, attempt = kind(&attempt), "alert tried");
            }
        }
        attempt
    }
}

/// The attempt's kind for the log: a reason may hold words of a program or a server.
fn kind(attempt: &Attempt) -> &'static str {
    match attempt {
        Attempt::Accepted => "accepted",
        Attempt::Taken => "taken",
        Attempt::Rejected(_) => "rejected",
        Attempt::TryLater { .. } => "try later",
        Attempt::Unknown(_) => "unknown",
    }
}
