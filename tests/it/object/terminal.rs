//! What a terminal shows of `sustained object`: README prints it, and it is so.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use sustained::outlet::browser::driver::Make;

use super::{CODE, FACEBOOK, Filing, PATIENCE};
use crate::support::dovecot::Dovecot;
use crate::support::wait_until;

/// README's command, and the block that follows it.
fn shown() -> (Vec<String>, String) {
    let readme = fs::read_to_string("README.md").unwrap();
    let (_, command) = readme.split_once("```sh\nsustained object").unwrap();
    let (line, rest) = command.split_once('\n').unwrap();
    let (_, text) = rest.split_once("```text\n").unwrap();
    let (text, _) = text.split_once("```").unwrap();
    let words = line.split_whitespace().map(str::to_owned);
    (words.collect(), text.to_owned())
}

#[test]
fn readme_shows_what_a_terminal_looks_like() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    let Some(filing) = Filing::on(&dovecot, Make::Chromium) else {
        return;
    };
    let (words, shown) = shown();
    filing.add("country = \"Germany\"\n");
    let url = filing
        .forms
        .url(FACEBOOK, "en", "facebook-2024,code,message:filed");
    let mut args = vec!["object"];
    args.extend(words.iter().map(String::as_str));
    args.extend(["--headless", "--answer", "60 s", "--form", &url]);
    let mut command = filing.home.command(&args);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"y\n").unwrap();
    for mail in [filing.meta.code(CODE), filing.meta.decision()] {
        // The form first, then the code: each is sent before the mail that answers it.
        assert!(wait_until(PATIENCE, || !filing.forms.sent().is_empty()));
        dovecot.deliver("INBOX", &mail);
    }
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    let said = [output.stderr, output.stdout].concat();
    let said = String::from_utf8(said).unwrap();
    assert!(output.status.success(), "{said}");
    // What is typed stands behind the question in a terminal; the two outputs are one there.
    for line in shown.lines().filter(|line| *line != "y") {
        let line = line.strip_suffix(" [y/N]").unwrap_or(line);
        assert!(said.contains(line), "{line}\n{said}");
    }
}
