//! How long a code is good, where its mail says so.
//!
//! It reads "for 10 minutes" and "an hour" in sentences that speak of expiry, by the tables of all
//! languages. It does not guess: without such a sentence there is no answer, and of two answers
//! the shorter one counts. It knows no clock and no code.

use jiff::SignedDuration;

use super::speech::Speech;
use super::wordings::Lifetimes;

/// No form can be filled in within less, and no code lives longer than a day.
const SHORTEST: SignedDuration = SignedDuration::from_mins(1);
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// The lifetime that a text states.
#[must_use]
pub fn stated(speech: &Speech, words: &Lifetimes) -> Option<SignedDuration> {
    let sentences = speech.sentences().iter().map(|one| speech.words_of(one));
    let durations = sentences
        .filter(|sentence| sentence.iter().any(|word| words.said.has(word)))
        .flat_map(|sentence| in_sentence(&sentence, words));
    let proper = |life: &SignedDuration| (SHORTEST..=LONGEST).contains(life);
    durations.filter(proper).min()
}

fn in_sentence(sentence: &[&str], words: &Lifetimes) -> Vec<SignedDuration> {
    let pairs = sentence.windows(2).filter_map(|pair| {
        let [number, unit] = pair else { return None };
        let is_number = number.len() <= 4 && number.bytes().all(|byte| byte.is_ascii_digit());
        if words.minutes.has(unit) && is_number {
            Some(SignedDuration::from_mins(number.parse().ok()?))
        } else if words.hours.has(unit) && is_number {
            Some(SignedDuration::from_hours(number.parse().ok()?))
        } else if words.hours.has(unit) && words.one.has(number) {
            Some(SignedDuration::from_hours(1))
        } else {
            None
        }
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::super::Wordings;
    use super::*;

    fn check(text: &str, minutes: Option<i64>) {
        let wordings = Wordings::built_in();
        let found = stated(&Speech::of("", text), wordings.lifetimes());
        assert_eq!(found.map(|life| life.as_mins()), minutes, "{text}");
    }

    #[test]
    fn a_stated_lifetime_is_read_in_every_language() {
        let table = include_str!("../../tests/lifetimes.txt");
        let mut seen = 0;
        for line in table
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
        {
            let (minutes, text) = line.split_once(' ').unwrap();
            check(text.trim(), minutes.parse().ok());
            seen += 1;
        }
        assert!(seen >= 60, "{seen}");
    }
}
