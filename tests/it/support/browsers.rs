//! The browsers of the tests, and what drives them.
//!
//! SECURITY: looks for programs; for tests only.

use std::path::{Path, PathBuf};

use sustained::outlet::browser::driver::Make;

use super::{missing, skipped};

/// The driver of a make of browser; `None` where it or the browser is not there.
pub fn driver(make: Make) -> Option<String> {
    let (driver, browser) = match make {
        Make::Chromium => ("chromedriver", "chromium"),
        Make::Firefox => ("geckodriver", "firefox-esr"),
    };
    if find(browser).is_none() {
        missing(browser, browser);
        return None;
    }
    // ./test builds the one that Debian has no package of.
    let built = Path::new(env!("CARGO_TARGET_TMPDIR")).join("drivers/bin");
    let built = Some(built.join(driver)).filter(|path| path.exists());
    let Some(found) = built.or_else(|| find(driver)) else {
        skipped(&format!(
            "{driver} is missing: start ./test once, which provides it"
        ));
        return None;
    };
    Some(found.to_str().expect("its path is text").to_owned())
}

/// A program in `PATH`.
pub fn find(program: &str) -> Option<PathBuf> {
    let places = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&places)
        .map(|place| place.join(program))
        .find(|path| path.exists())
}
