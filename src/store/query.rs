//! What can be asked of the database. Nothing here writes.

use jiff::Timestamp;
use rusqlite::{Params, Row, params};
use serde::de::DeserializeOwned;

use crate::case::{Case, CaseKey, Event};
use crate::mail::authenticity::Authenticity;
use crate::mail::{
    Cursor, Digest, FolderName, FolderRef, MailboxName, Product, Reason, Uid, UidValidity,
};

use super::{Store, StoreError};

/// A watched folder as it is stored.
#[derive(Debug, Clone)]
pub struct FolderRow {
    /// Which folder.
    pub folder: FolderRef,
    /// How far it was read; `None` if it never was.
    pub cursor: Option<Cursor>,
    /// The last proof that it was heard; `None` if there is none yet.
    pub heard_at: Option<Timestamp>,
    /// The person was told that it is deaf: the last proof before that.
    pub deaf_since: Option<Timestamp>,
    /// How often a look found something that the server should have announced.
    pub missed: u32,
    /// The configuration that was last in force watches it.
    pub watched: bool,
    /// The server has no such folder.
    pub absent: bool,
    /// What stands in the way of the next proof, if that is known; a server's word.
    pub trouble: Option<String>,
}

/// A case as it is stored.
#[derive(Debug, Clone)]
pub struct CaseRow {
    /// Whose, which product, which campaign.
    pub key: CaseKey,
    /// What is known of it.
    pub case: Case,
    /// When its first event was written.
    pub opened_at: Timestamp,
}

/// A row of the decision log.
#[derive(Debug, Clone)]
pub struct EventRow {
    /// Its number; later events have higher ones.
    pub id: i64,
    /// When it was written.
    pub at: Timestamp,
    /// The mailbox it is about.
    pub mailbox: MailboxName,
    /// The folder it was seen in.
    pub folder: FolderName,
    /// The case it belongs to, if any.
    pub case: Option<CaseKey>,
    /// What happened.
    pub event: Event,
    /// Why, by the rules of the tables.
    pub because: Vec<Reason>,
    /// Pages of Meta's own that the message links to.
    pub links: Vec<String>,
    /// The verdict on the sender of the message it is about.
    pub authenticity: Option<Authenticity>,
}

/// A message as it was taken in.
#[derive(Debug, Clone)]
pub struct StoredMessage {
    /// The mailbox it came to.
    pub mailbox: MailboxName,
    /// The folder it was found in.
    pub folder: FolderName,
    /// When the receiving server took it.
    pub internal_date: Timestamp,
    /// When this program took it in.
    pub taken_at: Timestamp,
    /// Only its beginning is stored.
    pub truncated: bool,
    /// The verdict on its sender.
    pub authenticity: Authenticity,
    /// The id of the only hand-over it can cause; empty if nothing is proved.
    pub handover: String,
    /// The bytes.
    pub raw: Vec<u8>,
}

