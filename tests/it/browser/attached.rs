//! The submission step `browser` by the real program: the person has sent the form in a browser of
//! their own, a code mail comes into a Maildir, and the code is typed into the page that waits.

use std::fs;
use std::time::Duration;

use serde_json::Value;
use sustained::outlet::browser::driver::Make;

use super::FACEBOOK;
use crate::support::browsers::{self, Own};
use crate::support::forms::{Forms, recipes_on_loopback};
use crate::support::place::Place;
use crate::support::process::Running;
use crate::support::{PATIENCE, log, wait_until};

/// A hand-over may take a minute here, and starts a driver first.
const HANDED_OVER: Duration = Duration::from_secs(75);

const CODES: [&str; 2] = ["482913", "771204"];

/// A mailbox whose codes go to the browser at `address`.
fn place(driver: &str, address: &str, timeout: &str) -> Place {
    let tables = format!(
        "[submission]\nbrowser = {{ address = \"{address}\" }}\ntimeout = \"{timeout}\"\n\n\
         [browser]\ndriver = \"{driver}\"\nrecipes = \"recipes\"\n"
    );
    let place = Place::with_tables("accounts = [\"facebook\"]", &tables);
    recipes_on_loopback(&place.home.config().with_file_name("recipes"));
    place
}

fn deliver(place: &Place, code: &str) {
    place.deliver(&format!("{code}.code"), &place.meta.code(code));
}

/// The codes that the forms were sent.
fn typed(forms: &Forms) -> Vec<String> {
    let sent = forms.sent();
    sent.iter().map(|form| form["code"].clone()).collect()
}

fn is_accepted(place: &Place) -> bool {
    log::types(&place.home).contains(&"submission.accepted".to_owned())
}

fn tells_no_code(running: &Running) {
    let talk = running.talk();
    let is_told = CODES.iter().any(|code| talk.contains(code));
    assert!(!is_told, "a code stands in the log");
}

in_each_browser!(a_code_is_typed_where_it_is_waited_for_and_the_browser_stays);

fn a_code_is_typed_where_it_is_waited_for_and_the_browser_stays(make: Make) {
    let Some(driver) = browsers::driver(make) else {
        return;
    };
    let forms = Forms::start();
    let waits = forms.url(FACEBOOK, "de", "code,code:wrong,message:filed");
    let other = forms.url("/", "de", "unknown");
    let mut own = Own::start(make, &[&other, &waits, "about:blank"]);
    let place = place(&driver, &own.address(), "60 s");
    let running = place.run();

    deliver(&place, CODES[0]);
    running.wait_for_line("the form says that the code is wrong", HANDED_OVER);
    assert!(typed(&forms) == [CODES[0]], "another code was typed");
    assert!(own.is_running(), "the person's browser was closed");

    // The page that says so waits for the next code: it is there, and can be driven again.
    deliver(&place, CODES[1]);
    assert!(
        wait_until(HANDED_OVER, || is_accepted(&place)),
        "{}",
        running.talk()
    );
    assert!(typed(&forms) == [CODES[1]], "another code was typed");
    assert!(own.is_running(), "the person's browser was closed");
    tells_no_code(&running);
}

#[test]
fn a_page_that_comes_after_the_code_is_waited_for() {
    let Some(driver) = browsers::driver(Make::Chromium) else {
        return;
    };
    let forms = Forms::start();
    let own = Own::start(Make::Chromium, &["about:blank"]);
    let place = place(&driver, &own.address(), "60 s");
    let running = place.run();
    deliver(&place, CODES[0]);
    // The driver is there: it looks through the windows.
    let is_driven = || {
        fs::read_dir("/proc").unwrap().flatten().any(|process| {
            let status = fs::read_to_string(process.path().join("status")).unwrap_or_default();
            status.contains("chromedriver")
                && status.contains(&format!("PPid:\t{}\n", running.pid()))
        })
    };
    assert!(wait_until(PATIENCE, is_driven), "{}", running.talk());
    own.open(&forms.url(FACEBOOK, "en", "code,message:filed"));
    assert!(
        wait_until(HANDED_OVER, || is_accepted(&place)),
        "{}",
        running.talk()
    );
    assert!(typed(&forms) == [CODES[0]], "another code was typed");
    assert_eq!(own.pages(), 2, "a window of the person's was closed");
}

#[test]
fn without_one_page_that_waits_nothing_is_typed() {
    let Some(driver) = browsers::driver(Make::Chromium) else {
        return;
    };
    let forms = Forms::start();
    let own = Own::start(
        Make::Chromium,
        &[&forms.url(FACEBOOK, "en", "facebook-2024")],
    );
    let place = place(&driver, &own.address(), "24 s");
    let running = place.run();
    deliver(&place, CODES[0]);
    running.wait_for_line("shows the page that asks for the code", HANDED_OVER);

    let waits = forms.url(FACEBOOK, "en", "code,message:filed");
    own.open(&waits);
    own.open(&waits);
    deliver(&place, CODES[1]);
    running.wait_for_line("more than one window of your browser", HANDED_OVER);
    assert!(
        wait_until(HANDED_OVER, || own.pages() == 3),
        "a window of the person's was closed: {} are left",
        own.pages()
    );

    drop(own);
    place.deliver("3.code", &place.meta.code("305566"));
    running.wait_for_line("no browser can be driven at", HANDED_OVER);
    log::wait_for_count(&place.home, "submission.failed", CODES.len() + 1);
    assert_eq!(typed(&forms), [""; 0]);
    tells_no_code(&running);
}

#[test]
fn a_page_that_is_not_known_after_the_code_is_a_doubt() {
    let Some(driver) = browsers::driver(Make::Chromium) else {
        return;
    };
    let forms = Forms::start();
    let own = Own::start(
        Make::Chromium,
        &[&forms.url(FACEBOOK, "en", "code,unknown")],
    );
    let place = place(&driver, &own.address(), "20 s");
    let running = place.run();
    deliver(&place, CODES[0]);
    running.wait_for_line("and then came a page that is not known", HANDED_OVER);
    assert!(
        typed(&forms) == [CODES[0]],
        "another code was typed, or one twice"
    );
    log::wait_for(&place.home, "submission.doubtful");
}

#[test]
fn check_says_whether_the_browser_can_be_reached() {
    let Some(driver) = browsers::driver(Make::Chromium) else {
        return;
    };
    let own = Own::start(Make::Chromium, &["about:blank"]);
    let place = place(&driver, &own.address(), "60 s");
    let found = || {
        let output = place.home.output(&["check", "--json"], b"");
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        let checks = said["checks"].as_array().unwrap();
        let is_it = |check: &&Value| check["name"] == "submission";
        let check = checks.iter().find(is_it).unwrap();
        (check["status"].clone(), check["observed"].to_string())
    };
    let (status, said) = found();
    assert!(status == "pass" && said.contains(&own.address()), "{said}");
    assert_eq!(own.pages(), 1, "looking is not driving");
    drop(own);
    let (status, said) = found();
    assert!(
        status == "fail" && said.contains("no browser can be driven"),
        "{said}"
    );
}
