//! Rotation, deletion, copies and cuts, under the running daemon and while it is stopped.

use std::fs::{self, File};
use std::process::Command;

use serde_json::Value;

use super::{Logged, lines, write_lines};
use crate::support::process::Running;
use crate::support::{PATIENCE, log};

#[test]
fn the_chain_goes_on_in_a_new_file_when_the_old_one_is_moved_away() {
    let logged = Logged::new();
    let mut running = logged.run();
    logged.deliver_and_wait(1);
    logged.deliver_and_wait(2);
    fs::rename(logged.path(), logged.beside("decisions.jsonl-20261127")).unwrap();
    logged.deliver_and_wait(3);
    fs::rename(logged.path(), logged.beside("decisions.jsonl.1")).unwrap();
    // As logrotate does under `create`.
    fs::write(logged.path(), "").unwrap();
    logged.deliver_and_wait(4);
    let files = [
        "decisions.jsonl-20261127",
        "decisions.jsonl.1",
        "decisions.jsonl",
    ];
    let files = files.map(|name| logged.beside(name));
    logged.assert_chained(&files, 4);
    assert_eq!(files.each_ref().map(|file| lines(file).len()), [2, 1, 1]);
    // While it is stopped, and with everything moved into another folder.
    running.stop(PATIENCE);
    let elsewhere = logged.home.path().join("archive");
    fs::create_dir(&elsewhere).unwrap();
    let moved: Vec<_> = files
        .iter()
        .map(|file| elsewhere.join(file.file_name().unwrap()))
        .collect();
    for (from, to) in files.iter().zip(&moved) {
        fs::rename(from, to).unwrap();
    }
    let mut running = logged.run();
    logged.deliver_and_wait(5);
    running.stop(PATIENCE);
    let all = [moved.as_slice(), &[logged.path()]].concat();
    let names: Vec<&str> = all.iter().map(|path| path.to_str().unwrap()).collect();
    let verified = logged.verify(&names);
    assert!(verified.said.contains("intact: 5 lines"), "{verified:?}");
    let alone = logged.verify(&[]);
    let note = "begins at event 5: verify it together with the file before";
    assert!(
        alone.code == Some(0) && alone.said.contains(note),
        "{alone:?}"
    );
    let wrong = [names[1], names[0], names[2], names[3]];
    logged.verify(&wrong).assert_names(&[names[0], "line 1:"]);
    let one_missing = [names[0], names[2], names[3]];
    logged
        .verify(&one_missing)
        .assert_names(&[names[2], "line 1:", "missing"]);
}

#[test]
fn the_chain_goes_on_when_the_file_is_deleted() {
    let logged = Logged::new();
    let _running = logged.run();
    logged.deliver_and_wait(1);
    let first = lines(&logged.path());
    fs::remove_file(logged.path()).unwrap();
    logged.deliver_and_wait(2);
    // Put back under a rotated name, it is the beginning of the same chain.
    write_lines(&logged.beside("decisions.jsonl.1"), &first);
    logged.assert_chained(&[logged.beside("decisions.jsonl.1"), logged.path()], 2);
}

#[test]
fn the_chain_goes_on_when_the_file_is_copied_and_emptied() {
    let logged = Logged::new();
    let mut running = logged.run();
    logged.deliver_and_wait(1);
    let rotate = |name| {
        fs::copy(logged.path(), logged.beside(name)).unwrap();
        File::options()
            .write(true)
            .open(logged.path())
            .unwrap()
            .set_len(0)
            .unwrap();
    };
    rotate("decisions.jsonl.2");
    logged.deliver_and_wait(2);
    running.stop(PATIENCE);
    rotate("decisions.jsonl.1");
    let mut running = logged.run();
    logged.deliver_and_wait(3);
    running.stop(PATIENCE);
    let files = ["decisions.jsonl.2", "decisions.jsonl.1", "decisions.jsonl"];
    logged.assert_chained(&files.map(|name| logged.beside(name)), 3);
}

