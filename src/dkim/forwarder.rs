//! Checks the seals of forwarders that the person named (ARC, RFC 8617).
//!
//! It is asked only where Meta's own signature holds for the header and the text was rewritten on
//! the way. What a chain has to look like is `mail::claim::chain`'s.

use super::{Lookup, Verifier, holds};
use crate::mail::authenticity::{Authenticity, Key, Signature};
use crate::mail::claim::Claim;
use crate::mail::claim::chain::Chain;

impl Verifier {
    /// The verdict on a rewritten message whose forwarders all seal what they did.
    pub(super) async fn by_forwarders(
        &self,
        claim: &Claim<'_>,
        chain: &Chain<'_>,
        mut proof: Signature,
    ) -> Authenticity {
        let domain = Some(claim.domain.as_str());
        let last = &chain.last;
        let message = (
            last.algorithm,
            &last.domain,
            &last.selector,
            &last.value,
            &claim.signed_bytes(last),
        );
        let seals = chain.seals.iter().map(|seal| {
            let at = (seal.algorithm, &seal.domain, &seal.selector);
            (at.0, at.1, at.2, &seal.value, &seal.signed_bytes)
        });
        for (algorithm, signer, selector, value, bytes) in seals.chain([message]) {
            let (record, key) = match self.key_of(selector, signer).await {
                Lookup::Key(record, key) => (record, key),
                Lookup::NoAnswer(why) => return Authenticity::pending(domain, why),
                Lookup::Missing(why) => return Authenticity::unproven(domain, why),
                Lookup::Worthless(why) => return Authenticity::forged(domain, why),
            };
            if !holds(&record, bytes, value, algorithm) {
                let why = format!("its text was changed, and the seal of {signer} does not hold");
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
