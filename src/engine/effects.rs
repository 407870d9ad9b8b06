//! From effects that are due to attempts, and from attempts to what they led to.
//!
//! What an attempt needs to know is put together in `orders`; when to try again is `case`'s to say.

use jiff::Timestamp;
use tracing::{error, info, warn};

use crate::case::effect::{Attempt, Effect, EffectId, Order, Submission};
use crate::case::{Event, Reading, retry};
use crate::mail::{FolderRef, MailboxName, Verdict};
use crate::store::{Begin, Consequence, EffectRow, End, EventRow, StoreError};

use super::orders::summary;
use super::time::Rest;
use super::{Engine, EngineError, SUBMISSION};

/// How many hand-overs may be under way at once, each of another mailbox: a step that hangs must
/// not hold up the codes of others, and one that is a browser must not fill the memory.
const MOST_SUBMISSIONS: usize = 8;

impl Engine {
    /// Begins every attempt that is due and whose outlet is free, and brings the files up to date.
    /// Returns when there is something to do again.
    pub(super) fn work_off(&mut self, now: Timestamp) -> Result<Option<Timestamp>, EngineError> {
        let wishes = [
            self.find_deaf(now)?,
            self.write_due_proofs(now)?,
            self.remind(self.rest.latest(now))?,
        ];
        let wish = wishes.into_iter().flatten().min();
        let next_at = self.begin_what_is_due(now)?;
        // After the orders: nobody waits for the files.
        self.copy()?;
        Ok(wish.into_iter().chain(next_at).min())
    }

    /// Begins what is due and whose outlet is free; returns when the next effect is due.
    fn begin_what_is_due(&mut self, now: Timestamp) -> Result<Option<Timestamp>, EngineError> {
        let written = self.store.rows_written();
        let latest = self.rest.latest(now);
        let last = self.look.as_ref();
        if let Some(look) = last.filter(|look| look.holds(written, latest)) {
            if look.found_none && self.at_work.is_empty() {
                self.rest = Rest::at(now);
            }
            return Ok(look.next_at);
        }
        let due = self.store.due()?;
        let found_none = due.is_empty();
        if found_none && self.at_work.is_empty() {
            self.rest = Rest::at(now);
        }
        let now = self.rest.latest(now);
        let mut next_at: Option<Timestamp> = None;
        for effect in self.sum_up(due, now)? {
            if self.orders.is_none() || !self.is_free(&effect.outlet, &effect.mailbox) {
                continue;
            }
            if effect.next_at > now {
                next_at = Some(next_at.map_or(effect.next_at, |at| at.min(effect.next_at)));
                continue;
            }
            self.begin(&effect, now)?;
        }
        self.look = Some(Look {
            written,
            next_at,
            found_none,
        });
        Ok(next_at)
    }

    /// Whether an attempt may begin: one at a time for each channel, and for each mailbox.
    fn is_free(&self, outlet: &str, mailbox: &MailboxName) -> bool {
        // A script that keeps a code to itself keeps nobody else from theirs.
        let busy = self.at_work.values().filter(|work| !work.is_with_script);
        let mut at_work = busy.filter(|work| work.outlet == outlet);
        if outlet != SUBMISSION {
            return at_work.next().is_none();
        }
        let under_way: Vec<&MailboxName> = at_work.map(|work| &work.mailbox).collect();
        under_way.len() < MOST_SUBMISSIONS && !under_way.contains(&mailbox)
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
            Effect::Alert(notice) => self.alert(effect, notice, now)?,
        };
        self.store.start(effect.id)?;
        self.give(effect.id, &effect.outlet, &effect.mailbox, order);
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

