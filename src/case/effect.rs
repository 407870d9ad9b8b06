//! What can be done about an event: effects, the orders given to outlets, and how a try went.
//!
//! Values only. An [`Effect`] names the *message* a code stands in; the code itself first appears
//! in the [`Order`] that is built from the stored message at the moment of the attempt.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::mail::authenticity::Authenticity;
use crate::mail::{Code, Digest, Doubt, MailboxName, Outcome, Pretender, Product};

use super::Reminder;

/// Something to do, before a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Effect {
    /// Hand the code in `message` to the submission step.
    Submit {
        /// The message the code stands in.
        message: Digest,
        /// The code's last good instant.
        not_after: Timestamp,
    },
    /// Ask again who sent `message`.
    Prove {
        /// The message.
        message: Digest,
        /// When to stop.
        not_after: Timestamp,
    },
    /// Tell the person.
    Alert(Notice),
}

/// What the person is told. The variants are the contract's types.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "notice", rename_all = "snake_case")]
pub enum Notice {
    /// `notification.received`
    Notification {
        /// From when the announced change applies.
        effective: Option<Date>,
    },
    /// `code.received`: there is no submission step, the person types it.
    CodeWaiting {
        /// The code's last good instant.
        until: Timestamp,
    },
    /// `decision.received`
    Decision {
        /// What Meta decided.
        outcome: Outcome,
        /// Seconds from the filing of the objection to this answer, if both are known.
        seconds_after_code: Option<i64>,
        /// Linked accounts that the answer does not name, although it names another of them.
        #[serde(default)]
        unnamed: Vec<Product>,
    },
    /// `reminder.due`
    Reminder {
        /// Of what.
        reminder: Reminder,
        /// From when the announced change applies.
        effective: Option<Date>,
        /// The last day for Meta's answer, as computed.
        due: Option<Date>,
    },
    /// `mail.unclear`
    Unclear {
        /// Why it could not be read.
        doubt: Doubt,
    },
    /// `mail.forged`
    Forged {
        /// What is wrong with its sender.
        reason: String,
    },
    /// `mail.unproven`
    Unproven {
        /// Why its sender is not known.
        reason: String,
    },
    /// `submission.failed`
    SubmissionFailed {
        /// What happened, without the code.
        reason: String,
        /// The step may have been done: a crash or a time-out cut it off.
        doubtful: bool,
        /// The code's last good instant, where the person may still type it.
        #[serde(default)]
        code_until: Option<Timestamp>,
    },
    /// `alerts.summary`: more alerts than the channel may give in an hour.
    Summary {
        /// How many of each type stand for this one.
        counts: BTreeMap<String, u32>,
    },
    /// `mailbox.deaf`
    Deaf {
        /// The last proof of hearing.
        since: Timestamp,
        /// What stands in the way, as a sentence.
        why: String,
    },
    /// `mailbox.heard`
    Heard {
        /// When the mailbox was last heard before the gap.
        since: Timestamp,
    },
    /// `alert.test`: the person wants to know whether a channel reaches them.
    Test,
}

impl Notice {
    /// The type's name in the contract.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Notification { .. } => "notification.received",
            Self::CodeWaiting { .. } => "code.received",
            Self::Decision { .. } => "decision.received",
            Self::Unclear { .. } => "mail.unclear",
            Self::Forged { .. } => "mail.forged",
            Self::Unproven { .. } => "mail.unproven",
            Self::Reminder { .. } => "reminder.due",
            Self::SubmissionFailed { .. } => "submission.failed",
            Self::Summary { .. } => "alerts.summary",
            Self::Deaf { .. } => "mailbox.deaf",
            Self::Heard { .. } => "mailbox.heard",
            Self::Test => "alert.test",
        }
    }

    /// Until when a person could make use of the code that it is about; `None` if of none.
    #[must_use]
    pub fn code_until(&self) -> Option<Timestamp> {
        match self {
            Self::CodeWaiting { until } => Some(*until),
            Self::SubmissionFailed { code_until, .. } => *code_until,
            Self::Notification { .. }
            | Self::Decision { .. }
            | Self::Reminder { .. }
            | Self::Unclear { .. }
            | Self::Forged { .. }
            | Self::Unproven { .. }
            | Self::Summary { .. }
            | Self::Deaf { .. }
            | Self::Heard { .. }
            | Self::Test => None,
        }
    }

    /// Whether several may be told as one: what anybody can cause by writing mails, and what only
    /// says that all is well.
    #[must_use]
    pub fn may_be_summed_up(&self) -> bool {
        match self {
            Self::Forged { .. } | Self::Unproven { .. } | Self::Heard { .. } => true,
            Self::Notification { .. }
            | Self::CodeWaiting { .. }
            | Self::Decision { .. }
            | Self::Reminder { .. }
            | Self::Unclear { .. }
            | Self::SubmissionFailed { .. }
            | Self::Summary { .. }
            | Self::Deaf { .. }
            | Self::Test => false,
        }
    }

    /// Whether it cannot wait for the end of quiet hours.
    #[must_use]
    pub fn is_urgent(&self) -> bool {
        match self {
            Self::CodeWaiting { .. }
            | Self::SubmissionFailed { .. }
            | Self::Unclear { .. }
            | Self::Deaf { .. } => true,
            Self::Notification { .. }
            | Self::Decision { .. }
            | Self::Reminder { .. }
            | Self::Forged { .. }
            | Self::Unproven { .. }
            | Self::Summary { .. }
            | Self::Heard { .. }
            | Self::Test => false,
        }
    }
}

