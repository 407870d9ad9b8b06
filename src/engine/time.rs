//! What time it is for a code: a clock that is set back makes none fresh again.
//!
//! It reads the machine's steady clock and nothing else; the time of day is told.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use tracing::warn;

/// A clock that was set back by less was corrected.
const NOTABLE: SignedDuration = SignedDuration::from_secs(60);

/// The time of day when the engine started, by the later of two witnesses, and the steady clock
/// at that moment.
#[derive(Debug)]
pub(super) struct Start {
    at: Timestamp,
    steady: Instant,
}

impl Start {
    /// The engine starts now; `proved` is the latest time at which a folder was provably heard.
    pub(super) fn at(now: Timestamp, proved: Option<Timestamp>) -> Self {
        let at = proved.map_or(now, |proved| proved.max(now));
        let behind = at.duration_since(now);
        if behind > NOTABLE {
            warn!(
                seconds = behind.as_secs(),
                "this machine's clock is behind the last proof of hearing: codes are held against \
                 the later of the two times until the next start"
            );
        }
        let steady = Instant::now();
        Self { at, steady }
    }

    /// The time that codes and tries are held against: what the clock says, or what it would say
    /// if nobody had set it since the start, whichever is later. Either may be wrong; a code that
    /// is dead by one of them is shown to the person and not handed over.
    pub(super) fn latest(&self, now: Timestamp) -> Timestamp {
        let passed = SignedDuration::try_from(self.steady.elapsed()).unwrap_or_default();
        stored(self.at.saturating_add(passed).map_or(now, |at| at.max(now)))
    }
}

/// An instant as the store holds it: what a case is folded from must be what was folded.
fn stored(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::{SignedDuration, Start, Timestamp};

    #[test]
    fn a_clock_that_is_set_back_does_not_take_the_time_with_it() {
        let day = SignedDuration::from_hours(24);
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let start = Start::at(now, None);
        assert!(start.latest(now - day) >= now);
        assert_eq!(start.latest(now + day), now + day);
        // A month ahead and back again: nothing is left of it.
        assert!(start.latest(now) < now + day);
        assert!(Start::at(now - day, Some(now)).latest(now - day) >= now);
    }
}