#[test]
fn a_crash_between_a_line_and_its_head_writes_no_event_twice() {
    let logged = Logged::new();
    let mut running = logged.run();
    logged.deliver_and_wait(1);
    let head = fs::read(logged.beside("decisions.head")).unwrap();
    logged.deliver_and_wait(2);
    running.stop(PATIENCE);
    // The head is behind, and the file was rotated before the next start.
    fs::write(logged.beside("decisions.head"), &head).unwrap();
    fs::rename(logged.path(), logged.beside("decisions.jsonl.1")).unwrap();
    let mut running = logged.run();
    logged.deliver_and_wait(3);
    running.stop(PATIENCE);
    logged.assert_chained(&[logged.beside("decisions.jsonl.1"), logged.path()], 3);
    // The head is behind, and the file is in its place.
    fs::write(logged.beside("decisions.head"), &head).unwrap();
    let mut running = logged.run();
    logged.deliver_and_wait(4);
    running.stop(PATIENCE);
    // There is no head at all.
    fs::remove_file(logged.beside("decisions.head")).unwrap();
    let mut running = logged.run();
    logged.deliver_and_wait(5);
    running.stop(PATIENCE);
    logged.assert_chained(&[logged.beside("decisions.jsonl.1"), logged.path()], 5);
    // The head is behind, and the file was moved out of sight: the same line stands in both.
    fs::write(logged.beside("decisions.head"), &head).unwrap();
    fs::remove_file(logged.beside("decisions.jsonl.1")).unwrap();
    let all = lines(&logged.path());
    let away = logged.home.path().join("decisions.jsonl.1");
    fs::rename(logged.path(), &away).unwrap();
    logged.run().stop(PATIENCE);
    assert_eq!(log::recorded(&logged.home)[0]["seq"], 2);
    assert_eq!(lines(&logged.path())[1..], all);
}

#[test]
fn lines_that_are_missing_at_the_end_are_written_again() {
    let logged = Logged::new();
    let mut running = logged.run();
    for number in 1..=3 {
        logged.deliver_and_wait(number);
    }
    running.stop(PATIENCE);
    let whole = fs::read(logged.path()).unwrap();
    let first = whole.iter().position(|byte| *byte == b'\n').unwrap();
    // After the first line, in the middle of the second, and in the middle of the last.
    for left in [first + 1, first + 20, whole.len() - 1] {
        fs::write(logged.path(), &whole[..left]).unwrap();
        let mut running = logged.run();
        running.stop(PATIENCE);
        assert!(
            fs::read(logged.path()).unwrap() == whole,
            "{left} bytes were left"
        );
    }
    // Cut under the running program: noticed with the next event.
    let mut running = logged.run();
    fs::write(logged.path(), &whole[..first + 20]).unwrap();
    logged.deliver_and_wait(4);
    running.stop(PATIENCE);
    logged.assert_chained(&[logged.path()], 4);
}

#[test]
fn a_disk_that_takes_half_a_line_leaves_no_half_line() {
    let logged = Logged::new();
    let mut running = logged.run();
    logged.deliver_and_wait(1);
    running.stop(PATIENCE);
    // No file may be longer than this, and the log nearly is.
    let most = 1 << 20;
    let mut first: Value = serde_json::from_str(&lines(&logged.path())[0]).unwrap();
    first["padding"] = Value::from("");
    let length = first.to_string().len() + 1;
    first["padding"] = Value::from("x".repeat(most - 200 - length));
    write_lines(&logged.path(), &[first.to_string()]);
    fs::remove_file(logged.beside("decisions.head")).unwrap();
    let full = fs::read(logged.path()).unwrap();
    let program = logged.home.command(&["run"]);
    let mut command = Command::new("sh");
    // The signal that comes with the bound would end the program.
    command
        .args(["-c", "trap '' XFSZ; ulimit -f 2048; exec \"$@\"", "sh"])
        .arg(program.get_program())
        .args(program.get_args())
        .env_clear()
        .envs(
            program
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
    let mut running = Running::start(command);
    running.wait_for_line("watching", PATIENCE);
    logged.deliver(2);
    running.wait_for_line("decisions.jsonl: File too large", PATIENCE);
    running.kill9();
    assert!(
        fs::read(logged.path()).unwrap() == full,
        "{} bytes",
        full.len()
    );
    let mut running = logged.run();
    logged.deliver_and_wait(3);
    running.stop(PATIENCE);
    logged.assert_chained(&[logged.path()], 3);
}

#[test]
fn a_log_of_another_database_is_not_continued() {
    let logged = Logged::new();
    let mut running = logged.run();
    logged.deliver_and_wait(1);
    running.stop(PATIENCE);
    for name in ["sustained.db", "sustained.db-wal", "sustained.db-shm"] {
        fs::remove_file(logged.beside(name)).ok();
    }
    let running = logged.home.run();
    running.wait_for_line("belongs to another database", PATIENCE);
    drop(running);
    fs::rename(logged.path(), logged.home.path().join("old.jsonl")).unwrap();
    fs::remove_file(logged.beside("decisions.head")).unwrap();
    let mut running = logged.run();
    logged.deliver_and_wait(2);
    running.stop(PATIENCE);
    logged.assert_chained(&[logged.path()], 2);
}
