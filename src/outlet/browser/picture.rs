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
            && self.shows(code).await?
        {
            return Ok(None);
        }
        self.browser.screenshot().await.map(Some)
    }

    /// Whether the code is to be seen, after the fields that hold it were emptied.
    async fn shows(&self, code: &Code) -> Result<bool, BrowserError> {
        for field in self.browser.find_visible(FIELDS).await? {
            let held = self.browser.value(&field).await?.unwrap_or_default();
            if code.is_in(&held) {
                self.browser.clear(&field).await?;
            }
        }
        for body in self.browser.find(Using::Css, "body").await? {
            if code.is_in(&self.browser.text(&body).await?) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
