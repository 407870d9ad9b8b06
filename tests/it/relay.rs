//! A hand-over to a program in a unit of its own: what comes back is how that program ended, and
//! where nobody knows, a doubt.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::meta::Meta;
use crate::support::process::{Home, PROGRAM};
use crate::support::step::Step;
use crate::support::{PATIENCE, log, missing, wait_until};

mod journey;

const LETTER: &str = "{\"type\":\"code.received\",\"code\":\"482913\"}\n";
const GREETING: &str = "sustained-submit 1\n";

/// A program of the person's that runs `script` (shell).
fn program(folder: &Path, script: &str) -> PathBuf {
    let path = folder.join("program.sh");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    path
}

// --- The side of the program. --------------------------------------------------------------------

/// `submit-here` as systemd starts it, and the other end of its connection.
struct Here {
    child: Child,
    connection: BufReader<UnixStream>,
}

impl Here {
    fn start(program: &Path) -> Self {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_read_timeout(Some(PATIENCE)).unwrap();
        let child = Command::new(PROGRAM)
            .args(["submit-here", "--"])
            .arg(program)
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut connection = BufReader::new(ours);
        let mut greeting = String::new();
        connection.read_line(&mut greeting).unwrap();
        assert_eq!(greeting, GREETING);
        Self { child, connection }
    }

    fn send(&mut self, text: &str) {
        self.connection
            .get_mut()
            .write_all(text.as_bytes())
            .unwrap();
    }

    fn answer(mut self) -> Value {
        let mut line = String::new();
        self.connection.read_line(&mut line).unwrap();
        assert!(self.child.wait().unwrap().success());
        serde_json::from_str(&line).unwrap()
    }
}

fn answer_of(script: &str) -> Value {
    let folder = TempDir::with_prefix("here-").unwrap();
    let mut here = Here::start(&program(folder.path(), script));
    here.send(LETTER);
    here.answer()
}

#[test]
fn the_program_gets_the_letter_and_its_end_is_answered() {
    let folder = TempDir::with_prefix("here-").unwrap();
    let kept = folder.path().join("kept");
    let script = format!("cat > '{}'; env >&2", kept.display());
    let mut here = Here::start(&program(folder.path(), &script));
    here.send(LETTER);
    let answer = here.answer();
    assert_eq!(answer["exit"], 0);
    assert!(!answer["stderr"].as_str().unwrap().contains("LISTEN_"));
    assert_eq!(fs::read_to_string(kept).unwrap(), LETTER);

    let refused = answer_of("echo 'the form is gone' >&2; exit 3");
    assert_eq!(
        refused,
        json!({ "exit": 3, "stderr": "the form is gone\n" })
    );
    assert_eq!(answer_of("exit 75")["exit"], 75);
    assert_eq!(answer_of("kill -9 $$")["exit"], Value::Null);
    // Endless words are cut, and block nobody.
    let endless = answer_of("yes 'no, no' | head -c 1000000 >&2; exit 4");
    assert_eq!(endless["exit"], 4);
    assert_eq!(endless["stderr"].as_str().unwrap().len(), 4096);
}

#[test]
fn a_program_that_cannot_be_started_is_a_refusal_with_its_reason() {
    let folder = TempDir::with_prefix("here-").unwrap();
    let mut here = Here::start(&folder.path().join("not-there"));
    here.send(LETTER);
    let answer = here.answer();
    assert_eq!(answer["exit"], 78);
    assert!(answer["stderr"].as_str().unwrap().contains("not-there"));
}

#[test]
fn half_a_letter_starts_nothing() {
    let folder = TempDir::with_prefix("here-").unwrap();
    let begun = folder.path().join("begun");
    let path = program(folder.path(), &format!("touch '{}'", begun.display()));
    let mut here = Here::start(&path);
    here.send(LETTER.trim_end());
    drop(here.connection);
    assert!(!here.child.wait().unwrap().success());
    assert!(!begun.exists());
}

