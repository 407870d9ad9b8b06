//! What can happen: the rows of the decision log.
//!
//! An event names the message that caused it and never holds a word of it, least of all a code.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::mail::{Digest, Doubt, Outcome, Product};

use super::standing::{CodesBefore, Standing};
use super::{Case, FormStep, Reminder};

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
        /// When Meta sent it, by the signature; else when it reached the mailbox.
        sent_at: Timestamp,
        /// The code's last good instant.
        until: Timestamp,
        /// Whether it is the one that the form waits for.
        standing: Standing,
    },
    /// Meta answered.
    Decision {
        /// The message.
        message: Digest,
        /// When it reached the mailbox.
        received_at: Timestamp,
        /// What it decided.
        outcome: Outcome,
        /// The one product it names, if it names one.
        #[serde(default)]
        named: Option<Product>,
        /// Seconds from the filing of the objection to this answer, if that is known.
        seconds_after_code: Option<i64>,
    },
    /// A genuine message about an objection could not be read with certainty.
    Unclear {
        /// The message.
        message: Digest,
        /// Why.
        doubt: Doubt,
    },
    /// A message claims to be Meta's, speaks of an objection, and is provably not Meta's.
    Forged {
        /// The message.
        message: Digest,
        /// What is wrong with its sender.
        reason: String,
    },
    /// A message claims to be Meta's, speaks of an objection, and nobody answered the question
    /// whether it is.
    Pending {
        /// The message.
        message: Digest,
        /// What stands in the way.
        reason: String,
        /// Until when it is asked again before the person is told.
        until: Timestamp,
    },
    /// A message claims to be Meta's, speaks of an objection, and that can be neither shown nor
    /// refuted.
    Unproven {
        /// The message.
        message: Digest,
        /// What stands in the way.
        reason: String,
        /// Until when it is asked again; `None` if that is of no use.
        until: Option<Timestamp>,
    },
    /// The person is about to ask Meta for a code.
    Armed {
        /// For which product; `None` for all of the mailbox's.
        account: Option<Product>,
        /// Until when the code is expected.
        until: Timestamp,
    },
    /// A script of the person's wants the code that came a moment ago.
    CodeAsked {
        /// The message the code stands in.
        message: Digest,
        /// The code's last good instant.
        until: Timestamp,
    },
    /// A script of the person's took the code. What it did with it is not known.
    CodeTaken {
        /// The message the code stands in.
        message: Digest,
    },
    /// The submission step says that the objection is filed.
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
        /// The code's last good instant.
        #[serde(default)]
        until: Option<Timestamp>,
    },
    /// The submission step was begun, and nobody knows whether it was done.
    SubmissionDoubtful {
        /// The message the code stands in.
        message: Digest,
        /// What cut it off.
        reason: String,
        /// The code's last good instant.
        #[serde(default)]
        until: Option<Timestamp>,
    },
    /// The form in the browser was sent, or what came of it.
    Form {
        /// What became of it.
        #[serde(flatten)]
        step: FormStep,
        /// When that was seen.
        seen_at: Timestamp,
        /// The picture of the page, among the evidence.
        screenshot: Option<Digest>,
    },
    /// The time for a reminder came.
    Reminded {
        /// Of what.
        reminder: Reminder,
    },
    /// The person said what only they know.
    Noted {
        /// What they said.
        word: Word,
        /// When it happened.
        on: Timestamp,
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
    /// There is no proof that a folder was heard for a while. What it held afterwards was looked
    /// through: nothing that is still there was missed.
    Gap {
        /// The last proof before.
        from: Timestamp,
        /// The first proof after.
        until: Timestamp,
        /// How many messages of interest were found afterwards.
        found: u32,
    },
}

/// In seconds.
const A_MINUTE: i64 = 60;

/// What a person can say of their objection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// They filed it by themselves.
    Filed,
    /// Meta answered, in a message that only they could read, or not by mail.
    Answered(Outcome),
}

impl Event {
    /// The event with what only the case knows: how long Meta took for its answer, and whether a
    /// code is still the one that is waited for.
    #[must_use]
    pub fn in_case(mut self, case: &Case, codes: CodesBefore) -> Self {
        if let Self::Decision {
            received_at,
            seconds_after_code,
            ..
        } = &mut self
        {
            let since = |filed_at| received_at.duration_since(filed_at).as_secs();
            let seconds = case.filed_at.filter(|_| case.is_timed).map(since);
            // INTERNALDATE has whole seconds, and a step may say late that it is done: an answer
            // may seem to have come a little earlier.
            let answers = seconds.filter(|seconds| *seconds > -A_MINUTE);
            *seconds_after_code = answers.map(|seconds| seconds.max(0));
        } else if let Self::CodeArrived {
            received_at,
            sent_at,
            standing,
            ..
        } = &mut self
        {
            *standing = standing.among(*sent_at, *received_at, codes);
        }
        self
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
            Self::Pending { .. } => "pending",
            Self::Unproven { .. } => "unproven",
            Self::Armed { .. } => "armed",
            Self::CodeAsked { .. } => "code_asked",
            Self::CodeTaken { .. } => "code_taken",
            Self::SubmissionAccepted { .. } => "submission_accepted",
            Self::SubmissionRejected { .. } => "submission_rejected",
            Self::SubmissionDoubtful { .. } => "submission_doubtful",
            Self::Form { .. } => "form",
            Self::Reminded { .. } => "reminded",
            Self::Noted { .. } => "noted",
            Self::Deaf { .. } => "deaf",
            Self::Heard { .. } => "heard",
            Self::Gap { .. } => "gap",
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
            | Self::Pending { message, .. }
            | Self::Unproven { message, .. }
            | Self::CodeAsked { message, .. }
            | Self::CodeTaken { message }
            | Self::SubmissionAccepted { message }
            | Self::SubmissionRejected { message, .. }
            | Self::SubmissionDoubtful { message, .. } => Some(*message),
            Self::Armed { .. }
            | Self::Form { .. }
            | Self::Reminded { .. }
            | Self::Noted { .. }
            | Self::Deaf { .. }
            | Self::Heard { .. }
            | Self::Gap { .. } => None,
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
            | Self::Pending { .. }
            | Self::Unproven { .. }
            | Self::Armed { .. }
            | Self::CodeAsked { .. }
            | Self::CodeTaken { .. }
            | Self::SubmissionAccepted { .. }
            | Self::SubmissionRejected { .. }
            | Self::SubmissionDoubtful { .. }
            | Self::Form { .. }
            | Self::Reminded { .. }
            | Self::Noted { .. }
            | Self::Deaf { .. }
            | Self::Heard { .. }
            | Self::Gap { .. } => true,
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
            | Self::CodeAsked { .. }
            | Self::CodeTaken { .. }
            | Self::SubmissionAccepted { .. }
            | Self::SubmissionRejected { .. }
            | Self::SubmissionDoubtful { .. }
            | Self::Form { .. }
            | Self::Reminded { .. }
            | Self::Noted { .. } => true,
            Self::Forged { .. }
            | Self::Pending { .. }
            | Self::Unproven { .. }
            | Self::Armed { .. }
            | Self::Deaf { .. }
            | Self::Heard { .. }
            | Self::Gap { .. } => false,
        }
    }
}
