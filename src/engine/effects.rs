//! From effects that are due to orders, and from attempts to what they led to.
//!
//! A code is read from its message at the moment of the attempt and not before, be that the message
//! that was just taken in or the stored one; it leaves in the [`Order`] and is dropped with it.

use jiff::Timestamp;
use tracing::{error, info, warn};

use crate::case::effect::{
    Alert, Attempt, Effect, EffectId, MessageSummary, Notice, Order, Submission,
};
use crate::case::{Event, Reading, retry};
use crate::mail::{Digest, FolderRef, Mail, Verdict};
use crate::store::{Begin, Consequence, EffectRow, End, EventRow, StoreError};

use super::time::Rest;
use super::{Engine, EngineError, SUBMISSION};

impl Engine {
    /// Begins every attempt that is due and whose outlet is free, and brings the files up to date.
    /// Returns when there is something to do again.
    pub(super) fn work_off(&mut self, now: Timestamp) -> Result<Option<Timestamp>, EngineError> {
        let deaf = self.find_deaf(now)?;
        let mut wake_at = deaf.into_iter().chain(self.write_due_proofs(now)?).min();
        let due = self.store.due()?;
        if due.is_empty() && self.at_work.is_empty() {
            self.rest = Rest::at(now);
        }
        let now = self.rest.latest(now);
        for effect in due {
            if self.orders.is_none() || self.at_work.contains_key(&effect.outlet) {
                continue;
            }
            if effect.next_at > now {
                wake_at = Some(wake_at.map_or(effect.next_at, |at| at.min(effect.next_at)));
                continue;
            }
            self.begin(&effect, now)?;
        }
        // After the orders: nobody waits for the files.
        self.copy()?;
        Ok(wake_at)
    }

    /// Makes the order, writes `started`, and only then lets the order go.
    fn begin(&mut self, effect: &EffectRow, now: Timestamp) -> Result<(), EngineError> {
        let order = match &effect.what {
            Effect::Submit { not_after, .. } if now >= *not_after => {
                let reason = "the code expired before it could be handed over".to_owned();
                return self.end_submission(effect, &Attempt::Rejected(reason), now);
            }
            Effect::Submit { .. } if self.is_superseded(effect)? => {
                let reason = "a newer code came before it was handed over".to_owned();
                return self.end_submission(effect, &Attempt::Rejected(reason), now);
            }
            Effect::Submit { message, not_after } => {
                let Some(order) = self.submission(effect, *message, *not_after)? else {
                    let reason = "the stored message no longer shows one code".to_owned();
                    return self.end_submission(effect, &Attempt::Rejected(reason), now);
                };
                order
            }
            Effect::Prove { message, .. } => self.proving(*message)?,
            Effect::Alert(notice) => self.alert(effect, notice)?,
        };
        self.store.start(effect.id)?;
        self.give(effect.id, &effect.outlet, order);
        Ok(())
    }

    /// Whether a newer code of the same case came while this one waited for its turn.
    fn is_superseded(&self, effect: &EffectRow) -> Result<bool, StoreError> {
        let EventRow { event, case, .. } = self.store.event(effect.event_id)?;
        let (Event::CodeArrived { sent_at, .. }, Some(case)) = (event, case) else {
            return Ok(false);
        };
        Ok(self.store.newest_code(&case)? > Some(sent_at))
    }

    /// Lets an order go whose `started` is on disk.
    pub(super) fn give(&mut self, effect: EffectId, outlet: &str, order: Order) {
        self.at_work.insert(outlet.to_owned(), effect);
        let sent = self
            .orders
            .as_ref()
            .map(|orders| orders.send((effect, order)).is_ok());
        if sent != Some(true) {
            // The outlets are gone although nobody asked to finish: a restart finds it `started`.
            warn!(effect = effect.0, "there is nobody to make the attempt");
        }
    }

    /// Lets the order go that was begun with the commit that wrote its effect.
    pub(super) fn give_begun(&mut self, order: Option<Order>, written: &[EffectId]) {
        if let (Some(order), [effect]) = (order, written) {
            self.give(*effect, SUBMISSION, order);
        }
    }

