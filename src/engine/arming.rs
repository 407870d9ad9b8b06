//! "I press Send now": a code is expected, and those that were sent before are not handed over.
//!
//! What fetches mail is told until when that is. Whoever says so waits until it is on record; what
//! cannot be written at once is refused: by the time it could be, the person has pressed Send.

use jiff::Timestamp;
use tracing::info;

use crate::case::{Event, filed_under};
use crate::mail::{MailboxName, Product};
use crate::store::Consequence;

use super::reminders::nowhere;
use super::{Engine, EngineError};

/// What the person expects.
#[derive(Debug, Clone)]
pub struct Arming {
    /// The mailboxes that the code may come to.
    pub mailboxes: Vec<MailboxName>,
    /// The account that it is for; `None` for all.
    pub account: Option<Product>,
    /// Until when it is expected.
    pub until: Timestamp,
}

/// What became of it.
#[derive(Debug)]
pub enum Armed {
    /// It is on record for all of them, since then.
    Since(Timestamp),
    /// It is for none: the configuration in force does not have this one.
    Unknown(MailboxName),
    /// It cannot be written now, and this is why.
    NotNow(String),
}

impl Engine {
    /// Commits that a code is expected from now on: in every mailbox, or in none.
    pub(super) fn arm(&mut self, arming: &Arming, now: Timestamp) -> Result<Armed, EngineError> {
        let policies = &self.settings.policies;
        let mut mailboxes = arming.mailboxes.iter();
        if let Some(unknown) = mailboxes.find(|name| !policies.contains_key(*name)) {
            return Ok(Armed::Unknown(unknown.clone()));
        }
        let armed = |mailbox: &MailboxName| {
            let policy = self.policy(mailbox);
            let account = arming.account;
            let event = Event::Armed {
                account: account.map(|account| filed_under(account, &policy.linked)),
                until: arming.until,
            };
            self.consequence(nowhere(mailbox), event, None, &policy, now)
        };
        let armed: Vec<Consequence> = arming.mailboxes.iter().map(armed).collect();
        self.store.note(&armed)?;
        for mailbox in &arming.mailboxes {
            info!(mailbox = %mailbox, "a code is expected");
        }
        self.is_announced = false;
        Ok(Armed::Since(now))
    }

    /// Tells the sources until when a code is expected, if that may be another than before.
    pub(super) fn announce_expected(&mut self) -> Result<(), EngineError> {
        let waiting = self.scripts.len();
        self.scripts.retain(|script| !script.told.is_closed());
        if self.scripts.len() < waiting {
            self.is_announced = false;
        }
        if self.is_announced {
            return Ok(());
        }
        for (mailbox, sources) in &self.settings.expected {
            let armed = self.store.expected_until(mailbox)?;
            let until = armed.max(self.script_waits_until(mailbox));
            sources.send_if_modified(|known| std::mem::replace(known, until) != until);
        }
        self.is_announced = true;
        Ok(())
    }
}
