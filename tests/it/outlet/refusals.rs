//! What the answers of services mean: try again, or do something about it.
//!
//! SECURITY: the servers are on 127.0.0.1, port 0; nothing leaves the machine. Every reason is
//! searched for the secrets, which the servers repeat.

use jiff::SignedDuration;
use sustained::case::effect::{Attempt, Order};
use sustained::config::Protocol;
use sustained::config::secret::{Secret, SecretSource};

use super::alert::alert;
use super::notices::forged;
use super::ntfy::service;
use super::services::{apprise, discord, every_service, gotify, matrix, pushover, slack, telegram};
use super::{CODE, config, perform};
use crate::support::http_sink::{HttpSink, Reply};

/// The attempt's kind and reason, when the service answers so.
fn answered(protocol: Protocol, status: u16, body: &str) -> (&'static str, String) {
    let sink = HttpSink::start(vec![Reply::new(status, body)]);
    let config = config(None, vec![service(sink.port(), protocol)]);
    match perform(&config, Order::Alert(alert(forged()))) {
        Attempt::Accepted | Attempt::Taken => ("accepted", String::new()),
        Attempt::Rejected(reason) => ("rejected", reason),
        Attempt::TryLater { why: reason, .. } => ("later", reason),
        Attempt::Unknown(reason) => ("unknown", reason),
    }
}

#[test]
fn a_service_says_how_long_it_wants_to_be_left_alone() {
    let paused = |protocol, reply| {
        let sink = HttpSink::start(vec![reply]);
        let config = config(None, vec![service(sink.port(), protocol)]);
        perform(&config, Order::Alert(alert(forged()))).pause()
    };
    let seconds = |seconds| Some(SignedDuration::from_secs(seconds));
    let field = Reply::with_field(429, "Retry-After: 40", "");
    assert_eq!(paused(discord(), field), seconds(40));
    // https://core.telegram.org/bots/api#responseparameters
    let flood = r#"{"ok":false,"error_code":429,"parameters":{"retry_after":5}}"#;
    assert_eq!(paused(telegram(), Reply::new(429, flood)), seconds(5));
    assert_eq!(paused(telegram(), Reply::new(502, "")), None);
}

/// Each answer of a table means what stands beside it.
fn check(protocol: &dyn Fn() -> Protocol, table: &[(u16, &str, &str, &str)]) {
    for (status, body, expected, words) in table {
        let (kind, reason) = answered(protocol(), *status, body);
        assert_eq!(kind, *expected, "{status} {body}: {reason}");
        assert!(reason.contains(words), "{status} {body}: {reason}");
        assert!(!reason.contains("hunter"), "{status}: {reason}");
    }
}

