//! Whatever a server writes, its results are read to their end or not at all.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sustained::mail::claim::results::Results;

fuzz_target!(|value: &[u8]| {
    let Some(read) = Results::read(value) else {
        return;
    };
    assert!(!read.server.is_empty());
    for check in &read.checks {
        assert!(!check.method.is_empty() && !check.result.is_empty());
        // What is said of one domain is never taken for another.
        let is_about = |domain: &str| check.is_about(domain, domain, "s", "b");
        assert!(!(is_about("facebookmail.com") && is_about("evil.test")));
    }
});
