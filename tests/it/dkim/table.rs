//! The table of forgeries and genuine shapes: each message with the verdict that it must get.
//!
//! `tests/dkim/make.py` made and signed them with another program, and states every verdict by
//! hand. To add a case, add it there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sustained::mail::authenticity::Proof;

use super::{server, verifier, verify_with};

#[derive(Deserialize)]
struct Case {
    about: String,
    rule: Option<String>,
    expected: Expected,
}

#[derive(Deserialize)]
struct Expected {
    result: Proof,
    /// Words of the reason.
    reason: String,
    /// How many names DNS is asked for.
    questions: usize,
}

fn cases() -> Vec<(PathBuf, Case)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dkim");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let messages = files.filter(|path| path.extension().is_some_and(|end| end == "eml"));
    let mut cases: Vec<_> = messages
        .map(|path| {
            let text = fs::read_to_string(path.with_extension("toml")).unwrap();
            let case =
                toml::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
            (path, case)
        })
        .collect();
    cases.sort_by(|one, other| one.0.cmp(&other.0));
    cases
}

#[test]
fn every_message_gets_the_verdict_beside_it() {
    let server = server();
    let mut wrong = Vec::new();
    for (
        path,
        Case {
            about, expected, ..
        },
    ) in cases()
    {
        let raw = fs::read(&path).unwrap();
        let before = server.questions().len();
        let found = verify_with(&verifier(&server, &[]), &raw);
        let questions = server.questions().len() - before;
        let is_right = found.result == expected.result
            && found.reason.contains(&expected.reason)
            && found.signature.is_some() == found.is_genuine()
            && questions == expected.questions;
        if !is_right {
            let name = path.file_stem().unwrap().display();
            let (result, reason) = (found.result, found.reason);
            wrong.push(format!(
                "{name} ({about}): {result:?}, {questions} questions: {reason}\n    expected {:?}, \
                 {}: {}",
                expected.result, expected.questions, expected.reason
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_genuine_message_stays_one_in_a_maildir() {
    let server = server();
    let verifier = verifier(&server, &[]);
    for (path, case) in cases() {
        let raw = fs::read(&path).unwrap();
        if case.expected.result == Proof::Genuine {
            let text: Vec<u8> = raw.into_iter().filter(|byte| *byte != b'\r').collect();
            let found = verify_with(&verifier, &text);
            assert!(found.is_genuine(), "{}: {}", path.display(), found.reason);
        }
    }
}

#[test]
fn the_table_has_cases_for_every_rule() {
    let mut rules: BTreeMap<String, usize> = BTreeMap::new();
    let mut genuine = 0;
    for (_, case) in cases() {
        match case.rule {
            Some(rule) => *rules.entry(rule).or_default() += 1,
            None => genuine += usize::from(case.expected.result == Proof::Genuine),
        }
    }
    let names: Vec<&str> = rules.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "agent", "covers", "holds", "key", "kind", "once", "sender", "signer", "syntax",
            "tags", "times", "whole"
        ]
    );
    assert!(rules.values().all(|count| *count >= 5), "{rules:?}");
    let forged: usize = rules.values().sum();
    assert!(forged >= 250 && genuine >= 70, "{forged}, {genuine}");
}
