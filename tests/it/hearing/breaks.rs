//! A server that dies in the middle of something, whatever it was: nothing is lost and nothing is
//! handed over twice. And a thousand broken connections leave nothing behind.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use super::{Line, breaks_in_idle};
use crate::support::dovecot::{Options, PASSWORD, Tls};
use crate::support::imap_script::{ImapScript, hold};
use crate::support::process::{Home, Running};
use crate::support::watched::{Mailbox, Watched, password};
use crate::support::{PATIENCE, wait_until};

/// The server is killed while `command` is on its way to it, and started again.
fn dies_at(command: &'static str) {
    let options = Options {
        tls: Tls::None,
        ..Options::default()
    };
    let Some(mut line) = Line::to(options) else {
        return;
    };
    // Something of Meta's is there, so that the first look has heads and a body to fetch.
    line.deliver("771204");
    line.proxy.hold_at(command);
    let mailbox = Mailbox {
        imap: line.imap("none"),
        access: password(PASSWORD),
        folders: &["INBOX", "\\Junk"],
        sweep: "4 s",
    };
    let watched = Watched::start(&line.meta, &mailbox);
    line.proxy.wait_until_held();
    line.dovecot.stop();
    line.proxy.release();
    watched.wait_until_said("WARN", 1);
    line.dovecot.restart();
    watched.hands_over("771204", 1);
    line.deliver("482913");
    watched.hands_over("482913", 2);
    assert_eq!(watched.step.handed_over().len(), 2);
}

#[test]
fn a_server_that_dies_at_the_sign_in() {
    dies_at("AUTHENTICATE");
}

#[test]
fn a_server_that_dies_while_folders_are_listed() {
    dies_at("LIST");
}

#[test]
fn a_server_that_dies_while_a_folder_is_opened() {
    dies_at("EXAMINE");
}

#[test]
fn a_server_that_dies_while_the_end_is_looked_for() {
    dies_at("UID FETCH *");
}

#[test]
fn a_server_that_dies_in_a_search() {
    dies_at("UID SEARCH");
}

#[test]
fn a_server_that_dies_before_the_heads() {
    dies_at("BODY.PEEK[HEADER");
}

#[test]
fn a_server_that_dies_before_the_body() {
    dies_at("BODY.PEEK[]");
}

#[test]
fn a_server_that_dies_while_it_is_asked_to_notify() {
    dies_at("NOTIFY SET");
}

#[test]
fn a_server_that_dies_at_idle() {
    dies_at("IDLE");
}

#[test]
fn a_server_that_dies_at_the_end_of_idle() {
    dies_at("DONE");
}

#[test]
fn a_server_that_dies_at_a_round_trip() {
    dies_at("NOOP");
}

#[test]
fn a_connection_that_is_cut_without_a_word() {
    let Some(line) = Line::to(Options::default()) else {
        return;
    };
    let watched = line.watched("10 min");
    line.proxy.cut();
    line.deliver("482913");
    watched.hands_over("482913", 1);
}

// --- A thousand broken connections. --------------------------------------------------------------

const MAILBOXES: usize = 50;
const CONNECTIONS: usize = 1000;

/// Open files and threads of the program.
fn held(running: &Running) -> (usize, usize) {
    let count = |what: &str| {
        let entries = fs::read_dir(format!("/proc/{}/{what}", running.pid())).unwrap();
        entries.count()
    };
    (count("fd"), count("task"))
}

#[test]
fn a_thousand_connections_that_break_leave_nothing_behind() {
    // Each breaks in IDLE, when everything has been set up.
    let server = ImapScript::start(vec![breaks_in_idle()]);
    let mailbox = |number: usize| {
        format!(
            "[[mailbox]]\nname = \"m{number}\"\naddress = \"me@example.org\"\n\
             accounts = [\"facebook\"]\npassword = {{ value = \"{PASSWORD}\" }}\n\
             imap = {{ host = \"127.0.0.1\", port = {}, tls = \"none\", login = \"{number}\" }}\n\
             folders = [\"INBOX\"]\n\n",
            server.port()
        )
    };
    let mailboxes: String = (0..MAILBOXES).map(mailbox).collect();
    let rest = "[[alert]]\nurl = \"stdout:\"\n\n[watch]\nsweep = \"1 s\"\ndeaf_after = \"1 h\"\n";
    let home = Home::new(&(mailboxes + rest));
    let mut running = home.run();
    server.wait_for_connections(2 * MAILBOXES, PATIENCE);
    let (files, threads) = held(&running);
    server.wait_for_connections(CONNECTIONS + 2 * MAILBOXES, Duration::from_mins(2));
    // Connections are always under way: each mailbox has one at most, and so many files more, and
    // passwords are read in threads that live for some seconds.
    let is_as_before = || {
        let (files_now, threads_now) = held(&running);
        files_now <= files + MAILBOXES && threads_now <= threads + MAILBOXES
    };
    assert!(
        wait_until(PATIENCE, is_as_before),
        "{files} files and {threads} threads, now {:?}",
        held(&running)
    );
    assert!(running.stop(PATIENCE).success());
}

#[test]
fn whoever_waits_for_its_turn_at_a_silent_server_says_so() {
    // It takes connections and says nothing on them; so many may wait for it at once.
    let server = ImapScript::start(vec![vec![hold()]]);
    let port = server.port();
    let mut config = "[[alert]]\nurl = \"stdout:\"\n\n".to_owned();
    for number in 0..30 {
        write!(
            config,
            "[[mailbox]]\nname = \"m{number}\"\naddress = \"m{number}@example.org\"\n\
             accounts = [\"facebook\"]\nfolders = [\"INBOX\"]\n\
             imap = {{ host = \"127.0.0.1\", port = {port}, tls = \"none\", \
             login = \"m{number}\" }}\n{}\n\n",
            password(PASSWORD)
        )
        .unwrap();
    }
    let home = Home::new(&config);
    let running = home.run();
    running.wait_for_line("connections of other mailboxes are on their way", PATIENCE);
}
