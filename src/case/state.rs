//! How far an objection has come.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::mail::{Digest, Outcome};

/// How far an objection has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// Nothing is known yet.
    New,
    /// Meta announced a use of data; nothing was filed yet.
    Notified,
    /// A code came, and the person was told so.
    CodeReceived {
        /// The message the code stands in.
        message: Digest,
    },
    /// A script of the person's took the code: what became of it is not known.
    CodeTaken {
        /// The message the code stands in.
        message: Digest,
    },
    /// A code is on its way to the submission step.
    Submitting {
        /// The message the code stands in.
        message: Digest,
    },
    /// The submission step was begun, and nobody knows whether it was done.
    Doubtful {
        /// The message the code stands in.
        message: Digest,
    },
    /// The submission step did not file the objection.
    NotFiled {
        /// The step's reason, the code blotted out.
        reason: String,
    },
    /// There is no form for this person, as far as the browser was shown.
    Unavailable {
        /// What the page said, and what to do.
        reason: String,
    },
    /// The objection was filed, as the step or the person says; Meta has not answered.
    Submitted {
        /// When they said so.
        at: Timestamp,
    },
    /// Meta answered. An answer such as `under_review` does not end the case.
    Decided {
        /// What it decided.
        outcome: Outcome,
        /// When the answer reached the mailbox.
        at: Timestamp,
    },
}

impl State {
    /// The state's name in JSON.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Notified => "notified",
            Self::CodeReceived { .. } => "code_received",
            Self::CodeTaken { .. } => "code_taken",
            Self::Submitting { .. } => "submitting",
            Self::Doubtful { .. } => "doubtful",
            Self::NotFiled { .. } => "not_filed",
            Self::Unavailable { .. } => "unavailable",
            Self::Submitted { .. } => "submitted",
            Self::Decided { .. } => "decided",
        }
    }

    /// Meta gave its last word: it need not say more.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::Decided { outcome, .. } => match outcome {
                Outcome::Honored
                | Outcome::PartlyHonored
                | Outcome::Declined
                | Outcome::WrongChannel => true,
                Outcome::NeedsInfo | Outcome::UnderReview | Outcome::Extended => false,
            },
            Self::New
            | Self::Notified
            | Self::CodeReceived { .. }
            | Self::CodeTaken { .. }
            | Self::Submitting { .. }
            | Self::Doubtful { .. }
            | Self::NotFiled { .. }
            | Self::Unavailable { .. }
            | Self::Submitted { .. } => false,
        }
    }

    /// Nothing in the state says that the objection was filed.
    pub(super) fn is_unfiled(&self) -> bool {
        match self {
            Self::New
            | Self::Notified
            | Self::CodeReceived { .. }
            | Self::CodeTaken { .. }
            | Self::NotFiled { .. }
            | Self::Unavailable { .. } => true,
            Self::Submitting { .. }
            | Self::Doubtful { .. }
            | Self::Submitted { .. }
            | Self::Decided { .. } => false,
        }
    }
}
