//! What can be asked about the events of one case, however many there are.
//!
//! Nothing here writes, and nothing here judges.

use jiff::Timestamp;
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
        // Each that is called the newest was sent after all before it: the last one is it, and
        // the index is walked from its end.
        let mut statement = self.db.prepare_cached(
            "SELECT detail FROM event WHERE name = 'code_arrived' AND case_id =
                 (SELECT id FROM \"case\" WHERE mailbox = ?1 AND account = ?2 AND campaign = ?3)
             ORDER BY id DESC",
        )?;
        let mut rows =
            statement.query(params![case.mailbox.0, case.account.name(), case.campaign])?;
        while let Some(row) = rows.next()? {
            if let Event::CodeArrived {
                sent_at,
                standing: Standing::Newest,
                ..
            } = json(row, 0)?
            {
                return Ok(Some(sent_at));
            }
        }
        Ok(None)
    }
}
