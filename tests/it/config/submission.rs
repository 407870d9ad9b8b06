//! `[submission]`: a program or a server, which servers are taken, and which are refused before a
//! code comes.

use std::path::Path;

use jiff::SignedDuration;
use sustained::config::secret::SecretSource;
use sustained::config::{Step, Tls, Webhook};

use super::{check, read, whole};

/// What stands in `webhook = { … }`.
fn table(inside: &str) -> String {
    whole(&format!("[submission]\nwebhook = {{ {inside} }}\n"))
}

fn webhook(inside: &str) -> Webhook {
    match read(&table(inside)).submission.expect("there is one").step {
        Step::Webhook(webhook) => webhook,
        step => panic!("{step:?}"),
    }
}

#[test]
fn a_submission_has_a_command_and_two_limits() {
    let submission = |more: &str| {
        let text = whole(&format!(
            "[submission]\ncommand = [\"/bin/x\", \"-v\"]\n{more}"
        ));
        read(&text).submission.expect("there is one")
    };
    let default = submission("");
    let Step::Command(command) = default.step else {
        panic!("a command is no webhook")
    };
    assert_eq!(command, ["/bin/x", "-v"]);
    assert_eq!(default.timeout, SignedDuration::from_secs(60));
    assert_eq!(default.code_lifetime, SignedDuration::from_mins(15));
    let given = submission("timeout = \"1h 30m\"\ncode_lifetime = \"90 s\"");
    assert_eq!(given.timeout, SignedDuration::from_mins(90));
    assert_eq!(given.code_lifetime, SignedDuration::from_secs(90));
}

#[test]
fn a_webhook_has_an_address_and_a_secret() {
    let plain = webhook(r#"url = "https://Example.org/a%20b?c=d", secret = { env = "X" }"#);
    let endpoint = &plain.endpoint;
    assert_eq!(
        (endpoint.host.as_str(), endpoint.port),
        ("example.org", 443)
    );
    assert_eq!(
        (endpoint.tls, endpoint.path.as_str()),
        (Tls::Implicit, "/a%20b?c=d")
    );
    assert!(matches!(&plain.secret, SecretSource::Env(name) if name == "X"));
    assert!(plain.old_secret.is_none() && plain.ca_file.is_none() && !plain.allow_private);
    let full = webhook(
        r#"url = "http://localhost:8080/x", ca_file = "ca.pem", allow_private = true,
           secret = { file = "new" }, old_secret = { file = "old" }"#,
    );
    let beside = |name: &str| Path::new("/home/me").join(name);
    assert!(matches!(&full.old_secret, Some(SecretSource::File(file)) if *file == beside("old")));
    assert_eq!(full.ca_file, Some(beside("ca.pem")));
    assert_eq!((full.endpoint.tls, full.endpoint.port), (Tls::None, 8080));
    let shown = format!("{full:?}{plain:?}");
    assert!(!shown.contains("c=d") && !shown.contains("/x"), "{shown}");
}

#[test]
fn a_code_goes_one_way() {
    check(
        &whole(
            "[submission]\ncommand = [\"/x\"]\n\
             webhook = { url = \"https://h.org/\", secret = { env = \"X\" } }\n",
        ),
        "keep one of `command`",
    );
    check(
        &whole("[submission]\n"),
        "`command`, `webhook` or `browser` is missing",
    );
}

#[test]
fn a_webhook_that_cannot_work_is_refused() {
    let check = |inside: &str, expected: &str| check(&table(inside), expected);
    check(r#"secret = { env = "X" }"#, "`url` is missing");
    check(r#"url = "https://h.org/hunter2""#, "`secret` is missing");
    let with = |url: &str| format!(r#"url = "{url}", secret = {{ env = "X" }}"#);
    for wrong in [
        "hunter2",
        "ftp://h.org/hunter2",
        "https://me:hunter2@h.org/",
        "https://",
    ] {
        check(&with(wrong), "https://host/path");
    }
    check(&with("http://h.org/hunter2"), "write https");
    check(&with("http://192.168.0.1/hunter2"), "write https");
    for near in [
        "http://127.0.0.1/hunter2",
        "http://localhost/hunter2",
        "https://10.0.0.1/hunter2",
        "https://[fd00::1]/hunter2",
        "https://[::ffff:192.168.1.1]:8443/hunter2",
    ] {
        check(&with(near), "allow_private = true");
    }
    check(
        r#"url = "https://h.org/", secret = "hunter2""#,
        "a secret is written as a table",
    );
    check(
        &(with("https://h.org/") + ", old_secrt = 1"),
        "did you mean `old_secret`?",
    );
}

#[test]
fn a_browser_is_driven_on_this_machine_only() {
    let table = |inside: &str| whole(&format!("[submission]\nbrowser = {{ {inside} }}\n"));
    let step = |address: &str| {
        let text = table(&format!("address = \"{address}\""));
        read(&text).submission.expect("there is one").step
    };
    for address in ["127.0.0.1:9222", "[::1]:2828"] {
        assert!(matches!(step(address), Step::Browser(found) if found.to_string() == address));
    }
    for address in [
        "192.168.0.2:9222",
        "localhost:9222",
        "127.0.0.1",
        "127.0.0.1:0",
    ] {
        let text = table(&format!("address = \"{address}\""));
        check(&text, "write 127.0.0.1 and the port");
    }
    check(&table(""), "`address` is missing in browser");
}
