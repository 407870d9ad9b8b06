//! What stands on record of the configuration in force, beside the folders that it watches.
//!
//! It is for who looks at the database alone: the daemon itself goes by what it read.

use rusqlite::params;

use crate::mail::{MailboxName, Product};

use super::query::json;
use super::{Store, StoreError};

/// The accounts of a mailbox that one objection covers.
pub type Objection = (MailboxName, Vec<Product>);

/// The configuration in force.
#[derive(Debug)]
pub struct InForce {
    /// What the person objects for.
    pub objections: Vec<Objection>,
    /// Why another configuration was refused since, if one was.
    pub refused: Option<String>,
}

impl Store {
    /// The configuration in force, or that was in force last.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn in_force(&self) -> Result<InForce, StoreError> {
        let mut statement = self
            .db
            .prepare_cached("SELECT objections, refused FROM configuration")?;
        statement.query_row([], |row| {
            Ok(json(row, 0).and_then(|objections| {
                let refused: String = row.get(1)?;
                Ok(InForce {
                    objections,
                    refused: Some(refused).filter(|why| !why.is_empty()),
                })
            }))
        })?
    }

    /// From now on a configuration is in force that objects for this. Nothing is written if it is
    /// in force already.
    ///
    /// # Errors
    /// Nothing was written if it fails.
    pub fn put_in_force(&mut self, objections: &[Objection]) -> Result<(), StoreError> {
        self.db
            .prepare_cached(
                "UPDATE configuration SET objections = ?1, refused = ''
                 WHERE objections <> ?1 OR refused <> ''",
            )?
            .execute([serde_json::to_string(objections)?])?;
        Ok(())
    }

    /// Another configuration was refused, and this is why.
    ///
    /// # Errors
    /// Nothing was written if it fails.
    pub fn note_refused(&mut self, why: &str) -> Result<(), StoreError> {
        self.db
            .prepare_cached("UPDATE configuration SET refused = ?1")?
            .execute(params![why])?;
        Ok(())
    }
}
