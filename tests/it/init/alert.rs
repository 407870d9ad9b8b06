//! The secrets of an alert: each in a file of its own, which is read before anything is written.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Output;

use crate::support::dovecot::LOGIN;
use crate::support::http_sink::{HttpSink, Reply};
use crate::support::process::Home;
use crate::support::terminal::{On, Terminal, usual};

const TOKEN: &str = "tk_hunter2";

/// A home with a Maildir, and the beginning of the command that sets it up.
fn home() -> (Home, Vec<String>) {
    let home = Home::empty();
    let maildir = home.path().join("Maildir");
    for place in ["new", "cur", "tmp"] {
        fs::create_dir_all(maildir.join(place)).unwrap();
    }
    let (config, maildir) = (home.config(), maildir.display().to_string());
    let words = [
        "init",
        "--config",
        config.to_str().unwrap(),
        "--maildir",
        &maildir,
    ];
    let person = ["--address", LOGIN, "--accounts", "facebook"];
    let args = words.into_iter().chain(person).map(str::to_owned).collect();
    (home, args)
}

fn args<'a>(args: &'a [String], more: &[&'a str]) -> Vec<&'a str> {
    let words = args.iter().map(String::as_str);
    words.chain(more.iter().copied()).collect()
}

fn said(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(both).unwrap()
}

#[test]
fn a_token_is_named_by_its_file_and_tried() {
    let (home, init) = home();
    let ntfy = HttpSink::start(vec![Reply::new(200, "{}")]);
    let url = format!("ntfy://127.0.0.1:{}/topic", ntfy.port());
    home.write("token", &format!("{TOKEN}\n"));
    let more = [
        "--alert",
        &url,
        "--alert-token-file",
        "token",
        "--test-alert",
    ];
    let output = home.output(&args(&init, &more), b"");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(!said(&output).contains(TOKEN));
    let received = ntfy.received();
    assert_eq!(
        received[0].header("authorization"),
        format!("Bearer {TOKEN}")
    );
    let config = fs::read_to_string(home.config()).unwrap();
    let file = home.path().join("token");
    let expected = format!(
        "url = \"{url}\"\ntoken = {{ file = \"{}\" }}\n",
        file.display()
    );
    assert!(
        config.contains(&expected) && !config.contains(TOKEN),
        "{config}"
    );
    let checked = home.output(&["config", "check"], b"");
    assert_eq!(checked.status.code(), Some(0), "{}", said(&checked));
}

#[test]
fn a_token_that_cannot_be_read_is_refused() {
    let (home, init) = home();
    let open = home.write("open", TOKEN);
    fs::set_permissions(&open, Permissions::from_mode(0o644)).unwrap();
    home.write("empty", "\n");
    for (flag, file, expected) in [
        ("--alert-token-file", TOKEN, "…: there is no such file"),
        ("--alert-token-file", "open", "open: "),
        ("--alert-token-file", "open", "chmod 600"),
        ("--alert-password-file", "empty", "empty: "),
        ("--alert-password-file", "empty", "its first line is empty"),
    ] {
        let more = ["--alert", "gotify://127.0.0.1", flag, file];
        let output = home.output(&args(&init, &more), b"");
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(expected) && !said.contains(TOKEN), "{said}");
        assert!(said.contains(flag), "{said}");
        assert!(!home.config().exists());
    }
}

#[test]
fn the_file_is_asked_for_where_the_service_wants_a_secret() {
    let (home, init) = home();
    home.write("token", TOKEN);
    home.write("key", TOKEN);
    let mut terminal = Terminal::start(usual(home.command(&args(&init, &[]))), 100, On::All);
    terminal.answer("how shall you be told?", "pover:");
    // Who takes the question for that of the token itself.
    terminal.answer("a file whose first line is the token", "hunter2");
    terminal.answer("there is no such file", "token");
    terminal.answer("a file whose first line is the password", "key");
    terminal.answer("send a test alert there now?", "no");
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.sent());
    let config = fs::read_to_string(home.config()).unwrap();
    let folder = home.path().display();
    let expected = format!(
        "url = \"pover:\"\ntoken = {{ file = \"{folder}/token\" }}\n\
         password = {{ file = \"{folder}/key\" }}\n"
    );
    assert!(config.contains(&expected), "{config}");

    fs::remove_file(home.config()).unwrap();
    let url = ["--alert", "gotify://127.0.0.1"];
    for (typed, expected) in [
        ("", "add --alert-token-file"),
        ("hunter2\n", "--alert-token-file …: there is no such file"),
    ] {
        let output = home.output(&args(&init, &url), typed.as_bytes());
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(
            said.contains(expected) && !said.contains("hunter2"),
            "{said}"
        );
    }
    assert!(!home.config().exists());
}
