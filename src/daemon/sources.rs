//! What watches a mailbox, made of its plan.
//!
//! It starts nothing; the daemon does.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use tokio::task::JoinSet;

use crate::config::Source;
use crate::source::imap::{self, Account, Credentials, Gate, Trust};
use crate::source::{Feed, Pace, maildir};

use super::plan::Plan;

/// What the connections to all mailboxes have in common.
#[derive(Debug, Clone)]
pub(super) struct Sources {
    trust: Trust,
    gate: Gate,
    /// Where tokens are kept.
    state_dir: PathBuf,
}

impl Sources {
    pub(super) fn new(state_dir: PathBuf) -> Self {
        Self {
            trust: Trust::default(),
            gate: Gate::default(),
            state_dir,
        }
    }

    /// The same for mailboxes that are started from now on, with no sign-in held back because it
    /// was refused: the person has changed something.
    pub(super) fn forget_refusals(&mut self) {
        self.gate = Gate::default();
    }

    /// What watches a mailbox. It never ends, unless something in it is wrong.
    pub(super) fn watch(
        &self,
        plan: &Plan,
        feeds: Vec<Feed>,
        pace: Pace,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        match plan.source.clone() {
            Source::Imap(imap) => {
                let credentials = Credentials::of(&imap, &plan.name, &self.state_dir);
                let account = Account {
                    mailbox: plan.name.clone(),
                    imap: Arc::new(imap),
                    credentials: credentials.clone(),
                    trust: self.trust.clone(),
                    pace,
                    terms: Arc::clone(&plan.terms),
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
