//! `sustained check`: one read-only pass over everything `run` needs; with `--prove`, a message of
//! our own goes into the mailbox and out again.
//!
//! Every check runs, whatever the others found; each failure comes with its remedy. The output can
//! go into a bug report: it names hosts, folders and files, and neither secrets nor whose they are.

mod disk;
mod hear;
pub(super) mod keys;
mod mailbox;
mod maildir;
mod marked;
mod prove;
mod prove_maildir;
mod redaction;
mod report;
mod state;
mod steps;
mod system;
mod take_away;
pub(super) mod test_alert;
mod unit;

use std::path::Path;

use futures_util::{StreamExt as _, stream};

use super::exit::{Exit, Stopped};
use super::{Globals, runtime};
use crate::config::{self, Config, Mailbox};
use crate::source::walled;
use redaction::Redaction;
use report::{Checks, Shown, Status};
use unit::Unit;

#[derive(Debug, clap::Args)]
#[expect(clippy::option_option)] // clap's own form of an option whose value may be left out.
pub(super) struct Arguments {
    /// Send a test alert through every channel, or through this one, and try nothing else
    #[arg(long, value_name = "NAME")]
    alert: Option<Option<String>>,
    /// Put a marked message into every folder of every mailbox, or of this one, time how it is
    /// heard, take it away again, and try nothing else
    #[arg(long, value_name = "MAILBOX", conflicts_with = "alert")]
    prove: Option<Option<String>>,
}

/// So many mailboxes are checked at once.
const AT_ONCE: usize = 8;

pub(super) fn check(globals: &Globals, arguments: &Arguments) -> Result<Exit, Stopped> {
    let mut checks = Checks::default();
    let mut redaction = Redaction::new(std::env::var("HOME").ok());
    system::check_program(&mut checks);
    let mut refused = Exit::BadConfig;
    let runtime = runtime()?;
    let unit = runtime.block_on(Unit::ask());
    let config = match globals.load() {
        Ok(config) => {
            if let Some(unit) = &unit {
                // What it cannot have so is told with the rest.
                drop(unit::go_on_as_the_service(&config, unit));
            }
            redaction.learn(&config);
            checks.pass("configuration", config.path.display());
            Some(config)
        }
        Err(stopped) => {
            refused = stopped.exit;
            checks.fail("configuration", stopped.why, &mend(globals, refused));
            None
        }
    };
    let shown = Shown {
        form: globals.form(),
        screen: globals.screen(),
        redaction: &redaction,
    };
    checks.show(shown)?;
    match (&config, &arguments.alert, &arguments.prove) {
        (Some(config), Some(name), _) => {
            let test = test_alert::send(&mut checks, config, name.as_deref(), globals.form());
            runtime.block_on(test);
        }
        (Some(config), None, Some(name)) => {
            let proved = prove::prove(&mut checks, config, name.as_deref(), shown);
            runtime.block_on(proved)?;
        }
        (None, Some(_), _) | (None, None, Some(_)) => {}
        (_, None, None) => {
            let all = check_all(&mut checks, config.as_ref(), unit.as_ref(), shown);
            runtime.block_on(all)?;
        }
    }
    let exit = match (checks.worst(), &config) {
        (Some(Status::Fail), Some(_)) => Exit::Failed,
        (Some(Status::Fail), None) => refused,
        _ => Exit::Done,
    };
    checks.finish(shown)?;
    Ok(exit)
}

/// What can be done about a configuration that cannot be used.
fn mend(globals: &Globals, refused: Exit) -> String {
    match globals.config_path() {
        Err(_) => "sustained init".to_owned(),
        Ok(path) if refused == Exit::NotPermitted => {
            format!("chmod 600 {}, or run this as its owner", path.display())
        }
        Ok(path) if !path.exists() => format!("sustained init --config {}", path.display()),
        Ok(path) => format!("edit {}", path.display()),
    }
}

/// One part after the other, each shown as soon as it is there.
async fn check_all(
    checks: &mut Checks,
    config: Option<&Config>,
    unit: Option<&Unit>,
    shown: Shown<'_>,
) -> Result<(), Stopped> {
    state::check(checks).await;
    system::check(checks, config, unit).await;
    checks.show(shown)?;
    let Some(config) = config else {
        return Ok(());
    };
    steps::check_steps(checks, config);
    steps::check_page(checks, config);
    steps::check_submission(checks, config).await;
    steps::check_alerts(checks, config).await;
    keys::check(checks, &config.authenticity).await;
    checks.show(shown)?;
    // The check of the state folder has said why, if there is none; a password needs none.
    let state_dir = config::state_dir().unwrap_or_default();
    let checked = config
        .mailboxes
        .iter()
        .map(|mailbox| check_mailbox(mailbox, &state_dir));
    let mut checked = stream::iter(checked).buffered(AT_ONCE);
    while let Some(found) = checked.next().await {
        checks.append(found);
        checks.show(shown)?;
    }
    Ok(())
}

/// A hostile server can make the parser of its answers panic.
async fn check_mailbox(mailbox: &Mailbox, state_dir: &Path) -> Checks {
    let name = format!("mailbox {}: server", mailbox.name);
    let checked = walled(mailbox::check(mailbox, state_dir)).await;
    checked.unwrap_or_else(|| {
        let mut checks = Checks::default();
        checks.garbled(name);
        checks
    })
}
