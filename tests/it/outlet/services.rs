//! Alerts through services that speak HTTP: each request as its service's documentation has it.
//!
//! The mail that an alert is about calls everybody and writes markup; what a service shows of it is
//! plain text. SECURITY: the servers are on 127.0.0.1, port 0; nothing leaves the machine.

use serde_json::{Value, json};
use sustained::case::effect::{Alert, Attempt, Notice, Order};
use sustained::config::Protocol;
use sustained::config::secret::{Secret, SecretSource};
use sustained::mail::{Doubt, Outcome};

use super::alert::{alert, at};
use super::notices::{decision, forged};
use super::ntfy::service;
use super::{CODE, config, perform};
use crate::support::http_sink::{HttpSink, Received, Reply};

/// What a service answers that took an alert.
pub const TELEGRAM_TOOK: &str = r#"{"ok":true,"result":{"message_id":7}}"#;
pub const MATRIX_TOOK: &str = r#"{"event_id":"$YUwRidLecu:example.com"}"#;
pub const DISCORD_TOOK: &str = r#"{"id":"1234567890","type":0}"#;
pub const PUSHOVER_TOOK: &str = r#"{"status":1,"request":"647d2300-702c-4b38-8b2f-d56326ae460b"}"#;
pub const GOTIFY_TOOK: &str = r#"{"id":25,"appid":5,"message":"…","priority":6}"#;
pub const APPRISE_TOOK: &str = "Notification(s) sent.";

fn secret(text: &str) -> SecretSource {
    SecretSource::Value(Secret::new(text.to_owned()))
}

pub fn gotify() -> Protocol {
    let token = secret("AhunterGotify2");
    Protocol::Gotify { token }
}

pub fn telegram() -> Protocol {
    Protocol::Telegram {
        chat: "-100123".to_owned(),
        token: secret("123456:hunter-Telegram2"),
    }
}

pub fn matrix() -> Protocol {
    Protocol::Matrix {
        room: "!636q39766251:example.com".to_owned(),
        token: secret("syt_hunterMatrix2"),
    }
}

pub fn slack() -> Protocol {
    let webhook = secret("services/T000/B000/hunterSlack2");
    Protocol::Slack { webhook }
}

pub fn discord() -> Protocol {
    let webhook = secret("https://127.0.0.1/api/webhooks/42/hunterDiscord2");
    Protocol::Discord { webhook }
}

pub fn pushover() -> Protocol {
    Protocol::Pushover {
        token: secret("azhunterApplication2"),
        user: secret("uQhunterUser2"),
    }
}

pub fn apprise() -> Protocol {
    Protocol::Apprise {
        key: "abc123".to_owned(),
    }
}

