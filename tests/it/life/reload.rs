//! SIGHUP: the new configuration is taken on as a whole or not at all, and what it does not change
//! is left alone.

use std::fs;

use rustix::process::Signal;
use serde_json::Value;

use super::{CODE, Life, Server, second_step};
use crate::support::dovecot::PASSWORD;
use crate::support::step::Step;
use crate::support::{PATIENCE, log, wait_until};

#[test]
fn the_difference_is_applied_and_the_rest_keeps_its_connections() {
    let Some(server) = Server::start() else {
        return;
    };
    let life = Life::new();
    let (goes, comes) = (life.maildir("goes"), life.maildir("comes"));
    let step = Step::new(&life.home);
    life.configure(&[&server.me(), &goes.table, step.table()]);
    let mut running = life.run();
    life.systemd.wait_for("READY=1", 1);

    life.configure(&[&server.me(), &comes.table, step.table()]);
    life.reload(&running);
    let said = running.wait_for_line("configuration reloaded", PATIENCE);
    assert!(said.contains("kept=1 stopped=1 started=1"), "{said}");
    goes.deliver(&life.meta.code("666666"));
    comes.deliver(&life.meta.code(CODE));
    assert!(Step::has_code(&step.wait_for(1), CODE));
    server.dovecot.deliver("INBOX", &life.meta.code("771204"));
    assert!(Step::has_code(&step.wait_for(2), "771204"));
    log::wait_for_count(&life.home, "submission.accepted", 2);
    assert_eq!(server.proxy.made(), 1, "the connection was kept");

    // What is put back goes on from where it was.
    life.configure(&[&server.me(), &goes.table, &comes.table, step.table()]);
    life.reload(&running);
    assert!(Step::has_code(&step.wait_for(3), "666666"));
    assert_eq!(server.proxy.made(), 1, "the connection was kept");
    assert!(running.stop(PATIENCE).success());
    let said = life.systemd.said();
    let reloads: Vec<_> = said
        .iter()
        .filter(|said| said.starts_with("RELOADING=1"))
        .collect();
    assert_eq!(reloads.len(), 2, "{said:?}");
    assert!(reloads.iter().all(|said| said.contains("MONOTONIC_USEC=")));
    assert_eq!(step.handed_over().len(), 3);
}

#[test]
fn a_configuration_that_is_wrong_changes_nothing_and_is_said_once() {
    let Some(server) = Server::start() else {
        return;
    };
    let life = Life::new();
    let step = Step::new(&life.home);
    life.configure(&[&server.me(), step.table()]);
    let running = life.run();
    life.systemd.wait_for("READY=1", 1);

    let other = life.maildir("other");
    life.configure(&[&other.table, "passwrd = \"s3cret\"", "[what]"]);
    life.reload(&running);
    let said = running.wait_for_line("refused at reload", PATIENCE);
    let file = life.home.config().display().to_string();
    assert!(said.contains("ERROR") && said.contains(&file), "{said}");
    let why = format!(
        "line 8, column 1 of {file}, and 1 more: unknown key `passwrd`; did you mean `password`?"
    );
    assert!(said.contains(&why), "{said}");
    assert!(!said.contains("known here"), "{said}");
    life.systemd
        .wait_for_status("STATUS=configuration refused at reload");
    server.dovecot.deliver("INBOX", &life.meta.code(CODE));
    assert!(Step::has_code(&step.wait_for(1), CODE));
    assert_eq!(server.proxy.made(), 1, "the connection was kept");

    // A word is named as well as a key.
    life.configure(&[&other.table.replace("\"facebook\"", "\"facebok\"")]);
    life.reload(&running);
    let word = "unknown word \"facebok\"; did you mean \"facebook\"?";
    let said = running.wait_for_line(word, PATIENCE);
    assert!(!said.contains("known are"), "{said}");

    // An alert channel that cannot work is found out as early.
    life.configure(&[
        &server.me(),
        step.table(),
        "[[alert]]\nurl = \"smtp://?\"\n",
    ]);
    life.reload(&running);
    life.configure(&[&server.me(), step.table()]);
    life.reload(&running);
    running.wait_for_line("configuration reloaded", PATIENCE);
    life.systemd.wait_for_status("STATUS=the folder is heard");
    assert_eq!(server.proxy.made(), 1, "the connection was kept");
    assert!(!running.talk().contains("s3cret"));
}

