//! What the daemon is asked for from outside while it runs: to stop, and to read its
//! configuration anew.
//!
//! Asking twice for the same before it was answered is asking once, and nothing that is asked
//! while the daemon is busy is lost. A second SIGTERM changes nothing: what ends is ending.

use std::io::{self, IsTerminal as _};
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;

/// The line on which the daemon is asked.
#[derive(Debug, Clone, Default)]
pub struct Requests {
    stop: Arc<Notify>,
    reload: Arc<Notify>,
}

impl Requests {
    /// Asks for what signals mean from now on: SIGTERM and SIGINT to stop, SIGHUP to reload.
    ///
    /// # Errors
    /// If the system does not let signals be caught.
    pub fn of_signals() -> io::Result<Self> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        let had_terminal = io::stdin().is_terminal();
        let requests = Self::default();
        let asked = requests.clone();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = terminate.recv() => asked.stop(),
                    _ = interrupt.recv() => asked.stop(),
                    _ = hang_up.recv() => {
                        // Its first meaning: the terminal that this was started on is gone.
                        if had_terminal && !io::stdin().is_terminal() {
                            asked.stop();
                        } else {
                            asked.reload();
                        }
                    }
                }
            }
        });
        Ok(requests)
    }

    /// Asks the daemon to stop.
    pub fn stop(&self) {
        self.stop.notify_one();
    }

    /// Asks the daemon to read its configuration anew.
    pub fn reload(&self) {
        self.reload.notify_one();
    }

    /// Waits until the daemon is asked to stop.
    pub(super) async fn for_stop(&self) {
        self.stop.notified().await;
    }

    /// Waits until the daemon is asked to read its configuration anew.
    pub(super) async fn for_reload(&self) {
        self.reload.notified().await;
    }
}
