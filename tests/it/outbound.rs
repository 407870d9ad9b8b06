//! What leaves the program: the hand-over to a command, and the alerts, against real processes
//! and real sockets. A Maildir brings the mail in.

use std::fs;

use serde_json::Value;

use crate::support::http_sink::{HttpSink, Reply};
use crate::support::meta::{Meta, unsigned_code};
use crate::support::process::{Home, Running};
use crate::support::smtp_sink::SmtpSink;
use crate::support::step::Step;
use crate::support::{PATIENCE, log, shows, wait_until};

const CODE: &str = "482913";

/// A home with a Maildir, and what is configured to leave it.
struct Outbound {
    home: Home,
    meta: Meta,
    running: Running,
    step: Step,
}

impl Outbound {
    fn with(ending: &str, limits: &str, alerts: &str) -> Self {
        let home = Home::empty();
        for place in ["new", "cur", "tmp"] {
            fs::create_dir_all(home.path().join("Maildir").join(place)).unwrap();
        }
        let (step, meta) = (Step::ending(&home, ending), Meta::new());
        let maildir = home.path().join("Maildir").display().to_string();
        let config = format!(
            "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\naccounts = [\"facebook\"]\n\
             maildir = {maildir:?}\n\n{}{limits}\n{alerts}\n{}",
            step.table(),
            meta.pinned_keys()
        );
        home.write("config/sustained/config.toml", &config);
        let running = home.run();
        Self {
            home,
            meta,
            running,
            step,
        }
    }

    fn deliver(&self, raw: &[u8]) {
        let maildir = self.home.path().join("Maildir");
        let name = format!("{:x}.mail", fastrand::u64(..));
        fs::write(maildir.join("tmp").join(&name), raw).unwrap();
        fs::rename(
            maildir.join("tmp").join(&name),
            maildir.join("new").join(&name),
        )
        .unwrap();
    }

    /// How the hand-over of one code ended, by the log.
    fn ends(ending: &str, limits: &str, event: &str) -> (Self, Value) {
        let outbound = Self::with(ending, limits, "[[alert]]\nurl = \"stdout:\"");
        outbound.deliver(&outbound.meta.code(CODE));
        let ended = log::wait_for(&outbound.home, event);
        let talk = outbound.running.talk();
        assert!(
            !shows(&talk, CODE) && !shows(&ended.to_string(), CODE),
            "a code is shown"
        );
        (outbound, ended)
    }
}

// --- The submission step. ------------------------------------------------------------------------

#[test]
fn the_code_is_on_standard_input_and_nowhere_else() {
    let spy = "cat /proc/$$/cmdline /proc/$$/environ > \"$(dirname \"$0\")/seen\"";
    let (outbound, _) = Outbound::ends(spy, "", "submission.accepted");
    let handed = outbound.step.wait_for(1);
    let keys: Vec<&String> = handed.as_object().unwrap().keys().collect();
    let expected = [
        "account",
        "authenticity",
        "code",
        "expires_at",
        "id",
        "mailbox",
        "message",
        "received_at",
        "type",
    ];
    assert_eq!(
        keys, expected,
        "serde_json sorts them; all of the contract's, and no more"
    );
    assert!(Step::has_code(&handed, CODE), "another code");
    let seen = fs::read(outbound.home.path().join("seen")).unwrap();
    let seen = String::from_utf8_lossy(&seen).into_owned();
    assert!(
        !seen.contains(CODE),
        "the code is in an argument or the environment"
    );
    assert!(
        !seen.contains("STATE_DIRECTORY") && seen.contains("PATH="),
        "{seen:?}"
    );
}

#[test]
fn exit_codes_say_how_it_went() {
    let (_outbound, _) = Outbound::ends("exit 0", "", "submission.accepted");
    let (_outbound, failed) =
        Outbound::ends("echo no such page >&2; exit 1", "", "submission.failed");
    assert_eq!(failed["reason"], "no such page");
    let (_outbound, failed) = Outbound::ends("exit 3", "", "submission.failed");
    assert!(
        failed["reason"].as_str().unwrap().contains("status 3"),
        "{failed}"
    );
    let (_outbound, killed) = Outbound::ends("kill -9 $$", "", "submission.doubtful");
    assert!(
        killed["reason"].as_str().unwrap().contains("signal 9"),
        "{killed}"
    );
}

#[test]
fn a_step_that_asks_for_later_is_asked_again_with_the_same_id() {
    for exit in [75, 111] {
        let later =
            format!("test $(wc -l < \"$(dirname \"$0\")/handed-over.jsonl\") -gt 2 || exit {exit}");
        let (outbound, _) = Outbound::ends(&later, "", "submission.accepted");
        let handed = outbound.step.handed_over();
        assert_eq!(handed.len(), 3);
        assert!(
            handed.iter().all(|other| other["id"] == handed[0]["id"]),
            "one id"
        );
    }
}

// --- Alerts. -------------------------------------------------------------------------------------

