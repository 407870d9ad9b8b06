//! The browser itself: how it starts, what it can do, and that it ends.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use sustained::mail::Code;
use sustained::outlet::browser::BrowserError;
use sustained::outlet::browser::driver::Make;
use sustained::outlet::browser::webdriver::{Browser, Start, Using};

use super::{Driven, FACEBOOK, runtime, start};
use crate::support::browsers::driver;
use crate::support::{PATIENCE, wait_until};

/// Whether a process has `text` among its arguments.
pub fn runs(text: &Path) -> bool {
    let text = text.to_str().unwrap();
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let arguments = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
    arguments
        .map(|arguments| String::from_utf8_lossy(&arguments).into_owned())
        .any(|arguments| arguments.contains(text))
}

in_each_browser!(
    a_browser_ends_with_its_value,
    a_browser_that_is_missing_is_said,
    a_page_can_be_looked_at_and_used,
    a_code_is_in_no_error,
);

fn a_browser_ends_with_its_value(make: Make) {
    let Some(driver) = driver(make) else {
        return;
    };
    let place = tempfile::tempdir().unwrap();
    let (runtime, profile) = (runtime(), place.path().join("state/profile"));
    let browser = runtime
        .block_on(Browser::start(&start(driver.clone(), profile.clone())))
        .unwrap();
    assert!(runs(&profile));
    let mode = fs::metadata(&profile).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "others may look into the profile");

    let second = runtime.block_on(Browser::start(&start(driver.clone(), profile.clone())));
    let Err(error @ BrowserError::NeedsUser(_)) = second else {
        panic!("two browsers use one profile");
    };
    let error = error.to_string();
    assert!(
        error.contains("close the one that uses its profile"),
        "{error}"
    );

    drop(browser);
    assert!(
        wait_until(PATIENCE, || !runs(&profile)),
        "a process is left behind"
    );
    let again = runtime
        .block_on(Browser::start(&start(driver.clone(), profile.clone())))
        .unwrap();
    runtime.block_on(again.close()).unwrap();
    assert!(
        wait_until(PATIENCE, || !runs(&profile)),
        "a process is left behind"
    );
}

#[test]
fn what_keeps_a_browser_from_starting_is_said() {
    let place = tempfile::tempdir().unwrap();
    let runtime = runtime();
    let check = |start: Start, expected: &str| {
        let Err(error @ BrowserError::NeedsUser(_)) = runtime.block_on(Browser::start(&start))
        else {
            panic!("it has started, or is to be tried again: {expected}");
        };
        assert!(error.to_string().contains(expected), "{error}");
    };
    let fine = start("chromedriver".to_owned(), place.path().join("profile"));
    let absent = Start {
        driver: Some("no-such-driver".to_owned()),
        ..fine.clone()
    };
    check(absent, "no-such-driver was not found in PATH");
    let other = Start {
        driver: Some("/bin/true".to_owned()),
        ..fine
    };
    check(other.clone(), "is it a chromedriver or a geckodriver?");
    let open = place.path().join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
    let open = Start {
        profile: open,
        ..other
    };
    check(open, "chmod 700");
}

fn a_browser_that_is_missing_is_said(make: Make) {
    let Some(driver) = driver(make) else {
        return;
    };
    let place = tempfile::tempdir().unwrap();
    let absent = Start {
        browser: Some(place.path().join("no-such-browser")),
        ..start(driver, place.path().join("profile"))
    };
    let Err(error @ BrowserError::NeedsUser(_)) = runtime().block_on(Browser::start(&absent))
    else {
        panic!("it has started, or is to be tried again");
    };
    let error = error.to_string();
    assert!(
        error.starts_with("the browser could not be started"),
        "{error}"
    );
}

fn a_page_can_be_looked_at_and_used(make: Make) {
    let Some(driven) = Driven::start(make) else {
        return;
    };
    let (browser, url) = (
        &driven.browser,
        driven.forms.url(FACEBOOK, "de", "facebook-2024"),
    );
    driven.open(&url);
    assert_eq!(driven.wait(browser.url()).unwrap(), url);
    let title = driven.wait(browser.title()).unwrap();
    assert!(title.starts_with("Einspruch gegen"), "{title}");
    let shot = driven.wait(browser.screenshot()).unwrap();
    assert!(shot.starts_with(b"\x89PNG\r\n") && shot.len() > 1000);

    let reason = driven
        .wait(browser.find(Using::Css, "textarea"))
        .unwrap()
        .remove(0);
    assert_eq!(driven.wait(browser.role(&reason)).unwrap(), "textbox");
    let label = driven.wait(browser.label(&reason)).unwrap();
    assert!(label.starts_with("Bitte erkläre uns"), "{label}");
    let trap = driven
        .wait(browser.find(Using::XPath, "//input[@name='trap']"))
        .unwrap()
        .remove(0);
    assert!(!driven.wait(browser.is_displayed(&trap)).unwrap());
    assert_eq!(driven.wait(browser.find(Using::Css, "video")).unwrap(), []);
    assert!(driven.wait(browser.find(Using::Css, "[[")).is_err());
}

fn a_code_is_in_no_error(make: Make) {
    let Some(driven) = Driven::start(make) else {
        return;
    };
    driven.open(&driven.forms.url(FACEBOOK, "en", "code"));
    let look = driven.read();
    let ready = driven.page().await_code(&look).unwrap();
    driven.open(&driven.forms.url(FACEBOOK, "en", "code"));
    let code = Code::new("482913".to_owned());
    let Err(error @ BrowserError::LookAgain(_)) = driven.wait(ready.type_code(&code)) else {
        panic!("a code was typed into a page that is gone");
    };
    assert!(!format!("{error} {error:?}").contains("482913"));
    assert_eq!(driven.forms.sent(), []);
}

#[test]
fn a_picture_never_shows_a_code() {
    let Some(driven) = Driven::start(Make::Chromium) else {
        return;
    };
    let picture = |codes: &[Code]| driven.wait(driven.page().picture(codes)).unwrap();
    let code = || Code::new("482913".to_owned());
    driven.open(&driven.forms.url(FACEBOOK, "en", "code"));
    let look = driven.read();
    assert!(picture(&[code()]).is_some(), "it is not to be seen yet");
    let ready = driven.page().await_code(&look).unwrap();
    driven.wait(ready.enter(&code())).unwrap();
    assert!(picture(&[]).is_some());
    assert!(picture(&[Code::new("771204".to_owned()), code()]).is_none());

    driven.open(&driven.forms.url(FACEBOOK, "en", "message:filed"));
    driven.read();
    assert!(picture(&[Code::new("objection".to_owned())]).is_none());
}
