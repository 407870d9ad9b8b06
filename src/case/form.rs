//! What became of the form in the browser, as the step that fills it in saw it.

use serde::{Deserialize, Serialize};

/// What became of the form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum FormStep {
    /// It is about to be sent: a code may come from now on.
    Sent,
    /// The page says that the objection is filed.
    Filed,
    /// The page refuses what was sent.
    Refused {
        /// Why, and what to do, as a sentence.
        reason: String,
    },
    /// There is no form for this person: it is not for their country, or the page is gone.
    Unavailable {
        /// What the page says, and what to do, as a sentence.
        reason: String,
    },
    /// Only the person can go on from here.
    Stopped {
        /// What stands in the way, and what to do, as a sentence.
        reason: String,
    },
}

impl FormStep {
    /// Whether it says that the person objects: by having sent the form, or more.
    #[must_use]
    pub fn is_filing(&self) -> bool {
        match self {
            Self::Sent | Self::Filed => true,
            Self::Refused { .. } | Self::Unavailable { .. } | Self::Stopped { .. } => false,
        }
    }
}
