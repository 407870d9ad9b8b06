//! What systemd says, by programs in its programs' place: no systemd runs where tests do.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use rustix::process::geteuid;

use super::{Said, command};
use crate::support::process::Home;

const FACTS: &str = "LoadState=loaded\nActiveState=active\nSubState=running\nResult=success\n\
                     UnitFileState=enabled\nNRestarts=2\nNeedDaemonReload=no\nWatchdogUSec=1min\n\
                     StateDirectory=sustained\n";

const UNIT: &str = "# /etc/systemd/system/sustained.service\n[Service]\n\
                    ExecStart=/usr/bin/sustained run\n# drop-in\n[Service]\n\
                    LoadCredential=imap-me:/etc/sustained/imap-me\n";

/// What is said where systemd says this.
fn said(facts: &str, unit: &str, synchronized: &str) -> Said {
    said_by(facts, unit, synchronized, |_| {})
}

/// The same, with a change to how it is asked.
fn said_by(facts: &str, unit: &str, synchronized: &str, change: impl Fn(&mut Command)) -> Said {
    let home = Home::new(
        "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\naccounts = [\"facebook\"]\n\
         imap = { host = \"127.0.0.1\", port = 9, tls = \"none\", login = \"ann\" }\n\
         password = { credential = \"imap-me\" }\n\n[authenticity]\nresolver = \"127.0.0.1:9\"\n",
    );
    let programs = home.path().join("bin");
    let unit = unit.replace("HOME", home.path().to_str().unwrap());
    home.write("imap-me", "hunter2\n");
    fs::create_dir(&programs).unwrap();
    let systemctl = format!(
        "#!/bin/sh\ncase \"$1\" in\nshow) cat <<'E'\n{facts}E\n;;\n\
         cat) cat <<'E'\n{unit}E\n;;\n*) exit 1;;\nesac\n"
    );
    for (name, text) in [
        ("systemctl", systemctl),
        ("timedatectl", format!("#!/bin/sh\necho {synchronized}\n")),
    ] {
        let program = programs.join(name);
        fs::write(&program, text).unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o700)).unwrap();
    }
    let mut command = command(&home, &[]);
    command.env("PATH", format!("{}:/usr/bin:/bin", programs.display()));
    change(&mut command);
    Said::of(command)
}

#[test]
fn a_service_that_runs_and_gives_its_credential_is_well() {
    let said = said(FACTS, UNIT, "yes");
    let (status, observed) = said.check("service");
    assert_eq!(status, "pass");
    assert_eq!(
        observed,
        "active (running), started again 2 times, watchdog 1min"
    );
    assert_eq!(said.check("credential imap-me").0, "pass");
    assert_eq!(said.check("clock").0, "pass");
    assert!(!said.text.contains("service at start"), "{}", said.text);
}

#[test]
fn each_thing_that_is_wrong_with_the_service_is_told_with_what_to_type() {
    let facts = FACTS
        .replace("ActiveState=active", "ActiveState=failed")
        .replace("Result=success", "Result=watchdog")
        .replace("=enabled", "=disabled")
        .replace("NeedDaemonReload=no", "NeedDaemonReload=yes");
    let unit = UNIT.replace("imap-me:", "imap-you:");
    let said = said(&facts, &unit, "no");
    let (status, observed) = said.check("service");
    assert_eq!(status, "fail");
    assert!(observed.ends_with("it ended by watchdog"), "{observed}");
    assert_eq!(said.check("credential imap-me").0, "fail");
    for (name, remedy) in [
        ("service at start", "systemctl enable sustained"),
        ("service file", "systemctl daemon-reload"),
        ("clock", "install systemd-timesyncd or chrony"),
    ] {
        assert_eq!(said.check(name).0, "warn", "{name}");
        assert!(said.text.contains(remedy), "{remedy}: {}", said.text);
    }
    let remedy = "LoadCredential=imap-me:/etc/sustained/imap-me";
    assert!(said.text.contains(remedy), "{}", said.text);
}

#[test]
fn a_machine_without_the_service_or_without_systemd_is_no_failure() {
    let said = said("LoadState=not-found\n", "", "yes");
    assert_eq!(said.check("service").0, "skip");
    let home = Home::empty();
    let mut command = command(&home, &[]);
    command.env("PATH", "/nonexistent");
    let said = Said::of(command);
    assert_eq!(said.check("service").0, "skip");
    assert_eq!(said.check("clock").0, "skip");
}

#[test]
fn a_state_folder_that_is_not_the_service_s_is_told_with_what_to_type() {
    let said = said_by(FACTS, UNIT, "yes", |command| {
        command.env_remove("STATE_DIRECTORY");
    });
    let (status, observed) = said.check("state folder of the service");
    assert_eq!(status, "warn");
    assert!(observed.contains("/var/lib/sustained"), "{observed}");
    let remedy = "sudo STATE_DIRECTORY=/var/lib/sustained sustained check";
    assert!(said.text.contains(remedy), "{}", said.text);
}

#[test]
fn root_checks_what_the_service_is_given() {
    for way in ["--config ", "--config="] {
        root_checks(&format!("run {way}HOME/config/sustained/config.toml\n"));
    }
}

fn root_checks(run: &str) {
    let facts = FACTS.replace("=sustained\n", "=sustained-of-a-test\n");
    let unit = UNIT
        .replace("run\n", run)
        .replace(":/etc/sustained/imap-me", ":HOME/imap-me");
    let said = said_by(&facts, &unit, "yes", |command| {
        command.env_remove("STATE_DIRECTORY");
    });
    let (password, _) = said.check("mailbox me: password");
    if geteuid().is_root() {
        assert_eq!(password, "pass", "{}", said.text);
        let (_, folder) = said.check("state folder");
        assert_eq!(folder, "/var/lib/sustained-of-a-test will be made");
        assert!(!said.text.contains("hunter2"), "{}", said.text);
    } else {
        assert_eq!(password, "fail", "{}", said.text);
    }
}

#[test]
fn a_service_without_a_state_folder_of_its_own_is_looked_at_without_one() {
    let facts = FACTS.replace("=sustained\n", "=\n");
    let unit = UNIT.replace("run\n", "run --config HOME/config/sustained/config.toml\n");
    let said = said_by(&facts, &unit, "yes", |command| {
        command.env_remove("STATE_DIRECTORY");
    });
    let (_, folder) = said.check("state folder");
    assert!(!folder.contains("/var/lib"), "{folder}");
    assert!(!said.text.contains("state folder of the"), "{}", said.text);
}

#[test]
fn a_credential_of_the_service_is_told_with_what_to_type() {
    let said = said(FACTS, UNIT, "yes");
    let (status, observed) = said.check("mailbox me: password");
    assert_eq!(status, "fail", "{observed}");
    let remedy = "sudo CREDENTIALS_DIRECTORY=/etc/sustained STATE_DIRECTORY=";
    assert!(said.text.contains(remedy), "{}", said.text);
}

#[test]
fn a_service_that_is_started_again_and_again_is_a_failure() {
    let facts = FACTS
        .replace("ActiveState=active", "ActiveState=activating")
        .replace("SubState=running", "SubState=auto-restart")
        .replace("Result=success", "Result=exit-code");
    assert_eq!(said(&facts, UNIT, "yes").check("service").0, "fail");
    let masked = said("LoadState=masked\n", "", "yes");
    let (status, observed) = masked.check("service");
    assert_eq!((status, observed), ("fail", "its unit is masked"));
}
