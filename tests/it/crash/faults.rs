//! A disk that is full, read-only or failing: the program says so, goes on running, loses nothing,
//! and goes on by itself when there is room again.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::geteuid;

use super::calls::taken;
use super::way::{KINDS, Kind, Way};
use crate::support::process::Running;
use crate::support::strace::{self, Strace};
use crate::support::{PATIENCE, log, skipped, wait_until};

/// What writes to the state folder, syncs it, or gives room back.
const CALLS: [&str; 5] = ["write", "pwrite64", "fsync", "rename", "ftruncate"];

/// So many of each kind are taken where not all are.
const SOME: u32 = 3;

/// Options that make `strace` look at calls on the state folder's files only.
fn on_state(way: &Way) -> Vec<String> {
    let state = way.home.state();
    let names = [
        "sustained.db",
        "sustained.db-wal",
        "sustained.db-shm",
        "decisions.jsonl",
    ];
    let files = names.map(|name| state.join(name)).into_iter();
    let evidence = way.digests().into_iter().flat_map(|digest| {
        ["eml.part", "toml.part"].map(|end| state.join(format!("evidence/{digest}.{end}")))
    });
    let paths = files.chain(evidence).map(|path| path.display().to_string());
    paths.flat_map(|path| ["-P".to_owned(), path]).collect()
}

/// A way on which all that is sent is known before it is delivered, and a program that watches.
fn watching(way: &Way) -> Running {
    let running = way.home.run();
    running.wait_for_line("watching", PATIENCE);
    running
}

/// Makes single calls fail, one on each way, and lets the program get over it.
fn fail_at_each_call(error: &str) {
    if !strace::is_installed() {
        return;
    }
    let mut way = Way::from_maildir();
    let log = way.home.path().join("calls");
    let go = |way: &mut Way, options: &[String]| {
        let mut running = watching(way);
        for kind in KINDS {
            way.write(kind);
        }
        let options = [on_state(way), options.to_vec()].concat();
        let held = Strace::attach(strace::writing_thread(&running), &options, &log)?;
        way.deliver_written();
        way.settle(&mut running);
        drop(held);
        // On one connection for its whole life: no restart has helped.
        assert!(running.stop(PATIENCE).success(), "{}", running.talk());
        way.check();
        Some(())
    };
    let trace = ["-e".to_owned(), format!("trace={}", CALLS.join(","))];
    if go(&mut way, &trace).is_none() {
        return;
    }
    let counted = strace::counted(&log, &CALLS);
    println!("{counted:?}");
    for (call, count) in counted {
        for number in taken(count, SOME) {
            println!("{call} number {number} of {count}: {error}");
            let inject = format!("inject={call}:error={error}:when={number}");
            let options = [
                "-e".to_owned(),
                format!("trace={call}"),
                "-e".to_owned(),
                inject,
            ];
            go(&mut way, &options);
        }
    }
}

#[test]
fn a_full_disk_at_any_one_call_is_got_over_without_a_restart() {
    fail_at_each_call("ENOSPC");
}

#[test]
fn a_failing_disk_at_any_one_call_is_got_over_without_a_restart() {
    fail_at_each_call("EIO");
}

/// The outcome of a hand-over that ended while nothing could be written.
#[test]
fn how_a_hand_over_ended_is_kept_until_it_can_be_written() {
    if !strace::is_installed() {
        return;
    }
    let mut way = Way::from_maildir();
    let gate = way.home.path().join("gate");
    way.step_ends(&format!(
        "until [ -e '{}' ]; do sleep 0.01; done",
        gate.display()
    ));
    let mut running = watching(&way);
    way.send(Kind::Code);
    way.step.wait_for(1);
    // It is at work; from now on the disk is full.
    let inject = "inject=pwrite64,write:error=ENOSPC".to_owned();
    let options = [on_state(&way), vec!["-e".to_owned(), inject]].concat();
    let log = way.home.path().join("calls");
    let writer = strace::writing_thread(&running);
    let Some(held) = Strace::attach(writer, &options, &log) else {
        return;
    };
    fs::write(&gate, "").unwrap();
    let said = running.wait_for_line("cannot write", PATIENCE);
    assert!(
        said.contains("sustained.db") && said.contains("free some space"),
        "{said}"
    );
    // Not until it has tried again, and in vain.
    let failed = || {
        fs::read_to_string(&log)
            .unwrap()
            .matches("INJECTED")
            .count()
    };
    let before = failed();
    assert!(
        wait_until(PATIENCE, || failed() > before),
        "{}",
        running.talk()
    );
    drop(held);
    log::wait_for(&way.home, "submission.accepted");
    running.wait_for_line("the trouble is over", PATIENCE);
    way.settle(&mut running);
    assert!(running.stop(PATIENCE).success(), "{}", running.talk());
    way.check();
    assert_eq!(way.step.handed_over().len(), 1);
    let said = running
        .stderr()
        .iter()
        .filter(|line| line.contains("cannot write"))
        .count();
    assert_eq!(said, 1, "{}", running.talk());
}

