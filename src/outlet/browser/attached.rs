//! The submission step that is a browser of the person's: they have sent the form themselves, and
//! the code is typed into the page that waits for it.
//!
//! It opens no page and presses nothing but that page's own button. Exactly one window may show
//! such a page, and it may come a moment after the code: until then the windows are looked through
//! again and again. It never tries twice, and once it has begun to type, only what the page says
//! then is an answer: without one nobody knows.
//!
//! SECURITY: attaches to a browser on this machine, whose every log-in is open to who may drive it.
//! Of other pages than Meta's only the address is looked at. The browser and its windows stay.
//! Hostile: every page.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::super::letter;
use super::page::{CodePage, Page};
use super::recipe::{Fault, Recipes};
use super::seen::place;
use super::verdict::attempt_of;
use super::webdriver::{Browser, Window};
use super::{BrowserError, driver};
use crate::case::effect::{Attempt, Submission};
use crate::config;
use crate::mail::Code;

/// This machine answers at once, or not at all.
const REACH: Duration = Duration::from_secs(5);

/// Between two looks through the windows: Firefox shows each window that is looked at.
const PAUSE: Duration = Duration::from_secs(2);

/// A browser of the person's that runs.
#[derive(Debug, Clone)]
pub struct Attached {
    address: SocketAddr,
    driver: Option<String>,
    recipes: Cow<'static, Recipes>,
    limit: Duration,
}

impl Attached {
    /// The browser at `address`, and how long one hand-over may take.
    ///
    /// # Errors
    /// A recipe of the person's own that is none.
    pub fn new(
        address: SocketAddr,
        browser: &config::Browser,
        limit: Duration,
    ) -> Result<Self, Fault> {
        Ok(Self {
            address,
            driver: browser.driver.clone(),
            recipes: Recipes::with(browser.recipes.as_deref())?,
            limit,
        })
    }

    /// Types the code once, and says what the page says then. It ends within the time limit, and
    /// not later than the code.
    pub async fn hand_over(&self, submission: &Submission) -> Attempt {
        let limit = match letter::left(submission) {
            Ok(left) => self.limit.min(left),
            Err(reason) => return Attempt::Rejected(reason),
        };
        let (begin, end) = (Instant::now(), Instant::now() + limit);
        let browser = match self.attach(end).await {
            Ok(browser) => browser,
            Err(why) => return untyped(&why),
        };
        // What is left is for typing, and for what the page says then.
        let attempt = match self.find(&browser, begin + limit * 2 / 3).await {
            Ok(window) => {
                self.type_into(&browser, &window, &submission.code, end)
                    .await
            }
            Err(why) => untyped(&why),
        };
        // The browser goes on without us; a driver that does not let go of it is killed.
        drop(timeout(REACH, browser.close()).await);
        attempt
    }

    /// Looks whether there is a browser that could be driven, without driving it.
    ///
    /// # Errors
    /// What is missing, and what to do.
    pub async fn reach(&self) -> Result<(), String> {
        driver::find(self.driver.as_deref())?;
        let address = self.address;
        let why = match timeout(REACH, TcpStream::connect(address)).await {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it does not answer".to_owned(),
        };
        Err(format!(
            "no browser can be driven at {address} ({why}): start it with its port for that \
             (README.md says how)"
        ))
    }

    async fn attach(&self, end: Instant) -> Result<Browser, String> {
        self.reach().await?;
        let driver = self.driver.as_deref();
        match timeout_at(end, Browser::attach(driver, self.address)).await {
            Ok(attached) => attached.map_err(|error| error.to_string()),
            Err(_) => Err(format!("the browser at {} does not answer", self.address)),
        }
    }

    /// The only window that shows a page that waits for the code, as soon as there is one.
    async fn find(&self, browser: &Browser, end: Instant) -> Result<Window, String> {
        let mut found = Vec::new();
        while let Ok(windows) = timeout_at(end, self.look_through(browser)).await {
            found = windows.map_err(|error| error.to_string())?;
            if let [_] = found.as_slice() {
                break;
            }
            sleep(PAUSE).await;
        }
        match (found.pop(), found.is_empty()) {
            (Some(window), true) => Ok(window),
            (Some(_), false) => Err(
                "more than one window of your browser shows a page that asks for the code: close \
                 those of other forms the next time"
                    .to_owned(),
            ),
            (None, _) => Err(format!(
                "no window of the browser at {} shows the page that asks for the code",
                self.address
            )),
        }
    }

    /// The windows whose page waits for the code.
    async fn look_through(&self, browser: &Browser) -> Result<Vec<Window>, BrowserError> {
        let mut found = Vec::new();
        for window in browser.windows().await? {
            // One that is closed, changes, or asks something waits for no code now; a browser that
            // is gone shows in the next look.
            if self.is_waiting(browser, &window).await.unwrap_or(false) {
                found.push(window);
            }
        }
        Ok(found)
    }

    async fn is_waiting(&self, browser: &Browser, window: &Window) -> Result<bool, BrowserError> {
        browser.go_to(window).await?;
        let (host, _) = place(&browser.url().await?);
        if !self.recipes.is_at_home(&host) {
            return Ok(false);
        }
        let ready = self.code_page(browser, Duration::ZERO).await;
        Ok(ready.is_ok())
    }

    async fn code_page<'a>(
        &'a self,
        browser: &'a Browser,
        patience: Duration,
    ) -> Result<CodePage<'a>, BrowserError> {
        let page = Page {
            browser,
            recipes: &self.recipes,
            patience,
        };
        page.await_code(&page.read().await?)
    }

    /// Types the code into that window's page, and waits for what it says.
    async fn type_into(
        &self,
        browser: &Browser,
        window: &Window,
        code: &Code,
        end: Instant,
    ) -> Attempt {
        // The last look takes a moment, too.
        let patience = end.saturating_duration_since(Instant::now()) / 2;
        let prepare = async {
            browser.go_to(window).await?;
            self.code_page(browser, patience).await
        };
        let ready = match timeout_at(end, prepare).await {
            Ok(Ok(ready)) => ready,
            Ok(Err(error)) => return untyped(&error.to_string()),
            Err(_) => return untyped("the page that asks for the code did not stand still"),
        };
        let why = match timeout_at(end, ready.type_code(code)).await {
            Ok(Ok(look)) => return attempt_of(&look.reading),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "the page says nothing in time".to_owned(),
        };
        Attempt::Unknown(format!(
            "the code may have been typed, and then: {why}; look at the page"
        ))
    }
}

/// Nothing was typed, and this is why.
fn untyped(why: &str) -> Attempt {
    Attempt::Rejected(format!("{why}; nothing was typed: type the code yourself"))
}
