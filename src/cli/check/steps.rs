//! What is checked of the submission step, the alerts, the heartbeat and the page: that everything
//! is there.
//!
//! Nothing is sent: a test alert is `check --alert`'s.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};

use super::AT_ONCE;
use super::report::Checks;
use crate::config::secret::SecretSource;
use crate::config::{AlertChannel, Browser, Config, Endpoint, Listen, Step, Submission};
use crate::outlet::Format;
use crate::outlet::alert::Channel;
use crate::outlet::alert::stdout::Stdout;
use crate::outlet::browser::attached::Attached;
use crate::outlet::browser::driver;
use crate::outlet::browser::recipe::Recipes;
use crate::outlet::process::{End, Program, first_line};
use crate::outlet::program;
use crate::outlet::webhook::Webhook;

pub(super) fn check_steps(checks: &mut Checks, config: &Config) {
    match config
        .submission
        .as_ref()
        .map(|submission| &submission.step)
    {
        None => checks.warn(
            "submission",
            "no step is configured: codes are only announced",
            "set submission.command if codes should be typed for you",
        ),
        // They are asked with the servers.
        Some(Step::Webhook(_) | Step::Browser(_)) => {}
        Some(Step::Command(command)) => {
            let program = command.first().map(String::as_str).unwrap_or_default();
            match program::check(program) {
                Ok(found) => checks.pass("submission", found.display()),
                Err(why) => checks.fail("submission", why, "correct submission.command"),
            }
        }
    }
    let is_step = |submission: &Submission| matches!(submission.step, Step::Browser(_));
    if config.browser != Browser::default() || config.submission.as_ref().is_some_and(is_step) {
        check_browser(checks, &config.browser);
    }
    if let Some(heartbeat) = &config.heartbeat {
        let read = heartbeat.url.read().map_err(|error| error.to_string());
        // Nothing is sent: it would be a sign of life of a program that does not run.
        match read.and_then(|url| Endpoint::of_secret(&url)) {
            Ok(endpoint) => checks.pass("heartbeat", endpoint.host),
            Err(why) => checks.fail("heartbeat", why, "correct heartbeat.url"),
        }
    }
}

/// What the status page needs; it is not opened: the daemon may have it open.
pub(super) fn check_page(checks: &mut Checks, config: &Config) {
    let Some(page) = &config.status else {
        return;
    };
    let place = match &page.listen {
        Listen::Tcp(address) => address.to_string(),
        Listen::Unix(path) => path.display().to_string(),
    };
    match page.token.as_ref().map(SecretSource::read) {
        None => checks.pass("status page", place),
        Some(Ok(_)) => checks.pass("status page", format!("{place}, for a token")),
        Some(Err(why)) => checks.fail("status page", why, "make its token readable"),
    }
}

/// What a browser needs to be started; it is not.
fn check_browser(checks: &mut Checks, browser: &Browser) {
    let driver = driver::find(browser.driver.as_deref());
    match driver.and_then(|found| program::executable(&found).map(|()| found)) {
        Ok(found) => checks.pass("browser: driver", found.display()),
        Err(why) => checks.fail(
            "browser: driver",
            why,
            "install a driver, or correct browser.driver",
        ),
    }
    if let Some(program) = &browser.program {
        match program::executable(program) {
            Ok(()) => checks.pass("browser: program", program.display()),
            Err(why) => checks.fail("browser: program", why, "correct browser.program"),
        }
    }
    if let Some(folder) = &browser.recipes {
        match Recipes::with(Some(folder)) {
            Ok(_) => checks.pass("browser: recipes", folder.display()),
            Err(fault) => checks.fail("browser: recipes", fault, "correct that file"),
        }
    }
}

/// Whether what codes are handed to answers; no code is. Last what the person says of it.
pub(super) async fn check_submission(checks: &mut Checks, config: &Config) {
    let Some(submission) = &config.submission else {
        return;
    };
    check_answer(checks, config, submission).await;
    match &submission.dry_run {
        Some(command) => dry_run(checks, command, submission.timeout.unsigned_abs()).await,
        None => checks.skip(
            "submission, dry run",
            "submission.dry_run names no program for it",
        ),
    }
}

