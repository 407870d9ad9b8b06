//! What can be asked about keys, codes and armings: what a new message is held against.
//!
//! Nothing here writes, and nothing here judges.

use jiff::Timestamp;
use rusqlite::{Row, params};

use crate::case::{CaseKey, CodesBefore, Event, Standing};
use crate::mail::{Digest, MailboxName, Product};

use super::query::{json, time};
use super::{Store, StoreError};

/// The most armings that are looked at for one product's newest.
const MAX_ARMINGS: i64 = 100;

/// The newest armings, one for each product: the latest end among them is the one that counts.
const NEWEST_ARMINGS: i64 = 4;

/// "I press Send now."
struct Arming {
    at: Timestamp,
    /// For one product, or for all.
    account: Option<Product>,
    until: Timestamp,
}

impl Arming {
    /// A mail that names no product may be the one that was asked for, whatever that was.
    fn is_for(&self, account: Product) -> bool {
        account == Product::Meta || self.account.is_none_or(|of| of == account)
    }
}

/// A key record that a proof rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// `selector._domainkey.domain`
    pub name: String,
    /// The record.
    pub record: String,
    /// When it was first used.
    pub first_seen_at: Timestamp,
}

impl Store {
    /// The records that were ever used under a key's name, the oldest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn keys_named(&self, name: &str) -> Result<Vec<KeyRow>, StoreError> {
        self.keys(
            "SELECT name, record, first_seen_at FROM key WHERE name = ?1 ORDER BY id",
            name,
        )
    }

    /// The records that the proof of a message rests on.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn keys_of(&self, message: Digest) -> Result<Vec<KeyRow>, StoreError> {
        self.keys(
            "SELECT name, record, first_seen_at FROM key
             JOIN message_key ON key_id = id WHERE message = ?1 ORDER BY id",
            &message.to_string(),
        )
    }

    fn keys(&self, query: &str, parameter: &str) -> Result<Vec<KeyRow>, StoreError> {
        let mut statement = self.db.prepare_cached(query)?;
        let key = |row: &Row<'_>| {
            Ok(KeyRow {
                name: row.get(0)?,
                record: row.get(1)?,
                first_seen_at: time(row, 2)?,
            })
        };
        statement.query_and_then([parameter], key)?.collect()
    }

    /// What is known of codes before another one of this case comes.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn codes_before(&self, case: &CaseKey) -> Result<CodesBefore, StoreError> {
        Ok(CodesBefore {
            newest_sent_at: self.newest_code(case)?,
            armed_at: self.armed_at(&case.mailbox, case.account)?,
        })
    }

    /// Until when the person expects a code in this mailbox; `None` if they never said so.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn expected_until(&self, mailbox: &MailboxName) -> Result<Option<Timestamp>, StoreError> {
        let armings = self.armings(mailbox, NEWEST_ARMINGS)?;
        Ok(armings.into_iter().map(|arming| arming.until).max())
    }

    /// Until when the person expects a code for this account; `None` if they never said so.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn armed_until(
        &self,
        mailbox: &MailboxName,
        account: Product,
    ) -> Result<Option<Timestamp>, StoreError> {
        let armings = self.armings(mailbox, NEWEST_ARMINGS)?.into_iter();
        let own = armings.filter(|arming| arming.is_for(account));
        Ok(own.map(|arming| arming.until).max())
    }

    /// When the code in a message reached the mailbox, and its last good instant; `None` if it is
    /// not the one that is waited for.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn waiting_code(
        &self,
        message: Digest,
    ) -> Result<Option<(Timestamp, Timestamp)>, StoreError> {
        let mut statement = self
            .db
            .prepare_cached("SELECT detail FROM event WHERE message = ?1 ORDER BY id")?;
        let mut rows = statement.query([message.to_string()])?;
        while let Some(row) = rows.next()? {
            if let Event::CodeArrived {
                received_at,
                until,
                standing: Standing::Newest,
                ..
            } = json(row, 0)?
            {
                return Ok(Some((received_at, until)));
            }
        }
        Ok(None)
    }

    /// When the person last armed for a product, or for all.
    fn armed_at(
        &self,
        mailbox: &MailboxName,
        account: Product,
    ) -> Result<Option<Timestamp>, StoreError> {
        let armings = self.armings(mailbox, MAX_ARMINGS)?;
        let of_account = armings.into_iter().find(|arming| arming.is_for(account));
        Ok(of_account.map(|arming| arming.at))
    }

    /// What the person last said with `arm`, the newest first.
    fn armings(&self, mailbox: &MailboxName, most: i64) -> Result<Vec<Arming>, StoreError> {
        let mut statement = self.db.prepare_cached(
            "SELECT at, detail FROM event WHERE name = 'armed' AND mailbox = ?1
             ORDER BY id DESC LIMIT ?2",
        )?;
        let mut rows = statement.query(params![mailbox.0, most])?;
        let mut armings = Vec::new();
        while let Some(row) = rows.next()? {
            if let Event::Armed { account, until } = json(row, 1)? {
                let at = time(row, 0)?;
                armings.push(Arming { at, account, until });
            }
        }
        Ok(armings)
    }
}
