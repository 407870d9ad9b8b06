//! When to try again and when to stop, as schedules without a clock.
//!
//! Tries are counted from one. Jitter is an argument: a schedule is the same for the same input.

use jiff::{SignedDuration, Timestamp};

/// The longest pause between two tries of a hand-over: a code lives minutes.
const LONGEST_SUBMISSION_PAUSE: i64 = 30;

/// Pauses between tries of an alert, in seconds: an hour in all, then the channel has failed.
const ALERT_PAUSES: [i64; 7] = [5, 15, 60, 180, 600, 900, 1800];

/// The longest pause between two connections, in seconds. A server that is back should not stay
/// unheard for longer than a code lives.
const LONGEST_CONNECTION_PAUSE: i64 = 300;

/// The pause after a refused sign-in, in seconds: providers lock accounts that knock too often.
const REFUSED_PAUSE: i64 = 900;

/// When a hand-over that said "try later" is tried again; `None` when the code will be dead.
#[must_use]
pub fn submission(tries: u32, now: Timestamp, not_after: Timestamp) -> Option<Timestamp> {
    let pause = doubled(1, tries, LONGEST_SUBMISSION_PAUSE);
    let next = now.saturating_add(pause).ok()?;
    (next < not_after).then_some(next)
}

/// When an alert that said "try later" is tried again; `None` when the channel has failed.
#[must_use]
pub fn alert(tries: u32, now: Timestamp) -> Option<Timestamp> {
    let index = usize::try_from(tries.saturating_sub(1)).ok()?;
    let pause = ALERT_PAUSES.get(index)?;
    now.saturating_add(SignedDuration::from_secs(*pause)).ok()
}

/// How long to wait before connecting again after `tries` failures in a row. `jitter` is a
/// fraction in 0..=255 of a quarter of the pause: a thousand mailboxes must not knock at once.
#[must_use]
pub fn connection(tries: u32, jitter: u8) -> SignedDuration {
    with_jitter(doubled(1, tries, LONGEST_CONNECTION_PAUSE), jitter)
}

/// How long to wait after the server refused the sign-in.
#[must_use]
pub fn refused(jitter: u8) -> SignedDuration {
    with_jitter(SignedDuration::from_secs(REFUSED_PAUSE), jitter)
}

/// `first` seconds, doubled with each try after the first, at most `longest` seconds.
fn doubled(first: i64, tries: u32, longest: i64) -> SignedDuration {
    let doublings = tries.saturating_sub(1).min(20);
    SignedDuration::from_secs((first << doublings).min(longest))
}

fn with_jitter(pause: SignedDuration, jitter: u8) -> SignedDuration {
    pause + pause / 4 / 255 * i32::from(jitter)
}

#[cfg(test)]
mod tests {
    use super::{Timestamp, alert, connection, submission};

    #[test]
    fn a_hand_over_is_not_tried_beyond_the_code() {
        let start = Timestamp::UNIX_EPOCH;
        let dead = Timestamp::from_second(100).expect("in range");
        let (mut now, mut tries) = (start, 0);
        while let Some(next) = submission(tries + 1, now, dead) {
            assert!(next > now && next < dead);
            (now, tries) = (next, tries + 1);
        }
        assert_eq!(
            tries, 7,
            "1 + 2 + 4 + 8 + 16 + 30 + 30 seconds fit into 100"
        );
    }

    #[test]
    fn an_alert_gives_up_after_an_hour() {
        let mut now = Timestamp::UNIX_EPOCH;
        let mut tries = 0;
        while let Some(next) = alert(tries + 1, now) {
            (now, tries) = (next, tries + 1);
        }
        assert_eq!((tries, now.as_second()), (7, 3560));
    }

    #[test]
    fn connections_back_off_to_five_minutes() {
        let pauses: Vec<i64> = (1..=12).map(|n| connection(n, 0).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        assert!(connection(12, 255) <= connection(12, 0) * 5 / 4);
    }
}
