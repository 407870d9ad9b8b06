//! The public holidays of Ireland, where Meta's European company has its seat: a period of
//! Regulation 1182/71 that would end on one ends on the next working day (Art. 3(4)).
//!
//! They are those of the Organisation of Working Time Act 1997, Second Schedule, with the February
//! holiday that was added in 2023. A holiday that falls on a weekend is not moved by that act.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

/// The holiday on `day`, if it is one.
pub(super) fn irish(day: Date) -> Option<&'static str> {
    match (day.month(), day.day()) {
        (1, 1) => Some("New Year's Day"),
        (3, 17) => Some("Saint Patrick's Day"),
        (12, 25) => Some("Christmas Day"),
        (12, 26) => Some("Saint Stephen's Day"),
        (2, _) if is_february_holiday(day) => Some("the February holiday"),
        (5, _) if is_first_monday(day) => Some("the May holiday"),
        (6, _) if is_first_monday(day) => Some("the June holiday"),
        (8, _) if is_first_monday(day) => Some("the August holiday"),
        (10, _) if is_last_monday(day) => Some("the October holiday"),
        _ if is_easter_monday(day) => Some("Easter Monday"),
        _ => None,
    }
}

/// Since 2023: the first Monday, or the first of February where that is a Friday.
fn is_february_holiday(day: Date) -> bool {
    let is_it = if day.first_of_month().weekday() == Weekday::Friday {
        day.day() == 1
    } else {
        is_first_monday(day)
    };
    day.year() >= 2023 && is_it
}

fn is_first_monday(day: Date) -> bool {
    day.weekday() == Weekday::Monday && day.day() <= 7
}

fn is_last_monday(day: Date) -> bool {
    day.weekday() == Weekday::Monday && day.day() > day.days_in_month() - 7
}

fn is_easter_monday(day: Date) -> bool {
    easter(day.year()).and_then(|easter| easter.checked_add(1.day()).ok()) == Some(day)
}

/// Easter Sunday, by the algorithm that Nature printed in 1876 (Meeus, Astronomical Algorithms,
/// chapter 8).
fn easter(year: i16) -> Option<Date> {
    let of_century = i32::from(year) % 100;
    let (golden, century) = (i32::from(year) % 19, i32::from(year) / 100);
    let moved = (century - (century + 8) / 25 + 1) / 3;
    let moon = (19 * golden + century - century / 4 - moved + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - moon - of_century % 4) % 7;
    let late = (golden + 11 * moon + 22 * weekday) / 451;
    let sum = moon + weekday - 7 * late + 114;
    let (month, day) = (
        i8::try_from(sum / 31).ok()?,
        i8::try_from(sum % 31 + 1).ok()?,
    );
    Date::new(year, month, day).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn easter_falls_where_the_calendars_say() {
        for (year, month, day) in [
            (2024, 3, 31),
            (2025, 4, 20),
            (2026, 4, 5),
            (2027, 3, 28),
            (2038, 4, 25),
        ] {
            assert_eq!(easter(year), Some(date(year, month, day)));
        }
    }

    #[test]
    fn the_holidays_of_three_years_are_those_that_were_published() {
        // citizensinformation.ie, "Public holidays in Ireland".
        let published = [
            (
                2024,
                vec![
                    (1, 1),
                    (2, 5),
                    (3, 17),
                    (4, 1),
                    (5, 6),
                    (6, 3),
                    (8, 5),
                    (10, 28),
                ],
            ),
            (
                2025,
                vec![
                    (1, 1),
                    (2, 3),
                    (3, 17),
                    (4, 21),
                    (5, 5),
                    (6, 2),
                    (8, 4),
                    (10, 27),
                ],
            ),
            (
                2026,
                vec![
                    (1, 1),
                    (2, 2),
                    (3, 17),
                    (4, 6),
                    (5, 4),
                    (6, 1),
                    (8, 3),
                    (10, 26),
                ],
            ),
        ];
        for (year, mut days) in published {
            days.extend([(12, 25), (12, 26)]);
            let all = date(year, 1, 1).series(1.day());
            let found: Vec<(i8, i8)> = all
                .take_while(|day| day.year() == year)
                .filter(|day| irish(*day).is_some())
                .map(|day| (day.month(), day.day()))
                .collect();
            assert_eq!(found, days, "{year}");
        }
    }

    #[test]
    fn a_first_of_february_that_is_a_friday_is_the_holiday_itself() {
        assert!(irish(date(2030, 2, 1)).is_some());
        assert!(irish(date(2030, 2, 4)).is_none());
        assert!(
            irish(date(2022, 2, 7)).is_none(),
            "the holiday began in 2023"
        );
    }
}
