//! `sustained check --alert`: a marked test through the real way of each channel.
//!
//! SECURITY: the servers are on 127.0.0.1, port 0; nothing leaves the machine.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::process::Output;

use serde_json::Value;

use super::services::TELEGRAM_TOOK;
use crate::support::http_sink::{HttpSink, Reply};
use crate::support::process::Home;

/// A home with these alerts, whose mailbox nobody looks at here.
fn home(alerts: &str) -> Home {
    Home::new(&format!(
        "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\naccounts = [\"facebook\"]\n\
         maildir = \"/nonexistent\"\n\n{alerts}"
    ))
}

/// A Telegram and a Gotify channel, one for which an ordinary alert would have to wait.
fn two(telegram: u16, gotify: u16) -> String {
    format!(
        "[[alert]]\nname = \"phone\"\nurl = \"tgram://127.0.0.1:{telegram}/42\"\n\
         token = {{ value = \"1:hunter2\" }}\nquiet = \"00:00-23:59\"\n\
         types = [\"decision.received\"]\n\
         [[alert]]\nname = \"desk\"\nurl = \"gotify://127.0.0.1:{gotify}\"\n\
         token = {{ value = \"hunter2\" }}\n"
    )
}

fn text(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8(both).expect("text")
}

#[test]
fn a_test_goes_through_every_channel_whatever_its_hours_and_types() {
    let telegram = HttpSink::start(vec![Reply::new(200, TELEGRAM_TOOK)]);
    let gotify = HttpSink::start(vec![Reply::new(401, "no hunter2")]);
    let home = home(&two(telegram.port(), gotify.port()));
    let output = home.output(&["check", "--alert", "--verbose"], b"");
    let said = text(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("ok    alert phone: "), "{said}");
    let refused = "FAIL  alert desk: 127.0.0.1 refused the alert (401 Unauthorized): give the \
                   channel the token of an application";
    assert!(said.contains(refused), "{said}");
    assert!(said.contains("      -> "), "{said}");
    assert!(
        !said.contains("mailbox me"),
        "nothing else is tried: {said}"
    );
    assert!(!said.contains("hunter2"), "a token is shown");
    let received = telegram.received();
    assert_eq!((received.len(), gotify.received().len()), (1, 1));
    assert!(
        received[0].body.contains("This is a test"),
        "{}",
        received[0].body
    );
}

#[test]
fn a_test_goes_through_the_named_channel_alone() {
    let telegram = HttpSink::start(vec![Reply::new(200, TELEGRAM_TOOK)]);
    let gotify = HttpSink::start(vec![Reply::new(500, "")]);
    let home = home(&two(telegram.port(), gotify.port()));
    let output = home.output(&["check", "--alert", "phone", "--json"], b"");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let said: Value = serde_json::from_slice(&output.stdout).expect("one object");
    assert_eq!(said["worst"], "pass");
    assert_eq!((telegram.received().len(), gotify.received().len()), (1, 0));
    let output = home.output(&["check", "--alert", "phnoe"], b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output).contains("there are: phone, desk"),
        "{}",
        text(&output)
    );
    let later = text(&home.output(&["check", "--alert", "desk"], b""));
    assert!(later.contains("try again later"), "{later}");
}

#[test]
fn standard_output_gets_its_line_and_json_stays_one_object() {
    let home = home("[[alert]]\nurl = \"stdout:\"\n");
    let output = home.output(&["check", "--alert"], b"");
    let said = String::from_utf8(output.stdout).expect("text");
    assert!(said.contains("  alert.test  me  This is a test"), "{said}");
    let output = home.output(&["check", "--alert", "--json"], b"");
    let _: Value = serde_json::from_slice(&output.stdout).expect("one object");
    let line = String::from_utf8(output.stderr).expect("text");
    assert!(line.contains("\"type\":\"alert.test\""), "{line}");
    let output = self::home("").output(&["check", "--alert"], b"");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
}

#[test]
fn log_lines_have_a_time_unless_they_go_to_the_journal() {
    let home = home("[[alert]]\nurl = \"stdout:\"\n");
    let path = home.path().join("log");
    for is_journal in [false, true] {
        let log = File::create(&path).expect("a file");
        let there = log.metadata().expect("its number");
        let stream = if is_journal {
            format!("{}:{}", there.dev(), there.ino())
        } else {
            "8:12345".to_owned()
        };
        let mut command = home.command(&["check", "--alert", "--verbose"]);
        command.env("JOURNAL_STREAM", stream).stderr(log);
        command.output().expect("it runs");
        let log = fs::read_to_string(&path).expect("lines");
        let sent = log.lines().find(|line| line.contains("alert sent"));
        let has_time = sent.expect("a line").starts_with("20");
        assert_eq!(has_time, !is_journal, "{log}");
    }
}
