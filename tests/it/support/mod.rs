//! The test ground: real IMAP servers, one that speaks from a script, and the real program.
//!
//! Nothing here sleeps for luck, uses a fixed port or shares a file with another test: every wait
//! is for a condition and has a deadline, so the tests run side by side and end by themselves.

pub mod browsers;
pub mod certificates;
pub mod courier;
pub mod cyrus;
pub mod dns;
pub mod dovecot;
pub mod forms;
pub mod http_sink;
pub mod imap_script;
pub mod issuer;
pub mod log;
pub mod meta;
pub mod notify;
pub mod place;
pub mod process;
pub mod proxy;
pub mod server;
pub mod smtp_sink;
pub mod step;
pub mod strace;
pub mod terminal;
pub mod transcript;
pub mod watched;
pub mod wire;

use std::env;
use std::thread;
use std::time::{Duration, Instant};

/// Long enough for a loaded machine; a test that works never waits for it.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// How often a condition is looked at: far below what a person or a server would notice.
const POLL: Duration = Duration::from_millis(10);

/// Looks at `condition` until it holds, and says whether it did before `deadline` had passed.
pub fn wait_until(deadline: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + deadline;
    loop {
        if condition() {
            return true;
        }
        if Instant::now() >= end {
            return false;
        }
        thread::sleep(POLL);
    }
}

/// Whether `code` stands in `text`, and not by chance inside a digest or a fraction of a second.
pub fn shows(text: &str, code: &str) -> bool {
    let is_apart = |at: usize| {
        let before = text[..at].chars().next_back();
        let behind = text[at + code.len()..].chars().next();
        let mut beside = before.into_iter().chain(behind);
        !beside.any(|one| one.is_ascii_alphanumeric())
    };
    text.match_indices(code).any(|(at, _)| is_apart(at))
}

/// Whether this is the run that decides: there, nothing may be skipped.
pub fn is_ci() -> bool {
    env::var("CI").is_ok_and(|value| !value.is_empty() && value != "0" && value != "false")
}

/// A program that a test needs is not there: says so, and fails where nothing may be skipped.
pub fn missing(program: &str, package: &str) {
    skipped(&format!(
        "{program} is missing: install Debian's package `{package}`"
    ));
}

/// A test cannot run here: says what it needs, and fails where nothing may be skipped.
pub fn skipped(advice: &str) {
    assert!(!is_ci(), "{advice}");
    eprintln!("SKIPPED: {advice}");
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::wait_until;

    #[test]
    fn waiting_ends_with_the_condition_or_with_the_deadline() {
        let mut looks = 0;
        assert!(wait_until(super::PATIENCE, || {
            looks += 1;
            looks == 3
        }));
        assert_eq!(looks, 3);
        assert!(!wait_until(Duration::ZERO, || false));
    }
}
