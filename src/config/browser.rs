//! `[browser]` -> which browser of the person's a form is seen in, and by which recipes.
//!
//! It looks for no program and opens no folder: `check` and what uses the browser do. SECURITY: a
//! browser is whoever is logged in with it, so which one it is depends on no folder it runs in.

use std::path::{Path, PathBuf};

use toml::Spanned;

use super::file::{BrowserTable, Key};
use super::meaning::{noted, path};
use super::problem::Problems;

/// The person's browser.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Browser {
    /// What it is driven by, a name in `PATH` or a whole path; `None`: what is found there.
    pub driver: Option<String>,
    /// The browser itself, where the driver does not find it.
    pub program: Option<PathBuf>,
    /// The folder that it keeps log-ins in.
    pub profile: Option<PathBuf>,
    /// Without a window.
    pub headless: bool,
    /// A folder with recipes of the person's own.
    pub recipes: Option<PathBuf>,
}

/// What the table means; what is wrong in it is noted.
pub(super) fn browser(table: BrowserTable, base: &Path, problems: &mut Problems<'_>) -> Browser {
    let driver = table.driver.and_then(|driver| {
        let found = program(driver.get_ref());
        noted(found, driver.span(), problems)
    });
    let program = table.program.and_then(|browser| {
        let is_whole = browser.get_ref().starts_with('/') && !browser.get_ref().contains('\0');
        let found = is_whole.then(|| PathBuf::from(browser.get_ref()));
        let found = found.ok_or_else(|| {
            "`program` is the whole path of a browser, such as \"/usr/bin/chromium\"".to_owned()
        });
        noted(found, browser.span(), problems)
    });
    let mut folder = |key: Key<String>| {
        let key = key?;
        let found = path(key.get_ref(), base).map_err(str::to_owned);
        noted(found, key.span(), problems)
    };
    Browser {
        driver,
        program,
        profile: folder(table.profile),
        recipes: folder(table.recipes),
        headless: table.headless.is_some_and(Spanned::into_inner),
    }
}

fn program(text: &str) -> Result<String, String> {
    let is_relative = text.contains('/') && !text.starts_with('/');
    if text.is_empty() || is_relative || text.contains('\0') {
        return Err(
            "`driver` is the name of a program, such as \"geckodriver\", or its whole path"
                .to_owned(),
        );
    }
    Ok(text.to_owned())
}
