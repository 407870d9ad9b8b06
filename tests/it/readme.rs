//! The documents' promises: README's commands exist and work, and what it and the documents beside
//! it name is there.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::process::Home;

fn readme() -> &'static str {
    include_str!("../../README.md")
}

/// README and the documents beside it that tell somebody what to do.
const DOCUMENTS: [(&str, &str); 3] = [
    ("README.md", include_str!("../../README.md")),
    ("CONTRIBUTING.md", include_str!("../../CONTRIBUTING.md")),
    ("SECURITY.md", include_str!("../../SECURITY.md")),
];

/// The lines of README's shell blocks.
fn commands() -> Vec<&'static str> {
    commands_in(readme())
}

/// The lines of a document's shell blocks.
fn commands_in(document: &str) -> Vec<&str> {
    let mut commands = Vec::new();
    let mut inside = false;
    for line in document.lines() {
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
fn every_verb_that_the_documents_name_is_a_verb() {
    let home = Home::empty();
    let mut seen = 0;
    let texts = DOCUMENTS.iter().map(|(_, text)| *text);
    let words: Vec<&str> = texts.flat_map(|text| text.split(['`', '\n'])).collect();
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
fn every_shell_block_is_read_by_bash_and_names_scripts_that_are_there() {
    for (name, text) in DOCUMENTS {
        let commands = commands_in(text);
        let script = commands.join("\n");
        let read = Command::new("bash").args(["-n", "-c", &script]).output();
        let error = String::from_utf8(read.unwrap().stderr).unwrap();
        assert_eq!(error, "", "{name}");
        for command in commands {
            let program = command.split_whitespace().next().unwrap();
            let is_ours = program.contains('/') && !program.starts_with('/');
            assert!(!is_ours || Path::new(program).exists(), "{name}: {command}");
        }
    }
}

#[test]
fn every_file_in_ticks_is_there() {
    let of_the_tree = ["src/", "tests/", "systemd/", "packaging/", "benches/", "./"];
    let mut seen = 0;
    for (name, text) in DOCUMENTS {
        for words in text.split('`').skip(1).step_by(2) {
            let path = words.split(' ').next().unwrap();
            // A name in capitals stands for one of the reader's own.
            let is_made_up = path.contains(|c: char| c.is_ascii_uppercase());
            let is_ours = of_the_tree.iter().any(|start| path.starts_with(start));
            if is_ours && (!is_made_up || path.ends_with("Containerfile")) {
                assert!(Path::new(path).exists(), "{name}: {path} is not there");
                seen += 1;
            }
        }
    }
    assert!(seen >= 10, "only {seen} files were found");
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
