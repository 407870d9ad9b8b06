//! The way to a server, step by step: each one is named, and each failure is the right one's.

use std::net::TcpListener;

use jiff::{SignedDuration, Timestamp};

use super::{Said, mailbox, on, on_host};
use crate::support::certificates::Authority;
use crate::support::dovecot::{Dovecot, LOGIN, Options, PASSWORD};
use crate::support::imap_script::{self, ImapScript, answer, hold, send};
use crate::support::process::Home;

#[test]
fn every_step_to_a_server_is_named_and_nobody_is_betrayed() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    dovecot.fill("INBOX", 3);
    let home = on(&dovecot);
    let said = Said::by(&home, &[]);
    for name in [
        "configuration",
        "state folder",
        "free space",
        "mailbox me: password",
        "mailbox me: DNS",
        "mailbox me: TCP",
        "mailbox me: TLS",
        "mailbox me: TLS chain",
        "mailbox me: TLS name",
        "mailbox me: TLS end",
        "mailbox me: greeting",
        "mailbox me: sign-in",
        "mailbox me: capabilities",
        "mailbox me: folder INBOX",
        "mailbox me: folder \\Junk",
        "mailbox me: IDLE",
        "mailbox me: server's clock",
        "alert stdout-1",
    ] {
        assert_eq!(said.check(name).0, "pass", "{name}: {}", said.text);
    }
    assert_eq!(said.check("mailbox me: TLS").1, "TLS 1.3");
    let (_, capabilities) = said.check("mailbox me: capabilities");
    assert!(capabilities.contains("IDLE") && capabilities.contains("UIDPLUS"));
    let (_, folder) = said.check("mailbox me: folder INBOX");
    assert!(folder.starts_with("3 messages, UIDVALIDITY "), "{folder}");
    assert_eq!(said.ended("fail"), Vec::<&str>::new());
    assert_eq!(said.code, Some(0));
    let version = env!("CARGO_PKG_VERSION");
    assert!(
        said.check("program").1.starts_with(version),
        "{}",
        said.text
    );
    let whole = home.path().to_str().unwrap();
    for private in [LOGIN, "example.org", PASSWORD, whole] {
        assert!(!said.text.contains(private), "{private}: {}", said.text);
    }
    assert!(
        said.check("configuration").1.starts_with("~/"),
        "{}",
        said.text
    );
}

#[test]
fn a_certificate_is_judged_by_its_signer_and_by_its_name_apart() {
    let Some(dovecot) = Dovecot::with(Options {
        names: &["127.0.0.1", "mail.example.org"],
        ..Options::default()
    }) else {
        return;
    };
    let said = Said::by(&on(&dovecot), &[]);
    assert_eq!(said.check("mailbox me: TLS chain").0, "pass");
    let (status, observed) = said.check("mailbox me: TLS name");
    assert_eq!(status, "fail");
    for part in ["mail.example.org", "not for localhost"] {
        assert!(observed.contains(part), "{observed}");
    }
    assert_eq!(said.check("mailbox me: sign-in, folders").0, "skip");

    let stranger = tempfile::tempdir().unwrap();
    let stranger = Authority::new(stranger.path());
    let home = Home::new(&mailbox(
        &format!("host = \"127.0.0.1\", port = {}", dovecot.port()),
        &format!("ca_file = {:?}", stranger.ca_file().display().to_string()),
    ));
    let said = Said::by(&home, &[]);
    assert_eq!(said.check("mailbox me: TLS name").0, "pass");
    let (status, observed) = said.check("mailbox me: TLS chain");
    assert_eq!(
        (status, observed),
        ("fail", "nobody who is believed here has signed it")
    );
    assert!(dovecot.log().lines().all(|line| !line.contains("Login:")));
}

#[test]
fn a_pinned_certificate_needs_no_signer_and_no_other_takes_its_place() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let pinned = |fingerprint: &str| {
        Home::new(&mailbox(
            &format!("host = \"127.0.0.1\", port = {}", dovecot.port()),
            &format!("fingerprint = {fingerprint:?}"),
        ))
    };
    let said = Said::by(&pinned(&dovecot.fingerprint()), &[]);
    assert_eq!(
        said.check("mailbox me: TLS chain").1,
        "the one that is pinned"
    );
    assert_eq!(said.check("mailbox me: sign-in").0, "pass");
    let said = Said::by(&pinned(&"0".repeat(64)), &[]);
    assert_eq!(said.check("mailbox me: TLS chain").0, "fail");
    assert_eq!(said.check("mailbox me: sign-in, folders").0, "skip");
}

