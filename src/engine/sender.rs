//! Who sent a message, when that is not settled at once: a key that is not the known one, and
//! messages for which no name server answered.
//!
//! It asks nobody: the question leaves as an order and comes back as an input. A message that
//! waits is in the database, so the folder is read on and a restart forgets nothing.

use jiff::Timestamp;
use tracing::info;

use crate::case::effect::{Effect, EffectId, Order, Proving};
use crate::case::{Event, Reading, retry};
use crate::mail::authenticity::{Authenticity, Key};
use crate::mail::claim::tags::is_same_key;
use crate::mail::{Digest, FolderRef};
use crate::store::{EffectRow, KeyRow, Proved, StoreError, StoredMessage};

use super::intake::handover_of;
use super::{Engine, EngineError, PROOF};

impl Engine {
    /// The verdict, unless it rests on another key than the one that was seen under the same name
    /// before: then somebody may be lying about DNS, and only the person can know.
    pub(super) fn against_known_keys(
        &self,
        authenticity: Authenticity,
    ) -> Result<Authenticity, StoreError> {
        let keys = authenticity.signature.as_ref().map(|proof| &proof.keys);
        for key in keys.into_iter().flatten().filter(|key| !key.is_pinned) {
            let known = self.store.keys_named(&key.name)?;
            if let Some(reason) = differs(key, &known) {
                let domain = authenticity.domain.as_deref();
                return Ok(Authenticity::unproven(domain, reason));
            }
        }
        Ok(authenticity)
    }

    /// The order to ask again who sent a message.
    pub(super) fn proving(&self, message: Digest) -> Result<Order, StoreError> {
        let StoredMessage {
            mailbox,
            internal_date,
            taken_at,
            raw,
            ..
        } = self.store.message(message)?;
        // As at the first time: the clock may have been behind.
        let taken_at = taken_at.max(internal_date);
        Ok(Order::Prove(Proving {
            mailbox,
            taken_at,
            raw,
        }))
    }

    /// It was asked again who sent a message.
    pub(super) fn examined(
        &mut self,
        id: EffectId,
        authenticity: Authenticity,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        let Some(effect) = self.free_outlet_of(id)? else {
            return Ok(());
        };
        let Effect::Prove { message, not_after } = effect.what else {
            return Ok(());
        };
        if authenticity.is_pending
            && let Some(next_at) = retry::proof(effect.tries, now, not_after)
        {
            self.store.postpone(id, next_at, &authenticity.reason)?;
            return Ok(());
        }
        let authenticity = self.against_known_keys(authenticity)?;
        self.settle_sender(&effect, message, &authenticity, now)?;
        Ok(())
    }

    /// Commits who sent a message with everything that leads to.
    fn settle_sender(
        &mut self,
        effect: &EffectRow,
        message: Digest,
        authenticity: &Authenticity,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let stored = self.store.message(message)?;
        let cause = self.store.event(effect.event_id)?;
        let folder = FolderRef {
            mailbox: stored.mailbox,
            origin: String::new(),
            folder: stored.folder,
        };
        let handover = handover_of(&folder.mailbox, authenticity);
        // Another copy of the same mail was proved in the meantime: this one leads to nothing.
        let is_copy = match &handover {
            Some(handover) => self.store.knows_handover(handover)?,
            None => false,
        };
        let handover = handover.filter(|_| !is_copy);
        let sender = Proved {
            authenticity,
            handover: handover.as_deref(),
        };
        let (mail, finding) = self.read(&stored.raw, stored.truncated);
        let reading = Reading {
            message,
            received_at: stored.internal_date,
            mail: &mail,
            finding: &finding,
            authenticity,
        };
        let event = if is_copy {
            None
        } else if authenticity.is_pending {
            let is_first = matches!(cause.event, Event::Pending { .. });
            Some(Event::unanswered(&reading, now, is_first))
        } else {
            Event::of(&reading, now, &self.policy(&folder.mailbox))
        };
        let Some(event) = event else {
            self.store
                .settle_sender(effect.id, message, &sender, now, None)?;
            return Ok(());
        };
        let mut consequence = self.led_to(&folder, event, &reading, now)?;
        let order = self.begin_with(&mut consequence, &reading, handover.as_deref());
        let written =
            self.store
                .settle_sender(effect.id, message, &sender, now, Some(&consequence))?;
        self.give_begun(order, &written);
        self.next_reminder = None;
        info!(
            mailbox = %folder.mailbox, message = %message, event = consequence.event.name(),
            outlet = PROOF, "asked again"
        );
        Ok(())
    }
}

/// Why a key is not to be believed, if others are known under its name and it is none of them.
fn differs(key: &Key, known: &[KeyRow]) -> Option<String> {
    let first = known.first()?;
    let is_known = |one: &KeyRow| is_same_key(&one.record, &key.record);
    (!known.iter().any(is_known)).then(|| {
        format!(
            "the key {} is not the one that was seen since {}: if Meta changed it, pin the new one \
             under [authenticity.pinned_keys]",
            key.name,
            first.first_seen_at.strftime("%Y-%m-%d")
        )
    })
}