    /// Lets an order go whose `started` is on disk: to a script that waits for just this code, else
    /// to the outlets.
    pub(super) fn give(
        &mut self,
        effect: EffectId,
        outlet: &str,
        mailbox: &MailboxName,
        order: Order,
    ) {
        let order = self.give_to_script(effect, order);
        let work = Work {
            outlet: outlet.to_owned(),
            mailbox: mailbox.clone(),
            is_with_script: order.is_none(),
        };
        self.at_work.insert(effect, work);
        let Some(order) = order else {
            return;
        };
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
        if let (Some(Order::Submit(submission)), [effect]) = (order, written) {
            let mailbox = submission.mailbox.clone();
            self.give(*effect, SUBMISSION, &mailbox, Order::Submit(submission));
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
        let mailbox = &consequence.folder.mailbox;
        if self.orders.is_none() || !self.is_free(SUBMISSION, mailbox) {
            return None;
        }
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
            mailbox: mailbox.clone(),
            account: case.account,
            code: code.clone(),
            received_at: reading.received_at,
            expires_at: not_after,
            authenticity: reading.authenticity.clone(),
            message: summary(reading.message, reading.mail),
        }))
    }

    /// An outlet tried.
    pub(super) fn attempted(
        &mut self,
        id: EffectId,
        attempt: &Attempt,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        if id.is_unrecorded() {
            self.unrecorded_tried(id, attempt, now);
            return Ok(());
        }
        let Some(effect) = self.free_outlet_of(id)? else {
            return Ok(());
        };
        match &effect.what {
            Effect::Submit { not_after, .. } => {
                if let Attempt::TryLater { why, pause } = attempt
                    && let Some(next_at) = retry::submission(effect.tries, *pause, now, *not_after)
                {
                    info!(effect = id.0, "the submission step asks to try again later");
                    self.store.postpone(id, next_at, why)?;
                    return Ok(());
                }
                self.end_submission(&effect, attempt, now)
            }
            Effect::Alert(_) => self.alerted(&effect, attempt, now),
            // Its answer is a verdict, not an attempt.
            Effect::Prove { .. } => Ok(()),
        }
    }

    /// The effect of an attempt that is over, if it is on record; its outlet is free from now on.
    pub(super) fn free_outlet_of(&mut self, id: EffectId) -> Result<Option<EffectRow>, StoreError> {
        self.at_work.remove(&id);
        self.look = None;
        let started = self.store.started()?;
        Ok(started.into_iter().find(|effect| effect.id == id))
    }

    fn alerted(
        &mut self,
        effect: &EffectRow,
        attempt: &Attempt,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        let (end, note) = match attempt {
            Attempt::Accepted | Attempt::Taken => (End::Done, ""),
            Attempt::Rejected(note) => (End::Failed, note.as_str()),
            // An alert that came twice harms nobody; one that did not come does.
            Attempt::TryLater { why: note, .. } | Attempt::Unknown(note) => {
                if let Some(next_at) = retry::alert(effect.tries, attempt.pause(), now) {
                    // Once for a channel that is away, whatever waits for it.
                    if self.given.miss(&effect.outlet) {
                        warn!(channel = %effect.outlet, "alert not delivered yet: {note}");
                    }
                    self.store.postpone(effect.id, next_at, note)?;
                    return Ok(());
                }
                (End::Failed, note.as_str())
            }
        };
        if end == End::Failed {
            error!(channel = %effect.outlet, "alert not delivered: {note}");
        }
        self.store.settle(effect.id, end, note, now, None)?;
        if end == End::Done && self.given.note(&effect.outlet, now) {
            info!(channel = %effect.outlet, "alerts are delivered again");
        }
        Ok(())
    }

    /// Ends a hand-over and tells the case, in one commit.
    fn end_submission(
        &mut self,
        effect: &EffectRow,
        attempt: &Attempt,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        let Effect::Submit { message, not_after } = effect.what else {
            return Ok(());
        };
        // A code that is dead is of no use to the person either.
        let until = Some(not_after).filter(|until| now < *until);
        let (end, event) = match attempt {
            Attempt::Accepted => (End::Done, Event::SubmissionAccepted { message }),
            Attempt::Taken => (End::Done, Event::CodeTaken { message }),
            Attempt::Rejected(reason) => (
                End::Failed,
                Event::SubmissionRejected {
                    message,
                    reason: reason.clone(),
                    until,
                },
            ),
            Attempt::TryLater { why, .. } => {
                let reason = format!("no time is left to try again: {why}");
                let rejected = Event::SubmissionRejected {
                    message,
                    reason,
                    until,
                };
                (End::Failed, rejected)
            }
            Attempt::Unknown(reason) => (
                End::Doubtful,
                Event::SubmissionDoubtful {
                    message,
                    reason: reason.clone(),
                    until,
                },
            ),
        };
        let consequence = self.consequence_of_submission(effect, event, now)?;
        info!(message = %message, event = consequence.event.name(), "submission ended");
        self.store
            .settle(effect.id, end, "", now, Some(&consequence))?;
        self.next_reminder = None;
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
            Some(key) => self.store.case(&key)?.map(|case| (key, case)),
            None => None,
        };
        let policy = self.policy(&mailbox);
        let folder = FolderRef {
            mailbox,
            origin: String::new(),
            folder,
        };
        Ok(self.consequence(folder, event, case, &policy, now))
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

/// What a look at the open effects found. With thousands of them there is no looking at each for
/// every input: it holds until something is written, an outlet becomes free, or one is due.
#[derive(Debug)]
pub(super) struct Look {
    /// The rows that were written before it.
    written: u64,
    /// When the next effect is due whose outlet is free.
    next_at: Option<Timestamp>,
    found_none: bool,
}

impl Look {
    fn holds(&self, written: u64, now: Timestamp) -> bool {
        self.written == written && self.next_at.is_none_or(|at| now < at)
    }
}

/// An attempt that is under way.
#[derive(Debug)]
pub(super) struct Work {
    outlet: String,
    mailbox: MailboxName,
    is_with_script: bool,
}
