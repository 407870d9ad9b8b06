//! `sustained check --prove`: a marked message in real folders, heard, and gone again.

use std::fs;

use rustix::process::Signal;

use super::{Said, command, mailbox, on};
use crate::support::dovecot::{Dovecot, LOGIN, Options, PASSWORD, Tls};
use crate::support::place::Place;
use crate::support::process::{Home, Running};
use crate::support::proxy::Proxy;
use crate::support::server::Server;
use crate::support::{PATIENCE, courier, cyrus, log, server};

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
    assert_eq!(said.check("mailbox me: INBOX the server's clock").0, "pass");
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
    assert_eq!(said.check("mailbox me: \\Junk is heard").0, "skip");
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
fn what_a_test_that_was_cut_off_has_left_is_named_and_stays() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let left = |id: &str| {
        let text = format!(
            "From: sustained check <check@sustained.invalid>\r\nMessage-ID: <{id}>\r\n\r\nx\r\n"
        );
        dovecot.deliver("INBOX", text.as_bytes());
    };
    left(&format!("{}@sustained.invalid", "0f".repeat(16)));
    left("somebody-else@sustained.invalid");
    let said = Said::by(&on(&dovecot), &["--prove"]);
    let (status, observed) = said.check("mailbox me: INBOX older test messages");
    assert_eq!(status, "warn");
    assert!(observed.starts_with("one of a test"), "{observed}");
    assert_eq!(said.check("mailbox me: INBOX left as it was").0, "pass");
    assert_eq!(dovecot.count("INBOX"), 2, "{}", said.text);
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

/// A home on a server that is spoken to in plain text through a proxy, one folder of it.
fn through(proxy: &Proxy) -> Home {
    let server = format!(
        "host = \"127.0.0.1\", port = {}, tls = \"none\"",
        proxy.port()
    );
    let config = mailbox(&server, "");
    Home::new(&config.replace("password =", "folders = [\"INBOX\"]\npassword ="))
}

fn in_plain_text() -> Option<(Dovecot, Proxy)> {
    let dovecot = Dovecot::with(Options {
        tls: Tls::None,
        ..Options::default()
    })?;
    dovecot.fill("INBOX", 1);
    let proxy = Proxy::to(dovecot.port());
    Some((dovecot, proxy))
}

#[test]
fn a_server_that_announces_nothing_is_found_out_and_the_sweep_is_proved_all_the_same() {
    let Some((dovecot, proxy)) = in_plain_text() else {
        return;
    };
    proxy.mute();
    let said = Said::by(&through(&proxy), &["--prove"]);
    let (status, observed) = said.check("mailbox me: INBOX by IDLE");
    assert_eq!(status, "warn");
    assert!(observed.contains("not announced within 30 s"), "{observed}");
    assert_eq!(said.check("mailbox me: INBOX by the sweep").0, "pass");
    assert_eq!(said.check("mailbox me: INBOX left as it was").0, "pass");
    assert_eq!((said.code, dovecot.count("INBOX")), (Some(0), 1));
}

#[test]
fn a_test_message_that_somebody_moves_is_missed_and_nothing_else_is_touched() {
    let Some((dovecot, proxy)) = in_plain_text() else {
        return;
    };
    let home = through(&proxy);
    proxy.hold_at("SELECT");
    let mut running = Running::start(command(&home, &["--prove"]));
    proxy.wait_until_held();
    let mut client = dovecot.client();
    client.command("SELECT INBOX").unwrap();
    client.command("UID MOVE 2:* Junk").unwrap();
    proxy.release();
    assert_eq!(running.wait(PATIENCE).code(), Some(1));
    let said = running.stdout().join("\n");
    assert!(
        said.contains("a test message is not where it was put"),
        "{said}"
    );
    assert!(said.contains("A test by sustained"), "{said}");
    assert_eq!((dovecot.count("INBOX"), dovecot.count("Junk")), (1, 2));
}

/// Ends the proof by a signal when the client's bytes hold `command`, and lets them go on then.
fn ends_well(command: &'static str, signal: Signal) {
    let Some((dovecot, proxy)) = in_plain_text() else {
        return;
    };
    let home = through(&proxy);
    proxy.hold_at(command);
    let mut running = Running::start(self::command(&home, &["--prove"]));
    proxy.wait_until_held();
    running.signal(signal);
    proxy.release();
    assert_eq!(running.wait(PATIENCE).code(), Some(1));
    let said = running.stdout().join("\n");
    assert!(said.contains("\"name\":\"interrupted\""), "{said}");
    assert_eq!(dovecot.count("INBOX"), 1, "{said}");
}

#[test]
fn a_proof_that_is_interrupted_while_the_message_is_on_its_way_leaves_nothing_behind() {
    ends_well("Auto-Submitted", Signal::INT);
}

#[test]
fn a_proof_whose_terminal_is_closed_leaves_nothing_behind() {
    ends_well("HEADER.FIELDS (MESSAGE-ID)", Signal::HUP);
}

#[test]
fn a_proof_that_is_ended_while_it_cleans_up_cleans_up() {
    ends_well("SELECT", Signal::TERM);
}

#[test]
fn a_folder_that_is_not_there_keeps_no_other_from_being_proved() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let home = on(&dovecot);
    let config = fs::read_to_string(home.config()).unwrap();
    let folders = "folders = [\"Nope\", \"INBOX\"]\npassword =";
    home.write(
        "config/sustained/config.toml",
        &config.replace("password =", folders),
    );
    let said = Said::by(&home, &["--prove"]);
    assert_eq!(said.check("mailbox me: Nope is heard").0, "fail");
    assert!(!said.text.contains("Nope left"), "{}", said.text);
    assert_eq!(said.check("mailbox me: INBOX by IDLE").0, "pass");
    assert_eq!(said.code, Some(1));
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
    // What came behind it was looked at, so it was, too.
    place.deliver("1", &place.meta.code("482913"));
    log::wait_for(&place.home, "submission.accepted");
    assert!(running.stop(PATIENCE).success());
    assert_eq!(
        log::types(&place.home),
        ["code.received", "submission.accepted"]
    );
}
