//! Who sent it, to whom and when, from the mailbox to the hand-over: messages that nobody can
//! prove yet, keys that change, codes that are not the one that is waited for.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde_json::Value;

use crate::support::dns::{DnsServer, Reply};
use crate::support::meta::{Meta, SELECTOR, TO, unsigned_code};
use crate::support::process::{Home, Running};
use crate::support::step::Step;
use crate::support::{PATIENCE, log, shows, wait_until};

/// A home that watches a Maildir, and asks a name server of the test's for Meta's key.
struct Place {
    home: Home,
    step: Step,
    meta: Meta,
    dns: DnsServer,
}

fn key_name(domain: &str) -> String {
    format!("{SELECTOR}._domainkey.{domain}")
}

impl Place {
    /// `first` is what DNS says about the keys, `more` further tables or keys of `[submission]`.
    fn new(first: impl Fn(&Meta) -> Reply, more: &str) -> Self {
        let home = Home::empty();
        let meta = Meta::new();
        let step = Step::new(&home);
        let names = ["facebookmail.com", "support.facebook.com"].map(key_name);
        let dns = DnsServer::start(names.map(|name| (name, first(&meta))));
        let maildir = home.path().join("Maildir");
        for place in ["new", "cur", "tmp"] {
            fs::create_dir_all(maildir.join(place)).unwrap();
        }
        let config = format!(
            "[[mailbox]]\nname = \"me\"\naddress = {TO:?}\naccounts = [\"facebook\"]\n\
             maildir = {:?}\n\n[authenticity]\nresolver = \"{}\"\n{more}\n[[alert]]\n\
             url = \"stdout:\"\n\n{}",
            maildir.display().to_string(),
            dns.address(),
            step.table(),
        );
        home.write("config/sustained/config.toml", &config);
        Self {
            home,
            step,
            meta,
            dns,
        }
    }

    /// Adds lines to the end of the configuration, which is `[submission]`.
    fn with_step(self, lines: &str) -> Self {
        let config = fs::read_to_string(self.home.config()).unwrap();
        let config = format!("{config}{lines}\n");
        self.home.write("config/sustained/config.toml", &config);
        self
    }

    fn watched(&self) -> Running {
        let running = self.home.run();
        running.wait_for_line("started", PATIENCE);
        running
    }

    fn deliver(&self, raw: &[u8]) {
        self.deliver_at(SystemTime::now(), raw);
    }

    /// Delivers a message that the receiving server took at `at`.
    fn deliver_at(&self, at: SystemTime, raw: &[u8]) {
        let maildir = self.home.path().join("Maildir");
        let name = format!("{:x}.mail", fastrand::u64(..));
        let path = maildir.join("tmp").join(&name);
        fs::write(&path, raw).unwrap();
        let file = File::options().append(true).open(&path).unwrap();
        file.set_modified(at).unwrap();
        fs::rename(&path, maildir.join("new").join(&name)).unwrap();
    }

    fn dns_is_back(&self) {
        for domain in ["facebookmail.com", "support.facebook.com"] {
            let reply = Reply::text(self.meta.record());
            self.dns.answer(&key_name(domain), reply);
        }
    }

    fn with_dns() -> Self {
        Self::new(|meta| Reply::text(meta.record()), "")
    }

    fn without_dns() -> Self {
        Self::new(|_| Reply::Failure, "")
    }
}

fn ago(seconds: u64) -> SystemTime {
    SystemTime::now() - Duration::from_secs(seconds)
}

