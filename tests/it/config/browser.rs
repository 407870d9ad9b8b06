//! `[browser]`: which browser, and which folders.

use std::path::Path;

use super::{check, read, whole};

#[test]
fn a_browser_needs_nothing_and_takes_five_keys() {
    let bare = read(&whole("")).browser;
    assert_eq!(bare, read(&whole("[browser]\n")).browser);
    assert!(bare.driver.is_none() && bare.profile.is_none() && !bare.headless);
    let full = read(&whole(
        "[browser]\ndriver = \"geckodriver\"\nprogram = \"/usr/bin/firefox\"\n\
         profile = \"profile\"\nheadless = true\nrecipes = \"/r\"\n",
    ));
    let browser = full.browser;
    assert_eq!(browser.driver.as_deref(), Some("geckodriver"));
    assert_eq!(
        browser.program.as_deref(),
        Some(Path::new("/usr/bin/firefox"))
    );
    // Folders are looked for beside the configuration, programs never.
    assert_eq!(
        browser.profile.as_deref(),
        Some(Path::new("/home/me/profile"))
    );
    assert_eq!(browser.recipes.as_deref(), Some(Path::new("/r")));
    assert!(browser.headless);
}

#[test]
fn programs_at_relative_paths_are_refused() {
    let wrong = |line: &str, expected: &str| check(&whole(&format!("[browser]\n{line}")), expected);
    wrong("driver = \"bin/geckodriver\"", "or its whole path");
    wrong("driver = \"\"", "or its whole path");
    wrong("program = \"firefox\"", "is the whole path of a browser");
    wrong("profile = \"~/profile\"", "write the whole path");
    wrong("headles = true", "did you mean `headless`?");
}
