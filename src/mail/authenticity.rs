//! Whether Meta really sent a message, as a value.
//!
//! The pure half of the proof: what the raw header must look like before any key is asked for,
//! which signatures may speak for which sender, and the verdict's type. It asks nobody; the
//! cryptography and the DNS are `dkim`'s.

use serde::{Deserialize, Serialize};

/// The three answers to "did Meta send this?".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Proof {
    /// Meta sent it: proved.
    Genuine,
    /// It claims to be Meta's and is provably not what it claims.
    Forged,
    /// Neither could be shown.
    Unproven,
}

/// How the answer was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// By a DKIM signature (RFC 6376) that this program checked itself.
    Dkim,
    /// By the word of the receiving server (RFC 8601).
    Provider,
    /// Nothing could be checked.
    None,
}

/// The signature that proved a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// `d=`, lower case.
    pub domain: String,
    /// `s=`, lower case.
    pub selector: String,
    /// `b=`, blanks removed: no two messages share it.
    pub value: String,
    /// The key record it was checked with, as DNS or the configuration gave it.
    pub key_record: String,
}

/// The verdict on a message's sender, with its reason. Serialises to the contract's object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authenticity {
    /// The answer.
    pub result: Proof,
    /// The domain that is proved, or that the message claims.
    pub domain: Option<String>,
    /// How it was found.
    pub method: Method,
    /// A sentence for the person; no words of the mail but domain names.
    pub reason: String,
    /// The proof, where there is one.
    #[serde(skip)]
    pub signature: Option<Signature>,
}
