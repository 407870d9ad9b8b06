//! What a person sees: on terminals of many widths, in their time zone, in colours or without; and
//! that none of it reaches a pipe.

mod bars;

use std::fs;
use std::path::Path;
use std::process::Command;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::support::meta::{Meta, unsigned_code};
use crate::support::place::Place;
use crate::support::process::{Home, Running};
use crate::support::terminal::{On, Terminal, seen, uncoloured, usual};
use crate::support::{PATIENCE, log, missing, wait_until};

/// Columns in which a verb is tried.
const WIDTHS: [u16; 3] = [40, 80, 200];

/// No line is longer, however wide the terminal is.
const WIDEST: usize = 120;

/// A mailbox that is heard, with a notification that wants something, and a forgery.
fn watched() -> (Place, Running) {
    let place = Place::without_step("accounts = [\"facebook\"]");
    let running = place.run();
    place.deliver("1", &place.meta.notification());
    log::wait_for(&place.home, "notification.received");
    place.deliver("2", &unsigned_code("482913"));
    log::wait_for(&place.home, "mail.forged");
    let is_healthy = || {
        let status = place.home.output(&["status", "--json"], b"");
        serde_json::from_slice::<Value>(&status.stdout).unwrap()["healthy"] == true
    };
    assert!(wait_until(PATIENCE, is_healthy), "{}", running.talk());
    (place, running)
}

/// A command with further variables.
fn with(home: &Home, args: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = home.command(args);
    command.envs(variables.iter().copied());
    command
}

