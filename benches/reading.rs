//! How many messages are read in a second on one core, and where the time goes.
//!
//! The message is the decision of June 2024 in the shape of Meta's mails, signed by another
//! program with 2048 bits (`tests/dkim/make.py`). Every stage is timed by itself over the same
//! bytes; the stages' sum is compared with the whole, so that nothing hides between them. The key
//! is pinned, which costs what a cached one does. Nothing here passes or fails by time.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use sustained::config::{Authenticity as Settings, Resolver};
use sustained::dkim::{Delivery, Verifier};
use sustained::mail::authenticity::Proof;
use sustained::mail::{self, Outcome, Verdict, Wordings};

/// Messages in one turn, and turns; the best turn counts, as other work only ever slows one down.
const MESSAGES: u32 = 2_000;
const TURNS: u32 = 9;

/// What the goal says, and what others were measured to do with the signature alone.
const GOAL: f64 = 10_000.0;

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dkim");
    let raw = std::fs::read(folder.join("genuine-decision.eml")).unwrap();
    let keys = std::fs::read_to_string(folder.join("keys.toml")).unwrap();
    let keys: std::collections::BTreeMap<String, String> = toml::from_str(&keys).unwrap();
    let settings = Settings {
        resolver: Resolver::Server("127.0.0.1:9".parse().unwrap()),
        pinned_keys: keys
            .into_iter()
            .filter(|(name, _)| name.starts_with("s2048."))
            .collect(),
        forwarders: vec![],
    };
    let verifier = Verifier::new(&settings).unwrap();
    let wordings = Wordings::built_in();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let addresses = ["me@example.org".to_owned()];
    let prove = || {
        let allowed = |domain: &str| Some(vec![domain.to_owned()]);
        let delivery = Delivery {
            addresses: &addresses,
            provider: None,
            at: jiff::Timestamp::from_second(1_700_000_600).unwrap(),
        };
        runtime.block_on(verifier.verify(&raw, allowed, delivery))
    };
    let mail = mail::read(&raw, &wordings);
    assert_eq!(prove().result, Proof::Genuine);
    let finding = mail::classify(&mail, &wordings);
    assert_eq!(finding.verdict, Verdict::Decision(Outcome::Honored));

    println!(
        "reading the decision of June 2024 ({} bytes, one core):",
        raw.len()
    );
    let whole = best(|| {
        let proof = prove();
        let finding = mail::classify(&mail::read(&raw, &wordings), &wordings);
        (proof, finding)
    });
    let stages = [
        (
            "parse: MIME, HTML, what is visible",
            best(|| mail::read(&raw, &wordings)),
        ),
        ("prove: DKIM, RSA-2048, key at hand", best(prove)),
        (
            "read: wordings of all languages",
            best(|| mail::classify(&mail, &wordings)),
        ),
    ];
    for (name, time) in stages {
        let share = time.as_secs_f64() / whole.as_secs_f64() * 100.0;
        println!("  {name:<36} {time:>9.2?}   {share:>5.1} %");
    }
    let rate = 1.0 / whole.as_secs_f64();
    println!(
        "  {:<36} {whole:>9.2?}   {rate:>7.0} messages a second",
        "the whole"
    );
    println!("  {:.2} times the goal of {GOAL:.0} a second", rate / GOAL);
}

/// The time of one call, by the best of some turns.
fn best<T>(mut work: impl FnMut() -> T) -> Duration {
    let turn = |_| {
        let start = Instant::now();
        for _ in 0..MESSAGES {
            black_box(work());
        }
        start.elapsed() / MESSAGES
    };
    (0..TURNS).map(turn).min().unwrap()
}
