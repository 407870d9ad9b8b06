//! Alerts: the words of every notice, on standard output, and what all channels have in common.
//!
//! SECURITY: nothing leaves the machine.

use std::fs::File;
use std::io::Read;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use jiff::Timestamp;
use sustained::case::effect::{Alert, Attempt, MessageSummary, Notice, Order};
use sustained::config::AlertTarget;
use sustained::mail::{Code, MailboxName, Product};
use sustained::outlet::alert::words::Words;
use sustained::outlet::{Format, Outlets};

use super::notices::{every_notice, forged};
use super::ntfy::ntfy;
use super::smtp::smtp;
use super::{CODE, config, perform, run};

pub fn at(time: &str) -> Timestamp {
    time.parse().expect("a time")
}

pub fn alert(notice: Notice) -> Alert {
    Alert {
        id: "a1f0".to_owned(),
        channel: "me-first".to_owned(),
        mailbox: MailboxName("me".to_owned()),
        account: Some(Product::Facebook),
        at: at("2026-11-23T20:00:00.25Z"),
        notice,
        message: Some(MessageSummary {
            id: "<1@mail.example>".to_owned(),
            from: "security@facebookmail.com".to_owned(),
            subject: format!("{CODE} is your code\u{202e}\u{1b}]0;x\u{7} https://evil.example/x"),
        }),
        text: None,
        pretenders: vec![],
        is_in_junk: false,
        code: None,
        links: vec!["https://www.facebook.com/help/contact/1".to_owned()],
    }
}

/// What the alerts leave on standard output.
fn printed(format: Format, notices: impl Iterator<Item = Notice>) -> String {
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    let file = File::from(OwnedFd::from(writer));
    let config = config(None, vec![AlertTarget::Stdout]);
    let outlets = Outlets::with_stdout(&config, format, Some(file)).expect("a sound configuration");
    for notice in notices {
        let attempt = run(outlets.tell(alert(notice)));
        assert_eq!(attempt, Attempt::Accepted);
    }
    drop(outlets);
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("UTF-8");
    text
}

#[test]
fn standard_output_gets_one_line_an_alert() {
    let notices = every_notice();
    let text = printed(
        Format::Human,
        notices.iter().map(|(notice, ..)| notice.clone()),
    );
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), notices.len());
    for (line, (_, expected, _)) in lines.iter().zip(&notices) {
        assert_eq!(*line, format!("2026-11-23T20:00:00Z  {expected}"));
    }
}

#[test]
fn standard_output_in_json_is_one_object_a_line() {
    let notices = every_notice();
    let text = printed(
        Format::Json,
        notices.iter().map(|(notice, ..)| notice.clone()),
    );
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), notices.len());
    for (line, (notice, _, fields)) in lines.iter().zip(&notices) {
        let kind = notice.type_name();
        let head = format!(
            "{{\"type\":\"{kind}\",\"id\":\"a1f0\",\"mailbox\":\"me\",\"account\":\"facebook\",\
             \"at\":\"2026-11-23T20:00:00.25Z\",\"title\":\""
        );
        assert!(line.starts_with(&head), "{kind}");
        assert!(line.ends_with(&format!("{fields}}}")), "{kind}");
        let object: serde_json::Value = serde_json::from_str(line).expect("one JSON object");
        assert!(
            object["text"]
                .as_str()
                .is_some_and(|text| text.ends_with('.')),
            "{kind}"
        );
        assert_eq!(object["message"]["id"], "<1@mail.example>");
    }
}

#[test]
fn no_alert_shows_a_code_a_live_link_or_a_character_that_a_terminal_obeys() {
    for (notice, ..) in every_notice() {
        let kind = notice.type_name();
        // A subject is masked wherever the mail may be one that brings a code.
        let may_show_digits = matches!(
            notice,
            Notice::Notification { .. } | Notice::Decision { .. }
        );
        let text = printed(Format::Json, std::iter::once(notice));
        assert!(may_show_digits || !text.contains(CODE), "{kind}");
        assert!(!text.contains("evil.example"), "{kind}");
        assert!(
            text.trim_end()
                .chars()
                .all(|c| !c.is_control() && c != '\u{202e}'),
            "{kind}"
        );
    }
    let text = printed(Format::Json, std::iter::once(forged()));
    assert!(
        !text.contains("https://"),
        "no link of a forged message is shown"
    );
    assert!(text.contains(r#""from":"security@facebookmail[.]com""#));
}

#[test]
fn alerts_that_are_told_at_once_do_not_mix() {
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    let file = File::from(OwnedFd::from(writer));
    let config = config(None, vec![AlertTarget::Stdout]);
    let outlets = Outlets::with_stdout(&config, Format::Json, Some(file)).expect("sound");
    let outlets = Arc::new(outlets);
    run(async {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let outlets = Arc::clone(&outlets);
            tasks.spawn(async move { outlets.tell(alert(forged())).await });
        }
        let attempts = tasks.join_all().await;
        assert!(attempts.iter().all(|attempt| *attempt == Attempt::Accepted));
    });
    drop(outlets);
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("UTF-8");
    assert_eq!(text.lines().count(), 20);
    let is_object = |line: &str| serde_json::from_str::<serde_json::Value>(line).is_ok();
    assert!(text.lines().all(is_object));
}

#[test]
fn a_reader_that_is_gone_means_try_later() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let file = File::from(OwnedFd::from(writer));
    let config = config(None, vec![AlertTarget::Stdout]);
    let outlets = Outlets::with_stdout(&config, Format::Human, Some(file)).expect("sound");
    let attempt = run(outlets.tell(alert(forged())));
    assert!(matches!(attempt, Attempt::TryLater { .. }), "{attempt:?}");
}

