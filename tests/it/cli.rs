//! The command line: what each verb prints, and its exit code.

use std::fs;

use serde_json::Value;

use crate::support::meta::{Meta, newsletter, unsigned_code};
use crate::support::place::Place;
use crate::support::process::{Home, Running};
use crate::support::{PATIENCE, log, wait_until};

/// A home whose configuration pins the replica's key.
fn home(meta: &Meta) -> Home {
    Home::new(&format!(
        "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\naccounts = [\"facebook\"]\n\
         maildir = \"/nonexistent\"\n\n{}",
        meta.pinned_keys()
    ))
}

/// What `read --json` says of these bytes.
fn read(home: &Home, raw: &[u8]) -> Value {
    let output = home.output(&["read", "-", "--json"], raw);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn read_says_what_the_articles_mails_are() {
    let meta = Meta::new();
    let home = home(&meta);
    let notification = read(&home, &meta.notification());
    assert_eq!(notification["kind"], "notification");
    assert_eq!(notification["effective_date"], "2024-06-26");
    assert_eq!(notification["product"], "facebook");
    assert_eq!(notification["language"], "en");
    assert_eq!(notification["authenticity"]["result"], "genuine");
    assert_eq!(notification["authenticity"]["method"], "dkim");
    let code = read(&home, &meta.code("482913"));
    assert_eq!(code["kind"], "code");
    assert!(code["code"] == "482913", "another code");
    let decision = read(&home, &meta.decision());
    assert_eq!(decision["kind"], "decision");
    assert_eq!(decision["outcome"], "honored");
    assert!(
        decision["why"]
            .as_array()
            .is_some_and(|why| !why.is_empty())
    );
}

#[test]
fn read_tells_words_from_proof() {
    let meta = Meta::new();
    let home = home(&meta);
    let unsigned = read(&home, &unsigned_code("482913"));
    assert_eq!(unsigned["kind"], "code");
    assert_eq!(unsigned["authenticity"]["result"], "forged");
    assert_eq!(unsigned["authenticity"]["domain"], "facebookmail.com");
    let other = read(&home, &newsletter(1));
    assert_eq!(other["kind"], "other");
    assert_eq!(other["authenticity"]["result"], "unproven");
    for raw in [b"".as_slice(), b"\0\0\0", b"\r\n\r\n", &[0xff; 300]] {
        assert_eq!(read(&home, raw)["kind"], "other");
    }
}

#[test]
fn read_takes_files_an_mbox_and_a_maildir() {
    let meta = Meta::new();
    let home = home(&meta);
    let mut mbox = Vec::new();
    for raw in [meta.notification(), newsletter(1), meta.decision()] {
        mbox.extend_from_slice(b"From someone@example.org Mon Jun  3 10:00:00 2024\n");
        mbox.extend_from_slice(&raw);
        mbox.extend_from_slice(b"\n");
    }
    let path = home.path().join("mail.mbox");
    fs::write(&path, mbox).unwrap();
    let maildir = home.path().join("Maildir");
    for place in ["new", "cur", "tmp"] {
        fs::create_dir_all(maildir.join(place)).unwrap();
    }
    fs::write(maildir.join("cur/1.a:2,S"), meta.decision()).unwrap();
    fs::write(maildir.join("new/2.b"), newsletter(2)).unwrap();
    let paths = [path.display().to_string(), maildir.display().to_string()];
    let output = home.output(&["read", "--json", &paths[0], &paths[1]], b"");
    let text = String::from_utf8(output.stdout).unwrap();
    let kinds: Vec<String> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["kind"].to_string())
        .collect();
    let expected = ["notification", "other", "decision", "decision", "other"];
    assert_eq!(kinds, expected.map(|kind| format!("{kind:?}")));
    let missing = home.output(&["read", "--json", "/nonexistent.eml", &paths[1]], b"");
    assert_eq!(missing.status.code(), Some(69));
    assert_eq!(
        String::from_utf8(missing.stdout).unwrap().lines().count(),
        2,
        "the rest is read"
    );
}

