//! What a page that shows everything goes by: its part of the configuration in force, what is
//! watched, and whether all of it is heard.
//!
//! The daemon says it and does not know who looks. It holds no mail and no secret but where the
//! page's token is.

use tokio::sync::watch;

use crate::config::{Config, StatusPage};
use crate::engine::Listening;
use crate::mail::FolderRef;

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
