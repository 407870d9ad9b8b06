//! Takes on another configuration while it runs.
//!
//! What is known of a folder that stays watched is kept; a folder that is new is resumed from the
//! store, as at the start. What was begun for a folder that is gone may still end.

use jiff::Timestamp;

use crate::store::StoreError;

use super::hearing::Hearing;
use super::{Engine, Settings};

impl Engine {
    /// From the next input on everything goes by `settings`.
    pub(super) fn configure(
        &mut self,
        settings: Settings,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // A folder that is taken out and put back is resumed from what stands in the store.
        self.write_proofs()?;
        let mut known = std::mem::take(&mut self.hearing);
        for folder in &settings.watched {
            let hearing = match known.remove(folder) {
                Some(hearing) => hearing,
                None => Hearing::resume(self.store.folder(folder)?, now),
            };
            self.hearing.insert(folder.clone(), hearing);
        }
        self.settings = settings;
        // Another limit may make a folder deaf that was not, and new sources know of no code that
        // is expected: the database counts its versions from one.
        self.next_deaf = None;
        self.version = 0;
        Ok(())
    }
}