#[test]
fn nothing_hostile_reaches_the_terminal() {
    let meta = Meta::new();
    let home = home(&meta);
    let path = home.path().join("a\u{1b}[31mred.eml");
    let raw = String::from_utf8(unsigned_code("482913")).unwrap();
    let raw = raw.replace("Verify your", "Verify \u{1b}]0;owned\u{7}\u{202e}your");
    fs::write(&path, raw).unwrap();
    let output = home.output(&["read", path.to_str().unwrap()], b"");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        !text.contains('\u{1b}') && !text.contains('\u{202e}'),
        "{}",
        text.escape_debug()
    );
}

#[test]
fn the_rehearsal_goes_through_the_whole_journey() {
    let home = Home::empty();
    let mut command = home.command(&["rehearse"]);
    command.env("TMPDIR", home.path());
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for part in [
        "notification.received",
        "submission.accepted",
        "honored",
        "automatic",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    let log = text
        .lines()
        .last()
        .unwrap()
        .split_whitespace()
        .last()
        .unwrap();
    let verified = home.output(&["log", "verify", "--file", log], b"");
    assert!(verified.status.success(), "{log}");
    let mut command = home.command(&["rehearse", "--json"]);
    command.env("TMPDIR", home.path());
    for line in String::from_utf8(command.output().unwrap().stdout)
        .unwrap()
        .lines()
    {
        serde_json::from_str::<Value>(line).unwrap();
    }
}

#[test]
fn a_maildir_is_watched_and_its_mail_is_taken_in_once() {
    let meta = Meta::new();
    let home = Home::empty();
    let maildir = home.path().join("Maildir");
    for place in ["new", "cur", "tmp"] {
        fs::create_dir_all(maildir.join(place)).unwrap();
    }
    home.write(
        "config/sustained/config.toml",
        &format!(
            "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\naccounts = [\"facebook\"]\n\
         maildir = {:?}\n\n[[alert]]\nurl = \"stdout:\"\n\n{}",
            maildir.display().to_string(),
            meta.pinned_keys()
        ),
    );
    fs::write(maildir.join("cur/1.early:2,S"), meta.notification()).unwrap();
    let mut running = home.run();
    log::wait_for(&home, "notification.received");
    fs::write(maildir.join("tmp/2.code"), meta.code("482913")).unwrap();
    fs::rename(maildir.join("tmp/2.code"), maildir.join("new/2.code")).unwrap();
    // There is no submission step: the person is told.
    running.wait_for_line("code.received", PATIENCE);
    // Read by the person's mail program: moved and flagged, and no news.
    fs::rename(maildir.join("new/2.code"), maildir.join("cur/2.code:2,S")).unwrap();
    fs::write(maildir.join("new/3.decision"), meta.decision()).unwrap();
    log::wait_for(&home, "decision.received");
    running.stop(PATIENCE);
    let mut running = home.run();
    running.wait_for_line("started", PATIENCE);
    fs::write(maildir.join("new/4.forged"), unsigned_code("666666")).unwrap();
    log::wait_for(&home, "mail.forged");
    running.stop(PATIENCE);
    assert_eq!(
        log::types(&home),
        [
            "notification.received",
            "code.received",
            "decision.received",
            "mail.forged"
        ]
    );
}

#[test]
fn log_and_status_tell_what_is_on_record() {
    let meta = Meta::new();
    let home = home(&meta);
    assert_eq!(home.output(&["log"], b"").status.code(), Some(69));
    let mut running = home.run();
    log::wait_for(&home, "mailbox.deaf");
    running.stop(PATIENCE);
    let shown = String::from_utf8(home.output(&["log"], b"").stdout).unwrap();
    assert!(
        shown.contains("mailbox.deaf") && shown.contains("/nonexistent"),
        "{shown}"
    );
    let status = home.output(&["status", "--json"], b"");
    assert_eq!(status.status.code(), Some(1));
    let status: Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(status["running"], false);
    assert_eq!(status["healthy"], false);
}

#[test]
fn check_names_every_failure_with_its_remedy() {
    let home = Home::new(
        "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\naccounts = [\"facebook\"]\n\
         maildir = \"/nonexistent\"\n\n[authenticity]\nresolver = \"127.0.0.1:9\"\n\n\
         [submission]\ncommand = [\"/nonexistent/step\"]\n",
    );
    let output = home.output(&["check", "--json"], b"");
    assert_eq!(output.status.code(), Some(1));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["worst"], "fail");
    let checks = said["checks"].as_array().unwrap();
    let failed: Vec<&Value> = checks
        .iter()
        .filter(|check| check["status"] == "fail")
        .collect();
    assert_eq!(failed.len(), 3, "{said}");
    let is_well = |check: &Value| check["status"] == "pass" || check["status"] == "skip";
    for check in checks.iter().filter(|check| !is_well(check)) {
        assert!(!check["action"].as_str().unwrap().is_empty(), "{check}");
    }
    let text = String::from_utf8(home.output(&["check"], b"").stdout).unwrap();
    assert!(text.contains("FAIL") && text.contains("->"), "{text}");
}

