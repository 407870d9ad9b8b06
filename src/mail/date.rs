//! From when an announced change applies.
//!
//! Dates are read by the tables of a language, in any order of their parts. It does not guess: of
//! two dates, or of one that is a deadline, none is taken. It knows no clock; a missing year is
//! told by the date of the mail.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _, tz::TimeZone};

use super::spoken::Spoken;
use super::wordings::{Language, LanguageId, Use};

/// The years a change of this kind can have: the first was announced in 2024.
const YEARS: std::ops::RangeInclusive<i16> = 2020..=2099;

/// How long ago a date without a year may lie: notices are sent before, or soon after.
const PAST_DAYS: i64 = 60;

/// How many words may stand between two parts of a date ("26th of the month of June").
const MAX_BETWEEN: usize = 3;

/// The one date from which something applies, if exactly one is said in a language.
#[must_use]
pub fn effective(
    spoken: &Spoken<'_>,
    (id, language): (LanguageId, &Language),
    sent_at: Option<Timestamp>,
) -> Option<Date> {
    let reader = Reader {
        language,
        sent: sent_at.map(|at| TimeZone::UTC.to_datetime(at).date()),
    };
    let mut found: Vec<Date> = Vec::new();
    for (number, sentence) in spoken.speech.sentences().iter().enumerate() {
        let says = |used| spoken.has_in(number, used, id);
        if !says(Use::Effective) || says(Use::OtherDate) {
            continue;
        }
        for date in reader.dates(&spoken.speech.words_of(sentence)) {
            if !found.contains(&date) {
                found.push(date);
            }
        }
    }
    match found.as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}

/// What dates are read with.
struct Reader<'a> {
    language: &'a Language,
    sent: Option<Date>,
}

impl Reader<'_> {
    fn dates(&self, words: &[&str]) -> Vec<Date> {
        let named = (0..words.len()).filter_map(|at| self.around_month(words, at));
        let numeric = words.windows(3).filter_map(|parts| self.in_numbers(parts));
        named.chain(numeric).collect()
    }

    /// The date whose month's name begins at a word. The day stands on one side of it; the year
    /// behind both, or before both ("2024. június 26.", "2024. gada 26. jūnijs").
    fn around_month(&self, words: &[&str], at: usize) -> Option<Date> {
        let (month, length) = self.month(words.get(at..)?)?;
        let mut before = self.parts(words.get(..at)?.iter().rev());
        let mut behind = self.parts(words.get(at + length..)?.iter());
        let (last, next) = (before.next(), behind.next());
        let (day, year) = match (last.and_then(day), next.and_then(day)) {
            (Some(_), Some(_)) | (None, None) => return None,
            (Some(day), None) => (
                day,
                next.and_then(year).or_else(|| before.next().and_then(year)),
            ),
            (None, Some(day)) => (
                day,
                behind.next().and_then(year).or_else(|| last.and_then(year)),
            ),
        };
        self.date(year, month, day)
    }

    /// The words that can be parts of a date.
    fn parts<'w>(&self, words: impl Iterator<Item = &'w &'w str>) -> impl Iterator<Item = &'w str> {
        let mut skipped = 0;
        words.copied().filter(move |word| {
            let is_between =
                skipped < MAX_BETWEEN && self.language.between.iter().any(|b| b == word);
            skipped = if is_between { skipped + 1 } else { 0 };
            !is_between
        })
    }

    /// The month whose name these words begin with, and how many words it has.
    fn month(&self, words: &[&str]) -> Option<(i8, usize)> {
        for (month, names) in (1..).zip(&self.language.months) {
            for name in names {
                let length = name.split(' ').count();
                if words
                    .get(..length)
                    .is_some_and(|words| name.split(' ').eq(words.iter().copied()))
                {
                    return Some((month, length));
                }
            }
        }
        None
    }

    /// `2024-06-26`, `26.06.2024`, `26/6/2024`. English writes the month first or the day first:
    /// what could be either is none.
    fn in_numbers(&self, parts: &[&str]) -> Option<Date> {
        let &[first, second, third] = parts else {
            return None;
        };
        if let (Some(year), 4) = (year(first), first.len()) {
            return self.date(Some(year), month(second)?, day(third)?);
        }
        let year = year(third)?;
        let day_first = || self.date(Some(year), month(second)?, day(first)?);
        let month_first = || self.date(Some(year), month(first)?, day(second)?);
        if self.language.tag != "en" {
            return day_first();
        }
        match (day_first(), month_first()) {
            (Some(one), Some(other)) if one != other => None,
            (one, other) => one.or(other),
        }
    }

    /// A date; without a year the next one, seen from a little before the mail was sent.
    fn date(&self, year: Option<i16>, month: i8, day: i8) -> Option<Date> {
        if let Some(year) = year {
            return Date::new(year, month, day).ok();
        }
        let earliest = self.sent?.checked_sub(PAST_DAYS.days()).ok()?;
        let in_year = |year| {
            Date::new(year, month, day)
                .ok()
                .filter(|date| *date >= earliest)
        };
        in_year(earliest.year()).or_else(|| in_year(earliest.year().checked_add(1)?))
    }
}

