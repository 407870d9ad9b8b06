//! What time it is for what is under way: a clock that is set back brings no dead code to life, and
//! puts no try off by a day.
//!
//! It reads the machine's steady clock and nothing else; the time of day is told.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// Between two looks at the clock passes a second at the most; what moves it by more is a sleep or
/// somebody who sets it.
const NOTABLE: SignedDuration = SignedDuration::from_secs(3);

/// Two clocks at the moment when nothing was under way.
#[derive(Debug)]
pub(super) struct Rest {
    at: Timestamp,
    steady: Instant,
    /// By how much the time of day was ahead of the steady clock at the last look.
    ahead: SignedDuration,
}

impl Rest {
    /// Nothing is under way at this time of day.
    pub(super) fn at(at: Timestamp) -> Self {
        Self {
            at,
            steady: Instant::now(),
            ahead: SignedDuration::ZERO,
        }
    }

    /// The time that tries and last good instants are held against: what the clock says, or what
    /// it would say if nobody had set it since the rest, whichever is later.
    pub(super) fn latest(&self, now: Timestamp) -> Timestamp {
        stored(self.undisturbed(self.steady.elapsed()).max(now))
    }

    /// Whether the time of day has jumped since the last look.
    pub(super) fn has_jumped(&mut self, now: Timestamp) -> bool {
        let ahead = now.duration_since(self.undisturbed(self.steady.elapsed()));
        let jump = ahead - std::mem::replace(&mut self.ahead, ahead);
        jump.abs() > NOTABLE
    }

    fn undisturbed(&self, passed: Duration) -> Timestamp {
        let passed = SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX);
        self.at.saturating_add(passed).unwrap_or(self.at)
    }
}

/// An instant as the store holds it: what a case is folded from must be what was folded.
fn stored(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::{Rest, SignedDuration, Timestamp};

    #[test]
    fn a_clock_that_is_set_back_does_not_take_the_time_with_it() {
        let day = SignedDuration::from_hours(24);
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let rest = Rest::at(now);
        assert!(rest.latest(now - day) >= now);
        assert_eq!(rest.latest(now + day), now + day);
        // A month ahead and back again: nothing is left of it.
        assert!(rest.latest(now) < now + day);
    }

    #[test]
    fn a_jump_is_seen_once_and_in_both_directions() {
        let hour = SignedDuration::from_hours(1);
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let mut rest = Rest::at(now);
        let seen = [now, now + hour, now + hour, now, now - hour].map(|now| rest.has_jumped(now));
        assert_eq!(seen, [false, true, false, true, true]);
    }
}
