//! The page that is open: what it is by the recipes, and what it is after something was pressed.
//!
//! It does not know what is filled in. A page that changes while it is looked at is looked at
//! again.
//!
//! SECURITY: it only looks, and presses what it is told to. The code goes from the caller to the
//! driver, and only into a field of a page of Meta's. Hostile: everything on the page.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::BrowserError;
use super::reading::Reading;
use super::recipe::{Form, Kind, Part, Purpose, Recipes};
use super::seen::{Control, Role, Seen, fold, fold_lines, name, place};
use super::webdriver::{Browser, Element, Using};
use crate::mail::Code;

/// What may be a control or a heading; what it is, its computed role says.
const CONTROLS: &str = "input:not([type=hidden]), textarea, select, button, h1, h2, h3, \
    [contenteditable=true], [role=textbox], [role=searchbox], [role=spinbutton], \
    [role=combobox], [role=listbox], [role=radio], [role=button], [role=heading]";

/// A form with its surroundings has some dozens of them.
const MOST_CONTROLS: usize = 300;

/// Between two looks at a page: a person would not notice it.
const PAUSE: Duration = Duration::from_millis(50);

/// Between two glances at a page that nobody is expected to touch.
const GLANCE: Duration = Duration::from_millis(500);

/// The page that is open in a browser, and the recipes to read it by.
#[derive(Clone, Copy)]
pub struct Page<'a> {
    /// The browser.
    pub browser: &'a Browser,
    /// The recipes.
    pub recipes: &'a Recipes,
    /// How long a page may take to become one that is known.
    pub patience: Duration,
}

/// One look at a page.
pub struct Look<'a> {
    /// What it is.
    pub reading: Reading<'a>,
    seen: Seen,
    /// Those of `seen.controls`, in the same order.
    elements: Vec<Element>,
}

impl Look<'_> {
    /// The only control that `part` can be.
    #[must_use]
    pub fn element(&self, part: &Part) -> Option<&Element> {
        self.elements.get(part.only_one(&self.seen)?)
    }
}

/// A code page that is ready: the code is typed into it as soon as it is there.
pub struct CodePage<'a> {
    page: Page<'a>,
    reading: Reading<'a>,
    field: Element,
    button: Element,
}

