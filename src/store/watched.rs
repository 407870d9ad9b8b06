//! Which folders the configuration in force watches.

use std::collections::BTreeSet;

use rusqlite::params;

use crate::mail::FolderRef;

use super::{FolderRow, Store, StoreError};

impl Store {
    /// From now on these folders are watched and no others. What is known of the others is kept.
    ///
    /// # Errors
    /// Nothing was written if it fails.
    pub fn watch_only(&mut self, watched: &[FolderRef]) -> Result<(), StoreError> {
        let watched: BTreeSet<&FolderRef> = watched.iter().collect();
        let rows = self.folders()?;
        let is_wrong = |row: &&FolderRow| row.watched != watched.contains(&row.folder);
        let transaction = self.db.transaction()?;
        for row in rows.iter().filter(is_wrong) {
            let FolderRef {
                mailbox,
                origin,
                folder,
            } = &row.folder;
            transaction
                .prepare_cached(
                    "UPDATE mailbox SET watched = ?4
                     WHERE name = ?1 AND origin = ?2 AND folder = ?3",
                )?
                .execute(params![mailbox.0, origin, folder.0, !row.watched])?;
        }
        transaction.commit()?;
        Ok(())
    }
}
