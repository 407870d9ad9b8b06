//! Command lines in sentences, tables and blocks: each is understood by the program's own
//! definition of its command line.

use clap::error::{ContextKind, ErrorKind};
use sustained::cli::command;

use super::{blocks, documents, is_markdown};

/// What the program's own definition has against a command line as it stands in a document,
/// without the program's name.
fn misunderstood(line: &str) -> Option<clap::Error> {
    let line = line.replace('…', "");
    let line = line.split([';', '|', '>']).next().unwrap();
    let words = [vec!["sustained".to_owned()], words(line)].concat();
    let error = command().try_get_matches_from(words).err()?;
    let is_fine = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => true,
        // An option is named, and its value is left to the reader.
        ErrorKind::InvalidValue => {
            let value = error.get(ContextKind::InvalidValue);
            value.is_some_and(|value| value.to_string().is_empty())
        }
        _ => false,
    };
    (!is_fine).then_some(error)
}

/// A sentence may name an option without what else its verb wants.
fn check_part(document: &str, line: &str) {
    if let Some(error) = misunderstood(line) {
        let is_part = error.kind() == ErrorKind::MissingRequiredArgument;
        assert!(is_part, "{document}: `sustained {line}`: {error}");
    }
}

/// The words of a line, those in quotes whole.
fn words(line: &str) -> Vec<String> {
    let pieces = line.split('"').enumerate();
    let words = pieces.flat_map(|(at, piece)| {
        if at % 2 == 1 {
            vec![piece.to_owned()]
        } else {
            piece.split_whitespace().map(str::to_owned).collect()
        }
    });
    words.collect()
}

/// What is asked of the program in a line of a shell: behind `sudo`, variables and cargo.
fn asked(line: &str) -> Option<&str> {
    let mut rest = line.trim();
    loop {
        let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
        match word {
            "sustained" => return Some(after).filter(|after| !after.is_empty()),
            "cargo" => return rest.strip_prefix("cargo run --release -- "),
            "sudo" => rest = after,
            _ if word.contains('=') => rest = after,
            _ => return None,
        }
    }
}

#[test]
fn every_command_line_in_a_block_is_understood() {
    let mut seen = 0;
    for block in blocks() {
        for line in block.text.lines().filter_map(asked) {
            let error = misunderstood(line);
            assert!(error.is_none(), "{}: {line}: {error:?}", block.document);
            seen += 1;
        }
    }
    assert!(seen >= 8, "only {seen} lines were found");
}

#[test]
fn every_command_line_in_a_sentence_is_understood() {
    let verbs: Vec<String> = command()
        .get_subcommands()
        .map(|verb| verb.get_name().to_owned())
        .collect();
    let mut seen = 0;
    for (name, text) in documents() {
        for quoted in inline(&text) {
            let mut line = asked(quoted);
            // In a table the program's name is left out where there is more than the verb.
            if line.is_none() && is_markdown(&name) {
                let verb = quoted.split_once(' ').map(|(verb, _)| verb);
                line = verb
                    .filter(|verb| verbs.iter().any(|one| one == verb))
                    .map(|_| quoted);
            }
            if let Some(line) = line {
                check_part(&name, line);
                seen += 1;
            }
        }
    }
    assert!(seen >= 30, "only {seen} lines were found");
}

#[test]
fn every_option_in_readmes_table_of_verbs_is_one_of_its_verb() {
    let readme = super::document("README.md");
    let mut seen = 0;
    for row in readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `sustained "))
    {
        let (line, rest) = row.split_once('`').unwrap();
        let line = line.replace("FILE…", "FILE").replace('…', "filed");
        for option in inline(rest).filter(|quoted| quoted.starts_with("--")) {
            // `--oauth …` wants a word.
            check_part(
                "README.md",
                &format!("{line} {}", option.replace('…', "word")),
            );
            seen += 1;
        }
    }
    assert!(seen >= 10, "only {seen} options were found");
}

/// What stands between backticks, outside of blocks.
fn inline(text: &str) -> impl Iterator<Item = &str> {
    let outside = text.split("\n```").step_by(2);
    outside.flat_map(|part| part.split('`').skip(1).step_by(2))
}
