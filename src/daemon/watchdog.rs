//! How systemd is told anything, and when its watchdog is fed.
//!
//! SECURITY: systemd shows what it is told to every user: no name, address or code goes there.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::sleep;
use tracing::{error, warn};

use super::health::Health;

/// A folder that neither was heard nor reported trouble for this long is one whose task hangs:
/// longer than the longest command a source waits for.
const NO_SIGN_OF_LIFE: Duration = Duration::from_mins(15);

/// Tells systemd's watchdog that all is well for as long as every folder shows it. A source that
/// reports trouble is well: it knows that it is deaf. One that hangs does not, and is restarted.
pub(super) async fn feed(health: Health) {
    let Some(within) = sd_notify::watchdog_enabled() else {
        return;
    };
    loop {
        match health.lifeless(NO_SIGN_OF_LIFE) {
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