    /// The order for a code that can be handed over at once, its effect marked as begun: one
    /// commit less on the way, and a code lives minutes. A crash behind that commit leaves a doubt
    /// where it could have left a hand-over; it is the safer of the two.
    pub(super) fn begin_with(
        &self,
        consequence: &mut Consequence,
        reading: &Reading<'_>,
        handover: Option<&str>,
    ) -> Option<Order> {
        let (Some(_), false) = (&self.orders, self.at_work.contains_key(SUBMISSION)) else {
            return None;
        };
        let (Some((case, _)), Some(handover)) = (&consequence.case, handover) else {
            return None;
        };
        let Verdict::ConfirmationCode(code) = &reading.finding.verdict else {
            return None;
        };
        let [planned] = consequence.effects.as_mut_slice() else {
            return None;
        };
        let Effect::Submit { not_after, .. } = planned.effect else {
            return None;
        };
        planned.begin = Begin::WithThis;
        Some(Order::Submit(Submission {
            id: handover.to_owned(),
            mailbox: consequence.folder.mailbox.clone(),
            account: case.account,
            code: code.clone(),
            received_at: reading.received_at,
            expires_at: not_after,
            authenticity: reading.authenticity.clone(),
            message: summary(reading.message, reading.mail),
        }))
    }

    fn submission(
        &self,
        effect: &EffectRow,
        message: Digest,
        not_after: Timestamp,
    ) -> Result<Option<Order>, StoreError> {
        let stored = self.store.message(message)?;
        let event = self.store.event(effect.event_id)?;
        let (mail, finding) = self.read(&stored.raw, stored.truncated);
        let (Verdict::ConfirmationCode(code), Some(case)) = (finding.verdict, event.case) else {
            return Ok(None);
        };
        Ok(Some(Order::Submit(Submission {
            id: stored.handover,
            mailbox: stored.mailbox,
            account: case.account,
            code,
            received_at: stored.internal_date,
            expires_at: not_after,
            authenticity: stored.authenticity,
            message: summary(message, &mail),
        })))
    }

    fn alert(&self, effect: &EffectRow, notice: &Notice) -> Result<Order, StoreError> {
        let EventRow {
            id,
            at,
            mailbox,
            folder,
            case,
            event,
            links,
            ..
        } = self.store.event(effect.event_id)?;
        let message = match event.message() {
            Some(digest) => Some((digest, self.store.message(digest)?)),
            None => None,
        };
        // Forged mail, which touches no case, belongs there.
        let is_in_junk = message.is_some() && case.is_some() && folder.is_for_junk();
        let mail = message.map(|(digest, stored)| {
            let (mail, finding) = self.read(&stored.raw, stored.truncated);
            (digest, mail, finding.pretenders)
        });
        let is_for_a_person = matches!(notice, Notice::Unclear { .. });
        Ok(Order::Alert(Alert {
            id: format!("{mailbox}-{id}"),
            channel: effect.outlet.clone(),
            mailbox,
            account: case.map(|case| case.account),
            at,
            notice: notice.clone(),
            message: mail
                .as_ref()
                .map(|(digest, mail, _)| summary(*digest, mail)),
            pretenders: mail
                .as_ref()
                .map(|(_, _, found)| found.clone())
                .unwrap_or_default(),
            text: mail
                .filter(|_| is_for_a_person)
                .map(|(_, mail, _)| mail.text),
            links,
            is_in_junk,
        }))
    }

    /// An outlet tried.
    pub(super) fn attempted(
        &mut self,
        id: EffectId,
        attempt: &Attempt,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        self.at_work.retain(|_, at_work| *at_work != id);
        let Some(effect) = self
            .store
            .started()?
            .into_iter()
            .find(|effect| effect.id == id)
        else {
            return Ok(());
        };
        match &effect.what {
            Effect::Submit { not_after, .. } => {
                if let Attempt::TryLater(note) = attempt
                    && let Some(next_at) = retry::submission(effect.tries, now, *not_after)
                {
                    info!(effect = id.0, "the submission step asks to try again later");
                    self.store.postpone(id, next_at, note)?;
                    return Ok(());
                }
                self.end_submission(&effect, attempt, now)
            }
            Effect::Alert(_) => self.alerted(&effect, attempt, now),
            // Its answer is a verdict, not an attempt.
            Effect::Prove { .. } => Ok(()),
        }
    }

