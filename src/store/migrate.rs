//! Brings a database to the schema this program knows, or says why it cannot.
//!
//! It never replaces or repairs a file: an unreadable one stops the program with a sentence.

use rusqlite::Connection;

use super::StoreError;

/// The newest schema version known here.
const KNOWN: i64 = 1;

/// One script a version; a script is never changed after a release, only followed by another.
const SCRIPTS: [&str; 1] = [include_str!("schema.sql")];

/// Whether the database has the schema of this program.
pub(super) fn is_current(db: &Connection) -> rusqlite::Result<bool> {
    let found: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok(found == KNOWN)
}

/// Runs the scripts the database has not seen, all of them in one transaction.
pub(super) fn migrate(db: &mut Connection) -> Result<(), StoreError> {
    let found: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found == KNOWN {
        return Ok(());
    }
    let Some(missing) = usize::try_from(found)
        .ok()
        .and_then(|found| SCRIPTS.get(found..))
    else {
        return Err(StoreError::FromNewerVersion {
            found,
            known: KNOWN,
        });
    };
    let transaction = db.transaction()?;
    for script in missing {
        transaction.execute_batch(script)?;
    }
    transaction.pragma_update(None, "user_version", KNOWN)?;
    transaction.commit()?;
    Ok(())
}
