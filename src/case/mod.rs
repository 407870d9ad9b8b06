//! Event in, state and effects out: what a message changes and what is to be done about it.
//!
//! This room is pure: it is told the time, and it acts by returning values. It does not know how
//! a case is stored or an effect carried out.

// What decides is pure: the lists are in clippy.toml.
#![deny(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types
)]
// A new event or state does not compile until every place has said what it means.
#![deny(clippy::wildcard_enum_match_arm)]

mod channel;
mod clock;
mod deadline;
mod docket;
pub mod effect;
mod event;
mod fold;
mod form;
mod holiday;
mod quiet;
mod reading;
mod reminder;
pub mod retry;
mod stage;
mod standing;
mod state;
mod transition;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use channel::{Channel, Types, is_of};
pub use clock::{AnswerClock, answer_clock};
pub use deadline::code_deadline;
pub use docket::{account_of, awaits_an_answer, filed_under, linked_with, opens_another};
pub use event::{Event, Word};
pub use form::FormStep;
pub use quiet::Quiet;
pub use reading::Reading;
pub use reminder::{Reminder, next_reminder, reminder_due, reminders_ahead};
pub use stage::{Stage, stage};
pub use standing::{CodesBefore, Standing};
pub use state::State;
pub use transition::{Transition, transition};

use crate::mail::{MailboxName, Product};

/// One person's objection for one product in one campaign of Meta's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CaseKey {
    /// The person's mailbox.
    pub mailbox: MailboxName,
    /// The product.
    pub account: Product,
    /// The day the case was opened, `YYYY-MM-DD`: Meta's campaigns have no names of their own.
    pub campaign: String,
}

/// An answer within so many seconds was not written by a person.
const AUTOMATIC_WITHIN: i64 = 60;

/// Whether an answer so many seconds after the filing was too fast for a person.
#[must_use]
pub fn is_automatic(seconds: i64) -> bool {
    seconds < AUTOMATIC_WITHIN
}

/// How a sentence ends that says so many seconds after the filing Meta answered.
#[must_use]
pub fn automatic(seconds: i64) -> &'static str {
    if is_automatic(seconds) {
        ": automatic in all likelihood"
    } else {
        ""
    }
}

/// What is known of one objection: what its events add up to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// How far it has come.
    #[serde(flatten)]
    pub state: State,
    /// The linked accounts it stands for; empty if it is about one alone.
    #[serde(default)]
    pub linked: Vec<Product>,
    /// From when the announced change applies, if Meta gave a date.
    #[serde(default)]
    pub effective: Option<Date>,
    /// When the objection was filed: by the step's word, the person's, or an answer that shows it.
    #[serde(default)]
    pub filed_at: Option<Timestamp>,
    /// `filed_at` is that very instant, and not one of the day that the person named.
    #[serde(default)]
    pub is_timed: bool,
    /// When Meta announced that it needs longer.
    #[serde(default)]
    pub extended_at: Option<Timestamp>,
    /// The newest message of Meta's could not be read with certainty.
    #[serde(default)]
    pub unclear: bool,
    /// The only one of the linked accounts that Meta's answer names.
    #[serde(default)]
    pub named: Option<Product>,
    /// Seconds from the filing to Meta's first answer.
    #[serde(default)]
    pub answered_after: Option<i64>,
    /// What the person was reminded of.
    #[serde(default)]
    pub reminded: Vec<Reminder>,
    /// When the newest message of Meta's reached the mailbox.
    #[serde(default)]
    pub last_mail_at: Option<Timestamp>,
}

impl Case {
    /// A case of which nothing is known yet, for accounts that are linked.
    #[must_use]
    pub fn new(linked: Vec<Product>) -> Self {
        Self {
            state: State::New,
            linked,
            effective: None,
            filed_at: None,
            is_timed: false,
            extended_at: None,
            unclear: false,
            named: None,
            answered_after: None,
            reminded: vec![],
            last_mail_at: None,
        }
    }

    /// The person has still to file the objection, as far as anybody knows.
    #[must_use]
    pub fn is_unfiled(&self) -> bool {
        self.filed_at.is_none() && self.state.is_unfiled()
    }

    /// Until when Meta has to answer; `None` if nothing was filed or the last word was spoken.
    #[must_use]
    pub fn answer_clock(&self) -> Option<AnswerClock> {
        let filed_at = self.filed_at.filter(|_| !self.state.is_final())?;
        Some(answer_clock(filed_at, self.extended_at))
    }

    /// Whether an answer should have come before `now`.
    #[must_use]
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        let today = TimeZone::UTC.to_datetime(now).date();
        self.answer_clock()
            .is_some_and(|clock| clock.overdue <= today)
    }

    /// The linked accounts that Meta's answer does not name, if it names one.
    #[must_use]
    pub fn unnamed(&self) -> Vec<Product> {
        match self.named {
            Some(named) => self
                .linked
                .iter()
                .copied()
                .filter(|one| *one != named)
                .collect(),
            None => vec![],
        }
    }
}

/// What the configuration of one mailbox means for its cases.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The products the person objects for.
    pub accounts: Vec<Product>,
    /// Those of them that are linked in one Accounts Center: one objection covers them all.
    pub linked: Vec<Product>,
    /// Whether codes are handed to a submission step, or only announced to the person.
    pub codes: CodePolicy,
    /// How long a code is good for, counted from INTERNALDATE.
    pub code_lifetime: SignedDuration,
}

impl Policy {
    /// What the person objects for: of each objection, the accounts that it covers.
    #[must_use]
    pub fn objections(&self) -> Vec<Vec<Product>> {
        let linked = Some(self.linked.clone()).filter(|linked| !linked.is_empty());
        let alone = self.accounts.iter();
        let alone = alone.filter(|account| !self.linked.contains(account));
        let alone = alone.map(|account| vec![*account]);
        linked.into_iter().chain(alone).collect()
    }

    /// The policy of a mailbox that is no longer configured: nothing is handed over for it.
    #[must_use]
    pub fn of_nobody() -> Self {
        Self {
            accounts: vec![],
            linked: vec![],
            codes: CodePolicy::TellThePerson,
            code_lifetime: SignedDuration::ZERO,
        }
    }
}

/// What becomes of a genuine code that is in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodePolicy {
    /// It goes to the submission step, which judges whether it waits for one.
    HandOver,
    /// There is no step: the person is told that a code waits.
    TellThePerson,
}
