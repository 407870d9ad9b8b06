//! No block without a treatment: run, parsed, or not run for a reason that is written here.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use sustained::config::parse;

use super::{Block, block, blocks, document};
use crate::support::place::Place;

/// What is done with a block.
enum Treatment {
    /// A test of this name runs it, in this file.
    Test(&'static str, &'static str),
    /// It is not run, for this reason; its command lines are understood all the same (`inline`).
    Not(&'static str),
}

use Treatment::{Not, Test};

/// Every block but those of units: its document, its language, its first line.
const BLOCKS: [(&str, &str, &str, Treatment); 16] = [
    (
        "README.md",
        "sh",
        "cargo run --release -- rehearse",
        Test("shell.rs", "the_rehearsal_is_the_first_command"),
    ),
    ("README.md", "sh", "./test", Not("it runs this very test")),
    (
        "README.md",
        "sh",
        "cargo build --release",
        Test("shell.rs", "the_set_up_leads_to_a_configuration_that_works"),
    ),
    (
        "README.md",
        "sh",
        "sudo install -m 644 systemd/sustained.service /etc/systemd/system/",
        Test("shell.rs", "the_service_is_enabled_and_wiped_again"),
    ),
    (
        "README.md",
        "sh",
        "sustained init --oauth microsoft",
        Test("shell.rs", "the_consent_is_given_on_another_device"),
    ),
    (
        "README.md",
        "toml",
        "[status]",
        Test(
            "blocks.rs",
            "the_configuration_that_readme_shows_is_understood",
        ),
    ),
    (
        "README.md",
        "sh",
        "sustained object --account facebook",
        Test(
            "../object/terminal.rs",
            "readme_shows_what_a_terminal_looks_like",
        ),
    ),
    (
        "README.md",
        "text",
        "the form `facebook-2024` is filled in with:",
        Test(
            "../object/terminal.rs",
            "readme_shows_what_a_terminal_looks_like",
        ),
    ),
    (
        "README.md",
        "json",
        LETTER,
        Test(
            "blocks.rs",
            "the_letter_that_readme_shows_is_the_one_that_a_program_gets",
        ),
    ),
    (
        "README.md",
        "sh",
        "sudo systemctl disable --now sustained",
        Test("shell.rs", "the_service_is_enabled_and_wiped_again"),
    ),
    (
        "CONTRIBUTING.md",
        "sh",
        "sustained read mail.eml",
        Test("wordings.rs", "a_wording_is_added_as_the_walk_through_says"),
    ),
    (
        "CONTRIBUTING.md",
        "toml",
        "language = \"en\"",
        Test("wordings.rs", "a_wording_is_added_as_the_walk_through_says"),
    ),
    (
        "CONTRIBUTING.md",
        "sh",
        "sustained read --config config.toml copy.eml",
        Test("wordings.rs", "a_wording_is_added_as_the_walk_through_says"),
    ),
    (
        "CONTRIBUTING.md",
        "sh",
        "cargo install cargo-deny --version 0.20.2 --locked",
        Not("it builds another program and asks a database on the network"),
    ),
    (
        "CONTRIBUTING.md",
        "sh",
        "./test",
        Not("it runs this very test, then builds a package and a root of Debian, as root"),
    ),
    (
        "ARCHITECTURE.md",
        "text",
        " IMAP server, Maildir",
        Test(
            "blocks.rs",
            "the_drawing_in_the_architecture_names_rooms_that_are_there",
        ),
    ),
];

const LETTER: &str = "{\"type\":\"code.received\",\"id\":\"…\",\"mailbox\":\"me\",\"account\":\
                      \"facebook\",\"code\":\"123456\",\"received_at\":\"…\",\"expires_at\":\"…\",";

#[test]
fn every_block_has_a_treatment_and_every_treatment_a_block() {
    let mut left: BTreeMap<_, _> = BLOCKS
        .iter()
        .map(|(document, language, first, treatment)| ((*document, *language, *first), treatment))
        .collect();
    let blocks: Vec<Block> = blocks();
    for block in blocks.iter().filter(|block| block.language != "comment") {
        let key = (
            block.document.as_str(),
            block.language.as_str(),
            block.first_line(),
        );
        let treatment = left.remove(&key);
        let treatment = treatment.unwrap_or_else(|| panic!("no treatment: {key:?}"));
        match treatment {
            Test(file, name) => {
                let source = document(&format!("tests/it/documents/{file}"));
                let is_there = source.contains(&format!("#[test]\nfn {name}()"));
                assert!(is_there, "{file}: {name}");
            }
            Not(reason) => println!("{key:?} is not run: {reason}"),
        }
    }
    assert!(left.is_empty(), "no such block: {:?}", left.keys());
}

/// What stands in comments of units and of the container file: how it begins, and what it names
/// that has to be there. None of it is run: it is for root, or for a machine with podman.
const COMMENTS: [(&str, &[&str]); 9] = [
    (
        "cp sustained-submit.socket",
        &[
            "systemd/sustained-submit.socket",
            "systemd/sustained-submit@.service",
        ],
    ),
    ("cp sustained.sysusers", &["systemd/sustained.sysusers"]),
    ("cp sustained.service", &["systemd/sustained.service"]),
    (
        "systemctl edit sustained",
        &[
            "systemd/sustained.service",
            "systemd/sustained-submit@.service",
        ],
    ),
    (
        "systemctl enable --now sustained",
        &["systemd/sustained-submit.socket"],
    ),
    (
        "systemctl restart sustained",
        &["systemd/sustained.service"],
    ),
    (
        "SupplementaryGroups=sustained-submit",
        &["systemd/sustained.sysusers"],
    ),
    (
        "podman build --format docker -f packaging/Containerfile",
        &["packaging/Containerfile"],
    ),
    ("podman run --read-only", &["packaging/Containerfile"]),
];

#[test]
fn what_units_say_in_comments_names_what_is_there() {
    let mut seen = [false; COMMENTS.len()];
    let mut toml = String::new();
    for block in blocks().iter().filter(|block| block.language == "comment") {
        let line = block.first_line();
        let at = COMMENTS
            .iter()
            .position(|(start, _)| line.starts_with(start));
        if let Some(at) = at {
            seen[at] = true;
            for path in COMMENTS[at].1 {
                assert!(Path::new(path).exists(), "{}: {path}", block.document);
            }
        } else if line.starts_with('[') || line.contains(" = ") {
            toml += &block.text;
            toml.push('\n');
        } else if !is_prose(line) {
            panic!("{}: no treatment: {line}", block.document);
        }
    }
    assert_eq!(seen, [true; COMMENTS.len()]);
    // The password first: it is a mailbox's, and tables end where the next begins.
    let (step, mailbox): (Vec<&str>, Vec<&str>) =
        toml.lines().partition(|line| !line.starts_with("password"));
    understood(&format!("{}\n{}", mailbox.join("\n"), step.join("\n")));
}

/// A line of the sentences between.
fn is_prose(line: &str) -> bool {
    let sentence = [
        "Write /etc/sustained/config.toml",
        "the daemon runs as",
        "readable by root alone",
        "and the daemon's configuration says:",
    ];
    sentence.iter().any(|start| line.starts_with(start))
}

/// A mailbox on a server, and these lines behind it.
fn understood(lines: &str) {
    let head = "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\n\
                accounts = [\"facebook\"]\n\
                imap = { host = \"imap.example.org\", login = \"me@example.org\" }\n";
    let password = if lines.starts_with("password") {
        ""
    } else {
        "password = { value = \"x\" }\n"
    };
    let text = format!("{head}{password}{lines}");
    if let Err(error) = parse(&text, Path::new("/tmp/config.toml")) {
        panic!("{error}\n{text}");
    }
}

#[test]
fn the_configuration_that_readme_shows_is_understood() {
    understood(&block("README.md", "[status]").text);
}

/// Keys, and in what they stand.
fn keys(value: &Value, before: &str, found: &mut Vec<String>) {
    for (key, value) in value.as_object().into_iter().flatten() {
        found.push(format!("{before}{key}"));
        keys(value, &format!("{before}{key}."), found);
    }
}

#[test]
fn the_letter_that_readme_shows_is_the_one_that_a_program_gets() {
    let shown: Value = serde_json::from_str(&block("README.md", LETTER).text).unwrap();
    let place = Place::new("accounts = [\"facebook\"]");
    let _running = place.run();
    place.deliver("1", &place.meta.code("482913"));
    let handed = place.step.wait_for(1);
    let (mut expected, mut found) = (vec![], vec![]);
    keys(&shown, "", &mut expected);
    keys(&handed, "", &mut found);
    assert_eq!(expected, found);
    for key in ["type", "mailbox", "account"] {
        assert_eq!(shown[key], handed[key]);
    }
    for key in ["result", "domain", "method"] {
        assert_eq!(shown["authenticity"][key], handed["authenticity"][key]);
    }
}

#[test]
fn the_drawing_in_the_architecture_names_rooms_that_are_there() {
    let drawing = block("ARCHITECTURE.md", " IMAP server, Maildir").text;
    let is_of_path = |c: char| c.is_alphanumeric() || "_/".contains(c);
    let words = drawing.split(|c: char| !is_of_path(c));
    let rooms: Vec<&str> = words
        .filter(|word| word.len() > 1 && word.ends_with('/'))
        .collect();
    for room in &rooms {
        let there = [format!("src/{room}"), format!("src/outlet/{room}")];
        assert!(there.iter().any(|path| Path::new(path).exists()), "{room}");
    }
    assert!(rooms.len() >= 6, "{rooms:?}");
}
