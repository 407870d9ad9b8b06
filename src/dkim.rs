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
use crate::mail::authenticity::{Authenticity, Key, Signature};
use crate::mail::claim::chain::Chain;
use crate::mail::claim::header::Flaw;
use crate::mail::claim::signature::{Algorithm, SignatureField};
use crate::mail::claim::{self, Claim};

mod dns;
mod forwarder;
mod record;
mod signing;

pub use dns::Found;
pub use signing::SigningKey;

use dns::Dns;
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

/// What beside its bytes decides whether a message is Meta's word to this person.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// The mailbox's addresses, lower case; none where nobody says whose the message is.
    pub addresses: &'a [String],
    /// The authserv-id of the server that receives for the mailbox, if its word is trusted.
    pub provider: Option<&'a str>,
    /// When the message came: a kept one is judged by that day.
    pub at: Timestamp,
}

/// Proves senders, with the keys and the resolver of the configuration.
#[derive(Debug)]
pub struct Verifier {
    pinned: BTreeMap<String, String>,
    forwarders: Vec<String>,
    /// `None`: nobody is asked.
    dns: Option<Dns>,
}

/// Who stands for a text that is not the one that was signed.
enum Witness<'a> {
    /// The receiving server, which saw it before.
    Provider(&'a str),
    /// Forwarders that seal what they did.
    Forwarders(Box<Chain<'a>>),
}

impl Verifier {
    /// A verifier that asks nobody yet: a machine without DNS finds out when it needs a key.
    ///
    /// # Errors
    ///
    /// [`DkimError::PinnedKey`].
    pub fn new(settings: &config::Authenticity) -> Result<Self, DkimError> {
        let dns = Some(Dns::new(settings.resolver));
        let offline = Self::offline(settings)?;
        Ok(Self { dns, ..offline })
    }

    /// A verifier that never asks anybody: it knows the pinned keys and no other.
    ///
    /// # Errors
    ///
    /// [`DkimError::PinnedKey`].
    pub fn offline(settings: &config::Authenticity) -> Result<Self, DkimError> {
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
            forwarders: settings.forwarders.clone(),
            dns: None,
        })
    }

    /// Whether Meta sent `raw` to this person. `allowed` gives the `d=` values that may sign for a
    /// From domain of Meta's, and nothing for any other domain.
    pub async fn verify(
        &self,
        raw: &[u8],
        allowed: impl Fn(&str) -> Option<Vec<String>>,
        delivery: Delivery<'_>,
    ) -> Authenticity {
        let claim = match claim::examine(raw, delivery.at, allowed) {
            Ok(claim) => claim,
            Err(verdict) => return *verdict,
        };
        let mut verdict = Authenticity::forged(Some(&claim.domain), "it carries no signature");
        for signature in &claim.signatures {
            let found = self.check(&claim, signature, delivery).await;
            if found.is_genuine() {
                return addressed(&claim, delivery.addresses, found);
            }
            // A signature that could not be checked might have held, and one that can be checked
            // later may yet hold: that is the honest answer.
            if verdict.is_forged() || found.is_pending {
                verdict = found;
            }
        }
        verdict
    }

    /// What there is under the name of a key, `selector._domainkey.domain`.
    pub async fn look_up(&self, name: &str) -> Found {
        self.find(name).await.0
    }

    async fn check(
        &self,
        claim: &Claim<'_>,
        signature: &SignatureField<'_>,
        delivery: Delivery<'_>,
    ) -> Authenticity {
        let domain = Some(claim.domain.as_str());
        let is_whole = claim.has_text_of(signature);
        let witness = if is_whole {
            None
        } else if let Some(witness) = self.witness(claim, signature, delivery) {
            Some(witness)
        } else {
            return Authenticity::forged(domain, "its text is not the text that was signed");
        };
        let (selector, signer) = (&signature.selector, &signature.domain);
        let (record, key) = match self.key_of(selector, signer, domain).await {
            Ok(found) => found,
            Err(verdict) if is_whole && verdict.is_pending => {
                return match provider_of(claim, signature, delivery) {
                    Some(provider) => {
                        let why = verdict.reason;
                        let reason = format!("{why}; {provider} says that its signature held");
                        Authenticity::vouched(signature_of(signature, vec![]), reason)
                    }
                    None => verdict,
                };
            }
            Err(verdict) => return verdict,
        };
        // RFC 6376, 3.6.1, `t=s`.
        if record.strict && signature.agent_domain != signature.domain {
            let why = "its signature speaks for a domain that its key does not allow";
            return Authenticity::forged(domain, why);
        }
        let bytes = claim.signed_bytes(signature);
        if !holds(&record, &bytes, &signature.value, signature.algorithm) {
            let why = "its signature does not hold: something in it was changed";
            return Authenticity::forged(domain, why);
        }
        let proof = signature_of(signature, vec![key]);
        // With a witness, header and signature are Meta's, and the text was rewritten on the way.
        match witness {
            None => Authenticity::genuine(proof),
            Some(Witness::Provider(provider)) => Authenticity::vouched(
                proof,
                format!(
                    "its text was rewritten after {provider} checked its signature and found it \
                     good"
                ),
            ),
            Some(Witness::Forwarders(chain)) => self.by_forwarders(claim, *chain, proof).await,
        }
    }

    /// Who stands for a text that was rewritten.
    fn witness<'a>(
        &self,
        claim: &Claim<'a>,
        signature: &SignatureField<'_>,
        delivery: Delivery<'a>,
    ) -> Option<Witness<'a>> {
        if let Some(provider) = provider_of(claim, signature, delivery) {
            return Some(Witness::Provider(provider));
        }
        let chain = claim.chain(&self.forwarders, signature, delivery.at);
        chain.map(|chain| Witness::Forwarders(Box::new(chain)))
    }

    /// The key that `signer` names `selector`, or the verdict on a message of `domain` without it.
    async fn key_of(
        &self,
        selector: &str,
        signer: &str,
        domain: Option<&str>,
    ) -> Result<(KeyRecord, Key), Authenticity> {
        let name = format!("{selector}._domainkey.{signer}");
        let (record, is_pinned) = match self.find(&name).await {
            (Found::Record(record), is_pinned) => (record, is_pinned),
            (found @ Found::NoAnswer, _) => {
                return Err(Authenticity::pending(domain, found.sentence(&name)));
            }
            (found, _) => return Err(Authenticity::unproven(domain, found.sentence(&name))),
        };
        match KeyRecord::read(&record) {
            Ok(read) => {
                let key = Key {
                    name,
                    record,
                    is_pinned,
                };
                Ok((read, key))
            }
            Err(fault @ (Fault::Malformed | Fault::Withdrawn)) => {
                let why = format!("the key {name} {fault}");
                Err(Authenticity::unproven(domain, why))
            }
            Err(fault) => {
                let why = format!("the key {name} {fault}");
                Err(Authenticity::forged(domain, why))
            }
        }
    }

    /// The key record of `name`, and whether the person pinned it: that wins over DNS.
    async fn find(&self, name: &str) -> (Found, bool) {
        match (self.pinned.get(name), &self.dns) {
            (Some(record), _) => (Found::Record(record.clone()), true),
            (None, Some(dns)) => (dns.find(name).await, false),
            (None, None) => (Found::NotAsked, false),
        }
    }
}

