//! The commands that `init` prints at its end: pasted into a shell, they do what they are for.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{Beginner, PERSON};
use crate::support::dovecot::{LOGIN, PASSWORD};
use crate::support::process::{Home, PROGRAM};

/// What `init` set up, and the two commands that it named.
fn set_up(beginner: &Beginner, more: &[&str], typed: &str) -> [String; 2] {
    let flags = [&PERSON[..], &["--json"], more].concat();
    let (said, exit) = beginner.init(&flags, typed);
    assert_eq!(exit, Some(0), "{said}");
    let answer = said.lines().find(|line| line.starts_with('{')).unwrap();
    let answer: Value = serde_json::from_str(answer).unwrap();
    serde_json::from_value(answer["next"].clone()).unwrap()
}

/// Pastes a command; `sustained` is this program, and `sudo` notes what it is asked for.
fn paste(home: &Home, command: &str) -> String {
    let sudo = "#!/bin/sh\n\
                if [ \"$1\" = tee ]; then cat > \"$HOME/drop-in\"; fi\necho \"sudo: $*\"\n";
    let sudo = home.write("sudo", sudo);
    fs::set_permissions(sudo, Permissions::from_mode(0o700)).unwrap();
    let programs = Path::new(PROGRAM).parent().unwrap();
    let path = format!(
        "{}:{}:/usr/bin:/bin",
        home.path().display(),
        programs.display()
    );
    let mut shell = Command::new("sh");
    shell.args(["-euc", command]).env_clear().env("PATH", path);
    shell
        .env("HOME", home.path())
        .env("STATE_DIRECTORY", home.state());
    let output = shell.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    String::from_utf8(said).unwrap()
}

#[test]
fn a_configuration_that_was_named_is_named_in_the_next_commands() {
    let Some(beginner) = Beginner::new() else {
        return;
    };
    let [check, run] = set_up(&beginner, &[], &format!("{PASSWORD}\n"));
    let config = beginner.home.config().display().to_string();
    assert_eq!(run, format!("sustained run --config {config}"));
    let said = paste(&beginner.home, &check);
    assert!(said.contains("sign-in: accepted"), "{said}");
}

#[test]
fn the_service_gets_the_password_by_the_next_commands() {
    let Some(beginner) = Beginner::new() else {
        return;
    };
    let [check, start] = set_up(&beginner, &["--credential"], &format!("{PASSWORD}\n"));
    let folder = beginner
        .home
        .config()
        .parent()
        .unwrap()
        .display()
        .to_string();
    let said = paste(&beginner.home, &check);
    let expected = format!(
        "sudo: CREDENTIALS_DIRECTORY={folder} STATE_DIRECTORY=/var/lib/sustained sustained check"
    );
    assert!(said.starts_with(&expected), "{said}");
    let said = paste(&beginner.home, &start);
    let told: Vec<&str> = said.lines().collect();
    let folder_of_unit = "/etc/systemd/system/sustained.service.d";
    assert_eq!(
        told,
        [
            &format!("sudo: mkdir -p {folder_of_unit}"),
            &format!("sudo: tee {folder_of_unit}/credential.conf"),
            "sudo: systemctl enable --now sustained",
        ]
    );
    let unit = fs::read_to_string(beginner.home.path().join("drop-in")).unwrap();
    assert_eq!(
        unit,
        format!("[Service]\nLoadCredential=imap-me:{folder}/imap-me\n")
    );
}

#[test]
fn a_password_file_becomes_a_credential() {
    let Some(beginner) = Beginner::new() else {
        return;
    };
    let file = beginner
        .home
        .write("my 100% password", &format!("{PASSWORD}\n"));
    let flags = ["--credential", "--password-file", file.to_str().unwrap()];
    let [check, start] = set_up(&beginner, &flags, "");
    let config = fs::read_to_string(beginner.home.config()).unwrap();
    assert!(
        config.contains("password = { credential = \"imap-me\" }"),
        "{config}"
    );
    let said = paste(&beginner.home, &check);
    let loaded = format!("LoadCredential=imap-me:{}", file.display());
    assert!(
        said.contains(&loaded) && said.contains("systemd-run"),
        "{said}"
    );
    // A state folder that systemd made for this check would be root's.
    assert!(
        said.contains("-E STATE_DIRECTORY=/var/lib/sustained"),
        "{said}"
    );
    paste(&beginner.home, &start);
    let unit = fs::read_to_string(beginner.home.path().join("drop-in")).unwrap();
    let loaded = loaded.replace('%', "%%");
    assert_eq!(unit, format!("[Service]\n{loaded}\n"));
}

#[test]
fn the_service_is_given_the_secret_of_an_alert_too() {
    let Some(beginner) = Beginner::new() else {
        return;
    };
    let token = beginner.home.write("token", "tk_hunter2\n");
    let flags = [
        "--address",
        LOGIN,
        "--accounts",
        "facebook",
        "--alert",
        "ntfy://127.0.0.1/topic",
        "--alert-token-file",
        token.to_str().unwrap(),
        "--credential",
    ];
    let (said, exit) = beginner.init(&flags, &format!("{PASSWORD}\n"));
    assert_eq!(exit, Some(0), "{said}");
    let config = fs::read_to_string(beginner.home.config()).unwrap();
    let expected = "token = { credential = \"alert-token\" }";
    assert!(config.contains(expected), "{config}");
    let commands = said.lines().skip_while(|line| *line != "next:").skip(1);
    let commands: Vec<&str> = commands.take(2).map(str::trim).collect();
    let password = beginner.secret().display().to_string();
    let token = token.display();
    let checked = paste(&beginner.home, commands[0]);
    let expected =
        format!("-p LoadCredential=imap-me:{password} -p LoadCredential=alert-token:{token} -E");
    assert!(checked.contains(&expected), "{checked}");
    paste(&beginner.home, commands[1]);
    let unit = fs::read_to_string(beginner.home.path().join("drop-in")).unwrap();
    let expected = format!(
        "[Service]\nLoadCredential=imap-me:{password}\nLoadCredential=alert-token:{token}\n"
    );
    assert_eq!(unit, expected);
}
