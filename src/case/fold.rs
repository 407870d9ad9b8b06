//! What events add up to beside the state: dates, and what the person was told of them.
//!
//! Repeated events and events out of order leave what a reader of the mails would conclude. What
//! becomes of the state is the table's, in `transition`.

use jiff::Timestamp;

use crate::mail::Outcome;

use super::{Case, Event, Reminder, State, Word, reminder_due};

impl Case {
    /// The case after `event` at the instant `now`; the table has said that it is in `state` then.
    #[must_use]
    pub(super) fn after(&self, event: &Event, state: State, now: Timestamp) -> Self {
        let was = &self.state;
        let mut case = Self {
            state,
            ..self.clone()
        };
        match event {
            Event::Notification {
                received_at,
                effective,
                ..
            } => {
                case.saw_mail(*received_at);
                if effective.is_some() && *effective != case.effective {
                    case.effective = *effective;
                    let is_overdue = |one: &Reminder| *one == Reminder::AnswerOverdue;
                    case.reminded.retain(is_overdue);
                    // What the announcement itself says just now need not be said again.
                    case.reminded.extend(reminder_due(&case, now));
                }
            }
            Event::CodeArrived { received_at, .. } => case.saw_mail(*received_at),
            Event::Decision {
                received_at,
                outcome,
                named,
                seconds_after_code,
                ..
            } => {
                case.saw_mail(*received_at);
                if case.is_decided_at(*received_at) {
                    case.named = named.filter(|one| case.linked.contains(one));
                    case.answered(*outcome, *received_at);
                }
                case.answered_after = case.answered_after.or(*seconds_after_code);
            }
            Event::Unclear { .. } => case.unclear = true,
            Event::SubmissionAccepted { .. } => {
                if matches!(case.state, State::Submitted { at } if at == now) {
                    case.filed(now, was.is_final());
                }
            }
            Event::Noted { word, on } => match word {
                Word::Filed => case.filed(*on, was.is_final()),
                Word::Answered(outcome) if case.is_decided_at(*on) => case.answered(*outcome, *on),
                Word::Answered(_) => {}
            },
            Event::Reminded { reminder } => case.reminded.push(*reminder),
            Event::Forged { .. }
            | Event::Pending { .. }
            | Event::Unproven { .. }
            | Event::Armed { .. }
            | Event::CodeAsked { .. }
            | Event::CodeTaken { .. }
            | Event::SubmissionRejected { .. }
            | Event::SubmissionDoubtful { .. }
            | Event::Deaf { .. }
            | Event::Heard { .. }
            | Event::Gap { .. } => {}
        }
        case
    }

    fn saw_mail(&mut self, received_at: Timestamp) {
        self.last_mail_at = self.last_mail_at.max(Some(received_at));
    }

    /// The answer of this instant is the one that counts.
    fn is_decided_at(&self, received_at: Timestamp) -> bool {
        matches!(self.state, State::Decided { at, .. } if at == received_at)
    }

    fn answered(&mut self, outcome: Outcome, at: Timestamp) {
        self.unclear = false;
        match outcome {
            // Who asks for more, or for patience, has the objection.
            Outcome::UnderReview | Outcome::NeedsInfo => {
                self.filed_at.get_or_insert(at);
            }
            Outcome::Extended => {
                self.filed_at.get_or_insert(at);
                self.extended_at.get_or_insert(at);
            }
            Outcome::Honored
            | Outcome::PartlyHonored
            | Outcome::Declined
            | Outcome::WrongChannel => {}
        }
    }

    /// The objection was filed. Filing it again while Meta owes an answer starts no clock anew.
    fn filed(&mut self, at: Timestamp, anew: bool) {
        if anew || self.filed_at.is_none() {
            self.filed_at = Some(at);
            self.extended_at = None;
            self.answered_after = None;
            self.reminded.retain(|one| *one != Reminder::AnswerOverdue);
        }
    }
}
