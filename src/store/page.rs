//! What can be asked of the events by those who copy them: a page at a time, and how many there
//! are.
//!
//! Nothing here writes.

use super::{EventRow, Store, StoreError};

impl Store {
    /// At most `most` rows of the decision log, from event number `first` on, oldest first.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn events_from(&self, first: i64, most: u32) -> Result<Vec<EventRow>, StoreError> {
        self.events(first.saturating_sub(1), i64::from(most))
    }

    /// The number of the newest event; 0 if there is none.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn newest_event(&self) -> Result<i64, StoreError> {
        let mut statement = self
            .db
            .prepare_cached("SELECT coalesce(max(id), 0) FROM event")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }
}
