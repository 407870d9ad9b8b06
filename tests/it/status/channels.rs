//! What is said of the channels through which the person is told.

use std::fs;

use serde_json::Value;

use crate::support::log;
use crate::support::place::Place;

use super::{asked, needs, piped, shown, start, wait_for};

/// A place with one more channel, a program that ends so (shell).
fn place(ending: &str) -> Place {
    let place = Place::new("accounts = [\"facebook\"]");
    let config = fs::read_to_string(place.home.config()).unwrap();
    let phone = format!(
        "[[alert]]\nname = \"phone\"\nurl = \"exec:\"\n\
         command = [\"/bin/sh\", \"-c\", {ending:?}]\n"
    );
    fs::write(place.home.config(), format!("{config}\n{phone}")).unwrap();
    place
}

fn channel<'a>(status: &'a Value, name: &str) -> &'a Value {
    let mut channels = status["channels"].as_array().unwrap().iter();
    let found = channels.find(|channel| channel["outlet"].as_str().unwrap().starts_with(name));
    found.unwrap_or(&Value::Null)
}

#[test]
fn a_channel_that_refused_twice_is_not_well_long_before_its_alerts_are_given_up() {
    let place = place("echo 'no reception' >&2; exit 75");
    let _running = start(&place);
    place.deliver("1", &place.meta.code(super::CODE));
    log::wait_for(&place.home, "submission.accepted");
    place.deliver("2", &place.meta.decision());
    log::wait_for(&place.home, "decision.received");
    let fails = |status: &Value| !channel(status, "phone")["failing_since"].is_null();
    let status = wait_for(&place.home, fails);
    let phone = channel(&status, "phone");
    assert_eq!(phone["waiting"], 1, "{phone}");
    assert_eq!(phone["delivered_at"], Value::Null, "{phone}");
    assert!(
        phone["why"].as_str().unwrap().contains("no reception"),
        "{phone}"
    );
    let needs = needs(&status);
    assert_eq!(needs.len(), 1, "{needs:?}");
    assert!(
        needs[0].starts_with("The channel phone has not worked for "),
        "{needs:?}"
    );
    assert!(
        needs[0].contains(" s: 1 alert waits (no reception"),
        "{needs:?}"
    );
    let verdict = "one thing needs you; the folder is provably heard";
    assert_eq!(status["verdict"], verdict);
    assert!(piped(&place.home).starts_with(verdict));
    assert!(shown(&place.home).contains("The channel phone has not worked for "));
    let other = channel(&status, "stdout");
    assert_eq!(other["failing_since"], Value::Null, "{other}");
    assert!(other["delivered_at"].is_string(), "{other}");
}

#[test]
fn an_alert_that_was_given_up_is_something_to_do() {
    let place = place("echo 'no such number' >&2; exit 1");
    let _running = start(&place);
    place.deliver("1", &place.meta.code(super::CODE));
    log::wait_for(&place.home, "submission.accepted");
    place.deliver("2", &place.meta.decision());
    wait_for(&place.home, |status| {
        !status["undelivered"].as_array().unwrap().is_empty()
    });
    let status = asked(&place.home);
    let phone = channel(&status, "phone");
    assert_eq!(
        (&phone["given_up"], &phone["waiting"]),
        (&1.into(), &0.into())
    );
    let needs = needs(&status);
    let what = "The channel phone did not tell you everything lately: 1 alert was given up (";
    assert!(needs[0].starts_with(what), "{needs:?}");
}
