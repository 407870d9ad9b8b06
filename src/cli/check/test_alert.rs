//! `sustained check --alert`: a test alert through each channel, on the way that all alerts take.
//!
//! It is marked as a test and goes out whatever types and hours the channel has. The database does
//! not hear of it.

use std::fs::File;
use std::os::fd::AsFd as _;

use jiff::Timestamp;

use super::super::print::Form;
use super::report::Checks;
use crate::case::effect::{Alert, Attempt, Notice};
use crate::config::{AlertChannel, AlertTarget, Config};
use crate::mail::MailboxName;
use crate::outlet::{Format, OutletError, Outlets};

/// Sends the test through the channel of the name `only`, or through every one.
pub(super) async fn send(checks: &mut Checks, config: &Config, only: Option<&str>, form: Form) {
    let is_meant = |channel: &&AlertChannel| only.is_none_or(|name| name == channel.name);
    let channels: Vec<&AlertChannel> = config.alerts.iter().filter(is_meant).collect();
    if channels.is_empty() {
        let there: Vec<&str> = config
            .alerts
            .iter()
            .map(|alert| alert.name.as_str())
            .collect();
        if there.is_empty() {
            checks.fail("alert", "nobody is told of anything", "add an [[alert]]");
        } else {
            let observed = format!("none has that name; there are: {}", there.join(", "));
            checks.fail("alert", observed, "name one of these, or none for all");
        }
    }
    for channel in channels {
        try_one(checks, config, channel, form).await;
    }
}

async fn try_one(checks: &mut Checks, config: &Config, channel: &AlertChannel, form: Form) {
    let name = format!("alert {}", channel.name);
    match told(config, channel, form).await {
        Ok(sent) => checks.pass(name, sent),
        Err((why, remedy)) => checks.fail(name, why, remedy),
    }
}

/// Sends the test through one channel: how it went, or why it did not and what to do.
pub(in crate::cli) async fn told(
    config: &Config,
    channel: &AlertChannel,
    form: Form,
) -> Result<&'static str, (String, &'static str)> {
    let outlets = alone(config, channel, form)
        .map_err(|why| (why.to_string(), "correct the alert in the configuration"))?;
    match outlets.tell(test(config, channel)).await {
        Attempt::Accepted | Attempt::Taken => Ok(sent(&channel.target)),
        Attempt::Rejected(why) => Err((why, "correct this [[alert]] in the configuration")),
        Attempt::TryLater { why, .. } | Attempt::Unknown(why) => {
            let remedy = "try again later; if it stays, check the alert's url and the network";
            Err((why, remedy))
        }
    }
}

/// The outlets of a configuration with this channel and nothing else.
fn alone(config: &Config, channel: &AlertChannel, form: Form) -> Result<Outlets, OutletError> {
    let mut config = config.clone();
    config.submission = None;
    config.alerts = vec![channel.clone()];
    let (format, stdout) = match form {
        Form::Text => (Format::Human, None),
        // Standard output is for the one object that says how it went.
        Form::Json => (Format::Json, stderr()),
    };
    Outlets::with_stdout(&config, format, stdout)
}

/// Where it is closed, the test's line stands before the object: that is still a line each.
fn stderr() -> Option<File> {
    let stderr = std::io::stderr();
    stderr.as_fd().try_clone_to_owned().ok().map(File::from)
}

fn test(config: &Config, channel: &AlertChannel) -> Alert {
    let at = Timestamp::now();
    let mailbox = config.mailboxes.first().map(|mailbox| mailbox.name.clone());
    Alert {
        // Another one each time: a channel may show one id only once.
        id: format!("test-{}", at.as_microsecond()),
        channel: channel.name.clone(),
        mailbox: mailbox.unwrap_or_else(|| MailboxName(String::new())),
        account: None,
        at,
        notice: Notice::Test,
        message: None,
        text: None,
        links: Vec::new(),
        pretenders: Vec::new(),
        is_in_junk: false,
        code: None,
    }
}

fn sent(target: &AlertTarget) -> &'static str {
    match target {
        AlertTarget::Stdout => "a test was written",
        AlertTarget::Desktop => "the desktop took the test: do you see it?",
        AlertTarget::Exec(_) => "the program took the test",
        AlertTarget::Json { .. } => "the server took the test",
        AlertTarget::Smtp(_) => "the mail server took the test: does it arrive?",
        AlertTarget::Service(_) => "the service took the test: does it arrive?",
    }
}