impl Store {
    /// Every folder ever watched.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn folders(&self) -> Result<Vec<FolderRow>, StoreError> {
        self.folders_that("ORDER BY name, folder", [])
    }

    /// One watched folder, if it was ever read.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn folder(&self, folder: &FolderRef) -> Result<Option<FolderRow>, StoreError> {
        let which = "WHERE name = ?1 AND origin = ?2 AND folder = ?3";
        let named = params![folder.mailbox.0, folder.origin, folder.folder.0];
        Ok(self.folders_that(which, named)?.pop())
    }

    /// The folders that `which` chooses and sorts (SQL).
    fn folders_that(&self, which: &str, values: impl Params) -> Result<Vec<FolderRow>, StoreError> {
        let mut statement = self.db.prepare_cached(&format!(
            "SELECT name, origin, folder, uid_validity, uid_next, heard_at, deaf_since,
                 missed, watched, absent, trouble
             FROM mailbox {which}"
        ))?;
        statement.query_and_then(values, folder_row)?.collect()
    }

    /// Whether this message, or another copy with the same signature, was taken in before.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn knows(&self, digest: Digest, handover: Option<&str>) -> Result<bool, StoreError> {
        let mut statement = self.db.prepare_cached(
            "SELECT 1 FROM message WHERE digest = ?1 OR (handover <> '' AND handover = ?2)",
        )?;
        Ok(statement.exists(params![digest.to_string(), handover.unwrap_or_default()])?)
    }

    /// Whether a message that can cause this hand-over was taken in before.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn knows_handover(&self, handover: &str) -> Result<bool, StoreError> {
        let mut statement = self
            .db
            .prepare_cached("SELECT 1 FROM message WHERE handover <> '' AND handover = ?1")?;
        Ok(statement.exists([handover])?)
    }

    /// Every case of a person and product, the newest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn cases_of(
        &self,
        mailbox: &MailboxName,
        account: Product,
    ) -> Result<Vec<CaseRow>, StoreError> {
        let which = "WHERE mailbox = ?1 AND account = ?2 ORDER BY id DESC";
        self.cases_that(which, params![mailbox.0, account.name()])
    }

    /// One case, if there is such a case.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn case(&self, key: &CaseKey) -> Result<Option<Case>, StoreError> {
        let mut statement = self.db.prepare_cached(
            "SELECT state FROM \"case\" WHERE mailbox = ?1 AND account = ?2 AND campaign = ?3",
        )?;
        let mut rows = statement.query(params![key.mailbox.0, key.account.name(), key.campaign])?;
        rows.next()?.map(|row| json(row, 0)).transpose()
    }

    /// Every case, oldest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn cases(&self) -> Result<Vec<CaseRow>, StoreError> {
        self.cases_that("ORDER BY id", [])
    }

    /// The cases that `which` chooses and sorts (SQL).
    fn cases_that(&self, which: &str, values: impl Params) -> Result<Vec<CaseRow>, StoreError> {
        let mut statement = self.db.prepare_cached(&format!(
            "SELECT mailbox, account, campaign, opened_at, state FROM \"case\" {which}"
        ))?;
        statement.query_and_then(values, case_row)?.collect()
    }

    /// At most `most` rows of the decision log after event number `after`, oldest first.
    pub(super) fn events(&self, after: i64, most: i64) -> Result<Vec<EventRow>, StoreError> {
        let which = "WHERE event.id > ?1 ORDER BY event.id LIMIT ?2";
        self.events_that(which, [after, most])
    }

    /// The rows of the decision log that `which` chooses and sorts (SQL).
    pub(super) fn events_that(
        &self,
        which: &'static str,
        values: impl Params,
    ) -> Result<Vec<EventRow>, StoreError> {
        let mut statement = self.db.prepare_cached(&format!(
            "SELECT event.id, event.at, event.mailbox, event.folder, event.detail, event.because,
                    event.links, \"case\".account, \"case\".campaign, message.authenticity
             FROM event
             LEFT JOIN \"case\" ON \"case\".id = event.case_id
             LEFT JOIN message ON message.digest = event.message
             {which}"
        ))?;
        statement.query_and_then(values, event_row)?.collect()
    }

    /// One row of the decision log.
    ///
    /// # Errors
    /// If the database cannot be read, or there is no such event.
    pub fn event(&self, id: i64) -> Result<EventRow, StoreError> {
        self.events(id - 1, 1)?
            .pop()
            .filter(|row| row.id == id)
            .ok_or_else(|| StoreError::Foreign(format!("there is no event {id}")))
    }

    /// A message as it was taken in.
    ///
    /// # Errors
    /// If the database cannot be read, or there is no such message.
    pub fn message(&self, digest: Digest) -> Result<StoredMessage, StoreError> {
        let mut statement = self.db.prepare_cached(
            "SELECT mailbox, folder, internal_date, taken_at, truncated, authenticity, handover, raw
             FROM message WHERE digest = ?1",
        )?;
        let mut rows = statement.query([digest.to_string()])?;
        let row = rows
            .next()?
            .ok_or_else(|| StoreError::Foreign(format!("there is no message {digest}")))?;
        Ok(StoredMessage {
            mailbox: MailboxName(row.get(0)?),
            folder: FolderName(row.get(1)?),
            internal_date: time(row, 2)?,
            taken_at: time(row, 3)?,
            truncated: row.get(4)?,
            authenticity: json(row, 5)?,
            handover: row.get(6)?,
            raw: row.get(7)?,
        })
    }
}

fn folder_row(row: &Row<'_>) -> Result<FolderRow, StoreError> {
    Ok(FolderRow {
        folder: FolderRef {
            mailbox: MailboxName(row.get(0)?),
            origin: row.get(1)?,
            folder: FolderName(row.get(2)?),
        },
        cursor: Some(Cursor {
            uid_validity: UidValidity(row.get(3)?),
            uid_next: Uid(row.get(4)?),
        })
        .filter(|cursor| cursor.uid_next != Uid(0)),
        heard_at: time_or_none(row, 5)?,
        deaf_since: time_or_none(row, 6)?,
        missed: row.get(7)?,
        watched: row.get(8)?,
        absent: row.get(9)?,
        trouble: Some(row.get(10)?).filter(|why: &String| !why.is_empty()),
    })
}

fn case_row(row: &Row<'_>) -> Result<CaseRow, StoreError> {
    Ok(CaseRow {
        key: CaseKey {
            mailbox: MailboxName(row.get(0)?),
            account: product(&row.get::<_, String>(1)?)?,
            campaign: row.get(2)?,
        },
        opened_at: time(row, 3)?,
        case: json(row, 4)?,
    })
}

fn event_row(row: &Row<'_>) -> Result<EventRow, StoreError> {
    let mailbox = MailboxName(row.get(2)?);
    let account: Option<String> = row.get(7)?;
    let campaign: Option<String> = row.get(8)?;
    let case = match (account, campaign) {
        (Some(account), Some(campaign)) => Some(CaseKey {
            mailbox: mailbox.clone(),
            account: product(&account)?,
            campaign,
        }),
        _ => None,
    };
    let authenticity: Option<String> = row.get(9)?;
    Ok(EventRow {
        id: row.get(0)?,
        at: time(row, 1)?,
        mailbox,
        folder: FolderName(row.get(3)?),
        case,
        event: json(row, 4)?,
        because: json(row, 5)?,
        links: json(row, 6)?,
        authenticity: authenticity
            .as_deref()
            .map(serde_json::from_str)
            .transpose()?,
    })
}

pub(super) fn product(name: &str) -> Result<Product, StoreError> {
    Ok(serde_json::from_value(serde_json::Value::String(
        name.to_owned(),
    ))?)
}

pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T, StoreError> {
    Ok(serde_json::from_str(&row.get::<_, String>(column)?)?)
}

pub(super) fn time(row: &Row<'_>, column: usize) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(row.get(column)?)
        .map_err(|error| StoreError::Foreign(error.to_string()))
}

pub(super) fn time_or_none(row: &Row<'_>, column: usize) -> Result<Option<Timestamp>, StoreError> {
    Ok(Some(time(row, column)?).filter(|time| *time != Timestamp::UNIX_EPOCH))
}
