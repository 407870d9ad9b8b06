//! What is checked of the submission step, the alerts, the heartbeat and the page: that everything
//! is there.
//!
//! Nothing is sent: a test alert is `check --alert`'s.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::Checks;
use crate::config::secret::SecretSource;
use crate::config::{AlertTarget, Browser, Config, Endpoint, Listen, Step, Submission};
use crate::outlet::alert::desktop::NOTIFY_SEND;
use crate::outlet::browser::attached::Attached;
use crate::outlet::browser::driver;
use crate::outlet::browser::recipe::Recipes;
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
            match program::find(program).and_then(|found| executable(&found).map(|()| found)) {
                Ok(found) => checks.pass("submission", found.display()),
                Err(why) => checks.fail("submission", why, "correct submission.command"),
            }
        }
    }
    let is_step = |submission: &Submission| matches!(submission.step, Step::Browser(_));
    if config.browser != Browser::default() || config.submission.as_ref().is_some_and(is_step) {
        check_browser(checks, &config.browser);
    }
    if config.alerts.is_empty() {
        checks.warn("alerts", "nobody is told of anything", "add an [[alert]]");
    }
    for alert in &config.alerts {
        let name = format!("alert {}", alert.name);
        match alert
            .target
            .secrets()
            .iter()
            .find_map(|secret| secret.read().err())
        {
            Some(error) => checks.fail(name, error, "make its secret readable"),
            None => match needs(&alert.target) {
                Ok(observed) => checks.pass(name, observed),
                Err(why) => checks.fail(name, why, "correct the alert, or install the program"),
            },
        }
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
    match driver.and_then(|found| executable(&found).map(|()| found)) {
        Ok(found) => checks.pass("browser: driver", found.display()),
        Err(why) => checks.fail(
            "browser: driver",
            why,
            "install a driver, or correct browser.driver",
        ),
    }
    if let Some(program) = &browser.program {
        match executable(program) {
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

/// Whether what codes are handed to answers; no code is.
pub(super) async fn check_submission(checks: &mut Checks, config: &Config) {
    let Some(submission) = &config.submission else {
        return;
    };
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

/// What a channel needs beside the network, all of it there; its secrets were read.
fn needs(target: &AlertTarget) -> Result<String, String> {
    let program = match target {
        AlertTarget::Exec(exec) => exec.command.first().map(String::as_str),
        AlertTarget::Desktop => Some(NOTIFY_SEND),
        AlertTarget::Stdout
        | AlertTarget::Json { .. }
        | AlertTarget::Smtp(_)
        | AlertTarget::Service(_) => None,
    };
    if let Some(program) = program {
        let found = program::find(program)?;
        return executable(&found).map(|()| found.display().to_string());
    }
    let secrets = target.secrets();
    let places: Vec<String> = secrets.iter().map(|secret| secret.describe()).collect();
    Ok(if places.is_empty() {
        "needs no secret".to_owned()
    } else {
        places.join(", ")
    })
}

/// What starting the program would find out.
fn executable(path: &Path) -> Result<(), String> {
    let found = fs::metadata(path).map_err(|error| format!("{}: {error}", path.display()))?;
    if !found.is_file() || found.permissions().mode() & 0o111 == 0 {
        return Err(format!("{} is not a program", path.display()));
    }
    Ok(())
}
