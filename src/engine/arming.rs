//! "I press Send now": a code is expected, and those that were sent before are not handed over.
//!
//! What fetches mail is told until when that is. Whoever says so waits until it is on record; what
//! cannot be written at once is refused: by the time it could be, the person has pressed Send.

use jiff::Timestamp;
use tracing::info;

use crate::case::{Event, filed_under};
use crate::mail::{MailboxName, Product};

use super::reminders::nowhere;
use super::{Engine, EngineError};

/// What the person expects.
#[derive(Debug, Clone)]
pub struct Arming {
    /// The mailbox that the code comes to.
    pub mailbox: MailboxName,
    /// The account that it is for; `None` for all.
    pub account: Option<Product>,
    /// Until when it is expected.
    pub until: Timestamp,
}

/// What became of it.
#[derive(Debug)]
pub enum Armed {
    /// It is on record since then.
    Since(Timestamp),
    /// The configuration in force has no such mailbox.
    NotWatched,
    /// It cannot be written now, and this is why.
    NotNow(String),
}

impl Engine {
    /// Commits that a code is expected from now on.
    pub(super) fn arm(&mut self, arming: &Arming, now: Timestamp) -> Result<Armed, EngineError> {
        let mailbox = &arming.mailbox;
        if !self.settings.policies.contains_key(mailbox) {
            return Ok(Armed::NotWatched);
        }
        let policy = self.policy(mailbox);
        let account = arming.account;
        let event = Event::Armed {
            account: account.map(|account| filed_under(account, &policy.linked)),
            until: arming.until,
        };
        let armed = self.consequence(nowhere(mailbox), event, None, &policy, now);
        self.store.note(&armed)?;
        info!(mailbox = %mailbox, "a code is expected");
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
