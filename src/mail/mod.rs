//! What a message says: bytes in, a [`Finding`] out.
//!
//! This room is pure. It does no input or output, reads no clock and starts nothing; time and
//! bytes come in as arguments. It does not know what a finding leads to (that is `case`), and it
//! does not decide who sent a message: it reads the words, and [`authenticity`] holds the verdict
//! on the sender as a value.

// What decides is pure: the lists are in clippy.toml.
#![deny(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types
)]

mod agreement;
pub mod authenticity;
pub mod claim;
mod classify;
mod code;
mod colour;
mod date;
mod entity;
pub mod envelope;
mod forms;
mod junk;
mod lexicon;
mod lifetime;
mod link;
mod mime;
mod outcome;
mod phrase;
mod place;
mod plain;
mod pretender;
mod product;
mod quote;
pub mod redact;
mod speech;
mod spoken;
mod style;
mod tag;
mod text;
mod visible;
mod wordings;

use std::fmt;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

pub use classify::{classify, classify_any_sender};
pub use code::{Found, one_time_code};
pub use junk::JUNK;
pub use mime::{Mail, read, read_truncated};
pub use place::{Cursor, FolderName, FolderRef, MailboxName, MessageRef, Uid, UidValidity};
pub use plain::{escape, plain, plain_sentence};
pub use pretender::{Pretender, Trick};
pub use redact::{NotRedacted, redact};
pub use wordings::{Fault, Sender, Wordings};

/// A raw message and where it stood.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Where it was found.
    pub at: MessageRef,
    /// When the receiving server took it (RFC 9051, 2.3.3): the clock a code's life is counted by.
    pub internal_date: Timestamp,
    /// The bytes as the server holds them.
    pub raw: Vec<u8>,
    /// `raw` holds only the beginning: the message is larger than this program reads.
    pub truncated: bool,
}

/// SHA-256 of a message's raw bytes: the same mail in two folders is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of `raw`.
    #[must_use]
    pub fn of(raw: &[u8]) -> Self {
        Self(Sha256::digest(raw).into())
    }

    /// Reads the 64 hexadecimal digits that `Display` writes; `None` for anything else.
    #[must_use]
    pub fn from_hex(hex: &str) -> Option<Self> {
        let bytes = data_encoding::HEXLOWER.decode(hex.as_bytes()).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hex = String::deserialize(deserializer)?;
        Self::from_hex(&hex).ok_or_else(|| serde::de::Error::custom("not a SHA-256 in hex"))
    }
}

/// A product of Meta's that an objection can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Product {
    /// Facebook.
    Facebook,
    /// Instagram.
    Instagram,
    /// Threads.
    Threads,
    /// WhatsApp.
    Whatsapp,
    /// Meta as a whole: the mail names no single product.
    Meta,
}

impl Product {
    /// The product's name in configuration and JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Facebook => "facebook",
            Self::Instagram => "instagram",
            Self::Threads => "threads",
            Self::Whatsapp => "whatsapp",
            Self::Meta => "meta",
        }
    }

    /// The product's name as people write it.
    #[must_use]
    pub fn spelled(self) -> &'static str {
        match self {
            Self::Facebook => "Facebook",
            Self::Instagram => "Instagram",
            Self::Threads => "Threads",
            Self::Whatsapp => "WhatsApp",
            Self::Meta => "Meta",
        }
    }
}

/// What Meta decided about an objection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The objection will be applied.
    Honored,
    /// Some of it will be applied.
    PartlyHonored,
    /// It was refused.
    Declined,
    /// Meta wants more information before it decides.
    NeedsInfo,
    /// Meta has it and has not decided.
    UnderReview,
    /// It was sent to the wrong form or about the wrong product.
    WrongChannel,
    /// Meta needs longer than a month (GDPR, Art. 12(3)).
    Extended,
}

impl Outcome {
    /// The outcome's name in JSON and in the record.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Honored => "honored",
            Self::PartlyHonored => "partly_honored",
            Self::Declined => "declined",
            Self::NeedsInfo => "needs_info",
            Self::UnderReview => "under_review",
            Self::WrongChannel => "wrong_channel",
            Self::Extended => "extended",
        }
    }
}

/// Why a message about an objection could not be read with certainty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// Two or more digit groups could be the code.
    SeveralCodes,
    /// It is a code mail, and no code can be found in it.
    NoCode,
    /// It is about an objection, in words that no rule knows.
    UnknownWording,
    /// Rules for different outcomes, or for different kinds, fit at once.
    Contradiction,
    /// The parts of the message that should say the same do not.
    PartsDisagree,
    /// Two parsers of mail do not read the same in it, or its text fits more than one encoding.
    Ambiguous,
    /// The message is larger than this program reads.
    TooLarge,
    /// Meta sent it long before it reached the mailbox.
    SentLongAgo,
}

/// What a message is to us, by its words alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// None of ours; a log-in or recovery code included.
    Irrelevant,
    /// Meta announces a use of data that can be objected to.
    Notification,
    /// It carries the code that the objection form waits for.
    ConfirmationCode(Code),
    /// Meta's answer to the objection.
    Decision(Outcome),
    /// About an objection, and not to be read with certainty: it goes to the person.
    Unclear(Doubt),
}

/// One reason for a verdict: the rule that fitted, and the known words it found.
///
/// `words` are always words of our own tables, never text of the mail: reasons are logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The rule's name.
    pub rule: String,
    /// The phrase of the tables that fitted, or a plain statement.
    pub words: String,
}

/// What a message is, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What the message is to us.
    pub verdict: Verdict,
    /// The product it is about: as it says, else by where it comes from.
    pub product: Option<Product>,
    /// The one product that its subject and text call by name; `None` if they name none or more.
    pub named: Option<Product>,
    /// The language whose wordings fitted, as a BCP 47 tag.
    pub language: Option<String>,
    /// From when the announced change applies, if a date is given.
    pub effective_date: Option<Date>,
    /// How long a code is good, where its mail says so.
    pub lifetime: Option<SignedDuration>,
    /// Addresses of Meta's own pages (objection forms first) that the message links to.
    pub links: Vec<String>,
    /// Links that only look like Meta's, and where they lead.
    pub pretenders: Vec<Pretender>,
    /// Why; never empty.
    pub because: Vec<Reason>,
}

/// A one-time code. It has no printable form in any build; only [`Code::reveal`] gives the digits.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(Zeroizing<String>);

impl Code {
    /// Wraps digits that were found in a message.
    #[must_use]
    pub fn new(digits: String) -> Self {
        Self(Zeroizing::new(digits))
    }

    /// The digits, for the one who submits them and for nobody else.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether it is to be seen in `text`, however it is spaced there.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        let joined: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
        joined.contains(self.0.as_str())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(••••)")
    }
}
