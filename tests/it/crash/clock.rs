//! A clock that is set while the program runs, or between two runs: by minus one day and by plus
//! one month. Debian's `faketime` stands between the program and the time of day; steady clocks
//! are left alone, as by a person who sets the clock.

use std::fs;
use std::path::{Path, PathBuf};

use super::way::{Kind, Way};
use crate::support::process::Running;
use crate::support::{PATIENCE, log, missing, wait_until};

const DAY: i64 = 86_400;
const MONTH: i64 = 30 * DAY;

/// How many seconds a code is good for where nobody says otherwise.
const LIFETIME: u32 = 900;

/// A home whose clock can be set.
struct Clock {
    library: PathBuf,
    offset: PathBuf,
}

impl Clock {
    fn of(way: &Way) -> Option<Self> {
        let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
        let mut libraries = folders.map(|folder| folder.path().join("faketime/libfaketime.so.1"));
        let Some(library) = libraries.find(|path| path.exists()) else {
            missing("libfaketime", "faketime");
            return None;
        };
        let offset = way.home.path().join("clock");
        let clock = Self { library, offset };
        clock.set(0);
        Some(clock)
    }

    /// Sets the clock to the time as it is and so many seconds.
    fn set(&self, seconds: i64) {
        // Renamed into place: it is read whenever the program asks what time it is.
        let draft = self.offset.with_extension("draft");
        fs::write(&draft, format!("{seconds:+}s\n")).unwrap();
        fs::rename(draft, &self.offset).unwrap();
    }

    fn run(&self, way: &Way) -> Running {
        let mut command = way.home.command(&["run"]);
        command
            .env("LD_PRELOAD", &self.library)
            .env("FAKETIME_TIMESTAMP_FILE", &self.offset)
            .env("FAKETIME_NO_CACHE", "1")
            .env("NO_FAKE_STAT", "1")
            .env("DONT_FAKE_MONOTONIC", "1");
        let running = Running::start(command);
        running.wait_for_line("watching", PATIENCE);
        running
    }
}

/// A way of a Maildir with a clock that can be set.
fn way() -> Option<(Way, Clock)> {
    let way = Way::from_maildir();
    let clock = Clock::of(&way)?;
    Some((way, clock))
}

/// How many lines a program that has nothing to do may log while its clock is set: some for each
/// time, and none for each second.
const FEW_LINES: usize = 60;

fn is_calm(running: &Running) {
    let lines = running.stderr().len();
    assert!(lines < FEW_LINES, "{}", running.talk());
}

fn file_size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}

#[test]
fn a_clock_that_is_set_while_watching_costs_no_code_and_no_calm() {
    let Some((mut way, clock)) = way() else {
        return;
    };
    let mut running = clock.run(&way);
    let mut codes = 0;
    for offset in [-DAY, 0, MONTH, 0] {
        clock.set(offset);
        let noticed = || {
            running
                .stderr()
                .iter()
                .filter(|l| l.contains("the clock was set"))
                .count()
        };
        let before = noticed();
        assert!(
            wait_until(PATIENCE, || noticed() > before),
            "{}",
            running.talk()
        );
        way.send(Kind::Code);
        codes += 1;
        log::wait_for_count(&way.home, "code.received", codes);
        way.settle(&mut running);
    }
    // With the clock a month ahead the code was called late, told, and not handed over.
    assert_eq!(way.step.handed_over().len(), 3, "{}", running.talk());
    let types = log::types(&way.home);
    assert!(
        !types.iter().any(|event| event == "mailbox.deaf"),
        "{types:?}"
    );
    assert!(
        !types.iter().any(|event| event == "mail.forged"),
        "{types:?}"
    );
    assert_eq!(way.alerts(), 1, "one alert, of the code that seemed late");
    is_calm(&running);
    assert!(file_size(&way.home.state().join("sustained.db-wal")) < 8 << 20);
    assert!(running.stop(PATIENCE).success(), "{}", running.talk());
    way.check();
}

#[test]
fn a_code_under_way_does_not_become_fresh_because_the_clock_went_back() {
    let Some((mut way, clock)) = way() else {
        return;
    };
    way.step_ends("exit 75");
    let mut running = clock.run(&way);
    for (ended, set_while_running) in [true, false].into_iter().enumerate() {
        // Good for some seconds more: the step asks for another try until it is dead.
        let tries = way.step.handed_over().len();
        way.send_code_of(LIFETIME - 20);
        way.step.wait_for(tries + 1);
        if set_while_running {
            clock.set(-DAY);
        } else {
            assert!(running.stop(PATIENCE).success(), "{}", running.talk());
            clock.set(-2 * DAY);
            running = clock.run(&way);
        }
        let rejected = || {
            let types = log::types(&way.home);
            types
                .iter()
                .filter(|event| *event == "submission.failed")
                .count()
        };
        let has_ended = wait_until(2 * PATIENCE, || rejected() > ended);
        assert!(has_ended, "{}", running.talk());
    }
    is_calm(&running);
    assert!(running.stop(PATIENCE).success(), "{}", running.talk());
}

#[test]
fn a_clock_that_is_set_between_runs_makes_no_storm() {
    let Some((mut way, clock)) = way() else {
        return;
    };
    way.send(Kind::Notification);
    for offset in [0, MONTH, 0, -DAY, 0] {
        clock.set(offset);
        let mut running = clock.run(&way);
        way.send(Kind::Decision);
        way.settle(&mut running);
        is_calm(&running);
        assert!(running.stop(PATIENCE).success(), "{}", running.talk());
        way.check();
    }
    // One for the notification and one for each answer.
    assert_eq!(way.alerts(), 6);
}
