//! Whether Meta really sent a message, as a value.
//!
//! The verdict's type, and the id that a proved message gives to what is done about it. It asks
//! nobody and judges nothing: what must hold before a key is asked for is `claim`'s, the DNS and
//! the cryptography are `dkim`'s.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::MailboxName;

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

/// A key record, and where it stands in DNS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// `selector._domainkey.domain`, lower case.
    pub name: String,
    /// The record, as DNS or the configuration gave it.
    pub record: String,
    /// The person wrote it into the configuration.
    pub is_pinned: bool,
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
    /// When it was made, if it says so: the signer's own clock, and covered by the signature.
    pub signed_at: Option<Timestamp>,
    /// The keys that the proof rests on: with them it can be repeated without DNS. Empty where the
    /// word of the receiving server had to do.
    pub keys: Vec<Key>,
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
    /// A sentence for the person; no words of the mail but domain names and the address that a
    /// proved sender wrote to.
    pub reason: String,
    /// The proof, where there is one.
    #[serde(skip)]
    pub signature: Option<Signature>,
    /// Nobody answered a question that would have settled it: asking again may.
    #[serde(skip)]
    pub is_pending: bool,
}

impl Authenticity {
    /// Proved by `signature`.
    #[must_use]
    pub fn genuine(signature: Signature) -> Self {
        let reason = format!("its signature by {} holds", signature.domain);
        Self::proved(Method::Dkim, signature, reason)
    }

    /// Taken for proved on the word of somebody the person trusts, for `reason`.
    #[must_use]
    pub fn vouched(signature: Signature, reason: impl Into<String>) -> Self {
        Self::proved(Method::Provider, signature, reason.into())
    }

    fn proved(method: Method, signature: Signature, reason: String) -> Self {
        Self {
            result: Proof::Genuine,
            domain: Some(signature.domain.clone()),
            method,
            reason,
            signature: Some(signature),
            is_pending: false,
        }
    }

    /// Provably not what it claims, for `reason`.
    #[must_use]
    pub fn forged(domain: Option<&str>, reason: impl Into<String>) -> Self {
        Self::without_proof(Proof::Forged, Method::Dkim, domain, reason.into())
    }

    /// Neither shown nor refuted, for `reason`.
    #[must_use]
    pub fn unproven(domain: Option<&str>, reason: impl Into<String>) -> Self {
        Self::without_proof(Proof::Unproven, Method::None, domain, reason.into())
    }

    /// Neither shown nor refuted so far: for `reason`, which may pass.
    #[must_use]
    pub fn pending(domain: Option<&str>, reason: impl Into<String>) -> Self {
        Self {
            is_pending: true,
            ..Self::unproven(domain, reason)
        }
    }

    /// Not examined, since only its beginning was read.
    #[must_use]
    pub fn of_truncated() -> Self {
        let reason = "it is larger than this program reads (1 MiB): look at it in your mailbox";
        Self::unproven(None, reason)
    }

    fn without_proof(result: Proof, method: Method, domain: Option<&str>, reason: String) -> Self {
        let domain = domain.map(str::to_owned);
        Self {
            result,
            domain,
            method,
            reason,
            signature: None,
            is_pending: false,
        }
    }

    /// Whether Meta is proved to have sent it.
    #[must_use]
    pub fn is_genuine(&self) -> bool {
        self.result == Proof::Genuine
    }

    /// Whether it is provably not what it claims.
    #[must_use]
    pub fn is_forged(&self) -> bool {
        self.result == Proof::Forged
    }
}

/// The stable id of a hand-over: one for each mailbox and signature, however often and under
/// whatever unsigned header the message comes.
///
/// SHA-256 in hex over the mailbox's name, `d=`, `s=` and `b=`, each led by its length.
#[must_use]
pub fn handover_id(mailbox: &MailboxName, signature: &Signature) -> String {
    let mut hash = Sha256::new();
    for part in [
        &mailbox.0,
        &signature.domain,
        &signature.selector,
        &signature.value,
    ] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    data_encoding::HEXLOWER.encode(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handover_is_told_from_every_other() {
        let signature = |value: &str, selector: &str| Signature {
            domain: "a.test".to_owned(),
            selector: selector.to_owned(),
            value: value.to_owned(),
            signed_at: None,
            keys: Vec::new(),
        };
        let id = |name: &str, signature| handover_id(&MailboxName(name.to_owned()), &signature);
        let one = id("me", signature("QQ==", "k"));
        assert_eq!(one.len(), 64);
        assert_eq!(one, id("me", signature("QQ==", "k")));
        assert_ne!(one, id("you", signature("QQ==", "k")));
        assert_ne!(one, id("me", signature("QR==", "k")));
        assert_ne!(
            id("me", signature("bc", "a")),
            id("me", signature("c", "ab"))
        );
    }
}
