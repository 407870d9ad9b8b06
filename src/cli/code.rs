//! `sustained code`: prints the next code and nothing else, for scripts.
//!
//! It asks the running daemon, which hands the code over once: to a submission step, or to this.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;
use serde_json::Value;
use zeroize::Zeroizing;

use super::exit::{Exit, Stopped};
use super::print::{self, Clock, Form};
use super::{Globals, state_dir};
use crate::config;
use crate::daemon::{Reply, Request, StateDir, socket};
use crate::mail::Product;

/// The daemon answers when the time is over; a little later it has hung.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// How long to wait for it
    #[arg(long, value_name = "DURATION", default_value = "5 min", value_parser = config::duration)]
    wait: SignedDuration,
    /// The mailbox it comes to [default: any]
    #[arg(long, value_name = "NAME")]
    mailbox: Option<String>,
    /// The account it is for [default: any]
    #[arg(long, value_name = "ACCOUNT", value_parser = super::offered::account())]
    account: Option<Product>,
}

pub(super) fn code(globals: &Globals, arguments: &Arguments) -> Result<Exit, Stopped> {
    let wait = arguments.wait.unsigned_abs();
    let request = Request::Code {
        mailbox: arguments.mailbox.clone(),
        account: arguments.account,
        wait_seconds: u32::try_from(wait.as_secs().max(1)).unwrap_or(u32::MAX),
    };
    let state_dir = state_dir()?;
    if StateDir::is_held(&state_dir) {
        let clock = Clock::here();
        let until = clock.until(arguments.wait);
        print::talk_to_person(
            globals.form(),
            &format!("waiting until {until} for the next code"),
        );
    }
    let answer = ask(&state_dir, &request, wait + PATIENCE)?;
    let letter: Value = serde_json::from_str(&answer).unwrap_or_default();
    if let Some(code) = letter.get("code").and_then(Value::as_str) {
        match globals.form() {
            Form::Text => print::line(code)?,
            Form::Json => print::line(answer.trim_end())?,
        }
        return Ok(Exit::Done);
    }
    Err(no_code(&answer))
}

/// Why there is no code, by the daemon's answer.
pub(super) fn no_code(answer: &str) -> Stopped {
    let (exit, why) = match serde_json::from_str(answer) {
        Ok(Reply::NoneInTime) => (Exit::NoneInTime, "no code came in time".to_owned()),
        Ok(Reply::Ambiguous) => {
            let why = "a mail came in which several numbers could be the code: look yourself";
            (Exit::Ambiguous, why.to_owned())
        }
        Ok(Reply::NotHeard) => {
            let why = "not every folder is proved to be heard: see `sustained status`";
            (Exit::NotListening, why.to_owned())
        }
        Ok(Reply::Refused { why }) => (Exit::NotListening, why),
        Ok(
            Reply::Noted { .. }
            | Reply::Armed { .. }
            | Reply::Unknown { .. }
            | Reply::Proved
            | Reply::Unproved { .. }
            | Reply::NotWatched,
        )
        | Err(_) => {
            let why = "the daemon ended before a code came".to_owned();
            (Exit::NotListening, why)
        }
    };
    Stopped::new(exit, why)
}

/// Asks the daemon that works on a state folder.
pub(super) fn ask(
    state_dir: &Path,
    request: &Request,
    patience: Duration,
) -> Result<Zeroizing<String>, Stopped> {
    let unheard = |why: String| Stopped::new(Exit::NotListening, why);
    if !StateDir::is_held(state_dir) {
        let why = format!(
            "nobody watches: start `sustained run`{}",
            super::elsewhere()
        );
        return Err(unheard(why));
    }
    let path = socket(state_dir);
    let said = |error: std::io::Error| unheard(format!("{}: {error}", path.display()));
    let mut stream = UnixStream::connect(&path).map_err(said)?;
    stream.set_read_timeout(Some(patience)).map_err(said)?;
    let mut line = serde_json::to_vec(request).map_err(|e| Stopped::new(Exit::Failed, e))?;
    line.push(b'\n');
    // Whoever is turned away has his answer before he has asked.
    let asked = stream.write_all(&line);
    let mut answer = Zeroizing::new(String::with_capacity(4096));
    let read = BufReader::new(stream).read_line(&mut answer);
    if answer.is_empty() {
        asked.map_err(said)?;
    }
    read.map_err(said)?;
    Ok(answer)
}
