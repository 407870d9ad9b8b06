//! What must survive: messages, events, cases, effects and cursors, written together or not at all.
//!
//! It does not know what an event means or how an effect is carried out. There is no method finer
//! than a whole step: nobody can move a cursor without saying what became of the message.
//!
//! SECURITY: it touches one file in the state folder, readable by its owner only. The bytes of
//! messages are stored and given back, never looked at.

mod case_log;
mod consequence;
mod effect;
mod error;
mod glance;
mod in_force;
mod migrate;
mod page;
mod query;
mod trust;
mod watched;
mod whole;
mod write;

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, params};

pub use consequence::{Begin, Consequence, Planned};
pub use effect::EffectRow;
pub use error::StoreError;
pub use glance::{AlertRow, Open};
pub use in_force::Objection;
pub use query::{CaseRow, EventRow, FolderRow, StoredMessage};
pub use trust::KeyRow;

use crate::case::effect::{Effect, EffectId};
use crate::mail::authenticity::Authenticity;
use crate::mail::{Arrival, Cursor, Digest, FolderRef};

use write::{
    end_effect, insert_consequence, insert_effect, insert_message, move_cursor, update_sender,
};

/// Another program beside this one, such as `arm`, holds the database for milliseconds.
const LONGEST_HOLD: Duration = Duration::from_secs(5);

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
    path: PathBuf,
}

impl Store {
    /// Opens or makes the database at `path` for writing. What is looked at does not grow with
    /// the log; [`Store::check`] looks at all of it.
    ///
    /// # Errors
    /// `Unusable` or `FromNewerVersion` if it cannot be used, `Busy` if it may pass.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        // Before SQLite makes it: its journals take the file's permissions over.
        OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(path)
            .map_err(|error| StoreError::of_system(path, &error))?;
        let mut db = connect(path).map_err(|error| StoreError::of_file(path, &error))?;
        if !migrate::is_current(&db).map_err(|error| StoreError::of_file(path, &error))? {
            whole::look_at_all(&db, path)?;
            migrate::migrate(&mut db)?;
        }
        whole::look_at_small_tables(&db, path)?;
        let path = path.to_owned();
        Ok(Self { db, path })
    }

    /// Connects anew after trouble with the disk, and moves all that was committed into the main
    /// file. It fails for as long as the trouble lasts.
    ///
    /// After a sync that failed the kernel may call pages clean that never reached the disk, and a
    /// second sync of the same file then succeeds without writing them (the PostgreSQL developers'
    /// "fsyncgate", 2018). So nothing is built upon the journal that met trouble: what can be read
    /// of it is written once more, to another file, and synced there.
    ///
    /// # Errors
    /// `Busy` while the trouble lasts or somebody reads; the old connection may be used on.
    pub fn reopen(&mut self) -> Result<(), StoreError> {
        // Before the old one is closed: with no connection left, recovery would count what the
        // journal holds, a commit among it that this program was told had failed.
        self.db = connect(&self.path).map_err(|error| StoreError::of_file(&self.path, &error))?;
        let is_held: bool = self
            .db
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if is_held {
            return Err(StoreError::Busy("another program reads it".to_owned()));
        }
        Ok(())
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many rows this connection has written: more after a step that wrote something.
    #[must_use]
    pub fn rows_written(&self) -> u64 {
        self.db.total_changes()
    }

    /// Opens the database at `path` for reading, while the daemon may be writing.
    ///
    /// # Errors
    /// `Unusable` if there is none or it cannot be read, `FromOlderVersion` and `FromNewerVersion`
    /// if another release wrote it.
    pub fn open_for_reading(path: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags)
            .map_err(|error| StoreError::unusable(path, error.to_string()))?;
        db.pragma_update(None, "query_only", true)?;
        db.busy_timeout(LONGEST_HOLD)?;
        migrate::refuse_other_versions(&db)?;
        let path = path.to_owned();
        Ok(Self { db, path })
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
                    "UPDATE mailbox SET heard_at = ?4, missed = missed + ?5, absent = 0,
                         trouble = ''
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

    /// Writes events that no message and no attempt caused: all, or none.
    ///
    /// # Errors
    /// Nothing was written if it fails.
    pub fn note(&mut self, consequences: &[Consequence]) -> Result<(), StoreError> {
        let transaction = self.db.transaction()?;
        for consequence in consequences {
            insert_consequence(&transaction, consequence)?;
        }
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
        end: End,
        note: &str,
        at: Timestamp,
        consequence: Option<&Consequence>,
    ) -> Result<(), StoreError> {
        let transaction = self.db.transaction()?;
        end_effect(&transaction, effect, end, note, at)?;
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
        message: Digest,
        sender: &Proved<'_>,
        at: Timestamp,
        consequence: Option<&Consequence>,
    ) -> Result<Vec<EffectId>, StoreError> {
        let transaction = self.db.transaction()?;
        update_sender(&transaction, message, sender, at)?;
        end_effect(&transaction, effect, End::Done, "", at)?;
        let effects = match consequence {
            Some(consequence) => insert_consequence(&transaction, consequence)?,
            None => Vec::new(),
        };
        transaction.commit()?;
        Ok(effects)
    }

    /// Puts one effect into the place of several of the same outlet, which are done by it: `what`,
    /// due at `next_at`, caused by the newest of their events.
    ///
    /// # Errors
    /// Nothing was written if it fails.
    pub fn sum_up(
        &mut self,
        parts: &[EffectRow],
        what: &Effect,
        next_at: Timestamp,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(newest) = parts.iter().max_by_key(|part| part.event_id) else {
            return Ok(());
        };
        let transaction = self.db.transaction()?;
        for part in parts {
            end_effect(&transaction, part.id, End::Done, "in a summary", at)?;
        }
        let planned = Planned {
            outlet: newest.outlet.clone(),
            effect: what.clone(),
            begin: Begin::At(next_at),
        };
        insert_effect(&transaction, newest.event_id, &planned, at)?;
        transaction.commit()?;
        Ok(())
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

/// A connection for writing.
fn connect(path: &Path) -> rusqlite::Result<Connection> {
    // Without leave to make one: a file that is gone is not replaced.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    // First: the rest may meet another program at work.
    db.busy_timeout(LONGEST_HOLD)?;
    // Power loss takes nothing that was committed; NORMAL loses it (PRAGMA synchronous).
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "foreign_keys", true)?;
    // One person's database is a few megabytes; SQLite's default cache would be two more.
    db.pragma_update(None, "cache_size", -256)?;
    Ok(db)
}

/// The verdict on a message's sender and what it proves.
#[derive(Debug, Clone, Copy)]
pub struct Proved<'a> {
    /// The verdict.
    pub authenticity: &'a Authenticity,
    /// The id of the only hand-over this message can cause; `None` if nothing is proved.
    pub handover: Option<&'a str>,
}
