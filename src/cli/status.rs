//! `sustained status`: what is watched, since when it is proved to be heard, and the cases.
//!
//! It reads the database beside the daemon; it does not ask the daemon, and works without one. What
//! a program reads of it is here, one thing a line; what a person sees is `screen`'s.

mod screen;

use jiff::Timestamp;

use super::exit::{Exit, Stopped};
use super::print::{self, Form};
use super::{Globals, never_ran, state_dir};
use crate::case::{State, automatic};
use crate::daemon::status::{Case, Folder, Status, span, status as gather};
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
    print::line(&status.verdict)?;
    for todo in &status.needs_you {
        print::line(&format!("  ! {}", todo.text))?;
    }
    for folder in &status.folders {
        show_folder(folder)?;
    }
    for case in &status.cases {
        show_case(case)?;
    }
    for awaited in &status.awaited {
        let names: Vec<&str> = awaited.accounts.iter().map(|one| one.name()).collect();
        let accounts = names.join("+");
        print::line(&format!(
            "  {:<12} {accounts:<10} nothing came yet",
            awaited.mailbox
        ))?;
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

fn show_folder(folder: &Folder) -> Result<(), Stopped> {
    let heard = match (folder.deaf_since, folder.heard_seconds_ago) {
        (Some(since), Some(_)) => format!("DEAF, last heard {since:.0}"),
        (Some(_), None) => "DEAF, never heard".to_owned(),
        (None, Some(ago)) => format!("proved to be heard {} ago", span(ago)),
        (None, None) => "never heard yet".to_owned(),
    };
    let trouble = folder.trouble.as_ref();
    let trouble = trouble.map(|why| format!("; trying again: {}", plain(why)));
    let mute = (folder.missed > 0).then(|| {
        let times = folder.missed;
        format!("; not announced by the server, found by the sweep: {times}")
    });
    let beside: String = [trouble, mute].into_iter().flatten().collect();
    print::line(&format!(
        "  {:<12} {:<10} {heard}{beside}",
        folder.mailbox, folder.folder
    ))
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
    let stage = case.headline().name().replace('_', " ");
    let aside = case.aside().map(|aside| format!("; {aside}"));
    let more = match &case.state {
        State::Decided { at, .. } => format!(" on {at:.0}{}", how_fast(case)),
        State::NotFiled { reason } | State::Unavailable { reason } => {
            format!(" ({})", plain(reason))
        }
        State::New
        | State::Notified
        | State::CodeReceived { .. }
        | State::CodeTaken { .. }
        | State::Submitting { .. }
        | State::Doubtful { .. }
        | State::Submitted { .. } => String::new(),
    };
    format!("{stage}{more}{}", aside.unwrap_or_default())
}

fn how_fast(case: &Case) -> String {
    let after = |seconds| format!(", {} after filing{}", span(seconds), automatic(seconds));
    case.answered_after.map(after).unwrap_or_default()
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
        format!(", a code is expected for {} more", span(left))
    });
    [effective, due, armed].into_iter().flatten().collect()
}
