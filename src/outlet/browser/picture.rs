//! A picture of the page that is open, as evidence.
//!
//! SECURITY: no picture is taken on which a code is to be seen: not in the page's own words, nor in
//! its fields. The page is left as it is. Hostile: the page.

use super::BrowserError;
use super::page::Page;
use super::webdriver::Using;
use crate::mail::Code;

/// What a person may have typed into.
const FIELDS: &str = "input:not([type=hidden]), textarea";

impl Page<'_> {
    /// What the window shows (PNG); `None` if that would show one of `codes`.
    ///
    /// # Errors
    /// The browser does not answer.
    pub async fn picture(&self, codes: &[Code]) -> Result<Option<Vec<u8>>, BrowserError> {
        if !codes.is_empty() {
            let shown = self.everything_shown().await?;
            if codes.iter().any(|code| code.is_in(&shown)) {
                return Ok(None);
            }
        }
        self.browser.screenshot().await.map(Some)
    }

    /// What stands in the fields, one after the other, as where each digit has its own; and the
    /// page's words.
    async fn everything_shown(&self) -> Result<String, BrowserError> {
        let mut shown = String::new();
        for field in self.browser.find_visible(FIELDS).await? {
            shown.push_str(&self.browser.value(&field).await?.unwrap_or_default());
        }
        shown.push('\n');
        for body in self.browser.find(Using::Css, "body").await? {
            shown.push_str(&self.browser.text(&body).await?);
        }
        Ok(shown)
    }
}