    fn alerted(
        &mut self,
        effect: &EffectRow,
        attempt: &Attempt,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        let (end, note) = match attempt {
            Attempt::Accepted => (End::Done, ""),
            Attempt::Rejected(note) => (End::Failed, note.as_str()),
            // An alert that came twice harms nobody; one that did not come does.
            Attempt::TryLater(note) | Attempt::Unknown(note) => {
                if let Some(next_at) = retry::alert(effect.tries, now) {
                    warn!(channel = %effect.outlet, "alert not delivered yet: {note}");
                    self.store.postpone(effect.id, next_at, note)?;
                    return Ok(());
                }
                (End::Failed, note.as_str())
            }
        };
        if end == End::Failed {
            error!(channel = %effect.outlet, "alert not delivered: {note}");
        }
        self.store.settle(effect.id, (end, note), now, None)?;
        Ok(())
    }

    /// Ends a hand-over and tells the case, in one commit.
    fn end_submission(
        &mut self,
        effect: &EffectRow,
        attempt: &Attempt,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        let Effect::Submit { message, .. } = effect.what else {
            return Ok(());
        };
        let (end, event) = match attempt {
            Attempt::Accepted => (End::Done, Event::SubmissionAccepted { message }),
            Attempt::Rejected(reason) => (
                End::Failed,
                Event::SubmissionRejected {
                    message,
                    reason: reason.clone(),
                },
            ),
            Attempt::TryLater(reason) => {
                let reason = format!("no time is left to try again: {reason}");
                (End::Failed, Event::SubmissionRejected { message, reason })
            }
            Attempt::Unknown(reason) => (
                End::Doubtful,
                Event::SubmissionDoubtful {
                    message,
                    reason: reason.clone(),
                },
            ),
        };
        let consequence = self.consequence_of_submission(effect, event, now)?;
        info!(message = %message, event = consequence.event.name(), "submission ended");
        self.store
            .settle(effect.id, (end, ""), now, Some(&consequence))?;
        Ok(())
    }

    fn consequence_of_submission(
        &self,
        effect: &EffectRow,
        event: Event,
        now: Timestamp,
    ) -> Result<Consequence, StoreError> {
        let EventRow {
            mailbox,
            folder,
            case,
            ..
        } = self.store.event(effect.event_id)?;
        let case = match case {
            Some(key) => self.store.state_of(&key)?.map(|state| (key, state)),
            None => None,
        };
        let policy = self.policy(&mailbox);
        let folder = FolderRef {
            mailbox,
            origin: String::new(),
            folder,
        };
        Ok(self.consequence((&folder, event, now), case, &policy, vec![], vec![]))
    }

    /// What the last run began and did not end. A hand-over may or may not have been made: the
    /// person is told, and it is not repeated. An alert is simply given again.
    pub(super) fn doubt_what_was_cut_off(&mut self, now: Timestamp) -> Result<(), EngineError> {
        for effect in self.store.started()? {
            match &effect.what {
                Effect::Submit { .. } => {
                    let reason = "the program was stopped while the code was being handed over";
                    let attempt = Attempt::Unknown(reason.to_owned());
                    self.end_submission(&effect, &attempt, now)?;
                }
                Effect::Alert(_) | Effect::Prove { .. } => {
                    self.store
                        .postpone(effect.id, now, "cut off by a restart")?;
                }
            }
        }
        Ok(())
    }
}

fn summary(digest: Digest, mail: &Mail) -> MessageSummary {
    MessageSummary {
        id: mail
            .message_id
            .clone()
            .unwrap_or_else(|| format!("sha256:{digest}")),
        from: mail.from.clone(),
        subject: mail.subject.clone(),
    }
}
