//! `sustained log`: what is shown of it, to people and to other programs, and for how long.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{Logged, lines};
use crate::support::process::{PROGRAM, Running};
use crate::support::{PATIENCE, missing, wait_until};

/// The numbers of the events that are shown with these arguments.
fn shown(logged: &Logged, args: &[&str]) -> Vec<i64> {
    let output = logged
        .home
        .output(&[&["log", "--json"], args].concat(), b"");
    assert!(output.status.success(), "{args:?}: {output:?}");
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["seq"]
                .as_i64()
                .unwrap()
        })
        .collect()
}

#[test]
fn filters_show_what_fits_all_of_them() {
    let logged = Logged::with_five_events();
    let at = |number: usize| -> String {
        let line: Value = serde_json::from_str(&lines(&logged.path())[number - 1]).unwrap();
        line["at"].as_str().unwrap().to_owned()
    };
    let third = at(3);
    for (args, expected) in [
        (&[][..], &[1, 2, 3, 4, 5][..]),
        (&["--type", "decision.received"], &[2, 4]),
        (
            &["--type", "decision.*", "--type", "notification.received"],
            &[1, 2, 3, 4, 5],
        ),
        (&["--type", "mail.*"], &[]),
        (&["--mailbox", "me", "--last", "2"], &[4, 5]),
        (&["--mailbox", "you"], &[]),
        (&["--account", "facebook"], &[1, 2, 3, 4, 5]),
        (&["--account", "instagram"], &[]),
        (&["--since", &third], &[3, 4, 5]),
        (&["--since", &third, "--type", "decision.received"], &[4]),
        (&["--since", "7 days", "--last", "1"], &[5]),
        (&["--since", "yesterday"], &[1, 2, 3, 4, 5]),
        (&["--since", "2100-01-01"], &[]),
        (&["--last", "0"], &[]),
    ] {
        assert_eq!(shown(&logged, args), expected, "{args:?}");
    }
    for wrong in [
        &["--since", "soon"][..],
        &["--account", "myspace"],
        &["--last", "few"],
    ] {
        let output = logged.home.output(&[&["log"], wrong].concat(), b"");
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
    }
    let text = logged.home.output(&["log", "--last", "1"], b"").stdout;
    let text = String::from_utf8(text).unwrap();
    assert!(
        text.lines().count() == 1 && text.contains("notification.received"),
        "{text}"
    );
    // What was rotated away is still the log.
    fs::rename(logged.path(), logged.beside("decisions.jsonl.1")).unwrap();
    assert_eq!(shown(&logged, &["--last", "2"]), [4, 5]);
}

#[test]
fn the_log_is_read_by_jq() {
    if !Path::new("/usr/bin/jq").exists() {
        missing("jq", "jq");
        return;
    }
    let logged = Logged::with_five_events();
    let query = "select(.type == \"decision.received\") | [.seq, .outcome, .authenticity.result]";
    let direct = Command::new("/usr/bin/jq")
        .arg("-c")
        .arg(query)
        .arg(logged.path())
        .output();
    let expected = "[2,\"honored\",\"genuine\"]\n[4,\"honored\",\"genuine\"]\n";
    assert_eq!(String::from_utf8(direct.unwrap().stdout).unwrap(), expected);
    // A line that is none is left out, and said.
    let text = fs::read_to_string(logged.path()).unwrap();
    fs::write(logged.path(), format!("{text}no line\n")).unwrap();
    let output = logged.home.output(&["log", "--json"], b"");
    assert_eq!(output.stdout, text.as_bytes());
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("log verify")
    );
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    let logged = Logged::with_five_events();
    let line = lines(&logged.path()).remove(0);
    // More than a pipe holds, so that it is closed while there is still something to say.
    let many: String = format!("{line}\n").repeat(1000);
    fs::write(logged.path(), many).unwrap();
    let program = logged.home.command(&["log", "--json"]);
    let mut command = Command::new("bash");
    command
        .args([
            "-c",
            "set -o pipefail; \"$@\" | head -n 1",
            "bash",
            PROGRAM,
            "log",
            "--json",
        ])
        .env_clear()
        .envs(
            program
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
    let mut running = Running::start(command);
    assert!(running.wait(PATIENCE).success(), "{}", running.talk());
    assert_eq!((running.stdout().len(), running.stderr().len()), (1, 0));
}

#[test]
fn a_log_is_followed_through_rotations_and_from_before_it_begins() {
    let logged = Logged::new();
    let follower = Running::start(logged.home.command(&["log", "--follow", "--json"]));
    follower.wait_for_line("waiting for it", PATIENCE);
    let follows = |count: usize| {
        let there = wait_until(PATIENCE, || follower.stdout().len() >= count);
        assert!(there, "{}", follower.talk());
    };
    let _running = logged.run();
    logged.deliver_and_wait(1);
    logged.deliver_and_wait(2);
    follows(2);
    fs::rename(logged.path(), logged.beside("decisions.jsonl.1")).unwrap();
    logged.deliver_and_wait(3);
    follows(3);
    File::options()
        .write(true)
        .open(logged.path())
        .unwrap()
        .set_len(0)
        .unwrap();
    logged.deliver_and_wait(4);
    follows(4);
    fs::remove_file(logged.path()).unwrap();
    logged.deliver_and_wait(5);
    follows(5);
    let seqs: Vec<i64> = follower
        .stdout()
        .iter()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["seq"]
                .as_i64()
                .unwrap()
        })
        .collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5]);
    let filtered = ["log", "-f", "--type", "decision.*", "--last", "0"];
    let filtered = Running::start(logged.home.command(&filtered));
    logged.deliver_and_wait(6);
    logged.deliver_and_wait(7);
    logged.deliver_and_wait(8);
    assert!(
        wait_until(PATIENCE, || !filtered.stdout().is_empty()),
        "{}",
        filtered.talk()
    );
    assert!(
        filtered
            .stdout()
            .iter()
            .all(|line| line.contains("decision.received"))
    );
}
