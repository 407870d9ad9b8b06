//! `sustained object`: the real program, a real headless Chromium on replicas of the forms, and the
//! mail that Meta would send.

mod journeys;
mod stops;
mod terminal;
mod visible;

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use sustained::outlet::browser::driver::Make;

use crate::support::browsers::driver;
use crate::support::dovecot::{Dovecot, LOGIN, PASSWORD};
use crate::support::forms::{Forms, recipes_on_loopback};
use crate::support::meta::Meta;
use crate::support::process::{Home, Running};
use crate::support::{log, shows, wait_until};

/// One form's address at Meta's.
const FACEBOOK: &str = "/help/contact/6359191084165019";

/// A browser starts, loads pages and ends beside those of other tests.
const PATIENCE: Duration = Duration::from_mins(1);

const CODE: &str = "482913";
const REASON: &str = "My family’s pictures are in there: “really”, 100 %. They were put there for \
                      friends, long before anybody spoke of such a use.";

/// A person who objects: their mailbox, their configuration, and replicas of the forms.
struct Filing {
    home: Home,
    meta: Meta,
    forms: Forms,
}

impl Filing {
    /// With a mailbox in a Maildir; `None` where there is no browser.
    fn new() -> Option<Self> {
        Self::with(Make::Chromium, |home| {
            let maildir = home.path().join("Maildir");
            for place in ["new", "cur", "tmp"] {
                fs::create_dir_all(maildir.join(place)).unwrap();
            }
            format!("maildir = {:?}", maildir.display().to_string())
        })
    }

    /// With a mailbox on this server, in a browser of this make.
    fn on(dovecot: &Dovecot, make: Make) -> Option<Self> {
        Self::with(make, |_| {
            format!(
                "imap = {{ host = \"localhost\", port = {}, login = \"{LOGIN}\", \
                 ca_file = {:?} }}\npassword = {{ value = \"{PASSWORD}\" }}\nfolders = [\"INBOX\"]",
                dovecot.port(),
                dovecot.ca_file().display().to_string(),
            )
        })
    }

    fn with(make: Make, source: impl FnOnce(&Home) -> String) -> Option<Self> {
        let driver = driver(make)?;
        let (home, meta) = (Home::empty(), Meta::new());
        let recipes = home.path().join("recipes");
        recipes_on_loopback(&recipes);
        let config = format!(
            "[[mailbox]]\nname = \"me\"\naddress = \"{LOGIN}\"\naccounts = [\"facebook\"]\n{}\n\n\
             [[alert]]\nurl = \"exec:\"\ncommand = [\"/bin/sh\", \"-c\", \"cat >> {}\"]\n\
             code = true\n\n[watch]\nsweep = \"1 s\"\ndeaf_after = \"2 h\"\n\n\
             [browser]\ndriver = {driver:?}\nrecipes = {:?}\n\n\
             [object]\nimpact = {REASON:?}\n\n{}",
            source(&home),
            home.path().join("alerts").display(),
            recipes.display().to_string(),
            meta.pinned_keys(),
        );
        home.write("config/sustained/config.toml", &config);
        Some(Self {
            home,
            meta,
            forms: Forms::start(),
        })
    }

    /// Adds to what is filled in.
    fn add(&self, answers: &str) {
        let config = fs::read_to_string(self.home.config()).unwrap();
        let config = config.replace("[object]", &format!("[object]\n{answers}"));
        self.home.write("config/sustained/config.toml", &config);
    }

    /// Starts `object` on the replica that leads through `steps`.
    fn object(&self, language: &str, steps: &str, more: &[&str]) -> Running {
        let url = self.forms.url(FACEBOOK, language, steps);
        self.object_at(&url, more)
    }

    fn object_at(&self, url: &str, more: &[&str]) -> Running {
        let args = ["object", "--json", "--headless", "--form", url];
        Running::start(self.home.command(&[&args, more].concat()))
    }

    /// What the replica was sent, once it was sent something.
    fn sent(&self, running: &Running) -> std::collections::BTreeMap<String, String> {
        let mut sent = vec![];
        wait_until(PATIENCE, || {
            sent = self.forms.sent();
            !sent.is_empty()
        });
        assert_eq!(sent.len(), 1, "{}", running.talk());
        sent.remove(0)
    }

    /// A mail to the Maildir, written aside and then moved.
    fn deliver(&self, name: &str, raw: &[u8]) {
        let maildir = self.home.path().join("Maildir");
        fs::write(maildir.join("tmp").join(name), raw).unwrap();
        fs::rename(
            maildir.join("tmp").join(name),
            maildir.join("new").join(name),
        )
        .unwrap();
    }

    /// What the person was told, each as a line of JSON.
    fn alerts(&self) -> Vec<String> {
        let told = fs::read_to_string(self.home.path().join("alerts")).unwrap_or_default();
        told.lines().map(str::to_owned).collect()
    }

    /// The case's state.
    fn state(&self) -> String {
        let output = self.home.output(&["status", "--json"], b"");
        let status: Value = serde_json::from_slice(&output.stdout).unwrap();
        status["cases"][0]["state"].as_str().unwrap().to_owned()
    }

    /// No file of the state but the database, which holds the mail, has the code in it.
    fn keeps_the_code_to_itself(&self, running: &Running) {
        assert!(!shows(&running.talk(), CODE), "the code was printed");
        let log = fs::read_to_string(self.home.state().join("decisions.jsonl")).unwrap();
        assert!(!shows(&log, CODE), "the code is on record");
    }

    /// The log says these things of the form, each with a picture that is there.
    fn has_on_record(&self, expected: &[&str]) {
        let lines = log::recorded(&self.home);
        let is_form = |line: &&Value| line["type"].as_str().unwrap().starts_with("form.");
        let of_form: Vec<&Value> = lines.iter().filter(is_form).collect();
        let types: Vec<&str> = of_form
            .iter()
            .map(|line| line["type"].as_str().unwrap())
            .collect();
        assert_eq!(types, expected);
        for line in of_form {
            let picture = self.home.state().join(line["screenshot"].as_str().unwrap());
            assert!(is_picture(&picture), "{line}");
        }
        let verified = self.home.output(&["log", "verify", "--evidence"], b"");
        let said = String::from_utf8_lossy(&verified.stdout).into_owned();
        assert!(verified.status.success(), "{said}");
    }
}

/// What `object` answered: this outcome, with this exit code.
fn ends(running: &mut Running, outcome: &str, exit: i32) -> Value {
    let status = running.wait(PATIENCE);
    let stdout = running.stdout();
    let answer = stdout
        .iter()
        .rev()
        .find(|line| line.contains("\"outcome\""));
    let answer: Value = answer.map_or(Value::Null, |line| serde_json::from_str(line).unwrap());
    let is_so = answer["outcome"] == outcome && status.code() == Some(exit);
    assert!(
        is_so,
        "{outcome}, {exit}: {answer}, {status}\n{}",
        running.talk()
    );
    answer
}

fn is_picture(path: &Path) -> bool {
    fs::read(path).is_ok_and(|png| png.starts_with(b"\x89PNG\r\n"))
}
