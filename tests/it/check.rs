//! `sustained check`: each part says what it found, by itself and with a remedy, and the whole can
//! be shown to strangers.

mod keys;
mod prove;
mod report;
mod server;
mod steps;
mod system;

use std::process::{Command, Output};

use serde_json::Value;

use crate::support::dovecot::{Dovecot, LOGIN, PASSWORD};
use crate::support::process::Home;

/// What was checked, as JSON.
struct Said {
    checks: Vec<Value>,
    counts: Value,
    worst: String,
    text: String,
    code: Option<i32>,
}

impl Said {
    /// Runs `check` in this home, with these further arguments.
    fn by(home: &Home, args: &[&str]) -> Self {
        Self::of(command(home, args))
    }

    /// Runs it as the test has prepared it.
    fn of(mut command: Command) -> Self {
        let output = command.output().unwrap();
        let text = text(&output);
        let said: Value = serde_json::from_slice(&output.stdout).expect(&text);
        Self {
            counts: said["counts"].clone(),
            checks: said["checks"].as_array().unwrap().clone(),
            worst: said["worst"].as_str().unwrap().to_owned(),
            text,
            code: output.status.code(),
        }
    }

    /// How the check of this name ended, and what it observed.
    fn check(&self, name: &str) -> (&str, &str) {
        let found = self.checks.iter().find(|check| check["name"] == name);
        let found = found.unwrap_or_else(|| panic!("no {name}: {}", self.text));
        let field = |name: &str| found[name].as_str().unwrap();
        let is_well = matches!(field("status"), "pass" | "skip");
        assert_eq!(is_well, field("action").is_empty(), "a remedy: {found}");
        (field("status"), field("observed"))
    }

    /// The names of the checks that ended so.
    fn ended(&self, status: &str) -> Vec<&str> {
        let ended = self.checks.iter().filter(|check| check["status"] == status);
        ended.map(|check| check["name"].as_str().unwrap()).collect()
    }
}

fn command(home: &Home, args: &[&str]) -> Command {
    let mut command = home.command(&["check", "--json"]);
    command.args(args).arg("--config").arg(home.config());
    command
}

fn text(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(both).unwrap()
}

/// A home whose one mailbox is on this server.
fn on(dovecot: &Dovecot) -> Home {
    on_host(dovecot, "localhost")
}

/// The same, with the server under another name.
fn on_host(dovecot: &Dovecot, host: &str) -> Home {
    Home::new(&mailbox(
        &format!("host = {host:?}, port = {}", dovecot.port()),
        &format!("ca_file = {:?}", dovecot.ca_file().display().to_string()),
    ))
}

fn mailbox(server: &str, believed: &str) -> String {
    format!(
        "[[mailbox]]\nname = \"me\"\naddress = \"{LOGIN}\"\naccounts = [\"facebook\"]\n\
         imap = {{ {server}, login = \"{LOGIN}\", {believed} }}\n\
         password = {{ value = \"{PASSWORD}\" }}\n{REST}"
    )
}

/// What every configuration here ends with: a key that no name server has to be asked for.
const REST: &str = concat!(
    "\n[authenticity.pinned_keys]\n",
    "\"s1024-2013-q3._domainkey.facebookmail.com\" = \"v=DKIM1; k=rsa; p=MIGf\"\n",
    "\n[[alert]]\nurl = \"stdout:\"\n"
);
