//! What can happen: the rows of the decision log.
//!
//! An event names the message that caused it and never holds a word of it, least of all a code.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::mail::authenticity::{Authenticity, Proof};
use crate::mail::{Digest, Doubt, Finding, Mail, Outcome, Verdict};

use super::{Policy, State};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A genuine notification came.
    Notification {
        /// The message.
        message: Digest,
        /// When it reached the mailbox.
        received_at: Timestamp,
        /// From when the announced change applies, if it says so.
        effective: Option<Date>,
    },
    /// A genuine code came. The code stays in the message.
    CodeArrived {
        /// The message.
        message: Digest,
        /// When it reached the mailbox.
        received_at: Timestamp,
    },
    /// Meta answered.
    Decision {
        /// The message.
        message: Digest,
        /// When it reached the mailbox.
        received_at: Timestamp,
        /// What it decided.
        outcome: Outcome,
        /// Seconds from the hand-over of the code to this answer, if there was one.
        seconds_after_code: Option<i64>,
    },
    /// A genuine message about an objection could not be read with certainty.
    Unclear {
        /// The message.
        message: Digest,
        /// Why.
        doubt: Doubt,
    },
    /// A message claims to be Meta's, speaks of an objection, and is not proved.
    Forged {
        /// The message.
        message: Digest,
        /// What is wrong with its sender.
        reason: String,
    },
    /// The submission step took the code.
    SubmissionAccepted {
        /// The message the code stands in.
        message: Digest,
    },
    /// The submission step refused the code, or there was no time left.
    SubmissionRejected {
        /// The message the code stands in.
        message: Digest,
        /// The step's reason, the code blotted out.
        reason: String,
    },
    /// The submission step was begun, and nobody knows whether it was done.
    SubmissionDoubtful {
        /// The message the code stands in.
        message: Digest,
        /// What cut it off.
        reason: String,
    },
    /// A folder was not provably heard for too long.
    Deaf {
        /// The last proof of hearing.
        since: Timestamp,
        /// What stands in the way.
        why: String,
    },
    /// A deaf folder is heard again, and what it held was looked through.
    Heard {
        /// When it was last heard before the gap.
        since: Timestamp,
    },
}

/// Everything that was read of one message.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// The message.
    pub message: Digest,
    /// When it reached the mailbox.
    pub received_at: Timestamp,
    /// What it says.
    pub mail: &'a Mail,
    /// What that is to us.
    pub finding: &'a Finding,
    /// Whether Meta said it.
    pub authenticity: &'a Authenticity,
}

impl Event {
    /// The event that a message is, or `None` if it is none of ours.
    ///
    /// Words and proof must both hold: words alone make `Forged`, whatever they say.
    #[must_use]
    pub fn of(reading: &Reading<'_>, policy: &Policy) -> Option<Self> {
        let message = reading.message;
        let received_at = reading.received_at;
        if reading.finding.verdict == Verdict::Irrelevant {
            return None;
        }
        match reading.authenticity.result {
            Proof::Genuine => {}
            Proof::Forged | Proof::Unproven => {
                let reason = reading.authenticity.reason.clone();
                return Some(Self::Forged { message, reason });
            }
        }
        // Meta signs To: a genuine mail to somebody else can be sent on to us, and proves nothing
        // about this person's objection.
        if !reading
            .mail
            .to
            .iter()
            .any(|to| policy.addresses.contains(to))
        {
            let doubt = Doubt::WrongRecipient;
            return Some(Self::Unclear { message, doubt });
        }
        Some(match &reading.finding.verdict {
            Verdict::Irrelevant => return None,
            Verdict::Notification => {
                let effective = reading.finding.effective_date;
                Self::Notification {
                    message,
                    received_at,
                    effective,
                }
            }
            Verdict::ConfirmationCode(_) => Self::CodeArrived {
                message,
                received_at,
            },
            Verdict::Decision(outcome) => {
                let outcome = *outcome;
                Self::Decision {
                    message,
                    received_at,
                    outcome,
                    seconds_after_code: None,
                }
            }
            Verdict::Unclear(doubt) => Self::Unclear {
                message,
                doubt: *doubt,
            },
        })
    }

    /// The event with what only the case knows: how long Meta took for its answer.
    #[must_use]
    pub fn in_case(self, state: &State) -> Self {
        match (self, state) {
            (
                Self::Decision {
                    message,
                    received_at,
                    outcome,
                    ..
                },
                State::Submitted { at },
            ) => {
                // INTERNALDATE has whole seconds: an answer in the same second may seem earlier.
                let seconds = received_at.duration_since(*at).as_secs().max(0);
                Self::Decision {
                    message,
                    received_at,
                    outcome,
                    seconds_after_code: Some(seconds),
                }
            }
            (event, _) => event,
        }
    }

    /// The event's name in the store.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Notification { .. } => "notification",
            Self::CodeArrived { .. } => "code_arrived",
            Self::Decision { .. } => "decision",
            Self::Unclear { .. } => "unclear",
            Self::Forged { .. } => "forged",
            Self::SubmissionAccepted { .. } => "submission_accepted",
            Self::SubmissionRejected { .. } => "submission_rejected",
            Self::SubmissionDoubtful { .. } => "submission_doubtful",
            Self::Deaf { .. } => "deaf",
            Self::Heard { .. } => "heard",
        }
    }

    /// The message that caused it, or that it is about.
    #[must_use]
    pub fn message(&self) -> Option<Digest> {
        match self {
            Self::Notification { message, .. }
            | Self::CodeArrived { message, .. }
            | Self::Decision { message, .. }
            | Self::Unclear { message, .. }
            | Self::Forged { message, .. }
            | Self::SubmissionAccepted { message }
            | Self::SubmissionRejected { message, .. }
            | Self::SubmissionDoubtful { message, .. } => Some(*message),
            Self::Deaf { .. } | Self::Heard { .. } => None,
        }
    }

    /// Whether its message may hold a code: then no digit of its subject and none of its links is
    /// shown or logged. Meta's codes stand in subjects, and could stand in links.
    #[must_use]
    pub fn may_hold_a_code(&self) -> bool {
        match self {
            Self::Notification { .. } | Self::Decision { .. } => false,
            Self::CodeArrived { .. }
            | Self::Unclear { .. }
            | Self::Forged { .. }
            | Self::SubmissionAccepted { .. }
            | Self::SubmissionRejected { .. }
            | Self::SubmissionDoubtful { .. }
            | Self::Deaf { .. }
            | Self::Heard { .. } => true,
        }
    }

    /// Whether it belongs to a case. What is not proved, and what befalls a mailbox as a whole,
    /// must not touch one.
    #[must_use]
    pub fn concerns_a_case(&self) -> bool {
        match self {
            Self::Notification { .. }
            | Self::CodeArrived { .. }
            | Self::Decision { .. }
            | Self::Unclear { .. }
            | Self::SubmissionAccepted { .. }
            | Self::SubmissionRejected { .. }
            | Self::SubmissionDoubtful { .. } => true,
            Self::Forged { .. } | Self::Deaf { .. } | Self::Heard { .. } => false,
        }
    }
}
