//! One-time codes of any sender are found, and nothing else is taken for one.
//!
//! `messages.jsonl` is what the extractor was written against, `held-out.jsonl` was written before
//! and never tuned on. All services in them are invented. `cargo bench --bench codes` prints the
//! same figures for these files, or for others.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use sustained::mail::{self, Found, Wordings};

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    subject: String,
    text: String,
    code: Option<String>,
}

/// Of a hundred messages with a code at least 97 give it and none another; of a hundred without
/// one at most five give one.
fn check(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/codes")
        .join(name);
    let lines = fs::read_to_string(path).unwrap();
    let (mut with, mut right, mut without, mut alarms) = (0, 0, 0, 0);
    for line in lines.lines() {
        let message: Message = serde_json::from_str(line).unwrap();
        let found = mail::one_time_code(&message.subject, &message.text, &Wordings::built_in());
        match (found, message.code) {
            (Found::One(code), Some(expected)) => {
                assert!(code.reveal() == expected, "another code: {}", message.text);
                (with, right) = (with + 1, right + 1);
            }
            (_, Some(_)) => with += 1,
            (Found::One(_), None) => (without, alarms) = (without + 1, alarms + 1),
            (_, None) => without += 1,
        }
    }
    assert!(
        with >= 60 && without >= 40,
        "{name} holds {with} and {without}"
    );
    assert!(right * 100 >= with * 97, "{name}: only {right} of {with}");
    assert!(
        alarms * 100 <= without * 5,
        "{name}: {alarms} of {without} without a code"
    );
}

#[test]
fn codes_are_found_where_they_were_looked_for() {
    check("messages.jsonl");
}

#[test]
fn codes_are_found_where_nobody_looked_before() {
    check("held-out.jsonl");
}
