//! What can be asked about the events of one case, however many there are.
//!
//! Nothing here writes, and nothing here judges.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::params;

use crate::case::{CaseKey, Event, Standing};

use super::query::json;
use super::{Store, StoreError};

impl Store {
    /// When the newest code of a case was sent that may be the one that is waited for.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn newest_code(&self, case: &CaseKey) -> Result<Option<Timestamp>, StoreError> {
        // Each that is called the newest was sent after all before it: the last one is it.
        self.last(case, "code_arrived", |event| match event {
            Event::CodeArrived {
                sent_at,
                standing: Standing::Newest,
                ..
            } => Some(sent_at),
            _ => None,
        })
    }

    /// From when the announced change applies, by the last notification of a case that says so.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn effective_date(&self, case: &CaseKey) -> Result<Option<Date>, StoreError> {
        self.last(case, "notification", |event| match event {
            Event::Notification { effective, .. } => effective,
            _ => None,
        })
    }

    /// What the last event of this name says that says anything.
    fn last<T>(
        &self,
        case: &CaseKey,
        name: &str,
        says: impl Fn(Event) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        // Walks the index from its end.
        let mut statement = self.db.prepare_cached(
            "SELECT detail FROM event WHERE name = ?4 AND case_id =
                 (SELECT id FROM \"case\" WHERE mailbox = ?1 AND account = ?2 AND campaign = ?3)
             ORDER BY id DESC",
        )?;
        let of = params![case.mailbox.0, case.account.name(), case.campaign, name];
        let mut rows = statement.query(of)?;
        while let Some(row) = rows.next()? {
            if let Some(said) = says(json(row, 0)?) {
                return Ok(Some(said));
            }
        }
        Ok(None)
    }
}
