//! README's messages are the program's: each trouble is made, and what is printed has the message.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use super::document;
use super::tables::rows;
use crate::support::dovecot::{Dovecot, LOGIN, PASSWORD};
use crate::support::place::Place;
use crate::support::process::Home;
use crate::support::{PATIENCE, missing, wait_until};

const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

/// The message of the row with this part in it: what has to be printed, piece by piece.
fn message(part: &str) -> Vec<String> {
    let rows = rows(&document("README.md"), "| what you see |");
    let mut found = rows.iter().filter(|row| row[0].contains(part));
    let row = found.next().unwrap_or_else(|| panic!("no row says {part}"));
    assert!(found.next().is_none(), "two rows say {part}");
    let message = row[0].trim_matches('`');
    message.split('…').map(str::to_owned).collect()
}

/// Whether `printed` has the message of the row with `part` on one of its lines.
fn says(printed: &str, part: &str) -> bool {
    let pieces = message(part);
    let has_all = |line: &str| {
        let mut rest = line;
        pieces.iter().all(|piece| {
            let found = rest.split_once(piece.as_str());
            rest = found.map_or(rest, |(_, after)| after);
            found.is_some()
        })
    };
    printed.lines().any(has_all)
}

fn said(home: &Home, args: &[&str]) -> String {
    let output = home.output(args, b"");
    let both = [output.stdout, output.stderr].concat();
    String::from_utf8(both).unwrap()
}

#[test]
fn every_message_is_made_by_a_test() {
    let made = [
        "refused the sign-in",
        "cannot be reached",
        "certificate not valid yet",
        "no name server answers",
        "DEAF",
        "not running",
        "works on",
        "has mode",
        "there is no configuration",
    ];
    let rows = rows(&document("README.md"), "| what you see |");
    assert_eq!(rows.len(), made.len());
    for part in made {
        message(part);
    }
}

/// A mailbox on a server, with a name server that is not there.
fn mailbox(dovecot: &Dovecot, password: &str) -> Home {
    Home::new(&format!(
        "[[mailbox]]\nname = \"me\"\naddress = \"{LOGIN}\"\naccounts = [\"facebook\"]\n\
         imap = {{ host = \"localhost\", port = {}, login = \"{LOGIN}\", ca_file = {:?} }}\n\
         password = {{ value = \"{password}\" }}\nfolders = [\"INBOX\"]\n\n\
         [authenticity]\nresolver = \"127.0.0.1:9\"\n",
        dovecot.port(),
        dovecot.ca_file().display().to_string(),
    ))
}

#[test]
fn what_a_server_does_not_like() {
    let Some(mut dovecot) = Dovecot::start() else {
        return;
    };
    let printed = said(&mailbox(&dovecot, "wrong-horse"), &["check"]);
    assert!(says(&printed, "refused the sign-in"), "{printed}");
    assert!(says(&printed, "no name server answers"), "{printed}");

    let home = mailbox(&dovecot, PASSWORD);
    if fs::metadata(FAKETIME).is_ok() {
        let mut command = home.command(&["check"]);
        command.env("LD_PRELOAD", FAKETIME).env("FAKETIME", "-52y");
        let printed = command.env("DONT_FAKE_MONOTONIC", "1").output().unwrap();
        let printed = String::from_utf8(printed.stdout).unwrap();
        assert!(says(&printed, "certificate not valid yet"), "{printed}");
    } else {
        missing("libfaketime", "faketime");
    }

    dovecot.stop();
    let printed = said(&home, &["check"]);
    assert!(says(&printed, "cannot be reached"), "{printed}");
}

#[test]
fn what_the_daemon_is_in() {
    let place = Place::new("accounts = [\"facebook\"]");
    let config = fs::read_to_string(place.home.config()).unwrap();
    let config = config.replace("deaf_after = \"2 h\"", "deaf_after = \"3 s\"");
    fs::write(place.home.config(), config).unwrap();
    let mut running = place.run();
    let printed = said(&place.home, &["run"]);
    assert!(says(&printed, "works on"), "{printed}");

    let maildir = place.home.path().join("Maildir");
    fs::rename(&maildir, maildir.with_extension("gone")).unwrap();
    let mut printed = String::new();
    let is_deaf = wait_until(PATIENCE, || {
        printed = said(&place.home, &["status"]);
        says(&printed, "DEAF")
    });
    assert!(is_deaf, "{printed}");

    assert!(running.stop(PATIENCE).success());
    let printed = said(&place.home, &["status"]);
    assert!(says(&printed, "not running"), "{printed}");
}

#[test]
fn what_is_wrong_with_a_configuration() {
    let printed = said(&Home::empty(), &["run"]);
    assert!(says(&printed, "there is no configuration"), "{printed}");

    let home = Home::new(
        "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\naccounts = [\"facebook\"]\n\
         imap = { host = \"localhost\", login = \"me\" }\npassword = { value = \"x\" }\n",
    );
    fs::set_permissions(home.config(), Permissions::from_mode(0o644)).unwrap();
    let printed = said(&home, &["run"]);
    assert!(says(&printed, "has mode"), "{printed}");
}
