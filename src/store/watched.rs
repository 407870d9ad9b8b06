//! Which folders the configuration in force watches, and which of them are there.

use std::collections::BTreeSet;

use rusqlite::params;

use crate::mail::FolderRef;

use super::{FolderRow, Store, StoreError};

impl Store {
    /// From now on these folders are watched and no others. What is known of the others is kept;
    /// one that was never heard is known from now on, as such.
    ///
    /// # Errors
    /// Nothing was written if it fails.
    pub fn watch_only(&mut self, watched: &[FolderRef]) -> Result<(), StoreError> {
        let watched: BTreeSet<&FolderRef> = watched.iter().collect();
        let rows = self.folders()?;
        let known: BTreeSet<&FolderRef> = rows.iter().map(|row| &row.folder).collect();
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
        for new in watched.difference(&known) {
            transaction
                .prepare_cached(
                    "INSERT INTO mailbox (name, origin, folder, uid_validity, uid_next, heard_at)
                     VALUES (?1, ?2, ?3, 0, 0, 0)",
                )?
                .execute(params![new.mailbox.0, new.origin, new.folder.0])?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// What stood in the way of folders when the program ended is over: it begins anew.
    ///
    /// # Errors
    /// Nothing was written if it fails.
    pub fn forget_troubles(&mut self) -> Result<(), StoreError> {
        self.db
            .prepare_cached("UPDATE mailbox SET trouble = '' WHERE trouble <> ''")?
            .execute([])?;
        Ok(())
    }

    /// Writes what stands in the way of folders, until they are heard.
    ///
    /// # Errors
    /// Nothing was written if it fails.
    pub fn note_troubles<'a>(
        &mut self,
        troubles: impl IntoIterator<Item = (&'a FolderRef, &'a String)>,
    ) -> Result<(), StoreError> {
        let transaction = self.db.transaction()?;
        for (folder, why) in troubles {
            transaction
                .prepare_cached(
                    "UPDATE mailbox SET trouble = ?4
                     WHERE name = ?1 AND origin = ?2 AND folder = ?3",
                )?
                .execute(params![
                    folder.mailbox.0,
                    folder.origin,
                    folder.folder.0,
                    why
                ])?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// The server has no such folder, until it is heard.
    ///
    /// # Errors
    /// Nothing was written if it fails.
    pub fn note_absent(&mut self, folder: &FolderRef) -> Result<(), StoreError> {
        self.db
            .prepare_cached(
                "UPDATE mailbox SET absent = 1 WHERE name = ?1 AND origin = ?2 AND folder = ?3",
            )?
            .execute(params![folder.mailbox.0, folder.origin, folder.folder.0])?;
        Ok(())
    }
}
