//! Tables that repeat what the program knows: its exit codes, its providers.

use std::collections::BTreeSet;
use std::fs;

use clap::ValueEnum as _;
use clap::builder::PossibleValue;
use sustained::cli::Exit;

use super::document;
use crate::support::process::Home;

/// The cells of the rows below the header that begins so.
pub fn rows(document: &str, header: &str) -> Vec<Vec<String>> {
    let mut lines = document
        .lines()
        .skip_while(|line| !line.starts_with(header));
    assert!(lines.next().is_some(), "no table {header}");
    let rows = lines.skip(1).take_while(|line| line.starts_with('|'));
    let cells = |row: &str| {
        let cells = row.trim_matches('|').split(" | ");
        cells.map(|cell| cell.trim().to_owned()).collect()
    };
    let rows: Vec<Vec<String>> = rows.map(cells).collect();
    assert!(!rows.is_empty(), "{header} has no rows");
    rows
}

#[test]
fn the_exit_codes_in_readme_are_the_programs() {
    let told = |exit: &Exit| {
        let meaning = exit
            .to_possible_value()
            .unwrap()
            .get_help()
            .unwrap()
            .to_string();
        vec![(*exit as u8).to_string(), meaning]
    };
    let program: Vec<Vec<String>> = Exit::value_variants().iter().map(told).collect();
    let readme = rows(&document("README.md"), "| exit code |");
    let readme: Vec<Vec<String>> = readme.iter().map(|row| row[..2].to_vec()).collect();
    assert_eq!(readme, program);

    let home = Home::empty();
    let code = |args: &[&str]| home.output(args, b"").status.code();
    assert_eq!(code(&["--version"]), Some(0));
    assert_eq!(code(&["no-such-verb"]), Some(2));
    assert_eq!(code(&["run"]), Some(78));
    assert_eq!(code(&["status"]), Some(69));
}

#[test]
fn the_providers_in_readme_are_those_that_are_known() {
    let known: toml::Table = toml::from_str(&document("src/config/providers.toml")).unwrap();
    let known = known["provider"].as_array().unwrap();
    let readme = document("README.md");
    assert!(readme.contains(&format!("of {} known providers", known.len())));
    for row in rows(&readme, "| provider |") {
        let provider = known
            .iter()
            .find(|one| one["name"].as_str() == Some(&row[0]));
        let provider = provider.unwrap_or_else(|| panic!("{} is not known", row[0]));
        assert_eq!(
            provider["password"].as_str(),
            Some(row[1].as_str()),
            "{}",
            row[0]
        );
    }
}

#[test]
fn the_files_in_readme_are_those_of_the_state_folder() {
    let rows = rows(&document("README.md"), "| file |");
    let named: Vec<&str> = rows
        .iter()
        .flat_map(|row| row[0].split('`').skip(1).step_by(2))
        .collect();
    // The rehearsal has everything but what a sign-in and a browser leave.
    let home = Home::empty();
    let mut command = home.command(&["rehearse", "--json"]);
    let output = command.env("TMPDIR", home.path()).output().unwrap();
    assert!(output.status.success());
    let folder = fs::read_dir(home.path())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut folder = folder.filter(|path| path.join("state").exists() && *path != home.path());
    let state = folder.next().expect("the rehearsal's folder").join("state");
    let found = fs::read_dir(state)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let found: BTreeSet<String> = found.map(|name| name.into_string().unwrap()).collect();
    for name in ["sustained.db", "decisions.jsonl", "decisions.head"] {
        assert!(
            found.contains(name) && named.contains(&name),
            "{name}: {found:?}"
        );
    }
    assert!(found.contains("evidence"), "{found:?}");
    // What stands there beside belongs to the database or is of no use afterwards.
    let beside = [
        "lock",
        "socket",
        "sustained.sock",
        "sustained.db-wal",
        "sustained.db-shm",
        "evidence",
    ];
    for name in &found {
        let is_known = named.contains(&name.as_str()) || beside.contains(&name.as_str());
        assert!(is_known, "{name} is not in README");
    }
}

#[test]
fn what_readme_says_of_the_sandbox_is_in_the_unit() {
    let unit = document("systemd/sustained.service");
    for line in [
        "CapabilityBoundingSet=",
        "NoNewPrivileges=yes",
        "ProtectHome=yes",
        "PrivateDevices=yes",
        "ProcSubset=pid",
        "ProtectSystem=strict",
        "SocketBindDeny=any",
        "MemoryDenyWriteExecute=yes",
        "MemoryMax=256M",
    ] {
        assert!(unit.lines().any(|one| one == line), "{line}");
    }
    // What `systemctl clean` takes away.
    assert!(unit.contains("StateDirectory=sustained\n"));
}

#[test]
fn the_types_that_shells_offer_are_those_of_the_log() {
    // Every type that the program can write is named where it is written.
    let source = document("src/record/line.rs");
    let types = source.split("pub fn type_name").nth(1).unwrap();
    let types = types.split("\n}").next().unwrap();
    let types: BTreeSet<&str> = types.split('"').skip(1).step_by(2).collect();
    let command = sustained::cli::command();
    let log = command.find_subcommand("log").unwrap();
    let argument = log
        .get_arguments()
        .find(|one| one.get_id() == "types")
        .unwrap();
    let offered = argument.get_possible_values();
    let offered: BTreeSet<&str> = offered.iter().map(PossibleValue::get_name).collect();
    assert_eq!(offered, types);
}
