//! Any bytes are a message: reading gives a finding with a reason, and the same one again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sustained::mail::{self, Wordings, envelope};

fuzz_target!(|raw: &[u8]| {
    let wordings = Wordings::built_in();
    let mail = mail::read(raw, &wordings);
    let finding = mail::classify(&mail, &wordings);
    assert!(!finding.because.is_empty());
    assert_eq!(finding, mail::classify(&mail, &wordings));
    assert_eq!(mail.claims_meta, envelope::claims_to_be_meta(raw));
});
