//! Tokens in the place of a password: consent once, refreshed before need, and an end that is told
//! apart from a wrong password. Dovecot asks the same issuer whether a token holds.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::process::Stdio;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::CODE;
use crate::support::dovecot::{Dovecot, LOGIN, Options};
use crate::support::issuer::Issuer;
use crate::support::meta::Meta;
use crate::support::process::{Home, Running};
use crate::support::server::Owner;
use crate::support::step::Step;
use crate::support::watched;
use crate::support::{PATIENCE, log, wait_until};

/// A mailbox that is opened by tokens.
struct Mailbox {
    dovecot: Dovecot,
    issuer: Issuer,
    home: Home,
    step: Step,
    meta: Meta,
}

impl Mailbox {
    fn with(mechanisms: &'static str, way: &str) -> Option<Self> {
        let issuer = Issuer::start(LOGIN);
        let options = Options {
            mechanisms,
            tokens: Some(issuer.introspection()),
            ..Options::default()
        };
        let dovecot = Dovecot::with(options)?;
        let meta = Meta::new();
        let (port, ca_file) = (dovecot.port(), dovecot.ca_file().display().to_string());
        let mailbox = watched::Mailbox {
            imap: format!(
                r#"host = "localhost", port = {port}, login = "{LOGIN}", ca_file = "{ca_file}""#
            ),
            access: issuer.table(way),
            folders: &["INBOX"],
            sweep: "1 min",
        };
        let (home, step) = mailbox.home(&meta);
        Some(Self {
            dovecot,
            issuer,
            home,
            step,
            meta,
        })
    }

    /// The person consents by a code on another device.
    fn consent(&self) {
        self.issuer.set_pending(1);
        let output = self.home.output(&["init", "--oauth", "own"], b"");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        assert!(
            said.contains("https://login.example/device and enter WDJB-MJHT"),
            "{said}"
        );
    }

    fn tokens(&self) -> Value {
        let text = fs::read(self.home.state().join("tokens/me.json")).unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    /// Makes the tokens so many minutes older.
    fn age(&self, minutes: i64) {
        let mut kept = self.tokens();
        for key in ["granted_at", "expires_at"] {
            let at: Timestamp = kept[key].as_str().unwrap().parse().unwrap();
            kept[key] = (at - SignedDuration::from_mins(minutes)).to_string().into();
        }
        fs::write(self.home.state().join("tokens/me.json"), kept.to_string()).unwrap();
    }

    fn hands_over(&self, running: &Running, code: &str, count: usize) {
        self.dovecot.deliver("INBOX", &self.meta.code(code));
        let there = wait_until(PATIENCE, || self.step.handed_over().len() >= count);
        assert!(there, "{}\n{}", running.talk(), self.dovecot.log());
    }
}

#[test]
fn consent_by_a_code_on_another_device_opens_the_mailbox() {
    for mechanism in ["xoauth2", "oauthbearer"] {
        let Some(mailbox) = Mailbox::with(mechanism, "device_url") else {
            return;
        };
        // As root the tests consent for a service that runs as somebody else.
        let owner = Owner::of_the_machine();
        owner.give(&mailbox.home.state());
        mailbox.consent();
        let folder = mailbox.home.state().join("tokens");
        for path in [
            folder.clone(),
            folder.join("me.json"),
            folder.join("me.lock"),
        ] {
            if path.exists() {
                assert_eq!(fs::metadata(path).unwrap().uid(), owner.uid);
            }
        }
        let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(folder.clone()), 0o700);
        assert_eq!(mode(folder.join("me.json")), 0o600);
        let check = mailbox.home.output(&["check"], b"");
        let said = String::from_utf8_lossy(&check.stdout).into_owned();
        assert!(said.contains("sign-in: accepted"), "{said}");
        let mut running = mailbox.home.run();
        mailbox.hands_over(&running, CODE, 1);
        assert!(running.stop(PATIENCE).success());
        let talk = running.talk();
        assert!(
            !talk.contains("a-1") && !talk.contains("r-1"),
            "a token is in the log"
        );
    }
}

#[test]
fn consent_is_one_object_on_standard_output() {
    let Some(mailbox) = Mailbox::with("xoauth2", "device_url") else {
        return;
    };
    let output = mailbox
        .home
        .output(&["init", "--oauth", "own", "--json"], b"");
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        said,
        serde_json::json!({ "mailbox": "me", "consented": true })
    );
}

