//! Whether a folder is provably heard, and telling the person when it is not.
//!
//! Proofs come in as inputs; this file never asks a server. A folder is deaf when its last proof
//! is too old, or when its server wants something of the person.

use jiff::Timestamp;
use tracing::{info, warn};

use crate::case::Event;
use crate::mail::{Cursor, FolderRef};
use crate::store::{FolderRow, StoreError};

use super::{Engine, EngineError};

/// What is known of one watched folder.
#[derive(Debug, Clone)]
pub(super) struct Hearing {
    /// The last proof; the start of the program where there is none.
    heard_at: Timestamp,
    /// The person was told that it is deaf: the last proof before that.
    deaf_since: Option<Timestamp>,
    /// What stands in the way, if the server said so.
    trouble: Option<String>,
    /// There is no such folder: it cannot be deaf.
    absent: bool,
}

impl Hearing {
    /// Goes on from what is stored. The time the program did not run is not held against the
    /// server: deafness is counted from the start.
    pub(super) fn resume(row: Option<FolderRow>, now: Timestamp) -> Self {
        let deaf_since = row.and_then(|row| row.deaf_since);
        Self {
            heard_at: now,
            deaf_since,
            trouble: None,
            absent: false,
        }
    }
}

impl Engine {
    /// A folder was heard, and everything below the cursor looked at.
    pub(super) fn heard(
        &mut self,
        folder: &FolderRef,
        cursor: Cursor,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.store.pass_over(folder, cursor, at)?;
        let Some(hearing) = self.hearing.get_mut(folder) else {
            return Ok(());
        };
        hearing.heard_at = hearing.heard_at.max(at);
        hearing.absent = false;
        if hearing.trouble.take().is_some() {
            info!(mailbox = %folder.mailbox, folder = %folder.folder, "heard again");
        }
        if let Some(since) = hearing.deaf_since.take() {
            self.note_hearing(folder, Event::Heard { since }, at, None)?;
        }
        Ok(())
    }

    /// A folder's server cannot be heard.
    pub(super) fn unheard(
        &mut self,
        folder: &FolderRef,
        why: String,
        needs_person: bool,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        let Some(hearing) = self.hearing.get_mut(folder) else {
            return Ok(());
        };
        // One line each time the trouble changes; the same trouble again is no news.
        if hearing.trouble.as_ref() != Some(&why) {
            warn!(mailbox = %folder.mailbox, folder = %folder.folder, "{why}");
        }
        hearing.trouble = Some(why);
        if needs_person {
            self.tell_deaf(folder, now)?;
        }
        Ok(())
    }

    /// The server has no such folder.
    pub(super) fn absent(&mut self, folder: &FolderRef) {
        let Some(hearing) = self.hearing.get_mut(folder) else {
            return;
        };
        if !hearing.absent {
            info!(mailbox = %folder.mailbox, folder = %folder.folder, "there is no such folder");
        }
        hearing.absent = true;
    }

    /// Tells the person of every folder whose last proof is too old; returns when the next one is.
    pub(super) fn find_deaf(&mut self, now: Timestamp) -> Result<Option<Timestamp>, EngineError> {
        let mut next: Option<Timestamp> = None;
        let folders: Vec<FolderRef> = self.hearing.keys().cloned().collect();
        for folder in folders {
            let Some(hearing) = self.hearing.get(&folder) else {
                continue;
            };
            if hearing.deaf_since.is_some() || hearing.absent {
                continue;
            }
            let deaf_at = hearing
                .heard_at
                .saturating_add(self.settings.deaf_after)
                .unwrap_or(Timestamp::MAX);
            if deaf_at <= now {
                self.tell_deaf(&folder, now)?;
            } else {
                next = Some(next.map_or(deaf_at, |next| next.min(deaf_at)));
            }
        }
        Ok(next)
    }

    fn tell_deaf(&mut self, folder: &FolderRef, now: Timestamp) -> Result<(), EngineError> {
        let Some(hearing) = self.hearing.get_mut(folder) else {
            return Ok(());
        };
        if hearing.deaf_since.is_some() {
            return Ok(());
        }
        let since = hearing.heard_at;
        hearing.deaf_since = Some(since);
        let why = hearing
            .trouble
            .clone()
            .unwrap_or_else(|| "the server does not answer".to_owned());
        self.note_hearing(folder, Event::Deaf { since, why }, now, Some(since))?;
        Ok(())
    }

    fn note_hearing(
        &mut self,
        folder: &FolderRef,
        event: Event,
        at: Timestamp,
        deaf_since: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let policy = self.policy(&folder.mailbox);
        let is_news = self.is_news(folder, &event);
        let mut consequence = self.consequence((folder, event, at), None, &policy, vec![], vec![]);
        if !is_news {
            consequence.effects.clear();
        }
        self.store.note_hearing(deaf_since, &consequence)
    }

    /// Whether the person should be told. A wrong password makes every folder of a mailbox deaf:
    /// the first says so, and the last that is heard again says that it is over. All are logged.
    fn is_news(&self, folder: &FolderRef, event: &Event) -> bool {
        let mut others = self.hearing.iter().filter(|(other, hearing)| {
            other.mailbox == folder.mailbox && *other != folder && hearing.deaf_since.is_some()
        });
        match event {
            Event::Deaf { why, .. } => {
                !others.any(|(_, hearing)| hearing.trouble.as_ref() == Some(why))
            }
            _ => others.next().is_none(),
        }
    }
}