/// What a command prints where nobody looks.
fn piped(home: &Home, args: &[&str], variables: &[(&str, &str)]) -> String {
    let output = with(home, args, variables).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Whether the machine knows other places than its own.
fn has_zones() -> bool {
    let is_there = Path::new("/usr/share/zoneinfo/Asia/Kathmandu").exists();
    if !is_there {
        missing("the time zone database", "tzdata");
    }
    is_there
}

#[test]
fn no_line_is_wider_than_the_terminal_and_the_verdict_comes_first() {
    let (place, _running) = watched();
    for width in WIDTHS {
        for verb in ["status", "log", "check"] {
            let sent = Terminal::show(place.home.command(&[verb]), width);
            let lines = seen(&sent);
            assert!(lines.len() > 1, "{verb}: {sent:?}");
            let most = usize::from(width).min(WIDEST);
            // A link that was broken could not be copied.
            for line in lines.iter().filter(|line| !line.contains("://")) {
                assert!(line.chars().count() <= most, "{verb} {width}: {line:?}");
            }
        }
        let lines = seen(&Terminal::show(place.home.command(&["status"]), width));
        let verdict = "! One thing needs you; the folder is";
        assert!(lines[0].starts_with(verdict), "{lines:#?}");
        assert!(
            lines[1..]
                .iter()
                .any(|line| line.contains("Facebook: Meta announced"))
        );
        assert!(
            lines.iter().any(|line| line.starts_with("✓ me ")),
            "{lines:#?}"
        );
    }
    // The person's own word.
    let narrow = with(&place.home, &["status"], &[("COLUMNS", "50")]);
    let lines = seen(&Terminal::show(narrow, 200));
    assert!(
        lines
            .iter()
            .all(|line| line.chars().count() <= 50 || line.contains("://")),
        "{lines:#?}"
    );
}

#[test]
fn colours_are_used_as_the_person_says() {
    let (place, _running) = watched();
    let none: &[(&str, &str)] = &[];
    for (args, variables, expected) in [
        (&["status"][..], none, true),
        (&["status"], &[("NO_COLOR", "1")], false),
        (&["status"], &[("NO_COLOR", "")], true),
        (&["status", "--color", "always"], &[("NO_COLOR", "1")], true),
        (
            &["--color", "never", "status"],
            &[("CLICOLOR_FORCE", "1")],
            false,
        ),
        (&["log"], none, true),
        (&["log"], &[("NO_COLOR", "1")], false),
        (&["check"], none, true),
        (&["check", "--color=never"], none, false),
    ] {
        let sent = Terminal::show(with(&place.home, args, variables), 80);
        assert_eq!(sent.contains('\u{1b}'), expected, "{args:?} {variables:?}");
        assert!(!uncoloured(&sent).contains('\u{1b}'), "{args:?} {sent:?}");
    }
    for (args, variables, expected) in [
        (&["status"][..], &[("TERM", "xterm")][..], false),
        (&["check"], &[("CLICOLOR_FORCE", "1")], true),
        // Its words are a pipe's, which has none in colour.
        (&["status"], &[("CLICOLOR_FORCE", "1")], false),
        (&["status"], &[("CLICOLOR_FORCE", "0")], false),
        (&["log", "--color", "always"], &[], true),
        (&["check"], &[("TERM", "xterm")], false),
        (&["check", "--color", "always"], &[], true),
    ] {
        let printed = piped(&place.home, args, variables);
        assert_eq!(
            printed.contains('\u{1b}'),
            expected,
            "{args:?} {variables:?}"
        );
    }
    let wrong = place.home.output(&["status", "--color", "mauve"], b"");
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn what_is_piped_is_the_same_everywhere() {
    let (place, mut running) = watched();
    running.stop(PATIENCE);
    let here = [
        ("TERM", "xterm-256color"),
        ("LANG", "de_DE.UTF-8"),
        ("COLUMNS", "40"),
        ("TZ", "Asia/Kathmandu"),
    ];
    for args in [&["log"][..], &["log", "--json"], &["check"]] {
        // The disk is others' to fill.
        let lasting = |printed: String| {
            let lines = printed.lines().filter(|line| !line.contains("free space"));
            lines.collect::<Vec<_>>().join("\n")
        };
        let plain = lasting(piped(&place.home, args, &[]));
        let there = lasting(piped(&place.home, args, &here));
        assert_eq!(there, plain, "{args:?}");
        assert!(!plain.contains('\u{1b}'), "{plain}");
    }
    let events = log::recorded(&place.home);
    let plain = piped(&place.home, &["log"], &here);
    assert_eq!(plain.lines().count(), events.len(), "an event a line");
    let at = events[0]["at"].as_str().unwrap();
    let (day, time) = (&at[..10], &at[11..19]);
    assert!(plain.starts_with(&format!("{day} {time}Z  me ")), "{plain}");
    let status = piped(&place.home, &["status"], &here);
    assert!(status.starts_with("not running: nothing is watched\n  ! Start it: "));
    assert!(status.contains("\n  me           INBOX      "), "{status}");
    assert!(
        !status.contains('\u{1b}') && !status.contains("Kathmandu"),
        "{status}"
    );
}

#[test]
fn times_are_those_of_the_place_and_so_far_away() {
    if !has_zones() {
        return;
    }
    let (place, _running) = watched();
    let first = log::recorded(&place.home).remove(0);
    let at: Timestamp = first["at"].as_str().unwrap().parse().unwrap();
    for zone in ["Europe/Berlin", "Asia/Kathmandu"] {
        let there = TimeZone::get(zone).unwrap().to_datetime(at);
        let shown = |args: &[&str]| {
            let command = with(&place.home, args, &[("TZ", zone)]);
            seen(&Terminal::show(command, 80))
        };
        let lines = shown(&["log"]);
        let day = there.strftime("%A, %-d %B %Y").to_string();
        assert!(lines[0].starts_with(&day), "{lines:#?}");
        assert!(
            lines[0].ends_with(&format!("times in {zone}")),
            "{lines:#?}"
        );
        let time = there.strftime("%H:%M:%S  me ").to_string();
        assert!(lines[1].starts_with(&time), "{lines:#?}");
        let lines = shown(&["status"]);
        let day = there.strftime("%Y-%m-%d ").to_string();
        let heard = lines.iter().find(|line| line.starts_with("✓ me ")).unwrap();
        assert!(
            lines[0].contains(zone) || lines[1].contains(zone),
            "{lines:#?}"
        );
        assert!(heard.contains(&day), "{heard:?} {day}");
        assert!(
            heard.ends_with(" ago)") || heard.ends_with("(just now)"),
            "{heard:?}"
        );
        let effective = lines.iter().find(|line| line.contains("2024-06-26 ("));
        assert!(
            effective.is_some_and(|line| line.ends_with(" days ago)")),
            "{lines:#?}"
        );
    }
}

#[test]
fn a_followed_log_goes_on_below_a_heading_for_each_day() {
    let home = Home::empty();
    let event = |seq: u32, at: &str| {
        format!(
            "{{\"seq\":{seq},\"at\":\"{at}\",\"type\":\"mailbox.heard\",\"mailbox\":\"me\",\
             \"folder\":\"INBOX\"}}\n"
        )
    };
    let first = event(1, "2026-05-01T20:00:00Z") + &event(2, "2026-05-01T23:59:59Z");
    let path = home.write("log.jsonl", &first);
    let command = home.command(&["log", "--follow", "--file", path.to_str().unwrap()]);
    let mut command = usual(command);
    command.env("NO_COLOR", "1").env("TZ", "UTC");
    let terminal = Terminal::start(command, 80, On::Both);
    terminal.wait_for("23:59:59");
    let armed = "{\"seq\":4,\"at\":\"2026-05-02T00:00:02Z\",\"type\":\"mailbox.armed\",\
                 \"mailbox\":\"me\",\"folder\":\"\",\"account\":\"facebook\"}\n";
    let second = first + &event(3, "2026-05-02T00:00:01Z") + armed;
    fs::write(&path, second).unwrap();
    terminal.wait_for("00:00:02");
    let lines = seen(&terminal.sent());
    assert!(lines[0].starts_with("Friday, 1 May 2026  "), "{lines:#?}");
    assert_eq!(lines[1], "20:00:00  me             ✓ heard again (INBOX)");
    assert_eq!(lines[3], "", "{lines:#?}");
    assert!(lines[4].starts_with("Saturday, 2 May 2026  "), "{lines:#?}");
    let said = "you said that you press Send now (facebook)";
    assert!(lines[6].ends_with(said), "{lines:#?}");
    assert_eq!(lines.len(), 7, "{lines:#?}");
}

#[test]
fn no_order_of_a_mail_or_a_server_reaches_the_terminal() {
    const HOSTILE: &str =
        "\u{1b}[31mred\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}txet\u{2066}\r\n13:37 me ✓";
    let meta = Meta::new();
    let home = Home::new(&format!(
        "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\naccounts = [\"facebook\"]\n\
         maildir = \"/nonexistent\"\n\n{}",
        meta.pinned_keys()
    ));
    let event = serde_json::json!({
        "seq": 1, "at": HOSTILE, "type": HOSTILE, "mailbox": HOSTILE, "account": HOSTILE,
        "folder": HOSTILE, "outcome": HOSTILE, "reason": HOSTILE, "why": HOSTILE,
        "effective": HOSTILE, "standing": HOSTILE, "word": { "answered": HOSTILE },
    });
    let path = home.write("log.jsonl", &format!("{event}\n"));
    let raw = String::from_utf8(unsigned_code("482913")).unwrap();
    let head = HOSTILE.replace("\r\n", " ");
    let raw = raw.replace("Subject: ", &format!("Subject: {head} "));
    let mail = home.write("a\u{1b}[31mred.eml", &raw.replace("Verify your", &head));
    let (path, mail) = (path.to_str().unwrap(), mail.to_str().unwrap());
    for (args, width) in [
        (&["log", "--file", path][..], 40),
        (&["log", "--file", path], 200),
        (&["read", mail], 80),
        (&["read", "--any-sender", mail], 40),
    ] {
        let sent = Terminal::show(home.command(args), width);
        let text = uncoloured(&sent);
        assert_ne!(text, sent, "in colours of our own");
        let is_obeyed = |c: char| c.is_control() && !"\r\n".contains(c);
        assert!(!text.contains(is_obeyed), "{args:?} {text:?}");
        assert!(
            !text.contains(['\u{202e}', '\u{2066}']),
            "{args:?} {text:?}"
        );
        assert!(text.contains(r"\u{1b}"), "it is written out: {text:?}");
        assert!(!text.contains("\n13:37"), "a line of its own: {text:?}");
        let plain = with(&home, args, &[("NO_COLOR", "1")]);
        assert!(!Terminal::show(plain, width).contains('\u{1b}'), "{args:?}");
    }
    // JSON is the same values, none of them obeyed.
    let sent = Terminal::show(home.command(&["log", "--json", "--file", path]), 80);
    assert!(
        !sent.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\u{2066}']),
        "{sent:?}"
    );
    let shown: serde_json::Value = serde_json::from_str(sent.trim()).unwrap();
    assert_eq!(shown, event);
    // A name of a file that is not there.
    let gone = "gone\u{1b}[31m\u{202e}";
    let sent = Terminal::show(home.command(&["log", "--file", gone]), 80);
    assert!(
        !sent.contains(['\u{1b}', '\u{202e}']) && sent.contains("gone"),
        "{sent:?}"
    );
}

#[test]
fn a_person_is_told_what_is_waited_for_and_a_program_is_not() {
    let (place, _running) = watched();
    let show = |args: &[&str]| {
        let config = place.home.config();
        let args = [args, &["--config", config.to_str().unwrap()]].concat();
        let mut terminal = Terminal::start(usual(place.home.command(&args)), 120, On::Error);
        terminal.wait();
        seen(&terminal.sent()).join("\n")
    };
    let code = show(&["code", "--wait", "1 s"]);
    let (line, ended) = code.split_once('\n').unwrap();
    let until = line.strip_prefix("waiting until ").unwrap();
    let until = until.strip_suffix(" for the next code").unwrap();
    assert!(until.parse::<jiff::civil::Time>().is_ok(), "{code}");
    assert_eq!(ended, "sustained: no code came in time");
    let code = show(&["code", "--wait", "1 s", "--json"]);
    assert_eq!(code, "sustained: no code came in time");
    let arm = show(&["arm"]);
    assert_eq!(
        arm,
        "waiting for the proof of every folder, 20 s at the most"
    );
    assert_eq!(show(&["arm", "--json"]), "");
    let file = place.home.state().join("decisions.jsonl");
    let log = [
        "log",
        "--file",
        file.to_str().unwrap(),
        "--mailbox",
        "nobody",
    ];
    assert_eq!(show(&log), "nothing on record fits");
}
