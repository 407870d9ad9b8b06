//! `sustained arm`: "I press Send now". Codes that were sent before are not handed over any more,
//! the daemon looks more often, and every folder is proved to be heard before the person is told
//! to go ahead.
//!
//! It asks the running daemon, which alone writes that down. It hands nothing over.

use std::path::Path;
use std::time::Duration;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::code::ask;
use super::exit::{Exit, Stopped};
use super::print::{self, Form};
use super::{Globals, state_dir};
use crate::config::{self, Mailbox};
use crate::daemon::{Reply, Request, StateDir, database};
use crate::mail::{Product, plain};

/// How long the proof may take, in seconds: while a code is expected, a dead connection is found
/// and made anew within ten.
const PROVED_WITHIN: u32 = 20;

/// The daemon answers after one commit; a disk may be slow.
const WRITTEN_WITHIN: Duration = Duration::from_secs(30);

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The account you object for [default: all]
    #[arg(long, value_name = "ACCOUNT", value_parser = super::offered::account())]
    account: Option<Product>,
    /// How long the code is expected
    #[arg(long = "for", value_name = "DURATION", default_value = "15 min",
          value_parser = config::duration)]
    duration: SignedDuration,
}

#[derive(Debug, Serialize)]
struct Armed<'a> {
    mailbox: &'a str,
    account: Option<&'static str>,
    at: Timestamp,
    until: Timestamp,
    seconds_left: i64,
}

pub(super) fn arm(globals: &Globals, arguments: &Arguments) -> Result<Exit, Stopped> {
    let config = globals.load()?;
    let account = arguments.account;
    let armed: Vec<&Mailbox> = config
        .mailboxes
        .iter()
        .filter(|mailbox| account.is_none_or(|account| mailbox.accounts.contains(&account)))
        .collect();
    if armed.is_empty() {
        return Err(Stopped::new(Exit::Usage, "no mailbox has that account"));
    }
    let folder = state_dir()?;
    let database = database(&folder);
    if !database.exists() {
        return Err(super::never_ran(&folder));
    }
    let until = until(arguments.duration);
    let since = expect_code(&folder, &armed, account, until)?;
    print::waiting(
        globals.form(),
        &format!("waiting for the proof of every folder, {PROVED_WITHIN} s at the most"),
    );
    prove(&folder, &armed, &since)?;
    for (mailbox, at) in armed.iter().zip(since) {
        show(
            globals.form(),
            &Armed {
                mailbox: &mailbox.name.0,
                account: account.map(Product::name),
                at,
                until,
                seconds_left: until.duration_since(Timestamp::now()).as_secs(),
            },
        )?;
    }
    Ok(Exit::Done)
}

/// When so long is over.
pub(super) fn until(duration: SignedDuration) -> Timestamp {
    let now = Timestamp::now();
    now.saturating_add(duration).unwrap_or(now)
}

/// Has it written that a code is expected in these mailboxes. Returns since when, for each.
pub(super) fn expect_code(
    state_dir: &Path,
    mailboxes: &[&Mailbox],
    account: Option<Product>,
    until: Timestamp,
) -> Result<Vec<Timestamp>, Stopped> {
    if !StateDir::is_held(state_dir) {
        let why = "nobody watches: `sustained run` is not working. Start it before you press Send";
        return Err(Stopped::new(Exit::Unavailable, why));
    }
    let not_armed = |exit, why: &str| {
        let why = format!("not armed, do not press Send yet: {why}");
        Err(Stopped::new(exit, why))
    };
    let expect = |mailbox: &&Mailbox| {
        let request = Request::Arm {
            mailbox: mailbox.name.0.clone(),
            account,
            until,
        };
        match asked(state_dir, &request, WRITTEN_WITHIN)? {
            Some(Reply::Armed { at }) => Ok(at),
            Some(Reply::Refused { why }) => not_armed(Exit::TryAgain, &plain(&why)),
            Some(Reply::NotWatched) => {
                let why = format!(
                    "{} is not watched; reload or restart `sustained run`",
                    mailbox.name
                );
                not_armed(Exit::Unavailable, &why)
            }
            _ => not_armed(Exit::Unavailable, "the daemon does not answer"),
        }
    };
    mailboxes.iter().map(expect).collect()
}

/// Waits until every folder is proved to be heard after the arming: a code that comes into a
/// folder that nobody hears is lost time.
pub(super) fn prove(
    state_dir: &Path,
    armed: &[&Mailbox],
    since: &[Timestamp],
) -> Result<(), Stopped> {
    for (mailbox, since) in armed.iter().zip(since) {
        let request = Request::Prove {
            mailbox: Some(mailbox.name.0.clone()),
            since: *since,
            wait_seconds: PROVED_WITHIN,
        };
        let patience = Duration::from_secs(u64::from(PROVED_WITHIN) + 10);
        let why = match asked(state_dir, &request, patience)? {
            Some(Reply::Proved) => continue,
            Some(Reply::Unproved { folders }) => format!(
                "armed, but not proved to be heard: {}. Wait before you press Send, and see \
                 `sustained status`",
                plain(&folders.join(", "))
            ),
            Some(Reply::NotWatched) => format!(
                "armed, but no folder of {} is watched: reload or restart `sustained run` before \
                 you press Send",
                mailbox.name
            ),
            _ => "armed, but the daemon does not answer: see `sustained status`".to_owned(),
        };
        return Err(Stopped::new(Exit::Unavailable, why));
    }
    Ok(())
}

/// What the daemon answers, if it does.
fn asked(
    state_dir: &Path,
    request: &Request,
    patience: Duration,
) -> Result<Option<Reply>, Stopped> {
    let answer = ask(state_dir, request, patience).map_err(|stopped| Stopped {
        exit: Exit::Unavailable,
        ..stopped
    })?;
    Ok(serde_json::from_str(&answer).ok())
}

fn show(form: Form, armed: &Armed<'_>) -> Result<(), Stopped> {
    match form {
        Form::Json => print::object(armed),
        Form::Text => print::line(&format!(
            "armed {}{}: every folder is proved to be heard, press Send now. A code that was sent \
             before {} is not handed over; the new one is expected until {} ({} min left).",
            armed.mailbox,
            armed
                .account
                .map(|name| format!(" ({name})"))
                .unwrap_or_default(),
            armed.at.strftime("%H:%M:%S UTC"),
            armed.until.strftime("%H:%M:%S UTC"),
            (armed.seconds_left + 59) / 60,
        )),
    }
}
