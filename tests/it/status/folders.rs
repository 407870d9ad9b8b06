//! What is said of folders that are not heard: why, and since when.

use std::fs;

use crate::support::dovecot::{Dovecot, LOGIN, PASSWORD};
use crate::support::meta::Meta;
use crate::support::watched::{Mailbox, Watched, password};
use crate::support::{PATIENCE, wait_until};

use super::{needs, piped, shown, wait_for};

/// A mailbox with two folders on a server.
fn mailbox(dovecot: &Dovecot) -> Mailbox<'static> {
    let ca_file = dovecot.ca_file().display().to_string();
    Mailbox {
        imap: format!(
            r#"host = "localhost", port = {}, login = "{LOGIN}", ca_file = {ca_file:?}"#,
            dovecot.port()
        ),
        access: password(PASSWORD),
        folders: &["INBOX", "\\Junk"],
        sweep: "1 s",
    }
}

#[test]
fn why_a_folder_is_not_proved_anew_is_said_at_once_and_taken_back_by_a_proof() {
    let Some(mut dovecot) = Dovecot::start() else {
        return;
    };
    let watched = Watched::start(&Meta::new(), &mailbox(&dovecot));
    let home = &watched.home;
    wait_for(home, |status| status["healthy"] == true);
    dovecot.stop();
    let is_in_trouble = |status: &serde_json::Value| {
        let mut folders = status["folders"].as_array().unwrap().iter();
        folders.all(|folder| {
            let trouble = folder["trouble"].as_str();
            trouble.is_some_and(|why| why.contains("cannot be reached"))
        })
    };
    let status = wait_for(home, is_in_trouble);
    // It is not deaf for that, and the exit code is as before.
    assert_eq!(status["healthy"], true);
    let why = status["folders"][0]["trouble"].as_str().unwrap();
    let said = piped(home);
    assert!(said.contains(&format!("; trying again: {why}")), "{said}");
    let seen = shown(home);
    assert!(seen.contains("trying again: "), "{seen}");
    dovecot.restart();
    wait_for(home, |status| {
        let folders = status["folders"].as_array().unwrap();
        folders.iter().all(|folder| folder["trouble"].is_null())
    });
}

#[test]
fn a_folder_that_was_never_heard_has_no_last_time() {
    let Some(mut dovecot) = Dovecot::start() else {
        return;
    };
    let (home, _step) = mailbox(&dovecot).home(&Meta::new());
    let config = fs::read_to_string(home.config()).unwrap();
    let config = config.replace("deaf_after = \"2 h\"", "deaf_after = \"3 s\"");
    fs::write(home.config(), config).unwrap();
    dovecot.stop();
    let running = home.run();
    let mut said = String::new();
    let is_deaf = wait_until(PATIENCE, || {
        said = piped(&home);
        said.matches("DEAF, never heard; trying again: ").count() == 2
    });
    assert!(is_deaf, "{said}\n{}", running.talk());
    let seen = shown(&home);
    assert!(seen.contains("DEAF, never heard"), "{seen}");
    // One server is one trouble.
    let status = super::asked(&home);
    assert_eq!(status["verdict"], "2 of 2 folders are not heard");
    let needs = needs(&status);
    assert_eq!(needs.len(), 1, "{needs:?}");
    let what = "INBOX and \\Junk in mailbox me are not heard (";
    assert!(needs[0].starts_with(what), "{needs:?}");
}
