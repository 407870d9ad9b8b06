//! Never deaf without knowing it: connections that freeze, break and crawl, and what the program
//! puts on record of the time it did not hear.

use std::fs;

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

use crate::support::dovecot::{Dovecot, LOGIN, Options, PASSWORD};
use crate::support::imap_script::{Step, answer, close, send};
use crate::support::meta::{Meta, newsletter};
use crate::support::proxy::Proxy;
use crate::support::watched::{Mailbox, Watched, password};
use crate::support::{PATIENCE, log, wait_until};

mod breaks;
mod heartbeat;
mod judged;
mod sign_in;
mod tokens;

const CODE: &str = "482913";

/// A mailbox behind a proxy.
struct Line {
    dovecot: Dovecot,
    proxy: Proxy,
    meta: Meta,
}

impl Line {
    fn to(options: Options) -> Option<Self> {
        let dovecot = Dovecot::with(options)?;
        let proxy = Proxy::to(dovecot.port());
        let meta = Meta::new();
        Some(Self {
            dovecot,
            proxy,
            meta,
        })
    }

    /// What stands in `imap`, TLS but for whoever has to look at the bytes.
    fn imap(&self, tls: &str) -> String {
        let trust = match tls {
            "none" => String::new(),
            _ => format!(
                ", ca_file = {:?}",
                self.dovecot.ca_file().display().to_string()
            ),
        };
        let port = self.proxy.port();
        format!(r#"host = "localhost", port = {port}, login = "{LOGIN}", tls = "{tls}"{trust}"#)
    }

    fn watched(&self, sweep: &str) -> Watched {
        let mailbox = Mailbox {
            imap: self.imap("implicit"),
            access: password(PASSWORD),
            folders: &["INBOX"],
            sweep,
        };
        let watched = Watched::start(&self.meta, &mailbox);
        watched.wait_until_said("watching", 1);
        watched
    }

    fn deliver(&self, code: &str) {
        self.dovecot.deliver("INBOX", &self.meta.code(code));
    }
}

/// A server that takes everything and closes the connection in IDLE.
fn breaks_in_idle() -> Vec<Step> {
    vec![
        send("* OK [CAPABILITY IMAP4rev1 IDLE] ready\r\n"),
        answer("LOGIN", "TAG OK [CAPABILITY IMAP4rev1 IDLE] in\r\n"),
        answer(
            "EXAMINE",
            "* 0 EXISTS\r\n* OK [UIDVALIDITY 7]\r\nTAG OK\r\n",
        ),
        answer("UID SEARCH", "* SEARCH\r\nTAG OK\r\n"),
        answer("IDLE", "+ idling\r\n"),
        close(),
    ]
}

// --- Silence. ------------------------------------------------------------------------------------

#[test]
fn a_connection_that_freezes_is_found_by_the_sweep() {
    let Some(line) = Line::to(Options::default()) else {
        return;
    };
    let watched = line.watched("6 s");
    line.proxy.freeze();
    line.deliver(CODE);
    watched.hands_over(CODE, 1);
    assert_eq!(line.proxy.made(), 2);
}

#[test]
fn a_connection_that_freezes_is_found_within_seconds_while_a_code_is_expected() {
    let Some(line) = Line::to(Options::default()) else {
        return;
    };
    // By the sweep alone it would be found in an hour.
    let watched = line.watched("10 min");
    watched.run(&["arm"]);
    line.proxy.freeze();
    line.deliver(CODE);
    watched.hands_over(CODE, 1);
}

#[test]
fn a_connection_that_froze_before_the_arming_is_found_by_it() {
    let Some(line) = Line::to(Options::default()) else {
        return;
    };
    let watched = line.watched("10 min");
    line.proxy.freeze();
    // The program waits in IDLE on a dead connection and has no reason to doubt it.
    watched.run(&["arm"]);
    line.deliver(CODE);
    watched.hands_over(CODE, 1);
}

#[test]
fn a_slow_line_of_single_bytes_carries_everything() {
    let Some(line) = Line::to(Options::default()) else {
        return;
    };
    line.proxy.split();
    line.proxy.delay(std::time::Duration::from_millis(20));
    line.deliver("771204");
    let watched = line.watched("10 min");
    watched.hands_over("771204", 1);
    line.deliver(CODE);
    watched.hands_over(CODE, 2);
    assert_eq!(line.proxy.made(), 1);
}

#[test]
fn the_kernel_asks_after_a_connection_that_nobody_uses() {
    let Some(line) = Line::to(Options::default()) else {
        return;
    };
    let watched = line.watched("10 min");
    // Remote address, state 01 (established), timer 02 (keep-alive), as proc_net_tcp(5) has them.
    let remote = format!("0100007F:{:04X} 01", line.proxy.port());
    let ours = || {
        let table = fs::read_to_string(format!("/proc/{}/net/tcp", watched.running.pid())).unwrap();
        let ours = table.lines().filter(|line| line.contains(&remote));
        ours.map(str::to_owned).collect::<Vec<_>>()
    };
    let is_kept_alive = || ours().iter().any(|line| line.contains(" 02:"));
    assert!(wait_until(PATIENCE, is_kept_alive), "{:?}", ours());
}

// --- What was not heard is on record. ------------------------------------------------------------

#[test]
fn a_time_without_hearing_is_on_record_with_what_was_found_in_it() {
    let Some(line) = Line::to(Options::default()) else {
        return;
    };
    let mut watched = line.watched("1 s");
    assert!(watched.running.stop(PATIENCE).success());
    // The last proof is an hour old, as after a night without power.
    let store = Connection::open(watched.home.state().join("sustained.db")).unwrap();
    let hour = SignedDuration::from_hours(1);
    let changed = "UPDATE mailbox SET heard_at = heard_at - 3600000000 RETURNING heard_at";
    let from: i64 = store.query_row(changed, [], |row| row.get(0)).unwrap();
    let from = Timestamp::from_microsecond(from).unwrap();
    drop(store);
    line.deliver(CODE);
    watched.running = watched.home.run();
    let gap = log::wait_for(&watched.home, "mailbox.gap");
    let time = |key: &str| gap[key].as_str().unwrap().parse::<Timestamp>().unwrap();
    assert!(time("from").duration_since(from).abs() < SignedDuration::from_secs(1));
    assert!(time("until").duration_since(from) > hour, "{gap}");
    assert_eq!(gap["found"], 1);
    watched.hands_over(CODE, 1);
    let log = watched.run(&["log"]);
    assert!(
        log.contains("INBOX not provably heard from") && log.contains("1 found then"),
        "{log}"
    );
}

// --- Much at once. -------------------------------------------------------------------------------

#[test]
fn ten_thousand_messages_that_arrive_during_catch_up_are_looked_at_once_each() {
    const MESSAGES: u32 = 10_000;
    const EVERY: u32 = 100;
    let Some(line) = Line::to(Options::default()) else {
        return;
    };
    let deliver = |number: u32| {
        if number.is_multiple_of(EVERY) {
            line.deliver(&(100_000 + number).to_string());
        } else {
            line.dovecot.deliver("INBOX", &newsletter(number as usize));
        }
    };
    (0..MESSAGES / 4).for_each(deliver);
    let mailbox = Mailbox {
        imap: line.imap("implicit"),
        access: password(PASSWORD),
        folders: &["INBOX"],
        sweep: "2 s",
    };
    let watched = Watched::start(&line.meta, &mailbox);
    (MESSAGES / 4..MESSAGES).for_each(deliver);
    let codes = (MESSAGES / EVERY) as usize;
    log::wait_for_count(&watched.home, "code.received", codes);
    // One more that comes behind all of them is the last that is seen.
    line.deliver("999999");
    log::wait_for_count(&watched.home, "code.received", codes + 1);
    let mut seen: Vec<String> = log::recorded(&watched.home)
        .iter()
        .filter(|event| event["type"] == "code.received")
        .map(|event| event["message"].to_string())
        .collect();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), codes + 1);
}
