//! Scripts that wait for a code: `sustained code`, and the socket itself. The real program with a
//! Maildir.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::support::place::Place;
use crate::support::process::Running;
use crate::support::{PATIENCE, log, shows, wait_until};

const CODE: &str = "482913";
const ACCOUNTS: &str = "accounts = [\"facebook\"]";

/// `sustained code` in the background.
fn code(place: &Place, args: &[&str]) -> Child {
    let args = [&["code"], args].concat();
    let mut command = place.home.command(&args);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn ended(child: Child) -> (i32, String, String) {
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let status = output.status.code().unwrap();
    (status, text(&output.stdout), text(&output.stderr))
}

/// Waits until so many scripts in all have come to wait.
fn waits(running: &Running, count: usize) {
    let waits = || waiting(running) >= count;
    assert!(wait_until(PATIENCE, waits), "{}", running.talk());
}

fn waiting(running: &Running) -> usize {
    let lines = running.stderr();
    let waiting = lines.iter().filter(|line| line.contains("a script waits"));
    waiting.count()
}

fn stage(place: &Place) -> String {
    let output = place.home.output(&["status", "--json"], b"");
    let status: Value = serde_json::from_slice(&output.stdout).unwrap();
    status["cases"][0]["stage"]
        .as_str()
        .unwrap_or("-")
        .to_owned()
}

/// A connection that has asked for a code.
fn asking(place: &Place) -> UnixStream {
    let mut stream = UnixStream::connect(place.home.state().join("socket")).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let request = json!({"do": "code", "wait_seconds": 60});
    // Whoever is turned away finds the other end closed, perhaps before he has asked.
    match stream.write_all(format!("{request}\n").as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => panic!("{error}"),
        _ => stream,
    }
}

fn line(stream: &UnixStream) -> Value {
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap_or(Value::Null)
}

#[test]
fn the_next_code_is_printed_and_nothing_else() {
    let place = Place::without_step(ACCOUNTS);
    let mut running = place.run();
    let waiting = code(&place, &["--wait", "60 s"]);
    waits(&running, 1);
    place.deliver("1", &place.meta.code(CODE));
    let (status, printed, said) = ended(waiting);
    assert_eq!((status, said.as_str()), (0, ""));
    assert!(printed == format!("{CODE}\n"), "something else was printed");
    log::wait_for(&place.home, "code.taken");
    assert_eq!(log::types(&place.home), ["code.received", "code.taken"]);
    assert_eq!(stage(&place), "code_taken");
    // It was handed over, and is not once more.
    let (status, ..) = ended(code(&place, &["--wait", "1 s"]));
    assert_eq!(status, 3);
    assert!(running.stop(PATIENCE).success());
    assert!(!shows(&running.talk(), CODE), "the code stands in the log");
}

#[test]
fn a_script_that_waits_comes_before_the_step_and_one_that_is_gone_does_not() {
    let place = Place::new(ACCOUNTS);
    let running = place.run();
    let waiting = code(&place, &["--wait", "60 s"]);
    waits(&running, 1);
    place.deliver("1", &place.meta.code(CODE));
    assert_eq!(ended(waiting).0, 0);
    assert!(place.step.handed_over().is_empty());
    let mut gone = code(&place, &["--wait", "60 s"]);
    waits(&running, 2);
    gone.kill().unwrap();
    gone.wait().unwrap();
    place.deliver("2", &place.meta.code("777123"));
    place.step.wait_for(1);
    log::wait_for(&place.home, "submission.accepted");
}

#[test]
fn a_code_that_came_a_moment_before_is_printed_once() {
    let place = Place::without_step(ACCOUNTS);
    let _running = place.run();
    place.deliver("1", &place.meta.code(CODE));
    log::wait_for(&place.home, "code.received");
    assert_eq!(stage(&place), "code_received");
    let (status, printed, _) = ended(code(&place, &["--json"]));
    assert_eq!(status, 0);
    let letter: Value = serde_json::from_str(&printed).unwrap();
    assert!(letter["code"] == CODE && letter["account"] == "facebook");
    log::wait_for(&place.home, "code.taken");
    let types = log::types(&place.home);
    assert_eq!(types, ["code.received", "code.asked", "code.taken"]);
}

#[test]
fn a_script_says_over_the_socket_what_became_of_the_code() {
    let place = Place::without_step(ACCOUNTS);
    let running = place.run();
    let answers = [
        (
            json!({"outcome": "rejected", "reason": "too short: 482913"}),
            "not_filed",
        ),
        (json!({"outcome": "filed"}), "submitted"),
        (json!("whatever"), "doubtful"),
    ];
    for (number, (answer, expected)) in answers.into_iter().enumerate() {
        let mut stream = asking(&place);
        waits(&running, number + 1);
        let raw = place.meta.code(&format!("4829{}", 13 + number));
        place.deliver(&number.to_string(), &raw);
        assert_eq!(line(&stream)["type"], "code.received");
        stream.write_all(format!("{answer}\n").as_bytes()).unwrap();
        let is_so = || stage(&place) == expected;
        assert!(
            wait_until(PATIENCE, is_so),
            "{} is not {expected}",
            stage(&place)
        );
    }
    let rejected = log::wait_for(&place.home, "submission.failed");
    assert_eq!(rejected["reason"], "too short: ••••", "{rejected}");
}

#[test]
fn whoever_asks_wrongly_or_too_much_is_told_so_and_holds_nothing_up() {
    let place = Place::without_step(ACCOUNTS);
    let running = place.run();
    for request in ["{\"do\":\"everything\"}\n", "\u{1b}[2J\n", "{}\n"] {
        let mut stream = UnixStream::connect(place.home.state().join("socket")).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        assert_eq!(line(&stream)["answer"], "refused");
    }
    // A line without an end.
    let mut stream = UnixStream::connect(place.home.state().join("socket")).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // The other side closes at its bound, so this may fail half-way.
    drop(stream.write_all(&vec![b'x'; 100_000]));
    drop(stream.shutdown(Shutdown::Write));
    let mut rest = Vec::new();
    drop(stream.read_to_end(&mut rest));
    assert!(rest.len() < 1000, "{} bytes", rest.len());
    let waiting = code(&place, &["--wait", "60 s"]);
    waits(&running, 1);
    place.deliver("1", &place.meta.code(CODE));
    assert_eq!(ended(waiting).0, 0);
}

#[test]
fn the_exit_code_says_why_there_is_no_code() {
    let place = Place::without_step(ACCOUNTS);
    let (status, printed, said) = ended(code(&place, &[]));
    assert_eq!((status, printed.as_str()), (5, ""));
    assert!(said.contains("nobody watches"), "{said}");
    let mut running = place.run();
    assert_eq!(ended(code(&place, &["--wait", "1 s"])).0, 3);
    let waiting = code(&place, &["--wait", "60 s"]);
    waits(&running, 2);
    place.deliver("1", &place.meta.two_codes(CODE, "777123"));
    let (status, printed, said) = ended(waiting);
    assert_eq!((status, printed.as_str()), (4, ""));
    assert!(said.contains("several numbers"), "{said}");
    assert_eq!(ended(code(&place, &["--wait", "soon"])).0, 2);
    // The Maildir is gone: nothing is provably heard.
    std::fs::remove_dir_all(place.home.path().join("Maildir")).unwrap();
    let (status, printed, said) = ended(code(&place, &["--wait", "40 s"]));
    assert_eq!((status, printed.as_str()), (5, ""), "{said}");
    assert!(running.stop(PATIENCE).success());
}

#[test]
fn arming_proves_every_folder_before_it_says_go() {
    let place = Place::new(ACCOUNTS);
    let mut running = place.run();
    let config = place.home.config();
    let arm = ["arm", "--json", "--config", config.to_str().unwrap()];
    let output = place.home.output(&arm, b"");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let armed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(
        armed["seconds_left"]
            .as_i64()
            .is_some_and(|left| (800..=900).contains(&left))
    );
    let status = place.home.output(&["status", "--json"], b"");
    let status: Value = serde_json::from_slice(&status.stdout).unwrap();
    let heard: jiff::Timestamp = status["folders"][0]["heard_at"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let armed_at: jiff::Timestamp = armed["at"].as_str().unwrap().parse().unwrap();
    assert!(heard >= armed_at, "{heard} is before {armed_at}");
    std::fs::remove_dir_all(place.home.path().join("Maildir")).unwrap();
    let output = place.home.output(&arm, b"");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(69), "{said}");
    assert!(said.contains("not proved to be heard: me INBOX"), "{said}");
    assert!(running.stop(PATIENCE).success());
}

#[test]
fn a_mailbox_that_the_daemon_does_not_know_is_not_armed() {
    let place = Place::new(ACCOUNTS);
    let mut running = place.run();
    running.wait_for_line("watching", PATIENCE);
    // The daemon still runs on the configuration that has no such mailbox.
    place.add_another();
    let arm = || {
        let config = place.home.config();
        let arm = ["arm", "--config", config.to_str().unwrap()];
        let output = place.home.output(&arm, b"");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(69), "{said}");
        assert!(output.stdout.is_empty());
        said
    };
    let said = arm();
    let expected = "not armed, do not press Send yet: you is not watched; reload";
    assert!(said.contains(expected), "{said}");
    assert!(running.stop(PATIENCE).success());
    assert!(arm().contains("nobody watches"));
    assert_eq!(log::types(&place.home), [""; 0]);
}

#[test]
fn a_script_that_finds_no_place_is_told_so_and_gets_one_when_another_ends() {
    let place = Place::without_step(ACCOUNTS);
    let running = place.run();
    let mut asking: Vec<UnixStream> = (0..32).map(|_| self::asking(&place)).collect();
    waits(&running, 32);
    let (code, _, said) = ended(self::code(&place, &["--wait", "60 s"]));
    assert_eq!(code, 5, "{said}");
    assert!(said.contains("32 scripts are connected already"), "{said}");
    drop(asking.pop());
    let has_place = || {
        asking.push(self::asking(&place));
        waiting(&running) > 32
    };
    assert!(wait_until(PATIENCE, has_place), "{}", running.talk());
}
