//! Servers other than Dovecot: the real program watches a real Cyrus and a real Courier.
//!
//! The program also looks by itself, a second after it was woken and then ever more rarely. That
//! these servers' IDLE tells of a mail at once is held in `support/cyrus.rs` and `courier.rs`.

use crate::support::meta::{Meta, newsletter};
use crate::support::server::{LOGIN, Server};
use crate::support::watched::{Mailbox, Watched};
use crate::support::{PATIENCE, courier, cyrus, log};

/// From INBOX, where old mail lies, from the empty junk folder, and after the server was gone:
/// each code once.
fn watches(mut server: Server, junk: &str, junk_on_server: &str) {
    server.deliver("INBOX", &newsletter(1));
    let meta = Meta::new();
    let mailbox = Mailbox {
        folders: &["INBOX", junk],
        ..Mailbox::in_plain_text(server.port(), LOGIN)
    };
    let mut watched = Watched::start(&meta, &mailbox);
    watched.wait_until_said("watching", 2);
    server.deliver("INBOX", &meta.code("482913"));
    watched.hands_over("482913", 1);
    server.deliver(junk_on_server, &meta.code("771204"));
    watched.hands_over("771204", 2);
    let received = log::wait_for_count(&watched.home, "code.received", 2);
    assert_eq!(received["folder"], junk);
    server.stop();
    watched.wait_until_said("WARN", 1);
    server.restart();
    server.deliver("INBOX", &meta.code("305518"));
    watched.hands_over("305518", 3);
    assert!(watched.running.stop(PATIENCE).success());
    assert_eq!(
        log::types(&watched.home),
        ["code.received", "submission.accepted"].repeat(3)
    );
    assert_eq!(watched.step.handed_over().len(), 3);
}

#[test]
fn cyrus_is_watched_by_idle_and_through_a_restart() {
    if let Some(cyrus) = cyrus::start() {
        watches(cyrus, "\\Junk", "Junk");
    }
}

#[test]
fn courier_is_watched_by_idle_and_through_a_restart() {
    if let Some(courier) = courier::start() {
        watches(courier, courier::JUNK, courier::JUNK);
    }
}
