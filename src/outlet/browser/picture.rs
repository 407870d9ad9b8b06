//! A picture of the page that is open, as evidence.
//!
//! SECURITY: no picture is taken on which the code is to be seen. A field that holds it is emptied
//! first; where it stands in the page's own words, there is no picture. Hostile: the page.

use super::BrowserError;
use super::page::Page;
use super::webdriver::Using;
use crate::mail::Code;

/// What a person may have typed into.
const FIELDS: &str = "input:not([type=hidden]), textarea";

impl Page<'_> {
    /// What the window shows (PNG); `None` if that would show `code`.
    ///
    /// # Errors
    /// The browser does not answer.
    pub async fn picture(&self, code: Option<&Code>) -> Result<Option<Vec<u8>>, BrowserError> {
        if let Some(code) = code
            && self.shows(code.reveal()).await?
        {
            return Ok(None);
        }
        self.browser.screenshot().await.map(Some)
    }

    /// Whether the code is to be seen, after the fields that hold it were emptied.
    async fn shows(&self, digits: &str) -> Result<bool, BrowserError> {
        let is_code = |text: &str| {
            let joined: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            joined.contains(digits)
        };
        for field in self.browser.find_visible(FIELDS).await? {
            let held = self.browser.value(&field).await?.unwrap_or_default();
            if is_code(&held) {
                self.browser.clear(&field).await?;
            }
        }
        for body in self.browser.find(Using::Css, "body").await? {
            if is_code(&self.browser.text(&body).await?) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
