//! Notices when the machine slept, and when its clock was set.
//!
//! A sleep leaves connections that nobody knows to be dead, and timers that stood still; a clock
//! that is set moves every time that was noted. Both are only measured here: what follows is told
//! to the sources and the engine.

use std::sync::mpsc::Sender;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rustix::time::{ClockId, clock_gettime};
use tokio::sync::watch;
use tokio::time::sleep;
use tracing::info;

use crate::engine::Input;

/// The clocks are compared this often.
const TICK: Duration = Duration::from_secs(2);

/// Less than this is the scheduler's doing, or a clock that is being corrected.
const NOTABLE: SignedDuration = SignedDuration::from_secs(3);

/// Three clocks at one moment.
#[derive(Debug, Clone, Copy)]
struct Moment {
    /// What the person's clock says.
    wall: Timestamp,
    /// Since the machine started, its sleep included.
    boot: SignedDuration,
    /// The same without its sleep: what timers go by.
    awake: SignedDuration,
}

impl Moment {
    fn now() -> Self {
        let read = |clock| {
            let time = clock_gettime(clock);
            SignedDuration::new(time.tv_sec, i32::try_from(time.tv_nsec).unwrap_or(0))
        };
        Self {
            wall: Timestamp::now(),
            boot: read(ClockId::Boottime),
            awake: read(ClockId::Monotonic),
        }
    }

    /// How long the machine slept since `earlier`, if it did.
    fn slept_since(self, earlier: Self) -> Option<SignedDuration> {
        let slept = (self.boot - earlier.boot) - (self.awake - earlier.awake);
        (slept > NOTABLE).then_some(slept)
    }

    /// By how much the clock was set forward since `earlier`, if it was set.
    fn set_since(self, earlier: Self) -> Option<SignedDuration> {
        let set = self.wall.duration_since(earlier.wall) - (self.boot - earlier.boot);
        (set.abs() > NOTABLE).then_some(set)
    }
}

/// Compares the clocks until the task is ended.
pub(super) async fn watch(slept: watch::Sender<u32>, inbox: Sender<Input>) {
    let mut before = Moment::now();
    loop {
        sleep(TICK).await;
        let now = Moment::now();
        let sleep = now.slept_since(before);
        let set = now.set_since(before);
        if let Some(sleep) = sleep {
            info!(
                seconds = sleep.as_secs(),
                "the machine slept: looking at every folder"
            );
            // The engine is gone only when the program stops.
            drop(inbox.send(Input::Slept { by: sleep }));
        }
        if let Some(by) = set {
            info!(seconds = by.as_secs(), "the clock was set");
            drop(inbox.send(Input::ClockSet { by }));
        }
        if sleep.is_some() || set.is_some() {
            slept.send_modify(|count| *count += 1);
        }
        before = now;
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::Moment;

    fn at(wall: i64, boot: i64, awake: i64) -> Moment {
        Moment {
            wall: Timestamp::from_second(wall).expect("in range"),
            boot: SignedDuration::from_secs(boot),
            awake: SignedDuration::from_secs(awake),
        }
    }

    #[test]
    fn a_sleep_is_no_set_clock_and_a_set_clock_is_no_sleep() {
        let before = at(1000, 100, 50);
        let check = |after: Moment, slept: Option<i64>, set: Option<i64>| {
            let found = (after.slept_since(before), after.set_since(before));
            let expected = [slept, set].map(|s| s.map(SignedDuration::from_secs));
            assert_eq!([found.0, found.1], expected);
        };
        check(at(1002, 102, 52), None, None);
        check(at(1004, 104, 52), None, None);
        check(at(4602, 3702, 52), Some(3600), None);
        check(at(1002 + 86_400, 102, 52), None, Some(86_400));
        check(at(1002 - 86_400, 102, 52), None, Some(-86_400));
        check(at(4602 + 60, 3702, 52), Some(3600), Some(60));
    }
}
