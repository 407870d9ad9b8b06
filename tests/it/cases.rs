//! Cases: what their events add up to, the person's own word, linked accounts, and reminders. The
//! real program with a Maildir.

use std::fs;
use std::process::Command;

use jiff::ToSpan as _;
use jiff::tz::TimeZone;
use rusqlite::Connection;
use serde_json::Value;
use sustained::case::{Case, CodePolicy, Event, Policy, transition};

use crate::support::place::Place;
use crate::support::process::Running;
use crate::support::{PATIENCE, log, missing, wait_until};

const CODE: &str = "482913";

fn status(place: &Place) -> Value {
    let output = place.home.output(&["status", "--json"], b"");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn note(place: &Place, args: &[&str]) -> std::process::Output {
    let config = place.home.config();
    let all = [&["note"], args, &["--config", config.to_str().unwrap()]].concat();
    place.home.output(&all, b"")
}

/// The cases as their events add up to them, and as they are stored.
fn folded_and_stored(place: &Place) -> (Vec<Case>, Vec<Case>) {
    let db = Connection::open(place.home.state().join("sustained.db")).unwrap();
    let mut cases = db
        .prepare("SELECT id, state FROM \"case\" ORDER BY id")
        .unwrap();
    let cases = cases
        .query_map([], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
        })
        .unwrap();
    let (mut folded, mut stored) = (vec![], vec![]);
    for (id, json) in cases.map(Result::unwrap) {
        let last: Case = serde_json::from_str(&json).unwrap();
        let mut case = Case::new(last.linked.clone());
        let mut events = db
            .prepare("SELECT at, detail FROM event WHERE case_id = ?1 ORDER BY id")
            .unwrap();
        let events = events
            .query_map([id], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
            })
            .unwrap();
        for (at, detail) in events.map(Result::unwrap) {
            let event: Event = serde_json::from_str(&detail).unwrap();
            let at = jiff::Timestamp::from_microsecond(at).unwrap();
            let policy = Policy {
                codes: CodePolicy::HandOver,
                ..Policy::of_nobody()
            };
            case = transition(&case, &event, at, &policy).case;
        }
        folded.push(case);
        stored.push(last);
    }
    (folded, stored)
}

#[test]
fn a_case_is_what_its_events_add_up_to() {
    let place = Place::new("accounts = [\"facebook\"]");
    place.deliver("1", &place.meta.notification());
    let mut running = place.run();
    log::wait_for(&place.home, "notification.received");
    place.deliver("2", &place.meta.code(CODE));
    log::wait_for(&place.home, "submission.accepted");
    place.deliver("3", &place.meta.decision());
    let decision = log::wait_for(&place.home, "decision.received");
    assert!(
        decision["seconds_after_code"]
            .as_i64()
            .is_some_and(|s| s < 60)
    );
    assert!(note(&place, &["declined"]).status.success());
    log::wait_for(&place.home, "case.noted");
    let (folded, stored) = folded_and_stored(&place);
    assert_eq!(folded, stored);
    let shown = status(&place);
    assert_eq!(shown["cases"][0]["stage"], "declined");
    assert_eq!(shown["cases"][0]["effective_date"], "2024-06-26");
    let text = place.home.output(&["status"], b"").stdout;
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(
        text.contains("s after filing: automatic in all likelihood"),
        "{text}"
    );
    assert!(running.stop(PATIENCE).success());
}

