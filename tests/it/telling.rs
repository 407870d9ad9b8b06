//! When and through which channel the person is told: types, quiet hours, too much for an hour, and
//! the code in an alert. The real program with a Maildir and a server that keeps what it is sent.

use std::fs;

use rusqlite::Connection;
use serde_json::Value;

use crate::support::http_sink::{HttpSink, Reply};
use crate::support::meta::unsigned_code;
use crate::support::place::Place;
use crate::support::step::Step;
use crate::support::{PATIENCE, log, shows, wait_until};

const CODE: &str = "482913";

/// How Gotify says that it took a message.
const TAKEN: &str = r#"{"id":1,"appid":1,"message":"m","date":"2026-01-01T00:00:00Z"}"#;

/// A channel to `sink` with these keys.
fn channel(name: &str, sink: &HttpSink, keys: &str) -> String {
    format!(
        "[[alert]]\nname = \"{name}\"\nurl = \"gotify://127.0.0.1:{}\"\n\
         token = {{ value = \"t\" }}\n{keys}\n\n",
        sink.port()
    )
}

/// A place whose alerts go through these channels, too.
fn place(step: bool, channels: &[String]) -> Place {
    let accounts = "accounts = [\"facebook\"]";
    let place = if step {
        Place::new(accounts)
    } else {
        Place::without_step(accounts)
    };
    let config = fs::read_to_string(place.home.config()).unwrap();
    place.home.write(
        "config/sustained/config.toml",
        &(channels.concat() + &config),
    );
    place
}

/// The texts of what a sink was sent so far.
fn texts(sink: &HttpSink) -> Vec<String> {
    let body = |body: &str| serde_json::from_str::<Value>(body).unwrap();
    let text = |body: Value| format!("{}\n{}", body["title"], body["message"]);
    sink.received()
        .iter()
        .map(|one| text(body(&one.body)))
        .collect()
}

fn wait_for_texts(sink: &HttpSink, count: usize) -> Vec<String> {
    let there = || texts(sink).len() >= count;
    assert!(wait_until(PATIENCE, there), "{:?}", texts(sink));
    texts(sink)
}

#[test]
fn a_channel_tells_the_types_it_names_and_holds_the_code_where_it_may() {
    let [with, without, other] = [(); 3].map(|()| HttpSink::start(vec![Reply::new(200, TAKEN)]));
    let place = place(
        false,
        &[
            channel("with", &with, "code = true"),
            channel("without", &without, ""),
            channel("other", &other, "types = [\"decision.received\"]"),
        ],
    );
    let mut running = place.run();
    place.deliver("1", &place.meta.code(CODE));
    let told = wait_for_texts(&with, 1).remove(0);
    assert!(
        told.contains(&format!("The code is {CODE}")),
        "it is missing"
    );
    let told = wait_for_texts(&without, 1).remove(0);
    assert!(!told.contains(CODE), "the code stands in it");
    assert!(told.contains("not repeated in this alert"), "{told}");
    place.deliver("2", &place.meta.decision());
    assert!(wait_for_texts(&other, 1)[0].contains("honored"));
    wait_for_texts(&with, 2);
    assert_eq!(texts(&other).len(), 1);
    assert!(running.stop(PATIENCE).success());
    assert!(!shows(&running.talk(), CODE), "the code stands in the log");
    let record = fs::read(place.home.state().join("decisions.jsonl")).unwrap();
    assert!(!shows(&String::from_utf8_lossy(&record), CODE));
}

