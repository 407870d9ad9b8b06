//! Reminds the person of what its time has come for, as `case` says.
//!
//! There is no timer: the cases are asked, after each change and when the next reminder is due.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use tracing::info;

use crate::case::{self, Event};
use crate::mail::{FolderName, FolderRef, MailboxName};

use super::{Engine, EngineError};

/// The cases are asked at least this often: a clock may be set.
const LONGEST: SignedDuration = SignedDuration::from_hours(1);

impl Engine {
    /// Reminds of everything that is due; returns when to ask again.
    pub(super) fn remind(&mut self, now: Timestamp) -> Result<Option<Timestamp>, EngineError> {
        if let Some(next) = self.next_reminder
            && now < next
            && next.duration_since(now) <= LONGEST
        {
            return Ok(Some(next));
        }
        let mut next = now.saturating_add(LONGEST).unwrap_or(now);
        let cases = self.store.cases()?;
        let newest: BTreeMap<_, _> = cases
            .iter()
            .map(|row| ((row.key.mailbox.clone(), row.key.account), row.key.clone()))
            .collect();
        for row in cases {
            let mailbox = &row.key.mailbox;
            let of = (mailbox.clone(), row.key.account);
            let is_newest = newest.get(&of) == Some(&row.key);
            // Nobody is reminded for a mailbox that is not watched any more, nor to file what a
            // later case stands for.
            if !self.settings.policies.contains_key(mailbox)
                || (!is_newest && row.case.is_unfiled())
            {
                continue;
            }
            if let Some(reminder) = case::reminder_due(&row.case, now) {
                info!(mailbox = %mailbox, account = row.key.account.name(), "reminding");
                let policy = self.policy(mailbox);
                let folder = nowhere(mailbox);
                let event = Event::Reminded { reminder };
                let case = Some((row.key, row.case));
                let told = self.consequence(folder, event, case, &policy, now);
                self.store.note(&[told])?;
                next = now;
            } else if let Some(at) = case::next_reminder(&row.case, now) {
                next = next.min(at);
            }
        }
        self.next_reminder = Some(next);
        Ok(self.next_reminder)
    }
}

/// What concerns a mailbox as a whole stands in no folder.
pub(super) fn nowhere(mailbox: &MailboxName) -> FolderRef {
    FolderRef {
        mailbox: mailbox.clone(),
        origin: String::new(),
        folder: FolderName(String::new()),
    }
}
