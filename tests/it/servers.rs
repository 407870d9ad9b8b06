//! Servers other than Dovecot: the real program watches a real Cyrus and a real Courier.
//!
//! The program also looks by itself, a second after it was woken and then ever more rarely. That
//! these servers' IDLE tells of a mail at once is held in `support/cyrus.rs` and `courier.rs`.

use crate::support::dovecot::LOGIN as ADDRESS;
use crate::support::meta::{Meta, newsletter};
use crate::support::process::{Home, Running};
use crate::support::server::{LOGIN, PASSWORD, Server};
use crate::support::step::Step;
use crate::support::{PATIENCE, courier, cyrus, log, wait_until};

/// A home that watches two folders of one server.
struct Journey {
    home: Home,
    step: Step,
    meta: Meta,
    running: Running,
}

impl Journey {
    fn to(server: &Server, junk: &str) -> Self {
        let home = Home::empty();
        let step = Step::new(&home);
        let meta = Meta::new();
        let config = format!(
            "[[mailbox]]\nname = \"me\"\naddress = \"{ADDRESS}\"\naccounts = [\"facebook\"]\n\
             imap = {{ host = \"127.0.0.1\", port = {}, tls = \"none\", login = \"{LOGIN}\" }}\n\
             password = {{ value = \"{PASSWORD}\" }}\nfolders = [\"INBOX\", {junk:?}]\n\n\
             [[alert]]\nurl = \"stdout:\"\n\n[watch]\nsweep = \"1 h\"\ndeaf_after = \"2 h\"\n\n\
             {}\n{}",
            server.port(),
            step.table(),
            meta.pinned_keys(),
        );
        home.write("config/sustained/config.toml", &config);
        let running = home.run();
        let journey = Self {
            home,
            step,
            meta,
            running,
        };
        journey.wait_until_said("watching", 2);
        journey
    }

    /// Waits until so many lines of the program's log have `part` in them.
    fn wait_until_said(&self, part: &str, count: usize) {
        let said = || {
            let lines = self.running.stderr();
            lines.iter().filter(|line| line.contains(part)).count() >= count
        };
        assert!(wait_until(PATIENCE, said), "{}", self.running.talk());
    }

    /// A code that arrives in `folder` is the `count`th to be handed over.
    fn hands_over(&self, server: &Server, folder: &str, code: &str, count: usize) {
        server.deliver(folder, &self.meta.code(code));
        let there = wait_until(PATIENCE, || self.step.handed_over().len() >= count);
        assert!(there, "{}\n{}", self.running.talk(), server.log());
        let handed = self.step.wait_for(count);
        assert!(Step::has_code(&handed, code), "another code");
        log::wait_for_count(&self.home, "submission.accepted", count);
    }
}

/// From INBOX, where old mail lies, from the empty junk folder, and after the server was gone:
/// each code once.
fn watches(mut server: Server, junk: &str, junk_on_server: &str) {
    server.deliver("INBOX", &newsletter(1));
    let mut journey = Journey::to(&server, junk);
    journey.hands_over(&server, "INBOX", "482913", 1);
    journey.hands_over(&server, junk_on_server, "771204", 2);
    assert_eq!(
        log::wait_for_count(&journey.home, "code.received", 2)["folder"],
        junk
    );
    server.stop();
    journey.wait_until_said("WARN", 1);
    server.restart();
    journey.hands_over(&server, "INBOX", "305518", 3);
    assert!(journey.running.stop(PATIENCE).success());
    assert_eq!(
        log::types(&journey.home),
        ["code.received", "submission.accepted"].repeat(3)
    );
    assert_eq!(journey.step.handed_over().len(), 3);
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