#[test]
fn a_decision_reaches_the_person_by_every_channel() {
    let ntfy = HttpSink::start(vec![Reply::new(200, "{}")]);
    let mail = SmtpSink::start(&[]);
    let alerts = format!(
        "[[alert]]\nurl = \"stdout:\"\n[[alert]]\nurl = \"ntfy://127.0.0.1:{}/my-topic\"\n\
         [[alert]]\nurl = \"smtp://127.0.0.1:{}/?to=me@example.net&from=sustained@example.net\"\n",
        ntfy.port(),
        mail.port()
    );
    let outbound = Outbound::with("exit 0", "", &alerts);
    outbound.deliver(&outbound.meta.decision());
    assert!(
        wait_until(PATIENCE, || ntfy.received().len() == 1),
        "{}",
        outbound.running.talk()
    );
    assert_eq!(
        ntfy.received()[0].header("title"),
        "Meta honored your objection (me)"
    );
    assert!(
        wait_until(PATIENCE, || mail.mails().len() == 1),
        "{}",
        outbound.running.talk()
    );
    assert!(mail.mails()[0].contains("sustained: Meta honored your objection"));
    outbound
        .running
        .wait_for_line("decision.received", PATIENCE);
}

#[test]
fn an_alert_that_is_not_taken_is_tried_again_and_one_that_is_refused_is_not() {
    let busy = HttpSink::start(vec![Reply::new(503, "busy"), Reply::new(200, "{}")]);
    let refusing = HttpSink::start(vec![Reply::new(403, "no")]);
    let alerts = format!(
        "[[alert]]\nurl = \"ntfy://127.0.0.1:{}/busy\"\n\
         [[alert]]\nurl = \"ntfy://127.0.0.1:{}/no\"\n",
        busy.port(),
        refusing.port()
    );
    let outbound = Outbound::with("exit 0", "", &alerts);
    outbound.deliver(&unsigned_code("666666"));
    assert!(
        wait_until(PATIENCE, || busy.received().len() == 2),
        "{}",
        outbound.running.talk()
    );
    outbound
        .running
        .wait_for_line("give the channel a token that may publish", PATIENCE);
    assert_eq!(refusing.received().len(), 1);
    let told = format!("{:?}{}", busy.received(), outbound.running.talk());
    assert!(!shows(&told, "666666"), "a code is in an alert");
}

#[test]
fn a_channel_that_is_away_is_told_once_and_again_when_it_is_back() {
    let away = || Reply::new(503, "busy");
    let channel = HttpSink::start(vec![away(), away(), Reply::new(200, "{}")]);
    let alerts = format!(
        "[[alert]]\nname = \"phone\"\nurl = \"ntfy://127.0.0.1:{}/busy\"\n",
        channel.port()
    );
    let outbound = Outbound::with("exit 0", "", &alerts);
    outbound.deliver(&unsigned_code("666666"));
    outbound.deliver(&unsigned_code("777777"));
    let line = outbound
        .running
        .wait_for_line("alerts are delivered again", PATIENCE);
    assert!(line.contains("phone"), "{line}");
    let talk = outbound.running.talk();
    assert_eq!(talk.matches("alert not delivered yet").count(), 1, "{talk}");
    assert!(talk.contains("alert sent"), "{talk}");
    assert!(!talk.contains("alert tried"), "{talk}");
}

#[test]
fn alerts_on_standard_output_can_be_json() {
    let home = Home::empty();
    for place in ["new", "cur", "tmp"] {
        fs::create_dir_all(home.path().join("Maildir").join(place)).unwrap();
    }
    let meta = Meta::new();
    let maildir = home.path().join("Maildir").display().to_string();
    home.write(
        "config/sustained/config.toml",
        &format!(
            "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\naccounts = [\"facebook\"]\n\
         maildir = {maildir:?}\n[[alert]]\nurl = \"stdout:\"\n{}",
            meta.pinned_keys()
        ),
    );
    let hostile = String::from_utf8(meta.notification()).unwrap();
    let hostile = hostile.replace("Hi Martin", "Hi \u{1b}]0;owned\u{7}");
    for (name, raw) in [
        ("1", meta.notification()),
        ("2", meta.code(CODE)),
        ("3", meta.decision()),
        ("4", hostile.into_bytes()),
    ] {
        fs::write(home.path().join("Maildir/new").join(name), raw).unwrap();
    }
    let running = Running::start(home.command(&["run", "--json"]));
    assert!(
        wait_until(PATIENCE, || running.stdout().len() == 4),
        "{}",
        running.talk()
    );
    let mut types = Vec::new();
    for line in running.stdout() {
        let alert: Value = serde_json::from_str(&line).unwrap();
        assert!(alert["id"].is_string() && alert["mailbox"] == "me" && alert["at"].is_string());
        types.push(alert["type"].as_str().unwrap().to_owned());
    }
    types.sort();
    let expected = [
        "code.received",
        "decision.received",
        "mail.forged",
        "notification.received",
    ];
    assert_eq!(types, expected);
    assert!(
        !running.stdout().join("").contains(CODE),
        "a code is in an alert"
    );
}
