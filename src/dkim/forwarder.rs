//! Checks the seals of forwarders that the person named (ARC, RFC 8617).
//!
//! It is asked only where Meta's own signature holds for the header and the text was rewritten on
//! the way. What a chain has to look like is `mail::claim::chain`'s.

use super::{Verifier, holds};
use crate::mail::authenticity::{Authenticity, Key, Signature};
use crate::mail::claim::Claim;
use crate::mail::claim::chain::{Chain, Seal};

impl Verifier {
    /// The verdict on a rewritten message whose forwarders all seal what they did.
    pub(super) async fn by_forwarders(
        &self,
        claim: &Claim<'_>,
        chain: Chain<'_>,
        mut proof: Signature,
    ) -> Authenticity {
        let domain = Some(claim.domain.as_str());
        let message = Seal {
            signed_bytes: claim.signed_bytes(&chain.last),
            algorithm: chain.last.algorithm,
            domain: chain.last.domain,
            selector: chain.last.selector,
            value: chain.last.value,
        };
        for seal in chain.seals.iter().chain([&message]) {
            let (record, key) = match self.key_of(&seal.selector, &seal.domain, domain).await {
                Ok(found) => found,
                Err(verdict) => return verdict,
            };
            if !holds(&record, &seal.signed_bytes, &seal.value, seal.algorithm) {
                let why = format!(
                    "its text was changed, and the seal of {} does not hold",
                    seal.domain
                );
                return Authenticity::forged(domain, why);
            }
            keep(&mut proof.keys, key);
        }
        let names: Vec<&str> = chain
            .seals
            .iter()
            .map(|seal| seal.domain.as_str())
            .collect();
        let reason = format!(
            "its text was rewritten by {}, and the first of them found its signature good",
            names.join(", ")
        );
        Authenticity::vouched(proof, reason)
    }
}

fn keep(keys: &mut Vec<Key>, key: Key) {
    if !keys.iter().any(|one| one.name == key.name) {
        keys.push(key);
    }
}
