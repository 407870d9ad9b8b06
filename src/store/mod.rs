//! What must survive: messages, events, cases, effects and cursors, written together or not at all.
//!
//! It does not know what an event means or how an effect is carried out. There is no method finer
//! than a whole step: nobody can move a cursor without saying what became of the message.
//!
//! SECURITY: it touches one file in the state folder, readable by its owner only. The bytes of
//! messages are stored and given back, never looked at.

mod migrate;
mod page;
mod query;
mod trust;
mod write;

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, params};

pub use query::{CaseRow, EffectRow, EventRow, FolderRow, StoredMessage};
pub use trust::KeyRow;

use crate::case::effect::{Effect, EffectId};
use crate::case::{CaseKey, Event, State};
use crate::mail::authenticity::Authenticity;
use crate::mail::{Arrival, Cursor, Digest, FolderRef, Reason};

use write::{end_effect, insert_consequence, insert_message, move_cursor, update_sender};

/// Trouble with the database, by what can be done about it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another program holds it, or the disk is full or read-only: it may pass.
    #[error("cannot write to the database: {0}; free some space or make the state folder writable")]
    Busy(String),
    /// It cannot be used as it is.
    #[error("{path} cannot be used: {why}; it is never replaced: move it away or restore a copy")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What `SQLite` says.
        why: String,
    },
    /// A newer release wrote it.
    #[error(
        "the database has schema version {found}, this release knows {known}: use the newer release"
    )]
    FromNewerVersion {
        /// Its version.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// A stored value is not what this program writes.
    #[error("the database holds a value this program did not write: {0}")]
    Foreign(String),
    /// Anything else that `SQLite` says: a bug or a broken disk.
    #[error("database: {0}")]
    Broken(String),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{
            CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, ReadOnly, SystemIoFailure,
        };
        match error.sqlite_error_code() {
            Some(
                DatabaseBusy | DatabaseLocked | DiskFull | ReadOnly | SystemIoFailure | CannotOpen,
            ) => Self::Busy(error.to_string()),
            _ => Self::Broken(error.to_string()),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Foreign(error.to_string())
    }
}

/// A proof that a folder was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    /// How far it was looked through.
    pub cursor: Cursor,
    /// When the proof was complete.
    pub at: Timestamp,
    /// How often, since the last one that was written, something was found that the server should
    /// have announced.
    pub missed: u32,
}

/// What a message or an attempt led to: written in the same transaction as its cause.
#[derive(Debug, Clone)]
pub struct Consequence {
    /// Whose it is and where it was seen.
    pub folder: FolderRef,
    /// What happened.
    pub event: Event,
    /// When it happened.
    pub at: Timestamp,
    /// The case and its new state; `None` for events that concern no case.
    pub case: Option<(CaseKey, State)>,
    /// Why, by the rules of the tables.
    pub because: Vec<Reason>,
    /// Pages of Meta's own that the message links to.
    pub links: Vec<String>,
    /// What is to be done.
    pub effects: Vec<Planned>,
}

/// An effect that is about to be written.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The outlet that does it.
    pub outlet: String,
    /// What is to be done.
    pub effect: Effect,
    /// When its first attempt begins.
    pub begin: Begin,
}

/// When the first attempt of an effect begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// When somebody comes to it.
    WhenDue,
    /// Right after this commit, which is therefore its [`Store::start`], too.
    WithThis,
}

/// How an effect ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The outlet says it is done.
    Done,
    /// It is not done and will not be tried again.
    Failed,
    /// Nobody knows whether it was done; it is not tried again.
    Doubtful,
}

impl End {
    fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Doubtful => "doubtful",
        }
    }
}

/// The database.
#[derive(Debug)]
pub struct Store {
    db: Connection,
}

