//! Webhooks by the real program: a code mail comes into a Maildir, and a server is handed the code.
//!
//! The server checks the signatures with the library that receivers use.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::http_sink::{HttpSink, Reply};
use crate::support::meta::Meta;
use crate::support::process::{Home, Running};
use crate::support::{PATIENCE, log};

const CODE: &str = "482913";
const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

/// A home that watches a Maildir of its own and hands codes to a server.
struct Watched {
    home: Home,
    meta: Meta,
    sink: HttpSink,
}

impl Watched {
    fn answered(replies: Vec<Reply>) -> Self {
        let (home, meta, sink) = (Home::empty(), Meta::new(), HttpSink::start(replies));
        for place in ["new", "cur", "tmp"] {
            fs::create_dir_all(home.path().join("Maildir").join(place)).unwrap();
        }
        home.write("secret", SECRET);
        let config = format!(
            "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\naccounts = [\"facebook\"]\n\
             maildir = \"../../Maildir\"\nfolders = [\"INBOX\"]\n\n[[alert]]\nurl = \"stdout:\"\n\n\
             [submission]\n[submission.webhook]\nurl = \"http://127.0.0.1:{}/codes/hunter2\"\n\
             secret = {{ file = \"../../secret\" }}\nallow_private = true\n\n{}",
            sink.port(),
            meta.pinned_keys(),
        );
        home.write("config/sustained/config.toml", &config);
        Self { home, meta, sink }
    }

    fn maildir(&self) -> PathBuf {
        self.home.path().join("Maildir")
    }

    fn run(&self) -> Running {
        let running = self.home.run();
        running.wait_for_line("watching", PATIENCE);
        running
    }

    fn deliver(&self, name: &str, code: &str) {
        let aside = self.maildir().join("tmp").join(name);
        fs::write(&aside, self.meta.code(code)).unwrap();
        fs::rename(aside, self.maildir().join("new").join(name)).unwrap();
    }

    fn status(&self) -> Value {
        let config = self.home.config();
        let args = ["status", "--json", "--config", config.to_str().unwrap()];
        serde_json::from_slice(&self.home.output(&args, b"").stdout).unwrap()
    }

    /// The events on record that are about handing over.
    fn ends(&self) -> Vec<String> {
        let mut events = log::types(&self.home);
        events.retain(|event| event.starts_with("submission."));
        events
    }

    /// Every request is a signed hand-over of this code.
    fn all_are(&self, code: &str) {
        for request in self.sink.received() {
            assert!(crate::outlet::webhook::is_signed(&request, SECRET));
            let letter: Value = serde_json::from_str(&request.body).unwrap();
            assert!(letter["code"] == code, "another code");
            assert!(letter["id"] == request.header("webhook-id"), "another id");
        }
    }
}

/// Neither the code nor the secrets of the configuration stand in what was printed.
fn tells_no_secret(running: &Running) {
    let talk = running.talk();
    for secret in [CODE, SECRET, "hunter2"] {
        assert!(!talk.contains(secret), "a secret stands in the log");
    }
}

#[test]
fn a_code_that_arrives_is_posted_once() {
    let watched = Watched::answered(vec![Reply::new(204, "")]);
    let mut running = watched.run();
    watched.deliver("1.code", CODE);
    log::wait_for(&watched.home, "submission.accepted");
    assert_eq!(watched.status()["cases"][0]["state"], "submitted");
    // What comes afterwards is posted, so the first was let be.
    watched.deliver("2.code", "771204");
    log::wait_for_count(&watched.home, "submission.accepted", 2);
    let received = watched.sink.received();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].line, "POST /codes/hunter2");
    assert!(received[0].header("webhook-id") != received[1].header("webhook-id"));
    assert!(running.stop(PATIENCE).success());
    tells_no_secret(&running);
}

#[test]
fn a_server_that_is_not_ready_gets_the_same_hand_over_again() {
    let not_ready = Reply::new(503, "");
    let watched = Watched::answered(vec![not_ready.clone(), not_ready, Reply::new(200, "{}")]);
    let running = watched.run();
    watched.deliver("1.code", CODE);
    log::wait_for(&watched.home, "submission.accepted");
    let received = watched.sink.received();
    let id = received[0].header("webhook-id");
    let same = |request: &crate::support::http_sink::Received| request.header("webhook-id") == id;
    assert!(
        received.len() == 3 && received.iter().all(same),
        "{}",
        received.len()
    );
    watched.all_are(CODE);
    assert_eq!(watched.ends(), ["submission.accepted"]);
    tells_no_secret(&running);
}

#[test]
fn a_server_that_wants_more_time_than_the_code_has_is_not_waited_for() {
    let later = Reply::with_field(429, "Retry-After: 3600", "");
    let watched = Watched::answered(vec![later, Reply::new(200, "")]);
    let running = watched.run();
    watched.deliver("1.code", CODE);
    running.wait_for_line("no time is left to try again", PATIENCE);
    log::wait_for(&watched.home, "submission.failed");
    assert_eq!(watched.sink.received().len(), 1);
    tells_no_secret(&running);
}

#[test]
fn a_server_that_hangs_up_is_not_asked_twice_and_the_person_is_told() {
    let watched = Watched::answered(vec![Reply::raw(""), Reply::new(200, "")]);
    let running = watched.run();
    watched.deliver("1.code", CODE);
    running.wait_for_line("may or may not have typed the code", PATIENCE);
    watched.deliver("2.code", "771204");
    log::wait_for(&watched.home, "submission.accepted");
    assert_eq!(watched.sink.received().len(), 2);
    assert_eq!(
        watched.ends(),
        ["submission.doubtful", "submission.accepted"]
    );
    tells_no_secret(&running);
}

#[test]
fn a_refusal_is_told_with_its_reason_and_without_the_code() {
    let reason = format!(r#"{{"outcome":"rejected","reason":"Meta does not know {CODE}"}}"#);
    let watched = Watched::answered(vec![Reply::new(200, &reason)]);
    let running = watched.run();
    watched.deliver("1.code", CODE);
    running.wait_for_line("Meta does not know ••••", PATIENCE);
    // The log is written behind the alert.
    log::wait_for(&watched.home, "submission.failed");
    assert_eq!(watched.ends(), ["submission.failed"]);
    tells_no_secret(&running);
}

#[test]
fn check_looks_for_the_secret_and_for_the_server() {
    let watched = Watched::answered(vec![Reply::new(200, "")]);
    let found = || {
        let config = watched.home.config();
        let args = ["check", "--json", "--config", config.to_str().unwrap()];
        let output = watched.home.output(&args, b"").stdout;
        let text = String::from_utf8_lossy(&output).into_owned();
        assert!(
            !text.contains("hunter2") && !text.contains(SECRET),
            "a secret is shown"
        );
        let checks: Value = serde_json::from_str(&text).unwrap();
        let checks = checks["checks"].as_array().unwrap();
        let submission = checks.iter().find(|check| check["name"] == "submission");
        submission.unwrap().clone()
    };
    assert_eq!(found()["status"], "pass");
    watched.home.write("secret", "hunter2");
    assert_eq!(found()["status"], "fail");
    fs::remove_file(watched.home.path().join("secret")).unwrap();
    let missing = found();
    assert!(
        missing["observed"]
            .as_str()
            .unwrap()
            .contains("no such file"),
        "{missing}"
    );
    // Looking is not posting.
    let received = watched.sink.received();
    assert!(
        received.iter().all(|request| request.line.is_empty()),
        "{received:?}"
    );
}
