//! Looks through the whole database while the program works, once after each start.
//!
//! It only reads, over a connection of its own, and decides nothing: what it finds ends the daemon.

use std::path::PathBuf;
use std::thread;

use tokio::sync::oneshot;
use tracing::{debug, warn};

use crate::store::{Store, StoreError};

/// Begins; what comes back is the damage, and nothing comes if there is none.
pub(super) fn look_through(database: PathBuf) -> oneshot::Receiver<StoreError> {
    let (damage, damaged) = oneshot::channel();
    // Its end is not waited for: it writes nothing, and ends with the process.
    thread::spawn(move || match Store::check(&database) {
        Ok(()) => debug!("the database is whole"),
        Err(error @ StoreError::Busy(_)) => {
            warn!("the database could not be looked through: {error}");
        }
        // Nobody waits for it only if the daemon is ending anyway.
        Err(error) => drop(damage.send(error)),
    });
    damaged
}
