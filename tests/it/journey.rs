//! The main job, end to end: the real program, a real Dovecot over TLS, a real submission step.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use rusqlite::Connection;
use serde_json::Value;

use crate::support::dns::{DnsServer, Reply};
use crate::support::dovecot::{Dovecot, LOGIN, Options, PASSWORD};
use crate::support::meta::{Meta, SELECTOR, newsletter, unsigned_code};
use crate::support::process::{Home, Running};
use crate::support::step::Step;
use crate::support::{PATIENCE, log, shows};

/// A home, its step and its sender, watching one Dovecot.
struct Journey {
    home: Home,
    step: Step,
    meta: Meta,
}

impl Journey {
    fn to(dovecot: &Dovecot) -> Self {
        Self::with(dovecot, r#"folders = ["INBOX"]"#, "exit 0")
    }

    fn with(dovecot: &Dovecot, mailbox: &str, ending: &str) -> Self {
        let home = Home::empty();
        let step = Step::ending(&home, ending);
        let meta = Meta::new();
        home.write(
            "config/sustained/config.toml",
            &config(dovecot, mailbox, &step, &meta),
        );
        Self { home, step, meta }
    }

    /// Starts the daemon and waits until it has caught up.
    fn watched(&self) -> Running {
        let running = self.home.run();
        running.wait_for_line("watching", PATIENCE);
        running
    }
}

fn config(dovecot: &Dovecot, mailbox: &str, step: &Step, meta: &Meta) -> String {
    format!(
        "[[mailbox]]\nname = \"me\"\naddress = \"{LOGIN}\"\naccounts = [\"facebook\"]\n\
         imap = {{ host = \"localhost\", port = {}, login = \"{LOGIN}\", ca_file = {:?} }}\n\
         password = {{ value = \"{PASSWORD}\" }}\n{mailbox}\n\n\
         [[alert]]\nurl = \"stdout:\"\n\n[watch]\nsweep = \"1 s\"\n\n{}\n{}",
        dovecot.port(),
        dovecot.ca_file().display().to_string(),
        step.table(),
        meta.pinned_keys(),
    )
}

/// Flags of every message in INBOX, as Dovecot tells them.
fn flags(dovecot: &Dovecot) -> Vec<String> {
    let mut client = dovecot.client();
    client.command("EXAMINE INBOX").unwrap();
    let lines = client.command("FETCH 1:* (FLAGS)").unwrap();
    lines
        .into_iter()
        .filter(|line| line.contains("FETCH"))
        .collect()
}

#[test]
fn a_code_that_arrives_while_idle_waits_is_handed_over() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let journey = Journey::to(&dovecot);
    let mut running = journey.watched();
    dovecot.deliver("INBOX", &journey.meta.code("482913"));
    let handed = journey.step.wait_for(1);
    assert!(
        Step::has_code(&handed, "482913"),
        "another code was handed over"
    );
    assert_eq!(handed["type"], "code.received");
    assert_eq!(handed["mailbox"], "me");
    assert_eq!(handed["account"], "facebook");
    assert_eq!(handed["authenticity"]["result"], "genuine");
    assert_eq!(handed["authenticity"]["domain"], "facebookmail.com");
    assert_eq!(handed["message"]["from"], "security@facebookmail.com");
    log::wait_for(&journey.home, "submission.accepted");
    assert_eq!(
        log::types(&journey.home),
        ["code.received", "submission.accepted"]
    );
    assert!(running.stop(PATIENCE).success());
    assert!(
        !shows(&running.talk(), "482913"),
        "the code stands in the log"
    );
    assert!(
        !running.talk().contains(PASSWORD),
        "the password stands in the log"
    );
    let flags = flags(&dovecot);
    assert!(flags.len() == 1 && !flags[0].contains("Seen"), "{flags:?}");
}

#[test]
fn a_code_that_arrived_before_the_start_is_handed_over() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let journey = Journey::to(&dovecot);
    dovecot.deliver("INBOX", &newsletter(1));
    dovecot.deliver("INBOX", &journey.meta.code("482913"));
    let _running = journey.watched();
    assert!(Step::has_code(&journey.step.wait_for(1), "482913"));
}

#[test]
fn a_restart_hands_nothing_over_twice() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let journey = Journey::to(&dovecot);
    let mut running = journey.watched();
    dovecot.deliver("INBOX", &journey.meta.code("482913"));
    log::wait_for(&journey.home, "submission.accepted");
    running.kill9();
    let running = journey.watched();
    // What comes afterwards is handed over, so the first was seen again and let be.
    dovecot.deliver("INBOX", &journey.meta.code("771204"));
    assert!(Step::has_code(&journey.step.wait_for(2), "771204"));
    drop(running);
    assert_eq!(journey.step.handed_over().len(), 2);
}

