//! How well one-time codes are found.
//!
//! `cargo bench --bench codes -- FILE…` reads messages, one JSON object a line (`text`, maybe a
//! `subject`, and `code`: the digits or null), and prints shares of each file; without a file, of
//! the messages of `tests/codes`. `--show` prints every message that was not read right.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout
)]
// The tests' support is shared; not every part of it is needed here.
#![allow(dead_code)]

#[path = "../tests/it/codes/figures.rs"]
mod figures;

use std::path::{Path, PathBuf};
use std::time::Instant;

use figures::Figures;
use sustained::mail::Wordings;

fn main() {
    let given = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench");
    let (options, files): (Vec<String>, Vec<String>) = given.partition(|a| a.starts_with("--"));
    let show = options.iter().any(|option| option == "--show");
    let mut files: Vec<PathBuf> = files.into_iter().map(PathBuf::from).collect();
    let wordings = Wordings::built_in();
    if files.is_empty() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/codes");
        files = ["messages", "held-out", "later"]
            .map(|name| folder.join(name).with_extension("jsonl"))
            .to_vec();
    }
    for file in files {
        let begun = Instant::now();
        let figures = Figures::of(&file, &wordings);
        let each = begun.elapsed() / u32::try_from(figures.count().max(1)).unwrap();
        println!("{}: {figures}, {each:.1?} each", file.display());
        if show {
            for line in &figures.mistakes {
                println!("  {line}");
            }
        }
    }
}
