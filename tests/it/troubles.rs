//! What goes wrong in a person's set-up: one clear sentence, what to do, and nothing lost.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Output;

use crate::support::dovecot::{Dovecot, LOGIN, Options, PASSWORD};
use crate::support::meta::Meta;
use crate::support::process::Home;
use crate::support::step::Step;
use crate::support::{PATIENCE, log, wait_until};

/// A mailbox on `port`, with the lines a test wants to be different.
fn mailbox(dovecot: &Dovecot, host: &str, password: &str, folders: &str) -> String {
    format!(
        "[[mailbox]]\nname = \"me\"\naddress = \"{LOGIN}\"\naccounts = [\"facebook\"]\n\
         imap = {{ host = \"{host}\", port = {}, login = \"{LOGIN}\", ca_file = {:?} }}\n\
         password = {{ {password} }}\nfolders = {folders}\n\n[[alert]]\nurl = \"stdout:\"\n",
        dovecot.port(),
        dovecot.ca_file().display().to_string(),
    )
}

fn right_password() -> String {
    format!("value = \"{PASSWORD}\"")
}

/// A home on this server whose step ends as told, and its sender.
fn with_step(dovecot: &Dovecot, ending: &str) -> (Home, Meta, Step) {
    let home = Home::empty();
    let (meta, step) = (Meta::new(), Step::ending(&home, ending));
    let config = mailbox(dovecot, "localhost", &right_password(), "[\"INBOX\"]");
    let config = format!("{config}\n{}\n{}", step.table(), meta.pinned_keys());
    home.write("config/sustained/config.toml", &config);
    (home, meta, step)
}

fn talk(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_wrong_password_is_one_line_and_no_storm_of_sign_ins() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let home = Home::new(&mailbox(
        &dovecot,
        "localhost",
        "value = \"wrong-horse\"",
        "[\"INBOX\"]",
    ));
    let mut running = home.run();
    let line = running.wait_for_line("refused the sign-in", PATIENCE);
    assert!(line.contains("check login and password"), "{line}");
    running.wait_for_line("mailbox.deaf", PATIENCE);
    assert!(running.is_running());
    assert!(running.stop(PATIENCE).success());
    let lines = running
        .stderr()
        .iter()
        .filter(|l| l.contains("refused the sign-in"))
        .count();
    assert_eq!(lines, 1, "{}", running.talk());
    assert_eq!(dovecot.log().matches("auth failed").count(), 1, "one try");
    assert!(!running.talk().contains("wrong-horse"));
}

#[test]
fn one_trouble_of_two_folders_is_told_once_and_logged_twice() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let folders = r#"["INBOX", "\\Junk"]"#;
    let home = Home::new(&mailbox(
        &dovecot,
        "localhost",
        "value = \"wrong-horse\"",
        folders,
    ));
    let _running = home.run();
    // An event and its alerts are written together: both are there, and what they led to.
    log::wait_for_count(&home, "mailbox.deaf", 2);
    let database = rusqlite::Connection::open(home.state().join("sustained.db")).unwrap();
    let sql = "SELECT count(*) FROM effect";
    let alerts: i64 = database.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(alerts, 1);
}

#[test]
fn a_server_that_cannot_be_reached_is_one_line_and_is_tried_again() {
    let Some(mut dovecot) = Dovecot::start() else {
        return;
    };
    let config = mailbox(&dovecot, "localhost", &right_password(), "[\"INBOX\"]");
    dovecot.stop();
    let home = Home::new(&config);
    let running = home.run();
    let line = running.wait_for_line("cannot be reached", PATIENCE);
    assert!(line.contains("localhost"), "{line}");
    dovecot.restart();
    running.wait_for_line("watching", PATIENCE);
    let lines = running
        .stderr()
        .iter()
        .filter(|line| line.contains("cannot be reached"))
        .count();
    assert_eq!(lines, 1, "{}", running.talk());
}

#[test]
fn a_certificate_for_another_name_gets_no_password() {
    let options = Options {
        names: &["mail.example.net"],
        ..Options::default()
    };
    let Some(dovecot) = Dovecot::with(options) else {
        return;
    };
    let home = Home::new(&mailbox(
        &dovecot,
        "localhost",
        &right_password(),
        "[\"INBOX\"]",
    ));
    let running = home.run();
    let said = running.wait_for_line("certificate is not accepted", PATIENCE);
    assert!(said.contains("it is for mail.example.net; write"), "{said}");
    assert!(!dovecot.log().contains("Login:"), "{}", dovecot.log());
}