#[test]
fn the_same_mail_in_another_copy_is_handed_over_once() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let journey = Journey::to(&dovecot);
    let _running = journey.watched();
    let code = journey.meta.code("482913");
    dovecot.deliver("INBOX", &code);
    journey.step.wait_for(1);
    // A forwarder's Received line makes other bytes of it; the signature is the same.
    let copy = [b"Received: from relay.example\r\n".as_slice(), &code].concat();
    dovecot.deliver("INBOX", &copy);
    dovecot.deliver("INBOX", &code);
    dovecot.deliver("INBOX", &journey.meta.code("771204"));
    assert!(Step::has_code(&journey.step.wait_for(2), "771204"));
}

#[test]
fn a_forged_code_is_not_handed_over_and_the_person_is_told() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let journey = Journey::to(&dovecot);
    let running = journey.watched();
    let stranger = Meta::new();
    dovecot.deliver("INBOX", &unsigned_code("666666"));
    dovecot.deliver("INBOX", &stranger.code("666667"));
    let tampered = String::from_utf8(journey.meta.code("111111")).unwrap();
    dovecot.deliver("INBOX", tampered.replace("111111", "666668").as_bytes());
    let forged = log::wait_for_count(&journey.home, "mail.forged", 3);
    assert_eq!(
        forged["account"],
        Value::Null,
        "what is not proved touches no case"
    );
    dovecot.deliver("INBOX", &journey.meta.code("482913"));
    assert!(Step::has_code(&journey.step.wait_for(1), "482913"));
    running.wait_for_line("mail.forged", PATIENCE);
}

#[test]
fn a_genuine_code_for_somebody_else_is_not_handed_over() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let journey = Journey::to(&dovecot);
    let _running = journey.watched();
    dovecot.deliver(
        "INBOX",
        &journey.meta.code_to("thief@example.net", "666666"),
    );
    let unproven = log::wait_for(&journey.home, "mail.unproven");
    let reason = unproven["reason"].as_str().unwrap();
    assert!(reason.contains("written to thief@example.net"), "{reason}");
    assert_eq!(unproven["account"], Value::Null);
    assert!(journey.step.handed_over().is_empty());
}

#[test]
fn an_old_code_is_not_handed_over_and_the_person_is_told() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let journey = Journey::to(&dovecot);
    let hour_ago = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(1);
    dovecot.deliver_at("INBOX", &journey.meta.code("482913"), hour_ago);
    let running = journey.watched();
    running.wait_for_line("submission.failed", PATIENCE);
    assert!(journey.step.handed_over().is_empty());
}

#[test]
fn the_three_mails_of_the_article_give_the_right_record() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let journey = Journey::to(&dovecot);
    let mut running = journey.watched();
    dovecot.deliver("INBOX", &journey.meta.notification());
    let notification = log::wait_for(&journey.home, "notification.received");
    assert_eq!(notification["effective"], "2024-06-26");
    let form = "https://www.facebook.com/help/contact/6359191084165019";
    assert_eq!(notification["links"][0], form);
    dovecot.deliver("INBOX", &journey.meta.code("482913"));
    log::wait_for(&journey.home, "submission.accepted");
    let decision = journey.meta.decision();
    dovecot.deliver("INBOX", &decision);
    let decided = log::wait_for(&journey.home, "decision.received");
    assert_eq!(decided["outcome"], "honored");
    assert_eq!(decided["authenticity"]["domain"], "support.facebook.com");
    assert!(decided["seconds_after_code"].as_i64().unwrap() < 60);
    let evidence = journey
        .home
        .state()
        .join(decided["evidence"].as_str().unwrap());
    assert_eq!(
        fs::read(evidence).unwrap(),
        decision,
        "the evidence is the bytes as received"
    );
    assert_eq!(
        log::types(&journey.home),
        [
            "notification.received",
            "code.received",
            "submission.accepted",
            "decision.received"
        ]
    );
    running.wait_for_line("decision.received", PATIENCE);
    let verified = journey.home.output(&["log", "verify", "--json"], b"");
    assert_eq!(verified.stdout, b"{\"intact\":true,\"lines\":4}\n");
    let status = journey.home.output(&["status", "--json"], b"");
    let status: Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(status["healthy"], true);
    assert_eq!(status["cases"][0]["outcome"], "honored");
    assert_eq!(status["cases"][0]["effective_date"], "2024-06-26");
    assert!(running.stop(PATIENCE).success());
}

