//! The sign of life: told while everything is heard, never while something is not.

use std::time::Duration;

use super::Line;
use crate::support::dovecot::{Options, PASSWORD};
use crate::support::http_sink::{HttpSink, Reply};
use crate::support::process::{Home, Running};
use crate::support::{PATIENCE, log, wait_until};

/// What nobody may read in a log.
const TOKEN: &str = "11111111-2222-3333-4444-555555555555";

/// A home that watches `line` and tells `sink`. One of its folders is not there and need not be.
fn home(line: &Line, sink: &HttpSink, every: &str) -> Home {
    let home = Home::empty();
    let port = sink.port();
    home.write("ping", &format!("http://127.0.0.1:{port}/{TOKEN}?rid=1\n"));
    let config = format!(
        "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\naccounts = [\"facebook\"]\n\
         imap = {{ {} }}\npassword = {{ value = \"{PASSWORD}\" }}\n\
         folders = [\"INBOX\", \"\\\\Junk\", \"\\\\Archive\"]\n\n\
         [[alert]]\nurl = \"stdout:\"\n\n[watch]\nsweep = \"1 s\"\ndeaf_after = \"4 s\"\n\n\
         [heartbeat]\nurl = {{ file = \"../../ping\" }}\nevery = \"{every}\"\n",
        line.imap("implicit"),
    );
    home.write("config/sustained/config.toml", &config);
    home
}

/// How many signs of life came, and how many alarms.
fn told(sink: &HttpSink) -> (usize, usize) {
    let received = sink.received();
    let count = |line: String| received.iter().filter(|one| one.line == line).count();
    let alive = count(format!("GET /{TOKEN}?rid=1"));
    let deaf = count(format!("POST /{TOKEN}/fail?rid=1"));
    assert_eq!(alive + deaf, received.len(), "{received:?}");
    (alive, deaf)
}

fn wait_for(running: &Running, what: impl FnMut() -> bool) {
    // Each failed connection doubles the pause before the next.
    assert!(wait_until(4 * PATIENCE, what), "{}", running.talk());
}

#[test]
fn it_stops_with_the_server_and_goes_on_with_it() {
    let Some(mut line) = Line::to(Options::default()) else {
        return;
    };
    let sink = HttpSink::start(vec![Reply::new(200, "OK")]);
    let home = home(&line, &sink, "1 s");
    let mut running = home.run();
    wait_for(&running, || told(&sink).0 >= 3);
    // The connection that is there says nothing any more, and no other is to be had.
    line.proxy.freeze();
    line.dovecot.stop();
    let alarms = told(&sink).1;
    wait_for(&running, || told(&sink).1 == alarms + 1);
    log::wait_for(&home, "mailbox.deaf");
    let before = told(&sink);
    assert!(!wait_until(Duration::from_secs(4), || told(&sink) != before));
    line.dovecot.restart();
    wait_for(&running, || told(&sink).0 >= before.0 + 2);
    log::wait_for(&home, "mailbox.heard");
    assert!(running.stop(PATIENCE).success());
    assert!(
        !running.talk().contains(TOKEN),
        "the address stands in the log"
    );
}

#[test]
fn it_comes_no_more_often_than_it_should_and_its_failure_ends_nothing() {
    let Some(line) = Line::to(Options::default()) else {
        return;
    };
    let sink = HttpSink::start(vec![Reply::new(500, "")]);
    let home = home(&line, &sink, "1 h");
    let mut running = home.run();
    running.wait_for_line("the heartbeat was not taken", PATIENCE);
    let more = || told(&sink).0 > 1;
    assert!(!wait_until(Duration::from_secs(3), more));
    assert!(running.is_running());
    assert!(running.stop(PATIENCE).success());
    assert!(
        !running.talk().contains(TOKEN),
        "the address stands in the log"
    );
}

#[test]
fn it_is_not_told_before_everything_was_heard() {
    let Some(mut line) = Line::to(Options::default()) else {
        return;
    };
    line.dovecot.stop();
    let sink = HttpSink::start(vec![Reply::new(200, "")]);
    let home = home(&line, &sink, "1 s");
    let running = home.run();
    wait_for(&running, || told(&sink).1 == 1);
    assert_eq!(told(&sink), (0, 1));
}
