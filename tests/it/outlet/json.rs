//! Alerts as signed JSON: what is posted, and what an answer means.
//!
//! SECURITY: the server is on 127.0.0.1, port 0; nothing leaves the machine.

use serde_json::Value;
use sustained::case::effect::{Alert, Attempt, Notice, Order};
use sustained::config::{AlertTarget, Config, Endpoint, Tls};

use super::alert::{alert, at};
use super::notices::{every_notice, forged};
use super::webhook::{SECRET, is_signed, secret};
use super::{CODE, config, perform};
use crate::support::http_sink::{HttpSink, Reply};

fn json(port: u16, key: &str) -> Config {
    let endpoint = Endpoint {
        host: "127.0.0.1".to_owned(),
        port,
        tls: Tls::None,
        path: "/alerts/me".to_owned(),
    };
    let secret = secret(key);
    config(None, vec![AlertTarget::Json { endpoint, secret }])
}

#[test]
fn an_alert_is_posted_with_a_signature_that_the_receiver_believes() {
    let sink = HttpSink::start(vec![Reply::new(200, "")]);
    let config = json(sink.port(), SECRET);
    let waiting = Notice::CodeWaiting {
        until: at("2026-11-23T20:10:00Z"),
    };
    let home = Alert {
        id: "home.lan-7".to_owned(),
        ..alert(waiting)
    };
    assert_eq!(perform(&config, Order::Alert(home)), Attempt::Accepted);
    for (notice, ..) in every_notice() {
        assert_eq!(
            perform(&config, Order::Alert(alert(notice))),
            Attempt::Accepted
        );
    }
    let received = sink.received();
    for request in &received {
        assert_eq!(request.line, "POST /alerts/me");
        assert_eq!(request.header("content-type"), "application/json");
        assert!(is_signed(request, SECRET), "{request:?}");
        let object: Value = serde_json::from_str(&request.body).expect("JSON");
        // The standard wants no full stop in an id.
        let id = object["id"].as_str().expect("an id").replace('.', "_");
        assert_eq!(request.header("webhook-id"), id);
    }
    assert!(!received[0].body.contains(CODE), "a code is in an alert");
    let first: Value = serde_json::from_str(&received[0].body).expect("JSON");
    assert_eq!(
        (&first["type"], &first["mailbox"]),
        (&"code.received".into(), &"me".into())
    );
    assert_eq!(received[0].header("webhook-id"), "home_lan-7");
}

#[test]
fn an_answer_means_what_its_status_says() {
    for (status, expected) in [
        (204, 'a'),
        (307, 'r'),
        (401, 'r'),
        (404, 'r'),
        (429, 'l'),
        (503, 'l'),
    ] {
        let sink = HttpSink::start(vec![Reply::new(status, "hunter2")]);
        let attempt = perform(&json(sink.port(), SECRET), Order::Alert(alert(forged())));
        let (kind, why) = match &attempt {
            Attempt::Accepted | Attempt::Taken => ('a', ""),
            Attempt::Rejected(why) => ('r', why.as_str()),
            Attempt::TryLater { why, .. } => ('l', why.as_str()),
            Attempt::Unknown(why) => ('u', why.as_str()),
        };
        assert_eq!(kind, expected, "{status}: {attempt:?}");
        assert!(!why.contains("hunter2"), "{why}");
    }
}

#[test]
fn without_a_secret_that_can_sign_nothing_is_posted() {
    let sink = HttpSink::start(vec![Reply::new(200, "")]);
    let attempt = perform(&json(sink.port(), "hunter2"), Order::Alert(alert(forged())));
    assert!(
        matches!(&attempt, Attempt::Rejected(why) if !why.contains("hunter2")),
        "{attempt:?}"
    );
    assert!(sink.received().is_empty());
}
