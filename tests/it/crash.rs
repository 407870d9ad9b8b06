//! The real program is killed again and again while codes come in: nothing lost, nothing twice.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::support::meta::Meta;
use crate::support::process::Home;
use crate::support::step::Step;
use crate::support::{PATIENCE, log, wait_until};

/// How often it is killed, each time with a code on its way.
const KILLS: u64 = 25;

/// The longest life. A start, a hand-over and its end take some thirty milliseconds in a test's
/// build; the kills are spread over all of that.
const LONGEST_LIFE: u64 = 60;

#[test]
fn kills_at_any_moment_lose_no_code_and_repeat_none() {
    let (home, step, meta) = home_with_maildir();
    let maildir = home.path().join("Maildir");
    for number in 0..KILLS {
        deliver(
            &maildir,
            &format!("{number}.code"),
            &meta.code(&code(number)),
        );
        let mut running = home.run();
        // Not a wait for luck: the moment of the kill is what is varied.
        let life = Duration::from_millis(fastrand::u64(..LONGEST_LIFE));
        wait_until(life, || !running.is_running());
        running.kill9();
    }
    // The last life is left alone until every code has come to an end.
    let mut running = home.run();
    running.wait_for_line("started", PATIENCE);
    let ended = |event: &str| {
        log::types(&home)
            .iter()
            .filter(|found| *found == event)
            .count()
    };
    // One that was still waiting when a newer one came is not handed over, and the person is told.
    let superseded = |line: &Value| {
        let reason = line["reason"].as_str().unwrap_or_default();
        line["type"] == "submission.failed" && reason.contains("a newer code came")
    };
    let all_ended = || {
        let superseded = log::recorded(&home)
            .iter()
            .filter(|line| superseded(line))
            .count();
        let ends = ended("submission.accepted") + ended("submission.doubtful") + superseded;
        ends as u64 == KILLS && ended("code.received") as u64 == KILLS
    };
    assert!(
        wait_until(PATIENCE, all_ended),
        "{:?}\n{}",
        log::types(&home),
        running.talk()
    );
    assert!(running.stop(PATIENCE).success());
    let mut handed_over = BTreeMap::new();
    for handed in step.handed_over() {
        *handed_over.entry(handed["code"].to_string()).or_insert(0) += 1;
    }
    assert!(
        handed_over.values().all(|times| *times == 1),
        "a code was handed over twice"
    );
    // Handed over and known to be, or told as doubtful: every code is one of the two.
    assert!(
        handed_over.len() >= ended("submission.accepted"),
        "one is called done that was not"
    );
    let verified = home.output(&["log", "verify"], b"");
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stderr)
    );
}

/// A home that watches a Maildir and takes every code.
/// Written a while before it is moved, as by a delivery agent that syncs: it is whole at once.
fn deliver(maildir: &Path, name: &str, raw: &[u8]) {
    let draft = maildir.join("tmp").join(name);
    fs::write(&draft, raw).unwrap();
    let written = SystemTime::now() - Duration::from_secs(10);
    let file = File::options().append(true).open(&draft).unwrap();
    file.set_modified(written).unwrap();
    fs::rename(draft, maildir.join("new").join(name)).unwrap();
}

fn home_with_maildir() -> (Home, Step, Meta) {
    let home = Home::empty();
    let maildir = home.path().join("Maildir");
    for place in ["new", "cur", "tmp"] {
        fs::create_dir_all(maildir.join(place)).unwrap();
    }
    let (step, meta) = (Step::new(&home), Meta::new());
    home.write(
        "config/sustained/config.toml",
        &format!(
            "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\naccounts = [\"facebook\"]\n\
             maildir = {:?}\n\n{}\n{}",
            maildir.display().to_string(),
            step.table(),
            meta.pinned_keys()
        ),
    );
    (home, step, meta)
}

fn code(number: u64) -> String {
    (482_000 + number).to_string()
}
