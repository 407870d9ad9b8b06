//! The words with which mails say how long a code is good, as the tables write them.
//!
//! It does not read any text.

use serde::Deserialize;

use super::list::WordList;

/// The words of all languages together: a mail need not be in the person's own.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lifetimes {
    /// A sentence with one of these says until when something is good.
    pub said: WordList,
    /// Minutes, in every form that stands behind a number.
    pub minutes: WordList,
    /// Hours, likewise.
    pub hours: WordList,
    /// Words for a single one ("an hour").
    pub one: WordList,
}

impl Lifetimes {
    /// Adds another language's.
    pub fn extend(&mut self, more: Self) {
        self.said.extend(more.said);
        self.minutes.extend(more.minutes);
        self.hours.extend(more.hours);
        self.one.extend(more.one);
    }
}