#[test]
fn a_hand_over_under_way_ends_with_the_step_it_began_with() {
    let life = Life::new();
    let maildir = life.maildir("me");
    let go = life.home.path().join("go");
    let waits = format!("while [ ! -e '{}' ]; do sleep 0.05; done", go.display());
    let old = Step::ending(&life.home, &waits);
    let new = second_step(&life.home, "exit 0");
    life.configure(&[&maildir.table, old.table()]);
    let running = life.run();
    life.systemd.wait_for("READY=1", 1);
    maildir.deliver(&life.meta.code(CODE));
    assert!(Step::has_code(&old.wait_for(1), CODE));

    life.configure(&[&maildir.table, new.table()]);
    life.reload(&running);
    running.wait_for_line("kept=1 stopped=0 started=0", PATIENCE);
    assert!(
        log::types(&life.home)
            .iter()
            .all(|it| it == "code.received")
    );
    fs::write(go, "").unwrap();
    log::wait_for(&life.home, "submission.accepted");
    maildir.deliver(&life.meta.code("771204"));
    assert!(Step::has_code(&new.wait_for(1), "771204"));
    log::wait_for_count(&life.home, "submission.accepted", 2);
    assert_eq!(old.handed_over().len(), 1);
}

#[test]
fn a_password_that_was_corrected_is_tried_at_once() {
    let Some(server) = Server::start() else {
        return;
    };
    let life = Life::new();
    life.home.write("secret", "wrong-horse\n");
    let secret = life.home.path().join("secret").display().to_string();
    let table = server.table("me", &format!("file = {secret:?}"));
    life.configure(&[&table]);
    let running = life.run();
    running.wait_for_line("refused the sign-in", PATIENCE);
    life.home.write("secret", &format!("{PASSWORD}\n"));
    // By itself it would be tried again in a quarter of an hour.
    running.signal(Signal::HUP);
    life.systemd.wait_for_status("STATUS=the folder is heard");
}

#[test]
fn status_shows_what_is_watched_and_nothing_that_was_taken_out() {
    let life = Life::new();
    let (goes, stays) = (life.maildir("goes"), life.maildir("stays"));
    life.configure(&[&goes.table, &stays.table]);
    let mut running = life.run();
    life.systemd.wait_for("READY=1", 1);
    let talk = running.talk();
    let shows = |wanted: &[&str]| {
        let shown = || {
            let output = life.home.output(&["status", "--json"], b"");
            let status: Value = serde_json::from_slice(&output.stdout).unwrap();
            let folders = status["folders"].as_array().unwrap();
            let mut names: Vec<&str> = folders
                .iter()
                .map(|folder| folder["mailbox"].as_str().unwrap())
                .collect();
            names.dedup();
            names == wanted && output.status.success()
        };
        assert!(wait_until(PATIENCE, shown), "{wanted:?}: {talk}");
    };
    shows(&["goes", "stays"]);
    life.configure(&[&stays.table]);
    life.reload(&running);
    shows(&["stays"]);
    life.configure(&[&goes.table, &stays.table]);
    life.reload(&running);
    shows(&["goes", "stays"]);
    // The same at a start.
    assert!(running.stop(PATIENCE).success());
    life.configure(&[&goes.table]);
    let running = life.run();
    running.wait_for_line("watching", PATIENCE);
    let output = life.home.output(&["status"], b"");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("goes") && !said.contains("stays"), "{said}");
}
