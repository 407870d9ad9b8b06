//! The flags of `init`: shown apart from those of every verb, and refused in plain words.

use crate::support::process::Home;

#[test]
fn its_own_flags_are_shown_before_those_of_every_verb() {
    let output = Home::empty().output(&["init", "--help"], b"");
    let said = String::from_utf8(output.stdout).unwrap();
    let options = said
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with('-'));
    let names = options.filter_map(|line| line.split("--").nth(1)?.split_whitespace().next());
    let names: Vec<&str> = names.collect();
    let (own, of_all) = names.split_at(names.len() - 5);
    assert_eq!(of_all, ["json", "config", "verbose", "color", "help"]);
    assert_eq!((own[0], own[own.len() - 1]), ("address", "test-alert"));
}

#[test]
fn a_name_server_that_is_none_is_refused_in_plain_words() {
    let output = Home::empty().output(&["init", "--resolver", "dns.example"], b"");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    for part in [
        "--resolver",
        "dns.example",
        "a name server is an IP address",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}
