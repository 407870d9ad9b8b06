//! `log verify --evidence`: the kept messages prove themselves, and nobody is asked.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::Value;

use super::{Logged, Verified, lines, write_lines};
use crate::support::PATIENCE;

/// The kept file of line `number` with this end.
fn kept(logged: &Logged, number: usize, end: &str) -> PathBuf {
    let line: Value = serde_json::from_str(&lines(&logged.path())[number - 1]).unwrap();
    let message = line["message"].as_str().unwrap();
    logged.beside(&format!("evidence/{message}.{end}"))
}

fn verify(logged: &Logged) -> Verified {
    logged.verify(&["--evidence"])
}

#[test]
fn evidence_proves_itself_without_asking_anybody() {
    let logged = Logged::with_five_events();
    let verified = verify(&logged);
    assert_eq!(verified.code, Some(0), "{verified:?}");
    assert!(
        verified.said.contains("evidence: 5 messages checked"),
        "{verified:?}"
    );
    assert!(!verified.said.contains("note"), "{verified:?}");
    let text = fs::read_to_string(kept(&logged, 2, "json")).unwrap();
    let verdict: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(verdict["type"], "decision.received");
    assert_eq!(verdict["outcome"], "honored");
    assert_eq!(verdict["authenticity"]["result"], "genuine");
    assert!(verdict["because"].is_array(), "{verdict}");
    for end in ["eml", "toml", "json"] {
        let mode = fs::metadata(kept(&logged, 1, end))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0, "{end}");
    }
    // On a machine without the configuration, and from another folder.
    fs::remove_file(logged.home.config()).unwrap();
    let moved = logged.home.path().join("archive");
    fs::create_dir(&moved).unwrap();
    for name in ["decisions.jsonl", "evidence"] {
        fs::rename(logged.beside(name), moved.join(name)).unwrap();
    }
    let log = moved.join("decisions.jsonl");
    let verified = logged.verify(&["--evidence", log.to_str().unwrap()]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
}

#[test]
fn whatever_is_done_to_a_kept_file_is_named() {
    let logged = Logged::with_five_events();
    let files: Vec<_> = [1, 3, 5]
        .into_iter()
        .flat_map(|number| ["eml", "toml", "json"].map(|end| (number, kept(&logged, number, end))))
        .map(|(number, path)| (number, fs::read(&path).unwrap(), path))
        .collect();
    let assert_each_is_named = || {
        let verified = verify(&logged);
        for (number, _, path) in &files {
            let file = path.file_name().unwrap().to_str().unwrap();
            let is_named = |said: &str| {
                said.contains(&format!("decisions.jsonl, line {number}:")) && said.contains(file)
            };
            assert!(
                verified.complained.lines().any(is_named),
                "{file}: {verified:?}"
            );
        }
        assert_eq!(verified.code, Some(65));
    };
    for (_, bytes, path) in &files {
        let mut bytes = bytes.clone();
        let place = bytes.len() - 5;
        bytes[place] ^= 1;
        fs::write(path, bytes).unwrap();
    }
    assert_each_is_named();
    for (_, _, path) in &files {
        fs::remove_file(path).unwrap();
    }
    assert_each_is_named();
    for (_, bytes, path) in &files {
        fs::write(path, bytes).unwrap();
        fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
    }
    assert_eq!(verify(&logged).code, Some(0));
    let (one, other) = (kept(&logged, 2, "eml"), kept(&logged, 4, "eml"));
    let between = logged.home.path().join("between");
    fs::rename(&one, &between).unwrap();
    fs::rename(&other, &one).unwrap();
    fs::rename(&between, &other).unwrap();
    verify(&logged).assert_names(&["line 2:", "line 4:", "was changed"]);
}

#[test]
fn a_line_with_another_key_or_another_name_proves_nothing() {
    let logged = Logged::with_five_events();
    let original = lines(&logged.path());
    let with_last = |change: &dyn Fn(&mut Value)| {
        let mut line: Value = serde_json::from_str(&original[4]).unwrap();
        change(&mut line);
        write_lines(
            &logged.path(),
            &[&original[..4], &[line.to_string()]].concat(),
        );
        verify(&logged)
    };
    let other = crate::support::meta::Meta::new().record();
    let key = |line: &mut Value| {
        for (_, record) in line["keys"].as_object_mut().unwrap() {
            *record = Value::from(other.clone());
        }
    };
    with_last(&key).assert_names(&["line 5: its message is not proved by its keys"]);
    let none = |line: &mut Value| drop(line.as_object_mut().unwrap().remove("keys"));
    // Not: no name server answers. Nobody was asked.
    with_last(&none).assert_names(&["line 5: its message is not proved", "is not at hand"]);
    let away = |line: &mut Value| line["evidence"] = Value::from("evidence/../sustained.db");
    with_last(&away).assert_names(&["line 5: its evidence is not named after its message"]);
    let outcome = |line: &mut Value| line["authenticity"]["domain"] = Value::from("example.net");
    with_last(&outcome).assert_names(&["line 5: its message is proved, and not as the line says"]);
}

#[test]
fn other_words_are_a_note_and_a_providers_word_is_one() {
    let logged = Logged::with_five_events();
    let original = lines(&logged.path());
    let mut changed = original.clone();
    changed[1] = changed[1].replace("\"honored\"", "\"declined\"");
    changed[3] = changed[3].replace("\"method\":\"dkim\"", "\"method\":\"provider\"");
    let mut line: Value = serde_json::from_str(&changed[3]).unwrap();
    line.as_object_mut().unwrap().remove("keys");
    changed[3] = line.to_string();
    write_lines(&logged.path(), &changed);
    let said = verify(&logged).said;
    let note = "line 2: this release reads it as decision.received honored";
    assert!(said.contains(note), "{said}");
    assert!(
        said.contains("line 4: vouched for by the provider: cannot be repeated"),
        "{said}"
    );
}

#[test]
fn what_a_crash_left_half_written_is_taken_away() {
    let logged = Logged::new();
    fs::create_dir(logged.beside("evidence")).unwrap();
    let part = logged.beside("evidence/0000.eml.part");
    fs::write(&part, "half").unwrap();
    let mut running = logged.run();
    logged.deliver_and_wait(1);
    running.stop(PATIENCE);
    assert!(!part.exists());
    assert!(kept(&logged, 1, "eml").exists());
}
