//! What systemd is told, and when its watchdog is fed.
//!
//! SECURITY: systemd shows its status to every user: no name, address or code goes there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{Instant, sleep};
use tracing::{error, warn};

use crate::mail::FolderRef;

/// A folder that neither was heard nor reported trouble for this long is one whose task hangs:
/// longer than the longest command a source waits for.
const NO_SIGN_OF_LIFE: Duration = Duration::from_mins(15);

/// When each folder's source last gave a sign of life.
#[derive(Debug, Clone)]
pub(super) struct Life(Arc<Mutex<BTreeMap<FolderRef, Instant>>>);

impl Life {
    pub(super) fn new(folders: impl Iterator<Item = FolderRef>) -> Self {
        Self(Arc::new(Mutex::new(
            folders.map(|folder| (folder, Instant::now())).collect(),
        )))
    }

    pub(super) fn sign(&self, folder: &FolderRef) {
        let mut signs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        signs.insert(folder.clone(), Instant::now());
    }

    /// A folder whose source hangs: not heard, and not even trouble to report.
    fn lifeless(&self) -> Option<FolderRef> {
        let signs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lifeless = signs.iter().find(|(_, at)| at.elapsed() > NO_SIGN_OF_LIFE);
        lifeless.map(|(folder, _)| folder.clone())
    }
}

/// Tells systemd's watchdog that all is well for as long as every folder shows it. A source that
/// reports trouble is well: it knows that it is deaf. One that hangs does not, and is restarted.
pub(super) async fn feed(life: Life) {
    let Some(within) = sd_notify::watchdog_enabled() else {
        return;
    };
    loop {
        match life.lifeless() {
            None => tell(&[NotifyState::Watchdog]),
            Some(folder) => error!(
                mailbox = %folder.mailbox, folder = %folder.folder,
                "no sign of life: the watchdog will restart this program"
            ),
        }
        sleep(within / 2).await;
    }
}

pub(super) fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        warn!(%error, "systemd cannot be told");
    }
}