#[test]
fn an_alert_for_a_channel_that_is_gone_is_refused() {
    let mut alert = alert(forged());
    alert.channel = "removed".to_owned();
    let attempt = perform(
        &config(None, vec![AlertTarget::Stdout]),
        Order::Alert(alert),
    );
    assert!(matches!(attempt, Attempt::Rejected(reason) if reason.contains("removed")));
}

/// A port of 127.0.0.1 on which nobody listens.
fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener
        .local_addr()
        .expect("a bound socket has an address")
        .port()
}

#[test]
fn a_server_that_is_away_means_try_later() {
    let attempt = perform(&ntfy(closed_port()), Order::Alert(alert(forged())));
    assert!(matches!(attempt, Attempt::TryLater { .. }), "{attempt:?}");
    let attempt = perform(&smtp(closed_port()), Order::Alert(alert(forged())));
    assert!(matches!(attempt, Attempt::TryLater { .. }), "{attempt:?}");
}

#[test]
fn plain_text_leaves_this_machine_by_no_channel() {
    // TEST-NET-1 (RFC 5737): the refusal comes before any connection.
    let mut config = ntfy(80);
    config.alerts.extend(smtp(25).alerts);
    for channel in &mut config.alerts {
        match &mut channel.target {
            AlertTarget::Service(server) => server.host = "192.0.2.1".to_owned(),
            AlertTarget::Smtp(server) => server.host = "192.0.2.1".to_owned(),
            _ => {}
        }
    }
    for name in ["ntfy", "smtp"] {
        let mut config = config.clone();
        let turn = usize::from(name == "smtp");
        config.alerts = vec![config.alerts.swap_remove(turn)];
        let attempt = perform(&config, Order::Alert(alert(forged())));
        assert!(matches!(attempt, Attempt::Rejected(reason) if reason.contains("plain text")));
    }
}

#[test]
fn a_code_stands_in_an_alert_only_where_the_person_may_use_it_and_allowed_it() {
    let until = at("2026-11-23T20:15:00Z");
    let told = |notice: Notice, code: Option<Code>| {
        let alert = Alert {
            code,
            ..alert(notice)
        };
        let words = Words::of(&alert);
        (words.text.clone(), words.json(&alert).expect("JSON"))
    };
    let code = || Some(Code::new(CODE.to_owned()));
    let (text, json) = told(Notice::CodeWaiting { until }, code());
    assert!(text.ends_with(" The code is 482913; it is good until 2026-11-23T20:15:00Z."));
    assert!(json.contains(r#""code":"482913""#));
    let (text, json) = told(Notice::CodeWaiting { until }, None);
    assert!(text.ends_with(" The code is not repeated in this alert."));
    assert!(!json.contains(CODE) && !json.contains(r#""code""#));
    let doubtful = |code_until| Notice::SubmissionFailed {
        reason: "a crash".to_owned(),
        doubtful: true,
        code_until,
    };
    let (text, _) = told(doubtful(Some(until)), code());
    assert!(text.contains("The code is 482913"));
    let (text, _) = told(doubtful(None), None);
    assert!(text.ends_with("What happened: a crash."));
}

#[test]
fn a_code_stands_in_no_alert_of_a_channel_that_may_hold_none() {
    for may_hold_code in [true, false] {
        let (mut reader, writer) = std::io::pipe().expect("a pipe");
        let file = File::from(OwnedFd::from(writer));
        let mut config = config(None, vec![AlertTarget::Stdout]);
        config.alerts[0].may_hold_code = may_hold_code;
        let outlets =
            Outlets::with_stdout(&config, Format::Json, Some(file)).expect("a sound configuration");
        // Ordered while the configuration was another.
        let mut alert = alert(Notice::CodeWaiting {
            until: at("2026-11-23T20:15:00Z"),
        });
        alert.code = Some(Code::new(CODE.to_owned()));
        assert_eq!(run(outlets.tell(alert)), Attempt::Accepted);
        drop(outlets);
        let mut text = String::new();
        reader.read_to_string(&mut text).expect("UTF-8");
        assert_eq!(text.contains(CODE), may_hold_code);
    }
}
