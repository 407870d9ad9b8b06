//! `sustained check --prove`: a marked message in real folders, heard, and gone again.

use std::fs;

use rustix::process::Signal;

use super::{Said, command, mailbox, on};
use crate::support::dovecot::{Dovecot, LOGIN, Options, PASSWORD};
use crate::support::place::Place;
use crate::support::process::{Home, Running};
use crate::support::server::Server;
use crate::support::{PATIENCE, courier, cyrus, server, wait_until};

#[test]
fn both_folders_of_a_server_are_heard_by_idle_and_by_looking_and_left_as_they_were() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    dovecot.fill("INBOX", 2);
    let said = Said::by(&on(&dovecot), &["--prove"]);
    for folder in ["INBOX", "\\Junk"] {
        for what in ["by IDLE", "by the sweep", "left as it was"] {
            let (status, observed) = said.check(&format!("mailbox me: {folder} {what}"));
            assert_eq!(status, "pass", "{folder} {what}: {observed}");
        }
    }
    let (_, observed) = said.check("mailbox me: INBOX by IDLE");
    assert!(observed.starts_with("announced "), "{observed}");
    assert_eq!(said.check("mailbox me: server's clock").0, "pass");
    assert_eq!(said.code, Some(0), "{}", said.text);
    assert_eq!((dovecot.count("INBOX"), dovecot.count("Junk")), (2, 0));
    for private in [LOGIN, PASSWORD] {
        assert!(!said.text.contains(private), "{}", said.text);
    }
    // Nothing else is tried.
    assert_eq!(said.checks[2]["name"], "mailbox me: INBOX by IDLE");
}

#[test]
fn without_idle_looking_alone_is_proved() {
    let Some(dovecot) = Dovecot::with(Options {
        idle: false,
        junk: None,
        ..Options::default()
    }) else {
        return;
    };
    let said = Said::by(&on(&dovecot), &["--prove", "me"]);
    assert_eq!(said.check("mailbox me: INBOX by IDLE").0, "skip");
    assert_eq!(said.check("mailbox me: INBOX by the sweep").0, "pass");
    assert_eq!(said.check("mailbox me: \\Junk is proved").0, "skip");
    assert_eq!(dovecot.count("INBOX"), 0);
}

#[test]
fn where_one_message_alone_cannot_be_thrown_away_nothing_is() {
    let Some(dovecot) = Dovecot::with(Options {
        uidplus: false,
        junk: None,
        ..Options::default()
    }) else {
        return;
    };
    dovecot.fill("INBOX", 1);
    // One that the person has marked as deleted and may want back.
    let mut client = dovecot.client();
    client.command("SELECT INBOX").unwrap();
    client.command("STORE 1 +FLAGS (\\Deleted)").unwrap();
    let said = Said::by(&on(&dovecot), &["--prove"]);
    let (status, observed) = said.check("mailbox me: INBOX left as it was");
    assert_eq!(status, "warn");
    assert!(observed.contains("marked as deleted"), "{observed}");
    assert_eq!(dovecot.count("INBOX"), 3, "{}", said.text);
}

#[test]
fn a_mailbox_that_is_not_there_is_named_with_those_that_are() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let said = Said::by(&on(&dovecot), &["--prove", "you"]);
    let (status, observed) = said.check("mailbox");
    assert_eq!(status, "fail");
    assert!(observed.ends_with("there are: me"), "{observed}");
}

#[test]
fn an_interrupted_proof_leaves_nothing_behind() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let home = on(&dovecot);
    let mut running = Running::start(command(&home, &["--prove"]));
    assert!(
        wait_until(PATIENCE, || dovecot.count("INBOX") > 0),
        "{}",
        running.talk()
    );
    // IDLE tells of it half a second later at the earliest.
    running.signal(Signal::INT);
    assert_eq!(running.wait(PATIENCE).code(), Some(1));
    let said = running.stdout().join("\n");
    assert!(said.contains("\"name\":\"interrupted\""), "{said}");
    assert_eq!(dovecot.count("INBOX"), 0, "{said}");
}

/// Servers whose mail is not Dovecot's.
fn proves(server: &Server, junk: &str) {
    let port = server.port();
    let config = mailbox(
        &format!("host = \"127.0.0.1\", port = {port}, tls = \"none\""),
        "",
    )
    .replace(LOGIN, server::LOGIN)
    .replace("address = \"", "address = \"x@example.org\" # \"")
    .replace(
        "password =",
        &format!("folders = [\"INBOX\", {junk:?}]\npassword ="),
    );
    let said = Said::by(&Home::new(&config), &["--prove"]);
    for folder in ["INBOX", junk] {
        for what in ["by IDLE", "by the sweep", "left as it was"] {
            let (status, observed) = said.check(&format!("mailbox me: {folder} {what}"));
            assert_eq!(status, "pass", "{folder} {what}: {observed}");
        }
    }
    let mut client = server.client();
    let opened = client.command("EXAMINE INBOX").unwrap();
    assert!(opened.iter().any(|line| line == "* 0 EXISTS"), "{opened:?}");
}

#[test]
fn cyrus_is_proved() {
    if let Some(cyrus) = cyrus::start() {
        proves(&cyrus, "\\Junk");
    }
}

#[test]
fn courier_is_proved() {
    if let Some(courier) = courier::start() {
        proves(&courier, courier::JUNK);
    }
}

#[test]
fn a_maildir_is_heard_by_inotify_and_left_as_it_was() {
    let place = Place::new("accounts = [\"facebook\"]");
    let said = Said::by(&place.home, &["--prove"]);
    let (status, observed) = said.check("mailbox me: INBOX by inotify");
    assert_eq!(status, "pass", "{observed}");
    assert_eq!(said.check("mailbox me: INBOX left as it was").0, "pass");
    for folder in ["new", "cur", "tmp"] {
        let folder = place.home.path().join("Maildir").join(folder);
        assert_eq!(fs::read_dir(folder).unwrap().count(), 0);
    }
}

#[test]
fn a_daemon_beside_it_takes_no_notice() {
    let place = Place::new("accounts = [\"facebook\"]");
    let mut running = place.run();
    let said = Said::by(&place.home, &["--prove"]);
    assert_eq!(said.code, Some(0), "{}", said.text);
    assert!(running.stop(PATIENCE).success());
    assert_eq!(
        crate::support::log::types(&place.home),
        Vec::<String>::new()
    );
    assert_eq!(running.stdout(), Vec::<String>::new(), "nobody is told");
}
