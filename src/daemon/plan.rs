//! What is watched, and everything that the connections to it go by.
//!
//! It starts nothing. Where two plans are the same, what runs by the one runs by the other: that
//! is what a reload leaves alone.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;

use crate::config::{Config, Mailbox, Source};
use crate::mail::{FolderName, FolderRef, MailboxName, envelope};
use crate::source::imap;

/// How often a folder is looked at if the configured time cannot be.
const SWEEP: Duration = Duration::from_mins(1);

/// One mailbox to watch. Whose it is and what a message in it means does not stand here.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// The mailbox.
    pub(super) name: MailboxName,
    /// Where it is, and what lets us in.
    pub(super) source: Source,
    /// How far back the first look goes.
    pub(super) lookback: SignedDuration,
    /// How often it is looked at.
    pub(super) sweep: Duration,
    /// What a search looks for in From.
    pub(super) terms: Arc<[String]>,
}

impl Plan {
    /// The plans for all mailboxes of a configuration.
    pub(super) fn all(config: &Config) -> Vec<Self> {
        let sweep = Duration::try_from(config.watch.sweep).unwrap_or(SWEEP);
        let terms: Arc<[String]> = envelope::search_terms(&config.wordings).into();
        let plan = |mailbox: &Mailbox| Self {
            name: mailbox.name.clone(),
            source: mailbox.source.clone(),
            lookback: mailbox.lookback,
            sweep,
            terms: Arc::clone(&terms),
        };
        config.mailboxes.iter().map(plan).collect()
    }

    /// The folders that it names.
    pub(super) fn folders(&self) -> Vec<FolderRef> {
        let (origin, folders) = match &self.source {
            Source::Imap(imap) => (imap::origin_of(imap), &imap.folders),
            Source::Maildir(maildir) => {
                let origin = format!("maildir:{}", maildir.path.display());
                (origin, &maildir.folders)
            }
        };
        let folder = |name: &FolderName| FolderRef {
            mailbox: self.name.clone(),
            origin: origin.clone(),
            folder: name.clone(),
        };
        folders.iter().map(folder).collect()
    }
}
