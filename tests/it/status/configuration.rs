//! What is said of the configuration: that another one was refused at a reload, and what is
//! objected for and has no case yet.

use std::fs;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::place::Place;
use crate::support::{PATIENCE, log};

use super::{asked, needs, piped, shown, start, wait_for};

#[test]
fn a_refused_reload_is_said_everywhere_until_one_is_taken_on() {
    let place = Place::without_step("accounts = [\"facebook\"]");
    let mut running = start(&place);
    assert_eq!(asked(&place.home)["configuration_refused"], Value::Null);
    let config = fs::read_to_string(place.home.config()).unwrap();
    let wrong = format!("{config}\n[what]\n");
    fs::write(place.home.config(), &wrong).unwrap();
    running.signal(Signal::HUP);
    let is_refused = |status: &Value| !status["configuration_refused"].is_null();
    let status = wait_for(&place.home, is_refused);
    let why = status["configuration_refused"].as_str().unwrap();
    let line = wrong.lines().count();
    assert!(why.starts_with(&format!("line {line}, column ")), "{why}");
    let text = needs(&status)[0].to_owned();
    let refused = "The configuration was refused at the last reload (line ";
    assert!(text.starts_with(refused), "{text}");
    let verdict = "one thing needs you; the folder is provably heard";
    assert_eq!(status["verdict"], verdict);
    // What is watched is heard, and that is what the exit code says.
    assert_eq!(status["healthy"], true);
    let said = piped(&place.home);
    assert!(
        said.starts_with(&format!("{verdict}\n  ! {text}\n")),
        "{said}"
    );
    assert!(shown(&place.home).contains(refused));
    fs::write(place.home.config(), config).unwrap();
    running.signal(Signal::HUP);
    let status = wait_for(&place.home, |status| !is_refused(status));
    assert_eq!(needs(&status), [] as [&str; 0]);
    // Where nobody runs on the old one, there is no old one.
    fs::write(place.home.config(), wrong).unwrap();
    running.signal(Signal::HUP);
    wait_for(&place.home, is_refused);
    assert!(running.stop(PATIENCE).success());
    assert!(!is_refused(&asked(&place.home)));
}

#[test]
fn accounts_of_which_nothing_came_are_named() {
    let place = Place::without_step(
        "accounts = [\"facebook\", \"instagram\", \"threads\"]\n\
         linked = [\"facebook\", \"instagram\"]",
    );
    let mut running = start(&place);
    let both = json!({ "mailbox": "me", "accounts": ["facebook", "instagram"] });
    let threads = json!({ "mailbox": "me", "accounts": ["threads"] });
    assert_eq!(asked(&place.home)["awaited"], json!([both, threads]));
    let said = piped(&place.home);
    let line = "  me           facebook+instagram nothing came yet\n";
    assert!(said.contains(line), "{said}");
    let seen = shown(&place.home);
    assert!(
        seen.contains("Facebook and Instagram in me: Nothing came yet"),
        "{seen}"
    );
    place.deliver("1", &place.meta.notification());
    log::wait_for(&place.home, "notification.received");
    assert_eq!(asked(&place.home)["awaited"], json!([threads]));
    assert!(!piped(&place.home).contains("facebook+instagram nothing"));
    // So it is without a daemon.
    assert!(running.stop(PATIENCE).success());
    assert_eq!(asked(&place.home)["awaited"], json!([threads]));
}
