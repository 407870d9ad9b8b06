//! Alerts through ntfy: what is sent, and what an answer means.
//!
//! SECURITY: the server is on 127.0.0.1, port 0; nothing leaves the machine.

use sustained::case::effect::{Attempt, Notice, Order};
use sustained::config::secret::{Secret, SecretSource};
use sustained::config::{AlertTarget, Config, Protocol, Service, Tls};
use sustained::outlet::{Format, OutletError, Outlets};

use super::alert::{alert, at};
use super::notices::{every_notice, forged};
use super::{CODE, config, perform};
use crate::support::http_sink::{HttpSink, Reply};

/// A service on 127.0.0.1.
pub fn service(port: u16, protocol: Protocol) -> AlertTarget {
    AlertTarget::Service(Service {
        host: "127.0.0.1".to_owned(),
        port,
        tls: Tls::None,
        protocol,
    })
}

/// A configuration with one ntfy channel on 127.0.0.1.
pub fn ntfy(port: u16) -> Config {
    let token = SecretSource::Value(Secret::new("tk_example".to_owned()));
    config(
        None,
        vec![service(
            port,
            Protocol::Ntfy {
                topic: "my-topic".to_owned(),
                token: Some(token),
            },
        )],
    )
}

#[test]
fn ntfy_gets_one_post_with_all_that_a_phone_shows() {
    let sink = HttpSink::start(vec![Reply::new(200, "{}")]);
    let order = Order::Alert(alert(Notice::CodeWaiting {
        until: at("2026-11-23T20:10:00Z"),
    }));
    assert_eq!(perform(&ntfy(sink.port()), order), Attempt::Accepted);
    let received = sink.received();
    let [request] = received.as_slice() else {
        panic!("one request, not {}", received.len())
    };
    assert_eq!(request.line, "POST /my-topic");
    assert_eq!(request.header("host"), format!("127.0.0.1:{}", sink.port()));
    assert_eq!(
        request.header("title"),
        "The code for your objection is waiting (me)"
    );
    assert_eq!(request.header("priority"), "5");
    assert_eq!(request.header("tags"), "key");
    assert_eq!(
        request.header("click"),
        "https://www.facebook.com/help/contact/1"
    );
    assert!(request.header("authorization") == "Bearer tk_example");
    assert!(request.body.contains("before 2026-11-23T20:10:00Z."));
    assert!(
        request
            .body
            .contains("Page: https://www.facebook.com/help/contact/1")
    );
    assert!(!request.body.contains(CODE));
}

#[test]
fn ntfy_is_told_how_urgent_an_alert_is() {
    let sink = HttpSink::start(vec![Reply::new(200, "")]);
    let notices = every_notice();
    for (notice, ..) in &notices {
        let order = Order::Alert(alert(notice.clone()));
        assert_eq!(perform(&ntfy(sink.port()), order), Attempt::Accepted);
    }
    for (request, (notice, ..)) in sink.received().iter().zip(&notices) {
        let expected = match notice.type_name() {
            "code.received" | "mail.unclear" | "submission.failed" | "mailbox.deaf" => "5",
            "decision.received" | "reminder.due" => "4",
            _ => "3",
        };
        assert_eq!(
            request.header("priority"),
            expected,
            "{}",
            notice.type_name()
        );
        let has_link = !request.header("click").is_empty();
        assert_eq!(has_link, notice.type_name() != "mail.forged");
        let may_show_digits = matches!(
            notice,
            Notice::Notification { .. } | Notice::Decision { .. }
        );
        assert!(
            may_show_digits || !request.body.contains(CODE),
            "{}",
            notice.type_name()
        );
    }
}

#[test]
fn what_ntfy_answers_decides_whether_to_try_again() {
    let table = [
        (202, "accepted"),
        (400, "rejected"),
        (401, "rejected"),
        (403, "rejected"),
        (404, "rejected"),
        (429, "later"),
        (500, "later"),
        (503, "later"),
    ];
    for (status, expected) in table {
        let sink = HttpSink::start(vec![Reply::new(status, "said \u{1b}[2J so")]);
        let attempt = perform(&ntfy(sink.port()), Order::Alert(alert(forged())));
        let (kind, reason) = match attempt {
            Attempt::Accepted | Attempt::Taken => ("accepted", String::new()),
            Attempt::Rejected(reason) => ("rejected", reason),
            Attempt::TryLater { why: reason, .. } => ("later", reason),
            Attempt::Unknown(reason) => ("unknown", reason),
        };
        assert_eq!(kind, expected, "{status}: {reason}");
        assert!(!reason.contains('\u{1b}'));
        assert_eq!(
            reason.contains("token"),
            matches!(status, 401 | 403),
            "{reason}"
        );
    }
}

#[test]
fn a_refusal_longer_than_anyone_reads_is_a_refusal() {
    let sink = HttpSink::start(vec![Reply::new(404, &"x".repeat(1_000_000))]);
    let attempt = perform(&ntfy(sink.port()), Order::Alert(alert(forged())));
    assert!(matches!(attempt, Attempt::Rejected(reason) if reason.len() < 400));
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = HttpSink::start(vec![Reply::new(200, "")]);
    let field = format!("Location: http://127.0.0.1:{}/my-topic", elsewhere.port());
    let sink = HttpSink::start(vec![Reply::with_field(307, &field, "")]);
    let attempt = perform(&ntfy(sink.port()), Order::Alert(alert(forged())));
    assert!(matches!(attempt, Attempt::Rejected(reason) if reason.contains("redirect")));
    assert!(elsewhere.received().is_empty());
}

#[test]
fn a_topic_that_no_ntfy_server_takes_is_an_error_at_once() {
    for topic in ["", "a/b", "a?b", "ü", &"x".repeat(65)] {
        let mut config = ntfy(80);
        let token = None;
        let topic = topic.to_owned();
        config.alerts[0].target = service(80, Protocol::Ntfy { topic, token });
        let built = Outlets::new(&config, Format::Human);
        assert!(
            matches!(built, Err(OutletError::Channel { .. })),
            "{config:?}"
        );
    }
}
