//! Everything in a file that is no key or no value of the right type, found in one go.
//!
//! The parser stops at the first of them. So what it names is taken out, and the rest is read
//! again. It knows no key.

use std::ops::Range;

use serde::Deserialize as _;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer, Error};

use super::explain;
use super::file::File;
use super::problem::Problems;

/// Who has more to mend will run it again; the file is read as often.
const MOST: usize = 20;

/// What the person has to know who mends what was found.
const VALUES: &str = "what the other values say is looked at once that is mended";
const MORE: &str = "there may be more: the rest is looked at once that is mended";

/// Reads the file; on failure `problems` says why.
pub(super) fn read(text: &str, problems: &mut Problems<'_>) -> Option<File> {
    match toml::from_str(text) {
        Ok(file) => Some(file),
        Err(error) => {
            note(&error, text, problems);
            let unseen = note_others(&error, text, problems);
            problems.leave(unseen);
            None
        }
    }
}

fn note(error: &Error, text: &str, problems: &mut Problems<'_>) {
    let span = explain::place(error, text);
    let what = explain::explain(error, text, &span);
    problems.add(span, what);
}

/// Notes what the first of them hid, and says what is hidden still.
fn note_others(first: &Error, text: &str, problems: &mut Problems<'_>) -> &'static str {
    // Where the text is no TOML there is nothing else to be found.
    let Ok(mut rest) = DeTable::parse(text) else {
        return MORE;
    };
    let mut at = first.span();
    for _ in 1..MOST {
        if !at.is_some_and(|at| take_out(rest.get_mut(), &at)) {
            return MORE;
        }
        let Err(error) = File::deserialize(Deserializer::from(rest.clone())) else {
            return VALUES;
        };
        note(&error, text, problems);
        at = error.span();
    }
    MORE
}

/// Takes out the key that stands there, or whose value does, or the item of a list. Whether there
/// was one.
fn take_out(table: &mut DeTable<'_>, at: &Range<usize>) -> bool {
    let mut keys = table.iter();
    let found = keys.find(|(key, value)| key.span() == *at || value.span() == *at);
    if let Some(key) = found.map(|(key, _)| key.clone()) {
        return table.remove(&key).is_some();
    }
    table.iter_mut().any(|(_, value)| take_out_of(value, at))
}

fn take_out_of(value: &mut Spanned<DeValue<'_>>, at: &Range<usize>) -> bool {
    match value.get_mut() {
        DeValue::Table(table) => take_out(table, at),
        DeValue::Array(items) if items.iter().any(|item| item.span() == *at) => {
            let others = items.iter().filter(|item| item.span() != *at);
            *items = others.cloned().collect();
            true
        }
        DeValue::Array(items) => items.iter_mut().any(|item| take_out_of(item, at)),
        _ => false,
    }
}
