//! Style sheets without their secrets: what they hide and colour stays.
//!
//! Only three places of a sheet can hold words of a mail: comments, strings and addresses. It does
//! not know what a style does.

use super::cast::Cast;
use super::place;
use super::words::{self, Names};

/// A number of a style has at most five digits; more are an id.
const MEASURE: usize = 5;

/// The content of a `<style>` element. Comments that mail programs read as conditions stay.
pub fn sheet(css: &str, cast: &mut Cast<'_>) -> String {
    declarations(css, cast)
}

/// The value of a `style` attribute.
pub fn declarations(css: &str, cast: &mut Cast<'_>) -> String {
    let mut new = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(at) = rest.find(['/', '"', '\'', '(']) {
        let (before, from) = rest.split_at(at);
        new.push_str(&plain(before, cast));
        let (opening, closing) = match from.as_bytes() {
            [b'/', b'*', ..] => ("/*", "*/"),
            [b'"', ..] => ("\"", "\""),
            [b'\'', ..] => ("'", "'"),
            [b'(', ..] if is_address(before) => ("(", ")"),
            _ => {
                new.push_str(from.get(..1).unwrap_or_default());
                rest = from.get(1..).unwrap_or_default();
                continue;
            }
        };
        let inner = from.get(opening.len()..).unwrap_or_default();
        let (inner, after) = match inner.split_once(closing) {
            Some((inner, after)) => (inner, Some(after)),
            None => (inner, None),
        };
        new.push_str(opening);
        if opening == "(" {
            new.push_str(&place::page(inner.trim_matches(['"', '\'', ' ']), cast));
        } else {
            new.push_str(&words::redacted(inner, Names::AmongWords, cast));
        }
        new.push_str(after.map_or("", |_| closing));
        rest = after.unwrap_or_default();
    }
    new.push_str(&plain(rest, cast));
    new
}

fn is_address(before: &str) -> bool {
    before.to_ascii_lowercase().ends_with("url")
}

/// Selectors, properties and measures; long ids and numbers in them go.
fn plain(css: &str, cast: &mut Cast<'_>) -> String {
    let is_id = |word: &str| {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        digits > MEASURE && (word.len() >= 16 || digits == word.len())
    };
    let mut new = String::with_capacity(css.len());
    for piece in css.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let bare = piece.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_colour = bare.len() == 6 && new.ends_with('#');
        if is_id(bare) && !is_colour {
            new.push_str(&cast.id(bare));
            new.push_str(piece.get(bare.len()..).unwrap_or_default());
        } else {
            new.push_str(piece);
        }
    }
    new
}
