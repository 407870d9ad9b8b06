//! What has to go from a text: addresses, names, ids and numbers.
//!
//! It does not know whether the text is a subject, a paragraph or a comment, and changes nothing
//! itself: it says what comes in which place.

use std::ops::Range;

use super::cast::{Cast, has_case};
use super::edit::{Edit, Edits};
use super::{number, place};

/// How far behind a greeting a name may reach, in words.
const MAX_NAME: usize = 4;

/// How far before an address a name is looked for, in bytes.
const NAME_BYTES: usize = 120;

/// From this length on letters and digits without blanks are an id.
const ID: usize = 16;

/// How many digits, mixed with letters, make a shorter id ("G7K2P9").
const MIXED: usize = 3;

/// Marks that may stand around an address, and are none of it.
const OPENING: [char; 6] = ['(', '[', '{', '\'', '*', '„'];
const CLOSING: [char; 13] = [
    ')', ']', '}', '\'', '*', '.', ',', ';', ':', '!', '?', '“', '。',
];

/// How strictly names are looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// In a text, where a name may be an ordinary word as well.
    AmongWords,
    /// Beside an address, where there is nothing but a name.
    Alone,
}

/// The edits that take a text's secrets away. While the cast learns, what they hold is of no use.
/// At a border a tag stands: no id goes on behind it.
pub fn edits(text: &str, borders: &[usize], names: Names, cast: &mut Cast<'_>) -> Vec<Edit> {
    let mut edits = Edits::new(text.len());
    for at in chunks(text) {
        chunk(text, at, &mut edits, cast);
    }
    greeted(text, &mut edits, cast);
    self::names(text, names, &mut edits, cast);
    ids(text, borders, &mut edits, cast);
    for number in number::find(text, &edits, cast.known) {
        let new = cast.number(&number.digits);
        for (at, digit) in number.rewritten(&new) {
            edits.set(at, digit);
        }
    }
    edits.sorted()
}

/// A text without its secrets.
pub fn redacted(text: &str, names: Names, cast: &mut Cast<'_>) -> String {
    let edits = edits(text, &[], names, cast);
    let whole = 0..text.len();
    super::edit::apply(text, std::slice::from_ref(&whole), &edits).concat()
}

/// What stands between blanks, and between the brackets and quotation marks of an address.
fn chunks(text: &str) -> Vec<Range<usize>> {
    ranges(text, |c| {
        !c.is_whitespace() && !matches!(c, '<' | '>' | '"' | '|' | '\\')
    })
}

/// The longest ranges of characters that are all alike.
fn ranges(text: &str, is_in: impl Fn(char) -> bool) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for (at, c) in text.char_indices().filter(|(_, c)| is_in(*c)) {
        match ranges.last_mut().filter(|last| last.end == at) {
            Some(last) => last.end += c.len_utf8(),
            None => ranges.push(at..at + c.len_utf8()),
        }
    }
    ranges
}

/// Addresses in what stands between two blanks.
fn chunk(text: &str, at: Range<usize>, edits: &mut Edits, cast: &mut Cast<'_>) {
    let word = text.get(at.clone()).unwrap_or_default();
    if let Some(marks) = word.find("://") {
        let before = word.get(..marks).unwrap_or_default();
        let scheme = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '+');
        let start = at.start + scheme.len();
        chunk(text, at.start..start, edits, cast);
        let word = trimmed(text, start..at.end);
        let new = place::page(text.get(word.clone()).unwrap_or_default(), cast);
        edits.set(word, new);
        return;
    }
    for part in ranges(word, |c| {
        !matches!(c, ',' | ';' | '=' | '(' | ')' | '[' | ']')
    }) {
        let part = trimmed(text, at.start + part.start..at.start + part.end);
        let bare = text.get(part.clone()).unwrap_or_default();
        let (scheme, rest) = match bare.split_once(':') {
            Some((scheme, rest)) if rest.contains('@') => (scheme.len() + 1, rest),
            _ => (0, bare),
        };
        let rest_at = part.start + scheme..part.end;
        if let Some((local, domain)) = rest.split_once('@') {
            let new = if local.is_empty() {
                handle(domain, cast)
            } else {
                learn_named(text, rest_at.start, cast);
                at_address(rest, cast)
            };
            edits.set(rest_at, new);
        } else if place::is_bare(bare) {
            let new = place::page(bare, cast);
            edits.set(part, new);
        } else if place::is_domain(bare) && (cast.is_domain(bare) || cast.known.is_host(bare)) {
            let new = cast.host(bare);
            edits.set(part, new);
        }
    }
}

/// The address alone, in a word that may go on behind it ("me@example.org/x", "?a=b").
fn at_address(word: &str, cast: &mut Cast<'_>) -> String {
    let (address, tail) = word.split_at(word.find(['/', '?', '#']).unwrap_or(word.len()));
    if !address.contains('@') {
        return cast.id(word);
    }
    let address = cast.address(address);
    format!("{address}{}", place::query(tail, cast))
}

/// "@name", as one is called in an app.
fn handle(name: &str, cast: &mut Cast<'_>) -> String {
    if cast.known.is_plain(name) && !name.contains(char::is_numeric) {
        return format!("@{name}");
    }
    format!("@{}", cast.id(name))
}

fn trimmed(text: &str, at: Range<usize>) -> Range<usize> {
    let word = text.get(at.clone()).unwrap_or_default();
    let inner = word.trim_start_matches(OPENING);
    let start = at.end - inner.len();
    start..start + inner.trim_end_matches(CLOSING).len()
}

