//! Looks through the whole database while the program works, once after each start.
//!
//! It only reads, over a connection of its own, and decides nothing: what it finds ends the daemon.

use std::path::PathBuf;
use std::thread;

use tokio::sync::oneshot;
use tracing::{debug, warn};

use crate::store::{Store, StoreError};

/// A look that is under way.
pub(super) struct Look(Option<oneshot::Receiver<StoreError>>);

impl Look {
    /// Begins. Its end is not waited for: it writes nothing, and ends with the process.
    pub(super) fn through(database: PathBuf) -> Self {
        let (damage, damaged) = oneshot::channel();
        thread::spawn(move || match Store::check(&database) {
            Ok(()) => debug!("the database is whole"),
            Err(error @ StoreError::Busy(_)) => {
                warn!("the database could not be looked through: {error}");
            }
            // Nobody waits for it only if the daemon is ending anyway.
            Err(error) => drop(damage.send(error)),
        });
        Self(Some(damaged))
    }

    /// The damage; never, if there is none.
    pub(super) async fn damage(&mut self) -> StoreError {
        if let Some(damaged) = &mut self.0 {
            let found = damaged.await;
            self.0 = None;
            if let Ok(damage) = found {
                return damage;
            }
        }
        std::future::pending().await
    }
}