#[test]
fn junk_is_watched_by_its_special_use() {
    let options = Options {
        junk: Some("Spamverdacht"),
        ..Options::default()
    };
    let Some(dovecot) = Dovecot::with(options) else {
        return;
    };
    let journey = Journey::with(&dovecot, r#"folders = ["INBOX", "\\Junk"]"#, "exit 0");
    let running = journey.watched();
    dovecot.deliver("Spamverdacht", &journey.meta.code("482913"));
    assert!(Step::has_code(&journey.step.wait_for(1), "482913"));
    let recorded = log::wait_for(&journey.home, "code.received");
    assert_eq!(recorded["folder"], "\\Junk");
    dovecot.deliver("Spamverdacht", &journey.meta.decision());
    running.wait_for_line("It lay in the folder for junk mail", PATIENCE);
}

#[test]
fn a_server_without_idle_is_looked_at_by_the_clock() {
    let options = Options {
        idle: false,
        ..Options::default()
    };
    let Some(dovecot) = Dovecot::with(options) else {
        return;
    };
    let journey = Journey::to(&dovecot);
    let _running = journey.watched();
    dovecot.deliver("INBOX", &journey.meta.code("482913"));
    assert!(Step::has_code(&journey.step.wait_for(1), "482913"));
}

#[test]
fn a_server_that_comes_back_is_heard_again_and_nothing_is_missed() {
    let Some(mut dovecot) = Dovecot::start() else {
        return;
    };
    let journey = Journey::to(&dovecot);
    let running = journey.watched();
    dovecot.stop();
    running.wait_for_line("WARN", PATIENCE);
    dovecot.deliver("INBOX", &journey.meta.code("482913"));
    dovecot.restart();
    assert!(Step::has_code(&journey.step.wait_for(1), "482913"));
}

#[test]
fn a_huge_message_and_one_without_header_are_set_aside_and_the_next_is_read() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let journey = Journey::to(&dovecot);
    let running = journey.watched();
    let mut huge = unsigned_code("666666");
    huge.resize(60 * 1024 * 1024, b'x');
    dovecot.deliver("INBOX", &huge);
    dovecot.deliver("INBOX", b"\r\nno header at all\r\n");
    dovecot.deliver("INBOX", b"");
    let forged = log::wait_for(&journey.home, "mail.unproven");
    assert!(
        forged["reason"].as_str().unwrap().contains("larger"),
        "{forged}"
    );
    dovecot.deliver("INBOX", &journey.meta.code("482913"));
    assert!(Step::has_code(&journey.step.wait_for(1), "482913"));
    running.wait_for_line("mail.unproven", PATIENCE);
}

#[test]
fn other_peoples_mail_leaves_no_trace() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let journey = Journey::to(&dovecot);
    let mut running = journey.watched();
    for number in 0..5 {
        dovecot.deliver("INBOX", &newsletter(number));
    }
    dovecot.deliver("INBOX", &journey.meta.notification());
    log::wait_for(&journey.home, "notification.received");
    assert!(running.stop(PATIENCE).success());
    for name in ["sustained.db", "decisions.jsonl", "evidence"] {
        let file = fs::metadata(journey.home.state().join(name)).unwrap();
        assert_eq!(
            file.permissions().mode() & 0o077,
            0,
            "{name} can be read by others"
        );
    }
    let database = Connection::open(journey.home.state().join("sustained.db")).unwrap();
    let count = |table| {
        let sql = format!("SELECT count(*) FROM {table}");
        database
            .query_row(&sql, [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    assert_eq!((count("message"), count("event")), (1, 1));
    let next: i64 = database
        .query_row("SELECT uid_next FROM mailbox", [], |row| row.get(0))
        .unwrap();
    assert_eq!(next, 7, "the cursor stands behind all six");
}

#[test]
fn the_key_is_asked_of_the_configured_resolver() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let journey = Journey::to(&dovecot);
    let name = format!("{SELECTOR}._domainkey.facebookmail.com");
    let dns = DnsServer::start([(name.clone(), Reply::text(journey.meta.record()))]);
    let config = fs::read_to_string(journey.home.config()).unwrap();
    let unpinned = config.replace(&journey.meta.pinned_keys(), "");
    let resolver = format!(
        "{unpinned}\n[authenticity]\nresolver = \"{}\"\n",
        dns.address()
    );
    journey
        .home
        .write("config/sustained/config.toml", &resolver);
    let _running = journey.watched();
    dovecot.deliver("INBOX", &journey.meta.code("482913"));
    assert!(Step::has_code(&journey.step.wait_for(1), "482913"));
    // The decision's key is not there: that is no forgery, and no proof.
    dovecot.deliver("INBOX", &journey.meta.decision());
    let unproven = log::wait_for(&journey.home, "mail.unproven");
    assert_eq!(unproven["authenticity"]["result"], "unproven");
    assert!(dns.questions().contains(&name), "{:?}", dns.questions());
}
