//! What no mail says of an objection: the person's word, that they filed it by themselves or how
//! Meta answered in a message that only they could read; and what became of the form in their
//! browser.
//!
//! It changes the case as a mail would, and stays on record as what it is.

use jiff::Timestamp;
use tracing::info;

use crate::case::{self, CaseKey, Event, FormStep, Word};
use crate::mail::{Digest, MailboxName, Product};
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

/// What became of the form in the browser.
#[derive(Debug, Clone)]
pub struct FormNote {
    /// The mailbox that the code comes to.
    pub mailbox: MailboxName,
    /// The account that the objection is for.
    pub account: Product,
    /// What became of it.
    pub step: FormStep,
    /// The picture of the page, which is among the evidence.
    pub screenshot: Option<Digest>,
}

/// The case that a note was filed under, or why it was not, as a sentence for the person.
pub type Noted = Result<CaseKey, String>;

impl Engine {
    /// Commits what the person says.
    pub(super) fn note(&mut self, note: &Note, now: Timestamp) -> Result<Noted, EngineError> {
        if note.on > now {
            return Ok(Err("that day has not come yet: check --on".to_owned()));
        }
        let (mailbox, account) = match self.account_meant(note)? {
            Ok(found) => found,
            Err(why) => return Ok(Err(why)),
        };
        let event = Event::Noted {
            word: note.word,
            on: note.on,
        };
        info!(mailbox = %mailbox, account = account.name(), "the person notes something");
        self.put_on_record(&mailbox, account, event, note.on, now)
    }

    /// Commits what became of the form in the browser.
    pub(super) fn form(&mut self, form: &FormNote, now: Timestamp) -> Result<Noted, EngineError> {
        let mailbox = match self.mailbox_meant(Some(&form.mailbox)) {
            Ok(mailbox) => mailbox,
            Err(why) => return Ok(Err(why)),
        };
        let account = case::filed_under(form.account, &self.policy(&mailbox).linked);
        let event = Event::Form {
            step: form.step.clone(),
            seen_at: now,
            screenshot: form.screenshot,
        };
        info!(mailbox = %mailbox, account = account.name(), "the browser shows something");
        self.put_on_record(&mailbox, account, event, now, now)
    }

    fn put_on_record(
        &mut self,
        mailbox: &MailboxName,
        account: Product,
        event: Event,
        happened: Timestamp,
        now: Timestamp,
    ) -> Result<Noted, EngineError> {
        let policy = self.policy(mailbox);
        let Some(case) = self.case_for(&policy, mailbox, account, &event, happened)? else {
            return Ok(Err("this belongs to no case".to_owned()));
        };
        let key = case.0.clone();
        let noted = self.consequence(nowhere(mailbox), event, Some(case), &policy, now);
        self.store.note(&[noted])?;
        self.next_reminder = None;
        Ok(Ok(key))
    }

    /// The mailbox and the account that only can be meant.
    fn account_meant(
        &self,
        note: &Note,
    ) -> Result<Result<(MailboxName, Product), String>, EngineError> {
        let mailbox = match self.mailbox_meant(note.mailbox.as_ref()) {
            Ok(mailbox) => mailbox,
            Err(why) => return Ok(Err(why)),
        };
        let policy = self.policy(&mailbox);
        match case::account_of(note.account, &policy) {
            // Several accounts, and none was named.
            Product::Meta if note.account.is_none() => {}
            account => return Ok(Ok((mailbox, account))),
        }
        let is_open = |row: &CaseRow| row.key.mailbox == mailbox && !row.case.state.is_final();
        let open = self.store.cases()?.into_iter().filter(is_open);
        let mut accounts: Vec<Product> = open.map(|row| row.key.account).collect();
        accounts.dedup();
        Ok(match accounts.as_slice() {
            [only] => Ok((mailbox, *only)),
            [] => Err(format!("{mailbox} has no open case: add --account")),
            _ => Err(format!("{mailbox} has several open cases: add --account")),
        })
    }

    fn mailbox_meant(&self, named: Option<&MailboxName>) -> Result<MailboxName, String> {
        let mut known = self.settings.policies.keys();
        let all: Vec<&str> = known.clone().map(|name| name.0.as_str()).collect();
        let all = all.join(", ");
        match (named, known.len()) {
            (Some(named), _) if self.settings.policies.contains_key(named) => Ok(named.clone()),
            (Some(named), _) => Err(format!("no mailbox is called {named}; there are: {all}")),
            (None, 1) => known.next().cloned().ok_or_else(String::new),
            (None, _) => Err(format!("there are several mailboxes, add --mailbox: {all}")),
        }
    }
}