fn day(word: &str) -> Option<i8> {
    let day = word.parse().ok().filter(|day| (1..=31).contains(day));
    day.filter(|_| word.len() <= 2)
}

fn month(word: &str) -> Option<i8> {
    day(word).filter(|month| *month <= 12)
}

fn year(word: &str) -> Option<i16> {
    word.parse().ok().filter(|year| YEARS.contains(year))
}

#[cfg(test)]
mod tests {
    use super::super::speech::Speech;
    use super::super::wordings::Wordings;
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let wordings = Wordings::built_in();
        let sent = "2024-05-23T08:00:00Z".parse().unwrap();
        let speech = Speech::of("", text);
        let spoken = Spoken::of(&speech, &wordings);
        let found = effective(&spoken, (0, &wordings.languages()[0]), Some(sent));
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
        check("Effective date: 26/06/2024, or 6/26/2024", june);
        check("Effective January 5", Some("2025-01-05"));
        check("Effective April 30", Some("2024-04-30"));
    }

    #[test]
    fn what_is_no_effective_date_is_left_alone() {
        check("You have to object by 26 May 2025.", None);
        check("Effective 31 June 2024", None);
        check("Effective June 2024", None);
        check("Effective 5/6/2024", None);
        check("Effective 5 June 26", None);
        check("You may object 26 times from here", None);
        check("effective 26 June 2024. It starts on 27 June 2024.", None);
        check(
            "It starts on 27 May 2025. Object before 26 May 2025.",
            Some("2025-05-27"),
        );
    }

    #[test]
    fn every_month_of_every_language_is_read() {
        let wordings = Wordings::built_in();
        let lines = include_str!("../../tests/dates.txt").lines();
        let mut seen = 0;
        for (tag, dates) in lines.filter_map(|line| line.split_once(": ")) {
            let language = wordings.languages().iter().find(|known| known.tag == tag);
            let language = language.unwrap_or_else(|| panic!("{tag} is no language"));
            for (month, text) in (1..).zip(dates.split(" | ")) {
                let speech = Speech::of("", &format!("x {text} x"));
                assert_eq!(speech.sentences().len(), 1, "{text}");
                let reader = Reader {
                    language,
                    sent: None,
                };
                let found = reader.dates(&speech.words_of(&speech.sentences()[0]));
                assert_eq!(found, [jiff::civil::date(2024, month, 26)], "{tag}: {text}");
                let bare = text
                    .replace("2024", "")
                    .replace(" г.", "")
                    .replace(" m. ", " ");
                let sent = Some(jiff::civil::date(2024, 3, 1));
                let words = Speech::of("", &bare);
                let words = words.words_of(&words.sentences()[0]);
                let found = Reader { language, sent }.dates(&words);
                assert_eq!(found, [jiff::civil::date(2024, month, 26)], "{tag}: {bare}");
            }
            seen += 1;
        }
        assert_eq!(seen, wordings.languages().len());
    }
}