/// The receiving server, if its word is trusted and it says that the signature held.
fn provider_of<'a>(
    claim: &Claim<'_>,
    signature: &SignatureField<'_>,
    delivery: Delivery<'a>,
) -> Option<&'a str> {
    delivery
        .provider
        .filter(|provider| claim.is_vouched_by(provider, signature))
}

/// Whether `value` is a signature over `bytes` by the key.
fn holds(record: &KeyRecord, bytes: &[u8], value: &[u8], algorithm: Algorithm) -> bool {
    let algorithm = match algorithm {
        Algorithm::RsaSha256 => KeyAlgorithm::RsaSha256,
        Algorithm::Ed25519Sha256 => KeyAlgorithm::Ed25519Sha256,
    };
    record.key.verify_bytes(bytes, value, algorithm).is_ok()
}

fn signature_of(field: &SignatureField<'_>, keys: Vec<Key>) -> Signature {
    Signature {
        domain: field.domain.clone(),
        selector: field.selector.clone(),
        value: field.value_text.clone(),
        signed_at: field.signed_at,
        keys,
    }
}

/// Meta signs To. A genuine mail to somebody else can be sent on to this mailbox by whoever has
/// it, and says nothing about this person's objection.
fn addressed(claim: &Claim<'_>, addresses: &[String], found: Authenticity) -> Authenticity {
    if addresses.is_empty() {
        return found;
    }
    let domain = Some(claim.domain.as_str());
    match &claim.recipient {
        Some(to) if addresses.contains(to) => found,
        Some(to) => Authenticity::unproven(
            domain,
            format!(
                "it was written to {to}, which is no address of this mailbox (if it is yours, add \
                 it to `address`)"
            ),
        ),
        None => Authenticity::unproven(domain, "its To field is not one plain address"),
    }
}
