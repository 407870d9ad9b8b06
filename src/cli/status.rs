//! `sustained status`: what is watched, since when it is proved to be heard, and the cases.
//!
//! It reads the database beside the daemon; it does not ask the daemon, and works without one.

mod case;

use jiff::Timestamp;
use serde::Serialize;

use super::exit::{Exit, Stopped};
use super::print::{self, Form};
use super::{Globals, state_dir};
use crate::case::effect::Effect;
use crate::daemon::{StateDir, database};
use crate::store::{EffectRow, FolderRow, Store, StoreError};
use case::Case;

/// A folder whose last proof is older than this is not called heard, even if nobody has called it
/// deaf: then the daemon itself hangs. Its watchdog waits as long.
const FRESH_SECONDS: i64 = 900;

#[derive(Debug, Serialize)]
struct Status {
    running: bool,
    healthy: bool,
    folders: Vec<Folder>,
    cases: Vec<Case>,
    /// Messages whose sender nobody could prove yet.
    pending: usize,
    undelivered: Vec<Undelivered>,
}

#[derive(Debug, Serialize)]
// The JSON names are the contract's words.
#[allow(clippy::struct_field_names)]
struct Folder {
    mailbox: String,
    folder: String,
    origin: String,
    heard: bool,
    heard_at: Option<Timestamp>,
    heard_seconds_ago: Option<i64>,
    deaf_since: Option<Timestamp>,
    /// How often the sweep found what the server should have announced.
    missed: u32,
}

#[derive(Debug, Serialize)]
struct Undelivered {
    outlet: String,
    why: String,
}

pub(super) fn status(globals: &Globals) -> Result<Exit, Stopped> {
    let state_dir = state_dir()?;
    let database = database(&state_dir);
    if !database.exists() {
        let why = format!(
            "{} does not exist: `sustained run` has not run yet",
            database.display()
        );
        return Err(Stopped::new(Exit::Unavailable, why));
    }
    let unavailable = |error| Stopped::new(Exit::Unavailable, error);
    let store = Store::open_for_reading(&database).map_err(unavailable)?;
    let status = gather(&store, StateDir::is_held(&state_dir)).map_err(unavailable)?;
    match globals.form() {
        Form::Json => print::object(&status)?,
        Form::Text => show(&status)?,
    }
    Ok(if status.healthy {
        Exit::Done
    } else {
        Exit::Failed
    })
}

fn gather(store: &Store, running: bool) -> Result<Status, StoreError> {
    let now = Timestamp::now();
    let folders: Vec<Folder> = store
        .folders()?
        .into_iter()
        .map(|row| folder(row, running, now))
        .collect();
    let mut cases = Vec::new();
    for row in store.cases()? {
        let armed_until = store.armed_until(&row.key.mailbox, row.key.account)?;
        cases.push(Case::of(row, armed_until, now));
    }
    let undelivered = store
        .failed_effects(5)?
        .into_iter()
        .filter(|(outlet, _)| outlet != crate::engine::SUBMISSION)
        .map(|(outlet, why)| Undelivered { outlet, why });
    let is_asked = |effect: &EffectRow| matches!(effect.what, Effect::Prove { .. });
    let open = [store.due()?, store.started()?].concat();
    Ok(Status {
        pending: open.into_iter().filter(is_asked).count(),
        running,
        healthy: running && !folders.is_empty() && folders.iter().all(|folder| folder.heard),
        cases,
        undelivered: undelivered.collect(),
        folders,
    })
}

fn folder(row: FolderRow, running: bool, now: Timestamp) -> Folder {
    let ago = row
        .heard_at
        .map(|at| now.duration_since(at).as_secs().max(0));
    let fresh = ago.is_some_and(|ago| ago <= FRESH_SECONDS);
    Folder {
        mailbox: row.folder.mailbox.0,
        folder: row.folder.folder.0,
        origin: row.folder.origin,
        heard: running && fresh && row.deaf_since.is_none(),
        heard_at: row.heard_at,
        heard_seconds_ago: ago,
        deaf_since: row.deaf_since,
        missed: row.missed,
    }
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
        case.show()?;
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

fn duration(seconds: i64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}
