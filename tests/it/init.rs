//! `sustained init`: a first configuration that works, and nothing written where one would not.

mod alert;
mod asked;
mod consent;
mod flags;
mod folders;
mod keys;
mod next;
mod written;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::PATIENCE;
use crate::support::dovecot::{Dovecot, LOGIN, PASSWORD};
use crate::support::imap_script::{ImapScript, answer, close, hold, send};
use crate::support::process::Home;
use crate::support::server::free_port;

/// Who objects, and how they are told.
const PERSON: [&str; 6] = [
    "--address",
    LOGIN,
    "--accounts",
    "facebook",
    "--alert",
    "stdout:",
];

/// A home without a configuration, a server, and what `init` has to be told of them.
struct Beginner {
    home: Home,
    dovecot: Dovecot,
    flags: Vec<String>,
}

impl Beginner {
    fn new() -> Option<Self> {
        let dovecot = Dovecot::start()?;
        let home = Home::empty();
        let (port, ca_file) = (
            dovecot.port().to_string(),
            dovecot.ca_file().display().to_string(),
        );
        let config = home.config().display().to_string();
        let flags = ["--config", &config, "--host", "localhost", "--port", &port]
            .into_iter()
            .chain(["--ca-file", &ca_file])
            .map(str::to_owned);
        Some(Self {
            flags: flags.collect(),
            home,
            dovecot,
        })
    }

    /// What `init` says on both outputs, and its exit code.
    fn init(&self, more: &[&str], typed: &str) -> (String, Option<i32>) {
        let flags = self.flags.iter().map(String::as_str);
        let args: Vec<&str> = ["init"]
            .into_iter()
            .chain(flags)
            .chain(more.iter().copied())
            .collect();
        let output = self.home.output(&args, typed.as_bytes());
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(!said.contains(PASSWORD), "the password is shown");
        (said, output.status.code())
    }

    fn secret(&self) -> PathBuf {
        self.home.config().with_file_name("imap-me")
    }

    /// What was written works: it is checked, and the mailbox is heard.
    fn is_set_up(&self) {
        for file in [self.home.config(), self.secret()] {
            let mode = fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", file.display());
        }
        let config = fs::read_to_string(self.home.config()).unwrap();
        assert!(
            !config.contains(PASSWORD),
            "the password stands in the configuration"
        );
        assert!(config.matches("# ").count() > 5, "it is not explained");
        // The example does not come with every way to install this.
        assert!(!config.contains("config.example.toml"), "{config}");
        let output = self.home.output(&["check", "--json"], b"");
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        let checks = said["checks"].as_array().unwrap();
        for name in [
            "configuration",
            "mailbox me: password",
            "mailbox me: sign-in",
        ] {
            let check = checks.iter().find(|check| check["name"] == name);
            assert_eq!(check.unwrap()["status"], "pass", "{said}");
        }
        let running = self.home.run();
        running.wait_for_line("watching", PATIENCE);
    }
}

