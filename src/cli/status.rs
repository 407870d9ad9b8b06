//! `sustained status`: what is watched, since when it is proved to be heard, and the cases.
//!
//! It reads the database beside the daemon; it does not ask the daemon, and works without one. What
//! a program reads of it is here, one thing a line; what a person sees is `screen`'s.

mod screen;

use jiff::Timestamp;

use super::exit::{Exit, Stopped};
use super::print::{self, Form};
use super::{Globals, never_ran, state_dir};
use crate::case::{AUTOMATIC_WITHIN, State};
use crate::daemon::status::{Case, Status, status as gather};
use crate::daemon::{StateDir, database};
use crate::mail::plain;
use crate::store::Store;

pub(super) fn status(globals: &Globals) -> Result<Exit, Stopped> {
    let state_dir = state_dir()?;
    let database = database(&state_dir);
    if !database.exists() {
        return Err(never_ran(&state_dir));
    }
    let unavailable = |error| Stopped::new(Exit::Unavailable, error);
    let store = Store::open_for_reading(&database).map_err(unavailable)?;
    let running = StateDir::is_held(&state_dir);
    let status = gather(&store, running, Timestamp::now()).map_err(unavailable)?;
    match globals.form() {
        Form::Json => print::object(&status)?,
        Form::Text if globals.screen().is_for_a_person => {
            screen::show(globals.screen(), &status)?;
        }
        Form::Text => show(&status)?,
    }
    Ok(if status.healthy {
        Exit::Done
    } else {
        Exit::Failed
    })
}

fn show(status: &Status) -> Result<(), Stopped> {
    print::line(match (status.running, status.healthy) {
        (false, _) => "not running: nothing is watched",
        (true, true) => "all well",
        (true, false) => "not everything is heard",
    })?;
    for folder in &status.folders {
        let heard = match (folder.heard_seconds_ago, folder.deaf_since) {
            (_, Some(since)) => format!("DEAF, last heard {since:.0}"),
            (Some(ago), None) => format!("proved to be heard {} ago", duration(ago)),
            (None, None) => "never heard yet".to_owned(),
        };
        let mute = match folder.missed {
            0 => String::new(),
            times => format!("; not announced by the server, found by the sweep: {times}"),
        };
        print::line(&format!(
            "  {:<12} {:<10} {heard}{mute}",
            folder.mailbox, folder.folder
        ))?;
    }
    for case in &status.cases {
        show_case(case)?;
    }
    if status.pending > 0 {
        print::line(&format!(
            "  {} messages that claim to be Meta's wait for a name server's answer",
            status.pending
        ))?;
    }
    for alert in &status.undelivered {
        print::line(&format!(
            "  alert by {} was not delivered: {}",
            alert.outlet, alert.why
        ))?;
    }
    Ok(())
}

/// Shows a case in a line, and what was computed below.
fn show_case(case: &Case) -> Result<(), Stopped> {
    let accounts = if case.linked.is_empty() {
        case.account.to_owned()
    } else {
        case.linked.join("+")
    };
    let head = format!(
        "  {:<12} {accounts:<10} since {}",
        case.mailbox, case.campaign
    );
    print::line(&format!("{head}: {}{}", stage(case), dates(case)))?;
    if !case.unnamed.is_empty() {
        let names = case.unnamed.join(", ");
        print::line(&format!(
            "      not named in Meta's answer: {names}; is it covered?"
        ))?;
    }
    for step in &case.derivation {
        print::line(&format!("      {step}"))?;
    }
    Ok(())
}

fn stage(case: &Case) -> String {
    let stage = case.stage.replace('_', " ");
    match &case.state {
        State::Decided { at, .. } => format!("{stage} on {at:.0}{}", how_fast(case)),
        State::NotFiled { reason } | State::Unavailable { reason } => {
            format!("{stage} ({})", plain(reason))
        }
        State::New
        | State::Notified
        | State::CodeReceived { .. }
        | State::CodeTaken { .. }
        | State::Submitting { .. }
        | State::Doubtful { .. }
        | State::Submitted { .. } => stage,
    }
}

fn how_fast(case: &Case) -> String {
    match case.answered_after {
        Some(seconds @ ..AUTOMATIC_WITHIN) => {
            format!(", {seconds} s after filing: automatic in all likelihood")
        }
        Some(seconds) => format!(", {} after filing", duration(seconds)),
        None => String::new(),
    }
}

fn dates(case: &Case) -> String {
    let effective = case
        .effective_date
        .map(|date| format!(", takes effect on {date}"));
    let due = case
        .answer_due
        .map(|date| format!(", answer due by {date}"));
    let armed = case.armed_until.map(|until| {
        let left = until.duration_since(Timestamp::now()).as_secs();
        format!(", a code is expected for {} more", duration(left))
    });
    [effective, due, armed].into_iter().flatten().collect()
}

fn duration(seconds: i64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}