#[test]
fn a_server_that_is_not_there_is_told_by_what_of_it_is_missing() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let server = format!("host = \"127.0.0.1\", port = {port}, tls = \"none\"");
    let said = Said::by(&Home::new(&mailbox(&server, "")), &[]);
    assert_eq!(said.check("mailbox me: TCP").0, "fail");
    assert_eq!(said.check("mailbox me: TLS, sign-in, folders").0, "skip");
    assert_eq!((said.code, said.worst.as_str()), (Some(1), "fail"));

    let server = "host = \"imap.sustained.invalid\"";
    let said = Said::by(&Home::new(&mailbox(server, "")), &[]);
    let (status, observed) = said.check("mailbox me: DNS");
    assert_eq!(status, "fail");
    assert!(observed.contains("imap.sustained.invalid"), "{observed}");
    assert!(!said.text.contains("\"mailbox me: TCP\""), "{}", said.text);
}

#[test]
fn a_server_that_speaks_no_tls_on_its_port_is_told_so() {
    let script = ImapScript::start(vec![vec![send("* OK hello\r\n"), hold()]]);
    let server = format!("host = \"localhost\", port = {}", script.port());
    let said = Said::by(&Home::new(&mailbox(&server, "")), &[]);
    let (status, _) = said.check("mailbox me: TLS");
    assert_eq!(status, "fail", "{}", said.text);
}

#[test]
fn a_password_that_is_wrong_is_told_at_the_sign_in() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let home = on(&dovecot);
    let config = std::fs::read_to_string(home.config()).unwrap();
    let config = config.replace(PASSWORD, "wrong-horse");
    home.write("config/sustained/config.toml", &config);
    let said = Said::by(&home, &[]);
    let (status, observed) = said.check("mailbox me: sign-in");
    assert_eq!(status, "fail");
    assert!(observed.contains("failed; check login"), "{observed}");
    let behind = "mailbox me: folders, IDLE, server's clock";
    assert_eq!(said.check(behind).0, "skip");
    assert_eq!(said.ended("fail"), ["mailbox me: sign-in"]);
}

#[test]
fn a_secret_that_is_missing_hides_nothing_else() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let home = on(&dovecot);
    let config = std::fs::read_to_string(home.config()).unwrap();
    let value = format!("value = \"{PASSWORD}\"");
    assert!(config.contains(&value));
    let config = config.replace(&value, "env = \"NOT_SET\"");
    home.write("config/sustained/config.toml", &config);
    let said = Said::by(&home, &[]);
    assert_eq!(said.check("mailbox me: password").0, "fail");
    assert_eq!(said.check("mailbox me: TLS name").0, "pass");
    assert_eq!(said.check("mailbox me: greeting").0, "pass");
    assert_eq!(said.check("mailbox me: sign-in, folders").0, "skip");
}

#[test]
fn a_message_from_the_future_tells_of_a_wrong_clock() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let later = Timestamp::now() + SignedDuration::from_hours(3);
    dovecot.deliver_at("INBOX", b"From: a@example.com\r\n\r\nhello\r\n", later);
    let said = Said::by(&on_host(&dovecot, "127.0.0.1"), &[]);
    let (status, observed) = said.check("mailbox me: server's clock");
    assert_eq!(status, "warn", "{observed}");
    assert!(observed.contains("s in the future"), "{observed}");
}

#[test]
fn a_server_that_offers_idle_and_refuses_it_is_found_out() {
    let capabilities = "* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR IDLE\r\n";
    let inbox = "* 0 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 1] x\r\n";
    let script = ImapScript::start(vec![
        // The port is knocked at first.
        vec![send("* OK hello\r\n"), hold()],
        vec![
            send("* OK hello\r\n"),
            answer("CAPABILITY", format!("{capabilities}TAG OK done\r\n")),
            answer("AUTHENTICATE PLAIN", "TAG OK in\r\n"),
            answer("CAPABILITY", format!("{capabilities}TAG OK done\r\n")),
            answer("EXAMINE", format!("{inbox}TAG OK [READ-ONLY] open\r\n")),
            answer("EXAMINE", format!("{inbox}TAG OK [READ-ONLY] open\r\n")),
            answer("IDLE", "TAG NO not today\r\n"),
            answer("LOGOUT", "* BYE\r\nTAG OK bye\r\n"),
            imap_script::close(),
        ],
    ]);
    let server = format!(
        "host = \"127.0.0.1\", port = {}, tls = \"none\"",
        script.port()
    );
    let config = mailbox(&server, "").replace("password =", "folders = [\"INBOX\"]\npassword =");
    let said = Said::by(&Home::new(&config), &[]);
    let (status, observed) = said.check("mailbox me: IDLE");
    assert_eq!(status, "warn", "{}", script.transcript());
    assert!(observed.contains("offered and refused"), "{observed}");
    assert_eq!(said.check("mailbox me: server's clock").0, "skip");
    assert_eq!(script.deviation(), None);
}
