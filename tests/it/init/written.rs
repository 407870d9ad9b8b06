//! What `init` leaves on the disk and says: readable for whom it is meant, whole or not at all, and
//! no secret where it does not belong.

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::dovecot::LOGIN;
use crate::support::process::{Home, PROGRAM};

/// A home with a Maildir and a folder of which not everybody may know, without a configuration.
fn home() -> Home {
    let home = Home::empty();
    for place in ["etc", "Maildir/new", "Maildir/cur", "Maildir/tmp"] {
        fs::create_dir_all(home.path().join(place)).unwrap();
    }
    fs::set_permissions(home.path().join("etc"), Permissions::from_mode(0o700)).unwrap();
    home
}

fn config(home: &Home) -> PathBuf {
    home.path().join("etc/made/config.toml")
}

/// Runs `init` for the Maildir, by a shell that does something `before`.
fn init(home: &Home, before: &str, more: &[&str], typed: &str) -> Output {
    init_by(Path::new(PROGRAM), home, before, more, typed)
}

/// The same, with the program somewhere else.
fn init_by(program: &Path, home: &Home, before: &str, more: &[&str], typed: &str) -> Output {
    let script = format!("{before}\nexec \"$0\" \"$@\"");
    let mut shell = Command::new("sh");
    shell.args(["-euc", &script]).arg(program);
    shell.args(["init", "--config"]);
    shell
        .arg(config(home))
        .arg("--maildir")
        .arg(home.path().join("Maildir"));
    shell.args(["--address", LOGIN, "--accounts", "facebook"]);
    shell.args(more).env_clear().env("HOME", home.path());
    shell
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = shell.spawn().unwrap();
    // It may have ended before it asks.
    child.stdin.take().unwrap().write_all(typed.as_bytes()).ok();
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(both).unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

const STDOUT: [&str; 2] = ["--alert", "stdout:"];

#[test]
fn the_service_may_read_what_is_written_for_it_whatever_the_umask() {
    let for_service = ["--credential", "--alert", "stdout:"];
    for (flags, of_folder, of_file) in [(&for_service[..], 0o755, 0o644), (&STDOUT, 0o700, 0o600)] {
        let home = home();
        let output = init(&home, "umask 077", flags, "");
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let config = config(&home);
        assert_eq!(mode(&config), of_file, "{flags:?}");
        assert_eq!(mode(config.parent().unwrap()), of_folder, "{flags:?}");
        assert_eq!(mode(&home.path().join("etc")), 0o700, "it was there");
        let elsewhere = said(&output).contains("the service reads /etc/sustained/config.toml");
        assert_eq!(
            elsewhere,
            flags.contains(&"--credential"),
            "{}",
            said(&output)
        );
    }
}

#[test]
fn a_disk_that_takes_nothing_is_left_as_it_was() {
    let home = home();
    let output = init(&home, "trap '' XFSZ; ulimit -f 0", &STDOUT, "");
    assert_eq!(output.status.code(), Some(69), "{}", said(&output));
    assert!(
        said(&output).contains("Nothing was set up"),
        "{}",
        said(&output)
    );
    assert!(!config(&home).exists());
    let again = init(&home, "", &STDOUT, "");
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
}

#[test]
fn a_file_in_the_place_of_the_folder_is_not_taken_for_a_password() {
    let home = home();
    fs::write(home.path().join("etc/made"), "").unwrap();
    let output = init(&home, "", &STDOUT, "");
    let said = said(&output);
    assert_eq!(output.status.code(), Some(77), "{said}");
    assert!(
        said.contains("not overwritten: move it away. Nothing"),
        "{said}"
    );
}

#[test]
fn the_answer_in_json_stands_alone_on_standard_output() {
    let home = home();
    let output = init(
        &home,
        "",
        &[&STDOUT[..], &["--test-alert", "--json"]].concat(),
        "",
    );
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["config"], config(&home).to_str().unwrap());
    assert!(String::from_utf8_lossy(&output.stderr).contains("a test was written"));
}

#[test]
fn a_wrong_alert_on_standard_input_is_not_shown() {
    let home = home();
    for (typed, kind) in [
        ("ntyf://hunter2\n", "--alert ntyf:…: "),
        ("smtps://me:hunter2@mail.example/x\n", "--alert smtps:…: "),
    ] {
        for flags in [&["--json"][..], &[]] {
            let output = init(&home, "", flags, typed);
            let said = said(&output);
            assert_eq!(output.status.code(), Some(2), "{said}");
            assert!(said.contains(kind) && !said.contains("hunter2"), "{said}");
        }
    }
}

/// The first line of the configuration that was written.
fn first_line(home: &Home) -> String {
    let text = fs::read_to_string(config(home)).unwrap();
    text.lines().next().unwrap().to_owned()
}

#[test]
fn an_editor_finds_the_schema_by_the_first_line() {
    let home = home();
    let schema = config(&home).with_file_name("config.schema.json");
    let output = init(&home, "", &[&STDOUT[..], &["--json"]].concat(), "");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["schema"], schema.to_str().unwrap());
    assert_eq!(first_line(&home), "#:schema ./config.schema.json");
    let printed = home.output(&["config", "schema"], b"").stdout;
    assert_eq!(fs::read(&schema).unwrap(), printed);

    // One that is there already is named, and nobody's own is overwritten.
    fs::remove_file(config(&home)).unwrap();
    fs::write(&schema, "{}").unwrap();
    let output = init(&home, "", &[&STDOUT[..], &["--json"]].concat(), "");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(answer["schema"].is_null(), "{answer}");
    assert_eq!(first_line(&home), "#:schema ./config.schema.json");
    assert_eq!(fs::read_to_string(schema).unwrap(), "{}");
}

#[test]
fn the_package_s_schema_is_named_where_it_is_installed() {
    let home = home();
    let examples = home.path().join("usr/share/doc/sustained/examples");
    let program = home.path().join("usr/bin/sustained");
    fs::create_dir_all(&examples).unwrap();
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    fs::copy(PROGRAM, &program).unwrap();
    let schema = examples.join("config.schema.json");
    fs::write(&schema, "{}").unwrap();
    let output = init_by(&program, &home, "", &STDOUT, "");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let expected = format!("#:schema file://{}", schema.display());
    assert_eq!(first_line(&home), expected);
    assert!(!config(&home).with_file_name("config.schema.json").exists());
}
