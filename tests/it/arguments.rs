//! A command line that cannot be meant is told with what is wrong in it; a program that asks for
//! JSON learns in JSON why it gets no answer.

use std::process::Output;

use serde_json::Value;

use crate::support::PATIENCE;
use crate::support::place::Place;
use crate::support::process::Home;

fn talk(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The one object on standard output: why there is no answer. It agrees with the exit code.
fn why(output: &Output) -> String {
    let said: Value = serde_json::from_slice(&output.stdout).expect("one object");
    let error = &said["error"];
    assert_eq!(error["exit"].as_i64(), output.status.code().map(i64::from));
    error["message"].as_str().unwrap().to_owned()
}

#[test]
fn the_option_the_value_and_what_would_be_right_are_named() {
    let home = Home::empty();
    let duration = "a duration is a number and a unit";
    for (args, expected) in [
        (&["arm", "--for", "5"][..], ["--for", "'5'", duration]),
        (&["code", "--wait", "soon"], ["--wait", "'soon'", duration]),
        (
            &["object", "--wait", "0 s"],
            ["--wait", "'0 s'", "longer than nothing"],
        ),
        (
            &["object", "--answer", "1 month"],
            ["--answer", "'1 month'", "write days"],
        ),
        (
            &["note", "filed", "--on", "28.11.2026"],
            ["--on", "'28.11.2026'", "2026-05-27"],
        ),
        (
            &["log", "--type", "desicion.received"],
            ["--type", "did you mean \"decision.received\"?", "mail.*"],
        ),
        (
            &["log", "--type", "mails.*"],
            ["--type", "'mails.*'", "did you mean \"mail.*\"?"],
        ),
        (
            &["log", "--since", "soon"],
            ["--since", "'soon'", "\"7 days\""],
        ),
    ] {
        let output = home.output(args, b"");
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        for part in expected {
            assert!(talk(&output).contains(part), "{part}: {}", talk(&output));
        }
        assert!(output.stdout.is_empty(), "{args:?}");
        let output = home.output(&[args, &["--json"]].concat(), b"");
        let why = why(&output);
        assert!(why.starts_with("invalid value"), "{why}");
        assert!(!why.contains("--help"), "{why}");
    }
}

#[test]
fn what_stops_a_verb_is_an_object_for_a_program() {
    let home = Home::empty();
    for (args, code) in [
        (&["status", "--json"][..], 69),
        (&["log", "--json"], 69),
        (&["code", "--json"], 5),
        (&["config", "check", "--json"], 78),
    ] {
        let output = home.output(args, b"");
        assert_eq!(output.status.code(), Some(code), "{args:?}");
        let said = talk(&output);
        assert_eq!(said.trim_end(), format!("sustained: {}", why(&output)));
        let output = home.output(&args[..args.len() - 1], b"");
        assert!(output.stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn mailboxes_that_could_be_meant_are_named() {
    let place = Place::new("accounts = [\"facebook\"]");
    place.add_another();
    let output = place.home.output(&["object", "--account", "facebook"], b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        talk(&output).contains("me and you could be meant"),
        "{}",
        talk(&output)
    );
    let running = place.run();
    running.wait_for_line("started", PATIENCE);
    for (args, expected) in [
        (&["note", "filed"][..], "add --mailbox: me, you"),
        (&["note", "filed", "--mailbox", "em"], "there are: me, you"),
    ] {
        let output = place.home.output(args, b"");
        assert_eq!(output.status.code(), Some(2));
        assert!(talk(&output).contains(expected), "{}", talk(&output));
    }
}