#[test]
fn a_folder_that_does_not_exist_is_named_with_those_that_do() {
    let options = Options {
        folders: &["Archive"],
        ..Options::default()
    };
    let Some(dovecot) = Dovecot::with(options) else {
        return;
    };
    let home = Home::new(&mailbox(
        &dovecot,
        "localhost",
        &right_password(),
        "[\"Inbix\"]",
    ));
    let running = home.run();
    let line = running.wait_for_line("Inbix", PATIENCE);
    assert!(
        line.contains("`folders`") && line.contains("Archive"),
        "{line}"
    );
}

#[test]
fn the_password_may_come_from_a_file_a_command_the_environment_or_a_credential() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let home = Home::empty();
    let file = home.write("password", &format!("{PASSWORD}\n"));
    for source in [
        format!("file = {:?}", file.display().to_string()),
        format!("command = [\"/bin/cat\", {:?}]", file.display().to_string()),
        "env = \"IMAP_PASSWORD\"".to_owned(),
        "credential = \"password\"".to_owned(),
    ] {
        let config = mailbox(&dovecot, "localhost", &source, "[\"INBOX\"]");
        home.write("config/sustained/config.toml", &config);
        let mut command = home.command(&["check", "--json"]);
        command.arg("--config").arg(home.config());
        command
            .env("IMAP_PASSWORD", PASSWORD)
            .env("CREDENTIALS_DIRECTORY", home.path());
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            said.contains("\"sign-in\",\"status\":\"pass\"") || said.contains("accepted"),
            "{said}"
        );
        assert!(
            !said.contains(PASSWORD) && !talk(&output).contains(PASSWORD),
            "{source}"
        );
    }
}

#[test]
fn a_readable_configuration_with_a_secret_is_refused() {
    let home = Home::new(
        "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\n\
         accounts = [\"facebook\"]\nimap = { host = \"localhost\", login = \"me\" }\n\
         password = { value = \"s3cret-value\" }\n",
    );
    fs::set_permissions(home.config(), Permissions::from_mode(0o644)).unwrap();
    let output = home.output(&["run"], b"");
    assert_eq!(output.status.code(), Some(77), "{}", talk(&output));
    assert!(talk(&output).contains("chmod 600"), "{}", talk(&output));
    assert!(!talk(&output).contains("s3cret-value"));
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_its_neighbour() {
    let home = Home::new("[[mailbox]]\nname = \"me\"\nadress = \"me@example.org\"\n");
    let output = home.output(&["run"], b"");
    assert_eq!(output.status.code(), Some(78), "{}", talk(&output));
    let talk = talk(&output);
    assert!(
        talk.contains("config.toml:3") && talk.contains("address"),
        "{talk}"
    );
}

#[test]
fn a_missing_secret_keeps_the_daemon_up_and_says_so() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let source = "credential = \"imap-me\"";
    let home = Home::new(&mailbox(&dovecot, "localhost", source, "[\"INBOX\"]"));
    let mut running = home.run();
    running.wait_for_line("imap-me", PATIENCE);
    let said = || running.stderr().iter().any(|line| line.contains("imap-me"));
    assert!(wait_until(PATIENCE, said), "{}", running.talk());
    assert!(running.is_running());
}

#[test]
fn a_second_daemon_on_the_same_state_is_refused() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let home = Home::new(&mailbox(
        &dovecot,
        "localhost",
        &right_password(),
        "[\"INBOX\"]",
    ));
    let running = home.run();
    running.wait_for_line("watching", PATIENCE);
    let output = home.output(&["run"], b"");
    assert_eq!(output.status.code(), Some(75), "{}", talk(&output));
    assert!(
        talk(&output).contains("another `sustained run`"),
        "{}",
        talk(&output)
    );
}

