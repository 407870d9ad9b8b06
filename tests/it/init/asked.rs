//! At a terminal a wrong answer is asked for again, and none of those before it is lost.

use std::fs;

use crate::support::dovecot::{Dovecot, LOGIN, PASSWORD};
use crate::support::http_sink::{HttpSink, Reply};
use crate::support::process::Home;
use crate::support::server::free_port;
use crate::support::terminal::{On, Terminal, usual};

/// `init` at a terminal, with these flags beside the place of the configuration.
fn init(home: &Home, flags: &[&str]) -> Terminal {
    let config = home.config().display().to_string();
    let args = [&["init", "--config", &config], flags].concat();
    Terminal::start(usual(home.command(&args)), 100, On::All)
}

#[test]
fn a_wrong_answer_is_asked_for_again() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let home = Home::empty();
    let closed = free_port().to_string();
    let mut terminal = init(&home, &["--host", "localhost", "--port", &closed]);
    terminal.answer("as Meta knows it", "me at example");
    terminal.answer("a mail address has one @", LOGIN);
    terminal.answer("what do you object for?", "facebok");
    terminal.answer("did you mean \"facebook\"?", "Facebook, Instagram");
    let another = "the IMAP server, with its port";
    terminal.answer(another, "127.0.0.9:143");
    terminal.answer("one: [127.0.0.9:143]", "https://localhost");
    terminal.answer("a host is a name", &format!("localhost:{}", dovecot.port()));
    terminal.answer("the certificate to trust", "/nonexistent");
    terminal.answer("there is no such file", "");
    terminal.answer(
        &format!("{another} where it is not the usual one: [localhost:"),
        "",
    );
    let ca_file = dovecot.ca_file().display().to_string();
    terminal.answer("the certificate to trust", &ca_file);
    let password = "password (not shown):";
    terminal.answer(password, "a-typing-error");
    terminal.answer(&format!("the login name: [{LOGIN}]"), "");
    terminal.answer(password, PASSWORD);
    terminal.answer("how shall you be told?", "ntyf://ntfy.sh/x");
    terminal.answer("did you mean `ntfy`?", "stdout:");
    let status = terminal.wait();
    let sent = terminal.sent();
    assert_eq!(status.code(), Some(0), "{sent}");
    assert!(
        !sent.contains(PASSWORD) && !sent.contains("a-typing-error"),
        "{sent}"
    );
    let config = fs::read_to_string(home.config()).unwrap();
    for part in [
        "accounts = [\"facebook\", \"instagram\"]",
        "url = \"stdout:\"",
        &format!("host = \"localhost\", port = {}", dovecot.port()),
    ] {
        assert!(config.contains(part), "{part}: {config}");
    }
    assert!(!config.contains("starttls"), "of another server: {config}");
}

#[test]
fn what_no_other_server_would_mend_is_not_asked_for() {
    let home = Home::empty();
    let person = ["--address", LOGIN, "--accounts", "facebook"];
    for wrong in ["--folders", "--login"] {
        let mut terminal = init(
            &home,
            &[&person[..], &["--host", "localhost", wrong, ""]].concat(),
        );
        assert_eq!(terminal.wait().code(), Some(2), "{}", terminal.sent());
        assert!(terminal.sent().contains("Nothing was written"));
    }
}

#[test]
fn an_alert_is_tried_when_the_person_says_so() {
    let home = Home::empty();
    let maildir = home.path().join("Maildir");
    for place in ["new", "cur", "tmp"] {
        fs::create_dir_all(maildir.join(place)).unwrap();
    }
    let ntfy = HttpSink::start(vec![Reply::new(500, "no"), Reply::new(200, "{}")]);
    let url = format!("ntfy://127.0.0.1:{}/topic", ntfy.port());
    let maildir = maildir.display().to_string();
    let person = [
        "--address",
        LOGIN,
        "--accounts",
        "facebook",
        "--maildir",
        &maildir,
    ];
    let mut terminal = init(&home, &person);
    terminal.answer("how shall you be told?", &url);
    terminal.answer("send a test alert there now? [no]", "maybe");
    terminal.answer("answer yes or no", "yes");
    terminal.answer("check the alert's url", &url);
    terminal.answer("send a test alert there now? [no]", "Y");
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.sent());
    assert!(
        terminal.sent().contains("the service took the test"),
        "{}",
        terminal.sent()
    );
    assert!(ntfy.received()[1].body.contains("This is a test"));

    let config = home.config().display().to_string();
    fs::remove_file(&config).unwrap();
    let gone = format!("ntfy://127.0.0.1:{}/topic", free_port());
    let flags = [
        "init",
        "--config",
        &config,
        "--test-alert",
        "--alert",
        &gone,
    ];
    let output = home.output(&[&flags[..], &person].concat(), b"");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("--alert ntfy:…: ") && !said.contains("topic"),
        "{said}"
    );
    assert!(!home.config().exists());
}

#[test]
fn a_terminal_that_was_interrupted_shows_what_is_typed() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let home = Home::empty();
    let port = dovecot.port().to_string();
    let ca_file = dovecot.ca_file().display().to_string();
    let server = [
        "--host",
        "localhost",
        "--port",
        &port,
        "--ca-file",
        &ca_file,
    ];
    let person = ["--address", LOGIN, "--accounts", "facebook"];
    for end in [Terminal::interrupt, Terminal::quit] {
        let mut terminal = init(&home, &[&server[..], &person].concat());
        terminal.wait_for("password (not shown):");
        assert!(!terminal.shows_typing());
        end(&terminal);
        assert_eq!(terminal.wait().code(), Some(1), "{}", terminal.sent());
        assert!(terminal.shows_typing());
        assert!(
            terminal.sent().contains("interrupted"),
            "{}",
            terminal.sent()
        );
        assert!(!home.config().exists());
    }
}
