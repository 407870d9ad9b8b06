//! The real program, watching a real server, is killed at random moments of the whole way.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::way::{KINDS, Way};
use crate::support::process::Running;
use crate::support::{PATIENCE, wait_until};

/// So often it is killed on each way, each time with a mail of its own somewhere on it.
const KILLS: usize = 10;

/// So many ways each test goes.
const WAYS: u64 = 5;

/// Names the seed of a test that failed: `SUSTAINED_SEED` repeats it.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("repeat with SUSTAINED_SEED={}", self.0);
        }
    }
}

/// Kills the program fifty times at moments that are spread over a whole life.
fn kill_at_random() {
    let seed = std::env::var("SUSTAINED_SEED").ok();
    let seed = Seed(seed.map_or_else(|| fastrand::u64(..), |seed| seed.parse().unwrap()));
    let mut random = fastrand::Rng::with_seed(seed.0);
    for _ in 0..WAYS {
        let Some(mut way) = Way::from_dovecot() else {
            return;
        };
        let whole = whole_life(&mut way);
        for number in 0..KILLS {
            let life = Duration::from_nanos(random.u64(..whole));
            let kind = KINDS[number % KINDS.len()];
            // Half of the mails are there at the start; the others come while it watches.
            let is_late = random.bool();
            if !is_late {
                way.send(kind);
            }
            let mut running = way.home.run();
            wait_for_opening(&running);
            let began = Instant::now();
            if is_late {
                wait_until(life.mul_f64(random.f64()), || !running.is_running());
                way.send(kind);
            }
            // Not a wait for luck: the moment of the kill is what is varied.
            while running.is_running() && began.elapsed() < life {
                thread::sleep(Duration::from_millis(1));
            }
            assert!(running.is_running(), "{}", running.talk());
            running.kill9();
        }
        way.finish();
    }
}

/// The nanoseconds from the opening of the state until mails that are there by then are dealt
/// with, and half as long again: something happens at every moment of that.
fn whole_life(way: &mut Way) -> u64 {
    for kind in KINDS {
        way.send(kind);
    }
    let mut running = way.home.run();
    wait_for_opening(&running);
    let began = Instant::now();
    assert!(way.goes_on(&mut running), "{}", running.talk());
    let whole = began.elapsed().mul_f64(1.5);
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
    let began = Instant::now();
    while !is_open() {
        assert!(began.elapsed() < PATIENCE, "{}", running.talk());
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn the_first_fifty_kills_lose_nothing_and_repeat_nothing() {
    kill_at_random();
}

#[test]
fn the_second_fifty_kills_lose_nothing_and_repeat_nothing() {
    kill_at_random();
}

#[test]
fn the_third_fifty_kills_lose_nothing_and_repeat_nothing() {
    kill_at_random();
}

#[test]
fn the_fourth_fifty_kills_lose_nothing_and_repeat_nothing() {
    kill_at_random();
}
