//! The ways to tell the person: which addresses are taken, and what they mean.
//!
//! Nothing is sent here.

use sustained::config::{AlertTarget, Protocol, Security, Service, Tls};

use super::{SECRET, check, read, whole};

/// The alert `table` is refused with `expected` in the words.
pub fn check_alert(table: &str, expected: &str) {
    check(&whole(&format!("[[alert]]\n{table}\n")), expected);
}

#[test]
fn an_alert_is_what_its_url_says() {
    let target = |table: &str| {
        let text = whole(&format!("[[alert]]\n{table}\n"));
        read(&text).alerts.remove(0).target
    };
    let ntfy = |url: &str| match target(&format!("url = \"{url}\"")) {
        AlertTarget::Service(Service {
            host,
            port,
            tls,
            protocol: Protocol::Ntfy { topic, .. },
        }) => (host, port, tls, topic),
        other => panic!("{other:?}"),
    };
    let expected = (
        "ntfy.sh".to_owned(),
        443,
        Tls::Implicit,
        "my-topic".to_owned(),
    );
    assert_eq!(ntfy("ntfy://ntfy.sh/my-topic"), expected);
    let expected = ("::1".to_owned(), 80, Tls::None, "t".to_owned());
    assert_eq!(ntfy("ntfy://[::1]/t"), expected);
    let expected = ("127.0.0.1".to_owned(), 8080, Tls::None, "t".to_owned());
    assert_eq!(ntfy("ntfy://127.0.0.1:8080/t"), expected);
    assert!(matches!(target("url = \"stdout:\""), AlertTarget::Stdout));

    let smtp = |table: &str| match target(table) {
        AlertTarget::Smtp(smtp) => smtp,
        other => panic!("{other:?}"),
    };
    let plain = smtp("url = \"smtp://localhost\"");
    assert_eq!((plain.security, plain.port), (Security::None, 25));
    assert_eq!(
        (plain.to.as_str(), plain.from.as_str()),
        ("me@example.org", "me@example.org")
    );
    assert!(plain.login.is_none());
    let path = smtp("url = \"smtp://h.org:2525/You@example.org\"");
    assert_eq!((path.security, path.port), (Security::StartTls, 2525));
    assert_eq!(
        (path.to.as_str(), path.from.as_str()),
        ("you@example.org", "you@example.org")
    );
    let full = smtp(
        "url = \"smtps://me%40x.org@h.org/?to=a@b.org&from=c@d.org\"\n\
         password = { value = \"hunter2\" }",
    );
    assert_eq!((full.security, full.port), (Security::Implicit, 465));
    assert_eq!(
        (full.to.as_str(), full.from.as_str()),
        ("a@b.org", "c@d.org")
    );
    assert_eq!(
        full.login.as_ref().map(|(login, _)| login.as_str()),
        Some("me@x.org")
    );
    assert!(!format!("{full:?}").contains(SECRET));
}

#[test]
fn an_alert_without_a_name_gets_its_scheme_and_a_number() {
    let config = read(&whole(
        "[[alert]]\nurl = \"ntfy://h.org/a\"\n[[alert]]\nurl = \"stdout:\"\n\
         [[alert]]\nname = \"phone\"\nurl = \"ntfy://h.org/b\"\n\
         [[alert]]\nurl = \"ntfy://h.org/c\"\n",
    ));
    let names: Vec<&str> = config.alerts.iter().map(|a| a.name.as_str()).collect();
    assert_eq!(names, ["ntfy-1", "stdout-1", "phone", "ntfy-3"]);
    check_alert(
        "name = \"stdout-1\"\nurl = \"ntfy://h.org/a\"\n[[alert]]\nurl = \"stdout:\"",
        "two alerts named `stdout-1`",
    );
}

#[test]
fn a_password_in_a_url_is_refused_and_not_shown() {
    check_alert(
        "url = \"smtps://me:hunter2@h.org/?to=a@b.org\"",
        "password = { file",
    );
    check_alert(
        "url = \"smtps://:hunter2@h.org\"",
        "a password does not belong in an address",
    );
    check_alert("url = \"smtps://me:hunter2/x@h.org\"", "and no password");
    check_alert("url = \"smtps://me:hunter2\"", "and no password");
    check_alert("url = \"smtps:me:hunter2@h.org\"", "two slashes");
    for mailto in ["mailto:me@h.org", "mailto://me@h.org"] {
        let expected = "mail goes through a server: write smtps://HOST/?to=ADDRESS";
        check_alert(&format!("url = \"{mailto}\""), expected);
    }
    check_alert("url = \"ntfy://hunter2@h.org/t\"", "token = { file");
    check_alert(
        "url = \"slak://T0/B0/hunter2\"",
        "unknown alert scheme `slak`; did you mean `slack`? known are stdout:",
    );
    for url in [
        "slack://T0/B0/hunter2",
        "discord://42/hunter2",
        "gotify://h.org/hunter2",
        "pover://hunter2@app",
        "pover://h.org/hunter2",
        "matrix://hunter2@h.org/!a:h.org",
        "tgram://hunter2@h.org/1",
    ] {
        check_alert(&format!("url = \"{url}\""), "token = { file");
    }
    check_alert("url = \"tgram://123:hunter2/1\"", "or token = …, next");
    check_alert(
        "url = \"matrix://me:hunter2@h.org/!a\"",
        "password = { file",
    );
    check_alert("url = \"T0/B0/hunter2\"", "begins with what it is");
    check_alert("ulr = \"smtps://me:hunter2@h.org\"", "did you mean `url`?");
    check(
        &whole("[submission]\nwebhook = \"https://example.org/hunter2\"\n"),
        "expected a table",
    );
}

#[test]
fn an_alert_that_cannot_work_is_refused() {
    check_alert("name = \"x\"", "`url` is missing");
    check_alert("url = \"stdout://x\"", "without anything after it");
    check_alert(
        "url = \"stdout:\"\ntoken = { env = \"X\" }",
        "neither token nor password",
    );
    check_alert("url = \"ntfys://h.org/t\"", "did you mean `ntfy`?");
    check_alert("url = \"ntfy:\"", "the host is missing");
    check_alert("url = \"ntfy://h.org/\"", "a topic of 1 to 64");
    check_alert("url = \"ntfy://h.org/a/b\"", "a topic of 1 to 64");
    check_alert(
        "url = \"ntfy://h.org/t?priority=5\"",
        "remove what follows the ?",
    );
    check_alert(
        "url = \"ntfy://h.org/t\"\npassword = { env = \"X\" }",
        "token = { … }",
    );
    check_alert("url = \"smtp://h.org:99999\"", "a port from 1 to 65535");
    check_alert("url = \"smtp://h.org/?cc=a@b.org\"", "only `to` and `from`");
    check_alert(
        "url = \"smtp://h.org/a@b.org?to=c@d.org\"",
        "`to` is given twice",
    );
    check_alert(
        "url = \"smtp://h.org/?to=nobody\"",
        "a mail address has one @",
    );
    check_alert("url = \"smtp://me@h.org\"", "a login and no password");
    check_alert(
        "url = \"smtp://h.org\"\npassword = { env = \"X\" }",
        "a password and no login",
    );
    check_alert(
        "url = \"smtp://h.org\"\ntoken = { env = \"X\" }",
        "not a token",
    );
    check_alert("url = \"stdout:\"\nname = \"a b\"", "a name has 1 to 64");
}
