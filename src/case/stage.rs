//! What a case is called for people: its state, or what stands out more.

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::mail::Outcome;

use super::{Case, State};

/// What a case is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Nothing is known yet.
    New,
    /// Meta announced a use of data.
    Notified,
    /// The person expects a code.
    Armed,
    /// A code came, and the person was told so.
    CodeReceived,
    /// A script of the person's took the code.
    CodeTaken,
    /// A code is on its way to the submission step.
    Submitting,
    /// Nobody knows whether the submission step was done.
    Doubtful,
    /// The submission step did not file the objection.
    NotFiled,
    /// There is no form for this person.
    Unavailable,
    /// The objection was filed.
    Submitted,
    /// An answer should have come.
    Overdue,
    /// The newest message of Meta's could not be read with certainty.
    Unclear,
    /// Meta answered.
    Answered(Outcome),
}

impl Stage {
    /// The name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Notified => "notified",
            Self::Armed => "armed",
            Self::CodeReceived => "code_received",
            Self::CodeTaken => "code_taken",
            Self::Submitting => "submitting",
            Self::Doubtful => "doubtful",
            Self::NotFiled => "not_filed",
            Self::Unavailable => "unavailable",
            Self::Submitted => "submitted",
            Self::Overdue => "overdue",
            Self::Unclear => "unclear",
            Self::Answered(outcome) => outcome.name(),
        }
    }
}

impl From<&State> for Stage {
    fn from(state: &State) -> Self {
        match state {
            State::New => Self::New,
            State::Notified => Self::Notified,
            State::CodeReceived { .. } => Self::CodeReceived,
            State::CodeTaken { .. } => Self::CodeTaken,
            State::Submitting { .. } => Self::Submitting,
            State::Doubtful { .. } => Self::Doubtful,
            State::NotFiled { .. } => Self::NotFiled,
            State::Unavailable { .. } => Self::Unavailable,
            State::Submitted { .. } => Self::Submitted,
            State::Decided { outcome, .. } => Self::Answered(*outcome),
        }
    }
}

impl Serialize for Stage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// What a case is called at the instant `now`. `armed_until` is until when the person expects a
/// code for it.
#[must_use]
pub fn stage(case: &Case, now: Timestamp, armed_until: Option<Timestamp>) -> Stage {
    let is_armed = armed_until.is_some_and(|until| now < until);
    if case.is_overdue(now) {
        Stage::Overdue
    } else if case.unclear {
        Stage::Unclear
    } else if is_armed && case.is_unfiled() {
        Stage::Armed
    } else {
        Stage::from(&case.state)
    }
}
