//! What a person reads of a check: each mailbox by itself, and at the end what it comes to.

use super::Said;
use super::steps::home;
use crate::support::process::Home;

/// What `check` prints for a person.
fn printed(home: &Home) -> Vec<String> {
    let output = home.command(&["check"]).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    printed.lines().map(str::to_owned).collect()
}

#[test]
fn what_failed_stands_once_more_below_the_counts() {
    let gone = "\n[[alert]]\nname = \"gone\"\nurl = \"gotify://127.0.0.1:9\"\n\
                token = { value = \"hunter2\" }\n";
    let home = home(gone);
    let lines = printed(&home);
    let heading = lines.iter().position(|line| line == "mailbox me").unwrap();
    assert!(
        lines[heading + 1].starts_with("  ok    folder INBOX: "),
        "{lines:#?}"
    );
    let end = &lines[lines.len() - 4..];
    assert_eq!(end[0], "", "{lines:#?}");
    assert!(end[1].starts_with("1 failed, 1 warning, "), "{lines:#?}");
    assert_eq!(end[2], "FAIL  alert gone");
    assert!(end[3].starts_with("      -> correct the alert's url"));
    let said = Said::by(&home, &[]);
    for (status, count) in said.counts.as_object().unwrap() {
        let ended = said.ended(status).len();
        assert_eq!(count.as_u64(), u64::try_from(ended).ok(), "{status}");
    }
    assert_eq!(said.counts["fail"], 1);
}

#[test]
fn what_failed_last_is_not_repeated() {
    let home = home("");
    std::fs::remove_dir(home.path().join("Maildir/cur")).unwrap();
    let lines = printed(&home);
    let last = lines.last().unwrap();
    assert!(last.starts_with("1 failed, 1 warning, "), "{lines:#?}");
    let failures = lines.iter().filter(|line| line.contains("FAIL"));
    assert_eq!(failures.count(), 1, "{lines:#?}");
}

#[test]
fn a_configuration_that_is_not_there_is_to_be_made() {
    let home = Home::empty();
    let said = Said::by(&home, &[]);
    assert_eq!(said.check("configuration").0, "fail");
    let remedy = "sustained init --config ~/config/sustained/config.toml";
    assert!(said.text.contains(remedy), "{}", said.text);
}
