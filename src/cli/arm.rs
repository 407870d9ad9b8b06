//! `sustained arm`: "I press Send now". Codes that were sent before are not handed over any more.
//!
//! It writes one event beside the daemon, which sees it when the next code comes. It does not hand
//! anything over itself.

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::exit::{Exit, Stopped};
use super::print::{self, Form};
use super::{Globals, state_dir};
use crate::case::Event;
use crate::config;
use crate::daemon::{StateDir, database};
use crate::mail::{FolderName, FolderRef, Product};
use crate::store::{Consequence, Store, StoreError};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The account you object for: facebook, instagram, threads, whatsapp [default: all]
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// How long the code is expected
    #[arg(long = "for", value_name = "DURATION", default_value = "15 min")]
    duration: String,
}

#[derive(Debug, Serialize)]
struct Armed<'a> {
    mailbox: &'a str,
    account: Option<&'static str>,
    at: Timestamp,
    until: Timestamp,
}

pub(super) fn arm(globals: &Globals, arguments: &Arguments) -> Result<Exit, Stopped> {
    let config = globals.load()?;
    let duration =
        config::duration(&arguments.duration).map_err(|why| Stopped::new(Exit::Usage, why))?;
    let accounts: Vec<Product> = config
        .mailboxes
        .iter()
        .flat_map(|m| m.accounts.clone())
        .collect();
    let account = match &arguments.account {
        None => None,
        Some(name) => Some(account_named(name, &accounts)?),
    };
    let folder = state_dir()?;
    let database = database(&folder);
    if !database.exists() {
        let why = "there is no state folder yet: start `sustained run` first, then press Send";
        return Err(Stopped::new(Exit::Unavailable, why));
    }
    let mut store = Store::open(&database).map_err(|error| not_armed(&error))?;
    let now = Timestamp::now();
    let until = now.saturating_add(duration).unwrap_or(now);
    for mailbox in &config.mailboxes {
        if account.is_some_and(|account| !mailbox.accounts.contains(&account)) {
            continue;
        }
        let consequence = Consequence {
            folder: FolderRef {
                mailbox: mailbox.name.clone(),
                origin: String::new(),
                folder: FolderName(String::new()),
            },
            event: Event::Armed { account, until },
            at: now,
            case: None,
            because: vec![],
            links: vec![],
            effects: vec![],
        };
        store
            .note(&consequence)
            .map_err(|error| not_armed(&error))?;
        show(
            globals.form(),
            &Armed {
                mailbox: &mailbox.name.0,
                account: account.map(Product::name),
                at: now,
                until,
            },
        )?;
    }
    if !StateDir::is_held(&folder) {
        let why = "nobody watches: `sustained run` is not working. Start it before you press Send";
        return Err(Stopped::new(Exit::Unavailable, why));
    }
    Ok(Exit::Done)
}

fn not_armed(error: &StoreError) -> Stopped {
    let exit = match error {
        StoreError::Busy(_) => Exit::TryAgain,
        _ => Exit::Unavailable,
    };
    let why = format!("not armed, do not press Send yet: {error}");
    Stopped::new(exit, why)
}

fn account_named(name: &str, accounts: &[Product]) -> Result<Product, Stopped> {
    let found = accounts.iter().find(|account| account.name() == name);
    found.copied().ok_or_else(|| {
        let mut known: Vec<&str> = accounts.iter().map(|account| account.name()).collect();
        known.sort_unstable();
        known.dedup();
        let why = format!(
            "no mailbox has that account; there are {}",
            known.join(", ")
        );
        Stopped::new(Exit::Usage, why)
    })
}

fn show(form: Form, armed: &Armed<'_>) -> Result<(), Stopped> {
    match form {
        Form::Json => print::object(armed),
        Form::Text => print::line(&format!(
            "armed {}{}: press Send now. A code that was sent before {} is not handed over; the \
             new one is expected until {}.",
            armed.mailbox,
            armed
                .account
                .map(|name| format!(" ({name})"))
                .unwrap_or_default(),
            armed.at.strftime("%H:%M:%S UTC"),
            armed.until.strftime("%H:%M:%S UTC"),
        )),
    }
}
