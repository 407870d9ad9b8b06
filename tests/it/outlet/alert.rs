//! Alerts: the words of every notice, on standard output, and what all channels have in common.
//!
//! SECURITY: nothing leaves the machine.

use std::fs::File;
use std::io::Read;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use jiff::Timestamp;
use sustained::case::Reminder;
use sustained::case::effect::{Alert, Attempt, MessageSummary, Notice, Order};
use sustained::config::AlertTarget;
use sustained::mail::{Code, Doubt, MailboxName, Outcome, Product};
use sustained::outlet::alert::words::Words;
use sustained::outlet::{Format, Outlets};

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

pub fn decision(outcome: Outcome, seconds_after_code: Option<i64>) -> Notice {
    Notice::Decision {
        outcome,
        seconds_after_code,
        unnamed: vec![],
    }
}

fn failed(reason: &str, doubtful: bool) -> Notice {
    Notice::SubmissionFailed {
        reason: reason.to_owned(),
        doubtful,
        code_until: None,
    }
}

pub fn forged() -> Notice {
    Notice::Forged {
        reason: "it is signed by evil.example only".to_owned(),
    }
}

/// A notice, its sentences, and its own fields in JSON.
type Told = (Notice, &'static str, &'static str);

/// Every notice.
pub fn every_notice() -> Vec<Told> {
    let mut notices = decisions();
    notices.extend(other_notices());
    notices.extend(reminders());
    notices.push(test());
    notices
}

fn test() -> Told {
    (
        Notice::Test,
        "alert.test  me  This is a test of the way in which you are told about mailbox me: it \
             works. Nothing happened, and there is nothing to do.",
        r#""links":["https://www.facebook.com/help/contact/1"]"#,
    )
}

fn decisions() -> Vec<Told> {
    vec![
        (
            decision(Outcome::Honored, Some(12)),
            "decision.received  me  A message from Meta in mailbox me says that your objection \
             about Facebook is honored. There is nothing more to do; keep the message as your \
             proof. Meta answered 12 seconds after the code: automatic in all likelihood.",
            r#""outcome":"honored","seconds_after_code":12"#,
        ),
        (
            decision(Outcome::Declined, Some(86_400)),
            "decision.received  me  A message from Meta in mailbox me says that your objection \
             about Facebook is declined. Keep the message; you may object again with your \
             reasons, or complain to your data protection authority.",
            r#""outcome":"declined","seconds_after_code":86400"#,
        ),
        (
            decision(Outcome::NeedsInfo, None),
            "decision.received  me  A message from Meta in mailbox me wants more information \
             before it decides about your objection about Facebook. Nothing is decided yet: read \
             the message and answer as it says.",
            r#""outcome":"needs_info","seconds_after_code":null"#,
        ),
    ]
}