#[test]
fn linked_accounts_are_one_case_and_the_unnamed_one_is_asked_for() {
    let linked = "accounts = [\"facebook\", \"instagram\"]\nlinked = [\"facebook\", \"instagram\"]";
    let place = Place::new(linked);
    let running = place.run();
    place.deliver("1", &place.meta.code(CODE));
    log::wait_for(&place.home, "submission.accepted");
    let about = "your objection for your Instagram account";
    place.deliver("2", &place.meta.decision_about(about));
    let recorded = log::wait_for(&place.home, "decision.received");
    assert_eq!(recorded["named"], "instagram", "{recorded}");
    let shown = status(&place);
    let cases = shown["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 1, "{shown}");
    assert_eq!(
        cases[0]["linked"],
        serde_json::json!(["facebook", "instagram"])
    );
    assert_eq!(cases[0]["unnamed"], serde_json::json!(["facebook"]));
    let asked = || {
        running
            .stdout()
            .iter()
            .any(|line| line.contains("It does not name Facebook"))
    };
    assert!(wait_until(PATIENCE, asked), "{}", running.talk());
}

#[test]
fn a_refused_objection_that_is_filed_anew_is_another_case() {
    let place = Place::new("accounts = [\"facebook\"]");
    let _running = place.run();
    place.deliver("1", &place.meta.code(CODE));
    log::wait_for(&place.home, "submission.accepted");
    assert!(note(&place, &["declined"]).status.success());
    log::wait_for(&place.home, "case.noted");
    // The signature has whole seconds, and the code has to be sent after the refusal.
    let refused_in = jiff::Timestamp::now().as_second();
    assert!(wait_until(PATIENCE, || jiff::Timestamp::now().as_second() > refused_in));
    place.deliver("2", &place.meta.code("777123"));
    log::wait_for_count(&place.home, "submission.accepted", 2);
    let shown = status(&place);
    let stages: Vec<&str> = shown["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| case["stage"].as_str().unwrap())
        .collect();
    assert_eq!(stages, ["declined", "submitted"]);
    assert!(
        shown["cases"][1]["campaign"]
            .as_str()
            .unwrap()
            .ends_with(".2")
    );
}

#[test]
fn what_a_step_refused_is_said_with_its_reason() {
    let place = Place::ending(
        "accounts = [\"facebook\"]",
        "echo 'your reason is too short: 100 characters' >&2; exit 1",
    );
    let _running = place.run();
    place.deliver("1", &place.meta.code(CODE));
    log::wait_for(&place.home, "submission.failed");
    let shown = status(&place);
    assert_eq!(shown["cases"][0]["stage"], "not_filed");
    let reason = "your reason is too short: 100 characters";
    assert_eq!(shown["cases"][0]["reason"], reason);
}

#[test]
fn an_overdue_answer_is_told_once_with_how_the_date_was_computed() {
    let place = Place::new("accounts = [\"facebook\"]");
    let mut running = place.run();
    // Nothing came by mail: the person filed it by themselves, and says when.
    let said = note(&place, &["filed", "--on", "2026-01-31"]);
    assert!(
        said.status.success(),
        "{}",
        String::from_utf8_lossy(&said.stderr)
    );
    let reminded = log::wait_for(&place.home, "reminder.due");
    assert_eq!(reminded["reminder"], "answer_overdue");
    let told = || {
        running
            .stdout()
            .iter()
            .any(|line| line.contains("was due by 2026-03-02"))
    };
    assert!(wait_until(PATIENCE, told), "{}", running.talk());
    let shown = status(&place);
    assert_eq!(shown["cases"][0]["stage"], "overdue");
    assert_eq!(shown["cases"][0]["answer_due"], "2026-03-02");
    let derivation = shown["cases"][0]["derivation"].to_string();
    assert!(derivation.contains("Regulation 1182/71") && derivation.contains("not legal advice"));
    assert!(running.stop(PATIENCE).success());
    let mut again = place.run();
    assert!(again.stop(PATIENCE).success());
    let types = log::types(&place.home);
    let count = types.iter().filter(|one| *one == "reminder.due").count();
    assert_eq!(count, 1, "{types:?}");
    // And without a daemon the person's word is written all the same.
    assert!(note(&place, &["honored"]).status.success());
    assert_eq!(status(&place)["cases"][0]["stage"], "honored");
}

const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

/// The program with a clock that is set forward.
fn run_later(place: &Place, by: &str) -> Running {
    let config = place.home.config();
    let mut command: Command = place
        .home
        .command(&["run", "--config", config.to_str().unwrap()]);
    command
        .env("LD_PRELOAD", FAKETIME)
        .env("FAKETIME", by)
        .env("DONT_FAKE_MONOTONIC", "1");
    let running = Running::start(command);
    running.wait_for_line("watching", PATIENCE);
    running
}

#[test]
fn the_week_and_the_day_before_the_change_are_told_while_nothing_is_filed() {
    if fs::metadata(FAKETIME).is_err() {
        missing("libfaketime", "faketime");
        return;
    }
    let place = Place::new("accounts = [\"facebook\"]");
    let now = jiff::Timestamp::now();
    let noon = TimeZone::UTC.to_datetime(now).date().at(12, 0, 0, 0);
    let effective = noon.date().checked_add(20.days()).unwrap();
    place.deliver("1", &place.meta.notification_from(effective));
    let mut running = place.run();
    log::wait_for(&place.home, "notification.received");
    assert!(running.stop(PATIENCE).success());
    assert_eq!(log::types(&place.home), ["notification.received"]);
    for (days, reminder, count) in [(15, "week_before", 1), (19, "day_before", 2)] {
        let then = TimeZone::UTC.to_timestamp(noon.checked_add(days.days()).unwrap());
        let ahead = then.unwrap().duration_since(now).as_secs();
        let mut later = run_later(&place, &format!("+{ahead}s"));
        let reminded = log::wait_for_count(&place.home, "reminder.due", count);
        assert_eq!(reminded["reminder"], reminder);
        assert!(later.stop(PATIENCE).success());
    }
    let mut after = run_later(&place, "+22d");
    assert!(after.stop(PATIENCE).success());
    let types = log::types(&place.home);
    assert_eq!(
        types.iter().filter(|one| *one == "reminder.due").count(),
        2,
        "{types:?}"
    );
}

#[test]
fn a_database_of_the_first_version_is_brought_forward_and_a_newer_one_is_refused() {
    let place = Place::new("accounts = [\"facebook\"]");
    let path = place.home.state().join("sustained.db");
    let db = Connection::open(&path).unwrap();
    db.execute_batch(include_str!("../../src/store/schema.sql"))
        .unwrap();
    db.execute_batch(
        "INSERT INTO \"case\" (mailbox, account, campaign, opened_at, state)
         VALUES ('me', 'facebook', '2026-11-01', 1, '{\"state\":\"notified\"}');
         INSERT INTO event (at, mailbox, folder, case_id, message, name, detail, because, links)
         VALUES (1, 'me', 'INBOX', NULL, NULL, 'armed',
             '{\"event\":\"armed\",\"account\":null,\"until\":\"2026-11-01T00:00:00Z\"}',
             '[]', '[]');
         INSERT INTO effect (event_id, outlet, what, state, next_at)
         VALUES (1, 'gone', '{}', 'done', 1);
         PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(db);
    // Until the daemon has brought it forward, who only reads says what to do.
    let output = place.home.output(&["status"], b"");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(69), "{said}");
    assert!(said.contains("restart the daemon"), "{said}");
    let mut running = place.run();
    place.deliver("1", &place.meta.code(CODE));
    log::wait_for(&place.home, "submission.accepted");
    assert!(running.stop(PATIENCE).success());
    assert_eq!(status(&place)["cases"][0]["campaign"], "2026-11-01");
    let db = Connection::open(&path).unwrap();
    let refused = db.execute("DELETE FROM event", []).unwrap_err().to_string();
    assert!(refused.contains("append-only"), "{refused}");
    db.execute_batch("PRAGMA user_version = 99").unwrap();
    drop(db);
    let config = place.home.config();
    let args = ["run", "--config", config.to_str().unwrap()];
    let output = place.home.output(&args, b"");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("use the newer release"), "{said}");
}

#[test]
fn a_word_without_a_daemon_leaves_the_mailboxes_watched() {
    let place = Place::new("accounts = [\"facebook\"]");
    let mut running = place.run();
    place.deliver("1", &place.meta.notification());
    log::wait_for(&place.home, "notification.received");
    assert!(running.stop(PATIENCE).success());
    let names = || {
        let status = status(&place);
        let all = status["folders"].as_array().unwrap().iter();
        all.map(|one| one["folder"].clone()).collect::<Vec<_>>()
    };
    let before = names();
    assert!(before.contains(&"INBOX".into()), "{before:?}");
    assert!(note(&place, &["filed"]).status.success());
    assert_eq!(names(), before);
}
