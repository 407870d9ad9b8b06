//! `sustained run`: the daemon in the foreground, until SIGTERM or SIGINT.

use std::io::ErrorKind;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::exit::{Exit, Stopped};
use super::print::Form;
use super::{Globals, runtime, state_dir};
use crate::daemon::{self, DaemonError, Requests, StateDir};
use crate::engine::EngineError;
use crate::outlet::Format;
use crate::record::RecordError;
use crate::store::StoreError;
use crate::web;

pub(super) fn run(globals: &Globals) -> Result<Exit, Stopped> {
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
        let (shown, view) = watch::channel(None);
        let mut beside = JoinSet::new();
        beside.spawn(web::serve(view, folder));
        daemon::run(config, &state_dir, format, &requests, &shown)
            .await
            .map_err(stopped)
    });
    // A reader of standard output that has stopped reading must not hold the end up.
    runtime.shutdown_background();
    ended.map(|()| Exit::Done)
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
        | DaemonError::Record(RecordError::Io { .. }) => Exit::TryAgain,
        DaemonError::Dkim(_) | DaemonError::Outlet(_) => Exit::BadConfig,
        DaemonError::Store(_)
        | DaemonError::Record(_)
        | DaemonError::Engine(_)
        | DaemonError::Panicked => Exit::Unavailable,
    };
    Stopped::new(exit, error)
}
