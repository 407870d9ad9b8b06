//! Which case a message belongs to: whose product it is about, and which of Meta's campaigns.
//!
//! Meta's campaigns have no names of their own. Those known so far (June and October 2024, May and
//! December 2025) lie months apart, so time tells them from each other.

use jiff::{SignedDuration, Timestamp};

use crate::mail::{Outcome, Product};

use super::{Case, Event, Policy, State, Word};

/// What comes so much later belongs to another campaign.
const SAME_CAMPAIGN: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Whether `event` opens another case although `newest` is there.
///
/// An announcement of another day does so a month after the case was last heard of. Filing does so
/// a month after Meta's consent, and at once after a refusal: the person objects anew.
#[must_use]
pub fn opens_another(newest: &Case, event: &Event) -> bool {
    match event {
        Event::Notification {
            received_at,
            effective,
            ..
        } => {
            let is_repeated = effective.is_some() && *effective == newest.effective;
            let is_late = |last| received_at.duration_since(last) > SAME_CAMPAIGN;
            !is_repeated && last_at(newest).is_some_and(is_late)
        }
        Event::CodeArrived {
            received_at,
            sent_at,
            ..
        } => files_anew(newest, *sent_at, *received_at),
        Event::Noted {
            word: Word::Filed,
            on,
        } => files_anew(newest, *on, *on),
        Event::Form { step, seen_at, .. } => {
            step.is_filing() && files_anew(newest, *seen_at, *seen_at)
        }
        Event::Decision { .. }
        | Event::Unclear { .. }
        | Event::Forged { .. }
        | Event::Pending { .. }
        | Event::Unproven { .. }
        | Event::Armed { .. }
        | Event::CodeAsked { .. }
        | Event::CodeTaken { .. }
        | Event::SubmissionAccepted { .. }
        | Event::SubmissionRejected { .. }
        | Event::SubmissionDoubtful { .. }
        | Event::Reminded { .. }
        | Event::Noted {
            word: Word::Answered(_),
            ..
        }
        | Event::Deaf { .. }
        | Event::Heard { .. }
        | Event::Gap { .. } => false,
    }
}

/// Whether what was begun at `begun_at` and came at `came_at` is another objection.
fn files_anew(newest: &Case, begun_at: Timestamp, came_at: Timestamp) -> bool {
    let State::Decided { outcome, at } = &newest.state else {
        return false;
    };
    match outcome {
        Outcome::Declined | Outcome::WrongChannel => begun_at > *at,
        Outcome::Honored | Outcome::PartlyHonored => came_at.duration_since(*at) > SAME_CAMPAIGN,
        Outcome::NeedsInfo | Outcome::UnderReview | Outcome::Extended => false,
    }
}

/// When something was last heard of the case.
fn last_at(case: &Case) -> Option<Timestamp> {
    let of_state = match &case.state {
        State::Submitted { at } | State::Decided { at, .. } => Some(*at),
        State::New
        | State::Notified
        | State::CodeReceived { .. }
        | State::CodeTaken { .. }
        | State::Submitting { .. }
        | State::Doubtful { .. }
        | State::NotFiled { .. }
        | State::Unavailable { .. } => None,
    };
    case.last_mail_at.or(of_state).or(case.filed_at)
}

/// Whether an answer of Meta's may be to this case: one where nothing was filed has none coming,
/// if there is another.
#[must_use]
pub fn awaits_an_answer(case: &Case) -> bool {
    match &case.state {
        State::New | State::Notified => false,
        // An earlier try may have been filed.
        State::NotFiled { .. } | State::Unavailable { .. } => case.filed_at.is_some(),
        State::CodeReceived { .. }
        | State::CodeTaken { .. }
        | State::Submitting { .. }
        | State::Doubtful { .. }
        | State::Submitted { .. } => true,
        State::Decided { .. } => !case.state.is_final(),
    }
}

/// The product that a message is filed under: the one it names, or the only one the person has.
/// Linked accounts are one, called by the first of them: one objection covers all accounts of one
/// Accounts Center.
#[must_use]
pub fn account_of(product: Option<Product>, policy: &Policy) -> Product {
    let first = |product: Product| filed_under(product, &policy.linked);
    let mut cases: Vec<Product> = policy.accounts.iter().map(|one| first(*one)).collect();
    cases.dedup();
    match (product, cases.as_slice()) {
        (Some(Product::Meta) | None, [only]) => *only,
        (Some(product), _) => first(product),
        (None, _) => Product::Meta,
    }
}

/// The account that codes and answers for this one are filed under, where some are linked.
#[must_use]
pub fn filed_under(account: Product, linked: &[Product]) -> Product {
    match linked.first() {
        Some(first) if linked.contains(&account) => *first,
        _ => account,
    }
}

/// The linked accounts that a case filed under `account` stands for; empty if it is one alone.
#[must_use]
pub fn linked_with(account: Product, policy: &Policy) -> Vec<Product> {
    if policy.linked.contains(&account) {
        policy.linked.clone()
    } else {
        vec![]
    }
}

#[cfg(test)]
mod tests {
    use super::super::{CodePolicy, Policy};
    use super::*;

    fn policy(accounts: &[Product], linked: &[Product]) -> Policy {
        Policy {
            accounts: accounts.to_vec(),
            linked: linked.to_vec(),
            codes: CodePolicy::HandOver,
            code_lifetime: SignedDuration::from_mins(15),
        }
    }

    #[test]
    fn a_mail_that_names_no_product_is_filed_under_the_only_account() {
        let one = policy(&[Product::Instagram], &[]);
        let two = policy(&[Product::Instagram, Product::Facebook], &[]);
        assert_eq!(account_of(None, &one), Product::Instagram);
        assert_eq!(account_of(None, &two), Product::Meta);
        assert_eq!(account_of(Some(Product::Meta), &one), Product::Instagram);
        assert_eq!(account_of(Some(Product::Facebook), &one), Product::Facebook);
    }

    #[test]
    fn linked_accounts_are_one_case() {
        let both = [Product::Facebook, Product::Instagram];
        let linked = policy(&both, &both);
        for named in [None, Some(Product::Meta), Some(Product::Instagram)] {
            assert_eq!(account_of(named, &linked), Product::Facebook);
        }
        let third = policy(&[both[0], both[1], Product::Whatsapp], &both);
        assert_eq!(account_of(None, &third), Product::Meta);
        assert_eq!(account_of(Some(both[1]), &third), Product::Facebook);
        assert_eq!(
            account_of(Some(Product::Whatsapp), &third),
            Product::Whatsapp
        );
        assert_eq!(linked_with(Product::Facebook, &third), both);
        assert!(linked_with(Product::Whatsapp, &third).is_empty());
    }
}
