//! Proves senders for the mailboxes of one configuration.
//!
//! Only the list of who may sign for whom is taken from the tables: the proof does not depend on
//! the words.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::case::effect::Proving;
use crate::config::Config;
use crate::dkim::{Delivery, DkimError, Verifier};
use crate::mail::authenticity::Authenticity;
use crate::mail::{Arrival, MailboxName, Wordings};

/// A verifier that knows whose mailbox a message came to.
pub struct Prover {
    verifier: Verifier,
    wordings: Arc<Wordings>,
    mailboxes: BTreeMap<MailboxName, Recipient>,
}

/// Whom the messages in a mailbox have to be written to.
struct Recipient {
    addresses: Vec<String>,
    provider: Option<String>,
}

impl Prover {
    /// # Errors
    /// If a pinned key cannot be read.
    pub fn new(config: &Config) -> Result<Self, DkimError> {
        let mailboxes = config.mailboxes.iter().map(|mailbox| {
            let recipient = Recipient {
                addresses: mailbox.addresses.clone(),
                provider: mailbox.provider.clone(),
            };
            (mailbox.name.clone(), recipient)
        });
        Ok(Self {
            verifier: Verifier::new(&config.authenticity)?,
            wordings: Arc::clone(&config.wordings),
            mailboxes: mailboxes.collect(),
        })
    }

    /// The verdict on a message that just came.
    pub async fn prove(&self, mailbox: &MailboxName, arrival: &Arrival) -> Authenticity {
        if arrival.truncated {
            return Authenticity::of_truncated();
        }
        // The server's clock stands in for one of ours that is behind: a signature that was made
        // before the message came is none of the future.
        let at = arrival.internal_date.max(Timestamp::now());
        self.examine(mailbox, &arrival.raw, at).await
    }

    /// The verdict on a message that waits for it.
    pub async fn prove_again(&self, proving: &Proving) -> Authenticity {
        self.examine(&proving.mailbox, &proving.raw, proving.taken_at)
            .await
    }

    async fn examine(&self, mailbox: &MailboxName, raw: &[u8], at: Timestamp) -> Authenticity {
        let Some(recipient) = self.mailboxes.get(mailbox) else {
            return Authenticity::unproven(None, "its mailbox is not configured any more");
        };
        let allowed = |from: &str| self.wordings.may_sign(from);
        let delivery = Delivery {
            addresses: &recipient.addresses,
            provider: recipient.provider.as_deref(),
            at,
        };
        self.verifier.verify(raw, allowed, delivery).await
    }
}
