//! Looks through a copy for what should be gone, without trusting how it was made.
//!
//! It looks into the bytes, into every decoded text, into texts without their markup and without
//! what parts digits. It names what kind of secret it found, never the secret.

use std::collections::BTreeSet;

use super::cast::{Cast, SHORT};
use super::edit::Edits;
use super::words::name_words;
use super::{number, part};

/// Digits of this length and more are looked for inside longer runs, and in encoded bytes.
const LONG: usize = 6;

/// The longest number that is looked for inside longer ones.
const LONGEST: usize = 24;

/// Finds nothing, or says what is left.
pub fn search(copy: &str, cast: &Cast<'_>) -> Result<(), &'static str> {
    let mut texts = Vec::new();
    part::texts(copy.as_bytes(), &mut texts);
    for text in &texts {
        if names_in(text, cast) {
            return Err("a name");
        }
        if numbers_in(text, cast) {
            return Err("a number");
        }
    }
    for text in texts.iter().map(String::as_str).chain([copy]) {
        if addresses_in(text, cast) {
            return Err("an address");
        }
        let long = |digits: &&str| digits.len() >= LONG;
        if runs(text, |c| c.is_ascii_digit())
            .filter(long)
            .any(|run| holds(run, &cast.numbers))
        {
            return Err("a number");
        }
        if runs(text, char::is_alphanumeric).any(|run| cast.ids.contains(run)) {
            return Err("an id");
        }
    }
    Ok(())
}

fn runs(text: &str, is_in: impl Fn(char) -> bool) -> impl Iterator<Item = &str> {
    text.split(move |c: char| !is_in(c))
        .filter(|run| !run.is_empty())
}

fn names_in(text: &str, cast: &Cast<'_>) -> bool {
    let is_left = |word: &str| word.chars().count() > SHORT && cast.name(word, false).is_some();
    let places = name_words(text);
    let is_name =
        |at: &std::ops::Range<usize>| text.get(at.clone()).is_some_and(|word| cast.is_name(word));
    // A first and a last name are somebody's, even if both are words.
    let is_pair = |pair: &[std::ops::Range<usize>]| match pair {
        [a, b] => text.get(a.end..b.start) == Some(" ") && is_name(a) && is_name(b),
        _ => false,
    };
    let mut words = places.iter().filter_map(|at| text.get(at.clone()));
    words.any(is_left)
        || places.windows(2).any(is_pair)
        || cast
            .unparted_names()
            .iter()
            .any(|(name, _)| text.contains(name))
}

fn addresses_in(text: &str, cast: &Cast<'_>) -> bool {
    let text = text.to_lowercase();
    let is_part = |c: char| c.is_alphanumeric() || c == '-';
    let stands_free = |domain: &str| {
        text.match_indices(domain).any(|(at, _)| {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            let behind = text
                .get(at + domain.len()..)
                .and_then(|behind| behind.chars().next());
            !before.is_some_and(is_part) && !behind.is_some_and(is_part)
        })
    };
    cast.addresses().any(|address| text.contains(address)) || cast.domains().any(stands_free)
}

fn numbers_in(text: &str, cast: &Cast<'_>) -> bool {
    let found = number::find(text, &Edits::new(text.len()), cast.known);
    let mut joined = found.iter().map(|number| number.digits.as_str());
    joined.any(|digits| cast.numbers.contains(digits))
        || runs(text, |c| c.is_ascii_digit()).any(|run| cast.numbers.contains(run))
}

/// Whether a long number stands in a run of digits.
fn holds(run: &str, numbers: &BTreeSet<String>) -> bool {
    (LONG..=LONGEST.min(run.len())).any(|length| {
        let mut starts = 0..=run.len() - length;
        starts.any(|at| {
            run.get(at..at + length)
                .is_some_and(|part| numbers.contains(part))
        })
    })
}
