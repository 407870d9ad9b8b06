//! Scripts of the person's that wait for the next code, in the place of a submission step.
//!
//! A code that goes to a script is a hand-over like any other: begun on disk before it leaves, and
//! made once. What the script did with it, it may say.

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc::UnboundedSender;
use tracing::info;

use crate::case::effect::{EffectId, Order, Submission};
use crate::case::{self, CaseKey, CodePolicy, Event, Policy, State};
use crate::mail::{MailboxName, Product};
use crate::store::{CaseRow, StoreError};

use super::reminders::nowhere;
use super::{Engine, EngineError};

/// A script may begin to wait a moment after the code came: Meta is faster than a shell.
const A_MOMENT: SignedDuration = SignedDuration::from_secs(60);

/// A script that waits for one code.
#[derive(Debug, Clone)]
pub struct Script {
    /// Of which mailbox; `None` for any.
    pub mailbox: Option<MailboxName>,
    /// For which account; `None` for any.
    pub account: Option<Product>,
    /// Until when it waits.
    pub until: Timestamp,
    /// Where it is told; closed when it does not wait any more.
    pub told: UnboundedSender<Told>,
}

/// What a script that waits is told.
#[derive(Debug)]
pub enum Told {
    /// The code, whose hand-over has begun. How it ends is to be reported as an attempt.
    Code(EffectId, Box<Submission>),
    /// A mail came in which several numbers could be the code.
    Ambiguous,
}

impl Script {
    fn waits_for(&self, mailbox: &MailboxName, is_account: impl Fn(Product) -> bool) -> bool {
        self.mailbox.as_ref().is_none_or(|one| one == mailbox)
            && self.account.is_none_or(is_account)
            && !self.told.is_closed()
    }
}

impl Engine {
    /// A script begins to wait. A code that came a moment ago and is in nobody's hands is the one
    /// it waits for.
    pub(super) fn wait(&mut self, script: &Script, now: Timestamp) -> Result<(), EngineError> {
        self.scripts.retain(|script| !script.told.is_closed());
        let mailboxes: Vec<MailboxName> = self.settings.policies.keys().cloned().collect();
        let wanted = |mailbox: &&MailboxName| script.waits_for(mailbox, |_| true);
        for mailbox in mailboxes.iter().filter(wanted) {
            let Some((row, asked)) = self.code_at_hand(script, mailbox, now)? else {
                continue;
            };
            let policy = self.policy(mailbox);
            let case = Some((row.key, row.case));
            let asked = self.consequence(nowhere(mailbox), asked, case, &policy, now);
            self.store.note(&[asked])?;
            break;
        }
        info!("a script waits for a code");
        self.scripts.push(script.clone());
        // What is expected is another now.
        self.is_announced = false;
        Ok(())
    }

    /// The code that came to `mailbox` a moment ago, or since the person armed, and that nobody has
    /// taken.
    fn code_at_hand(
        &self,
        script: &Script,
        mailbox: &MailboxName,
        now: Timestamp,
    ) -> Result<Option<(CaseRow, Event)>, StoreError> {
        let policy = self.policy(mailbox);
        let is_armed = self
            .store
            .expected_until(mailbox)?
            .is_some_and(|until| now < until);
        for row in self.store.cases()?.into_iter().rev() {
            let is_wanted = |account| covers(&row.key, &policy, account);
            if row.key.mailbox != *mailbox || !script.waits_for(mailbox, is_wanted) {
                continue;
            }
            let State::CodeReceived { message } = &row.case.state else {
                continue;
            };
            let Some((received_at, until)) = self.store.waiting_code(*message)? else {
                continue;
            };
            let is_fresh = is_armed || now.duration_since(received_at) <= A_MOMENT;
            if is_fresh && now < until {
                let message = *message;
                return Ok(Some((row, Event::CodeAsked { message, until })));
            }
        }
        Ok(None)
    }

    /// The meaning of a mailbox's configuration for what comes now: a script that waits is a
    /// submission step.
    pub(super) fn policy_now(&self, mailbox: &MailboxName, account: Product) -> Policy {
        let mut policy = self.policy(mailbox);
        if self.script_for(mailbox, account, &policy).is_some() {
            policy.codes = CodePolicy::HandOver;
        }
        policy
    }

    fn script_for(
        &self,
        mailbox: &MailboxName,
        account: Product,
        policy: &Policy,
    ) -> Option<usize> {
        let key = |asked| asked == account || case::account_of(Some(asked), policy) == account;
        let waits = |script: &Script| script.waits_for(mailbox, key);
        self.scripts.iter().position(waits)
    }

    /// Gives a code to the script that waits for it; gives the order back if none does.
    pub(super) fn give_to_script(&mut self, effect: EffectId, order: Order) -> Option<Order> {
        let Order::Submit(submission) = order else {
            return Some(order);
        };
        let policy = self.policy(&submission.mailbox);
        let found = self.script_for(&submission.mailbox, submission.account, &policy);
        let Some(script) = found.map(|index| self.scripts.remove(index)) else {
            return Some(Order::Submit(submission));
        };
        let told = Told::Code(effect, Box::new(submission));
        match script.told.send(told) {
            Ok(()) => None,
            // It went away just now: nothing has left.
            Err(unsent) => match unsent.0 {
                Told::Code(_, submission) => {
                    self.give_to_script(effect, Order::Submit(*submission))
                }
                Told::Ambiguous => None,
            },
        }
    }

    /// Tells scripts that wait for a code of this mailbox that one came that cannot be told.
    pub(super) fn tell_ambiguous(&mut self, mailbox: &MailboxName) {
        self.scripts.retain(|script| {
            let waits = script.waits_for(mailbox, |_| true);
            // One that went away need not be told.
            !(waits && script.told.send(Told::Ambiguous).is_ok())
        });
    }

    /// Until when a script waits for a code of this mailbox.
    pub(super) fn script_waits_until(&self, mailbox: &MailboxName) -> Option<Timestamp> {
        let waiting = self.scripts.iter();
        let mine = waiting.filter(|script| script.waits_for(mailbox, |_| true));
        mine.map(|script| script.until).max()
    }
}

/// Whether a case is about an account, be it by a link.
fn covers(key: &CaseKey, policy: &Policy, account: Product) -> bool {
    key.account == account || case::account_of(Some(account), policy) == key.account
}
