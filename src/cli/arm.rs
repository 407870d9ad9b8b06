//! `sustained arm`: "I press Send now". Codes that were sent before are not handed over any more,
//! the daemon looks more often, and every folder is proved to be heard before the person is told
//! to go ahead.
//!
//! It writes one event beside the daemon, which sees it within a second. It hands nothing over.

use std::path::Path;
use std::time::Duration;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::code::ask;
use super::exit::{Exit, Stopped};
use super::print::{self, Form};
use super::{Globals, state_dir};
use crate::case::{Event, filed_under};
use crate::config::{self, Mailbox};
use crate::daemon::{Reply, Request, StateDir, database};
use crate::mail::{FolderName, FolderRef, Product, plain};
use crate::store::{Consequence, Store, StoreError};

/// How long the proof may take, in seconds: while a code is expected, a dead connection is found
/// and made anew within ten.
const PROVED_WITHIN: u32 = 20;

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
    let (now, until) = expect_code(&folder, &armed, account, arguments.duration)?;
    for mailbox in &armed {
        show(
            globals.form(),
            &Armed {
                mailbox: &mailbox.name.0,
                account: account.map(Product::name),
                at: now,
                until,
                seconds_left: until.duration_since(Timestamp::now()).as_secs(),
            },
        )?;
    }
    Ok(Exit::Done)
}

/// Writes that a code is expected from now on, and waits until every folder is proved to be heard.
/// Returns since when and until when.
pub(super) fn expect_code(
    folder: &Path,
    mailboxes: &[&Mailbox],
    account: Option<Product>,
    duration: SignedDuration,
) -> Result<(Timestamp, Timestamp), Stopped> {
    let mut store = Store::open(&database(folder)).map_err(|error| not_armed(&error))?;
    let now = Timestamp::now();
    let until = now.saturating_add(duration).unwrap_or(now);
    for mailbox in mailboxes {
        let consequence = Consequence {
            folder: FolderRef {
                mailbox: mailbox.name.clone(),
                origin: String::new(),
                folder: FolderName(String::new()),
            },
            event: Event::Armed {
                account: account.map(|account| filed_under(account, &mailbox.linked)),
                until,
            },
            at: now,
            case: None,
            because: vec![],
            links: vec![],
            effects: vec![],
        };
        store
            .note(&consequence)
            .map_err(|error| not_armed(&error))?;
    }
    prove(folder, mailboxes, now)?;
    Ok((now, until))
}

/// Waits until every folder is proved to be heard after the arming: a code that comes into a
/// folder that nobody hears is lost time.
fn prove(state_dir: &Path, armed: &[&Mailbox], since: Timestamp) -> Result<(), Stopped> {
    if !StateDir::is_held(state_dir) {
        let why = "nobody watches: `sustained run` is not working. Start it before you press Send";
        return Err(Stopped::new(Exit::Unavailable, why));
    }
    for mailbox in armed {
        let request = Request::Prove {
            mailbox: Some(mailbox.name.0.clone()),
            since,
            wait_seconds: PROVED_WITHIN,
        };
        let patience = Duration::from_secs(u64::from(PROVED_WITHIN) + 10);
        let why = match serde_json::from_str(&ask(state_dir, &request, patience)?) {
            Ok(Reply::Proved) => continue,
            Ok(Reply::Unproved { folders }) => format!(
                "armed, but not proved to be heard: {}. Wait before you press Send, and see \
                 `sustained status`",
                plain(&folders.join(", "))
            ),
            Ok(Reply::NotWatched) => format!(
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

fn not_armed(error: &StoreError) -> Stopped {
    let exit = match error {
        StoreError::Busy(_) => Exit::TryAgain,
        _ => Exit::Unavailable,
    };
    let why = format!("not armed, do not press Send yet: {error}");
    Stopped::new(exit, why)
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
