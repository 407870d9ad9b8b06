//! `sustained run`: the daemon in the foreground, until SIGTERM or SIGINT.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::interval;

use super::exit::{Exit, Stopped};
use super::print::{self, Bar, Form};
use super::{Globals, runtime, state_dir};
use crate::daemon::{self, Backlogs, DaemonError, Requests, Shown, StateDir};
use crate::engine::EngineError;
use crate::mail::FolderRef;
use crate::outlet::Format;
use crate::record::RecordError;
use crate::source::Backlog;
use crate::store::StoreError;
use crate::web;

/// How often the bar is drawn.
const LOOK: Duration = Duration::from_millis(200);

/// How many of the folders that catch up are named: a line has no room for more.
const NAMED: usize = 1;

pub(super) fn run(globals: &Globals, mut bar: Bar) -> Result<Exit, Stopped> {
    let config = globals.load()?;
    let folder = state_dir()?;
    let state_dir = StateDir::hold(&folder).map_err(stopped)?;
    let format = match globals.form() {
        Form::Text => Format::Human,
        Form::Json => Format::Json,
    };
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        let requests =
            Requests::of_signals().map_err(|error| Stopped::new(Exit::Unavailable, error))?;
        // Beside it, and not a part of it: what becomes of the page is nothing to the daemon.
        let shown = Shown::default();
        let mut beside = JoinSet::new();
        beside.spawn(web::serve(shown.view.subscribe(), folder));
        beside.spawn(show(shown.backlogs.subscribe(), bar.clone()));
        daemon::run(config, &state_dir, format, &requests, &shown)
            .await
            .map_err(stopped)
    });
    // A reader of standard output that has stopped reading must not hold the end up.
    runtime.shutdown_background();
    bar.clear();
    ended.map(|()| Exit::Done)
}

/// Shows how far the catching up has come, in one line for all folders: there may be thousands.
async fn show(mut backlogs: watch::Receiver<Backlogs>, mut bar: Bar) {
    while backlogs.changed().await.is_ok() {
        // A server that takes its time is waited for with the bar before one's eyes.
        let mut look = interval(LOOK);
        loop {
            look.tick().await;
            let now = backlogs.borrow_and_update().clone();
            if now.is_empty() {
                break;
            }
            let of: usize = now.iter().map(|(_, backlog)| backlog.of).sum();
            let done: usize = now.iter().map(|(_, backlog)| backlog.done).sum();
            bar.expect(of as u64);
            bar.reach(done as u64);
            bar.say(|_| said(&now));
        }
        bar.clear();
    }
}

fn said(backlogs: &Backlogs) -> String {
    let folder = |(folder, Backlog { done, of }): &(FolderRef, Backlog)| {
        let (done, of) = (print::grouped(*done as u64), print::grouped(*of as u64));
        format!("{} {} {done} of {of}", folder.mailbox, folder.folder)
    };
    let named: Vec<String> = backlogs.iter().take(NAMED).map(folder).collect();
    let more = match backlogs.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} folders"),
    };
    format!("catching up: {}{more}", named.join(", "))
}

pub(super) fn stopped(error: DaemonError) -> Stopped {
    let exit = match &error {
        DaemonError::StateFolder { source, .. } if source.kind() == ErrorKind::StorageFull => {
            Exit::TryAgain
        }
        DaemonError::StateFolder { .. } => Exit::NotPermitted,
        DaemonError::Locked(_)
        | DaemonError::Store(StoreError::Busy(_))
        | DaemonError::Engine(EngineError::Store(StoreError::Busy(_)))
        | DaemonError::Record(RecordError::Io { .. })
        // What one input does need not happen again.
        | DaemonError::Panicked => Exit::TryAgain,
        DaemonError::Dkim(_) | DaemonError::Outlet(_) => Exit::BadConfig,
        DaemonError::Store(_)
        | DaemonError::Record(_)
        | DaemonError::Engine(_) => Exit::Unavailable,
    };
    Stopped::new(exit, error)
}
