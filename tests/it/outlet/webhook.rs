//! Codes that are posted to a server: what leaves, by whose word it is ours, and what an answer
//! means. The signatures are checked by the library that receivers use.
//!
//! SECURITY: the servers are on 127.0.0.1, port 0; nothing leaves the machine.

use std::path::PathBuf;

use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sustained::case::effect::{Attempt, Order, Submission};
use sustained::config::secret::{Secret, SecretSource};
use sustained::config::{Config, Endpoint, Step, Tls, Webhook};

use super::command::submission;
use super::tls::{front, identity};
use super::{CODE, config, perform, place};
use crate::support::http_sink::{HttpSink, Received, Reply};

/// Two secrets of the standard's form.
pub const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const OLD_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

pub fn secret(text: &str) -> SecretSource {
    SecretSource::Value(Secret::new(text.to_owned()))
}

/// A webhook on 127.0.0.1.
fn webhook(port: u16) -> Webhook {
    Webhook {
        endpoint: Endpoint {
            host: "127.0.0.1".to_owned(),
            port,
            tls: Tls::None,
            path: "/codes?for=me".to_owned(),
        },
        secret: secret(SECRET),
        old_secret: None,
        ca_file: None,
        allow_private: true,
    }
}

fn handing_over_to(webhook: Webhook, timeout: SignedDuration) -> Config {
    // The limits are those of any step.
    let command = vec!["/bin/false".to_owned()];
    let mut config = config(Some((command, timeout)), Vec::new());
    if let Some(submission) = &mut config.submission {
        submission.step = Step::Webhook(webhook);
    }
    config
}

fn post(webhook: Webhook) -> Attempt {
    let config = handing_over_to(webhook, SignedDuration::from_mins(1));
    perform(&config, Order::Submit(submission()))
}

/// What a server's answer leads to.
fn answered(reply: Reply) -> Attempt {
    let sink = HttpSink::start(vec![reply]);
    let attempt = post(webhook(sink.port()));
    assert_eq!(sink.received().len(), 1, "one try is one request");
    attempt
}

/// Whether the receiver's library believes that the request is signed with `secret`.
pub fn is_signed(request: &Received, secret: &str) -> bool {
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
        headers.insert(name, HeaderValue::from_str(value).expect("a value"));
    }
    let receiver = standardwebhooks::Webhook::new(secret).expect("a secret");
    receiver.verify(request.body.as_bytes(), &headers).is_ok()
}

fn only(sink: &HttpSink) -> Received {
    let mut received = sink.received();
    assert_eq!(received.len(), 1, "requests");
    received.remove(0)
}

// --- What leaves. --------------------------------------------------------------------------------

#[test]
fn a_code_is_posted_with_a_signature_that_the_receiver_believes() {
    let sink = HttpSink::start(vec![Reply::new(204, "")]);
    assert_eq!(post(webhook(sink.port())), Attempt::Accepted);
    let request = only(&sink);
    assert_eq!(request.line, "POST /codes?for=me");
    assert_eq!(request.header("content-type"), "application/json");
    assert!(is_signed(&request, SECRET), "the secret is right");
    assert!(!is_signed(&request, OLD_SECRET), "another secret");
    let mut changed = request.clone();
    changed.body = changed.body.replace("facebookmail", "facebookmai1");
    assert!(!is_signed(&changed, SECRET), "another body");
    let letter: Value = serde_json::from_str(&request.body).expect("JSON");
    assert!(letter["code"] == CODE, "another code");
    assert_eq!(letter["type"], "code.received");
    assert_eq!(letter["id"], "5f3c");
    assert_eq!(request.header("webhook-id"), "5f3c");
    let elsewhere = |(_, value): &(String, String)| value.contains(CODE);
    assert!(
        !request.headers.iter().any(elsewhere),
        "the code is in a header"
    );
}

#[test]
fn both_secrets_sign_while_one_takes_the_place_of_the_other() {
    let sink = HttpSink::start(vec![Reply::new(200, "")]);
    let rotating = Webhook {
        old_secret: Some(secret(OLD_SECRET)),
        ..webhook(sink.port())
    };
    assert_eq!(post(rotating), Attempt::Accepted);
    let request = only(&sink);
    assert!(is_signed(&request, SECRET) && is_signed(&request, OLD_SECRET));
    assert!(!is_signed(
        &request,
        "whsec_c2VjcmV0LW9mLWEtcm90YXRlZC1lbmRwb2ludA=="
    ));
}

#[test]
fn without_a_secret_that_can_sign_nothing_leaves() {
    let sink = HttpSink::start(vec![Reply::new(200, "")]);
    let with = |secret: SecretSource| {
        post(Webhook {
            secret,
            ..webhook(sink.port())
        })
    };
    let Attempt::Rejected(why) = with(secret("hunter2")) else {
        panic!("a password signs nothing")
    };
    assert!(why.contains("whsec_") && !why.contains("hunter2"), "{why}");
    let missing = with(SecretSource::File(PathBuf::from("/nowhere/secret")));
    assert!(matches!(missing, Attempt::TryLater { .. }), "{missing:?}");
    assert!(sink.received().is_empty());
}

