//! How long a mailbox stays unheard when its connection freezes without a word, at the settings
//! that the program comes with.
//!
//! `cargo bench --bench freeze` prints the time from the freeze to the start of the submission
//! command, for a code that arrives at once after it. Nothing here passes or fails by time.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr
)]
// The tests' support is shared; not every part of it is needed here.
#![allow(dead_code, unused_imports)]

#[path = "../tests/it/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use support::dovecot::{Dovecot, LOGIN, PASSWORD};
use support::meta::Meta;
use support::proxy::Proxy;
use support::wait_until;
use support::watched::{Mailbox, Watched, password};

/// Freezes of each kind.
const TURNS: usize = 3;

/// What was measured of another program in the same situation (getmail6 in IDLE; fetchmail,
/// ImapFlow, imapfilter and imapclient had not recovered after 35 minutes).
const BEST_OTHER: Duration = Duration::from_secs(472);

fn main() {
    println!("from a silent freeze to the submission command, default settings, {TURNS} turns:");
    show("no code is expected", &turns(false));
    show("a code is expected (sustained arm)", &turns(true));
}

fn turns(is_armed: bool) -> Vec<Duration> {
    let Some(dovecot) = Dovecot::start() else {
        return vec![];
    };
    let meta = Meta::new();
    let proxy = Proxy::to(dovecot.port());
    let port = proxy.port();
    let ca_file = dovecot.ca_file().display().to_string();
    let mailbox = Mailbox {
        imap: format!(
            r#"host = "localhost", port = {port}, login = "{LOGIN}", ca_file = "{ca_file}""#
        ),
        access: password(PASSWORD),
        folders: &["INBOX"],
        sweep: "60 s",
    };
    let watched = Watched::start(&meta, &mailbox);
    watched.wait_until_said("watching", 1);
    if is_armed {
        watched.run(&["arm"]);
    }
    let turn = |number: usize| {
        // The connection before has proved itself, and the pauses between looks are at their
        // longest.
        wait_until(Duration::from_secs(70), || false);
        proxy.freeze();
        let began = Instant::now();
        dovecot.deliver("INBOX", &meta.code(&(482_000 + number).to_string()));
        let there = || watched.step.handed_over().len() > number;
        assert!(
            wait_until(Duration::from_mins(3), there),
            "{}",
            watched.running.talk()
        );
        began.elapsed()
    };
    (0..TURNS).map(turn).collect()
}

fn show(name: &str, times: &[Duration]) {
    let (Some(least), Some(most)) = (times.iter().min(), times.iter().max()) else {
        return;
    };
    let ratio = most.as_secs_f64() / BEST_OTHER.as_secs_f64();
    println!("  {name:<40} {least:.1?} to {most:.1?}; the longest / getmail6: {ratio:.3}");
}
