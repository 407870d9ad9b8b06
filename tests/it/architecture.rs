//! The house's rules, checked on its own text: who may use whom, sizes, names, and what must not
//! stand anywhere.
//!
//! The source is read as text by a hand-made scanner. It knows comments, strings, paths and
//! braces, and no types: it catches slips, not a determined evasion. Each rule is a function from
//! files to violations, and each has a test on a small breach, so that it is known to be able to
//! fail.

mod crates;
mod names;
mod package;
mod purity;
mod rooms;
mod rust_version;
mod scan;
mod secrets;
mod sizes;
mod tree;

use scan::Source;

/// Fails with every violation at once.
fn assert_none(violations: &[String]) {
    assert!(
        violations.is_empty(),
        "{} violations:\n{}",
        violations.len(),
        violations.join("\n")
    );
}

/// What `rule` finds in one made-up file.
fn breaches(rule: impl Fn(&[Source]) -> Vec<String>, path: &str, text: &str) -> usize {
    rule(&[Source::new(path, text)]).len()
}
