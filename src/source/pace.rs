//! How often a folder is looked at: the sweep, faster while a code is expected, and at once when
//! the machine has slept.
//!
//! It knows no server. What is expected, and that the machine slept, is told from outside.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// While a code is expected, every folder is looked at this often.
const ARMED_SWEEP: Duration = Duration::from_secs(3);

/// The bounds of the time that a server has to answer a question that needs no work. The upper
/// one leaves time within a minute to notice a dead connection and make another.
const SHORTEST_ANSWER: Duration = Duration::from_secs(4);
const LONGEST_ANSWER: Duration = Duration::from_secs(10);

/// How often to look, and how far back at the first time.
#[derive(Debug, Clone)]
pub struct Pace {
    sweep: Duration,
    /// How far back the first look goes.
    pub(super) lookback: SignedDuration,
    expected_until: watch::Receiver<Option<Timestamp>>,
    slept: watch::Receiver<u32>,
}

/// One turn of watching.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Beat {
    /// The next look comes after this time, whatever the server says or does not say.
    pub(super) sweep: Duration,
    /// A server that takes longer for an answer is gone.
    pub(super) answer: Duration,
    /// A code is expected.
    pub(super) is_armed: bool,
}

impl Pace {
    /// A pace of one look in every `sweep`, so that a dead connection is found within it, too.
    /// `expected_until` says until when a code is expected, `slept` counts how often the machine
    /// slept or its clock was set.
    #[must_use]
    pub fn new(
        sweep: Duration,
        lookback: SignedDuration,
        expected_until: watch::Receiver<Option<Timestamp>>,
        slept: watch::Receiver<u32>,
    ) -> Self {
        Self {
            sweep,
            lookback,
            expected_until,
            slept,
        }
    }

    /// The turn that begins now. A server that was too `slow` on so many connections in a row gets
    /// more time.
    pub(super) fn beat(&self, now: Timestamp, slow: u32) -> Beat {
        let is_armed = self
            .expected_until
            .borrow()
            .is_some_and(|until| until > now);
        let sweep = self.sweep * 3 / 4;
        let answer = (self.sweep / 6).clamp(SHORTEST_ANSWER, LONGEST_ANSWER);
        if is_armed {
            Beat {
                sweep: sweep.min(ARMED_SWEEP),
                answer: (SHORTEST_ANSWER * (slow.min(8) + 1)).min(LONGEST_ANSWER),
                is_armed,
            }
        } else {
            Beat {
                sweep,
                answer,
                is_armed,
            }
        }
    }

    /// What has changed up to now is known.
    pub(super) fn heed(&mut self) {
        self.expected_until.mark_unchanged();
        self.slept.mark_unchanged();
    }

    /// Ready when the next look should come at once: a code is expected from now on, or the
    /// machine has slept.
    pub(super) async fn changed(&mut self) {
        let changed = tokio::select! {
            changed = self.expected_until.changed() => changed,
            changed = self.slept.changed() => changed,
        };
        if changed.is_err() {
            // The program is stopping: nothing will change any more.
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::{SignedDuration, Timestamp};
    use tokio::sync::watch;

    use super::Pace;

    #[test]
    fn a_dead_connection_is_found_within_a_sweep_and_within_seconds_while_a_code_is_expected() {
        let (expect, expected) = watch::channel(None);
        let (_slept, slept) = watch::channel(0);
        let minute = Duration::from_mins(1);
        let pace = Pace::new(minute, SignedDuration::ZERO, expected, slept);
        let now = Timestamp::UNIX_EPOCH;
        let beat = pace.beat(now, 0);
        assert!(beat.sweep + beat.answer <= Duration::from_secs(55));
        expect.send_replace(Timestamp::from_second(60).ok());
        let beat = pace.beat(now, 0);
        assert!(beat.is_armed && beat.sweep + beat.answer <= Duration::from_secs(8));
        assert!(
            pace.beat(now, 3).answer > beat.answer,
            "a slow server is given more time"
        );
        let later = Timestamp::from_second(61).expect("in range");
        assert!(
            !pace.beat(later, 0).is_armed,
            "the expectation ends by itself"
        );
    }
}
