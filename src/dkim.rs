//! Proves who sent a message: asks DNS for the signer's key and checks the DKIM signature.
//!
//! It does not know what the message says, what it leads to, or how fresh it has to be. What must
//! hold before a key is asked for is `mail::claim`'s.
//!
//! SECURITY: it sends DNS questions, for names of listed signers only, and touches nothing else.
//! The message and every DNS answer are hostile. Plain DNS can be forged by whoever sits between
//! this machine and its resolver; a pinned key cannot.

use std::collections::BTreeMap;

use jiff::Timestamp;
use mail_auth::common::crypto::Algorithm as KeyAlgorithm;
use thiserror::Error;

use crate::config;
use crate::mail::authenticity::{Authenticity, Signature};
use crate::mail::claim::header::Flaw;
use crate::mail::claim::signature::{Algorithm, SignatureField};
use crate::mail::claim::{self, Claim};

mod dns;
mod record;
mod signing;

pub use signing::SigningKey;

use dns::{Dns, Found};
use record::{Fault, KeyRecord};

/// What a person has to mend before anything can be proved or signed.
#[derive(Debug, Error)]
pub enum DkimError {
    /// A key of the configuration cannot be read.
    #[error("the pinned key {name} is not a key record: write it as DNS gives it, \"k=rsa; p=…\"")]
    PinnedKey {
        /// The name it stands under.
        name: String,
    },
    /// The machine gives no random numbers, or the key it made is unusable.
    #[error("making a signing key: {0}")]
    NoKey(String),
    /// The message is none that could be signed.
    #[error("signing a message: {0}")]
    Unsignable(#[from] Flaw),
    /// The signer's name is none.
    #[error("signing a message: {0:?} is no domain name")]
    NoName(String),
    /// The cryptography refused.
    #[error("signing a message: {0}")]
    Refused(String),
}

/// Proves senders, with the keys and the resolver of the configuration.
#[derive(Debug)]
pub struct Verifier {
    pinned: BTreeMap<String, String>,
    dns: Dns,
}

impl Verifier {
    /// A verifier that asks nobody yet: a machine without DNS finds out when it needs a key.
    ///
    /// # Errors
    ///
    /// [`DkimError::PinnedKey`].
    pub fn new(settings: &config::Authenticity) -> Result<Self, DkimError> {
        let mut pinned = BTreeMap::new();
        for (name, record) in &settings.pinned_keys {
            if matches!(KeyRecord::read(record), Err(Fault::Malformed)) {
                return Err(DkimError::PinnedKey { name: name.clone() });
            }
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            pinned.insert(name, record.clone());
        }
        Ok(Self {
            pinned,
            dns: Dns::new(settings.resolver),
        })
    }

    /// Whether Meta sent `raw`. `allowed` gives the `d=` values that may sign for a From domain of
    /// Meta's, and nothing for any other domain.
    pub async fn verify(
        &self,
        raw: &[u8],
        allowed: impl Fn(&str) -> Option<Vec<String>>,
    ) -> Authenticity {
        self.verify_at(raw, allowed, Timestamp::now()).await
    }

    /// [`Verifier::verify`] as of `now`: a kept message is judged by the day it arrived.
    pub async fn verify_at(
        &self,
        raw: &[u8],
        allowed: impl Fn(&str) -> Option<Vec<String>>,
        now: Timestamp,
    ) -> Authenticity {
        let claim = match claim::examine(raw, now, allowed) {
            Ok(claim) => claim,
            Err(verdict) => return *verdict,
        };
        let mut verdict = Authenticity::forged(Some(&claim.domain), "it carries no signature");
        for signature in &claim.signatures {
            let found = self.check(&claim, signature).await;
            if found.is_genuine() {
                return found;
            }
            // A signature that could not be checked might have held: that is the honest answer.
            if verdict.is_forged() {
                verdict = found;
            }
        }
        verdict
    }

    /// The key record that a signature of `domain` with `selector` would be checked with.
    ///
    /// # Errors
    /// Why there is none, as a sentence.
    pub async fn look_up(&self, selector: &str, domain: &str) -> Result<String, String> {
        let name = format!("{selector}._domainkey.{domain}");
        match self.find(&name).await {
            Found::Record(record) => Ok(record),
            found => Err(found.sentence(&name)),
        }
    }

    async fn check(&self, claim: &Claim<'_>, signature: &SignatureField<'_>) -> Authenticity {
        let domain = Some(claim.domain.as_str());
        if !claim.has_text_of(signature) {
            return Authenticity::forged(domain, "its text is not the text that was signed");
        }
        let name = format!("{}._domainkey.{}", signature.selector, signature.domain);
        let record = match self.find(&name).await {
            Found::Record(record) => record,
            found => return Authenticity::unproven(domain, found.sentence(&name)),
        };
        let key = match KeyRecord::read(&record) {
            Ok(key) => key,
            Err(fault @ (Fault::Malformed | Fault::Withdrawn)) => {
                return Authenticity::unproven(domain, format!("the key {name} {fault}"));
            }
            Err(fault) => return Authenticity::forged(domain, format!("the key {name} {fault}")),
        };
        // RFC 6376, 3.6.1, `t=s`.
        if key.strict && signature.agent_domain != signature.domain {
            let why = "its signature speaks for a domain that its key does not allow";
            return Authenticity::forged(domain, why);
        }
        let bytes = claim.signed_bytes(signature);
        let algorithm = match signature.algorithm {
            Algorithm::RsaSha256 => KeyAlgorithm::RsaSha256,
            Algorithm::Ed25519Sha256 => KeyAlgorithm::Ed25519Sha256,
        };
        if key
            .key
            .verify_bytes(&bytes, &signature.value, algorithm)
            .is_err()
        {
            let why = "its signature does not hold: something in it was changed";
            return Authenticity::forged(domain, why);
        }
        Authenticity::genuine(Signature {
            domain: signature.domain.clone(),
            selector: signature.selector.clone(),
            value: signature.value_text.clone(),
            key_record: record,
        })
    }

    /// The key record of `name`: what the person pinned wins over DNS.
    async fn find(&self, name: &str) -> Found {
        match self.pinned.get(name) {
            Some(record) => Found::Record(record.clone()),
            None => self.dns.find(name).await,
        }
    }
}
