//! A code that is found has four to eight digits, and they stand in the text in this order.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sustained::mail::{self, Found, Wordings};

fuzz_target!(|text: &str| {
    if let Found::One(code) = mail::one_time_code("", text, &Wordings::built_in()) {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        assert!((4..=8).contains(&code.reveal().len()));
        assert!(digits.contains(code.reveal()));
    }
});
