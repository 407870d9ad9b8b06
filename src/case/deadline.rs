//! Last good instants, computed from what a message says about itself.
//!
//! Timers live nowhere else: whoever waits asks here, so a restart has no timer to recover.

use jiff::{SignedDuration, Timestamp};

/// The last instant at which a code may be handed over. It counts from INTERNALDATE, the
/// receiving server's clock: `Date` is the sender's word, and our own arrival may be hours later.
#[must_use]
pub fn code_deadline(received_at: Timestamp, lifetime: SignedDuration) -> Timestamp {
    received_at.saturating_add(lifetime).unwrap_or(received_at)
}