#[test]
fn a_followed_log_goes_on() {
    let meta = Meta::new();
    let home = home(&meta);
    let mut running = home.run();
    log::wait_for(&home, "mailbox.deaf");
    running.stop(PATIENCE);
    let follower = Running::start(home.command(&["log", "--follow", "--json"]));
    assert!(
        wait_until(PATIENCE, || follower.stdout().len() == 1),
        "{}",
        follower.talk()
    );
    let maildir = home.path().join("Maildir");
    for place in ["new", "cur", "tmp"] {
        fs::create_dir_all(maildir.join(place)).unwrap();
    }
    let config = fs::read_to_string(home.config()).unwrap();
    let config = config.replace("/nonexistent", maildir.to_str().unwrap());
    home.write("config/sustained/config.toml", &config);
    let _running = home.run();
    // The folder is another one now: nothing says that the old one is heard again.
    fs::write(maildir.join("new/1.decision"), meta.decision()).unwrap();
    assert!(
        wait_until(PATIENCE, || follower.stdout().len() == 2),
        "{}",
        follower.talk()
    );
    assert!(follower.stdout()[1].contains("decision.received"));
}

#[test]
fn a_mailbox_that_was_never_heard_is_not_well() {
    let place = Place::new("accounts = [\"facebook\"]");
    let config = fs::read_to_string(place.home.config()).unwrap();
    let away = "[[mailbox]]\nname = \"away\"\naddress = \"a@example.org\"\n\
                accounts = [\"facebook\"]\n\
                imap = { host = \"127.0.0.1\", port = 9, tls = \"none\", login = \"a\" }\n\
                password = { value = \"x\" }\nfolders = [\"INBOX\"]\n\n";
    place
        .home
        .write("config/sustained/config.toml", &format!("{away}{config}"));
    let running = place.run();
    running.wait_for_line("cannot be reached", PATIENCE);
    let status = || {
        let output = place.home.output(&["status", "--json"], b"");
        let status: Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), status["folders"].clone())
    };
    // A Maildir has no folder for junk here, which is nobody's fault.
    let is_known = || {
        let (_, folders) = status();
        folders.as_array().unwrap().len() == 2 && folders[1]["heard"] == true
    };
    assert!(wait_until(PATIENCE, is_known), "{:?}", status());
    let (code, folders) = status();
    assert_eq!(code, Some(1), "{folders}");
    assert_eq!(folders[0]["mailbox"], "away");
    assert_eq!(folders[0]["heard"], false);
    assert_eq!(folders[0]["heard_at"], Value::Null);
}

#[test]
fn nothing_is_noted_where_no_daemon_reads_it() {
    let place = Place::new("accounts = [\"facebook\"]");
    let output = place.home.output(&["note", "filed"], b"");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(69), "{said}");
    assert!(said.contains("has not run yet"), "{said}");
    assert!(!place.home.state().join("sustained.db").exists());
}

#[test]
fn what_cannot_be_read_keeps_nothing_else_of_a_maildir_from_being_read() {
    let place = Place::new("accounts = [\"facebook\"]");
    let maildir = place.home.path().join("Maildir");
    for name in ["1", "3"] {
        place.deliver(name, b"From: a@example.com\r\n\r\nhello\r\n");
    }
    std::os::unix::fs::symlink("/nonexistent", maildir.join("new/2")).unwrap();
    let _listener = std::os::unix::net::UnixListener::bind(maildir.join("new/0")).unwrap();
    let output = place
        .home
        .output(&["read", "--json", maildir.to_str().unwrap()], b"");
    assert_eq!(output.status.code(), Some(69));
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 2);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("Maildir/new/2"), "{said}");
}