async fn dry_run(checks: &mut Checks, command: &[String], limit: Duration) {
    let name = "submission, dry run";
    let Some(program) = Program::new(command, "submission.dry_run") else {
        return checks.fail(name, "it names no program", "correct submission.dry_run");
    };
    let ended = program.run(&[], limit).await;
    let action = "see what it says by hand: it ran as this user, in this environment";
    let said = |status: String, errors: &[u8]| match first_line(errors, str::to_owned) {
        Some(words) => format!("{status}: {words}"),
        None => status,
    };
    match ended {
        Ok(End::Exited(0, _)) => checks.pass(name, format!("{} says yes", program.name())),
        Ok(End::Exited(status, errors)) => {
            let observed = said(format!("{} exited with {status}", program.name()), &errors);
            checks.fail(name, observed, action);
        }
        Ok(End::Signal(signal)) => {
            let observed = format!("{} was ended by signal {signal}", program.name());
            checks.fail(name, observed, action);
        }
        Ok(End::CutOff | End::Lost) => {
            let observed = format!("{} did not end in {} s", program.name(), limit.as_secs());
            checks.fail(name, observed, action);
        }
        Err(unready) => checks.fail(name, unready.to_string(), "correct submission.dry_run"),
    }
}

async fn check_answer(checks: &mut Checks, config: &Config, submission: &Submission) {
    let limit = submission.timeout.unsigned_abs();
    let webhook = match &submission.step {
        Step::Webhook(webhook) => webhook,
        Step::Browser(address) => {
            // The check of the recipes has said why.
            let Ok(step) = Attached::new(*address, &config.browser, limit) else {
                return;
            };
            return match step.reach().await {
                Ok(()) => checks.pass("submission", format!("a browser answers at {address}")),
                Err(why) => checks.fail("submission", why, "start your browser, or correct that"),
            };
        }
        Step::Command(_) => return,
    };
    let host = &webhook.endpoint.host;
    let step = Webhook::new(webhook, limit);
    match step.rehearse().await {
        Ok(()) => checks.pass(
            "submission",
            format!("{host} is reached, the secret is there"),
        ),
        Err(why) => checks.fail("submission", why, "correct submission.webhook"),
    }
}

/// Whether each channel's secrets, program or server are there; no alert is sent.
pub(super) async fn check_alerts(checks: &mut Checks, config: &Config) {
    if config.alerts.is_empty() {
        checks.warn("alerts", "nobody is told of anything", "add an [[alert]]");
    }
    let reached = config.alerts.iter().map(reach);
    let mut reached = stream::iter(reached).buffered(AT_ONCE);
    while let Some((name, found)) = reached.next().await {
        match found {
            Ok(observed) => checks.pass(name, observed),
            Err((why, action)) => checks.fail(name, why, action),
        }
    }
}

async fn reach(alert: &AlertChannel) -> (String, Result<String, (String, &'static str)>) {
    let name = format!("alert {}", alert.name);
    // A program that is asked for it may take seconds.
    let secrets: Vec<SecretSource> = alert.target.secrets().into_iter().cloned().collect();
    let read = move || secrets.iter().find_map(|secret| secret.read().err());
    let unread = match tokio::task::spawn_blocking(read).await {
        Ok(unread) => unread.map(|error| error.to_string()),
        Err(error) => Some(error.to_string()),
    };
    if let Some(why) = unread {
        return (name, Err((why, "make its secret readable")));
    }
    let channel = match Channel::new(alert, &Stdout::new(Format::Human, None)) {
        Ok(channel) => channel,
        Err(error) => {
            let action = "correct the alert in the configuration";
            return (name, Err((error.to_string(), action)));
        }
    };
    let action = "correct the alert's url or its program, or see whether the network is there";
    (name, channel.reach().await.map_err(|why| (why, action)))
}
