//! One-time codes are found in messages of any sender, and only there.
//!
//! `messages.jsonl` is what the extractor was tuned on; `held-out.jsonl` was written before, and
//! `later.jsonl` when it was done. All services in them are invented.

pub mod figures;

use std::path::Path;

use figures::{Figures, percent};
use sustained::mail::Wordings;

fn check(name: &str, least: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/codes");
    let figures = Figures::of(&folder.join(name), &Wordings::built_in());
    let mistakes = figures.mistakes.join("\n");
    println!("{name}: {figures}\n{mistakes}");
    assert!(figures.count() >= least, "only {}", figures.count());
    assert_eq!(figures.wrong, 0, "{mistakes}");
    let right = percent(figures.right, figures.coded);
    assert!(right >= 97.0, "{right}: {mistakes}");
    let false_alarms = percent(figures.false_alarms, figures.plain);
    assert!(false_alarms <= 5.0, "{false_alarms}: {mistakes}");
}

#[test]
fn codes_are_found_in_the_messages_that_were_tuned_on() {
    check("messages.jsonl", 150);
}

#[test]
fn codes_are_found_in_messages_that_were_not_tuned_on() {
    check("held-out.jsonl", 100);
}

#[test]
fn codes_are_found_in_messages_that_were_written_later() {
    check("later.jsonl", 80);
}
