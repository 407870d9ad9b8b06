//! What the person says of their objection: that they filed it by themselves, or how Meta answered
//! in a message that only they could read.
//!
//! Their word changes the case as a mail would, and stays on record as theirs.

use jiff::Timestamp;
use tracing::info;

use crate::case::{self, Case, CaseKey, Event, Word};
use crate::mail::{MailboxName, Product};
use crate::store::CaseRow;

use super::reminders::nowhere;
use super::{Engine, EngineError};

/// What the person says, and of which case.
#[derive(Debug, Clone)]
pub struct Note {
    /// The mailbox; `None` where there is only one.
    pub mailbox: Option<MailboxName>,
    /// The account; `None` where only one case can be meant.
    pub account: Option<Product>,
    /// What they say.
    pub word: Word,
    /// When it happened.
    pub on: Timestamp,
}

/// The case that a note was filed under, or why it was not, as a sentence for the person.
pub type Noted = Result<CaseKey, String>;

impl Engine {
    /// Commits what the person says.
    pub(super) fn note(&mut self, note: &Note, now: Timestamp) -> Result<Noted, EngineError> {
        let (key, case) = match self.case_meant(note)? {
            Ok(found) => found,
            Err(why) => return Ok(Err(why)),
        };
        let policy = self.policy(&key.mailbox);
        let folder = nowhere(&key.mailbox);
        let event = Event::Noted {
            word: note.word,
            on: note.on,
        };
        let case = Some((key.clone(), case));
        let noted = self.consequence((&folder, event, now), case, &policy, vec![], vec![]);
        self.store.note(&noted)?;
        self.next_reminder = None;
        info!(mailbox = %key.mailbox, account = key.account.name(), "noted what the person says");
        Ok(Ok(key))
    }

    /// The one case that can be meant.
    fn case_meant(&self, note: &Note) -> Result<Result<(CaseKey, Case), String>, EngineError> {
        let mailbox = match self.mailbox_meant(note.mailbox.as_ref()) {
            Ok(mailbox) => mailbox,
            Err(why) => return Ok(Err(why)),
        };
        let policy = self.policy(&mailbox);
        let account = match (note.account, policy.accounts.as_slice()) {
            (Some(account), _) => Some(case::account_of(Some(account), &policy)),
            (None, [only]) => Some(*only),
            (None, _) => None,
        };
        if let Some(account) = account {
            let newest = self.store.cases_of(&mailbox, account)?.into_iter().next();
            let opened = || {
                let key = CaseKey {
                    mailbox: mailbox.clone(),
                    account,
                    campaign: note.on.to_string().chars().take(10).collect(),
                };
                (key, Case::new(case::linked_with(account, &policy)))
            };
            return Ok(Ok(newest.map_or_else(opened, |row| (row.key, row.case))));
        }
        let is_open = |row: &CaseRow| row.key.mailbox == mailbox && !row.case.state.is_final();
        let mut open: Vec<CaseRow> = self.store.cases()?.into_iter().filter(is_open).collect();
        Ok(match (open.pop(), open.is_empty()) {
            (Some(row), true) => Ok((row.key, row.case)),
            (Some(_), false) => Err(format!("{mailbox} has several open cases: add --account")),
            (None, _) => Err(format!("{mailbox} has no open case: add --account")),
        })
    }

    fn mailbox_meant(&self, named: Option<&MailboxName>) -> Result<MailboxName, String> {
        let mut known = self.settings.policies.keys();
        match (named, known.len()) {
            (Some(named), _) if self.settings.policies.contains_key(named) => Ok(named.clone()),
            (Some(named), _) => Err(format!("no mailbox is called {named}")),
            (None, 1) => known.next().cloned().ok_or_else(String::new),
            (None, _) => Err("there are several mailboxes: add --mailbox".to_owned()),
        }
    }
}