#[test]
fn a_code_is_handed_over_when_dns_is_back() {
    let place = Place::without_dns();
    let mut running = place.watched();
    place.deliver(&place.meta.code("482913"));
    let pending = log::wait_for(&place.home, "mail.pending");
    assert_eq!(pending["authenticity"]["result"], "unproven");
    assert_eq!(
        pending["account"],
        Value::Null,
        "what is not proved touches no case"
    );
    let status = place.home.output(&["status", "--json"], b"");
    let status: Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(status["pending"], 1);
    // It is on disk: a crash forgets nothing, and the folder is read on.
    running.kill9();
    let running = place.watched();
    assert!(place.step.handed_over().is_empty());
    place.dns_is_back();
    assert!(Step::has_code(&place.step.wait_for(1), "482913"));
    let code = log::wait_for(&place.home, "code.received");
    assert_eq!(code["authenticity"]["method"], "dkim");
    log::wait_for(&place.home, "submission.accepted");
    let status = place.home.output(&["status"], b"");
    let said = String::from_utf8(status.stdout).unwrap();
    assert!(!said.contains("wait for a name server"), "{said}");
    drop(running);
    let _running = place.watched();
    place.deliver(&place.meta.code("771204"));
    assert!(Step::has_code(&place.step.wait_for(2), "771204"));
    assert_eq!(place.step.handed_over().len(), 2, "each once");
}

#[test]
fn a_copy_that_waits_is_not_handed_over_beside_the_first() {
    let place = Place::without_dns();
    let _running = place.watched();
    let code = place.meta.code("482913");
    place.deliver(&code);
    place.deliver(&[b"Received: from relay.example\r\n".as_slice(), &code].concat());
    log::wait_for_count(&place.home, "mail.pending", 2);
    place.dns_is_back();
    place.step.wait_for(1);
    place.deliver(&place.meta.code("771204"));
    assert!(Step::has_code(&place.step.wait_for(2), "771204"));
    // Both were asked about once DNS was back: nothing is left to wait for.
    let database = rusqlite::Connection::open(place.home.state().join("sustained.db")).unwrap();
    let open = || -> i64 {
        let query = "SELECT count(*) FROM effect WHERE outlet = 'proof' AND state <> 'done'";
        database.query_row(query, [], |row| row.get(0)).unwrap()
    };
    assert!(wait_until(PATIENCE, || open() == 0));
    assert_eq!(place.step.handed_over().len(), 2);
}

#[test]
fn what_nobody_can_answer_for_is_told_and_never_handed_over() {
    let place = Place::without_dns().with_step("code_lifetime = \"10 s\"");
    let running = place.watched();
    place.deliver(&place.meta.code("482913"));
    let unproven = log::wait_for(&place.home, "mail.unproven");
    let reason = unproven["reason"].as_str().unwrap();
    assert!(reason.contains("no name server answers"), "{reason}");
    running.wait_for_line("mail.unproven", PATIENCE);
    assert!(!shows(&running.talk(), "482913"));
    place.dns_is_back();
    place.deliver(&place.meta.code("771204"));
    assert!(Step::has_code(&place.step.wait_for(1), "771204"));
}

#[test]
fn a_decision_is_still_proved_after_the_person_was_told() {
    let place = Place::without_dns().with_step("code_lifetime = \"1 s\"");
    let _running = place.watched();
    place.deliver(&place.meta.decision());
    log::wait_for(&place.home, "mail.unproven");
    place.dns_is_back();
    let decision = log::wait_for(&place.home, "decision.received");
    assert_eq!(decision["outcome"], "honored");
    assert_eq!(decision["authenticity"]["result"], "genuine");
}

#[test]
fn a_tampered_message_that_waited_is_called_forged() {
    let place = Place::without_dns();
    let _running = place.watched();
    let code = String::from_utf8(place.meta.code("482913")).unwrap();
    place.deliver(
        code.replace("Subject: 482913", "Subject: 666666")
            .as_bytes(),
    );
    log::wait_for(&place.home, "mail.pending");
    place.dns_is_back();
    let forged = log::wait_for(&place.home, "mail.forged");
    assert_eq!(forged["account"], Value::Null);
    assert!(place.step.handed_over().is_empty());
}

