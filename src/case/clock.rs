//! The legal clock: until when Meta has to answer an objection, and how that was computed.
//!
//! GDPR, Art. 12(3): within one month of receipt; two months more if Meta announces that within
//! the first. Counted by Regulation 1182/71, Art. 3. What comes out is a computation with its
//! steps, not legal advice, and it says nothing about what Meta did.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};

use super::holiday::irish;

/// The clock of the controller's seat: Irish time, written out so that no file has to be read.
const IRISH_TIME: &str = "GMT0IST,M3.5.0/1,M10.5.0";

/// How many days after the last one the person is told: mail takes time, and clocks differ.
const GRACE_DAYS: i32 = 1;

/// Until when an answer is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerClock {
    /// The day on which Meta got the objection.
    pub filed: Date,
    /// The last day for an answer.
    pub due: Date,
    /// The first day on which an answer that has not come is overdue, the grace day over.
    pub overdue: Date,
    /// How `due` was computed, step by step, as sentences.
    pub derivation: Vec<String>,
}

/// The clock of an objection that was filed at an instant; `extended_at` is when Meta announced
/// that it would need longer, if it did.
#[must_use]
pub fn answer_clock(filed_at: Timestamp, extended_at: Option<Timestamp>) -> AnswerClock {
    let filed = day_in_ireland(filed_at);
    let month = period(filed, 1);
    let announced = extended_at.map(day_in_ireland);
    let mut derivation = vec![format!(
        "The objection was filed on {filed}, in Ireland. GDPR, Art. 12(3): one month. That day is \
         not counted (Regulation 1182/71, Art. 3(1)), and the month ends on {} (Art. 3(2)(c)).",
        month.nominal
    )];
    derivation.extend(month.steps);
    let mut due = month.due;
    match announced {
        Some(announced) if announced <= due => {
            let longer = period(filed, 3);
            due = longer.due;
            derivation.push(format!(
                "Meta announced on {announced} that it needs longer, within the first month: two \
                 months more (Art. 12(3)), until {}.",
                longer.nominal
            ));
            derivation.extend(longer.steps);
        }
        Some(announced) => derivation.push(format!(
            "Meta announced on {announced} that it needs longer: that was after the first month, \
             within which it has to be said (Art. 12(3)), and is not counted."
        )),
        None => {}
    }
    derivation.push("This date is computed; it is not legal advice.".to_owned());
    AnswerClock {
        filed,
        due,
        overdue: later(due, (GRACE_DAYS + 1).days()),
        derivation,
    }
}

/// A period of months.
struct Period {
    /// The day with the same number, or the last of a shorter month.
    nominal: Date,
    /// That, or the next working day.
    due: Date,
    /// Why `due` is another day than `nominal`.
    steps: Vec<String>,
}

fn period(filed: Date, months: i32) -> Period {
    // A shorter month's last day: Art. 3(2)(c), second sentence.
    let nominal = later(filed, months.months());
    let mut due = nominal;
    let mut steps = Vec::new();
    while let Some(reason) = is_no_working_day(due) {
        steps.push(format!(
            "{due} is {reason}: the period ends with the next working day (Art. 3(4))."
        ));
        let next = later(due, 1.day());
        // At the end of all calendars.
        if next == due {
            break;
        }
        due = next;
    }
    Period {
        nominal,
        due,
        steps,
    }
}

fn is_no_working_day(day: Date) -> Option<&'static str> {
    match day.weekday() {
        Weekday::Saturday => Some("a Saturday"),
        Weekday::Sunday => Some("a Sunday"),
        Weekday::Monday
        | Weekday::Tuesday
        | Weekday::Wednesday
        | Weekday::Thursday
        | Weekday::Friday => irish(day),
    }
}

fn day_in_ireland(at: Timestamp) -> Date {
    let zone = TimeZone::posix(IRISH_TIME).unwrap_or(TimeZone::UTC);
    zone.to_datetime(at).date()
}

fn later(day: Date, by: Span) -> Date {
    day.checked_add(by).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(filed: &str, extended: Option<&str>, due: &str, overdue: &str) {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let clock = answer_clock(at(filed), extended.map(at));
        assert_eq!(
            (clock.due.to_string(), clock.overdue.to_string()),
            (due.to_owned(), overdue.to_owned()),
            "{filed}: {:?}",
            clock.derivation
        );
    }

    #[test]
    fn a_month_ends_on_the_day_of_the_same_number() {
        check("2025-05-20T10:00:00Z", None, "2025-06-20", "2025-06-22");
    }

    #[test]
    fn a_shorter_month_ends_with_its_last_day() {
        check("2025-01-31T10:00:00Z", None, "2025-02-28", "2025-03-02");
        check("2028-01-31T10:00:00Z", None, "2028-02-29", "2028-03-02");
    }

    #[test]
    fn a_weekend_or_a_holiday_of_ireland_moves_the_end() {
        // 28 February 2026 is a Saturday.
        check("2026-01-31T10:00:00Z", None, "2026-03-02", "2026-03-04");
        // 25 December is a Thursday, the 26th a holiday, then a weekend.
        check("2025-11-25T10:00:00Z", None, "2025-12-29", "2025-12-31");
        // Easter Monday.
        check("2026-03-06T10:00:00Z", None, "2026-04-07", "2026-04-09");
    }

    #[test]
    fn the_day_is_that_of_the_controllers_seat() {
        // A quarter past midnight in Dublin's summer.
        check("2025-05-19T23:15:00Z", None, "2025-06-20", "2025-06-22");
        check("2025-12-09T23:15:00Z", None, "2026-01-09", "2026-01-11");
    }

    #[test]
    fn longer_counts_only_if_it_was_announced_in_the_first_month() {
        let filed = "2025-05-20T10:00:00Z";
        let in_time = Some("2025-06-20T21:00:00Z");
        check(filed, in_time, "2025-08-20", "2025-08-22");
        check(
            filed,
            Some("2025-06-21T10:00:00Z"),
            "2025-06-20",
            "2025-06-22",
        );
    }

    #[test]
    fn the_derivation_names_every_step() {
        let filed = "2026-01-31T10:00:00Z".parse().unwrap();
        let clock = answer_clock(filed, None);
        assert_eq!(
            clock.derivation,
            [
                "The objection was filed on 2026-01-31, in Ireland. GDPR, Art. 12(3): one month. \
                 That day is not counted (Regulation 1182/71, Art. 3(1)), and the month ends on \
                 2026-02-28 (Art. 3(2)(c)).",
                "2026-02-28 is a Saturday: the period ends with the next working day (Art. 3(4)).",
                "2026-03-01 is a Sunday: the period ends with the next working day (Art. 3(4)).",
                "This date is computed; it is not legal advice.",
            ]
        );
    }
}
