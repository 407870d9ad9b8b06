//! How filing an objection ended: what it is called, why, and with which exit code.

use super::super::exit::{Exit, Stopped};
use crate::case::FormStep;

/// How it ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// The page says that the objection is filed.
    Filed,
    /// The page refused what was sent.
    Refused(String),
    /// There is no form for this person.
    Unavailable(String),
    /// Only the person can go on.
    Stopped(String),
    /// The person did not agree to send it.
    NotSent,
    /// The code did not come.
    NoCode(Stopped),
    /// It was told to end.
    Interrupted,
}

impl Ended {
    /// What it is where the page is left to the person.
    pub(super) fn by(became: &FormStep) -> Self {
        match became {
            FormStep::Sent | FormStep::Filed => Self::Filed,
            FormStep::Refused { reason } => Self::Refused(reason.clone()),
            FormStep::Unavailable { reason } => Self::Unavailable(reason.clone()),
            FormStep::Stopped { reason } => Self::Stopped(reason.clone()),
        }
    }

    /// Its name in JSON.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Filed => "filed",
            Self::Refused(_) => "refused",
            Self::Unavailable(_) => "unavailable",
            Self::Stopped(_) => "stopped",
            Self::NotSent => "not_sent",
            Self::NoCode(_) => "no_code",
            Self::Interrupted => "interrupted",
        }
    }

    /// Why, for the person.
    pub(super) fn reason(&self) -> Option<&str> {
        match self {
            Self::Refused(reason) | Self::Unavailable(reason) | Self::Stopped(reason) => {
                Some(reason)
            }
            Self::NoCode(stopped) => Some(&stopped.why),
            Self::NotSent => Some("nobody agreed to send it; add --yes where nobody can"),
            Self::Filed | Self::Interrupted => None,
        }
    }

    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Filed => Exit::Done,
            Self::Refused(_) => Exit::BadData,
            Self::Unavailable(_) => Exit::Unavailable,
            Self::Stopped(_) => Exit::NotPermitted,
            Self::NotSent | Self::Interrupted => Exit::Failed,
            Self::NoCode(stopped) => stopped.exit,
        }
    }
}