/// The words of a name, accents drawn over letters included.
pub fn name_words(text: &str) -> Vec<Range<usize>> {
    ranges(text, |c| {
        c.is_alphabetic() || ('\u{300}'..='\u{36f}').contains(&c)
    })
}

/// Learns who is named before an address in angle brackets ("Martin Example <me@example.org>").
fn learn_named(text: &str, address: usize, cast: &mut Cast<'_>) {
    let before = number::part(text, address.saturating_sub(NAME_BYTES), address);
    let Some(before) = before.strip_suffix(['<', '(']) else {
        return;
    };
    let line = before
        .rsplit(['\n', ',', ':', '<', '>'])
        .next()
        .unwrap_or_default();
    let words = name_words(line);
    for at in words.iter().rev().take(MAX_NAME) {
        let word = line.get(at.clone()).unwrap_or_default();
        if has_case(word) && !word.starts_with(char::is_uppercase) {
            break;
        }
        cast.learn_name(word, false);
    }
}

/// Who is greeted at the beginning of a line: a name there, even if it is a word elsewhere.
fn greeted(text: &str, edits: &mut Edits, cast: &mut Cast<'_>) {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let at = start;
        start += line.len();
        let end = line.find([
            ',', '!', '.', ':', ';', '\n', '—', '–', '，', '！', '、', '：',
        ]);
        let opening = line.get(..end.unwrap_or(line.len())).unwrap_or_default();
        // A greeting and a name are short; a longer line is not one of these.
        if opening.len() > 160 {
            continue;
        }
        let words = name_words(opening);
        let folded: Vec<String> = words
            .iter()
            .map(|at| super::super::speech::fold(opening.get(at.clone()).unwrap_or_default()))
            .collect();
        let Some(greeting) = cast.known.greeting(&folded) else {
            continue;
        };
        let named = words.get(greeting..).unwrap_or_default();
        if named.len() > MAX_NAME {
            continue;
        }
        for place in named {
            let word = opening.get(place.clone()).unwrap_or_default();
            let place = at + place.start..at + place.end;
            // Several words without a capital are no name ("hello it is us").
            let is_name =
                named.len() == 1 || !has_case(word) || word.starts_with(char::is_uppercase);
            if is_name && !edits.touches(&place) && !cast.known.is_host(word) {
                cast.learn_name(word, false);
                let new = cast.name(word, true);
                edits.set(place, new.unwrap_or_default());
            }
        }
    }
}

fn names(text: &str, names: Names, edits: &mut Edits, cast: &Cast<'_>) {
    let words = name_words(text);
    let word = |at: Option<&Range<usize>>| text.get(at?.clone());
    let is_name = |at: Option<&Range<usize>>| word(at).is_some_and(|word| cast.is_name(word));
    let adjoins = |left: Option<&Range<usize>>, right: Option<&Range<usize>>| {
        let between = left
            .zip(right)
            .and_then(|(left, right)| text.get(left.end..right.start));
        between.is_some_and(|between| matches!(between, " " | "-" | "." | "\u{a0}" | "_" | ", "))
    };
    for (index, at) in words.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|index| words.get(index));
        let behind = words.get(index + 1);
        let beside = names == Names::Alone
            || (is_name(before) && adjoins(before, Some(at)))
            || (is_name(behind) && adjoins(Some(at), behind));
        if let Some(new) = word(Some(at)).and_then(|word| cast.name(word, beside)) {
            edits.set(at.clone(), new);
        }
    }
    for (name, stand_in) in cast.unparted_names() {
        for (at, found) in text.match_indices(&name) {
            edits.set(at..at + found.len(), stand_in.clone());
        }
    }
}

/// Ids: long ones in whole, shorter ones if letters and digits alternate.
fn ids(text: &str, borders: &[usize], edits: &mut Edits, cast: &mut Cast<'_>) {
    let blobs = ranges(text, |c| c.is_ascii_alphanumeric() || "+/=_-".contains(c));
    let blobs = divided(blobs, borders);
    let short = divided(ranges(text, |c| c.is_ascii_alphanumeric()), borders);
    let is_blob = |word: &str| word.len() >= ID && looks_random(word);
    for (at, is_id) in blobs
        .into_iter()
        .map(|at| (at, &is_blob as &dyn Fn(&str) -> bool))
        .chain(
            short
                .into_iter()
                .map(|at| (at, &alternates as &dyn Fn(&str) -> bool)),
        )
    {
        let word = text.get(at.clone()).unwrap_or_default();
        if is_id(word) && !edits.touches(&at) {
            let new = cast.id(word);
            edits.set(at, new);
        }
    }
}

/// Ranges cut where tags stand.
fn divided(ranges: Vec<Range<usize>>, borders: &[usize]) -> Vec<Range<usize>> {
    let mut divided = Vec::with_capacity(ranges.len());
    let mut borders = borders.iter().copied().peekable();
    for mut range in ranges {
        while let Some(border) = borders.next_if(|border| *border < range.end) {
            if border > range.start {
                divided.push(range.start..border);
                range.start = border;
            }
        }
        divided.push(range);
    }
    divided
}

/// Words joined by hyphens or slashes are none; hexadecimal and base64 are.
fn looks_random(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let letters = word.bytes().filter(u8::is_ascii_alphabetic).count();
    let pairs = word.as_bytes().windows(2);
    let is_turn =
        |pair: &&[u8]| matches!(pair, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase());
    let turns = pairs.filter(is_turn).count();
    letters > 0 && (digits >= 4 || turns >= 3)
}

fn alternates(word: &str) -> bool {
    let runs = ranges(word, |c| c.is_ascii_digit());
    let digits: usize = runs.iter().map(ExactSizeIterator::len).sum();
    runs.len() >= 2 && digits >= MIXED && digits < word.len()
}
