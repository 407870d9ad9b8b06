//! When the person is reminded: before an announced change applies to them while nothing is
//! filed, and when Meta's answer is overdue.
//!
//! A reminder is a question to the case and the time, not a timer: a restart forgets none, and one
//! whose time passed while the program did not run is given late or, where it is of no use any
//! more, not at all.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::Case;

/// Reminders come in the morning of Western Europe, not at midnight.
const HOUR_UTC: i8 = 8;

/// What the person is reminded of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reminder {
    /// The announced change applies in a week, and nothing is filed.
    WeekBefore,
    /// The announced change applies tomorrow, and nothing is filed.
    DayBefore,
    /// Meta's answer has not come in time.
    AnswerOverdue,
}

/// A reminder and the time in which it is of use.
struct Slot {
    reminder: Reminder,
    from: Timestamp,
    until: Timestamp,
}

/// The reminder that is due at `now`, if one is and was not given yet.
#[must_use]
pub fn reminder_due(case: &Case, now: Timestamp) -> Option<Reminder> {
    let mut slots = slots(case).into_iter();
    slots.find_map(|slot| (slot.from <= now && now < slot.until).then_some(slot.reminder))
}

/// When the next reminder will be due; `None` if none will.
#[must_use]
pub fn next_reminder(case: &Case, now: Timestamp) -> Option<Timestamp> {
    let slots = slots(case).into_iter().filter(|slot| now < slot.until);
    slots.map(|slot| slot.from.max(now)).min()
}

/// What the person will be reminded of, and when.
#[must_use]
pub fn reminders_ahead(case: &Case, now: Timestamp) -> Vec<(Reminder, Timestamp)> {
    let slots = slots(case).into_iter().filter(|slot| now < slot.from);
    slots.map(|slot| (slot.reminder, slot.from)).collect()
}

/// Everything that may still be reminded of.
fn slots(case: &Case) -> Vec<Slot> {
    let mut slots = Vec::new();
    if let Some(date) = case.effective.filter(|_| case.is_unfiled()) {
        let (week, day) = (morning(date, -7.days()), morning(date, -1.days()));
        slots.push(Slot {
            reminder: Reminder::WeekBefore,
            from: week,
            until: day,
        });
        slots.push(Slot {
            reminder: Reminder::DayBefore,
            from: day,
            until: morning(date, Span::new()),
        });
    }
    if let Some(clock) = case.answer_clock() {
        slots.push(Slot {
            reminder: Reminder::AnswerOverdue,
            from: morning(clock.overdue, Span::new()),
            until: Timestamp::MAX,
        });
    }
    slots.retain(|slot| !case.reminded.contains(&slot.reminder));
    slots
}

/// The morning of the day that is `by` behind `date`. A date at the end of all calendars is never
/// reached.
fn morning(date: Date, by: Span) -> Timestamp {
    let day = date.checked_add(by).unwrap_or(date).at(HOUR_UTC, 0, 0, 0);
    TimeZone::UTC.to_timestamp(day).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn notified(effective: &str) -> Case {
        Case {
            state: State::Notified,
            effective: Some(effective.parse().unwrap()),
            ..Case::new(vec![])
        }
    }

    #[test]
    fn a_week_and_a_day_before_the_change_while_nothing_is_filed() {
        let mut case = notified("2025-05-27");
        assert_eq!(reminder_due(&case, at("2025-05-20T07:59:59Z")), None);
        let next = next_reminder(&case, at("2025-05-01T00:00:00Z"));
        assert_eq!(next, Some(at("2025-05-20T08:00:00Z")));
        let due = reminder_due(&case, at("2025-05-20T08:00:00Z"));
        assert_eq!(due, Some(Reminder::WeekBefore));
        case.reminded.push(Reminder::WeekBefore);
        assert_eq!(reminder_due(&case, at("2025-05-20T08:00:01Z")), None);
        let due = reminder_due(&case, at("2025-05-26T08:00:00Z"));
        assert_eq!(due, Some(Reminder::DayBefore));
        assert_eq!(reminder_due(&case, at("2025-05-27T08:00:00Z")), None);
        assert_eq!(next_reminder(&case, at("2025-05-27T08:00:00Z")), None);
        case.state = State::Submitted {
            at: at("2025-05-21T00:00:00Z"),
        };
        assert_eq!(reminder_due(&case, at("2025-05-26T08:00:00Z")), None);
    }

    #[test]
    fn what_was_slept_through_is_told_late_and_once() {
        let case = notified("2025-05-27");
        let due = reminder_due(&case, at("2025-05-24T12:00:00Z"));
        assert_eq!(due, Some(Reminder::WeekBefore));
        let due = reminder_due(&case, at("2025-05-26T12:00:00Z"));
        assert_eq!(due, Some(Reminder::DayBefore), "the week is over");
    }

    #[test]
    fn an_answer_is_missed_after_its_month_and_a_day_of_grace() {
        let filed = at("2025-05-20T10:00:00Z");
        let mut case = Case {
            state: State::Submitted { at: filed },
            filed_at: Some(filed),
            ..Case::new(vec![])
        };
        assert_eq!(reminder_due(&case, at("2025-06-22T07:59:59Z")), None);
        let due = reminder_due(&case, at("2025-06-22T08:00:00Z"));
        assert_eq!(due, Some(Reminder::AnswerOverdue));
        case.extended_at = Some(at("2025-06-10T08:00:00Z"));
        assert_eq!(reminder_due(&case, at("2025-06-22T08:00:00Z")), None);
        let next = next_reminder(&case, at("2025-06-22T08:00:00Z"));
        assert_eq!(next, Some(at("2025-08-22T08:00:00Z")));
    }
}
