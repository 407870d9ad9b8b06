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

mod deadline;
pub mod effect;
mod event;
pub mod retry;
mod standing;
mod transition;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use deadline::code_deadline;
pub use event::{Event, Reading};
pub use standing::{CodesBefore, Standing};
pub use transition::{Transition, transition};

use crate::mail::{Digest, MailboxName, Outcome, Product};

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

/// How far an objection has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// Nothing is known yet.
    New,
    /// Meta announced a use of data; nothing was filed yet.
    Notified,
    /// A code is on its way to the submission step.
    Submitting {
        /// The message the code stands in.
        message: Digest,
    },
    /// The submission step took the code. That is "code typed", not yet "objection decided".
    Submitted {
        /// When the step said so.
        at: Timestamp,
    },
    /// Meta answered. An answer such as `under_review` does not end the case.
    Decided {
        /// What it decided.
        outcome: Outcome,
        /// When the answer reached the mailbox.
        at: Timestamp,
    },
}

impl State {
    /// The state's name in JSON and on the terminal.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Notified => "notified",
            Self::Submitting { .. } => "submitting",
            Self::Submitted { .. } => "submitted",
            Self::Decided { .. } => "decided",
        }
    }
}

/// What the configuration of one mailbox means for its cases.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The products the person objects for.
    pub accounts: Vec<Product>,
    /// Whether codes are handed to a submission step, or only announced to the person.
    pub codes: CodePolicy,
    /// How long a code is good for, counted from INTERNALDATE.
    pub code_lifetime: SignedDuration,
}

impl Policy {
    /// The policy of a mailbox that is no longer configured: nothing is handed over for it.
    #[must_use]
    pub fn of_nobody() -> Self {
        Self {
            accounts: vec![],
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

/// A later notification belongs to another campaign than a decision this long before it. Meta's
/// campaigns known so far (June and October 2024, May and December 2025) lie months apart.
const SAME_CAMPAIGN: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Whether `event` opens another case although the newest one is in `state`.
#[must_use]
pub fn opens_another(state: &State, event: &Event) -> bool {
    match (state, event) {
        (State::Decided { at, .. }, Event::Notification { received_at, .. }) => {
            received_at.duration_since(*at) > SAME_CAMPAIGN
        }
        _ => false,
    }
}

/// The product that a message is filed under: the one it names, or the only one the person has.
#[must_use]
pub fn account_of(product: Option<Product>, policy: &Policy) -> Product {
    match (product, policy.accounts.as_slice()) {
        (Some(Product::Meta) | None, [only]) => *only,
        (Some(product), _) => product,
        (None, _) => Product::Meta,
    }
}

#[cfg(test)]
mod tests {
    use super::{CodePolicy, Policy, Product, SignedDuration, account_of};

    #[test]
    fn a_mail_that_names_no_product_is_filed_under_the_only_account() {
        let policy = |accounts: &[Product]| Policy {
            accounts: accounts.to_vec(),
            codes: CodePolicy::HandOver,
            code_lifetime: SignedDuration::from_mins(15),
        };
        let one = policy(&[Product::Instagram]);
        let two = policy(&[Product::Instagram, Product::Facebook]);
        assert_eq!(account_of(None, &one), Product::Instagram);
        assert_eq!(account_of(None, &two), Product::Meta);
        assert_eq!(account_of(Some(Product::Meta), &one), Product::Instagram);
        assert_eq!(account_of(Some(Product::Facebook), &one), Product::Facebook);
    }
}
