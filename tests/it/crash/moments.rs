//! The real program, watching a real server, is killed at random moments of the whole way.

use std::fs;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::way::{KINDS, Kind, Way};
use crate::support::process::Running;
use crate::support::{PATIENCE, wait_until};

/// So often it is killed on each way, each time with a mail of its own somewhere on it. There are
/// eight ways, side by side.
const KILLS: usize = 25;

/// Names the seed of a test that failed: `SUSTAINED_SEED` repeats it.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("repeat with SUSTAINED_SEED={}", self.0);
        }
    }
}

/// Kills the program at moments that are spread over a whole life.
fn kill_at_random() {
    let seed = std::env::var("SUSTAINED_SEED").ok();
    let seed = Seed(seed.map_or_else(|| fastrand::u64(..), |seed| seed.parse().unwrap()));
    let mut random = fastrand::Rng::with_seed(seed.0);
    let Some(mut way) = Way::from_dovecot() else {
        return;
    };
    let whole = whole_life(&mut way);
    for number in 0..KILLS {
        let life = Duration::from_nanos(random.u64(..whole));
        // Half of the mails are there at the start; the others come while it watches.
        let comes_after = random.bool().then(|| life.mul_f64(random.f64()));
        live(&mut way, KINDS[number % KINDS.len()], life, comes_after);
    }
    way.finish();
}

/// One life, which is cut off after so long.
fn live(way: &mut Way, kind: Kind, life: Duration, comes_after: Option<Duration>) {
    if comes_after.is_none() {
        way.send(kind);
    }
    let mut running = way.home.run();
    wait_for_opening(&running);
    let began = Instant::now();
    if let Some(after) = comes_after {
        pass(after);
        way.send(kind);
    }
    pass(life.saturating_sub(began.elapsed()));
    assert!(running.is_running(), "{}", running.talk());
    running.kill9();
}

/// The nanoseconds from the opening of the state until mails that are there by then are dealt
/// with: something happens at every moment of that.
fn whole_life(way: &mut Way) -> u64 {
    for kind in KINDS {
        way.send(kind);
    }
    let mut running = way.home.run();
    wait_for_opening(&running);
    let began = Instant::now();
    assert!(way.goes_on(&mut running), "{}", running.talk());
    let whole = began.elapsed();
    assert!(running.stop(PATIENCE).success(), "{}", running.talk());
    u64::try_from(whole.as_nanos()).unwrap()
}

/// Waits until the program takes hold of its state: what comes before leaves no trace.
fn wait_for_opening(running: &Running) {
    let files = format!("/proc/{}/fd", running.pid());
    let is_open = || {
        let files = fs::read_dir(&files).into_iter().flatten().flatten();
        let mut names = files.filter_map(|file| fs::read_link(file.path()).ok());
        names.any(|name| name.ends_with("state/lock"))
    };
    assert!(wait_until(PATIENCE, is_open), "{}", running.talk());
}

/// Lets exactly this time pass: no condition is waited for where the moment is what is varied.
fn pass(time: Duration) {
    let (_held, nothing) = mpsc::channel::<()>();
    nothing.recv_timeout(time).unwrap_err();
}

macro_rules! ways {
    ($($way:ident)*) => {
        $(#[test]
        fn $way() {
            kill_at_random();
        })*
    };
}

ways! {
    kills_on_the_first_way_lose_nothing_and_repeat_nothing
    kills_on_the_second_way_lose_nothing_and_repeat_nothing
    kills_on_the_third_way_lose_nothing_and_repeat_nothing
    kills_on_the_fourth_way_lose_nothing_and_repeat_nothing
    kills_on_the_fifth_way_lose_nothing_and_repeat_nothing
    kills_on_the_sixth_way_lose_nothing_and_repeat_nothing
    kills_on_the_seventh_way_lose_nothing_and_repeat_nothing
    kills_on_the_eighth_way_lose_nothing_and_repeat_nothing
}
