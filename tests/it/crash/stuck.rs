//! Nothing can be written for long: the person is told although no alert can be put on record, and
//! what is heard goes on being heard.

use rusqlite::Connection;

use super::faults::Small;
use super::way::{Kind, Way};
use crate::support::dovecot::{Dovecot, LOGIN, PASSWORD};
use crate::support::meta::Meta;
use crate::support::watched::{Mailbox, password};
use crate::support::{PATIENCE, log, wait_until};

/// After so long the person is told.
const SOON: &str = "deaf_after = \"4 s\"";

#[test]
fn a_disk_that_stays_full_is_told_and_so_is_its_end() {
    let mut way = Way::from_maildir();
    way.configure("sweep = \"1 s\"", &format!("sweep = \"1 s\"\n{SOON}"));
    let Some(small) = Small::mounted_at(&way.home.state(), "size=2m,mode=700") else {
        return;
    };
    let mut running = way.home.run();
    running.wait_for_line("watching", PATIENCE);
    small.fill();
    for _ in 0..20 {
        way.send(Kind::Decision);
    }
    running.wait_for_line("cannot write", PATIENCE);
    let came = wait_until(PATIENCE, || way.alerts_with("no mail can be taken in") > 0);
    assert!(came, "{}", running.talk());
    assert!(way.alerts_with("free some space on the") > 0);
    small.make_room();
    way.settle(&mut running);
    let came = wait_until(PATIENCE, || way.alerts_with("is heard again") > 0);
    assert!(came, "{}", running.talk());
    assert_eq!(way.alerts_with("no mail can be taken in"), 1);
    assert!(running.stop(PATIENCE).success(), "{}", running.talk());
    way.check();
}

#[test]
fn a_database_that_is_held_makes_nobody_sign_in_again() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let ca_file = dovecot.ca_file().display().to_string();
    let port = dovecot.port();
    let mailbox = Mailbox {
        imap: format!(
            "host = \"localhost\", port = {port}, login = \"{LOGIN}\", ca_file = {ca_file:?}"
        ),
        access: password(PASSWORD),
        folders: &["INBOX"],
        sweep: "1 s",
    };
    let (home, _step) = mailbox.home(&Meta::new());
    let config = std::fs::read_to_string(home.config()).unwrap();
    let config = config.replace("deaf_after = \"2 h\"", SOON);
    home.write("config/sustained/config.toml", &config);
    let mut running = home.run();
    running.wait_for_line("watching", PATIENCE);
    let holder = Connection::open(home.state().join("sustained.db")).unwrap();
    holder.busy_timeout(PATIENCE).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let printed = |part: &str| {
        let lines = running.stdout();
        lines.iter().filter(|line| line.contains(part)).count()
    };
    let told = wait_until(PATIENCE, || printed("mailbox.deaf") > 0);
    assert!(told, "{}", running.talk());
    holder.execute_batch("ROLLBACK").unwrap();
    let told = wait_until(PATIENCE, || printed("mailbox.heard") > 0);
    assert!(told, "{}", running.talk());
    assert_eq!(printed("mailbox.deaf"), 1);
    assert_eq!(dovecot.log().matches("Login:").count(), 1);
    assert!(running.stop(PATIENCE).success(), "{}", running.talk());
    let types = log::types(&home);
    assert!(!types.iter().any(|it| it == "mailbox.deaf"), "{types:?}");
}
