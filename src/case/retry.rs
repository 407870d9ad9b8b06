//! When to try again and when to stop, as schedules without a clock.
//!
//! Tries are counted from one. Jitter is an argument: a schedule is the same for the same input.

use jiff::{SignedDuration, Timestamp};

/// The longest pause between two tries of a hand-over: a code lives minutes.
const LONGEST_SUBMISSION_PAUSE: i64 = 30;

/// Pauses between tries of an alert, in seconds: an hour in all, then the channel has failed.
const ALERT_PAUSES: [i64; 7] = [5, 15, 60, 180, 600, 900, 1800];

/// A channel that wants to be left alone for longer is asked again all the same.
const LONGEST_ALERT_PAUSE: SignedDuration = SignedDuration::from_mins(30);

/// The bounds of the pause between two questions who sent a message, in seconds: a code lives
/// minutes, and a network that is gone for days must not be worn out.
const SHORTEST_PROOF_PAUSE: i64 = 5;
const LONGEST_PROOF_PAUSE: i64 = 1800;

/// The longest pause between two connections, in seconds. A server that is back should not stay
/// unheard for longer than a code lives.
const LONGEST_CONNECTION_PAUSE: i64 = 300;

/// The pause after a refused sign-in, in seconds: providers lock accounts that knock too often.
const REFUSED_PAUSE: i64 = 900;

/// When a hand-over that said "try later" is tried again, not before the pause that was `asked`
/// for; `None` when the code will be dead: then the person has the time that is left.
#[must_use]
pub fn submission(
    tries: u32,
    asked: Option<SignedDuration>,
    now: Timestamp,
    not_after: Timestamp,
) -> Option<Timestamp> {
    let pause = doubled(1, tries, LONGEST_SUBMISSION_PAUSE);
    let next = now
        .saturating_add(pause.max(asked.unwrap_or_default()))
        .ok()?;
    (next < not_after).then_some(next)
}

/// When it is asked again who sent a message; `None` when the person has to be told. The pauses
/// double from two seconds up to a thirtieth of the time that is left.
#[must_use]
pub fn proof(tries: u32, now: Timestamp, not_after: Timestamp) -> Option<Timestamp> {
    let left = not_after.duration_since(now).as_secs();
    let longest = (left / 30).clamp(SHORTEST_PROOF_PAUSE, LONGEST_PROOF_PAUSE);
    let next = now.saturating_add(doubled(2, tries, longest)).ok()?;
    (next < not_after).then_some(next)
}

/// When an alert that said "try later" is tried again, not before the pause that was `asked` for
/// within reason; `None` when the channel has failed.
#[must_use]
pub fn alert(tries: u32, asked: Option<SignedDuration>, now: Timestamp) -> Option<Timestamp> {
    let index = usize::try_from(tries.saturating_sub(1)).ok()?;
    let pause = SignedDuration::from_secs(*ALERT_PAUSES.get(index)?);
    let asked = asked.unwrap_or_default().min(LONGEST_ALERT_PAUSE);
    now.saturating_add(pause.max(asked)).ok()
}

/// How long to wait when the server has enough connections of the account, or wants to be asked
/// less often.
#[must_use]
pub fn throttled(tries: u32, jitter: u8) -> SignedDuration {
    with_jitter(doubled(60, tries, REFUSED_PAUSE), jitter)
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
    use super::{SignedDuration, Timestamp, alert, connection, proof, submission};

    #[test]
    fn a_hand_over_is_not_tried_beyond_the_code() {
        let start = Timestamp::UNIX_EPOCH;
        let dead = Timestamp::from_second(100).expect("in range");
        let (mut now, mut tries) = (start, 0);
        while let Some(next) = submission(tries + 1, None, now, dead) {
            assert!(next > now && next < dead);
            (now, tries) = (next, tries + 1);
        }
        assert_eq!(
            tries, 7,
            "1 + 2 + 4 + 8 + 16 + 30 + 30 seconds fit into 100"
        );
    }

    #[test]
    fn a_pause_that_is_asked_for_is_kept_within_reason() {
        let now = Timestamp::UNIX_EPOCH;
        let dead = Timestamp::from_second(100).expect("in range");
        let asked = |seconds| Some(SignedDuration::from_secs(seconds));
        let seconds = |at: Option<Timestamp>| at.map(Timestamp::as_second);
        assert_eq!(seconds(submission(1, asked(40), now, dead)), Some(40));
        assert_eq!(seconds(submission(5, asked(2), now, dead)), Some(16));
        assert_eq!(seconds(submission(1, asked(100), now, dead)), None);
        assert_eq!(seconds(alert(1, asked(40), now)), Some(40));
        assert_eq!(seconds(alert(3, asked(40), now)), Some(60));
        assert_eq!(seconds(alert(1, asked(86_400), now)), Some(1800));
    }

    #[test]
    fn an_alert_gives_up_after_an_hour() {
        let mut now = Timestamp::UNIX_EPOCH;
        let mut tries = 0;
        while let Some(next) = alert(tries + 1, None, now) {
            (now, tries) = (next, tries + 1);
        }
        assert_eq!((tries, now.as_second()), (7, 3560));
    }

    #[test]
    fn a_sender_is_asked_for_often_while_a_code_lives_and_seldom_for_days() {
        let times = |life: i64| {
            let until = Timestamp::from_second(life).expect("in range");
            let (mut now, mut tries) = (Timestamp::UNIX_EPOCH, 0);
            while let Some(next) = proof(tries + 1, now, until) {
                assert!(next > now && next < until);
                (now, tries) = (next, tries + 1);
            }
            tries
        };
        assert_eq!((times(15 * 60), times(5 * 86_400)), (88, 425));
    }

    #[test]
    fn connections_back_off_to_five_minutes() {
        let pauses: Vec<i64> = (1..=12).map(|n| connection(n, 0).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        assert!(connection(12, 255) <= connection(12, 0) * 5 / 4);
    }
}