/// A small file system of its own; `None` if this user may not mount one.
pub struct Small(std::path::PathBuf);

impl Small {
    pub fn mounted_at(path: &Path, options: &str) -> Option<Self> {
        if !geteuid().is_root() {
            eprintln!("SKIPPED: only root may mount a small file system");
            return None;
        }
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", options, "sustained-test"])
            .arg(path);
        if mount
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
        {
            return Some(Self(path.to_owned()));
        }
        skipped("mounting a small file system is not permitted here");
        None
    }

    fn remount(&self, options: &str) {
        let mut mount = Command::new("mount");
        mount
            .args(["-o", &format!("remount,{options}")])
            .arg(&self.0);
        assert!(mount.status().unwrap().success());
    }

    /// Takes all the room that there is.
    pub fn fill(&self) {
        let room = vec![0; 16 << 20];
        // It ends with an error: that is the point.
        fs::write(self.0.join("ballast"), room).unwrap_err();
    }

    pub fn make_room(&self) {
        fs::remove_file(self.0.join("ballast")).unwrap();
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(&self.0).status().ok();
    }
}

#[test]
fn a_full_disk_is_told_once_and_what_came_meanwhile_is_not_lost() {
    let mut way = Way::from_maildir();
    let Some(small) = Small::mounted_at(&way.home.state(), "size=2m,mode=700") else {
        return;
    };
    let mut running = watching(&way);
    way.send(Kind::Notification);
    assert!(way.goes_on(&mut running), "{}", running.talk());
    small.fill();
    // Enough of them that no room in a journal takes them all.
    for _ in 0..20 {
        way.send(Kind::Decision);
    }
    way.send(Kind::Code);
    let said = running.wait_for_line("cannot write", PATIENCE);
    assert!(said.contains("free some space"), "{said}");
    assert!(running.is_running());
    let status = way.home.output(&["status", "--json"], b"");
    assert!(
        !status.stdout.is_empty(),
        "{}",
        String::from_utf8_lossy(&status.stderr)
    );
    small.make_room();
    way.settle(&mut running);
    running.wait_for_line("the trouble is over", PATIENCE);
    assert!(running.stop(PATIENCE).success(), "{}", running.talk());
    way.check();
}

#[test]
fn a_stop_on_a_full_disk_says_so_and_loses_nothing() {
    let mut way = Way::from_maildir();
    let Some(small) = Small::mounted_at(&way.home.state(), "size=2m,mode=700") else {
        return;
    };
    let mut running = watching(&way);
    small.fill();
    for _ in 0..20 {
        way.send(Kind::Decision);
    }
    running.wait_for_line("cannot write", PATIENCE);
    let status = running.stop(PATIENCE);
    assert_eq!(status.code(), Some(75), "{}", running.talk());
    small.make_room();
    way.finish();
}

#[test]
fn a_state_folder_that_is_read_only_is_refused_with_a_remedy() {
    let way = Way::from_maildir();
    let Some(small) = Small::mounted_at(&way.home.state(), "size=2m,mode=700,ro") else {
        return;
    };
    let output = way.home.output(&["run"], b"");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(77), "{said}");
    let state = way.home.state().display().to_string();
    assert!(
        said.contains(&state) && said.contains("must be writable"),
        "{said}"
    );
    small.remount("rw");
    small.fill();
    let output = way.home.output(&["run"], b"");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(75), "{said}");
    assert!(
        said.contains(&state) && said.contains("free some space"),
        "{said}"
    );
    small.make_room();
    way.finish();
}
