//! Whatever is done to a log, `log verify` names the first line that does not fit.

use std::fs;

use serde_json::Value;

use super::{Logged, Verified, lines, write_lines};

/// Writes the log anew and says what `log verify` makes of it.
fn with(logged: &Logged, lines: &[String]) -> Verified {
    write_lines(&logged.path(), lines);
    logged.verify(&[])
}

/// A log of five lines, and the lines.
fn five() -> (Logged, Vec<String>) {
    let logged = Logged::with_five_events();
    let original = lines(&logged.path());
    assert_eq!(original.len(), 5);
    (logged, original)
}

#[test]
fn a_changed_byte_is_named_in_every_line() {
    let (logged, original) = five();
    for at in 0..5 {
        let name = format!("decisions.jsonl, line {}:", at + 1);
        let length = original[at].len();
        let seq = original[at].find("\"seq\":").unwrap() + 6;
        let prev = original[at].find("\"prev\":\"").unwrap() + 10;
        for place in [0, seq, length / 3, length / 2, prev, length - 1] {
            for byte in [b'7', 0, b'\n'] {
                let mut changed = original.clone();
                let mut bytes = changed[at].clone().into_bytes();
                if std::mem::replace(&mut bytes[place], byte) == byte {
                    continue;
                }
                changed[at] = String::from_utf8(bytes).unwrap();
                with(&logged, &changed).assert_names(&[&name]);
            }
        }
    }
    assert_eq!(with(&logged, &original).code, Some(0));
}

#[test]
fn bytes_that_are_no_text_are_named_like_any_other() {
    let (logged, original) = five();
    let mut bytes = fs::read(logged.path()).unwrap();
    let middle = original[0].len() + original[1].len() / 2;
    bytes[middle] = 0xff;
    fs::write(logged.path(), &bytes).unwrap();
    logged
        .verify(&[])
        .assert_names(&["decisions.jsonl, line 2:"]);
}

#[test]
fn a_missing_line_is_named_by_the_one_behind_it() {
    let (logged, original) = five();
    for at in 1..4 {
        let mut without = original.clone();
        without.remove(at);
        let name = format!("line {}: lines are missing before it", at + 1);
        with(&logged, &without).assert_names(&[&name]);
    }
    // Without its beginning a log may be the rest of a rotated one: that is said.
    let verified = with(&logged, &original[1..]);
    assert!(verified.said.contains("begins at event 2"), "{verified:?}");
}

#[test]
fn a_cut_tail_is_seen_by_the_head_or_by_the_database() {
    let (logged, original) = five();
    for left in 0..5 {
        let name = format!("line {}: lines are missing from here to event 5", left + 1);
        with(&logged, &original[..left]).assert_names(&[&name]);
    }
    fs::remove_file(logged.path()).unwrap();
    logged
        .verify(&[])
        .assert_names(&["line 1: lines are missing"]);
    write_lines(&logged.path(), &original[..3]);
    fs::remove_file(logged.beside("decisions.head")).unwrap();
    logged
        .verify(&[])
        .assert_names(&["line 4: lines are missing after event 3"]);
    fs::remove_file(logged.beside("sustained.db")).unwrap();
    let blind = logged.verify(&[]);
    assert!(
        blind.code == Some(0) && blind.said.contains("would not be seen"),
        "{blind:?}"
    );
    // Half a line at the end is no line.
    fs::write(logged.path(), &original[0]).unwrap();
    logged.verify(&[]).assert_names(&["line 1: it is cut off"]);
}

#[test]
fn swapped_lines_are_named() {
    let (logged, original) = five();
    for at in 0..4 {
        let mut swapped = original.clone();
        swapped.swap(at, at + 1);
        // At the beginning the second may be the rest of a rotated log; the first cannot follow it.
        let name = format!("line {}:", if at == 0 { 2 } else { at + 1 });
        with(&logged, &swapped).assert_names(&[&name]);
    }
}

#[test]
fn a_line_that_was_put_in_is_named() {
    let (logged, original) = five();
    for at in 1..5 {
        let name = format!("line {}:", at + 1);
        let mut put_in = original.clone();
        // One that follows the line before it as it should.
        let mut line: Value = serde_json::from_str(&original[at]).unwrap();
        line["mailbox"] = Value::from("somebody");
        put_in.insert(at, line.to_string());
        // At the end the head says so.
        let why = if at < 4 {
            "put in"
        } else {
            "not the line that was written"
        };
        with(&logged, &put_in).assert_names(&[&name, why]);
        // The line before it once more.
        let mut twice = original.clone();
        twice.insert(at, original[at - 1].clone());
        with(&logged, &twice).assert_names(&[&name, "put in"]);
        let mut empty = original.clone();
        empty.insert(at, String::new());
        with(&logged, &empty).assert_names(&[&name]);
    }
    let mut behind = original.clone();
    behind.push(original[2].clone());
    with(&logged, &behind).assert_names(&["line 6:"]);
}

#[test]
fn what_was_changed_stays_visible_when_the_chain_goes_on() {
    let (logged, original) = five();
    let mut changed = original.clone();
    changed[4] = changed[4].replace("\"mailbox\":\"me\"", "\"mailbox\":\"us\"");
    write_lines(&logged.path(), &changed);
    let config = fs::read_to_string(logged.home.config()).unwrap();
    let config = format!("{config}\n{}", logged.meta.pinned_keys());
    logged.home.write("config/sustained/config.toml", &config);
    let mut running = logged.run();
    running.wait_for_line("not the one that was written", crate::support::PATIENCE);
    logged.deliver_and_wait(6);
    logged.deliver_and_wait(7);
    running.stop(crate::support::PATIENCE);
    logged
        .verify(&[])
        .assert_names(&["decisions.jsonl, line 5: it was changed"]);
}

#[test]
fn the_answer_is_json_where_that_is_asked_for() {
    let (logged, mut original) = five();
    let json = |logged: &Logged| -> Value {
        serde_json::from_str(&logged.verify(&["--json"]).said).unwrap()
    };
    let intact = json(&logged);
    assert!(intact["intact"] == true && intact["lines"] == 5, "{intact}");
    original.remove(2);
    write_lines(&logged.path(), &original);
    let broken = json(&logged);
    assert!(
        broken["intact"] == false && broken["failures"][0]["line"] == 3,
        "{broken}"
    );
}
