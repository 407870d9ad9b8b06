//! Ways in: STARTTLS and those who stand between, a pinned certificate, a password that is never
//! sent, and refusals that are no wrong password.

use super::{CODE, Line, breaks_in_idle};
use crate::support::dovecot::{LOGIN, Options, PASSWORD, Tls};
use crate::support::imap_script::{ImapScript, Step, answer, close, hold, send};
use crate::support::meta::Meta;
use crate::support::process::Running;
use crate::support::watched::{Mailbox, Watched, password};
use crate::support::{PATIENCE, log};

/// Watches the inbox that `imap` names.
fn watched(meta: &Meta, imap: String) -> Watched {
    let mailbox = Mailbox {
        imap,
        access: password(PASSWORD),
        folders: &["INBOX"],
        sweep: "10 min",
    };
    Watched::start(meta, &mailbox)
}

// --- STARTTLS (nostarttls.secvuln.info). ---------------------------------------------------------

#[test]
fn starttls_protects_the_sign_in_and_all_behind_it() {
    let options = Options {
        tls: Tls::Starttls,
        ..Options::default()
    };
    let Some(line) = Line::to(options) else {
        return;
    };
    line.deliver(CODE);
    watched(&line.meta, line.imap("starttls")).hands_over(CODE, 1);
}

#[test]
fn what_is_slipped_in_before_tls_is_thrown_away() {
    for slipped in [
        "* 1 EXISTS\r\n",
        "S1 OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] done\r\n* PREAUTH in\r\n",
        "S1 NO you should not see this\r\n",
    ] {
        let options = Options {
            tls: Tls::Starttls,
            ..Options::default()
        };
        let Some(line) = Line::to(options) else {
            return;
        };
        line.proxy.inject("Begin TLS", slipped);
        line.deliver(CODE);
        let watched = watched(&line.meta, line.imap("starttls"));
        watched.hands_over(CODE, 1);
        assert_eq!(line.proxy.made(), 1, "{}", watched.running.talk());
    }
}

