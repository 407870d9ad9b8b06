//! From when an announced change applies.
//!
//! Dates are read by the tables of a language, in any order of their parts. It does not guess: of
//! two dates, or of one that is a deadline, none is taken. It knows no clock; a missing year is
//! told by the date of the mail.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _, tz::TimeZone};

use super::phrase::{Sentence, Speech};
use super::wordings::Dates;

/// The years a change of this kind can have: the first was announced in 2024.
const YEARS: std::ops::RangeInclusive<i16> = 2020..=2099;

/// How long ago a date without a year may lie: notices are sent before, or soon after.
const PAST_DAYS: i64 = 60;

/// How many words may stand between the parts of a date ("26th of the month of June").
const MAX_BETWEEN: usize = 3;

/// The one date from which something applies, if exactly one is said.
#[must_use]
pub fn effective(speech: &Speech, dates: &Dates, sent_at: Option<Timestamp>) -> Option<Date> {
    let sent = sent_at.map(|at| TimeZone::UTC.to_datetime(at).date());
    let says = |sentence: &Sentence, phrases: &[super::phrase::Phrase]| {
        phrases.iter().any(|phrase| phrase.occurs_in(sentence))
    };
    let mut found: Vec<Date> = Vec::new();
    for sentence in &speech.sentences {
        if says(sentence, &dates.effective) && !says(sentence, &dates.otherwise) {
            for date in in_sentence(&sentence.words, dates, sent) {
                if !found.contains(&date) {
                    found.push(date);
                }
            }
        }
    }
    match found.as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}

fn in_sentence(words: &[String], dates: &Dates, sent: Option<Date>) -> Vec<Date> {
    let named = (0..words.len()).filter_map(|at| around_month(words, at, dates, sent));
    let iso = words.windows(3).filter_map(|parts| match parts {
        [year, month, day] if year.len() == 4 && month.len() == 2 && day.len() == 2 => date(
            year.parse().ok(),
            month.parse().ok()?,
            day.parse().ok()?,
            sent,
        ),
        _ => None,
    });
    named.chain(iso).collect()
}

/// The date whose month is the word at `at`.
fn around_month(words: &[String], at: usize, dates: &Dates, sent: Option<Date>) -> Option<Date> {
    let name = words.get(at)?;
    let is_it = |names: &Vec<String>| names.contains(name);
    let month = i8::try_from(dates.months.iter().position(is_it)? + 1).ok()?;
    let is_between = |word: &&String| dates.between.contains(word);
    let before = || {
        let mut words = words.get(..at).unwrap_or_default().iter().rev();
        let skipped = words
            .by_ref()
            .take(MAX_BETWEEN + 1)
            .find(|word| !is_between(word));
        skipped.and_then(|word| day(word))
    };
    let mut after = words
        .iter()
        .skip(at + 1)
        .take(MAX_BETWEEN + 3)
        .filter(|word| !is_between(word));
    let next = after.next();
    if let Some(day) = next.and_then(|word| day(word)) {
        return date(after.next().and_then(|word| year(word)), month, day, sent);
    }
    date(next.and_then(|word| year(word)), month, before()?, sent)
}

fn day(word: &str) -> Option<i8> {
    let day = word.parse().ok().filter(|day| (1..=31).contains(day));
    day.filter(|_| word.len() <= 2)
}

fn year(word: &str) -> Option<i16> {
    word.parse().ok().filter(|year| YEARS.contains(year))
}

/// A date; without a year the next one, seen from a little before the mail was sent.
fn date(year: Option<i16>, month: i8, day: i8, sent: Option<Date>) -> Option<Date> {
    if let Some(year) = year {
        let date = Date::new(year, month, day).ok();
        return date.filter(|date| YEARS.contains(&date.year()));
    }
    let earliest = sent?.checked_sub(PAST_DAYS.days()).ok()?;
    let in_year = |year| {
        Date::new(year, month, day)
            .ok()
            .filter(|date| *date >= earliest)
    };
    in_year(earliest.year()).or_else(|| in_year(earliest.year().checked_add(1)?))
}

#[cfg(test)]
mod tests {
    use super::super::wordings::Wordings;
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let wordings = Wordings::built_in();
        let sent = "2024-05-23T08:00:00Z".parse().unwrap();
        let dates = &wordings.languages()[0].dates;
        let found = effective(&Speech::of("", text), dates, Some(sent));
        assert_eq!(
            found.map(|date| date.to_string()).as_deref(),
            expected,
            "{text}"
        );
    }

    #[test]
    fn english_dates_are_read_in_every_order() {
        let june = Some("2024-06-26");
        check("This takes effect on June 26, 2024.", june);
        check("Effective 26 June 2024 we change it", june);
        check("starting\u{a0}26\u{a0}June\u{a0}2024", june);
        check("from the 26th of June", june);
        check("from 26 June onwards", june);
        check("effective June 26th, 2024", june);
        check("Effective date: 2024-06-26", june);
        check("Effective January 5", Some("2025-01-05"));
        check("Effective April 30", Some("2024-04-30"));
    }

    #[test]
    fn what_is_no_effective_date_is_left_alone() {
        check("You have to object by 26 May 2025.", None);
        check("Effective 31 June 2024", None);
        check("Effective June 2024", None);
        check("You may object 26 times from here", None);
        check("effective 26 June 2024. It starts on 27 June 2024.", None);
        check(
            "It starts on 27 May 2025. Object before 26 May 2025.",
            Some("2025-05-27"),
        );
    }
}
