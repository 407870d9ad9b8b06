//! READY comes with the first proof, or after a bounded time; the status line says how it stands.

use rustix::process::Signal;

use super::{CODE, Life, Server};
use crate::support::PATIENCE;
use crate::support::imap_script::{ImapScript, expect, hold, send};
use crate::support::step::Step;

/// The table of a mailbox on a server that does not get as far as a proof.
fn table(port: u16) -> String {
    format!(
        "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\naccounts = [\"facebook\"]\n\
         imap = {{ host = \"127.0.0.1\", port = {port}, tls = \"none\", login = \"me\" }}\n\
         password = {{ value = \"s3cret\" }}\nfolders = [\"INBOX\"]\n"
    )
}

#[test]
fn it_is_ready_with_the_first_proof_of_every_mailbox_and_not_before() {
    let Some(server) = Server::start() else {
        return;
    };
    let life = Life::new();
    let maildir = life.maildir("local");
    let step = Step::new(&life.home);
    life.configure(&[&server.me(), &maildir.table, step.table()]);
    server.proxy.hold_at("EXAMINE");
    let mut running = life.run();
    server.proxy.wait_until_held();
    // The other mailbox works meanwhile.
    maildir.deliver(&life.meta.code(CODE));
    assert!(Step::has_code(&step.wait_for(1), CODE));
    life.systemd
        .wait_for_status("STATUS=1 of 2 folders heard; starting");
    assert!(!life.systemd.has_heard("READY=1"));
    server.proxy.release();
    life.systemd.wait_for("READY=1", 1);
    life.systemd.wait_for_status("STATUS=all 2 folders heard");
    assert!(running.stop(PATIENCE).success());
    let said = life.systemd.said();
    assert!(said[0].starts_with("STATUS="), "{said:?}");
    let at = |words: &str| said.iter().position(|said| said.contains(words)).unwrap();
    assert!(at("READY=1") < at("STOPPING=1"), "{said:?}");
    assert_eq!(said.iter().filter(|said| *said == "READY=1").count(), 1);
    // Every user of the machine can read it.
    let all = said.join("\n");
    assert!(!all.contains("example") && !all.contains("local") && !all.contains(CODE));
}

#[test]
fn a_silent_server_does_not_hold_the_start_up_for_ever() {
    let script = vec![vec![send("* OK ready\r\n"), expect("CAPABILITY"), hold()]];
    let server = ImapScript::start(script);
    let life = Life::new();
    life.configure(&[&table(server.port())]);
    let mut running = life.run();
    server.wait_for_connections(1, PATIENCE);
    // What is asked for meanwhile is done, and is no end of the waiting.
    life.configure(&["[no such table]"]);
    running.signal(Signal::HUP);
    running.wait_for_line("refused at reload", PATIENCE);
    assert!(!life.systemd.has_heard("READY=1"));
    life.systemd.wait_for("READY=1", 1);
    life.systemd
        .wait_for_status("still running with the old one; 0 of 1 folders heard");
    assert!(!life.systemd.has_heard("RELOADING=1"));
    assert!(running.stop(PATIENCE).success());
    drop(server.deviation());
}

#[test]
fn it_can_be_stopped_before_it_is_ready() {
    let server = ImapScript::start(vec![vec![hold()]]);
    let life = Life::new();
    life.configure(&[&table(server.port())]);
    let mut running = life.run();
    server.wait_for_connections(1, PATIENCE);
    assert!(running.stop(PATIENCE).success());
    assert!(life.systemd.has_heard("STOPPING=1"));
    assert!(!life.systemd.has_heard("READY=1"));
}