#[test]
fn another_key_under_a_known_name_proves_nothing_until_it_is_pinned() {
    let place = Place::with_dns();
    let running = place.watched();
    place.deliver(&place.meta.code("482913"));
    place.step.wait_for(1);
    drop(running);
    // Somebody answers in the place of Meta's name server.
    let liar = Meta::new();
    let name = key_name("facebookmail.com");
    place.dns.answer(&name, Reply::text(liar.record()));
    let running = place.watched();
    place.deliver(&liar.code("666666"));
    let unproven = log::wait_for(&place.home, "mail.unproven");
    let reason = unproven["reason"].as_str().unwrap();
    assert!(
        reason.contains("is not the one that was seen since"),
        "{reason}"
    );
    assert_eq!(place.step.handed_over().len(), 1);
    drop(running);
    let config = fs::read_to_string(place.home.config()).unwrap();
    let config = format!("{config}\n{}", liar.pinned_keys());
    place.home.write("config/sustained/config.toml", &config);
    let _running = place.watched();
    place.deliver(&liar.code("771204"));
    assert!(Step::has_code(&place.step.wait_for(2), "771204"));
}

#[test]
fn the_receiving_servers_word_does_when_dns_does_not() {
    let place = Place::new(|_| Reply::Failure, "provider = \"mx.example.org\"");
    let _running = place.watched();
    let word = "Authentication-Results: mx.example.org; dkim=pass header.d=facebookmail.com\r\n";
    place.deliver(&[word.as_bytes(), &place.meta.code("482913")].concat());
    let handed = place.step.wait_for(1);
    assert!(Step::has_code(&handed, "482913"));
    assert_eq!(handed["authenticity"]["method"], "provider");
    let below = format!("Received: from x by mx.example.org; y\r\n{word}");
    place.deliver(&[below.as_bytes(), &place.meta.code("666666")].concat());
    log::wait_for(&place.home, "mail.pending");
    assert_eq!(place.step.handed_over().len(), 1);
}

#[test]
fn a_code_that_was_sent_long_ago_and_comes_now_is_not_handed_over() {
    let place = Place::with_dns();
    let running = place.watched();
    place.deliver(&place.meta.code_signed_ago(3 * 3600, "666666"));
    running.wait_for_line("submission.failed", PATIENCE);
    let code = log::wait_for(&place.home, "code.received");
    assert_eq!(code["standing"], "replayed");
    place.deliver(&place.meta.code("482913"));
    assert!(Step::has_code(&place.step.wait_for(1), "482913"));
}

#[test]
fn a_decision_of_last_year_that_comes_now_goes_to_the_person() {
    let place = Place::with_dns();
    let _running = place.watched();
    place.deliver_at(
        SystemTime::now() + Duration::from_hours(24 * 6),
        &place.meta.decision(),
    );
    let unclear = log::wait_for(&place.home, "mail.unclear");
    assert_eq!(unclear["doubt"], "sent_long_ago");
}

#[test]
fn the_newest_code_wins_whatever_comes_first() {
    let place = Place::with_dns();
    let running = place.watched();
    place.deliver(&place.meta.code_signed_ago(5, "482913"));
    assert!(Step::has_code(&place.step.wait_for(1), "482913"));
    place.deliver(&place.meta.code_signed_ago(60, "666666"));
    running.wait_for_line("submission.failed", PATIENCE);
    let code = log::wait_for_count(&place.home, "code.received", 2);
    assert_eq!(code["standing"], "superseded");
    assert_eq!(place.step.handed_over().len(), 1);
}

#[test]
fn a_code_that_waits_for_a_busy_step_gives_way_to_a_newer_one() {
    let place = Place::with_dns();
    let busy = place.home.path().join("busy");
    fs::write(&busy, "").unwrap();
    let ending = format!(
        "while [ -e '{}' ]; do sleep 0.05; done; exit 0",
        busy.display()
    );
    let step = Step::ending(&place.home, &ending);
    let running = place.watched();
    for (count, (ago, code)) in [(9, "111111"), (6, "222222"), (3, "482913")]
        .iter()
        .enumerate()
    {
        place.deliver(&place.meta.code_signed_ago(*ago, code));
        log::wait_for_count(&place.home, "code.received", count + 1);
    }
    fs::remove_file(&busy).unwrap();
    assert!(Step::has_code(&step.wait_for(2), "482913"));
    running.wait_for_line("submission.failed", PATIENCE);
    assert_eq!(step.handed_over().len(), 2);
}

