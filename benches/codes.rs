//! How well one-time codes are found in messages of any sender.
//!
//! `cargo bench --bench codes [-- FILE...]` reads files of JSON lines, `{"text": …, "subject": …,
//! "code": "123456" or null}`, and prints for each how many codes were found, missed or mistaken,
//! and how many messages without a code raised a false alarm. With `VERBOSE=1` it prints the
//! messages that went wrong.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::fs;
use std::path::PathBuf;

use serde::Deserialize;
use sustained::mail::{self, Found, Wordings};

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    subject: String,
    text: String,
    code: Option<String>,
}

fn main() {
    let given: Vec<PathBuf> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .map(PathBuf::from)
        .collect();
    let own = ["messages", "held-out"].map(|name| {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/codes");
        folder.join(name).with_extension("jsonl")
    });
    for path in if given.is_empty() {
        own.to_vec()
    } else {
        given
    } {
        measure(&path);
    }
}

fn measure(path: &PathBuf) {
    let wordings = Wordings::built_in();
    let verbose = std::env::var_os("VERBOSE").is_some();
    let [
        mut right,
        mut wrong,
        mut several,
        mut missed,
        mut alarms,
        mut with,
        mut without,
    ] = [0; 7];
    for line in fs::read_to_string(path).unwrap().lines() {
        let message: Message = serde_json::from_str(line).unwrap();
        let found = mail::one_time_code(&message.subject, &message.text, &wordings);
        let count = match (&found, &message.code) {
            (Found::One(code), Some(expected)) if code.reveal() == expected => &mut right,
            (Found::One(_), Some(_)) => &mut wrong,
            (Found::Several, Some(_)) => &mut several,
            (Found::None, Some(_)) => &mut missed,
            (Found::One(_), None) => &mut alarms,
            (Found::None | Found::Several, None) => {
                without += 1;
                continue;
            }
        };
        *count += 1;
        let is_right = match (&found, &message.code) {
            (Found::One(code), Some(expected)) => code.reveal() == expected,
            _ => false,
        };
        if message.code.is_some() {
            with += 1;
        } else {
            without += 1;
        }
        if verbose && !is_right {
            println!("  {:?}: {} {}", message.code, message.subject, message.text);
        }
    }
    let share = |part: i32, whole: i32| 100.0 * f64::from(part) / f64::from(whole.max(1));
    println!(
        "{}: {with} messages with a code, {without} without",
        path.display()
    );
    for (name, part, whole) in [
        ("right", right, with),
        ("wrong", wrong, with),
        ("several (left to the person)", several, with),
        ("missed", missed, with),
        ("false alarms", alarms, without),
    ] {
        println!("  {name:<30} {part:>5}   {:>5.1} %", share(part, whole));
    }
}
