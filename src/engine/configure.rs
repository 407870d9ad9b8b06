//! Takes on another configuration while it runs.
//!
//! What is known of a folder that stays watched is kept; a folder that is new is resumed from the
//! store, as at the start. What was begun for a folder that is gone may still end.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::store::StoreError;

use super::hearing::Hearing;
use super::{Engine, Settings};

impl Engine {
    /// From the next input on everything goes by `settings`.
    pub(super) fn configure(
        &mut self,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // A folder that is taken out and put back is resumed from what stands in the store.
        self.write_proofs()?;
        let mut hearing = BTreeMap::new();
        for folder in &settings.watched {
            let known = match self.hearing.get(folder) {
                Some(known) => known.clone(),
                None => Hearing::resume(self.store.folder(folder)?, now),
            };
            hearing.insert(folder.clone(), known);
        }
        self.store.watch_only(&settings.watched)?;
        self.hearing = hearing;
        self.settings = settings.clone();
        // Another limit may make a folder deaf that was not, new sources know of no code that is
        // expected, and a mailbox may be reminded of again.
        self.next_deaf = None;
        self.next_reminder = None;
        self.next_published = None;
        self.version = None;
        self.look = None;
        Ok(())
    }
}
