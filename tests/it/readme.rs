//! README's promises: its commands exist and work, and what it names is there.

use std::fs;
use std::path::Path;

use crate::support::process::Home;

fn readme() -> &'static str {
    include_str!("../../README.md")
}

/// The lines of README's shell blocks.
fn commands() -> Vec<&'static str> {
    let mut commands = Vec::new();
    let mut inside = false;
    for line in readme().lines() {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            _ if inside => commands.push(line),
            _ => {}
        }
    }
    commands
}

#[test]
fn the_first_two_commands_are_the_rehearsal_and_the_tests() {
    assert_eq!(
        commands()[..2],
        ["cargo run --release -- rehearse", "./test"]
    );
    let mode = fs::metadata("test").unwrap().permissions();
    assert!(
        std::os::unix::fs::PermissionsExt::mode(&mode) & 0o111 != 0,
        "./test is executable"
    );
}

#[test]
fn every_verb_that_readme_names_is_a_verb() {
    let home = Home::empty();
    let mut seen = 0;
    let words: Vec<&str> = readme().split(['`', '\n']).collect();
    for words in words
        .iter()
        .filter_map(|words| words.strip_prefix("sustained "))
    {
        let verb = words.split_whitespace().next().unwrap();
        let output = home.output(&[verb, "--help"], b"");
        assert!(output.status.success(), "`sustained {verb}` is no verb");
        seen += 1;
    }
    assert!(seen >= 4, "only {seen} verbs were found");
}

#[test]
fn every_file_that_readme_links_to_or_installs_is_there() {
    let links = readme()
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let installed = commands()
        .into_iter()
        .flat_map(str::split_whitespace)
        .filter(|word| {
            ["config.example.toml", "systemd/"]
                .iter()
                .any(|start| word.starts_with(start))
        });
    let mut seen = 0;
    for path in links.chain(installed) {
        assert!(Path::new(path).exists(), "{path} is not there");
        seen += 1;
    }
    assert!(seen >= 6, "only {seen} files were found");
}

#[test]
fn the_exit_codes_in_readme_are_the_programs() {
    let home = Home::empty();
    let code = |args: &[&str]| home.output(args, b"").status.code();
    assert_eq!(code(&["--version"]), Some(0));
    assert_eq!(code(&["no-such-verb"]), Some(2));
    assert_eq!(code(&["run"]), Some(78));
    assert_eq!(code(&["status"]), Some(69));
    for code in [
        "0 done",
        "2 usage",
        "65 bad data",
        "69 unavailable",
        "78 bad configuration",
    ] {
        assert!(readme().contains(code), "{code}");
    }
}
