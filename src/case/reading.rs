//! From a message that was read, and the verdict on its sender, to the event that it is.
//!
//! Words and proof must both hold. It compares values: the reading is `mail`'s, the proof comes as
//! a value, and what the event changes is the table's.

use jiff::{SignedDuration, Timestamp};

use crate::mail::authenticity::{Authenticity, Proof};
use crate::mail::{Digest, Doubt, Finding, Mail, Verdict};

use super::deadline::code_deadline;
use super::{Event, Policy, Standing};

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
                named: reading.finding.named,
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
}
