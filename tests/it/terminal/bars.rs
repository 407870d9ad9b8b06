//! How far something has come: shown where a person waits, gone afterwards, and nowhere else.

use std::fs::{self, File};
use std::io::Write as _;
use std::process::{Command, Stdio};

use rustix::process::Signal;

use crate::support::imap_script::{ImapScript, Step, answer, expect, hold, send};
use crate::support::meta::{Meta, newsletter};
use crate::support::notify::Systemd;
use crate::support::process::{Home, Running};
use crate::support::terminal::{On, Terminal, seen, usual};
use crate::support::watched::Mailbox;
use crate::support::{PATIENCE, wait_until};

/// A message as it stands in an mbox.
fn entry(number: usize) -> Vec<u8> {
    let line = b"From someone@example.org Mon Jun  3 10:00:00 2024\n".to_vec();
    [line, newsletter(number), b"\n".to_vec()].concat()
}

#[test]
fn a_bar_comes_while_a_mailbox_is_read_goes_and_changes_nothing() {
    let home = Home::empty();
    let mbox: Vec<u8> = (0..20).flat_map(entry).collect();
    fs::write(home.path().join("mail.mbox"), &mbox).unwrap();
    let args = ["read", "--json", "mail.mbox", "/dev/stdin"];
    let out = home.path().join("out.json");
    let mut command = usual(home.command(&args));
    command
        .stdin(Stdio::piped())
        .stdout(File::create(&out).unwrap());
    let mut terminal = Terminal::start(command, 60, On::Error);
    // As many messages as it takes until the bar is there.
    let (mut stdin, mut given) = (terminal.stdin(), Vec::new());
    let comes = wait_until(PATIENCE, || {
        let more = entry(given.len());
        stdin.write_all(&more).unwrap();
        given.extend(more);
        terminal.sent().contains(" messages, ")
    });
    assert!(comes, "{:?}", terminal.sent());
    drop(stdin);
    assert!(terminal.wait().success());
    assert!(terminal.sent().contains('%'), "{:?}", terminal.sent());
    assert_eq!(seen(&terminal.sent()), [""; 0], "{:?}", terminal.sent());
    let piped = home.output(&args, &given);
    assert_eq!(
        (piped.stdout, piped.stderr.len()),
        (fs::read(&out).unwrap(), 0)
    );
}

#[test]
fn there_is_no_bar_where_it_would_be_in_the_way() {
    let home = Home::empty();
    // More than a moment's work for a program that was not optimized.
    let mbox: Vec<u8> = (0..2000).flat_map(entry).collect();
    fs::write(home.path().join("mail.mbox"), &mbox).unwrap();
    let args = ["read", "--json", "mail.mbox"];
    let sink = home.path().join("piped.json");
    let mut reader = Command::new("cat");
    reader
        .stdin(Stdio::piped())
        .stdout(File::create(sink).unwrap());
    let mut reader = reader.spawn().unwrap();
    let mut to_a_program = usual(home.command(&args));
    to_a_program.stdout(reader.stdin.take().unwrap());
    let mut terminal = Terminal::start(to_a_program, 80, On::Error);
    assert!(terminal.wait().success());
    assert!(reader.wait().unwrap().success());
    assert_eq!(terminal.sent(), "");
    let mut dumb = usual(home.command(&args));
    let out = File::create(home.path().join("out.json")).unwrap();
    dumb.env("TERM", "dumb").stdout(out);
    let mut terminal = Terminal::start(dumb, 80, On::Error);
    assert!(terminal.wait().success());
    assert_eq!(terminal.sent(), "");
}

/// A server that finds 250 messages, gives the heads of the first hundred, and falls silent.
fn slow() -> Vec<Step> {
    let head = |uid: u32| {
        let from = "From: Somebody <somebody@example.org>\r\n\r\n";
        let items = format!("UID {uid} RFC822.SIZE 900 BODY[HEADER.FIELDS (FROM)]");
        format!("* {uid} FETCH ({items} {{{}}}\r\n{from})\r\n", from.len())
    };
    let uids: Vec<String> = (1..=250).map(|uid| uid.to_string()).collect();
    let heads: String = (1..=100).map(head).collect();
    let opened = "* 250 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n* OK [UIDNEXT 251] next\r\n\
                  TAG OK [READ-ONLY] open\r\n";
    vec![
        send("* OK [CAPABILITY IMAP4rev1 IDLE] ready\r\n"),
        answer("LOGIN", "TAG OK [CAPABILITY IMAP4rev1 IDLE] in\r\n"),
        answer("EXAMINE", opened),
        answer("UID FETCH *", "* 250 FETCH (UID 250)\r\nTAG OK\r\n"),
        answer(
            "UID SEARCH",
            format!("* SEARCH {}\r\nTAG OK\r\n", uids.join(" ")),
        ),
        answer("UID FETCH 1,", format!("{heads}TAG OK\r\n")),
        expect("UID FETCH 101,"),
        hold(),
    ]
}

/// A home with a mailbox on such a server.
fn home_on(server: &ImapScript) -> Home {
    Mailbox::in_plain_text(server.port(), "me")
        .home(&Meta::new())
        .0
}

#[test]
fn catching_up_is_shown_below_what_is_said_and_gone_at_the_end() {
    let server = ImapScript::start(vec![slow()]);
    let home = home_on(&server);
    let mut terminal = Terminal::start(usual(home.command(&["run"])), 80, On::Both);
    terminal.wait_for("catching up: me INBOX 100 of 250 [");
    terminal.interrupt();
    assert!(terminal.wait().success(), "{:?}", terminal.sent());
    let lines = seen(&terminal.sent());
    assert!(
        lines.iter().any(|line| line.contains("INFO started")),
        "{lines:#?}"
    );
    assert!(
        lines.iter().any(|line| line.contains("INFO stopped")),
        "{lines:#?}"
    );
    assert!(
        !lines.iter().any(|line| line.contains("100 of 250")),
        "{lines:#?}"
    );
}

#[test]
fn a_service_says_in_its_status_how_far_it_has_come() {
    let server = ImapScript::start(vec![slow()]);
    let home = home_on(&server);
    let systemd = Systemd::of(&home);
    let mut running: Running = systemd.run(&home);
    systemd.wait_for("catching up: 100 of 250 messages looked through", 1);
    running.wait_for_line("catching up mailbox=me folder=INBOX messages=250", PATIENCE);
    running.signal(Signal::TERM);
    assert!(running.wait(PATIENCE).success());
    assert!(!running.stderr().iter().any(|line| line.contains('\u{1b}')));
}