/// An effect's number in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectId(pub i64);

/// What an order says about the message it is about. Text of the mail, hence hostile: an outlet
/// escapes it for wherever it puts it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MessageSummary {
    /// The Message-ID with its angle brackets, or the digest where there is none.
    pub id: String,
    /// The From address.
    pub from: String,
    /// The subject.
    pub subject: String,
}

/// A code on its way to the submission step.
#[derive(Debug, Clone)]
pub struct Submission {
    /// Stable id of this hand-over: SHA-256 of mailbox and the signature's `d=`, `s=`, `b=`.
    pub id: String,
    /// The mailbox the code came to.
    pub mailbox: MailboxName,
    /// The product it is for.
    pub account: Product,
    /// The code.
    pub code: Code,
    /// When the receiving server took the message.
    pub received_at: Timestamp,
    /// The code's last good instant.
    pub expires_at: Timestamp,
    /// The proof of the sender.
    pub authenticity: Authenticity,
    /// The message.
    pub message: MessageSummary,
}

/// Something to tell the person, through one channel.
#[derive(Debug, Clone)]
pub struct Alert {
    /// Stable id: the same event alerts with the same id on every channel.
    pub id: String,
    /// The configured name of the channel it goes through.
    pub channel: String,
    /// The mailbox it is about.
    pub mailbox: MailboxName,
    /// The product it is about, where it is about one.
    pub account: Option<Product>,
    /// When the event happened.
    pub at: Timestamp,
    /// What is told.
    pub notice: Notice,
    /// The message it is about, where there is one.
    pub message: Option<MessageSummary>,
    /// What a person sees of the message, where only a person can read it.
    pub text: Option<String>,
    /// Pages of Meta's own that the message links to.
    pub links: Vec<String>,
    /// Links that only look like Meta's.
    pub pretenders: Vec<Pretender>,
    /// The message is Meta's and lay among junk mail.
    pub is_in_junk: bool,
    /// The code, where the channel may hold one and the person could still type it.
    pub code: Option<Code>,
}

/// A message whose sender nobody could prove yet.
#[derive(Debug, Clone)]
pub struct Proving {
    /// The mailbox it came to.
    pub mailbox: MailboxName,
    /// When it was taken in: it is judged by that day.
    pub taken_at: Timestamp,
    /// Its bytes.
    pub raw: Vec<u8>,
}

/// Work handed to an outlet.
#[derive(Debug, Clone)]
pub enum Order {
    /// Hand a code over.
    Submit(Submission),
    /// Ask who sent a message.
    Prove(Proving),
    /// Tell the person.
    Alert(Alert),
}

/// How one try went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// Done: the step says so.
    Accepted,
    /// A script of the person's took the code; what it did with it is not known.
    Taken,
    /// Refused for good, with the step's reason (the code blotted out).
    Rejected(String),
    /// Not done, and trying again may help.
    TryLater {
        /// Why.
        why: String,
        /// For how long the step wants to be left alone, if it said so.
        pause: Option<SignedDuration>,
    },
    /// Begun, and nobody knows whether it was done.
    Unknown(String),
}

impl Attempt {
    /// Not done, and trying again may help whenever it is.
    #[must_use]
    pub fn later(why: String) -> Self {
        Self::TryLater { why, pause: None }
    }

    /// For how long the step wants to be left alone, if it said so.
    #[must_use]
    pub fn pause(&self) -> Option<SignedDuration> {
        match self {
            Self::TryLater { pause, .. } => *pause,
            Self::Accepted | Self::Taken | Self::Rejected(_) | Self::Unknown(_) => None,
        }
    }
}
