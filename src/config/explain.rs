//! What the parser of TOML says, in words for whoever wrote the file.
//!
//! It knows no key. SECURITY: it never repeats what stands where a secret may stand.

use std::ops::Range;

use super::excerpt;
use super::file::{SECRET_FORM, VALUE_FORM};

/// Where the person looks for it: a list or table that is not closed is noticed a line too late.
pub(super) fn place(error: &toml::de::Error, text: &str) -> Range<usize> {
    let span = error.span().unwrap_or(0..0);
    let before = text.get(..span.start).unwrap_or("");
    let begins_line = before
        .lines()
        .last()
        .is_none_or(|line| line.trim().is_empty());
    if error.message().starts_with(UNCLOSED) && (begins_line || before.ends_with('\n')) {
        let end = before.trim_end().len();
        return end..end;
    }
    span
}

/// What the parser says where a list or table goes on without a comma, or without its end.
const UNCLOSED: &str = "missing comma between ";

/// The parser's message in the words of this program.
pub(super) fn explain(error: &toml::de::Error, text: &str, span: &Range<usize>) -> String {
    let message = error.message();
    if let Some(rest) = message.strip_prefix("unknown field ") {
        return unknown_key(rest);
    }
    let wrong = message
        .strip_prefix("invalid type: ")
        .or_else(|| message.strip_prefix("invalid value: "));
    if let Some((found, expected)) = wrong.and_then(|rest| rest.rsplit_once(", expected ")) {
        if found == "map" && expected == "a sequence" {
            return "there may be several of these: write double brackets, such as [[mailbox]]"
                .to_owned();
        }
        // The parser quotes what it found, and that may be a secret in the wrong place.
        let found = if excerpt::at(text, span.start).is_blotted() {
            "something else"
        } else {
            found
        };
        return format!("expected {}, found {}", plain(expected), plain(found));
    }
    if message.starts_with(UNCLOSED) {
        return "a quote, a comma or a closing bracket is missing here".to_owned();
    }
    match message {
        "duplicate key" => "this key stands here for the second time; remove one".to_owned(),
        "string values must be quoted, expected literal string" => {
            "a value is missing or is not quoted; write text between double quotes".to_owned()
        }
        _ if message == SECRET_FORM || message == VALUE_FORM => message.to_owned(),
        _ => format!("{message} (see https://toml.io for how to write it)"),
    }
}

/// Serde's names of types, in plain words.
fn plain(kind: &str) -> String {
    match kind {
        "u16" => "a number from 0 to 65535".to_owned(),
        "a sequence" => "a list in square brackets".to_owned(),
        "sequence" => "a list".to_owned(),
        "map" => "a table".to_owned(),
        "a string" => "text between quotes".to_owned(),
        "a boolean" => "true or false".to_owned(),
        _ if kind.starts_with("struct ") => "a table such as { key = \"value\" }".to_owned(),
        _ => kind.to_owned(),
    }
}

/// What leads in all the words that would be right. Nothing that matters follows them.
pub(super) const KNOWN_KEYS: &str = "keys known here: ";
pub(super) const KNOWN_WORDS: &str = "known are ";

/// Serde says: `` `x`, expected one of `a`, `b` `` (or `` `a` or `b` ``).
fn unknown_key(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let key = quoted.next().unwrap_or("");
    let known: Vec<&str> = quoted.collect();
    let nearest = did_you_mean(key, &known, '`');
    format!(
        "unknown key `{key}`; {nearest}{KNOWN_KEYS}{}",
        known.join(", ")
    )
}

/// Asks for the one of `known` that was probably meant, in these quotes, in front of what follows;
/// empty if none is near.
#[must_use]
pub fn did_you_mean(word: &str, known: &[&str], quote: char) -> String {
    nearest(word, known)
        .map(|near| format!("did you mean {quote}{near}{quote}? "))
        .unwrap_or_default()
}

/// The one of `known` that `word` was probably meant to be, in whatever case.
fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    // Below 0.8 the suggestions were odd ones: `webhook` is not `timeout`.
    const NEAR: f64 = 0.8;
    let word = word.to_lowercase();
    known
        .iter()
        .map(|known| (known.to_lowercase(), *known))
        .map(|(small, known)| (strsim::jaro_winkler(&word, &small), small, known))
        // Two swapped letters of a short key are below that: `ulr` for `url`.
        .filter(|(like, small, _)| *like >= NEAR || strsim::osa_distance(&word, small) <= 1)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, _, known)| known)
}
