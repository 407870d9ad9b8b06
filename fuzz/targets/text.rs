//! Any HTML shows text without control characters, tags' names aside, and no more than there is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sustained::mail::{self, Wordings};

fuzz_target!(|html: &str| {
    let head = "From: a@facebookmail.com\r\nContent-Type: text/html; charset=utf-8";
    let raw = format!("{head}\r\n\r\n{html}");
    let text = mail::read(raw.as_bytes(), &Wordings::built_in()).text;
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
    assert!(!text.contains("\n\n\n") && !text.contains("  "));
    // An entity can be shorter than the character it stands for, by less than this.
    assert!(text.len() <= 3 * html.len());
});
