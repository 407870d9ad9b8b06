//! What events add up to beside the state: dates, and what the person was told of them.
//!
//! Repeated events and events out of order leave what a reader of the mails would conclude. What
//! becomes of the state is the table's, in `transition`.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::mail::Outcome;

use super::{Case, Event, FormStep, Reminder, State, Word, reminder_due};

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
                case.announced(*effective, now);
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
                // It counts from when it was announced, whatever is read before it.
                if *outcome == Outcome::Extended {
                    case.extended_at.get_or_insert(*received_at);
                }
                if case.is_decided_at(*received_at) {
                    case.named = named.filter(|one| case.linked.contains(one));
                    case.answered(*outcome, *received_at);
                }
                case.answered_after = case.answered_after.or(*seconds_after_code);
            }
            Event::Unclear { .. } => {
                case.saw_mail(now);
                case.unclear = true;
            }
            Event::SubmissionAccepted { .. } => case.step_ended(now, was.is_final()),
            Event::Form {
                step: FormStep::Filed,
                seen_at,
                ..
            } => case.step_ended(*seen_at, was.is_final()),
            Event::Noted { word, on } => match word {
                Word::Filed => case.filed(*on, false, was.is_final()),
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
            | Event::Form { .. }
            | Event::Deaf { .. }
            | Event::Heard { .. }
            | Event::Gap { .. } => {}
        }
        case
    }

    /// A mail that could be read; an unclear one says otherwise behind this.
    fn saw_mail(&mut self, received_at: Timestamp) {
        self.unclear = false;
        self.last_mail_at = self.last_mail_at.max(Some(received_at));
    }

    fn announced(&mut self, effective: Option<Date>, now: Timestamp) {
        if effective.is_none() || effective == self.effective {
            return;
        }
        self.effective = effective;
        let is_overdue = |one: &Reminder| *one == Reminder::AnswerOverdue;
        self.reminded.retain(is_overdue);
        // What the announcement itself says just now need not be said again.
        self.reminded.extend(reminder_due(self, now));
    }

    /// The step says that the objection is filed.
    fn step_ended(&mut self, now: Timestamp, anew: bool) {
        if matches!(self.state, State::Submitted { at } if at == now) {
            self.filed(now, true, anew);
        } else if matches!(self.state, State::Decided { .. }) && self.filed_at.is_none() {
            // Meta was faster than the step.
            self.filed_at = Some(now);
            self.answered_after = Some(0);
        }
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
    fn filed(&mut self, at: Timestamp, is_timed: bool, anew: bool) {
        if anew || self.filed_at.is_none() {
            self.filed_at = Some(at);
            self.is_timed = is_timed;
            self.extended_at = None;
            self.answered_after = None;
            self.reminded.retain(|one| *one != Reminder::AnswerOverdue);
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::super::{CodePolicy, Policy, opens_another, stage, transition};
    use super::*;
    use crate::case::effect::Effect;
    use crate::mail::{Digest, Doubt};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn message() -> Digest {
        Digest::of(b"a mail")
    }

    fn notification(received: &str, effective: Option<&str>) -> Event {
        Event::Notification {
            message: message(),
            received_at: at(received),
            effective: effective.map(|date| date.parse().unwrap()),
        }
    }

    fn decision(outcome: Outcome, received: &str) -> Event {
        Event::Decision {
            message: message(),
            received_at: at(received),
            outcome,
            named: None,
            seconds_after_code: None,
        }
    }

    fn filed(on: &str) -> Event {
        Event::Noted {
            word: Word::Filed,
            on: at(on),
        }
    }

    /// The case after these events, each at its instant; with how often the person was told.
    fn told(events: &[(&str, Event)]) -> (Case, usize) {
        let policy = Policy {
            codes: CodePolicy::HandOver,
            ..Policy::of_nobody()
        };
        let (mut case, mut count) = (Case::new(vec![]), 0);
        for (now, event) in events {
            let next = transition(&case, event, at(now), &policy);
            let alerts = next.effects.iter();
            count += alerts.filter(|one| matches!(one, Effect::Alert(_))).count();
            case = next.case;
        }
        (case, count)
    }

    #[test]
    fn another_day_is_announced_and_reminded_of_anew() {
        let first = notification("2025-04-14T10:00:00Z", Some("2025-05-27"));
        let same = notification("2025-05-20T10:00:00Z", Some("2025-05-27"));
        let other = notification("2025-05-20T10:00:00Z", Some("2025-06-27"));
        let now = "2025-05-20T10:00:00Z";
        let (case, count) = told(&[("2025-04-14T10:00:00Z", first.clone()), (now, same.clone())]);
        assert_eq!(count, 1, "the same again is no news");
        assert!(!opens_another(&case, &same), "nor another campaign");
        let (case, count) = told(&[("2025-04-14T10:00:00Z", first), (now, other)]);
        assert_eq!(count, 2);
        let due = reminder_due(&case, at("2025-06-20T08:00:00Z"));
        assert_eq!(due, Some(Reminder::WeekBefore));
    }

    #[test]
    fn an_answer_from_before_the_filing_answers_another_objection() {
        let old = decision(Outcome::Declined, "2025-05-01T10:00:00Z");
        let (case, count) = told(&[
            ("2025-05-20T10:00:00Z", filed("2025-05-20T10:00:00Z")),
            ("2025-05-21T10:00:00Z", old),
        ]);
        assert_eq!((case.state.name(), count), ("submitted", 1));
        assert!(case.answer_clock().is_some());
        let (case, _) = told(&[
            ("2025-05-20T20:00:00Z", filed("2025-05-20T20:00:00Z")),
            (
                "2025-05-21T10:00:00Z",
                decision(Outcome::Honored, "2025-05-20T09:00:00Z"),
            ),
        ]);
        assert_eq!(case.state.name(), "decided", "on the day that was named");
    }

    #[test]
    fn an_extension_counts_in_whatever_order_it_is_read() {
        let (case, _) = told(&[
            ("2025-05-20T10:00:00Z", filed("2025-05-20T10:00:00Z")),
            (
                "2025-06-16T10:00:00Z",
                decision(Outcome::UnderReview, "2025-06-15T10:00:00Z"),
            ),
            (
                "2025-06-17T10:00:00Z",
                decision(Outcome::Extended, "2025-06-10T10:00:00Z"),
            ),
        ]);
        let due = case.answer_clock().map(|clock| clock.due.to_string());
        assert_eq!(due.as_deref(), Some("2025-08-20"));
    }

    #[test]
    fn what_is_unclear_stays_so_until_something_is_clear() {
        let unclear = Event::Unclear {
            message: message(),
            doubt: Doubt::UnknownWording,
        };
        let now = "2025-05-21T10:00:00Z";
        let (case, _) = told(&[("2025-05-20T10:00:00Z", filed(now)), (now, unclear)]);
        assert_eq!(stage(&case, at(now), None).name(), "unclear");
        let later = at("2025-09-01T10:00:00Z");
        assert_eq!(stage(&case, later, None).name(), "overdue");
        let next = decision(Outcome::UnderReview, "2025-05-22T10:00:00Z");
        let policy = Policy::of_nobody();
        let case = transition(&case, &next, at("2025-05-22T10:00:00Z"), &policy).case;
        assert_eq!(
            stage(&case, at("2025-05-22T10:00:00Z"), None).name(),
            "under_review"
        );
    }

    #[test]
    fn a_refusal_ends_a_case_and_filing_anew_opens_another() {
        let (case, _) = told(&[
            ("2025-05-20T10:00:00Z", filed("2025-05-20T10:00:00Z")),
            (
                "2025-05-20T10:00:30Z",
                decision(Outcome::Declined, "2025-05-20T10:00:30Z"),
            ),
        ]);
        assert!(opens_another(&case, &filed("2025-05-21T10:00:00Z")));
        assert!(!opens_another(&case, &filed("2025-05-20T09:00:00Z")));
        let later = SignedDuration::from_hours(24 * 300);
        let received_at = at("2025-05-20T10:00:00Z") + later;
        let next = Event::Notification {
            message: message(),
            received_at,
            effective: None,
        };
        assert!(opens_another(&case, &next));
        let noted = Case {
            last_mail_at: None,
            ..case
        };
        assert!(
            opens_another(&noted, &next),
            "known by the person's word alone"
        );
    }

    #[test]
    fn an_answer_that_is_faster_than_the_step_is_counted_all_the_same() {
        let (case, _) = told(&[
            (
                "2025-05-20T10:00:00Z",
                decision(Outcome::Honored, "2025-05-20T10:00:00Z"),
            ),
            (
                "2025-05-20T10:00:01Z",
                Event::SubmissionAccepted { message: message() },
            ),
        ]);
        assert_eq!(case.answered_after, Some(0));
        assert!(matches!(case.state, State::Decided { .. }));
    }
}
