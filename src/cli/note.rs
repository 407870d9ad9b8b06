//! `sustained note`: what only the person knows of their objection goes on record: that they filed
//! it by themselves, or how Meta answered in a message that only they could read.

use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::code::ask;
use super::exit::{Exit, Stopped};
use super::offered;
use super::print::{self, Form};
use super::run::stopped;
use super::{Globals, state_dir};
use crate::case::Word;
use crate::daemon::{self, Reply, Request, StateDir, database};
use crate::engine::Note;
use crate::mail::{MailboxName, Product};

/// The daemon answers after one commit; a disk may be slow.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// That you filed it yourself, or how Meta answered
    #[arg(value_name = "WHAT", value_parser = offered::word())]
    word: Word,
    /// The mailbox [default: the only one]
    #[arg(long, value_name = "NAME")]
    mailbox: Option<String>,
    /// The account [default: the only open case]
    #[arg(long, value_name = "ACCOUNT", value_parser = offered::account())]
    account: Option<Product>,
    /// The day it happened, such as 2026-05-27 [default: now]
    #[arg(long, value_name = "DAY", value_parser = day)]
    on: Option<Date>,
}

#[derive(Serialize)]
struct Shown<'a> {
    noted: bool,
    mailbox: &'a str,
    account: &'static str,
}

pub(super) fn note(globals: &Globals, arguments: &Arguments) -> Result<Exit, Stopped> {
    let on = match arguments.on {
        None => Timestamp::now(),
        Some(day) => late_on(day)?,
    };
    let state_dir = state_dir()?;
    let (mailbox, account) = if StateDir::is_held(&state_dir) {
        let request = Request::Note {
            mailbox: arguments.mailbox.clone(),
            account: arguments.account,
            word: arguments.word,
            on,
        };
        match serde_json::from_str(&ask(&state_dir, &request, PATIENCE)?) {
            Ok(Reply::Noted { mailbox, account }) => (mailbox, account),
            Ok(Reply::Refused { why }) => return Err(Stopped::new(Exit::Usage, why)),
            _ => return Err(Stopped::new(Exit::Unavailable, "the daemon did not answer")),
        }
    } else {
        // A record of its own would be one that no daemon reads.
        if !database(&state_dir).exists() {
            return Err(super::never_ran(&state_dir));
        }
        let config = globals.load()?;
        let held = StateDir::hold(&state_dir).map_err(stopped)?;
        let note = Note {
            mailbox: arguments.mailbox.clone().map(MailboxName),
            account: arguments.account,
            word: arguments.word,
            on,
        };
        match daemon::note(&config, &held, note).map_err(stopped)? {
            Ok(key) => (key.mailbox.0, key.account),
            Err(why) => return Err(Stopped::new(Exit::Usage, why)),
        }
    };
    show(globals.form(), &mailbox, account)
}

fn day(text: &str) -> Result<Date, &'static str> {
    let day = text.parse().ok();
    day.ok_or("a day is written as year, month and day: 2026-05-27")
}

/// A day without an hour is taken late, so that no date is computed too early.
fn late_on(day: Date) -> Result<Timestamp, Stopped> {
    let now = Timestamp::now();
    if TimeZone::UTC.to_datetime(now).date() == day {
        return Ok(now);
    }
    let evening = TimeZone::UTC.to_timestamp(day.at(20, 0, 0, 0));
    evening.map_err(|error| Stopped::new(Exit::Usage, error))
}

fn show(form: Form, mailbox: &str, account: Product) -> Result<Exit, Stopped> {
    let account = account.name();
    match form {
        Form::Json => print::object(&Shown {
            noted: true,
            mailbox,
            account,
        })?,
        Form::Text => print::line(&format!("noted for {mailbox} ({account})"))?,
    }
    Ok(Exit::Done)
}