#[test]
fn consent_on_a_page_is_pasted_back() {
    let Some(mailbox) = Mailbox::with("xoauth2", "consent_url") else {
        return;
    };
    let mut child = mailbox
        .home
        .command(&["init", "--oauth", "own"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let stderr = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut lines = std::io::BufRead::lines(stderr).map(Result::unwrap);
    let address = lines.find(|line| line.starts_with("http://")).unwrap();
    let ended_at = mailbox.issuer.consent_on_page(&address);
    writeln!(stdin, "{ended_at}").unwrap();
    assert!(child.wait().unwrap().success());
    let running = mailbox.home.run();
    mailbox.hands_over(&running, CODE, 1);
}

#[test]
fn the_answer_to_another_question_is_refused() {
    let Some(mailbox) = Mailbox::with("xoauth2", "consent_url") else {
        return;
    };
    for (pasted, said) in [
        (
            "http://127.0.0.1:1/?state=mine&code=granted\n",
            "another question",
        ),
        (
            "http://127.0.0.1:1/?error=access_denied\n",
            "got no consent",
        ),
        ("hello\n", "not the address"),
        ("", "not the address"),
    ] {
        let output = mailbox
            .home
            .output(&["init", "--oauth", "own"], pasted.as_bytes());
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(said), "{error}");
    }
    assert_eq!(mailbox.issuer.exchanges(), 0);
}

#[test]
fn tokens_are_refreshed_before_they_are_needed_and_each_holds_once() {
    let Some(mailbox) = Mailbox::with("xoauth2", "device_url") else {
        return;
    };
    mailbox.consent();
    for (count, code) in [CODE, "771204", "305518"].into_iter().enumerate() {
        // Of an hour five minutes are left: no sign-in would mind.
        mailbox.age(55);
        let before = mailbox.tokens()["access_token"].clone();
        let mut running = mailbox.home.run();
        let is_another = || mailbox.tokens()["access_token"] != before;
        assert!(wait_until(PATIENCE, is_another), "{}", running.talk());
        mailbox.hands_over(&running, code, count + 1);
        running.kill9();
    }
    assert_eq!(mailbox.issuer.exchanges(), 2 + 3);
}

#[test]
fn tokens_that_are_born_dead_are_not_asked_for_without_end() {
    let Some(mailbox) = Mailbox::with("xoauth2", "device_url") else {
        return;
    };
    mailbox.issuer.set_life(0);
    mailbox.consent();
    let before = mailbox.issuer.exchanges();
    let running = mailbox.home.run();
    mailbox.hands_over(&running, CODE, 1);
    // One for the sign-in.
    assert_eq!(mailbox.issuer.exchanges(), before + 1);
}

#[test]
fn a_token_that_the_server_refuses_is_replaced() {
    let Some(mailbox) = Mailbox::with("xoauth2", "device_url") else {
        return;
    };
    mailbox.consent();
    let first = mailbox.tokens()["access_token"].to_string();
    // A fresh one that is refused would not be replaced.
    mailbox.age(10);
    mailbox.issuer.expire();
    let running = mailbox.home.run();
    mailbox.hands_over(&running, CODE, 1);
    assert_ne!(mailbox.tokens()["access_token"].to_string(), first);
}

#[test]
fn tokens_of_a_time_to_come_are_not_taken_for_fresh_ones() {
    let Some(mailbox) = Mailbox::with("xoauth2", "device_url") else {
        return;
    };
    mailbox.consent();
    // The clock was an hour ahead, and was set right.
    mailbox.age(-60);
    mailbox.issuer.expire();
    let running = mailbox.home.run();
    mailbox.hands_over(&running, CODE, 1);
}

#[test]
fn tokens_that_cannot_be_written_are_used_all_the_same() {
    let Some(mut mailbox) = Mailbox::with("xoauth2", "device_url") else {
        return;
    };
    // Each sign-in takes another, and each refresh token holds once.
    mailbox.issuer.set_life(1);
    mailbox.consent();
    let in_the_way = mailbox.home.state().join("tokens/me.new");
    fs::create_dir(&in_the_way).unwrap();
    let running = mailbox.home.run();
    mailbox.hands_over(&running, CODE, 1);
    running.wait_for_line("written later", PATIENCE);
    mailbox.dovecot.restart();
    mailbox.hands_over(&running, "771204", 2);
    fs::remove_dir(&in_the_way).unwrap();
    let written = mailbox.tokens()["access_token"].clone();
    mailbox.dovecot.restart();
    mailbox.hands_over(&running, "305518", 3);
    assert_ne!(mailbox.tokens()["access_token"], written);
}

#[test]
fn a_consent_that_has_ended_is_told_with_what_to_do() {
    let Some(mailbox) = Mailbox::with("xoauth2", "device_url") else {
        return;
    };
    // Never consented.
    let mut running = mailbox.home.run();
    let never = log::wait_for(&mailbox.home, "mailbox.deaf");
    assert!(
        never["why"]
            .as_str()
            .unwrap()
            .contains("nobody has consented yet"),
        "{never}"
    );
    assert!(running.stop(PATIENCE).success());
    // Consented, and taken back.
    mailbox.issuer.set_life(1);
    mailbox.consent();
    mailbox.issuer.revoke();
    let running = mailbox.home.run();
    let ended = running.wait_for_line("consent has ended", PATIENCE);
    assert!(ended.contains("sustained init --oauth own"), "{ended}");
    assert!(!ended.contains('\u{1b}'), "{ended}");
}

#[test]
fn an_issuer_that_is_down_is_no_end_of_consent() {
    let Some(mailbox) = Mailbox::with("xoauth2", "device_url") else {
        return;
    };
    mailbox.issuer.set_life(1);
    mailbox.consent();
    mailbox.issuer.set_down(true);
    let running = mailbox.home.run();
    running.wait_for_line("own answered 503", PATIENCE);
    mailbox.issuer.set_down(false);
    mailbox.hands_over(&running, CODE, 1);
    assert!(
        log::types(&mailbox.home)
            .iter()
            .all(|event| event != "mailbox.deaf")
    );
}
