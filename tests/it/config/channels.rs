//! The services, programs and desktops that alerts go to, and when a channel tells what.
//!
//! Nothing is sent here.

use jiff::{SignedDuration, Timestamp};
use sustained::config::types::KNOWN;
use sustained::config::{AlertChannel, AlertTarget, Protocol, Service, Tls};

use super::alert::check_alert;
use super::{read, whole};
use crate::outlet::every_notice;

/// The channel that `table` describes.
fn channel(table: &str) -> AlertChannel {
    let text = whole(&format!("[[alert]]\n{table}\n"));
    read(&text).alerts.remove(0)
}

/// The service that `url` means, with a token.
fn service(url: &str) -> Service {
    let table = format!("url = \"{url}\"\ntoken = {{ env = \"X\" }}");
    match channel(&table).target {
        AlertTarget::Service(service) => service,
        other => panic!("{other:?}"),
    }
}

/// Where `url` leads to.
fn check_place(url: &str, host: &str, port: u16, tls: Tls) {
    let service = service(url);
    assert_eq!((service.host.as_str(), service.port), (host, port), "{url}");
    assert_eq!(service.tls, tls, "{url}");
}

#[test]
fn a_service_has_a_host_of_its_own_or_the_usual_one() {
    check_place("gotify://push.org", "push.org", 443, Tls::Implicit);
    check_place("gotify://push.org:8443/", "push.org", 8443, Tls::Implicit);
    check_place("gotify://127.0.0.1:8080", "127.0.0.1", 8080, Tls::None);
    check_place("tgram://-100123", "api.telegram.org", 443, Tls::Implicit);
    check_place("tgram://localhost:81/42", "localhost", 81, Tls::None);
    check_place("matrix://m.org/!a:h.org", "m.org", 443, Tls::Implicit);
    check_place("slack:", "hooks.slack.com", 443, Tls::Implicit);
    check_place("slack://chat.org", "chat.org", 443, Tls::Implicit);
    check_place("discord:", "discord.com", 443, Tls::Implicit);
    check_place("discord://127.0.0.1:82", "127.0.0.1", 82, Tls::None);
}

#[test]
fn a_service_knows_what_it_wants() {
    let chat = |url: &str| match service(url).protocol {
        Protocol::Telegram { chat, .. } => chat,
        other => panic!("{other:?}"),
    };
    assert_eq!(chat("tgram://-100123"), "-100123");
    assert_eq!(chat("tgram://h.org/42"), "42");
    assert_eq!(chat("tgram://h.org/@my_channel"), "@my_channel");
    let Protocol::Matrix { room, .. } = service("matrix://m.org/!aB-_:h.org:8448").protocol else {
        panic!("not Matrix");
    };
    assert_eq!(room, "!aB-_:h.org:8448");
    let both = "url = \"pover:\"\ntoken = { env = \"X\" }\npassword = { env = \"Y\" }";
    let AlertTarget::Service(pushover) = channel(both).target else {
        panic!("not a service");
    };
    assert_eq!(
        (pushover.host.as_str(), pushover.port),
        ("api.pushover.net", 443)
    );
    assert_eq!(pushover.protocol.secrets().len(), 2);
    let AlertTarget::Service(apprise) = channel("url = \"apprise://h.org/me\"").target else {
        panic!("not a service");
    };
    assert!(matches!(apprise.protocol, Protocol::Apprise { key } if key == "me"));
}

#[test]
fn a_program_and_a_desktop_are_on_this_machine() {
    let AlertTarget::Exec(exec) = channel("url = \"exec:\"\ncommand = [\"/bin/x\", \"y\"]").target
    else {
        panic!("not a program");
    };
    assert_eq!(exec.command, ["/bin/x", "y"]);
    assert_eq!(exec.timeout, SignedDuration::from_secs(60));
    assert!(matches!(
        channel("url = \"desktop:\"").target,
        AlertTarget::Desktop
    ));
}

#[test]
fn a_service_that_cannot_work_is_refused() {
    for url in [
        "gotify://h.org",
        "tgram://42",
        "matrix://h.org/!a:h.org",
        "slack:",
        "discord:",
    ] {
        check_alert(&format!("url = \"{url}\""), "`token` is missing");
        check_alert(
            &format!("url = \"{url}\"\npassword = {{ env = \"X\" }}"),
            "token = { … } instead of password",
        );
    }
    check_alert(
        "url = \"pover:\"\ntoken = { env = \"X\" }",
        "wants two secrets",
    );
    check_alert(
        "url = \"apprise://h.org/me\"\ntoken = { env = \"X\" }",
        "asked without a token",
    );
    let with_token = |url: &str, expected: &str| {
        check_alert(
            &format!("url = \"{url}\"\ntoken = {{ env = \"X\" }}"),
            expected,
        );
    };
    with_token("gotify:", "the host is missing; write gotify://HOST");
    with_token(
        "matrix:",
        "the host is missing; write matrix://HOST/ROOM_ID",
    );
    with_token("matrix://h.org/abc", "the id of a room");
    with_token("tgram://h.org", "the number of a chat");
    with_token("tgram://42:443", "the number of a chat");
    with_token("gotify://h.org?priority=5", "remove what follows the ?");
    check_alert("url = \"apprise://h.org/a/b\"", "the key that you keep");
    check_alert("url = \"tgrm://42\"", "did you mean `tgram`?");
    check_alert("url = \"discrd:\"", "did you mean `discord`?");
    check_alert(
        "url = \"carrier-pigeon://h.org\"",
        "known are stdout:, desktop:, exec:",
    );
}