impl<'a> Page<'a> {
    /// What the page is, once it stands still: at the latest after [`Page::patience`], and then
    /// whatever it is.
    ///
    /// # Errors
    /// The browser does not answer, or the page never stands still.
    pub async fn read(&self) -> Result<Look<'a>, BrowserError> {
        self.settle(None).await
    }

    /// Presses the button that sends the form which `look` shows.
    ///
    /// # Errors
    /// There is no such button, or something covers it: nothing was sent.
    pub async fn send(&self, look: &Look<'a>, form: &Form) -> Result<(), BrowserError> {
        let button = form.parts.iter().find(|part| part.is == Purpose::Send);
        let button = button.and_then(|part| look.element(part));
        self.browser
            .click(button.ok_or_else(|| missing(Purpose::Send))?)
            .await
    }

    /// What the page is after something on `look` was pressed.
    ///
    /// # Errors
    /// As [`Page::read`].
    pub async fn after(&self, look: &Look<'a>) -> Result<Look<'a>, BrowserError> {
        self.settle(Some(&look.reading)).await
    }

    /// Makes ready what the code is typed into.
    ///
    /// # Errors
    /// The page is none that asks for a code.
    pub fn await_code(&self, look: &Look<'a>) -> Result<CodePage<'a>, BrowserError> {
        let element = |purpose| {
            let part = self.recipes.of_code_page(purpose);
            let found = part.and_then(|part| look.element(part)).cloned();
            found.ok_or_else(|| missing(purpose))
        };
        // A code that was wrong is asked for again, and so is one that was too late.
        let asks = [Kind::Code, Kind::CodeWrong, Kind::CodeExpired].map(Reading::Page);
        if !asks.contains(&look.reading) {
            return Err(missing(Purpose::Code));
        }
        Ok(CodePage {
            page: *self,
            reading: look.reading,
            field: element(Purpose::Code)?,
            button: element(Purpose::Continue)?,
        })
    }

    /// Waits until the page is another than the one that was looked at.
    ///
    /// # Errors
    /// The browser does not answer.
    pub async fn changes(&self, look: &Look<'_>) -> Result<(), BrowserError> {
        loop {
            sleep(GLANCE).await;
            match self.surface().await {
                Ok(surface) if look.seen.has_surface(&surface) => {}
                Ok(_) => return Ok(()),
                // It is changing just now.
                Err(BrowserError::LookAgain(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Looks until the page is known and no longer `before`.
    async fn settle(&self, before: Option<&Reading<'a>>) -> Result<Look<'a>, BrowserError> {
        let end = Instant::now() + self.patience;
        loop {
            let is_late = Instant::now() >= end;
            match self.look().await {
                Ok(look) => {
                    let is_known = !matches!(look.reading, Reading::Unknown(_));
                    let is_new = before.is_none_or(|before| *before != look.reading);
                    if is_late || (is_known && is_new) {
                        return Ok(look);
                    }
                }
                Err(BrowserError::LookAgain(_)) if !is_late => {}
                Err(error) => return Err(error),
            }
            sleep(PAUSE).await;
        }
    }

    /// One look at everything, during which the page stood still.
    async fn look(&self) -> Result<Look<'a>, BrowserError> {
        let surface = self.surface().await?;
        let look = self.controls(surface.clone()).await?;
        if self.surface().await? == surface {
            return Ok(look);
        }
        Err(BrowserError::LookAgain(
            "the page changed while it was looked at".to_owned(),
        ))
    }

    /// Address, title and words.
    async fn surface(&self) -> Result<Seen, BrowserError> {
        let browser = self.browser;
        let (host, path) = place(&browser.url().await?);
        let mut seen = Seen {
            host,
            path,
            title: fold(&browser.title().await?),
            ..Seen::default()
        };
        for body in browser.find(Using::Css, "body").await? {
            seen.text.push_str(&fold_lines(&browser.text(&body).await?));
        }
        Ok(seen)
    }

    /// What is on the page beside its surface, and what it is then.
    async fn controls(&self, mut seen: Seen) -> Result<Look<'a>, BrowserError> {
        for mark in self.recipes.marks() {
            if !self.browser.find_visible(mark).await?.is_empty() {
                seen.marks.push(mark.to_owned());
            }
        }
        let mut elements = Vec::new();
        let candidates = self.browser.find_visible(CONTROLS).await?;
        if candidates.len() > MOST_CONTROLS {
            return Err(BrowserError::NeedsUser(
                "the page has more on it than a form has: look at it yourself".to_owned(),
            ));
        }
        for element in candidates {
            if let Some(control) = self.control(&element).await? {
                seen.controls.push(control);
                elements.push(element);
            }
        }
        let reading = self.recipes.reading(&seen);
        Ok(Look {
            reading,
            seen,
            elements,
        })
    }

    /// The control that an element is; `None` for what no recipe can name.
    async fn control(&self, element: &Element) -> Result<Option<Control>, BrowserError> {
        let Some(role) = Role::of(&self.browser.role(element).await?) else {
            return Ok(None);
        };
        let label = name(&self.browser.label(element).await?);
        Ok(Some(Control { role, label }))
    }
}

impl<'a> CodePage<'a> {
    /// Types the code, goes on, and reads what the page is then.
    ///
    /// # Errors
    /// As [`Page::read`]. When the page changed before, nothing was typed.
    pub async fn type_code(&self, code: &Code) -> Result<Look<'a>, BrowserError> {
        self.enter(code).await?;
        self.go_on().await
    }

    /// Types the code, and does not go on.
    ///
    /// # Errors
    /// As [`Page::read`]; the page does not have the code then.
    pub async fn enter(&self, code: &Code) -> Result<(), BrowserError> {
        let browser = self.page.browser;
        if browser.value(&self.field).await?.as_deref() != Some("") {
            browser.clear(&self.field).await?;
        }
        browser.type_code(&self.field, code).await
    }

    /// Goes on, and reads what the page is then.
    ///
    /// # Errors
    /// As [`Page::read`], or the page says the same as before: Meta may have the code then.
    pub async fn go_on(&self) -> Result<Look<'a>, BrowserError> {
        self.page.browser.click(&self.button).await?;
        let look = self.page.settle(Some(&self.reading)).await?;
        if look.reading == self.reading {
            let same = format!("the page stayed {}", look.reading.describe());
            return Err(BrowserError::LookAgain(same));
        }
        Ok(look)
    }
}

fn missing(purpose: Purpose) -> BrowserError {
    BrowserError::LookAgain(format!("it is not clear where on the page {purpose} is"))
}
