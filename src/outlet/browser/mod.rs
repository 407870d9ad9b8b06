//! The objection form in a real browser: it is read, filled in and sent there, and the code is
//! typed into the page that asks for it.
//!
//! Parts that know little of each other: `driver`, `start` and `webdriver` have a browser, `recipe`
//! knows the forms (`folder` those of the person's own) and `reading` what a page is, `page` and
//! `fill` read and fill in the page that is open, `verdict` says what came of the code. `attached`
//! is the submission step for a form that the person sent themselves; none of the others decides
//! to send anything: that is the caller's, for whoever it asks.
//!
//! It never gets round a log-in, a CAPTCHA or a checkpoint: such a page is named, and left as it
//! is for the person.
//!
//! SECURITY: starts the driver and through it a browser with a profile of its own, and talks to
//! the driver on loopback. A browser is whoever is logged in with it: the profile is for its
//! owner's eyes only. Hostile: every page, and what it shows of itself.

pub mod attached;
pub mod driver;
pub mod fill;
mod folder;
pub mod page;
pub mod reading;
pub mod recipe;
pub mod seen;
mod start;
pub mod verdict;
pub mod webdriver;

/// Why the browser did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    /// The page changed while it was looked at, or did not answer in time: look at it again.
    #[error("{0}")]
    LookAgain(String),
    /// A program is missing, the profile is in use, the form wants what is not configured: the
    /// person has to do something first.
    #[error("{0}")]
    NeedsUser(String),
    /// The browser or its window is gone, or the driver is: begin anew.
    #[error("{0}")]
    Gone(String),
}
