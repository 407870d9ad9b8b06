//! The objection form in real browsers: headless Chromium and Firefox, driven as they are for a
//! person, with replicas of the forms on loopback.

/// Makes a test of each of these in each browser.
macro_rules! in_each_browser {
    ($($test:ident),+ $(,)?) => {
        mod chromium {
            $(#[test]
            fn $test() {
                super::$test(sustained::outlet::browser::driver::Make::Chromium);
            })+
        }
        mod firefox {
            $(#[test]
            fn $test() {
                super::$test(sustained::outlet::browser::driver::Make::Firefox);
            })+
        }
    };
}

mod attached;
pub mod driving;
mod journeys;
mod own;
mod stops;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use sustained::outlet::browser::BrowserError;
use sustained::outlet::browser::driver::Make;
use sustained::outlet::browser::page::{Look, Page};
use sustained::outlet::browser::recipe::Recipes;
use sustained::outlet::browser::webdriver::{Browser, Start};
use tokio::runtime::Runtime;

use crate::support::browsers;
use crate::support::forms::Forms;

/// One form's address at Meta's.
const FACEBOOK: &str = "/help/contact/6359191084165019";

/// A browser on a replica of the forms.
struct Driven {
    forms: Forms,
    recipes: Recipes,
    /// Ends before the runtime that its driver is waited for in.
    browser: Browser,
    runtime: Runtime,
    _place: tempfile::TempDir,
}

impl Driven {
    /// Starts it; `None` where there is no browser to start.
    fn start(make: Make) -> Option<Self> {
        let driver = browsers::driver(make)?;
        let place = tempfile::tempdir().unwrap();
        let runtime = runtime();
        let start = start(driver, place.path().join("profile"));
        let browser = runtime.block_on(Browser::start(&start)).unwrap();
        Some(Self {
            forms: Forms::start(),
            recipes: recipes(),
            browser,
            runtime,
            _place: place,
        })
    }

    fn page(&self) -> Page<'_> {
        Page {
            browser: &self.browser,
            recipes: &self.recipes,
            patience: Duration::from_secs(20),
        }
    }

    /// As a person would not wait: for pages that never become known.
    fn impatient(&self) -> Page<'_> {
        Page {
            patience: Duration::from_millis(300),
            ..self.page()
        }
    }

    fn open(&self, url: &str) {
        self.wait(self.browser.open(url)).unwrap();
    }

    fn read(&self) -> Look<'_> {
        self.wait(self.page().read()).unwrap()
    }

    fn wait<T>(
        &self,
        what: impl Future<Output = Result<T, BrowserError>>,
    ) -> Result<T, BrowserError> {
        self.runtime.block_on(what)
    }
}

fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

fn start(driver: String, profile: PathBuf) -> Start {
    Start {
        driver: Some(driver),
        browser: None,
        profile,
        headless: true,
    }
}

/// The recipes that the program comes with, for forms on this machine instead of Meta's.
fn recipes() -> Recipes {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/outlet/browser/recipes");
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        files.push((
            name,
            text.replace("hosts = [\"facebook.com\"", "hosts = [\"127.0.0.1\""),
        ));
    }
    assert!(files.len() > 2, "only {} recipes", files.len());
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(n, t)| (n.as_str(), t.as_str()))
        .collect();
    Recipes::read(&files).unwrap()
}
