//! What is done while no daemon runs: the person's word is written by an engine that lives for
//! that alone, on the state folder that it holds.

use std::sync::mpsc::channel;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};

use super::mailboxes::Expected;
use super::plan::Plan;
use super::{DaemonError, StateDir, database, settings_of};
use crate::config::Config;
use crate::engine::{Engine, Input, Listening, Note, Noted};
use crate::record::Record;
use crate::store::Store;

/// Writes what the person says. Nothing is begun that is due.
///
/// # Errors
/// If what must survive cannot be written.
pub fn note(config: &Config, state_dir: &StateDir, note: Note) -> Result<Noted, DaemonError> {
    let store = Store::open(&database(&state_dir.path))?;
    let record = Record::open(&state_dir.path)?;
    let nobody_listens = watch::channel(Listening::Unproved).0;
    // Watched by nobody now, and still what the configuration watches.
    let folders = Plan::all(config).iter().flat_map(Plan::folders).collect();
    let settings = settings_of(config, folders, &Expected::new(), &nobody_listens);
    let engine = Engine::start(store, record, settings, None, Timestamp::now())?;
    let (inbox, inputs) = channel();
    let (noted, mut answer) = mpsc::unbounded_channel();
    for input in [Input::Note { note, noted }, Input::Stop] {
        // The receiver is right here.
        drop(inbox.send(input));
    }
    engine.run(&inputs, Timestamp::now)?;
    answer.try_recv().map_err(|_| DaemonError::Panicked)
}