fn other_notices() -> Vec<Told> {
    let since = at("2026-11-23T19:00:00Z");
    vec![
        (
            Notice::Notification {
                effective: Some(jiff::civil::date(2024, 6, 26)),
            },
            "notification.received  me  A genuine message from Meta about Facebook in mailbox me \
             announces a use of personal data that can be objected to. It applies from 2024-06-26 \
             on. To object, open the form that the message links to; the form's code will come to \
             this mailbox.",
            r#""effective":"2024-06-26""#,
        ),
        (
            Notice::CodeWaiting { until: since },
            "code.received  me  The code for your objection about Facebook is waiting in mailbox \
             me. Open the mailbox, read the code there and type it into Meta's form before \
             2026-11-23T19:00:00Z. The code is not repeated in this alert.",
            r#""until":"2026-11-23T19:00:00Z""#,
        ),
        (
            Notice::Unclear {
                doubt: Doubt::SeveralCodes,
            },
            "mail.unclear  me  A message about your objection about Facebook in mailbox me could \
             not be read with certainty: several numbers in it could be the code. Nothing was \
             done with it. Open the mailbox and read the message yourself.",
            r#""doubt":"several_codes""#,
        ),
        (
            forged(),
            "mail.forged  me  A message that claims to be from Meta is not proved to be: it is \
             signed by evil[.]example only. It is in mailbox me. Nothing was done with it. Do not \
             follow its links.",
            r#""reason":"it is signed by evil[.]example only""#,
        ),
        (
            failed("the step did not finish within 60 s.", true),
            "submission.failed  me  The code for your objection about Facebook that came to me \
             may or may not have been typed: look at the form; it is not tried again. Was it \
             filed? If so, say so: `sustained note filed`. What happened: the step did not finish \
             within 60 s.",
            r#""reason":"the step did not finish within 60 s.","doubtful":true"#,
        ),
        (
            failed("the form is closed", false),
            "submission.failed  me  The code for your objection about Facebook that came to me \
             was not handed over: the form is closed. Open the mailbox and type the code into \
             Meta's form, or ask the form for a new code.",
            r#""reason":"the form is closed","doubtful":false"#,
        ),
        (
            Notice::Deaf {
                since,
                why: "NO [AUTH] \u{1b}[5mpassword".to_owned(),
            },
            "mailbox.deaf  me  The mailbox me has not been heard since 2026-11-23T19:00:00Z: NO \
             [AUTH] \\u{1b}[5mpassword. A code that comes now is not seen before it is heard \
             again: look into the mailbox yourself, and run `sustained check` to see what to mend.",
            r#""since":"2026-11-23T19:00:00Z","why":"NO [AUTH] \\u{1b}[5mpassword""#,
        ),
        (
            Notice::Heard { since },
            "mailbox.heard  me  The mailbox me is heard again; it was not heard after \
             2026-11-23T19:00:00Z. Messages that came in between are read now. There is nothing \
             to do.",
            r#""since":"2026-11-23T19:00:00Z""#,
        ),
    ]
}

fn reminders() -> Vec<Told> {
    let day = jiff::civil::date;
    let remind = |reminder, effective, due| Notice::Reminder {
        reminder,
        effective,
        due,
    };
    vec![
        (
            remind(Reminder::WeekBefore, Some(day(2025, 5, 27)), None),
            "reminder.due  me  Meta's announced use of personal data applies from 2025-05-27 on, \
             and as far as is known your objection about Facebook was not filed (mailbox me). \
             Objecting later is possible, too; it then counts from that time on. If you did file \
             it, say so: `sustained note filed`.",
            r#""reminder":"week_before","effective":"2025-05-27","due":null"#,
        ),
        (
            remind(Reminder::AnswerOverdue, None, Some(day(2025, 6, 20))),
            "reminder.due  me  Meta's answer to your objection about Facebook (mailbox me) was \
             due by 2025-06-20, as computed from GDPR, Art. 12(3); no answer has come to this \
             mailbox. That is no refusal. `sustained status` shows how the date was computed; it \
             is not legal advice. If Meta answered elsewhere, say so: `sustained note`. You may \
             ask Meta, or your data protection authority.",
            r#""reminder":"answer_overdue","effective":null,"due":"2025-06-20""#,
        ),
        (
            Notice::Summary {
                counts: [("mail.forged".to_owned(), 7)].into(),
            },
            "alerts.summary  me  More happened than this channel tells in an hour. Not told one \
             by one: 7 of mail.forged. All of it is in the decision log: `sustained log`.",
            r#""counts":{"mail.forged":7}"#,
        ),
        (
            Notice::Decision {
                outcome: Outcome::Extended,
                seconds_after_code: None,
                unnamed: vec![Product::Instagram],
            },
            "decision.received  me  A message from Meta in mailbox me says that your objection \
             about Facebook will take longer. There is nothing to do but wait; Meta may take two \
             months more if it says so within the first (GDPR, Art. 12(3)). It does not name \
             Instagram, which you said is linked: Meta says that one objection covers linked \
             accounts. Is it covered? If not, object for it, too.",
            r#""outcome":"extended","seconds_after_code":null,"unnamed":["instagram"]"#,
        ),
    ]
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
    assert!(matches!(attempt, Attempt::TryLater(_)), "{attempt:?}");
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
    assert!(matches!(attempt, Attempt::TryLater(_)), "{attempt:?}");
    let attempt = perform(&smtp(closed_port()), Order::Alert(alert(forged())));
    assert!(matches!(attempt, Attempt::TryLater(_)), "{attempt:?}");
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
