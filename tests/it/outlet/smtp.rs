//! Alerts by mail: what is sent, and what an answer means.
//!
//! SECURITY: the server is on 127.0.0.1, port 0; nothing leaves the machine.

use sustained::case::effect::{Alert, Attempt, Notice, Order};
use sustained::config::secret::{Secret, SecretSource};
use sustained::config::{AlertTarget, Config, Security, Smtp};
use sustained::mail::{Doubt, Outcome};
use sustained::outlet::{Format, OutletError, Outlets};

use super::alert::alert;
use super::notices::{decision, forged};
use super::{CODE, config, perform};
use crate::support::smtp_sink::SmtpSink;

/// A configuration with one channel through a mail server on 127.0.0.1.
pub fn smtp(port: u16) -> Config {
    let password = SecretSource::Value(Secret::new("not-a-password".to_owned()));
    config(
        None,
        vec![AlertTarget::Smtp(Smtp {
            host: "127.0.0.1".to_owned(),
            port,
            security: Security::None,
            login: Some(("me".to_owned(), password)),
            from: "Sustained <daemon@example.org>".to_owned(),
            to: "me@example.net".to_owned(),
        })],
    )
}

/// A mail without the line breaks that quoted-printable puts in (RFC 2045, 6.7).
fn unfolded(mail: &str) -> String {
    mail.replace("=\r\n", "")
}

#[test]
fn an_alert_by_mail_is_one_that_no_machine_answers() {
    let sink = SmtpSink::start(&[]);
    let order = alert(decision(Outcome::Honored, None));
    for _ in 0..2 {
        let order = Order::Alert(order.clone());
        assert_eq!(perform(&smtp(sink.port()), order), Attempt::Accepted);
    }
    let commands = sink.commands();
    assert!(commands.iter().any(|line| line.starts_with("AUTH PLAIN ")));
    assert!(
        commands
            .iter()
            .any(|line| line.starts_with("MAIL FROM:<daemon@example.org>"))
    );
    assert!(
        commands
            .iter()
            .any(|line| line.starts_with("RCPT TO:<me@example.net>"))
    );
    let mails = sink.mails();
    let [first, second] = mails.as_slice() else {
        panic!("two mails, not {}", mails.len())
    };
    for field in [
        "From: Sustained <daemon@example.org>\r\n",
        "To: me@example.net\r\n",
        "Subject: sustained: Meta honored your objection (me)\r\n",
        "Message-ID: <a1f0.sustained@example.org>\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "X-Auto-Response-Suppress: All\r\n",
        concat!("User-Agent: sustained/", env!("CARGO_PKG_VERSION"), "\r\n"),
        "Content-Type: text/plain; charset=utf-8\r\n",
    ] {
        assert!(first.contains(field), "{field}");
        assert!(second.contains(field), "a second try has the same {field}");
    }
    assert!(first.contains("\r\nDate: "));
    assert!(unfolded(first).contains("says that your objection about Facebook is honored."));
}

#[test]
fn a_code_in_a_subject_does_not_leave_by_mail() {
    let sink = SmtpSink::start(&[]);
    let order = Order::Alert(alert(Notice::Unclear {
        doubt: Doubt::SeveralCodes,
    }));
    assert_eq!(perform(&smtp(sink.port()), order), Attempt::Accepted);
    let mails = sink.mails();
    assert!(mails.iter().all(|mail| !unfolded(mail).contains(CODE)));
    assert!(
        mails
            .iter()
            .all(|mail| unfolded(mail).contains("is your code"))
    );
}

#[test]
fn what_only_a_person_can_read_is_sent_whole_and_harmless() {
    let sink = SmtpSink::start(&[]);
    let text = format!("Wir kommen nach.\n\nCode {CODE}, https://evil.example/x \u{1b}[2J");
    let unclear = Alert {
        text: Some(text),
        ..alert(Notice::Unclear {
            doubt: Doubt::UnknownWording,
        })
    };
    let sent = perform(&smtp(sink.port()), Order::Alert(unclear));
    assert_eq!(sent, Attempt::Accepted);
    let mails = sink.mails();
    let mail = unfolded(&mails[0]);
    assert!(mail.contains("> Wir kommen nach."), "the text is missing");
    assert!(
        mail.contains("https[:]//evil[.]example/x"),
        "the link lives"
    );
    assert!(!mail.contains(CODE) && !mail.contains('\u{1b}'));
}

#[test]
fn what_a_mail_server_answers_decides_whether_to_try_again() {
    let table: [(&'static [_], &str, &str); 5] = [
        (
            &[("RCPT", "550 5.1.1 no such person")],
            "rejected",
            "refused the mail",
        ),
        (&[(".", "554 5.7.1 spam")], "rejected", "refused the mail"),
        (
            &[("AUTH", "535 5.7.8 wrong password")],
            "rejected",
            "check login and password",
        ),
        (&[("MAIL", "451 4.3.0 not now")], "later", "451"),
        (&[(".", "452 4.2.2 full")], "later", "452"),
    ];
    for (answers, expected, words) in table {
        let sink = SmtpSink::start(answers);
        let attempt = perform(&smtp(sink.port()), Order::Alert(alert(forged())));
        let (kind, reason) = match attempt {
            Attempt::Rejected(reason) => ("rejected", reason),
            Attempt::TryLater { why: reason, .. } => ("later", reason),
            Attempt::Accepted | Attempt::Taken | Attempt::Unknown(_) => ("neither", String::new()),
        };
        assert_eq!(kind, expected, "{reason}");
        assert!(reason.contains(words), "{reason}");
    }
}

#[test]
fn without_starttls_neither_password_nor_mail_is_sent() {
    let sink = SmtpSink::start(&[]);
    let mut config = smtp(sink.port());
    if let AlertTarget::Smtp(server) = &mut config.alerts[0].target {
        server.security = Security::StartTls;
    }
    let attempt = perform(&config, Order::Alert(alert(forged())));
    assert!(matches!(attempt, Attempt::TryLater { .. }), "{attempt:?}");
    let is_silent = |line: &String| !line.starts_with("AUTH") && !line.starts_with("MAIL");
    assert!(sink.commands().iter().all(is_silent));
}

#[test]
fn alerts_never_go_to_meta() {
    for receiver in [
        "case@support.facebook.com",
        "x@FacebookMail.com",
        "not an address",
    ] {
        let mut config = smtp(25);
        if let AlertTarget::Smtp(server) = &mut config.alerts[0].target {
            receiver.clone_into(&mut server.to);
        }
        let built = Outlets::new(&config, Format::Human);
        assert!(
            matches!(built, Err(OutletError::Channel { .. })),
            "{receiver}"
        );
    }
}
