//! What can be asked for a look at everything: the newest of each kind, and how many there are.
//!
//! Nothing here writes, and every answer is bounded, however long the log is.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Row, params};

use crate::case::CaseKey;
use crate::case::effect::{Effect, Notice};
use crate::mail::{Digest, MailboxName, Product};

use super::query::{json, product, time, time_or_none};
use super::{EventRow, Store, StoreError};

/// How many of the newest effects are looked through for what was delivered last.
const LATELY: u32 = 500;

/// An alert, and what became of it.
#[derive(Debug, Clone)]
pub struct AlertRow {
    /// The channel that it goes through.
    pub outlet: String,
    /// The mailbox it is about.
    pub mailbox: MailboxName,
    /// The product it is about, where it is about one.
    pub account: Option<Product>,
    /// What is told.
    pub notice: Notice,
    /// `due`, `started`, `done`, `failed` or `doubtful`.
    pub state: String,
    /// When the event happened that it tells.
    pub at: Timestamp,
    /// When it ended, if it has.
    pub ended_at: Option<Timestamp>,
    /// What the channel said last; a service's word.
    pub note: String,
}

/// How many effects have not come to a good end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Open {
    /// To be done, or to be tried again.
    pub due: i64,
    /// Under way.
    pub started: i64,
    /// Given up.
    pub failed: i64,
}

impl Store {
    /// The newest `most` events of a case, the oldest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn newest_of(&self, case: &CaseKey, most: u32) -> Result<Vec<EventRow>, StoreError> {
        let which = "WHERE event.case_id =
                 (SELECT id FROM \"case\" WHERE mailbox = ?1 AND account = ?2 AND campaign = ?3)
             ORDER BY event.id DESC LIMIT ?4";
        let key = params![case.mailbox.0, case.account.name(), case.campaign, most];
        let mut events = self.events_that(which, key)?;
        events.reverse();
        Ok(events)
    }

    /// The newest `most` events that belong to no case, the newest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn newest_beside(&self, most: u32) -> Result<Vec<EventRow>, StoreError> {
        // Without the plus the index would be walked, and all that it finds sorted.
        let which = "WHERE +event.case_id IS NULL ORDER BY event.id DESC LIMIT ?1";
        self.events_that(which, [most])
    }

    /// The events that a message caused or that are about it, the oldest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn events_about(&self, message: Digest) -> Result<Vec<EventRow>, StoreError> {
        let which = "WHERE event.message = ?1 ORDER BY event.id LIMIT 100";
        self.events_that(which, [message.to_string()])
    }

    /// The first event that names this picture of a form.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn event_with_picture(&self, picture: Digest) -> Result<Option<EventRow>, StoreError> {
        // Events of a form have a case: with it there is an index.
        let which = "WHERE event.case_id IN (SELECT id FROM \"case\") AND event.name = 'form'
                 AND json_extract(event.detail, '$.screenshot') = ?1
             ORDER BY event.id LIMIT 1";
        let mut events = self.events_that(which, [picture.to_string()])?;
        Ok(events.pop())
    }

    /// How many events there are of each name.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn events_by_name(&self) -> Result<BTreeMap<String, i64>, StoreError> {
        let mut statement = self
            .db
            .prepare_cached("SELECT name, count(*) FROM event GROUP BY name")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many effects have not come to a good end.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn open_effects(&self) -> Result<Open, StoreError> {
        // Each by an index that holds such effects alone.
        let mut statement = self.db.prepare_cached(
            "SELECT
                 (SELECT count(*) FROM effect WHERE state IN ('due', 'started')
                      AND state = 'due'),
                 (SELECT count(*) FROM effect WHERE state IN ('due', 'started')
                      AND state = 'started'),
                 (SELECT count(*) FROM effect WHERE state = 'failed')",
        )?;
        Ok(statement.query_row([], |row| {
            Ok(Open {
                due: row.get(0)?,
                started: row.get(1)?,
                failed: row.get(2)?,
            })
        })?)
    }

    /// The alerts among the newest `most` effects, the newest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn newest_alerts(&self, most: u32) -> Result<Vec<AlertRow>, StoreError> {
        let mut statement = self.db.prepare_cached(
            "SELECT effect.outlet, event.mailbox, \"case\".account, effect.what, effect.state,
                    event.at, effect.ended_at, effect.note
             FROM effect
             JOIN event ON event.id = effect.event_id
             LEFT JOIN \"case\" ON \"case\".id = event.case_id
             ORDER BY effect.id DESC LIMIT ?1",
        )?;
        let mut rows = statement.query([most])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let Effect::Alert(notice) = json(row, 3)? else {
                continue;
            };
            let account: Option<String> = row.get(2)?;
            found.push(AlertRow {
                outlet: row.get(0)?,
                mailbox: MailboxName(row.get(1)?),
                account: account.as_deref().map(product).transpose()?,
                notice,
                state: row.get(4)?,
                at: time(row, 5)?,
                ended_at: time_or_none(row, 6)?,
                note: row.get(7)?,
            });
        }
        Ok(found)
    }

    /// When each channel took an alert last, by the newest effects. One that went into a summary
    /// was not delivered itself.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn last_delivered(&self) -> Result<BTreeMap<String, Timestamp>, StoreError> {
        let mut statement = self.db.prepare_cached(
            "SELECT outlet, max(ended_at)
             FROM (SELECT * FROM effect ORDER BY id DESC LIMIT ?1)
             WHERE state = 'done' AND note = '' AND json_extract(what, '$.do') = 'alert'
             GROUP BY outlet",
        )?;
        let delivered = |row: &Row<'_>| Ok((row.get(0)?, time(row, 1)?));
        statement.query_and_then([LATELY], delivered)?.collect()
    }

    /// The newest event of a case that has this name, if there is one: of messages it is the one
    /// that came last, whenever they were read.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn newest_named(&self, case: &CaseKey, name: &str) -> Result<Option<EventRow>, StoreError> {
        // Texts of instants sort by time where nothing stands behind the seconds' fraction.
        let which = "WHERE event.case_id =
                 (SELECT id FROM \"case\" WHERE mailbox = ?1 AND account = ?2 AND campaign = ?3)
                 AND event.name = ?4
             ORDER BY rtrim(json_extract(event.detail, '$.received_at'), 'Z') DESC, event.id DESC
             LIMIT 1";
        let key = params![case.mailbox.0, case.account.name(), case.campaign, name];
        Ok(self.events_that(which, key)?.pop())
    }
}