/// A server that will not do TLS hears nothing but the question for it.
fn hears_nothing(script: Vec<Step>, said: &str) {
    let server = ImapScript::start(vec![script]);
    let port = server.port();
    let imap = format!(r#"host = "localhost", port = {port}, login = "me", tls = "starttls""#);
    let mut watched = watched(&Meta::new(), imap);
    let line = watched.running.wait_for_line("WARN", PATIENCE);
    assert!(line.contains(said), "{line}");
    assert!(watched.running.stop(PATIENCE).success());
    let lines = server.client_lines();
    assert!(
        lines.iter().all(|line| line == "S0 STARTTLS"),
        "{}",
        server.transcript()
    );
}

#[test]
fn a_server_without_starttls_gets_no_password() {
    for refusal in ["TAG NO not here\r\n", "TAG BAD what\r\n"] {
        hears_nothing(
            vec![
                send("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n"),
                answer("STARTTLS", refusal),
                hold(),
            ],
            "refuses STARTTLS",
        );
    }
}

#[test]
fn a_server_that_claims_preauth_before_tls_gets_nothing() {
    hears_nothing(
        vec![send("* PREAUTH welcome back\r\n"), hold()],
        "signed in already, before TLS",
    );
}

#[test]
fn a_server_that_goes_on_in_plain_text_gets_no_password() {
    hears_nothing(
        vec![
            send("* OK ready\r\n"),
            answer("STARTTLS", "TAG OK begin\r\n"),
            send("* OK not TLS at all, go on\r\n"),
            close(),
        ],
        "TLS",
    );
}

// --- A pinned certificate. -----------------------------------------------------------------------

#[test]
fn a_pinned_certificate_is_believed_whoever_signed_it() {
    // The name in it is another one, and no file names its authority.
    let options = Options {
        names: &["elsewhere.example"],
        ..Options::default()
    };
    let Some(line) = Line::to(options) else {
        return;
    };
    let imap = |fingerprint: &str| {
        let port = line.dovecot.port();
        format!(
            r#"host = "localhost", port = {port}, login = "{LOGIN}", fingerprint = "{fingerprint}""#
        )
    };
    line.deliver(CODE);
    let fingerprint = line.dovecot.fingerprint();
    watched(&line.meta, imap(&fingerprint)).hands_over(CODE, 1);

    let another = fingerprint.chars().rev().collect::<String>();
    let watched = watched(&line.meta, imap(&another));
    let said = watched.running.wait_for_line("WARN", PATIENCE);
    assert!(
        said.contains("not the certificate that imap.fingerprint names"),
        "{said}"
    );
    assert!(log::wait_for(&watched.home, "mailbox.deaf")["why"].is_string());
    assert!(watched.step.handed_over().is_empty());
}

// --- SCRAM. --------------------------------------------------------------------------------------

#[test]
fn where_the_server_can_the_password_is_proved_and_not_sent() {
    let options = Options {
        mechanisms: "plain login scram-sha-256",
        ..Options::default()
    };
    let Some(line) = Line::to(options) else {
        return;
    };
    line.deliver(CODE);
    watched(&line.meta, line.imap("implicit")).hands_over(CODE, 1);
    let log = line.dovecot.log();
    assert!(log.contains("method=SCRAM-SHA-256"), "{log}");
}

#[test]
fn a_wrong_password_is_refused_by_scram_too() {
    let options = Options {
        mechanisms: "scram-sha-256",
        ..Options::default()
    };
    let Some(line) = Line::to(options) else {
        return;
    };
    let mailbox = Mailbox {
        imap: line.imap("implicit"),
        access: password("another"),
        folders: &["INBOX"],
        sweep: "10 min",
    };
    let watched = Watched::start(&line.meta, &mailbox);
    let said = watched.running.wait_for_line("WARN", PATIENCE);
    assert!(said.contains("check login and password"), "{said}");
}

// --- Refusals that are no wrong password. --------------------------------------------------------

fn refused_with(words: &str) -> Vec<Step> {
    vec![
        send("* OK [CAPABILITY IMAP4rev1 IDLE] ready\r\n"),
        answer("LOGIN", format!("TAG NO {words}\r\n")),
        hold(),
    ]
}

#[test]
fn throttling_and_outages_are_told_apart_from_a_wrong_password() {
    for words in [
        "[AUTHENTICATIONFAILED] Too many login attempts, please wait a few minutes",
        "[OVERQUOTA] Account exceeded command or bandwidth limits",
        "[UNAVAILABLE] try again later",
        "User is authenticated but not connected",
    ] {
        let server = ImapScript::start(vec![refused_with(words)]);
        let mut watched =
            Watched::start(&Meta::new(), &Mailbox::in_plain_text(server.port(), "me"));
        let said = watched.running.wait_for_line("WARN", PATIENCE);
        assert!(said.contains("does not let me in just now"), "{said}");
        assert!(watched.running.stop(PATIENCE).success());
        assert!(log::types(&watched.home).is_empty(), "the person was told");
    }
}

#[test]
fn a_password_that_was_right_a_moment_ago_is_doubted_once() {
    let refused = refused_with("[AUTHENTICATIONFAILED] no");
    let server = ImapScript::start(vec![breaks_in_idle(), refused]);
    let mut watched = Watched::start(&Meta::new(), &Mailbox::in_plain_text(server.port(), "me"));
    watched.wait_until_said("refused the sign-in", 1);
    assert!(watched.running.stop(PATIENCE).success());
    assert!(log::types(&watched.home).is_empty(), "the person was told");
    assert_eq!(server.connections(), 2);
}

// --- The trace. ----------------------------------------------------------------------------------

#[test]
fn the_trace_of_the_protocol_holds_no_secret_and_no_mail() {
    for mechanisms in ["plain", "scram-sha-256"] {
        let options = Options {
            mechanisms,
            ..Options::default()
        };
        let Some(line) = Line::to(options) else {
            return;
        };
        let mut watched = watched(&line.meta, line.imap("implicit"));
        watched.wait_until_said("watching", 1);
        assert!(watched.running.stop(PATIENCE).success());
        let config = watched.home.config();
        let args = ["run", "--verbose", "--config", config.to_str().unwrap()];
        watched.running = Running::start(watched.home.command(&args));
        line.deliver(CODE);
        watched.hands_over(CODE, 1);
        assert!(watched.running.stop(PATIENCE).success());
        let talk = watched.running.talk();
        assert!(
            talk.contains("(hidden)") && talk.contains("FETCH"),
            "{talk}"
        );
        let message = data_encoding::BASE64.encode(format!("\0{LOGIN}\0{PASSWORD}").as_bytes());
        for secret in [PASSWORD, &message, CODE, "security@facebookmail.com"] {
            assert!(!talk.contains(secret), "a secret is in the trace");
        }
    }
}