#[test]
fn a_code_that_is_dead_is_not_posted() {
    let sink = HttpSink::start(vec![Reply::new(200, "")]);
    let config = handing_over_to(webhook(sink.port()), SignedDuration::from_mins(1));
    let dead = Submission {
        expires_at: Timestamp::now(),
        ..submission()
    };
    let attempt = perform(&config, Order::Submit(dead));
    assert!(matches!(attempt, Attempt::Rejected(_)), "{attempt:?}");
    assert!(sink.received().is_empty());
}

// --- What an answer means. -----------------------------------------------------------------------

#[test]
fn an_answer_means_what_its_status_says() {
    for status in [200, 201, 202, 204, 299] {
        assert_eq!(
            answered(Reply::new(status, "")),
            Attempt::Accepted,
            "{status}"
        );
    }
    for status in [408, 425, 429, 500, 501, 502, 503, 507, 599] {
        let attempt = answered(Reply::new(status, "<h1>Sorry</h1>"));
        let Attempt::TryLater { why, .. } = &attempt else {
            panic!("{status}: {attempt:?}")
        };
        assert!(why.contains("127.0.0.1") && !why.contains("Sorry"), "{why}");
    }
    for status in [400, 401, 403, 404, 405, 409, 410, 413, 422, 451] {
        let attempt = answered(Reply::new(status, ""));
        assert!(
            matches!(attempt, Attempt::Rejected(_)),
            "{status}: {attempt:?}"
        );
    }
    // What stands between here and the receiver had no answer either.
    for status in [504, 524] {
        let attempt = answered(Reply::new(status, ""));
        assert!(
            matches!(attempt, Attempt::Unknown(_)),
            "{status}: {attempt:?}"
        );
    }
}

