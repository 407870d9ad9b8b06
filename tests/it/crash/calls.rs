//! The program is killed before each single system call of the whole way that leaves a trace: on
//! the disk, on the wire or at the step. Where it may be killed is counted first.
//!
//! By default some calls of each kind are taken, evenly spread; `SUSTAINED_CRASH=all` takes all.

use std::path::Path;

use rustix::process::Signal;

use super::way::{KINDS, Way};
use crate::support::process::Running;
use crate::support::strace::{self, Strace};
use crate::support::{PATIENCE, wait_until};

/// What leaves a trace on the disk, by how often it comes.
const WRITES: [&str; 4] = ["write", "pwrite64", "ftruncate", "unlink"];
const SYNCS: [&str; 4] = ["fsync", "fdatasync", "rename", "renameat"];

/// What leaves one elsewhere.
const SENDS: [&str; 4] = ["write", "connect", "sendto", "sendmsg"];

/// So many of each kind are taken where not all are.
const SOME: u32 = 4;

/// Which of `count` calls are taken, counted from one.
pub fn taken(count: u32, some: u32) -> Vec<u32> {
    let is_all = std::env::var("SUSTAINED_CRASH").is_ok_and(|value| value == "all");
    if is_all || count <= some {
        return (1..=count).collect();
    }
    // The first and the last of them in any case.
    let spread = |step: u32| 1 + (count - 1) * step / (some - 1);
    (0..some).map(spread).collect()
}

/// What is killed at its calls.
#[derive(Clone, Copy)]
enum Whom {
    /// The one writer, from when it watches.
    Writer,
    /// The first thread, from its beginning: opening, servers, steps and alerts.
    First,
    /// The same on its first start in an empty state folder, where no mail is.
    Newcomer,
}

/// One whole way with `strace` at one thread; the program is gone afterwards, one way or another.
fn go(way: &mut Way, whom: Whom, options: &[String], log: &Path) -> Option<()> {
    let mut running;
    let mut held = None;
    match whom {
        Whom::Writer => {
            running = way.home.run();
            running.wait_for_line("watching", PATIENCE);
            let writer = strace::writing_thread(&running);
            held = Some(Strace::attach(writer, options, log)?);
        }
        Whom::First => {
            for kind in KINDS {
                way.send(kind);
            }
            running = Running::start(strace::traced(&way.home.command(&["run"]), options, log));
        }
        Whom::Newcomer => {
            way.forget();
            running = Running::start(strace::traced(&way.home.command(&["run"]), options, log));
            let watches =
                |running: &Running| running.stderr().iter().any(|l| l.contains("watching"));
            wait_until(PATIENCE, || watches(&running) || !running.is_running());
        }
    }
    let mut is_there = running.is_running();
    if held.is_some() {
        for kind in KINDS {
            way.send(kind);
            is_there = is_there && way.goes_on(&mut running);
        }
    }
    if way.goes_on(&mut running) && is_there {
        // Its last calls are some of those that it may be killed at.
        running.signal(Signal::TERM);
    }
    let ended = wait_until(PATIENCE, || !running.is_running());
    assert!(ended, "{}", running.talk());
    drop(held);
    Some(())
}

fn kill_at_each_call(mut way: Way, whom: Whom, calls: &[&str]) {
    if !strace::is_installed() {
        return;
    }
    let log = way.home.path().join("calls");
    let trace = format!("trace={}", calls.join(","));
    if go(&mut way, whom, &["-e".to_owned(), trace], &log).is_none() {
        return;
    }
    way.finish();
    let counted = strace::counted(&log, calls);
    println!("{counted:?}");
    for (call, count) in counted {
        for number in taken(count, SOME) {
            println!("killed before {call} number {number} of {count}");
            let inject = format!("inject={call}:signal=SIGKILL:when={number}");
            let options = [
                "-e".to_owned(),
                format!("trace={call}"),
                "-e".to_owned(),
                inject,
            ];
            go(&mut way, whom, &options, &log);
            way.finish();
        }
    }
}

#[test]
fn a_kill_at_each_write_of_the_writer_loses_nothing_and_repeats_nothing() {
    kill_at_each_call(Way::from_maildir(), Whom::Writer, &WRITES);
}

#[test]
fn a_kill_at_each_sync_of_the_writer_loses_nothing_and_repeats_nothing() {
    kill_at_each_call(Way::from_maildir(), Whom::Writer, &SYNCS);
}

#[test]
fn a_kill_at_each_call_on_the_wire_loses_nothing_and_repeats_nothing() {
    if let Some(way) = Way::from_dovecot() {
        kill_at_each_call(way, Whom::First, &SENDS);
    }
}

#[test]
fn a_kill_at_each_call_of_a_start_loses_nothing_and_repeats_nothing() {
    kill_at_each_call(
        Way::from_maildir(),
        Whom::First,
        &["pwrite64", "fsync", "ftruncate"],
    );
}

#[test]
fn a_kill_at_each_call_of_a_first_start_leaves_what_can_be_started() {
    kill_at_each_call(
        Way::from_maildir(),
        Whom::Newcomer,
        &["pwrite64", "fsync", "ftruncate"],
    );
}
