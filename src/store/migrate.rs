//! Brings a database to the schema this program knows, or says why it cannot.
//!
//! It never replaces or repairs a file: an unreadable one stops the program with a sentence.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::StoreError;

/// The newest schema version known here.
const KNOWN: i64 = 6;

/// One script a version; a script is never changed after a release, only followed by another.
const SCRIPTS: [&str; 6] = [
    include_str!("schema.sql"),
    include_str!("schema-2.sql"),
    include_str!("schema-3.sql"),
    include_str!("schema-4.sql"),
    include_str!("schema-5.sql"),
    include_str!("schema-6.sql"),
];

/// Whether the database has the schema of this program.
pub(super) fn is_current(db: &Connection) -> rusqlite::Result<bool> {
    Ok(version(db)? == KNOWN)
}

/// Whether the database can be read as it is.
pub(super) fn refuse_other_versions(db: &Connection) -> Result<(), StoreError> {
    match (version(db)?, KNOWN) {
        (found, known) if found < known => Err(StoreError::FromOlderVersion { found, known }),
        (found, known) if found > known => Err(StoreError::FromNewerVersion { found, known }),
        _ => Ok(()),
    }
}

/// Runs the scripts the database has not seen, all of them in one transaction.
pub(super) fn migrate(db: &mut Connection) -> Result<(), StoreError> {
    if is_current(db)? {
        return Ok(());
    }
    // A table that is made anew is gone for a moment: what refers to it is looked at before the
    // commit instead (sqlite.org/lang_altertable.html, section 7). It cannot be switched inside.
    db.pragma_update(None, "foreign_keys", false)?;
    // Another program may come to this at the same moment: the second finds it done.
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = version(&transaction)?;
    let known = usize::try_from(found).ok();
    let Some(missing) = known.and_then(|found| SCRIPTS.get(found..)) else {
        return Err(StoreError::FromNewerVersion {
            found,
            known: KNOWN,
        });
    };
    for script in missing {
        transaction.execute_batch(script)?;
    }
    refuse_orphans(&transaction)?;
    transaction.pragma_update(None, "user_version", KNOWN)?;
    transaction.commit()?;
    db.pragma_update(None, "foreign_keys", true)?;
    Ok(())
}

fn version(db: &Connection) -> rusqlite::Result<i64> {
    db.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn refuse_orphans(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    let mut check = transaction.prepare("PRAGMA foreign_key_check")?;
    let mut orphans = check.query([])?;
    match orphans.next()? {
        None => Ok(()),
        Some(row) => {
            let table: String = row.get(0)?;
            let why = format!("a row of {table} refers to one that is not there");
            Err(StoreError::Broken(why))
        }
    }
}