impl Store {
    /// Opens or makes the database at `path` for writing.
    ///
    /// # Errors
    /// `Unusable` or `FromNewerVersion` if it cannot be used, `Busy` if it may pass.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let unusable = |why: String| StoreError::Unusable {
            path: path.to_owned(),
            why,
        };
        // Before SQLite makes it: its journals take the file's permissions over.
        OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(path)
            .map_err(|error| unusable(error.to_string()))?;
        let mut db = Connection::open(path).map_err(|error| unusable(error.to_string()))?;
        // Power loss takes nothing that was committed; NORMAL loses it (PRAGMA synchronous).
        db.pragma_update(None, "journal_mode", "WAL")
            .and_then(|()| db.pragma_update(None, "synchronous", "FULL"))
            .and_then(|()| db.pragma_update(None, "foreign_keys", true))
            // One person's database is a few megabytes; SQLite's default cache would be two more.
            .and_then(|()| db.pragma_update(None, "cache_size", -256))
            .map_err(|error| unusable(error.to_string()))?;
        db.busy_timeout(Duration::from_secs(5))?;
        let healthy: String = db
            .pragma_query_value(None, "quick_check", |row| row.get(0))
            .map_err(|error| unusable(error.to_string()))?;
        if healthy != "ok" {
            return Err(unusable(healthy));
        }
        migrate::migrate(&mut db)?;
        Ok(Self { db })
    }

    /// Opens the database at `path` for reading, while the daemon may be writing.
    ///
    /// # Errors
    /// `Unusable` if there is none or it cannot be read.
    pub fn open_for_reading(path: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db =
            Connection::open_with_flags(path, flags).map_err(|error| StoreError::Unusable {
                path: path.to_owned(),
                why: error.to_string(),
            })?;
        db.pragma_update(None, "query_only", true)?;
        db.busy_timeout(Duration::from_secs(5))?;
        Ok(Self { db })
    }

    /// Takes a message in: the message, what it led to and the cursor behind it. Returns the
    /// numbers of the effects, in their order.
    ///
    /// # Errors
    /// Nothing was written if it fails.
    pub fn take_in(
        &mut self,
        arrival: &Arrival,
        sender: &Proved<'_>,
        consequence: &Consequence,
        cursor: Cursor,
    ) -> Result<Vec<EffectId>, StoreError> {
        let transaction = self.db.transaction()?;
        insert_message(&transaction, arrival, sender, consequence.at)?;
        let effects = insert_consequence(&transaction, consequence)?;
        move_cursor(&transaction, &consequence.folder, cursor)?;
        transaction.commit()?;
        Ok(effects)
    }

    /// Passes over everything below `cursor`: nothing but the cursor is left of it.
    ///
    /// # Errors
    /// Nothing was written if it fails.
    pub fn pass_over(&mut self, folder: &FolderRef, cursor: Cursor) -> Result<(), StoreError> {
        let transaction = self.db.transaction()?;
        move_cursor(&transaction, folder, cursor)?;
        transaction.commit()?;
        Ok(())
    }

    /// Writes proofs that folders were heard, all or none.
    ///
    /// # Errors
    /// Nothing was written if it fails.
    pub fn heard<'a>(
        &mut self,
        proofs: impl IntoIterator<Item = (&'a FolderRef, &'a Proof)>,
    ) -> Result<(), StoreError> {
        let transaction = self.db.transaction()?;
        for (folder, proof) in proofs {
            move_cursor(&transaction, folder, proof.cursor)?;
            transaction
                .prepare_cached(
                    "UPDATE mailbox SET heard_at = ?4, missed = missed + ?5
                     WHERE name = ?1 AND origin = ?2 AND folder = ?3",
                )?
                .execute(params![
                    folder.mailbox.0,
                    folder.origin,
                    folder.folder.0,
                    proof.at.as_microsecond(),
                    proof.missed,
                ])?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Writes that a folder went deaf, or is heard again, and what that led to.
    ///
    /// # Errors
    /// Nothing was written if it fails.
    pub fn note_hearing(
        &mut self,
        deaf_since: Option<Timestamp>,
        consequence: &Consequence,
    ) -> Result<(), StoreError> {
        let transaction = self.db.transaction()?;
        insert_consequence(&transaction, consequence)?;
        transaction
            .prepare_cached(
                // A folder that was never heard has no row yet, and no cursor: zeros.
                "INSERT INTO mailbox
                     (name, origin, folder, uid_validity, uid_next, heard_at, deaf_since)
                 VALUES (?1, ?2, ?3, 0, 0, 0, ?4)
                 ON CONFLICT (name, origin, folder) DO UPDATE
                 SET deaf_since = excluded.deaf_since",
            )?
            .execute(params![
                consequence.folder.mailbox.0,
                consequence.folder.origin,
                consequence.folder.folder.0,
                deaf_since.map_or(0, Timestamp::as_microsecond)
            ])?;
        transaction.commit()?;
        Ok(())
    }

    /// Writes an event that no message and no attempt caused.
    ///
    /// # Errors
    /// Nothing was written if it fails.
    pub fn note(&mut self, consequence: &Consequence) -> Result<(), StoreError> {
        let transaction = self.db.transaction()?;
        insert_consequence(&transaction, consequence)?;
        transaction.commit()?;
        Ok(())
    }

    /// Writes that an attempt is about to be made. Only after this may anything leave.
    ///
    /// # Errors
    /// Nothing was written if it fails, and the attempt must not be made.
    pub fn start(&mut self, effect: EffectId) -> Result<(), StoreError> {
        self.db
            .prepare_cached(
                "UPDATE effect SET state = 'started', tries = tries + 1
                 WHERE id = ?1 AND state = 'due'",
            )?
            .execute([effect.0])?;
        Ok(())
    }

    /// Writes how an effect ended and what that led to.
    ///
    /// # Errors
    /// Nothing was written if it fails: the effect stays `started`, hence doubtful after a restart.
    pub fn settle(
        &mut self,
        effect: EffectId,
        (end, note): (End, &str),
        at: Timestamp,
        consequence: Option<&Consequence>,
    ) -> Result<(), StoreError> {
        let transaction = self.db.transaction()?;
        end_effect(&transaction, effect, (end, note), at)?;
        if let Some(consequence) = consequence {
            insert_consequence(&transaction, consequence)?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Writes who sent a message, which ends the effect of asking, and what that led to. Returns
    /// the numbers of the new effects, in their order.
    ///
    /// # Errors
    /// Nothing was written if it fails: it is asked again.
    pub fn settle_sender(
        &mut self,
        effect: EffectId,
        (message, sender): (Digest, &Proved<'_>),
        at: Timestamp,
        consequence: Option<&Consequence>,
    ) -> Result<Vec<EffectId>, StoreError> {
        let transaction = self.db.transaction()?;
        update_sender(&transaction, message, sender, at)?;
        end_effect(&transaction, effect, (End::Done, ""), at)?;
        let effects = match consequence {
            Some(consequence) => insert_consequence(&transaction, consequence)?,
            None => Vec::new(),
        };
        transaction.commit()?;
        Ok(effects)
    }

    /// Writes that an effect is due again at `next_at`.
    ///
    /// # Errors
    /// Nothing was written if it fails.
    pub fn postpone(
        &mut self,
        effect: EffectId,
        next_at: Timestamp,
        note: &str,
    ) -> Result<(), StoreError> {
        self.db
            .prepare_cached(
                "UPDATE effect SET state = 'due', next_at = ?2, note = ?3
                 WHERE id = ?1 AND state = 'started'",
            )?
            .execute(params![effect.0, next_at.as_microsecond(), note])?;
        Ok(())
    }
}

/// The verdict on a message's sender and what it proves.
#[derive(Debug, Clone, Copy)]
pub struct Proved<'a> {
    /// The verdict.
    pub authenticity: &'a Authenticity,
    /// The id of the only hand-over this message can cause; `None` if nothing is proved.
    pub handover: Option<&'a str>,
}
