//! The signals that ask a verb to end: Ctrl-C, Ctrl-\, a service manager, a terminal that is
//! closed.
//!
//! It ends nothing by itself: whoever hears one leaves everything as it should be left.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::exit::{Exit, Stopped};

/// What is heard from now on; the signals end the process no longer.
pub(super) struct Ends([Signal; 4]);

impl Ends {
    pub(super) fn heard() -> Result<Self, Stopped> {
        let hear = |kind| signal(kind).map_err(|error| Stopped::new(Exit::Unavailable, error));
        Ok(Self([
            hear(SignalKind::interrupt())?,
            hear(SignalKind::terminate())?,
            hear(SignalKind::hangup())?,
            hear(SignalKind::quit())?,
        ]))
    }

    /// Ends with the next of them.
    pub(super) async fn heard_now(&mut self) {
        let [interrupt, terminate, hang_up, quit] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
            _ = quit.recv() => {}
        }
    }
}