#[test]
fn gotify_refuses_a_token_and_is_not_another_server() {
    let wrong = r#"{"error":"Unauthorized","errorCode":401,"errorDescription":"no"}"#;
    check(
        &gotify,
        &[
            (401, wrong, "rejected", "the token of an application"),
            (400, r#"{"error":"Bad Request"}"#, "rejected", "Bad Request"),
            (404, "not here", "rejected", "is this a Gotify server?"),
            (
                200,
                "<html>welcome</html>",
                "rejected",
                "is this a Gotify server?",
            ),
            (500, "", "later", "500"),
        ],
    );
}

#[test]
fn telegram_says_in_the_body_what_it_means() {
    let blocked = r#"{"ok":false,"error_code":403,"description":"bot was blocked by the user"}"#;
    let unknown = r#"{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}"#;
    let flood = r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 5"}"#;
    let wrong = r#"{"ok":false,"error_code":401,"description":"Unauthorized"}"#;
    check(
        &telegram,
        &[
            (403, blocked, "rejected", "press Start"),
            (400, unknown, "rejected", "chat not found"),
            (401, wrong, "rejected", "@BotFather"),
            (
                404,
                r#"{"ok":false,"error_code":404}"#,
                "rejected",
                "@BotFather",
            ),
            (429, flood, "later", "Too Many Requests"),
            (200, flood, "later", "Too Many Requests"),
            (200, blocked, "rejected", "press Start"),
            (200, r#"{"ok":false}"#, "rejected", "refused"),
            (200, "<html>", "rejected", "refused"),
            (502, "Bad Gateway", "later", "502"),
        ],
    );
}

#[test]
fn matrix_refuses_by_token_room_and_rate() {
    let table: [(u16, &str, &str, &str); 6] = [
        (
            401,
            r#"{"errcode":"M_UNKNOWN_TOKEN","error":"x"}"#,
            "rejected",
            "logging out",
        ),
        (
            403,
            r#"{"errcode":"M_FORBIDDEN","error":"x"}"#,
            "rejected",
            "invite",
        ),
        (
            404,
            r#"{"errcode":"M_NOT_FOUND","error":"x"}"#,
            "rejected",
            "the room's id",
        ),
        (200, "{}", "rejected", "own server"),
        (
            429,
            r#"{"errcode":"M_LIMIT_EXCEEDED"}"#,
            "later",
            "M_LIMIT_EXCEEDED",
        ),
        (504, "", "later", "504"),
    ];
    check(&matrix, &table);
}

#[test]
fn slack_takes_an_alert_by_the_word_ok_alone() {
    check(
        &slack,
        &[
            (403, "action_prohibited", "rejected", "let the webhook post"),
            (404, "no_service", "rejected", "make another"),
            (
                410,
                "channel_is_archived",
                "rejected",
                "channel_is_archived",
            ),
            (400, "invalid_payload", "rejected", "invalid_payload"),
            (200, "invalid_token", "rejected", "invalid_token"),
            (429, "rate_limited", "later", "rate_limited"),
            (500, "rollup_error", "later", "rollup_error"),
        ],
    );
}

#[test]
fn discord_refuses_a_webhook_that_is_gone() {
    let gone = r#"{"message": "Unknown Webhook", "code": 10015}"#;
    let wrong = r#"{"message": "Invalid Webhook Token", "code": 50027}"#;
    let limit = r#"{"message": "You are being rate limited.", "retry_after": 64.5}"#;
    check(
        &discord,
        &[
            (404, gone, "rejected", "make another"),
            (401, wrong, "rejected", "Invalid Webhook Token"),
            (
                400,
                r#"{"content": ["Must be shorter"]}"#,
                "rejected",
                "shorter",
            ),
            (200, "{}", "rejected", "refused"),
            (429, limit, "later", "rate limited"),
            (503, "", "later", "503"),
        ],
    );
}

#[test]
fn pushover_refuses_with_a_status_in_the_body() {
    let wrong = r#"{"token":"invalid","errors":["application token is invalid"],"status":0}"#;
    check(
        &pushover,
        &[
            (400, wrong, "rejected", "check both secrets"),
            (200, wrong, "rejected", "application token is invalid"),
            (200, "", "rejected", "check both secrets"),
            (
                429,
                r#"{"errors":["over quota"],"status":0}"#,
                "later",
                "quota",
            ),
            (500, "", "later", "500"),
        ],
    );
}

#[test]
fn apprise_says_when_nothing_is_kept_and_when_a_service_behind_it_failed() {
    check(
        &apprise,
        &[
            (204, "", "rejected", "nothing is kept under this key"),
            (403, "", "rejected", "login"),
            (424, "one or more failed", "later", "one or more failed"),
            (400, "bad", "rejected", "bad"),
            (500, "", "later", "500"),
        ],
    );
}

#[test]
fn every_service_is_spoken_to_by_the_same_rules() {
    for (protocol, took) in every_service() {
        assert_eq!(answered(protocol.clone(), 200, took).0, "accepted");
        for (status, expected) in [(307, "rejected"), (408, "later"), (418, "rejected")] {
            let (kind, reason) = answered(protocol.clone(), status, "");
            assert_eq!(kind, expected, "{protocol:?} {status}: {reason}");
            assert_eq!(reason.contains("redirect"), status == 307, "{reason}");
        }
    }
}

#[test]
fn a_server_that_repeats_secret_and_code_is_not_repeated() {
    for (protocol, _) in every_service() {
        let secrets = protocol.secrets().into_iter().map(|source| match source {
            SecretSource::Value(secret) => secret.reveal().to_owned(),
            other => panic!("{other:?}"),
        });
        let body = secrets
            .chain([CODE.to_owned()])
            .collect::<Vec<_>>()
            .join(" ");
        // A webhook's path is what a server would repeat of it.
        let body = body.replace("https://127.0.0.1", "");
        for status in [400, 503] {
            let (_, reason) = answered(protocol.clone(), status, &format!("no: {body} \u{1b}[2J"));
            assert!(reason.contains("no: "), "the answer is told");
            assert!(!reason.contains("hunter"), "a secret is repeated: {reason}");
            assert!(!reason.contains(CODE), "a code is repeated");
            assert!(!reason.contains('\u{1b}'), "a terminal would obey");
        }
    }
}

#[test]
fn a_secret_that_cannot_be_used_sends_nothing_and_is_not_shown() {
    let value = |text: &str| SecretSource::Value(Secret::new(text.to_owned()));
    let chat = "1".to_owned();
    let table = [
        (
            Protocol::Telegram {
                chat,
                token: value("hunter2"),
            },
            "none of a Telegram bot",
        ),
        (
            Protocol::Slack {
                webhook: value("https://hooks.slack.com/services/hunter2"),
            },
            "name its host in the alert's url",
        ),
        (
            Protocol::Discord {
                webhook: value("hunter 2"),
            },
            "the token is no webhook",
        ),
        (
            Protocol::Gotify {
                token: value("hunter\n2"),
            },
            "cannot be written",
        ),
    ];
    let sink = HttpSink::start(vec![Reply::new(200, "")]);
    for (protocol, expected) in table {
        let config = config(None, vec![service(sink.port(), protocol)]);
        let attempt = perform(&config, Order::Alert(alert(forged())));
        let Attempt::Rejected(reason) = attempt else {
            panic!("{expected}: {attempt:?}")
        };
        assert!(reason.contains(expected), "{reason}");
        assert!(!reason.contains("hunter"), "{reason}");
    }
    let token = SecretSource::File("/nonexistent/token".into());
    let config = config(None, vec![service(sink.port(), Protocol::Gotify { token })]);
    let attempt = perform(&config, Order::Alert(alert(forged())));
    assert!(matches!(attempt, Attempt::TryLater { why, .. } if why.contains("/nonexistent/token")));
    assert!(sink.received().is_empty());
}
