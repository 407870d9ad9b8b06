//! `sustained config check`: whether a change is right, before a reload.

use serde_json::Value;

use crate::support::process::Home;

const RIGHT: &str = "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\n\
                     accounts = [\"facebook\"]\n\
                     imap = { host = \"imap.sustained.invalid\", login = \"me\" }\n\
                     password = { credential = \"imap-me\" }\n";

#[test]
fn a_configuration_is_tried_without_a_server_and_without_its_secrets() {
    let home = Home::new(RIGHT);
    let output = home.output(&["config", "check"], b"");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let path = home.config().display().to_string();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, format!("{path} is right\n"));
    let output = home.output(&["config", "check", "--json"], b"");
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&said["valid"], &said["config"]),
        (&true.into(), &path.into())
    );
    assert_eq!(std::fs::read_dir(home.state()).unwrap().count(), 0);
}

#[test]
fn what_run_would_stop_at_is_said() {
    for (wrong, expected) in [
        ("nmae = \"me\"\n", "nmae"),
        (
            "[authenticity.pinned_keys]\n\"a._domainkey.example.org\" = \"v=DKIM1; p=?\"\n",
            "a._domainkey.example.org",
        ),
        (
            "[browser]\nrecipes = \"/nonexistent\"\n\
          [submission]\nbrowser = { address = \"127.0.0.1:9222\" }\n",
            "recipes",
        ),
    ] {
        let home = Home::new(&format!("{RIGHT}{wrong}"));
        let output = home.output(&["config", "check"], b"");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(78), "{wrong}: {said}");
        assert!(said.contains(expected), "{said}");
    }
}
