//! The units that ship: systemd understands every line of them, and their sandboxes stay closed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::support::notify::Systemd;
use crate::support::process::{Home, PROGRAM};
use crate::support::{PATIENCE, missing, wait_until};

/// The worst exposure allowed, in tenths: 1.1 as shipped, 9.6 for a service without a sandbox.
const THRESHOLD: &str = "--threshold=12";

/// Where the unit says the program is.
const INSTALLED: &str = "ExecStart=/usr/bin/sustained ";

/// The shipped unit, with `change` made to it, in a folder of its own.
fn unit(change: impl Fn(String) -> String) -> (TempDir, PathBuf) {
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/systemd/sustained.service");
    let text = fs::read_to_string(shipped).unwrap();
    assert!(text.contains(INSTALLED));
    let folder = TempDir::with_prefix("unit-").unwrap();
    let path = folder.path().join("sustained.service");
    let built = text.replace(INSTALLED, &format!("ExecStart={PROGRAM} "));
    fs::write(&path, change(built)).unwrap();
    (folder, path)
}

/// What `systemd-analyze` says; `None` if it is not installed.
fn analyze(verb: &[&str], unit: &PathBuf) -> Option<Output> {
    let mut command = Command::new("systemd-analyze");
    let output = command.arg("--no-pager").args(verb).arg(unit).output();
    if output.is_err() {
        missing("systemd-analyze", "systemd");
    }
    output.ok()
}

/// Everything that was printed.
fn talk(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&both).into_owned()
}

#[test]
fn systemd_understands_every_line_of_the_unit() {
    let (_folder, path) = unit(|text| text);
    let Some(output) = analyze(&["verify"], &path) else {
        return;
    };
    // It ends well after an unknown key, so its silence is what counts.
    assert_eq!(talk(&output), "");
    assert!(output.status.success());
}

#[test]
fn a_line_that_systemd_does_not_understand_is_seen() {
    let (_folder, path) = unit(|text| text.replace("Type=notify", "Type=notify\nDynamicUsr=yes"));
    let Some(output) = analyze(&["verify"], &path) else {
        return;
    };
    assert!(talk(&output).contains("DynamicUsr"), "{}", talk(&output));
}

#[test]
fn the_sandbox_of_the_unit_stays_closed() {
    let verb = ["security", "--offline=true", THRESHOLD];
    let (_folder, path) = unit(|text| text);
    let Some(output) = analyze(&verb, &path) else {
        return;
    };
    assert!(output.status.success(), "{}", talk(&output));
    // Opening it in one place is enough to be seen.
    let (_folder, path) = unit(|text| text.replace("CapabilityBoundingSet=\n", ""));
    let output = analyze(&verb, &path).unwrap();
    assert!(!output.status.success(), "{}", talk(&output));
}

#[test]
fn the_units_for_the_submission_program_are_understood_and_keep_their_sandbox() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd");
    let folder = TempDir::with_prefix("unit-").unwrap();
    let names = ["sustained-submit.socket", "sustained-submit@.service"];
    for name in names {
        let text = fs::read_to_string(shipped.join(name)).unwrap();
        let built = text.replace(INSTALLED, &format!("ExecStart={PROGRAM} "));
        fs::write(folder.path().join(name), built).unwrap();
    }
    for name in names {
        let Some(output) = analyze(&["verify"], &folder.path().join(name)) else {
            return;
        };
        assert_eq!(talk(&output), "", "{name}");
    }
    // As the unit says of itself.
    let verb = ["security", "--offline=true", "--threshold=22"];
    let output = analyze(&verb, &folder.path().join(names[1])).unwrap();
    assert!(output.status.success(), "{}", talk(&output));
}

#[test]
fn no_unit_wants_a_user_of_its_own_under_the_name_of_a_group() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd");
    let read = |name: &str| fs::read_to_string(shipped.join(name)).unwrap();
    let groups = read("sustained.sysusers");
    let groups = groups.lines().filter_map(|line| line.strip_prefix("g "));
    let groups: Vec<&str> = groups.filter_map(|rest| rest.split(' ').next()).collect();
    assert!(!groups.is_empty());
    for name in ["sustained.service", "sustained-submit@.service"] {
        let unit = read(name);
        assert!(unit.contains("DynamicUser=yes"), "{name}");
        // systemd names the user after the unit, and gives up with 217/USER if only a group has
        // that name.
        let user = unit.lines().find_map(|line| line.strip_prefix("User="));
        let user = user.or_else(|| name.split(['@', '.']).next()).unwrap();
        assert!(!groups.contains(&user), "{name}: {user} is a group");
    }
}

#[test]
fn systemd_is_told_of_start_life_and_stop() {
    let home = Home::empty();
    for place in ["new", "cur", "tmp"] {
        fs::create_dir_all(home.path().join("Maildir").join(place)).unwrap();
    }
    let maildir = home.path().join("Maildir").display().to_string();
    home.write(
        "config/sustained/config.toml",
        &format!(
            "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\n\
             accounts = [\"facebook\"]\nmaildir = {maildir:?}\n"
        ),
    );
    let systemd = Systemd::of(&home);
    let mut running = systemd.run(&home);
    systemd.wait_for("READY=1", 1);
    assert!(wait_until(PATIENCE, || systemd.fed() >= 3));
    running.signal(Signal::TERM);
    systemd.wait_for("STOPPING=1", 1);
    assert!(running.wait(PATIENCE).success());
}
