//! What can be asked about effects: what is to be done, what is under way, what failed.
//!
//! Nothing here writes.

use jiff::Timestamp;
use rusqlite::{Row, params};

use crate::case::effect::{Effect, EffectId};
use crate::mail::MailboxName;

use super::query::{json, time};
use super::{Store, StoreError};

/// An effect that is open.
#[derive(Debug, Clone)]
pub struct EffectRow {
    /// Its number.
    pub id: EffectId,
    /// The event that caused it.
    pub event_id: i64,
    /// The outlet that does it.
    pub outlet: String,
    /// The mailbox it is about.
    pub mailbox: MailboxName,
    /// What is to be done.
    pub what: Effect,
    /// How many attempts were begun.
    pub tries: u32,
    /// How many of those its outlet did not take.
    pub refused: u32,
    /// When it is due.
    pub next_at: Timestamp,
    /// When the event happened that caused it.
    pub at: Timestamp,
    /// What the outlet said last; a service's word.
    pub note: String,
}

impl Store {
    /// Effects in `state` (`due` or `started`), the earliest first.
    fn effects_in(&self, state: &str) -> Result<Vec<EffectRow>, StoreError> {
        let mut statement = self.db.prepare_cached(
            "SELECT effect.id, event_id, outlet, what, tries, next_at, event.mailbox, event.at,
                    effect.note
             FROM effect
             JOIN event ON event.id = event_id
             WHERE state IN ('due', 'started') AND state = ?1 ORDER BY next_at, effect.id",
        )?;
        // The attempt that is under way may still be taken.
        let under_way = u32::from(state == "started");
        let effect = |row: &Row<'_>| {
            let tries: u32 = row.get(4)?;
            Ok(EffectRow {
                id: EffectId(row.get(0)?),
                event_id: row.get(1)?,
                outlet: row.get(2)?,
                what: json(row, 3)?,
                tries,
                refused: tries.saturating_sub(under_way),
                next_at: time(row, 5)?,
                mailbox: MailboxName(row.get(6)?),
                at: time(row, 7)?,
                note: row.get(8)?,
            })
        };
        statement.query_and_then([state], effect)?.collect()
    }

    /// Effects that wait to be done, the earliest first, whether their time has come or not.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn due(&self) -> Result<Vec<EffectRow>, StoreError> {
        self.effects_in("due")
    }

    /// Effects whose attempt was begun and has not ended.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn started(&self) -> Result<Vec<EffectRow>, StoreError> {
        self.effects_in("started")
    }

    /// What was given up since `since` by all outlets but one: outlet, when, and what was said of
    /// it; the newest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn failed_effects(
        &self,
        since: Timestamp,
        but: &str,
        most: u32,
    ) -> Result<Vec<(String, Timestamp, String)>, StoreError> {
        let mut statement = self.db.prepare_cached(
            "SELECT outlet, ended_at, note FROM effect
             WHERE state = 'failed' AND ended_at >= ?1 AND outlet <> ?2
             ORDER BY ended_at DESC LIMIT ?3",
        )?;
        let which = params![since.as_microsecond(), but, most];
        let failed = |row: &Row<'_>| Ok((row.get(0)?, time(row, 1)?, row.get(2)?));
        statement.query_and_then(which, failed)?.collect()
    }
}
