//! What the engine runs on, and how it takes on another configuration while it runs.
//!
//! What is known of a folder that stays watched is kept; a folder that is new is resumed from the
//! store, as at the start. What was begun for a folder that is gone may still end.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::case::{Channel, Policy};
use crate::mail::{FolderRef, MailboxName, Wordings};
use crate::store::{Objection, StoreError};

use super::Engine;
use super::hearing::Hearing;
use super::listening::Listening;

/// What the engine runs on.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The meaning of each mailbox's configuration.
    pub policies: BTreeMap<MailboxName, Policy>,
    /// The outlets that tell the person.
    pub channels: Vec<Channel>,
    /// The folders that are watched now.
    pub watched: Vec<FolderRef>,
    /// Without a proof of hearing for this long, a folder is deaf.
    pub deaf_after: SignedDuration,
    /// Without a proof of hearing for this long, there is a gap on record.
    pub gap_after: SignedDuration,
    /// Where each mailbox's sources learn until when a code is expected.
    pub expected: BTreeMap<MailboxName, watch::Sender<Option<Timestamp>>>,
    /// Where is told on whether everything is heard.
    pub listening: watch::Sender<Listening>,
    /// The tables that mail is read by.
    pub wordings: Arc<Wordings>,
}

impl Settings {
    /// The names of the outlets that tell the person.
    #[must_use]
    pub fn channel_names(&self) -> Vec<String> {
        let channels = self.channels.iter();
        channels.map(|channel| channel.name.clone()).collect()
    }

    /// What the person objects for.
    pub(super) fn objections(&self) -> Vec<Objection> {
        let of_each = self.policies.iter().flat_map(|(mailbox, policy)| {
            let objections = policy.objections().into_iter();
            objections.map(|accounts| (mailbox.clone(), accounts))
        });
        of_each.collect()
    }
}

impl Engine {
    /// From the next input on everything goes by `settings`.
    pub(super) fn configure(
        &mut self,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // A folder that is taken out and put back is resumed from what stands in the store.
        self.write_proofs()?;
        let mut hearing = BTreeMap::new();
        for folder in &settings.watched {
            let known = match self.hearing.get(folder) {
                Some(known) => known.clone(),
                None => Hearing::resume(self.store.folder(folder)?, now),
            };
            hearing.insert(folder.clone(), known);
        }
        self.store.watch_only(&settings.watched)?;
        self.store.put_in_force(&settings.objections())?;
        self.hearing = hearing;
        self.settings = settings.clone();
        // Another limit may make a folder deaf that was not, new sources know of no code that is
        // expected, and a mailbox may be reminded of again.
        self.next_deaf = None;
        self.next_reminder = None;
        self.next_published = None;
        self.is_announced = false;
        self.look = None;
        Ok(())
    }
}