/// All of them, with what each answers when it took an alert.
pub fn every_service() -> [(Protocol, &'static str); 7] {
    [
        (gotify(), GOTIFY_TOOK),
        (telegram(), TELEGRAM_TOOK),
        (matrix(), MATRIX_TOOK),
        (slack(), "ok"),
        (discord(), DISCORD_TOOK),
        (pushover(), PUSHOVER_TOOK),
        (apprise(), APPRISE_TOOK),
    ]
}

/// A test alert about a mail whose subject calls everybody.
fn calling() -> Alert {
    let mut alert = alert(Notice::Test);
    if let Some(message) = &mut alert.message {
        "@everyone <!channel> *now* \\033 \u{7}".clone_into(&mut message.subject);
    }
    alert
}

/// What the service gets, if it takes it.
fn sent(protocol: Protocol, took: &str, alert: Alert) -> Received {
    let sink = HttpSink::start(vec![Reply::new(200, took)]);
    let config = config(None, vec![service(sink.port(), protocol)]);
    assert_eq!(perform(&config, Order::Alert(alert)), Attempt::Accepted);
    let mut received = sink.received();
    assert_eq!(received.len(), 1, "one request");
    let request = received.remove(0);
    assert_eq!(request.header("host"), format!("127.0.0.1:{}", sink.port()));
    request
}

/// The request's body is this JSON, and says so.
fn check_body(request: &Received, expected: &Value) {
    assert_eq!(request.header("content-type"), "application/json");
    let body: Value = serde_json::from_str(&request.body).expect("JSON");
    assert_eq!(body, *expected);
}

#[test]
fn gotify_gets_a_message_of_an_application() {
    // gotify.net/docs/pushmsg and gotify.net/docs/msgextras
    let request = sent(gotify(), GOTIFY_TOOK, calling());
    assert_eq!(request.line, "POST /message");
    assert!(request.header("x-gotify-key") == "AhunterGotify2");
    check_body(
        &request,
        &json!({
            "title": "This is a test (me)",
            "message": "This is a test of the way in which you are told about mailbox me: it \
                works. Nothing happened, and there is nothing to do.\n\n\
                Message: @everyone <!channel> *now* \\033 \\u{7}\n\
                From: security@facebookmail.com\n\
                Page: https://www.facebook.com/help/contact/1\n\
                Time: 2026-11-23T20:00:00Z\n",
            "priority": 6,
            "extras": {
                "client::display": { "contentType": "text/plain" },
                "client::notification": {
                    "click": { "url": "https://www.facebook.com/help/contact/1" }
                }
            }
        }),
    );
}

#[test]
fn telegram_gets_plain_text_that_calls_nobody() {
    // core.telegram.org/bots/api#sendmessage
    let request = sent(telegram(), TELEGRAM_TOOK, calling());
    assert!(request.line == "POST /bot123456:hunter-Telegram2/sendMessage");
    check_body(
        &request,
        &json!({
            "chat_id": "-100123",
            "text": "This is a test (me)\n\n\
                This is a test of the way in which you are told about mailbox me: it works. \
                Nothing happened, and there is nothing to do.\n\n\
                Message: @\u{2060}everyone <\u{2060}!channel> *now* \\033 \\u{7}\n\
                From: security@\u{2060}facebookmail.com\n\
                Page: https://www.facebook.com/help/contact/1\n\
                Time: 2026-11-23T20:00:00Z\n",
            "link_preview_options": { "is_disabled": true }
        }),
    );
}

#[test]
fn matrix_gets_an_event_that_is_the_same_on_every_try() {
    // spec.matrix.org/v1.16/client-server-api, "Sending events to a room", m.text, m.mentions
    let request = sent(matrix(), MATRIX_TOOK, calling());
    let path = "/_matrix/client/v3/rooms/%21636q39766251%3Aexample.com/send/m.room.message/a1f0";
    assert_eq!(request.line, format!("PUT {path}"));
    assert!(request.header("authorization") == "Bearer syt_hunterMatrix2");
    check_body(
        &request,
        &json!({
            "msgtype": "m.text",
            "body": "This is a test (me)\n\n\
                This is a test of the way in which you are told about mailbox me: it works. \
                Nothing happened, and there is nothing to do.\n\n\
                Message: @\u{2060}everyone <\u{2060}!channel> *now* \\033 \\u{7}\n\
                From: security@\u{2060}facebookmail.com\n\
                Page: https://www.facebook.com/help/contact/1\n\
                Time: 2026-11-23T20:00:00Z\n",
            "m.mentions": {}
        }),
    );
    let again = sent(matrix(), MATRIX_TOOK, calling());
    assert_eq!(again.line, request.line, "the server shows it once");
}

#[test]
fn slack_gets_escaped_text_and_unfolds_no_link() {
    // docs.slack.dev/messaging/sending-messages-using-incoming-webhooks,
    // docs.slack.dev/messaging/formatting-message-text
    let request = sent(slack(), "ok", calling());
    assert!(request.line == "POST /services/T000/B000/hunterSlack2");
    check_body(
        &request,
        &json!({
            "text": "This is a test (me)\n\n\
                This is a test of the way in which you are told about mailbox me: it works. \
                Nothing happened, and there is nothing to do.\n\n\
                Message: @everyone &lt;!channel&gt; *now* \\033 \\u{7}\n\
                From: security@facebookmail.com\n\
                Page: https://www.facebook.com/help/contact/1\n\
                Time: 2026-11-23T20:00:00Z\n",
            "mrkdwn": false,
            "link_names": false,
            "unfurl_links": false,
            "unfurl_media": false
        }),
    );
}

#[test]
fn discord_may_mention_nobody_and_reads_no_markup() {
    // discord.com/developers/docs/resources/webhook#execute-webhook
    let request = sent(discord(), DISCORD_TOOK, calling());
    assert!(request.line == "POST /api/webhooks/42/hunterDiscord2?wait=true");
    check_body(
        &request,
        &json!({
            "content": "This is a test (me)\n\n\
                This is a test of the way in which you are told about mailbox me: it works. \
                Nothing happened, and there is nothing to do.\n\n\
                Message: \\@everyone \\<!channel\\> \\*now\\* \\\\033 \\\\u{7}\n\
                From: security\\@facebookmail.com\n\
                Page: https://www.facebook.com/help/contact/1\n\
                Time: 2026-11-23T20:00:00Z",
            "allowed_mentions": { "parse": [] },
            "flags": 4
        }),
    );
}

#[test]
fn pushover_gets_both_secrets_in_the_body() {
    // pushover.net/api
    let request = sent(pushover(), PUSHOVER_TOOK, calling());
    assert_eq!(request.line, "POST /1/messages.json");
    check_body(
        &request,
        &json!({
            "token": "azhunterApplication2",
            "user": "uQhunterUser2",
            "title": "This is a test (me)",
            "message": "This is a test of the way in which you are told about mailbox me: it \
                works. Nothing happened, and there is nothing to do.\n\n\
                Message: @everyone <!channel> *now* \\033 \\u{7}\n\
                From: security@facebookmail.com\n\
                Page: https://www.facebook.com/help/contact/1\n\
                Time: 2026-11-23T20:00:00Z\n",
            "priority": 0,
            "timestamp": 1_795_464_000,
            "url": "https://www.facebook.com/help/contact/1"
        }),
    );
}

#[test]
fn apprise_gets_text_that_calls_nobody_wherever_it_ends_up() {
    // github.com/caronc/apprise-api, README, "Persistent Storage Solution"
    let request = sent(apprise(), APPRISE_TOOK, calling());
    assert_eq!(request.line, "POST /notify/abc123");
    check_body(
        &request,
        &json!({
            "title": "This is a test (me)",
            "body": "This is a test of the way in which you are told about mailbox me: it \
                works. Nothing happened, and there is nothing to do.\n\n\
                Message: @\u{2060}everyone <\u{2060}!channel> *now* \\033 \\u{7}\n\
                From: security@\u{2060}facebookmail.com\n\
                Page: https://www.facebook.com/help/contact/1\n\
                Time: 2026-11-23T20:00:00Z\n",
            "type": "info",
            "format": "text"
        }),
    );
}

#[test]
fn how_urgent_an_alert_is_and_how_good_is_told_in_each_service_s_own_way() {
    let until = at("2026-11-23T20:10:00Z");
    let table = [
        (Notice::CodeWaiting { until }, 10, 1, "warning"),
        (decision(Outcome::Honored, None), 8, 0, "success"),
        (decision(Outcome::Declined, None), 8, 0, "failure"),
        (forged(), 6, 0, "info"),
    ];
    for (notice, by_gotify, by_pushover, by_apprise) in table {
        let field = |protocol, took, name: &str| {
            let request = sent(protocol, took, alert(notice.clone()));
            let body: Value = serde_json::from_str(&request.body).expect("JSON");
            body[name].clone()
        };
        assert_eq!(field(gotify(), GOTIFY_TOOK, "priority"), by_gotify);
        assert_eq!(field(pushover(), PUSHOVER_TOOK, "priority"), by_pushover);
        assert_eq!(field(apprise(), APPRISE_TOOK, "type"), by_apprise);
    }
}

#[test]
fn a_forged_mail_s_links_and_a_code_reach_no_service() {
    for (protocol, took) in every_service() {
        let request = sent(protocol, took, alert(forged()));
        assert!(!request.body.contains(CODE), "a code left");
        assert!(!request.body.contains("https://"), "{}", request.body);
        assert!(!request.body.contains("evil.example"), "{}", request.body);
    }
}

#[test]
fn a_long_letter_is_cut_to_what_each_service_takes() {
    let mut long = alert(Notice::Unclear {
        doubt: Doubt::UnknownWording,
    });
    long.text = Some(format!("{}\n", "ä🙂_<&@ ".repeat(60)).repeat(30));
    let units = |text: &Value| text.as_str().expect("text").encode_utf16().count();
    let table: [(Protocol, &str, &str, usize); 4] = [
        (telegram(), TELEGRAM_TOOK, "text", 4096),
        (slack(), "ok", "text", 4000),
        (discord(), DISCORD_TOOK, "content", 2000),
        (pushover(), PUSHOVER_TOOK, "message", 1024),
    ];
    for (protocol, took, name, limit) in table {
        let request = sent(protocol, took, long.clone());
        let body: Value = serde_json::from_str(&request.body).expect("JSON");
        let length = units(&body[name]);
        assert!(length <= limit && length + 10 > limit, "{name}: {length}");
        assert!(body[name].as_str().is_some_and(|text| text.ends_with('…')));
    }
    let request = sent(matrix(), MATRIX_TOOK, long);
    assert!(request.body.len() < 60_000, "an event is smaller than that");
}