#[test]
fn the_pause_that_a_server_asks_for_is_told() {
    for (status, body) in [(429, ""), (503, ""), (200, r#"{"outcome":"try_later"}"#)] {
        let asked = answered(Reply::with_field(status, "Retry-After: 7", body));
        assert_eq!(asked.pause(), Some(SignedDuration::from_secs(7)));
    }
}

#[test]
fn a_success_may_say_that_it_is_none() {
    let check = |body: &str, expected: &Attempt| {
        assert_eq!(&answered(Reply::new(200, body)), expected, "{body}");
    };
    let host = "127.0.0.1".to_owned();
    for filed in [
        "",
        "OK",
        "{}",
        "[]",
        "5",
        r#"{"outcome":"accepted"}"#,
        r#"{"outcome":null}"#,
    ] {
        check(filed, &Attempt::Accepted);
    }
    check(
        r#"{"outcome":"rejected","reason":"the form shows an error"}"#,
        &Attempt::Rejected("the form shows an error".to_owned()),
    );
    check(
        r#"{"outcome":"rejected"}"#,
        &Attempt::Rejected(host.clone() + " refused the code"),
    );
    check(
        r#"{"outcome":"try_later","reason":"the browser is starting"}"#,
        &Attempt::later("the browser is starting".to_owned()),
    );
    check(
        r#"{"outcome":"try_later","reason":" "}"#,
        &Attempt::later(host + " wants to be asked later"),
    );
    for odd in [r#"{"outcome":"declined"}"#, r#"{"outcome":5}"#] {
        let attempt = answered(Reply::new(200, odd));
        assert!(matches!(attempt, Attempt::Unknown(_)), "{odd}: {attempt:?}");
    }
}

#[test]
fn a_reason_is_shown_without_the_code_and_fit_for_a_terminal() {
    for status in [200, 422, 503] {
        let body = format!(
            r#"{{"outcome":"rejected","reason":"{CODE} (48-29-13) is\u001b[31m wrong {}"}}"#,
            "x".repeat(5000)
        );
        let (Attempt::Rejected(why) | Attempt::TryLater { why, .. }) =
            answered(Reply::new(status, &body))
        else {
            panic!("{status} is no success")
        };
        assert!(
            !why.contains(CODE) && !why.contains("48-29-13"),
            "the code is shown"
        );
        assert!(
            why.starts_with("•••• (••••) is") && why.contains("wrong"),
            "{status}"
        );
        assert!(
            !why.contains('\u{1b}') && why.chars().count() < 300,
            "{status}"
        );
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = HttpSink::start(vec![Reply::new(200, "")]);
    let to = format!("Location: http://127.0.0.1:{}/codes", elsewhere.port());
    for status in [301, 302, 303, 307, 308] {
        let attempt = answered(Reply::with_field(status, &to, ""));
        let Attempt::Rejected(why) = attempt else {
            panic!("{status}: {attempt:?}")
        };
        assert!(
            why.contains("redirect") && why.contains("submission.webhook.url"),
            "{why}"
        );
    }
    assert!(elsewhere.received().is_empty());
}

// --- No answer. ----------------------------------------------------------------------------------

#[test]
fn a_request_that_left_and_is_not_answered_is_doubtful() {
    let begins = "HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{\"outcome\":";
    for cut_off in ["", "HTTP/1.1 20", begins] {
        let attempt = answered(Reply::raw(cut_off));
        let Attempt::Unknown(why) = &attempt else {
            panic!("{cut_off}: {attempt:?}")
        };
        assert!(why.contains("may or may not have typed the code"), "{why}");
    }
}

#[test]
fn a_request_that_is_not_answered_in_time_is_doubtful() {
    let check = |timeout: SignedDuration, life: SignedDuration| {
        let sink = HttpSink::start(vec![Reply::never()]);
        let submission = Submission {
            expires_at: Timestamp::now() + life,
            ..submission()
        };
        let config = handing_over_to(webhook(sink.port()), timeout);
        let attempt = perform(&config, Order::Submit(submission));
        let Attempt::Unknown(why) = &attempt else {
            panic!("{attempt:?}")
        };
        assert!(why.contains("did not answer within"), "{why}");
        assert_eq!(sink.received().len(), 1);
    };
    // By the step's limit, and by the code's: the other one would last longer than any test.
    let long = SignedDuration::from_hours(9);
    check(SignedDuration::from_secs(1), long);
    // Long enough for a loaded machine to post it before it is dead.
    check(long, SignedDuration::from_secs(6));
}

#[test]
fn without_a_connection_it_is_tried_later() {
    let sink = HttpSink::start(vec![Reply::new(200, "")]);
    // A port that somebody holds and nobody listens on.
    let held = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None);
    let held = held.expect("a socket");
    let address: std::net::SocketAddr = "127.0.0.1:0".parse().expect("an address");
    held.bind(&address.into()).expect("a free port");
    let port = held.local_addr().ok().and_then(|bound| bound.as_socket());
    let attempt = post(webhook(port.expect("a port").port()));
    assert!(matches!(attempt, Attempt::TryLater { .. }), "{attempt:?}");
    assert!(sink.received().is_empty());
}

// --- Whom it goes to. ----------------------------------------------------------------------------

#[test]
fn a_private_address_is_refused_unless_it_is_wanted() {
    let sink = HttpSink::start(vec![Reply::new(200, "")]);
    // A name is as good as what it leads to.
    for host in [
        "127.0.0.1",
        "localhost",
        "10.0.0.1",
        "169.254.169.254",
        "::ffff:10.0.0.1",
    ] {
        let mut to = webhook(sink.port());
        host.clone_into(&mut to.endpoint.host);
        to.endpoint.tls = Tls::Implicit;
        to.allow_private = false;
        let attempt = post(to);
        let Attempt::Rejected(why) = &attempt else {
            panic!("{host}: {attempt:?}")
        };
        assert!(why.contains("allow_private"), "{why}");
    }
    assert!(sink.received().is_empty());
    assert_eq!(post(webhook(sink.port())), Attempt::Accepted);
}

#[test]
fn plain_text_goes_to_this_machine_only() {
    let mut to = webhook(80);
    "10.0.0.1".clone_into(&mut to.endpoint.host);
    let attempt = post(to);
    assert!(
        matches!(&attempt, Attempt::Rejected(why) if why.contains("use TLS")),
        "{attempt:?}"
    );
}

#[test]
fn a_code_goes_over_tls_to_a_server_of_a_private_authority() {
    let (sink, identity, place) = (
        HttpSink::start(vec![Reply::new(200, "")]),
        identity(),
        place(),
    );
    let ca_file = place.path().join("ca.pem");
    std::fs::write(&ca_file, identity.cert.pem()).expect("a file");
    let port = front(sink.port(), &identity);
    let over_tls = |ca_file: Option<PathBuf>| {
        let mut to = webhook(port);
        "localhost".clone_into(&mut to.endpoint.host);
        to.endpoint.tls = Tls::Implicit;
        to.ca_file = ca_file;
        post(to)
    };
    let untrusted = over_tls(None);
    assert!(
        matches!(untrusted, Attempt::TryLater { .. }),
        "{untrusted:?}"
    );
    let no_file = over_tls(Some(PathBuf::from("/nowhere/ca.pem")));
    assert!(matches!(no_file, Attempt::Rejected(_)), "{no_file:?}");
    assert!(sink.received().is_empty());
    assert_eq!(over_tls(Some(ca_file)), Attempt::Accepted);
    assert!(is_signed(&only(&sink), SECRET));
}
