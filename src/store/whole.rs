//! Whether the database is whole: what is looked at before it is used, and what beside that.
//!
//! A million events take seconds to look through, and a start must not grow with them. The header,
//! the schema and the tables that everything hangs on are looked at first; the rest is looked at
//! while the program works. It repairs nothing.

use std::path::Path;

use rusqlite::Connection;

use super::{Store, StoreError};

/// Tables that stay small however much is logged: what is watched, cases and keys.
const SMALL: [&str; 4] = ["mailbox", "configuration", "case", "key"];

/// Looks at the small tables and their indexes.
pub(super) fn look_at_small_tables(db: &Connection, path: &Path) -> Result<(), StoreError> {
    for table in SMALL {
        look(db, path, &format!("PRAGMA quick_check(\"{table}\")"))?;
    }
    Ok(())
}

/// Looks at the whole file.
pub(super) fn look_at_all(db: &Connection, path: &Path) -> Result<(), StoreError> {
    look(db, path, "PRAGMA quick_check")
}

impl Store {
    /// Looks through the whole database at `path`, over a connection of its own: seconds for a
    /// million events. It disturbs nobody who writes meanwhile.
    ///
    /// # Errors
    /// `Unusable` if it is damaged; `Busy` if it cannot be read now.
    pub fn check(path: &Path) -> Result<(), StoreError> {
        let store = Self::open_for_reading(path)?;
        look_at_all(&store.db, path)
    }
}

fn look(db: &Connection, path: &Path, question: &str) -> Result<(), StoreError> {
    let found: rusqlite::Result<String> = db.query_row(question, [], |row| row.get(0));
    match found {
        Ok(found) if found == "ok" => Ok(()),
        Ok(found) => Err(StoreError::unusable(path, found)),
        Err(error) => Err(StoreError::of_file(path, &error)),
    }
}