#[test]
fn a_program_that_cannot_work_is_refused() {
    check_alert("url = \"exec:\"", "`command` is missing");
    check_alert("url = \"exec:/bin/x\"", "two slashes");
    check_alert(
        "url = \"exec://x\"\ncommand = [\"/x\"]",
        "without anything after it",
    );
    check_alert(
        "url = \"exec:\"\ncommand = [\"x\"]",
        "the whole path of a program",
    );
    check_alert(
        "url = \"exec:\"\ncommand = []",
        "the whole path of a program",
    );
    check_alert("url = \"exec:\"\ncommand = [\"/x\\u0000\"]", "NUL");
    let long = "url = \"exec:\"\ncommand = [\"/x\"]\ntimeout = \"5 min\"";
    check_alert(long, "within two minutes");
    check_alert("url = \"stdout:\"\ncommand = [\"/x\"]", "url = \"exec:\"");
    check_alert(
        "url = \"stdout:\"\ntimeout = \"5 s\"",
        "belongs to the `command`",
    );
    check_alert(
        "url = \"desktop:\"\ntoken = { env = \"X\" }",
        "needs neither token",
    );
}

#[test]
fn a_channel_tells_everything_at_any_hour_and_no_code_unless_it_says_otherwise() {
    let plain = channel("url = \"stdout:\"");
    assert!(KNOWN.iter().all(|name| plain.types.includes(name)));
    assert!(plain.quiet.is_none() && !plain.may_hold_code);
    assert_eq!(plain.at_most, 20);
    let given = channel(
        "url = \"smtp://h.org\"\ntypes = [\"mailbox.*\", \"decision.received\"]\n\
         quiet = \"22:00-07:00 UTC\"\ncode = true\nat_most = 3",
    );
    assert!(given.types.includes("mailbox.deaf") && !given.types.includes("mail.forged"));
    assert!(given.may_hold_code);
    assert_eq!(given.at_most, 3);
    let instant = |text: &str| text.parse::<Timestamp>().expect("a time");
    let quiet = given.quiet.expect("there are quiet hours");
    let ends = quiet.ends_after(instant("2026-06-10T23:00:00Z"));
    assert_eq!(ends, Some(instant("2026-06-11T07:00:00Z")));
    assert_eq!(quiet.ends_after(instant("2026-06-10T12:00:00Z")), None);
}

#[test]
fn every_type_of_an_alert_can_be_named() {
    // A test goes to every channel, and is no type to choose.
    let names = every_notice();
    assert!(names.len() > 5);
    for name in names.iter().filter(|name| **name != "alert.test") {
        assert!(KNOWN.contains(name), "{name} is missing among the types");
    }
}

#[test]
fn when_a_channel_tells_what_is_checked() {
    let with = |line: &str, expected: &str| {
        check_alert(&format!("url = \"stdout:\"\n{line}"), expected);
    };
    with(
        "types = [\"mail.forged\", \"desicion.received\"]",
        ":9:25: there is no such type of alert; did you mean \"decision.received\"?",
    );
    with("types = [\"mail\"]", "no such type of alert");
    with("types = [\"mails.*\"]", "no such type of alert");
    with("types = []", "would tell nothing");
    with("types = \"mail.*\"", "expected a list in square brackets");
    with("quiet = \"22-7\"", "quiet hours are written");
    with("quiet = \"22:00-07:00 Mars/Base\"", "no such time zone");
    with("quiet = \"22:00-22:00\"", "no time at all");
    with("at_most = 0", "would tell nothing");
    with("at_most = \"5\"", "expected a number from 0 to 65535");
    with("code = \"yes\"", "expected true or false");
}

#[test]
fn a_code_does_not_stand_where_others_read_along() {
    check_alert(
        "url = \"desktop:\"\ncode = true",
        "every user of this machine can read",
    );
    check_alert(
        "url = \"ntfy://h.org/t\"\ncode = true",
        "whoever knows the topic",
    );
    check_alert("url = \"stdout:\"\ncode = true", "the service's log");
    let reserved = "url = \"ntfy://h.org/t\"\ntoken = { env = \"X\" }\ncode = true";
    assert!(channel(reserved).may_hold_code);
    assert!(!channel("url = \"desktop:\"\ncode = false").may_hold_code);
}
