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
use super::print::{self, Clock, Form, Screen};
use super::{Globals, state_dir};
use crate::config::{self, Config, Mailbox};
use crate::daemon::{Reply, Request, database};
use crate::mail::{Product, plain};
use crate::store::Store;

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
    let mailboxes = meant(&config, account)?;
    let folder = state_dir()?;
    let database = database(&folder);
    if !database.exists() {
        return Err(super::never_ran(&folder));
    }
    // A daemon of another version has a database of another form, and does not know what is asked.
    Store::open_for_reading(&database).map_err(|error| Stopped::new(Exit::Unavailable, error))?;
    let until = until(arguments.duration);
    let at = expect_code(&folder, &mailboxes, account, until)?;
    print::talk_to_person(
        globals.form(),
        &format!("waiting for the proof of every folder, {PROVED_WITHIN} s at the most"),
    );
    prove(&folder, &mailboxes, at)?;
    for mailbox in mailboxes {
        let armed = Armed {
            mailbox: &mailbox.name.0,
            account: account.map(Product::name),
            at,
            until,
            seconds_left: until.duration_since(Timestamp::now()).as_secs(),
        };
        match globals.form() {
            Form::Json => print::object(&armed)?,
            Form::Text => print::line(&sentence(&armed, globals.screen()))?,
        }
    }
    Ok(Exit::Done)
}

/// The mailboxes that the code may come to.
fn meant(config: &Config, account: Option<Product>) -> Result<Vec<&Mailbox>, Stopped> {
    let mailboxes = config.mailboxes.iter();
    let Some(account) = account else {
        return Ok(mailboxes.collect());
    };
    let meant: Vec<&Mailbox> = mailboxes
        .filter(|mailbox| mailbox.accounts.contains(&account))
        .collect();
    if meant.is_empty() {
        let account = account.name();
        let why = format!("no mailbox has {account} among its `accounts`");
        return Err(Stopped::new(Exit::Usage, why));
    }
    Ok(meant)
}

/// When so long is over.
pub(super) fn until(duration: SignedDuration) -> Timestamp {
    let now = Timestamp::now();
    now.saturating_add(duration).unwrap_or(now)
}

/// Has it written that a code is expected in these mailboxes. Returns since when.
pub(super) fn expect_code(
    state_dir: &Path,
    mailboxes: &[&Mailbox],
    account: Option<Product>,
    until: Timestamp,
) -> Result<Timestamp, Stopped> {
    let names = mailboxes.iter().map(|mailbox| mailbox.name.0.clone());
    let request = Request::Arm {
        mailboxes: names.collect(),
        account,
        until,
    };
    let (exit, why) = match asked(state_dir, &request, WRITTEN_WITHIN) {
        Ok(Some(Reply::Armed { at })) => return Ok(at),
        Ok(Some(Reply::Refused { why })) => (Exit::TryAgain, plain(&why)),
        Ok(Some(Reply::Unknown { mailbox })) => {
            let why = "is not watched; reload or restart `sustained run`";
            (Exit::Unavailable, format!("{} {why}", plain(&mailbox)))
        }
        Ok(_) => (Exit::Unavailable, "the daemon does not answer".to_owned()),
        Err(stopped) => (stopped.exit, stopped.why),
    };
    let why = format!("not armed, do not press Send yet: {why}");
    Err(Stopped::new(exit, why))
}

/// Waits until every folder is proved to be heard after the arming: a code that comes into a
/// folder that nobody hears is lost time.
pub(super) fn prove(state_dir: &Path, armed: &[&Mailbox], since: Timestamp) -> Result<(), Stopped> {
    for mailbox in armed {
        let request = Request::Prove {
            mailbox: Some(mailbox.name.0.clone()),
            since,
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

fn sentence(armed: &Armed<'_>, screen: Screen) -> String {
    let clock = screen.is_for_a_person.then(Clock::here);
    let shown = |at: Timestamp| match &clock {
        Some(clock) => clock.time(at),
        None => at.strftime("%H:%M:%S UTC").to_string(),
    };
    let account = armed.account.map(|name| format!(" ({name})"));
    format!(
        "armed {}{}: every folder is proved to be heard, press Send now. A code that was sent \
         before {} is not handed over; the new one is expected until {} ({} min left).",
        armed.mailbox,
        account.unwrap_or_default(),
        shown(armed.at),
        shown(armed.until),
        (armed.seconds_left + 59) / 60,
    )
}
