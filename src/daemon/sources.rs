//! What is watched, and by what: a source for each mailbox, and a line for each of its folders.
//!
//! It starts nothing; the daemon does.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::config::{Config, Mailbox, Source};
use crate::engine::Settings;
use crate::mail::{FolderRef, envelope};
use crate::source::imap::{self, Account, Credentials, Gate, Trust};
use crate::source::{Feed, Pace, Report, maildir};
use crate::store::{Store, StoreError};

/// A mailbox to watch, with the lines to its source: one a folder.
pub(super) struct Watched {
    pub(super) mailbox: Mailbox,
    pub(super) feeds: Vec<Feed>,
    pub(super) reports: Vec<(FolderRef, mpsc::Receiver<Report>)>,
}

impl Watched {
    pub(super) fn folders(&self) -> impl Iterator<Item = FolderRef> {
        self.reports.iter().map(|(folder, _)| folder.clone())
    }
}

pub(super) fn watched(config: &Config, store: &Store) -> Result<Vec<Watched>, StoreError> {
    let mut watched = Vec::new();
    for mailbox in &config.mailboxes {
        let (mut feeds, mut reports) = (Vec::new(), Vec::new());
        for folder in folders_of(mailbox) {
            let row = store.folder(&folder)?;
            let read = row.map_or((None, None), |row| (row.cursor, row.heard_at));
            let (sender, receiver) = mpsc::channel(1);
            feeds.push(Feed::new(folder.clone(), read, sender));
            reports.push((folder, receiver));
        }
        watched.push(Watched {
            mailbox: mailbox.clone(),
            feeds,
            reports,
        });
    }
    Ok(watched)
}

/// The folders that a mailbox's configuration names.
#[must_use]
pub fn folders_of(mailbox: &Mailbox) -> Vec<FolderRef> {
    let (origin, folders) = match &mailbox.source {
        Source::Imap(settings) => (imap::origin_of(settings), settings.folders.clone()),
        Source::Maildir(maildir) => (
            format!("maildir:{}", maildir.path.display()),
            maildir.folders.clone(),
        ),
    };
    folders
        .into_iter()
        .map(|folder| FolderRef {
            mailbox: mailbox.name.clone(),
            origin: origin.clone(),
            folder,
        })
        .collect()
}

/// How often each mailbox is looked at, in the order of the configuration.
pub(super) fn paces(config: &Config, settings: &Settings, slept: &watch::Sender<u32>) -> Vec<Pace> {
    let sweep = Duration::try_from(config.watch.sweep).unwrap_or(Duration::from_mins(1));
    let pace = |mailbox: &Mailbox| {
        let expected = settings.expected.get(&mailbox.name)?.subscribe();
        Some(Pace::new(
            sweep,
            mailbox.lookback,
            expected,
            slept.subscribe(),
        ))
    };
    config.mailboxes.iter().filter_map(pace).collect()
}

/// What all sources have in common.
pub(super) struct Shared {
    trust: Trust,
    gate: Gate,
    terms: Arc<[String]>,
    /// Where tokens are kept.
    state_dir: PathBuf,
}

impl Shared {
    pub(super) fn of(config: &Config, state_dir: &Path) -> Self {
        Self {
            state_dir: state_dir.to_owned(),
            trust: Trust::default(),
            gate: Gate::default(),
            terms: envelope::search_terms(&config.wordings).into(),
        }
    }

    /// What watches a mailbox.
    pub(super) fn source(
        &self,
        mailbox: Mailbox,
        feeds: Vec<Feed>,
        pace: Pace,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        match mailbox.source {
            Source::Imap(imap) => {
                let credentials = Credentials::of(&imap, &mailbox.name, &self.state_dir);
                let account = Account {
                    mailbox: mailbox.name,
                    imap: Arc::new(imap),
                    credentials: credentials.clone(),
                    trust: self.trust.clone(),
                    pace,
                    terms: Arc::clone(&self.terms),
                    gate: self.gate.clone(),
                };
                let watched = imap::watch(account, feeds);
                match credentials {
                    Credentials::Password(_) => Box::pin(async move { match watched.await {} }),
                    Credentials::Tokens(keyring) => Box::pin(async move {
                        tokio::select! {
                            never = watched => match never {},
                            () = keyring.keep_fresh() => {}
                        }
                    }),
                }
            }
            Source::Maildir(maildir) => Box::pin(async move {
                let watch = |feed| maildir::watch(maildir.path.clone(), pace.clone(), feed);
                let watched: JoinSet<_> = feeds.into_iter().map(watch).collect();
                watched.join_all().await;
            }),
        }
    }
}
