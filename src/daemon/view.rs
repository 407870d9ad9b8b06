//! What a page that shows everything goes by: its part of the configuration in force, what is
//! watched, and whether all of it is heard.
//!
//! And, for who started the program, how far the folders have come that are catching up.
//!
//! The daemon says it and does not know who looks. It holds no mail and no secret but where the
//! page's token is.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use crate::config::{Config, StatusPage};
use crate::engine::Listening;
use crate::mail::FolderRef;
use crate::source::Backlog;

use super::health::Health;

/// Nobody sees more than so many changes.
const AT_MOST_EVERY: Duration = Duration::from_millis(100);

/// The folders that are catching up, and how far they have come.
pub type Backlogs = Vec<(FolderRef, Backlog)>;

/// Where those who show how everything is find it.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// What a page goes by; `None` where none is wanted.
    pub view: watch::Sender<Option<View>>,
    /// The folders that are catching up.
    pub backlogs: watch::Sender<Backlogs>,
}

/// Keeps the backlogs true until the task is ended.
pub(super) async fn keep(health: Health, backlogs: watch::Sender<Backlogs>) {
    loop {
        // Asked for before the look, so that no change falls between the two.
        let changed = health.changed();
        let now = health.backlogs();
        backlogs.send_if_modified(|known| {
            let is_new = *known != now;
            *known = now;
            is_new
        });
        sleep(AT_MOST_EVERY).await;
        changed.await;
    }
}

/// What a page goes by.
#[derive(Debug, Clone)]
pub struct View {
    /// Where it listens, and who may look.
    pub page: StatusPage,
    /// The folders that are watched: the database knows all that ever were.
    pub watched: Vec<FolderRef>,
    /// Whether everything that is watched is provably heard.
    pub listening: watch::Receiver<Listening>,
}

impl View {
    /// The view of `config`; `None` where it wants no page.
    pub(super) fn of(
        config: &Config,
        watched: &[FolderRef],
        listening: &watch::Sender<Listening>,
    ) -> Option<Self> {
        let page = config.status.clone()?;
        Some(Self {
            page,
            watched: watched.to_vec(),
            // Only where somebody listens does the engine look.
            listening: listening.subscribe(),
        })
    }
}
