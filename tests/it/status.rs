//! How everything is: the same verdict and the same things to do for a pipe, a terminal, a program
//! and a browser.

mod channels;
mod configuration;
mod folders;

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::support::place::Place;
use crate::support::process::{Home, Running};
use crate::support::terminal::{Terminal, seen};
use crate::support::{PATIENCE, log, wait_until};

const CODE: &str = "482913";

/// What `status --json` says; nothing before there is a record.
fn asked(home: &Home) -> Value {
    let output = home.output(&["status", "--json"], b"");
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}

/// What `status` says in a pipe.
fn piped(home: &Home) -> String {
    String::from_utf8(home.output(&["status"], b"").stdout).unwrap()
}

/// What `status` says on a terminal, without its line ends.
fn shown(home: &Home) -> String {
    seen(&Terminal::show(home.command(&["status"]), 120)).join(" ")
}

/// Waits until what `status --json` says is so.
fn wait_for(home: &Home, is_so: impl Fn(&Value) -> bool) -> Value {
    let mut status = asked(home);
    wait_until(PATIENCE, || {
        status = asked(home);
        is_so(&status)
    });
    assert!(is_so(&status), "{status:#}");
    status
}

/// What needs the person, by `status --json`.
fn needs(status: &Value) -> Vec<&str> {
    let needs = status["needs_you"].as_array().unwrap().iter();
    needs.map(|todo| todo["text"].as_str().unwrap()).collect()
}

fn start(place: &Place) -> Running {
    let running = place.run();
    wait_for(&place.home, |status| status["healthy"] == true);
    running
}

#[test]
fn every_form_has_the_same_verdict_and_the_same_things_to_do() {
    let place = Place::without_step("accounts = [\"facebook\"]");
    let mut running = start(&place);
    let status = asked(&place.home);
    assert_eq!(status["verdict"], "all well: the folder is provably heard");
    assert_eq!(needs(&status), [] as [&str; 0]);
    assert!(piped(&place.home).starts_with("all well: the folder is provably heard\n  me "));
    place.deliver("1", &place.meta.notification());
    log::wait_for(&place.home, "notification.received");
    let status = asked(&place.home);
    let verdict = "one thing needs you; the folder is provably heard";
    assert_eq!(status["verdict"], verdict);
    let todo = &status["needs_you"][0];
    let link = todo["link"].as_str().unwrap();
    assert!(link.starts_with("https://"), "{todo}");
    let text = todo["text"].as_str().unwrap();
    assert!(
        text.contains(&format!("open the form at {link} or run")),
        "{text}"
    );
    assert_eq!(
        (&todo["mailbox"], &todo["account"]),
        (&"me".into(), &"facebook".into())
    );
    let message = todo["message"].as_str().unwrap();
    let kept = place.home.state().join(format!("evidence/{message}.eml"));
    assert!(kept.exists(), "{todo}");
    let said = piped(&place.home);
    assert!(
        said.starts_with(&format!("{verdict}\n  ! {text}\n  me ")),
        "{said}"
    );
    let seen = shown(&place.home);
    assert!(
        seen.starts_with("! One thing needs you; the folder is"),
        "{seen}"
    );
    assert!(seen.contains("Facebook: Meta announced"), "{seen}");
    assert!(running.stop(PATIENCE).success());
    let status = asked(&place.home);
    assert_eq!(status["verdict"], "not running: nothing is watched");
    assert!(needs(&status)[0].starts_with("Start it: "), "{status}");
}

#[test]
fn it_is_said_whose_mailbox_it_is_where_there_are_several() {
    let place = Place::without_step("accounts = [\"facebook\"]");
    place.add_another();
    let _running = start(&place);
    place.deliver("1", &place.meta.notification());
    log::wait_for(&place.home, "notification.received");
    let status = asked(&place.home);
    let verdict = "one thing needs you; both folders are provably heard";
    assert_eq!(status["verdict"], verdict);
    let text = needs(&status)[0];
    assert!(
        text.starts_with("Facebook in mailbox me: Meta announced"),
        "{text}"
    );
}

#[test]
fn an_answer_stays_what_it_is_when_a_later_message_cannot_be_read() {
    let place = Place::new("accounts = [\"facebook\"]");
    let _running = start(&place);
    place.deliver("1", &place.meta.code(CODE));
    log::wait_for(&place.home, "submission.accepted");
    place.deliver("2", &place.meta.decision());
    log::wait_for(&place.home, "decision.received");
    place.deliver("3", &place.meta.two_codes("771204", "771205"));
    log::wait_for(&place.home, "mail.unclear");
    let status = asked(&place.home);
    // What programs go by is as it was.
    assert_eq!(status["cases"][0]["stage"], "unclear");
    assert_eq!(status["cases"][0]["outcome"], "honored");
    let text = needs(&status)[0];
    let today = jiff::Timestamp::now().strftime("%-d %B %Y").to_string();
    assert!(text.contains(" to INBOX needs your eyes"), "{text}");
    assert!(text.contains(&today), "{text}");
    let said = piped(&place.home);
    assert!(said.contains(": honored on 2"), "{said}");
    assert!(said.contains("; a later message needs your eyes"), "{said}");
    let seen = shown(&place.home);
    assert!(seen.contains(": Honored  "), "{seen}");
    assert!(seen.contains("a later message needs your eyes"), "{seen}");
}

#[test]
fn a_day_is_that_of_the_person() {
    let place = Place::without_step("accounts = [\"facebook\"]");
    let _running = start(&place);
    place.deliver("1", &place.meta.two_codes("771204", "771205"));
    let unclear = log::wait_for(&place.home, "mail.unclear");
    let at: jiff::Timestamp = unclear["at"].as_str().unwrap().parse().unwrap();
    // Somewhere it is another day than in UTC, at any hour.
    let is_late = at.strftime("%H").to_string().as_str() >= "12";
    let (zone, hours) = if is_late {
        ("<+14>-14", 14)
    } else {
        ("<-12>12", -12)
    };
    let mut command = place.home.command(&["status"]);
    let output = command.env("TZ", zone).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let there = at + jiff::SignedDuration::from_hours(hours);
    let day = there
        .strftime(" that came on %-d %B %Y to INBOX")
        .to_string();
    assert!(said.contains(&day), "{day}: {said}");
}

#[test]
fn the_message_that_is_named_is_the_newest_and_not_the_one_that_was_read_last() {
    let place = Place::without_step("accounts = [\"facebook\"]");
    let _running = start(&place);
    place.deliver("new", &place.meta.notification());
    let newest = log::wait_for(&place.home, "notification.received");
    // An older one that is found late: it was written an hour ago.
    let other_day = jiff::civil::date(2024, 7, 1);
    let maildir = place.home.path().join("Maildir");
    fs::write(
        maildir.join("tmp/old"),
        place.meta.notification_from(other_day),
    )
    .unwrap();
    let file = File::options()
        .write(true)
        .open(maildir.join("tmp/old"))
        .unwrap();
    let an_hour_ago = SystemTime::now() - Duration::from_hours(1);
    file.set_modified(an_hour_ago).unwrap();
    fs::rename(maildir.join("tmp/old"), maildir.join("new/old")).unwrap();
    log::wait_for_count(&place.home, "notification.received", 2);
    let named = asked(&place.home)["needs_you"][0]["message"].clone();
    let evidence = format!("evidence/{}.eml", named.as_str().unwrap());
    assert_eq!(newest["evidence"], evidence);
}
