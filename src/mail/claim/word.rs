//! Whose word counts beside a signature, and what it has to say.
//!
//! A word never stands against a check of our own: it is asked only where that check cannot be
//! made, and `dkim` says where that is. It does not know keys or DNS.

use jiff::Timestamp;

use super::Claim;
use super::chain::Chain;
use super::results::Results;
use super::signature::SignatureField;

impl<'a> Claim<'a> {
    /// Whether the receiving server `provider`, by its authserv-id, says that `signature` held when
    /// the message came in.
    ///
    /// Only the topmost Authentication-Results is looked at, and only above every Received: all
    /// that stands lower may have come with the message (RFC 8601, 5 and 7.1). That shuts out
    /// servers that write it further down, and any that passes the message on once more.
    #[must_use]
    pub fn is_vouched_by(&self, provider: &str, signature: &SignatureField<'_>) -> bool {
        let mut fields = self.message.fields.iter();
        let first = fields.find(|one| one.is("Received") || one.is("Authentication-Results"));
        let said = first
            .filter(|field| field.is("Authentication-Results"))
            .and_then(|field| Results::read(field.value));
        said.is_some_and(|said| {
            said.server.eq_ignore_ascii_case(provider) && says_it_held(&said, signature)
        })
    }

    /// The chain of named forwarders whose first one says that `signature` held. It counts only
    /// when its seals do, and its last signature covers what is read.
    #[must_use]
    pub fn chain(
        &self,
        forwarders: &[String],
        signature: &SignatureField<'_>,
        now: Timestamp,
    ) -> Option<Chain<'a>> {
        let chain = Chain::read(&self.message, forwarders, now)?;
        let counts = says_it_held(&chain.results, signature)
            && super::covers(&self.message, &chain.last).is_ok()
            && self.has_text_of(&chain.last);
        counts.then_some(chain)
    }
}

/// One result about this signature, and none against it.
fn says_it_held(results: &Results, signature: &SignatureField<'_>) -> bool {
    let mut about = results.checks.iter().filter(|check| {
        let SignatureField {
            domain,
            agent_domain,
            selector,
            value_text,
            ..
        } = signature;
        check.is_about(domain, agent_domain, selector, value_text)
    });
    about.next().is_some_and(|first| first.result == "pass")
        && about.all(|other| other.result == "pass")
}
