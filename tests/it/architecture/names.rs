//! Names that say nothing, headers that are missing, and sleep where nobody may wait for luck.

use super::scan::Source;

/// Words that name no subject, in files and in what files define.
const EMPTY: [&str; 7] = [
    "util", "utils", "helper", "helpers", "manager", "common", "handler",
];

/// What follows one of these words is a name that we gave.
const DEFINES: [&str; 10] = [
    "fn",
    "struct",
    "enum",
    "trait",
    "type",
    "mod",
    "const",
    "static",
    "union",
    "macro_rules",
];

/// Where waiting is part of the work: between two tries, or for a deadline.
const MAY_SLEEP: [&str; 8] = [
    "src/oauth/",
    "src/source/",
    "src/outlet/",
    "src/engine/",
    "src/daemon/",
    "src/web.rs",
    "src/web/server.rs",
    "tests/it/support/mod.rs",
];

fn headless(sources: &[Source]) -> Vec<String> {
    sources
        .iter()
        .filter(|source| !source.text.starts_with("//! "))
        .map(|source| {
            format!(
                "{}: does not open with `//!` and what it is for",
                source.path
            )
        })
        .collect()
}

fn empty_names(sources: &[Source]) -> Vec<String> {
    let mut violations = Vec::new();
    for source in sources {
        for word in words(&source.path)
            .iter()
            .filter(|word| EMPTY.contains(&word.as_str()))
        {
            violations.push(format!("{}: `{word}` in a file's name", source.path));
        }
        let tokens = source.tokens();
        for (at, token) in tokens.iter().enumerate() {
            let place = format!("{}:{}: `{}`", source.path, token.line, token.text);
            if token.text.contains("last_seen") {
                violations.push(format!("{place}: what was taken in is told by a cursor"));
            }
            // `macro_rules` has its mark between the word and the name.
            let before = tokens[..at]
                .iter()
                .rev()
                .map(|token| token.text)
                .find(|text| *text != "!");
            let is_given = before.is_some_and(|text| DEFINES.contains(&text));
            if is_given
                && words(token.text)
                    .iter()
                    .any(|word| EMPTY.contains(&word.as_str()))
            {
                violations.push(format!("{place} names no subject"));
            }
        }
    }
    violations
}

fn sleepers(sources: &[Source]) -> Vec<String> {
    let mut violations = Vec::new();
    for source in sources.iter().filter(|source| !may_sleep(&source.path)) {
        for pair in source.tokens().windows(2) {
            let is_sleep = ["sleep", "sleep_until"].contains(&pair[0].text);
            if is_sleep && pair[1].text == "(" {
                violations.push(format!("{}:{}: sleeps", source.path, pair[0].line));
            }
        }
    }
    violations
}

fn may_sleep(path: &str) -> bool {
    MAY_SLEEP
        .iter()
        .any(|place| path == *place || (place.ends_with('/') && path.starts_with(place)))
}

/// The words that a path, a `snake_name` or a `CamelName` is made of, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in name.chars() {
        if !c.is_alphanumeric() || c.is_uppercase() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::super::scan::sources;
    use super::super::{assert_none, breaches};
    use super::{empty_names, headless, sleepers};

    const EVERYWHERE: [&str; 2] = ["src", "tests/it"];

    #[test]
    fn every_file_opens_with_what_it_is_for() {
        assert_none(&headless(&sources(&EVERYWHERE)));
    }

    #[test]
    fn every_name_names_a_subject() {
        assert_none(&empty_names(&sources(&EVERYWHERE)));
    }

    #[test]
    fn nothing_sleeps_where_a_condition_can_be_waited_for() {
        assert_none(&sleepers(&sources(&EVERYWHERE)));
    }

    #[test]
    fn a_file_without_a_header_is_seen() {
        assert_eq!(
            breaches(headless, "src/a.rs", "use std::fmt;\n//! Late.\n"),
            1
        );
        assert_eq!(
            breaches(headless, "src/a.rs", "//! Says what it is for.\n"),
            0
        );
    }

    #[test]
    fn an_empty_name_is_seen() {
        let empty = [
            ("src/mail/utils.rs", ""),
            ("src/common/mod.rs", ""),
            ("src/a.rs", "struct ConnectionManager;"),
            ("src/a.rs", "fn parse_helper() {}"),
            ("src/a.rs", "macro_rules! handler { () => {} }"),
            ("src/a.rs", "let x = row.last_seen_uid;"),
        ];
        for (path, text) in empty {
            assert_eq!(breaches(empty_names, path, text), 1, "{path}: {text}");
        }
        let fine = "fn utility() { ctrlc::set_handler(f); } // a helper\nstruct Uncommon;";
        assert_eq!(breaches(empty_names, "src/utilities.rs", fine), 0);
    }

    #[test]
    fn a_sleep_is_seen() {
        let text = "fn f() { std::thread::sleep(A); tokio::time::sleep_until(b).await; }";
        assert_eq!(breaches(sleepers, "src/store/mod.rs", text), 2);
        assert_eq!(breaches(sleepers, "src/engine/", text), 0);
        assert_eq!(breaches(sleepers, "src/source/imap/watcher.rs", text), 0);
    }
}