#[test]
fn a_program_that_nobody_waits_for_is_ended_with_what_it_started() {
    let folder = TempDir::with_prefix("here-").unwrap();
    let pids = folder.path().join("pids");
    let script = format!(
        "sleep 1000 & echo $! $$ > '{pids}.new'; mv '{pids}.new' '{pids}'; wait",
        pids = pids.display()
    );
    let mut here = Here::start(&program(folder.path(), &script));
    here.send(LETTER);
    assert!(wait_until(PATIENCE, || pids.exists()));
    drop(here.connection);
    assert!(!here.child.wait().unwrap().success());
    let is_gone = |pid: &str| !Path::new("/proc").join(pid).exists();
    for pid in fs::read_to_string(pids).unwrap().split_whitespace() {
        assert!(
            wait_until(PATIENCE, || is_gone(pid)),
            "{pid} is still there"
        );
    }
}

#[test]
fn it_says_how_it_is_started() {
    let home = Home::empty();
    let output = home.output(&["submit-here", "--", "/bin/true"], b"");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("sustained-submit.socket"), "{said}");
    let help = home.output(&["--help"], b"");
    assert!(!String::from_utf8_lossy(&help.stdout).contains("submit-"));
}

// --- The side of the daemon. ---------------------------------------------------------------------

/// How `submit-via` ends when this is what happens at the socket.
fn via(other_side: impl FnOnce(BufReader<UnixStream>) + Send + 'static) -> Output {
    let home = Home::empty();
    let socket = home.path().join("submit.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let other_side = thread::spawn(move || {
        let (connection, _) = listener.accept().unwrap();
        connection.set_read_timeout(Some(PATIENCE)).unwrap();
        other_side(BufReader::new(connection));
    });
    let socket = socket.to_str().unwrap();
    let output = home.output(&["submit-via", socket], LETTER.as_bytes());
    other_side.join().unwrap();
    output
}

/// Greets, takes the letter, and says this.
fn says(answer: &'static str) -> impl FnOnce(BufReader<UnixStream>) + Send {
    move |mut connection| {
        connection.get_mut().write_all(GREETING.as_bytes()).unwrap();
        let mut letter = String::new();
        connection.read_line(&mut letter).unwrap();
        assert_eq!(letter, LETTER);
        connection.get_mut().write_all(answer.as_bytes()).unwrap();
    }
}

#[test]
fn it_ends_as_the_program_ended() {
    let output = via(says("{\"exit\":0,\"stderr\":\"\"}\n"));
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
    let output = via(says("{\"exit\":3,\"stderr\":\"the form is gone\"}\n"));
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(output.stderr, b"the form is gone\n");
}

#[test]
fn an_answer_that_does_not_come_whole_is_a_doubt() {
    for answer in [
        "",
        "{\"exit\":0,\"std",
        "{\"exit\":null,\"stderr\":\"\"}\n",
        "{\"exit\":300,\"stderr\":\"\"}\n",
        "done\n",
    ] {
        let output = via(says(answer));
        assert_eq!(output.status.signal(), Some(9), "{answer:?}");
    }
}

#[test]
fn what_was_not_handed_on_is_tried_later() {
    let home = Home::empty();
    let nowhere = home.path().join("submit.sock");
    let nowhere = nowhere.to_str().unwrap();
    let output = home.output(&["submit-via", nowhere], LETTER.as_bytes());
    assert_eq!(output.status.code(), Some(75));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains(nowhere) && said.contains("systemctl"),
        "{said}"
    );

    // A unit that does not start, and one that is another program.
    assert_eq!(via(drop).status.code(), Some(75));
    let stranger = |mut connection: BufReader<UnixStream>| {
        connection
            .get_mut()
            .write_all(b"220 mail.example ESMTP ready\r\n")
            .unwrap();
        let mut sent = Vec::new();
        connection.read_to_end(&mut sent).ok();
        assert!(sent.is_empty(), "a stranger was given the code");
    };
    assert_eq!(via(stranger).status.code(), Some(75));
}

#[test]
fn what_is_no_letter_is_refused() {
    let home = Home::empty();
    for input in ["", "no end of line", "two\nlines\n"] {
        let output = home.output(&["submit-via", "/nowhere"], input.as_bytes());
        assert_eq!(output.status.code(), Some(78), "{input:?}");
    }
}