#[test]
fn questions_lead_to_a_configuration_that_works() {
    let Some(beginner) = Beginner::new() else {
        return;
    };
    let typed = format!("{LOGIN}\nfacebook\n{PASSWORD}\n\n");
    let (said, exit) = beginner.init(&[], &typed);
    assert_eq!(exit, Some(0), "{said}");
    for part in [
        "the sign-in is accepted",
        "INBOX: 0 messages",
        "sustained check",
        "sustained run",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    beginner.is_set_up();

    let (said, exit) = beginner.init(&[], &typed);
    assert_eq!(exit, Some(2), "{said}");
    assert!(said.contains("is there already"), "{said}");
}

#[test]
fn every_answer_is_a_flag() {
    let Some(beginner) = Beginner::new() else {
        return;
    };
    let password = beginner.home.write("password", &format!("{PASSWORD}\n"));
    let password = password.to_str().unwrap();
    let flags = [
        "--address",
        LOGIN,
        "--accounts",
        "facebook,instagram",
        "--alert",
        "stdout:",
    ];
    let more = [flags.as_slice(), &["--password-file", password, "--json"]].concat();
    let (said, exit) = beginner.init(&more, "");
    assert_eq!(exit, Some(0), "{said}");
    let answer = said.lines().find(|line| line.starts_with('{')).unwrap();
    let answer: Value = serde_json::from_str(answer).unwrap();
    assert_eq!(answer["config"], beginner.home.config().to_str().unwrap());
    assert!(answer["secret"].is_null() && !beginner.secret().exists());
    let config = fs::read_to_string(beginner.home.config()).unwrap();
    assert!(
        config.contains(r#"accounts = ["facebook", "instagram"]"#),
        "{config}"
    );
    assert!(config.contains(password), "{config}");

    let Some(other) = Beginner::new() else {
        return;
    };
    let (said, exit) = other.init(&["--address", LOGIN, "--accounts", "facebook"], "");
    assert_eq!(exit, Some(2), "{said}");
    assert!(
        said.contains("add --password-file. Nothing was written"),
        "{said}"
    );
}

#[test]
fn what_does_not_work_is_said_and_not_written() {
    let Some(beginner) = Beginner::new() else {
        return;
    };
    let check = |more: &[&str], typed: &str, expected: &str| {
        let flags = ["--address", LOGIN, "--accounts", "facebook"];
        let (said, exit) = beginner.init(&[&flags, more].concat(), typed);
        assert_ne!(exit, Some(0), "{said}");
        assert!(said.contains(expected), "{expected}: {said}");
        assert!(!beginner.home.config().exists() && !beginner.secret().exists());
    };
    let alert = ["--alert", "stdout:"];
    check(&alert, "not-the-password\n", "Nothing was written");
    let password = format!("{PASSWORD}\n");
    check(
        &["--alert", "ntyf://hunter2"],
        &password,
        "--alert ntyf:…: unknown alert scheme `ntyf`; did you mean `ntfy`?",
    );
    check(
        &[&alert, ["--login", "\u{1}"].as_slice()].concat(),
        "secret\n",
        "login",
    );
}

#[test]
fn a_sentence_of_the_server_s_ends_with_one_full_stop() {
    let capabilities = "* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\nTAG OK done\r\n";
    let hello = [send("* OK hello\r\n"), answer("CAPABILITY", capabilities)];
    let leave = [answer("LOGOUT", "* BYE\r\nTAG OK bye\r\n"), close()];
    let refusal = "TAG NO [UNAVAILABLE] Try again later.\r\n";
    let refuse = [answer("AUTHENTICATE PLAIN", refusal), hold()];
    let script = ImapScript::start(vec![
        [&hello[..], &leave].concat(),
        [hello, refuse].concat(),
    ]);
    let home = Home::empty();
    let (port, config) = (script.port().to_string(), home.config());
    let server = ["--host", "127.0.0.1", "--port", &port, "--tls", "none"];
    let person = ["--address", LOGIN, "--accounts", "facebook"];
    let args = [
        &["init", "--config", config.to_str().unwrap()],
        &server[..],
        &person,
    ]
    .concat();
    let output = home.output(&args, b"hunter2\n");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("later. Nothing was written"), "{said}");
}

#[test]
fn a_wrong_flag_is_named_with_what_it_said() {
    let home = Home::empty();
    let config = home.config().display().to_string();
    let right = ["--address", LOGIN, "--accounts", "facebook"];
    let check = |flags: &[&str], typed: &str, exit: i32, expected: &[&str]| {
        let args = [&["init", "--config", &config], flags].concat();
        let output = home.output(&args, typed.as_bytes());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(exit), "{said}");
        for part in expected {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert!(!home.config().exists());
    };
    let address = ["me at example", "--address", "has one @"];
    check(&["--address", "me at example"], "", 2, &address);
    let accounts = ["facebok", "--accounts", "did you mean \"facebook\""];
    check(&["--accounts", "facebok"], "", 2, &accounts);
    check(&["--address", LOGIN], "facebok\n", 2, &accounts);
    check(
        &["--fingerprint", "ab"],
        "",
        2,
        &["--fingerprint", "64 hexadecimal"],
    );
    check(&["--port", "0"], "", 2, &["--port", "1..="]);
    check(&["--tls", "ssl"], "", 2, &["--tls", "starttls"]);
    let closed = free_port().to_string();
    let closed = [&right[..], &["--host", "localhost", "--port", &closed]].concat();
    check(&closed, "", 69, &["localhost:", "Nothing was written"]);
    let microsoft = ["--address", "me@outlook.com", "--accounts", "facebook"];
    let command = "add --oauth microsoft --client-id ID";
    check(
        &microsoft,
        "",
        2,
        &["Microsoft takes no passwords", command],
    );
}

#[test]
fn what_is_there_already_is_named_with_what_to_do() {
    let Some(beginner) = Beginner::new() else {
        return;
    };
    beginner.home.write("config/sustained/imap-me", "old\n");
    let (said, exit) = beginner.init(&[], &format!("{LOGIN}\nfacebook\n{PASSWORD}\n\n"));
    assert_eq!(exit, Some(77), "{said}");
    let secret = beginner.secret().display().to_string();
    let expected = format!("{secret} is there already and is not overwritten");
    assert!(said.contains(&expected), "{said}");
    assert!(
        said.contains(&format!("--password-file {secret}")),
        "{said}"
    );
    assert_eq!(fs::read_to_string(secret).unwrap(), "old\n");
}

#[test]
fn files_are_found_wherever_they_were_named_from() {
    let Some(beginner) = Beginner::new() else {
        return;
    };
    let ca_file = fs::read_to_string(beginner.flags.last().unwrap()).unwrap();
    beginner.home.write("ca.pem", &ca_file);
    let password = beginner.home.write("password", &format!("{PASSWORD}\n"));
    let port = beginner.dovecot.port().to_string();
    let server = [
        "--host",
        "localhost",
        "--port",
        &port,
        "--ca-file",
        "ca.pem",
    ];
    let person = [
        "--address",
        LOGIN,
        "--accounts",
        "Facebook, instagram,facebook",
    ];
    let config = ["init", "--config", "config/sustained/config.toml"];
    let rest = ["--password-file", "password", "--alert", "stdout:"];
    let args = [&config[..], &server, &person, &rest].concat();
    let output = beginner.home.output(&args, b"");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let config = fs::read_to_string(beginner.home.config()).unwrap();
    let named = format!("password = {{ file = \"{}\" }}", password.display());
    assert!(config.contains(&named), "{config}");
    let accounts = "accounts = [\"facebook\", \"instagram\"]";
    assert!(config.contains(accounts), "{config}");
    beginner.home.run().wait_for_line("watching", PATIENCE);
}

#[test]
fn a_server_with_its_own_certificate_a_program_and_folders_are_flags() {
    let Some(beginner) = Beginner::new() else {
        return;
    };
    let password = beginner.home.write("password", &format!("{PASSWORD}\n"));
    let command = format!("/usr/bin/cat {}", password.display());
    let config = beginner.home.config().display().to_string();
    let (port, fingerprint) = (
        beginner.dovecot.port().to_string(),
        beginner.dovecot.fingerprint(),
    );
    let server = ["--host", "localhost", "--port", &port, "--tls", "implicit"];
    let trust = ["--fingerprint", &fingerprint, "--folders", "INBOX"];
    let rest = ["--password-command", &command];
    let args = [
        &["init", "--config", &config][..],
        &server,
        &trust,
        &PERSON,
        &rest,
    ]
    .concat();
    let output = beginner.home.output(&args, b"");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(!said.contains("Junk"), "{said}");
    let config = fs::read_to_string(beginner.home.config()).unwrap();
    for part in [
        "tls = \"implicit\"",
        "folders = [\"INBOX\"]",
        "password = { command = [\"/usr/bin/cat\", ",
        &fingerprint,
    ] {
        assert!(config.contains(part), "{part}: {config}");
    }
    beginner.home.run().wait_for_line("watching", PATIENCE);
}

#[test]
fn a_provider_without_imap_is_named() {
    let home = Home::empty();
    let config = home.config().display().to_string();
    let address = ["--address", "me@tuta.io", "--accounts", "facebook"];
    let args = [["init", "--config", &config].as_slice(), &address].concat();
    let output = home.output(&args, b"");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(69), "{said}");
    assert!(said.contains("Tuta offers no IMAP"), "{said}");
}

#[test]
fn a_maildir_needs_no_password() {
    let home = Home::empty();
    let maildir = home.path().join("Maildir");
    let config = home.config().display().to_string();
    let folder = maildir.display().to_string();
    let args = [
        &["init", "--config", &config, "--maildir", &folder],
        PERSON.as_slice(),
    ]
    .concat();
    let output = home.output(&args, b"");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let expected = format!("--maildir {folder}: this is no Maildir");
    assert!(said.contains(&expected), "{said}");
    for place in ["new", "cur", "tmp"] {
        fs::create_dir_all(maildir.join(place)).unwrap();
    }
    let output = home.output(&args, b"");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    home.run().wait_for_line("watching", PATIENCE);
}
