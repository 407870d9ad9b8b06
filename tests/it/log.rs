//! The decision log as files: it outlives rotation, shows tampering, and keeps its proofs.

mod evidence;
mod rotation;
mod show;
mod tampering;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, SystemTime};

use data_encoding::HEXLOWER;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::support::meta::Meta;
use crate::support::process::{Home, Running};
use crate::support::{PATIENCE, log, wait_until};

/// A home whose daemon watches a Maildir and has no submission step.
struct Logged {
    home: Home,
    meta: Meta,
}

impl Logged {
    fn new() -> Self {
        let home = Home::empty();
        let meta = Meta::new();
        let maildir = home.path().join("Maildir");
        for place in ["new", "cur", "tmp"] {
            fs::create_dir_all(maildir.join(place)).unwrap();
        }
        // What a check without network would ask is a port where nobody answers.
        home.write(
            "config/sustained/config.toml",
            &format!(
                "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\n\
                 accounts = [\"facebook\", \"instagram\"]\nmaildir = {:?}\n\n\
                 [authenticity]\nresolver = \"127.0.0.1:9\"\n\n{}",
                maildir.display().to_string(),
                meta.pinned_keys()
            ),
        );
        Self { home, meta }
    }

    /// A home with a log of five events, nothing running. The keys are pinned no more.
    fn with_five_events() -> Self {
        let logged = Self::new();
        let mut running = logged.run();
        for number in 1..=5 {
            logged.deliver_and_wait(number);
        }
        assert!(running.stop(PATIENCE).success());
        let config = fs::read_to_string(logged.home.config()).unwrap();
        let config = config.replace(&logged.meta.pinned_keys(), "");
        logged.home.write("config/sustained/config.toml", &config);
        logged
    }

    fn run(&self) -> Running {
        let running = self.home.run();
        running.wait_for_line("watching", PATIENCE);
        running
    }

    fn path(&self) -> PathBuf {
        self.home.state().join("decisions.jsonl")
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.home.state().join(name)
    }

    /// Delivers a mail that becomes event `number`, and waits until that is on record.
    fn deliver_and_wait(&self, number: i64) {
        self.deliver(number);
        let is_there = || {
            log::recorded(&self.home)
                .iter()
                .any(|line| line["seq"] == number)
        };
        let is_head = || {
            fs::read_to_string(self.beside("decisions.head"))
                .is_ok_and(|text| text.starts_with(&format!("{{\"seq\":{number},")))
        };
        let is_done = wait_until(PATIENCE, || is_there() && is_head());
        assert!(is_done, "no event {number}: {:?}", log::types(&self.home));
    }

    fn deliver(&self, number: i64) {
        let (domain, raw) = if number % 2 == 1 {
            ("facebookmail.com", self.meta.notification())
        } else {
            ("support.facebook.com", self.meta.decision())
        };
        // Signed anew under a date of its own: two mails of one second are the same to a signature.
        let text = String::from_utf8(raw).unwrap().replace("\r\n", "\n");
        let (_, unsigned) = text.split_once("\nDate: ").unwrap();
        let unsigned =
            format!("Date: {unsigned}").replace("10:00:00", &format!("10:{number:02}:00"));
        let raw = self.meta.sign(domain, &unsigned);
        let maildir = self.home.path().join("Maildir");
        let draft = maildir.join(format!("tmp/{number}.mail"));
        fs::write(&draft, raw).unwrap();
        // As by a delivery agent that takes its time: it is whole at once.
        let written = SystemTime::now() - Duration::from_secs(10);
        File::options()
            .append(true)
            .open(&draft)
            .unwrap()
            .set_modified(written)
            .unwrap();
        fs::rename(draft, maildir.join(format!("new/{number}.mail"))).unwrap();
    }

    fn verify(&self, args: &[&str]) -> Verified {
        Verified::of(self.home.output(&[&["log", "verify"], args].concat(), b""))
    }

    /// Asserts that each file is a link of one chain, with each event once, from 1 to `last`.
    fn assert_chained(&self, files: &[PathBuf], last: i64) {
        let mut prev = "0".repeat(64);
        let mut seqs = Vec::new();
        for line in files.iter().flat_map(|file| lines(file)) {
            let value: Value = serde_json::from_str(&line).unwrap();
            assert_eq!(value["prev"], prev, "{line}");
            seqs.push(value["seq"].as_i64().unwrap());
            prev = HEXLOWER.encode(&Sha256::digest(line.as_bytes()));
        }
        assert_eq!(seqs, (1..=last).collect::<Vec<_>>());
        let verified = self.verify(&[]);
        assert_eq!(verified.code, Some(0), "{verified:?}");
        assert!(
            verified.said.contains(&format!("intact: {last} lines")),
            "{verified:?}"
        );
        assert!(!verified.said.contains("note"), "{verified:?}");
    }
}

/// What `log verify` said.
#[derive(Debug)]
struct Verified {
    code: Option<i32>,
    said: String,
    complained: String,
}

impl Verified {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            said: String::from_utf8(output.stdout).unwrap(),
            complained: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn assert_names(&self, parts: &[&str]) {
        assert_eq!(self.code, Some(65), "{self:?}");
        for part in parts {
            assert!(self.complained.contains(part), "no {part:?} in {self:?}");
        }
    }
}

fn lines(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn write_lines(path: &Path, lines: &[String]) {
    let text = lines.iter().flat_map(|line| [line.as_str(), "\n"]);
    fs::write(path, text.collect::<String>()).unwrap();
}
