//! Whatever stands around it, a date that is read is one of the years that can be meant.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sustained::mail::{self, Wordings};

fuzz_target!(|words: &str| {
    let raw = format!(
        "From: a@facebookmail.com\r\nDate: Thu, 23 May 2024 08:00:00 +0000\r\n\
         Subject: Learn how we use your information to improve AI at Meta\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\nThis takes effect on {words}"
    );
    let wordings = Wordings::built_in();
    let finding = mail::classify(&mail::read(raw.as_bytes(), &wordings), &wordings);
    let years = finding.effective_date.map(|date| date.year());
    assert!(years.is_none_or(|year| (2020..=2099).contains(&year)));
});
