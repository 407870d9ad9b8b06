//! The signed examples of the standards, as published (RFC 6376, appendix A; RFC 8463, appendix A).
//!
//! RFC 6376's is taken with its errata 3192 and 4926: one blank between the sentences, and the
//! indents as they were signed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::{delivery, server, verifier};
use sustained::mail::authenticity::Authenticity;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dkim/published")
}

fn verified(raw: &[u8]) -> Authenticity {
    let keys = fs::read_to_string(folder().join("keys.toml")).unwrap();
    let keys: BTreeMap<String, String> = toml::from_str(&keys).unwrap();
    let pinned: Vec<_> = keys.iter().map(|(n, r)| (n.as_str(), r.as_str())).collect();
    let verifier = verifier(&server(), &pinned);
    let allowed = |from: &str| {
        let is_known = from == "football.example.com";
        is_known.then(|| vec![from.to_owned(), "example.com".to_owned()])
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(verifier.verify(raw, allowed, delivery()))
}

#[test]
fn the_examples_of_the_standards_hold() {
    for (name, signer) in [
        ("rfc6376", "example.com"),
        ("rfc8463-ed25519", "football.example.com"),
        ("rfc8463-rsa", "football.example.com"),
        ("rfc8463-both", "football.example.com"),
    ] {
        let raw = fs::read(folder().join(name).with_extension("eml")).unwrap();
        let found = verified(&raw);
        assert!(found.is_genuine(), "{name}: {}", found.reason);
        assert_eq!(found.domain.as_deref(), Some(signer));
        let text = String::from_utf8(raw).unwrap();
        for (from, to) in [
            ("hungry", "thirsty"),
            ("dinner", "supper"),
            ("suzie@", "susan@"),
        ] {
            let found = verified(text.replace(from, to).as_bytes());
            assert!(found.is_forged(), "{name}, {to}: {}", found.reason);
        }
    }
}
