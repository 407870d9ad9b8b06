//! What is no key or no value of the right type: all of it is told in one run.

use super::{MAILBOX, SECRET, check, parse, path, whole};
use sustained::config::ConfigError;

/// Line, column and words of everything that is wrong with `text`.
fn problems(text: &str) -> Vec<(usize, usize, String)> {
    let error = parse(text, path()).expect_err(text);
    assert!(!error.to_string().contains(SECRET), "{error}");
    let ConfigError::Invalid { problems, .. } = error else {
        panic!("{error}");
    };
    let place = |one: &sustained::config::Problem| (one.line(), one.column(), one.what.clone());
    problems.iter().map(place).collect()
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_nearest_one() {
    let error = parse(
        "[[mailbox]]\nname = \"me\"\nadress = \"me@x.org\"\n",
        path(),
    );
    let words = error.expect_err("unknown").to_string();
    let expected = "/home/me/config.toml:3:1: unknown key `adress`; did you mean `address`? \
                    keys known here: name, address, accounts, linked, imap, password, oauth, \
                    folders, maildir, lookback, provider, object\n  3 | adress = \"me@x.org\"\n\
                    \x20   | ^\nwhat the other values say is looked at once that is mended";
    assert_eq!(words, expected);
    check("[mailbx]\n", "did you mean `mailbox`?");
    check(
        &format!("{MAILBOX}imap = {{ host = \"h\", lgin = \"me\" }}\n"),
        "/config.toml:5:22: unknown key `lgin`; did you mean `login`?",
    );
    check(
        &whole("[watch]\ndeafafter = \"1 h\"\n"),
        "did you mean `deaf_after`?",
    );
    check(
        &whole("[authenticity]\ntrust = \"mx\"\n"),
        "known here: resolver, provider, forwarders, pinned_keys",
    );
    check(
        &whole("[submission]\nprogram = \"x\"\n"),
        "known here: command, webhook, browser, timeout, code_lifetime",
    );
}

#[test]
fn every_key_and_value_that_does_not_fit_is_told_at_once() {
    let text = "[[mailbox]]\nname = \"me\"\nadress = \"me@example.org\"\naccounts = \"facebook\"\n\
                imap = { host = \"h\", lgin = \"me\", port = \"x\" }\n\
                pasword = { value = \"hunter2\" }\nlookback = 60\nlinked = [\"facebook\", 5]\n\n\
                [[alert]]\nulr = \"stdout:\"\n\n[[alert]]\nurl = \"stdout:\"\ncode = \"yes\"\n\n\
                [wach]\nsweep = \"1 min\"\nunknown = 1\n\n[object.forms]\nfacebook = 5\n";
    let expected = [
        (3, 1, "did you mean `address`?"),
        (4, 12, "expected a list in square brackets"),
        (5, 22, "did you mean `login`?"),
        (5, 42, "expected a number from 0 to 65535"),
        (6, 1, "did you mean `password`?"),
        (7, 12, "expected text between quotes"),
        (8, 23, "expected text between quotes"),
        (11, 1, "did you mean `url`?"),
        (15, 8, "expected true or false"),
        (17, 2, "did you mean `watch`?"),
        (22, 12, "expected text between quotes"),
    ];
    let found = problems(text);
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for ((line, column, what), (at_line, at_column, words)) in found.iter().zip(expected) {
        assert_eq!((*line, *column), (at_line, at_column), "{found:#?}");
        assert!(what.contains(words), "{words}: {what}");
    }
}

#[test]
fn every_item_of_a_list_that_does_not_fit_is_told() {
    let found = problems(&whole("folders = [\"INBOX\", 5, \"x\", 7]\n"));
    let places: Vec<usize> = found.iter().map(|(_, column, _)| *column).collect();
    assert_eq!(places, [21, 29], "{found:#?}");
    assert_eq!(problems("mailbox = [5, 7]\n").len(), 2);
}

#[test]
fn what_is_not_looked_at_is_said() {
    let values = "what the other values say is looked at once that is mended";
    let more = "there may be more: the rest is looked at once that is mended";
    let keys: Vec<String> = (0..20).map(|n| format!("key-{n} = {n}\n")).collect();
    for (text, expected) in [
        (whole("[watch]\nsweep = 5\n"), values),
        (whole("garbage\n"), more),
        (keys.concat(), more),
    ] {
        let words = parse(&text, path()).expect_err("unfit").to_string();
        let last = words.lines().next_back().unwrap();
        assert_eq!(last, expected, "{words}");
        assert_eq!(words.matches("mended").count(), 1, "{words}");
    }
    // Where everything was looked at nothing is left to say.
    let error = parse(&whole("[watch]\nsweep = \"soon\"\n"), path());
    assert!(!error.expect_err("no time").to_string().contains("mended"));
}

#[test]
fn a_key_that_is_misspelt_is_not_missing_as_well() {
    let found = problems("[[mailbox]]\nnmae = \"me\"\nadress = \"me@example.org\"\n");
    let all_unknown = found
        .iter()
        .all(|(_, _, what)| what.starts_with("unknown key"));
    assert!(found.len() == 2 && all_unknown, "{found:#?}");
}

#[test]
fn a_file_of_nothing_that_is_known_is_not_read_without_end() {
    let keys: Vec<String> = (0..100).map(|n| format!("key-{n} = {n}\n")).collect();
    let keys = keys.concat();
    assert_eq!(problems(&keys).len(), 20);
    check(&format!("{keys}{MAILBOX}"), "unknown key `key-0`");
}
