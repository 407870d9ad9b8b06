//! What can happen: the rows of the decision log.
//!
//! An event names the message that caused it and never holds a word of it, least of all a code.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::mail::authenticity::{Authenticity, Proof};
use crate::mail::{Digest, Doubt, Finding, Mail, Outcome, Product, Verdict};

use super::deadline::code_deadline;
use super::standing::{CodesBefore, Standing};
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

/// How long mail is on its way at the most: after four to five days a server gives up (RFC 5321,
/// 4.5.4.1).
const LONGEST_TRANSIT: SignedDuration = SignedDuration::from_hours(5 * 24);

/// How long it is asked again who sent a message after the person was told that nobody knows.
const PATIENCE: SignedDuration = SignedDuration::from_hours(5 * 24);

/// Until when it is asked who sent a message before the person is told: while a code in it would be
/// good, or as long from now for one that was found late.
fn asked_until(received_at: Timestamp, now: Timestamp, lifetime: SignedDuration) -> Timestamp {
    let until = code_deadline(received_at, lifetime);
    if until > now {
        until
    } else {
        code_deadline(now, lifetime)
    }
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

impl Reading<'_> {
    /// How long its code is good: as the mail says, else as the configuration does.
    fn lifetime(&self, policy: &Policy) -> SignedDuration {
        self.finding.lifetime.unwrap_or(policy.code_lifetime)
    }

    /// When Meta sent it: as the signature says, else as Date does, which the signature covers.
    fn sent_at(&self) -> Timestamp {
        let signature = self.authenticity.signature.as_ref();
        let signed_at = signature.and_then(|signature| signature.signed_at);
        signed_at.or(self.mail.date).unwrap_or(self.received_at)
    }
}

impl Event {
    /// The event that a message is at the instant `now`, or `None` if it is none of ours.
    ///
    /// Words and proof must both hold: words alone make `Forged` or `Unproven`, whatever they say.
    #[must_use]
    pub fn of(reading: &Reading<'_>, now: Timestamp, policy: &Policy) -> Option<Self> {
        if reading.finding.verdict == Verdict::Irrelevant {
            return None;
        }
        let message = reading.message;
        let authenticity = reading.authenticity;
        let reason = || authenticity.reason.clone();
        match authenticity.result {
            Proof::Genuine => Self::proved(reading, policy),
            Proof::Forged => Some(Self::Forged {
                message,
                reason: reason(),
            }),
            Proof::Unproven if authenticity.is_pending => Some(Self::Pending {
                message,
                reason: reason(),
                until: asked_until(reading.received_at, now, reading.lifetime(policy)),
            }),
            Proof::Unproven => Some(Self::Unproven {
                message,
                reason: reason(),
                until: None,
            }),
        }
    }

    /// The event that a message of Meta's is.
    fn proved(reading: &Reading<'_>, policy: &Policy) -> Option<Self> {
        let message = reading.message;
        let received_at = reading.received_at;
        let sent_at = reading.sent_at();
        // What was on its way for days was sent again by somebody: an answer of last year is none
        // to this year's objection.
        let is_stale = received_at.duration_since(sent_at) > LONGEST_TRANSIT;
        Some(match &reading.finding.verdict {
            Verdict::Irrelevant => return None,
            Verdict::ConfirmationCode(_) => Self::CodeArrived {
                message,
                received_at,
                sent_at,
                until: code_deadline(received_at, reading.lifetime(policy)),
                standing: Standing::of_transit(sent_at, received_at),
            },
            Verdict::Notification | Verdict::Decision(_) if is_stale => Self::Unclear {
                message,
                doubt: Doubt::SentLongAgo,
            },
            Verdict::Notification => Self::Notification {
                message,
                received_at,
                effective: reading.finding.effective_date,
            },
            Verdict::Decision(outcome) => Self::Decision {
                message,
                received_at,
                outcome: *outcome,
                seconds_after_code: None,
            },
            Verdict::Unclear(doubt) => Self::Unclear {
                message,
                doubt: *doubt,
            },
        })
    }

    /// What a message that nobody could answer for by `now` becomes: the person is told. One that
    /// carries no code can still be proved later.
    #[must_use]
    pub fn unanswered(reading: &Reading<'_>, now: Timestamp, tells_again: bool) -> Self {
        let is_code = matches!(reading.finding.verdict, Verdict::ConfirmationCode(_));
        let until = now.saturating_add(PATIENCE).ok();
        Self::Unproven {
            message: reading.message,
            reason: reading.authenticity.reason.clone(),
            until: until.filter(|_| tells_again && !is_code),
        }
    }

    /// The event with what only the case knows: how long Meta took for its answer, and whether a
    /// code is still the one that is waited for.
    #[must_use]
    pub fn in_case(mut self, state: &State, codes: CodesBefore) -> Self {
        match (&mut self, state) {
            (
                Self::Decision {
                    received_at,
                    seconds_after_code,
                    ..
                },
                State::Submitted { at },
            ) => {
                // INTERNALDATE has whole seconds: an answer in the same second may seem earlier.
                let seconds = received_at.duration_since(*at).as_secs().max(0);
                *seconds_after_code = Some(seconds);
            }
            (
                Self::CodeArrived {
                    received_at,
                    sent_at,
                    standing,
                    ..
                },
                _,
            ) => *standing = standing.among(*sent_at, *received_at, codes),
            _ => {}
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
            Self::SubmissionAccepted { .. } => "submission_accepted",
            Self::SubmissionRejected { .. } => "submission_rejected",
            Self::SubmissionDoubtful { .. } => "submission_doubtful",
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
            | Self::SubmissionAccepted { message }
            | Self::SubmissionRejected { message, .. }
            | Self::SubmissionDoubtful { message, .. } => Some(*message),
            Self::Armed { .. } | Self::Deaf { .. } | Self::Heard { .. } | Self::Gap { .. } => None,
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
            | Self::SubmissionAccepted { .. }
            | Self::SubmissionRejected { .. }
            | Self::SubmissionDoubtful { .. }
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
            | Self::SubmissionAccepted { .. }
            | Self::SubmissionRejected { .. }
            | Self::SubmissionDoubtful { .. } => true,
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