#[test]
fn a_database_that_cannot_be_read_stops_the_program_and_is_left_alone() {
    let home = Home::new(
        "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\n\
         accounts = [\"facebook\"]\nmaildir = \"/nonexistent\"\n",
    );
    for content in [
        b"this is no database, it is a text of some length".as_slice(),
        &[0xff; 5000],
    ] {
        let path = home.state().join("sustained.db");
        fs::write(&path, content).unwrap();
        let output = home.output(&["run"], b"");
        assert_eq!(output.status.code(), Some(69), "{}", talk(&output));
        assert!(talk(&output).contains("sustained.db"), "{}", talk(&output));
        assert_eq!(fs::read(&path).unwrap(), content);
    }
}

#[test]
fn a_killed_hand_over_is_told_and_not_repeated() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let (home, meta, step) = with_step(&dovecot, "exec sleep 60");
    let mut running = home.run();
    running.wait_for_line("watching", PATIENCE);
    dovecot.deliver("INBOX", &meta.code("482913"));
    step.wait_for(1);
    running.kill9();
    let running = home.run();
    let doubtful = log::wait_for(&home, "submission.doubtful");
    assert!(
        doubtful["reason"].as_str().unwrap().contains("stopped"),
        "{doubtful}"
    );
    running.wait_for_line("submission.failed", PATIENCE);
    // The next mail is read, so the first was not handed over again meanwhile.
    dovecot.deliver("INBOX", &meta.notification());
    log::wait_for(&home, "notification.received");
    assert_eq!(step.handed_over().len(), 1);
}

#[test]
fn a_stop_lets_the_hand_over_end() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let (home, meta, step) = with_step(&dovecot, "sleep 1");
    let mut running = home.run();
    running.wait_for_line("watching", PATIENCE);
    dovecot.deliver("INBOX", &meta.code("482913"));
    step.wait_for(1);
    assert!(running.stop(PATIENCE).success(), "{}", running.talk());
    // Written by the stopping daemon, or by nobody: there is no later start here.
    let mut store = home.output(&["status", "--json"], b"");
    let said = String::from_utf8(std::mem::take(&mut store.stdout)).unwrap();
    assert!(said.contains("\"state\":\"submitted\""), "{said}");
}

#[test]
fn a_line_of_the_log_that_a_crash_cut_off_is_written_again() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let (home, meta, _step) = with_step(&dovecot, "exit 0");
    let mut running = home.run();
    running.wait_for_line("watching", PATIENCE);
    dovecot.deliver("INBOX", &meta.notification());
    dovecot.deliver("INBOX", &meta.decision());
    log::wait_for(&home, "decision.received");
    running.kill9();
    let path = home.state().join("decisions.jsonl");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 20]).unwrap();
    let mut running = home.run();
    assert!(
        wait_until(PATIENCE, || fs::read(&path).unwrap() == whole),
        "{:?}",
        log::types(&home)
    );
    running.stop(PATIENCE);
    let verified = home.output(&["log", "verify"], b"");
    assert!(verified.status.success());
    let changed = String::from_utf8(whole)
        .unwrap()
        .replacen("2024-06-26", "2034-06-26", 1);
    fs::write(&path, changed).unwrap();
    let verified = home.output(&["log", "verify"], b"");
    assert_eq!(verified.status.code(), Some(65), "{}", talk(&verified));
}

#[test]
fn arming_beside_a_database_that_is_held_says_so_and_can_be_repeated() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let (home, meta, step) = with_step(&dovecot, "exit 0");
    let mut running = home.run();
    running.wait_for_line("watching", PATIENCE);
    let holder = rusqlite::Connection::open(home.state().join("sustained.db")).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let config = home.config();
    let arm = ["arm", "--config", config.to_str().unwrap()];
    let refused = home.output(&arm, b"");
    assert_eq!(refused.status.code(), Some(75), "{}", talk(&refused));
    let said = talk(&refused);
    assert!(
        said.contains("not armed") && said.contains("another program holds it"),
        "{said}"
    );
    // The daemon waits as well, and brings the code in when it can.
    dovecot.deliver("INBOX", &meta.code("482913"));
    running.wait_for_line("another program holds it", PATIENCE);
    holder.execute_batch("ROLLBACK").unwrap();
    assert!(Step::has_code(&step.wait_for(1), "482913"));
    assert!(home.output(&arm, b"").status.success());
    assert!(running.stop(PATIENCE).success(), "{}", running.talk());
}