#[test]
fn after_arming_only_a_new_code_is_handed_over() {
    let place = Place::with_dns();
    let unwatched = place.home.output(&["arm"], b"");
    assert_eq!(unwatched.status.code(), Some(69), "nobody watches");
    let running = place.watched();
    let armed = place
        .home
        .output(&["arm", "--json", "--account", "facebook"], b"");
    assert_eq!(
        armed.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&armed.stderr)
    );
    let armed: Value = serde_json::from_slice(&armed.stdout).unwrap();
    assert_eq!(
        (&armed["mailbox"], &armed["account"]),
        (&"me".into(), &"facebook".into())
    );
    place.deliver_at(ago(60), &place.meta.code_signed_ago(61, "666666"));
    running.wait_for_line("submission.failed", PATIENCE);
    let code = log::wait_for(&place.home, "code.received");
    assert_eq!(code["standing"], "before_arming");
    place.deliver(&place.meta.code("482913"));
    assert!(Step::has_code(&place.step.wait_for(1), "482913"));
    assert!(log::types(&place.home).contains(&"mailbox.armed".to_owned()));
    for wrong in [
        &["arm", "--account", "threads"][..],
        &["arm", "--for", "soon"],
    ] {
        assert_eq!(
            place.home.output(wrong, b"").status.code(),
            Some(2),
            "{wrong:?}"
        );
    }
}

#[test]
fn evidence_is_proved_again_without_dns() {
    let place = Place::with_dns();
    let running = place.watched();
    place.deliver(&place.meta.decision());
    let decision = log::wait_for(&place.home, "decision.received");
    let name = key_name("support.facebook.com");
    assert_eq!(decision["keys"][&name], place.meta.record());
    drop(running);
    // Meta withdraws the key.
    place.dns.answer(&name, Reply::Text(vec![]));
    let evidence = decision["evidence"].as_str().unwrap();
    let message = place.home.state().join(evidence).display().to_string();
    let keys = message.replace(".eml", ".toml");
    let read = |keys: &[&str]| {
        let args = [&["read", "--json", message.as_str()][..], keys].concat();
        let output = place.home.output(&args, b"");
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        answer["authenticity"]["result"].clone()
    };
    assert_eq!(read(&[]), "unproven");
    assert_eq!(read(&["--keys", &keys]), "genuine");
    let raw = fs::read_to_string(&message).unwrap();
    fs::write(&message, raw.replace("will honor", "will not honor")).unwrap();
    assert_eq!(read(&["--keys", &keys]), "forged");
    fs::write(&keys, "[authenticity]\npinned_keys = 1\n").unwrap();
    let broken = place.home.output(&["read", "--keys", &keys, &message], b"");
    assert_eq!(broken.status.code(), Some(78));
}

#[test]
fn a_code_is_good_as_long_as_its_mail_says() {
    let place = Place::with_dns();
    let _running = place.watched();
    let life = |handed: &Value| {
        let at = |name: &str| handed[name].as_str().unwrap().parse::<Timestamp>().unwrap();
        at("expires_at").duration_since(at("received_at")).as_mins()
    };
    place.deliver(&place.meta.code("482913"));
    assert_eq!(life(&place.step.wait_for(1)), 15);
    let mail = String::from_utf8(unsigned_code("771204")).unwrap();
    let mail = mail.replace("\r\n", "\n").replace(
        "<p>Your email verification code</p>",
        "<p>Your email verification code expires in 5 minutes.</p>",
    );
    place.deliver(&place.meta.sign("facebookmail.com", &mail));
    assert_eq!(life(&place.step.wait_for(2)), 5);
}