#[test]
fn a_hand_over_that_a_crash_cut_off_is_asked_about_with_the_code() {
    let sink = HttpSink::start(vec![Reply::new(200, TAKEN)]);
    let keys = "code = true\ntypes = [\"submission.failed\"]";
    let mut place = place(true, &[channel("with", &sink, keys)]);
    place.step = Step::ending(&place.home, "exec sleep 600");
    let mut running = place.run();
    place.deliver("1", &place.meta.code(CODE));
    place.step.wait_for(1);
    running.kill9();
    let mut running = place.run();
    let told = wait_for_texts(&sink, 1).remove(0);
    assert!(told.contains("may or may not have been typed"), "{told}");
    assert!(told.contains("Was it filed?"), "{told}");
    assert!(
        told.contains(&format!("The code is {CODE}")),
        "it is missing"
    );
    log::wait_for(&place.home, "submission.doubtful");
    let output = place.home.output(&["status", "--json"], b"");
    let status: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(status["cases"][0]["stage"], "doubtful");
    assert_eq!(place.step.handed_over().len(), 1);
    assert!(running.stop(PATIENCE).success());
}

#[test]
fn what_is_too_much_for_an_hour_becomes_one_alert_and_a_code_does_not_wait() {
    let sink = HttpSink::start(vec![Reply::new(200, TAKEN)]);
    let place = place(false, &[channel("few", &sink, "at_most = 3")]);
    let mut running = place.run();
    for number in 0..30 {
        place.deliver(
            &format!("f{number}"),
            &unsigned_code(&format!("{}", 482_900 + number)),
        );
    }
    log::wait_for_count(&place.home, "mail.forged", 30);
    place.deliver("code", &place.meta.code(CODE));
    let told = wait_for_texts(&sink, 4);
    assert_eq!(told.len(), 4, "{told:?}");
    assert_eq!(
        told.iter()
            .filter(|one| one.contains("only claims"))
            .count(),
        3
    );
    assert_eq!(
        told.iter().filter(|one| one.contains("is waiting")).count(),
        1
    );
    assert!(running.stop(PATIENCE).success());
    // The rest waits as one.
    let db = Connection::open(place.home.state().join("sustained.db")).unwrap();
    let mut due = db
        .prepare("SELECT what FROM effect WHERE state = 'due' AND outlet = 'few'")
        .unwrap();
    let due = due.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let due: Vec<Value> = due
        .map(|what| serde_json::from_str(&what.unwrap()).unwrap())
        .collect();
    assert_eq!(due.len(), 1, "{due:?}");
    assert_eq!(due[0]["notice"], "summary");
    assert_eq!(due[0]["counts"]["mail.forged"], 27);
    // An hour later it is told.
    db.execute("UPDATE effect SET next_at = 0 WHERE state = 'due'", [])
        .unwrap();
    let mut running = place.run();
    let told = wait_for_texts(&sink, 5);
    assert!(told[4].contains("27 of mail.forged"), "{}", told[4]);
    assert!(running.stop(PATIENCE).success());
}

#[test]
fn in_quiet_hours_what_can_wait_waits_for_their_end() {
    let sink = HttpSink::start(vec![Reply::new(200, TAKEN)]);
    // All day but for the minute before now: quiet, whenever the test runs.
    let now = jiff::tz::TimeZone::UTC
        .to_datetime(jiff::Timestamp::now())
        .time();
    let minute = |ahead: i64| {
        let time = now.wrapping_add(jiff::Span::new().minutes(ahead));
        time.strftime("%H:%M").to_string()
    };
    let quiet = format!("quiet = \"{}-{} UTC\"", minute(-5), minute(-10));
    let place = place(false, &[channel("quiet", &sink, &quiet)]);
    let mut running = place.run();
    place.deliver("1", &place.meta.decision());
    log::wait_for(&place.home, "decision.received");
    place.deliver("2", &place.meta.code(CODE));
    let told = wait_for_texts(&sink, 1);
    assert!(told[0].contains("is waiting"), "{told:?}");
    assert!(running.stop(PATIENCE).success());
    assert_eq!(texts(&sink).len(), 1);
    let db = Connection::open(place.home.state().join("sustained.db")).unwrap();
    let next_at: i64 = db
        .query_row(
            "SELECT next_at FROM effect WHERE state = 'due' AND outlet = 'quiet'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let ends = jiff::Timestamp::from_microsecond(next_at).unwrap();
    let ends = jiff::tz::TimeZone::UTC.to_datetime(ends).time();
    assert_eq!(ends.strftime("%H:%M").to_string(), minute(-10));
}
