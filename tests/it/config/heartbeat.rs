//! `[heartbeat]`: an address that is a secret, wherever it stands.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use jiff::SignedDuration;
use sustained::config::secret::SecretSource;
use sustained::config::{ConfigError, Heartbeat, load};

use super::{check, read, whole};

fn table(inside: &str) -> String {
    whole(&format!("[heartbeat]\n{inside}\n"))
}

fn heartbeat(inside: &str) -> Heartbeat {
    read(&table(inside)).heartbeat.expect("there is one")
}

#[test]
fn an_address_is_written_or_kept_elsewhere() {
    let written = heartbeat("url = \"https://hc-ping.com/hunter2\"");
    assert_eq!(written.every, SignedDuration::from_mins(5));
    let SecretSource::Value(secret) = &written.url else {
        panic!("it stands in the file")
    };
    assert!(secret.reveal() == "https://hc-ping.com/hunter2");
    assert!(!format!("{written:?}").contains("hunter2"));
    let kept = heartbeat("url = { file = \"ping\" }\nevery = \"30 s\"");
    assert_eq!(kept.every, SignedDuration::from_secs(30));
    assert!(matches!(kept.url, SecretSource::File(_)));
}

#[test]
fn an_address_that_stands_in_the_file_is_nobody_elses_to_read() {
    let place = tempfile::tempdir().expect("a folder");
    let path = place.path().join("config.toml");
    let load_with = |inside: &str| {
        std::fs::write(&path, table(inside)).expect("a file");
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("a mode");
        load(&path)
    };
    let open = load_with("url = \"https://hc-ping.com/x\"");
    assert!(matches!(open, Err(ConfigError::Unsafe { .. })), "{open:?}");
    assert!(load_with("url = { file = \"ping\" }").is_ok());
}

#[test]
fn a_heartbeat_that_cannot_work_is_refused_and_not_repeated() {
    let check = |inside: &str, expected: &str| check(&table(inside), expected);
    check("every = \"5 min\"", "`url` is missing");
    check("url = \"hunter2\"", "https://host/path");
    check("url = \"https://me:hunter2@h.org\"", "https://host/path");
    check("url = \"http://h.org/hunter2\"", "write https");
    check("url = { value = \"http://h.org/hunter2\" }", "write https");
    check("url = \"\"", "the secret is empty");
    check(
        "url = { env = \"X\", file = \"hunter2\" }",
        "a secret is in one place",
    );
    check("url = 5", "text between quotes");
    check("url = \"https://h.org/\"\nevery = \"x\"", "a duration is");
    check("utl = \"https://h.org/hunter2\"", "did you mean `url`?");
}
