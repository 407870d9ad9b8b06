//! Which digit groups could be a code at all, whatever the message is about.
//!
//! Here stands what is never a code: amounts, years, cases, postcodes, and digits that something
//! touches. It does not weigh what speaks for a code; that is `evidence`.

use super::super::visible::PARTED;
use super::groups::{Group, groups};
use super::page::{Page, Senses, Word, is_bare, is_mark};

/// How many digits a code may have: Meta's have five to eight, other forms' have four.
const LENGTH: std::ops::RangeInclusive<usize> = 4..=8;

/// The years that four digits are taken for.
const YEARS: std::ops::RangeInclusive<u32> = 1900..=2100;

/// The longest letters before a hyphen that belong to the sender and not to the code ("G-").
const MAX_PREFIX: usize = 4;

/// How many words before digits can say what they are, and how many that they number something.
const BESIDE: usize = 4;
const NUMBERING: usize = 2;

/// How many capitalised words may stand between a house number and the word for a street.
const STREET_NAME: usize = 3;

/// Money, as it stands before or behind an amount.
const CURRENCIES: [&str; 42] = [
    "aed", "ars", "aud", "bgn", "brl", "cad", "chf", "clp", "cop", "czk", "dkk", "eur", "euro",
    "fcfa", "ft", "gbp", "hkd", "hrk", "huf", "idr", "inr", "jpy", "kr", "kč", "lei", "mxn", "myr",
    "nok", "pkr", "php", "pln", "ron", "rs", "rub", "sar", "sek", "sgd", "thb", "usd", "vnd",
    "zar", "zł",
];

/// How a code stands in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// By itself.
    Plain,
    /// Behind letters and a hyphen: "G-482913".
    Prefixed,
    /// In the line that browsers read: "@example.com #482913".
    ForBrowsers,
}

/// A group of digits that could be a code.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The digits and their place.
    pub group: Group,
    /// How it stands there.
    pub shape: Shape,
    /// It could be a year or a date as well.
    pub is_date: bool,
}

/// Every group of a page that could be a code, in order.
#[must_use]
pub fn candidates(page: &Page<'_>) -> Vec<Candidate> {
    let groups = groups(&page.text).into_iter();
    groups
        .filter(|group| LENGTH.contains(&group.digits.len()) && !is_whole_date(&group.digits))
        .filter_map(|group| {
            let shape = shape(page, &group)?;
            let is_other = is_money(page, &group)
                || is_numbered(page, &group)
                || is_other_code(page, &group)
                || is_counted(page, &group)
                || is_postcode(page, &group)
                || is_hidden_number(page, &group);
            (!is_other).then(|| Candidate {
                is_date: is_year(&group.digits) || group.in_pairs,
                group,
                shape,
            })
        })
        .collect()
}

fn is_year(digits: &str) -> bool {
    digits.len() == 4 && digits.parse().is_ok_and(|year: u32| YEARS.contains(&year))
}

/// A date without separators.
fn is_whole_date(digits: &str) -> bool {
    let part = |from: usize, to: usize| digits.get(from..to).and_then(|part| part.parse().ok());
    digits.len() == 8
        && part(0, 4).is_some_and(|year: u32| (2000..=2100).contains(&year))
        && part(4, 6).is_some_and(|month| (1..=12).contains(&month))
        && part(6, 8).is_some_and(|day| (1..=31).contains(&day))
}

/// How the digits stand, if nothing touches them that would make them something else.
fn shape(page: &Page<'_>, group: &Group) -> Option<Shape> {
    let mut behind = page.text.get(group.end..).unwrap_or_default().chars();
    let (next, second) = (behind.next(), behind.next());
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let free = match next {
        Some(c) if c.is_alphanumeric() || c == PARTED => false,
        // "482913.Do not share": the blank is often forgotten.
        Some('.' | ',' | ':') => !is_word(second) || second.is_some_and(char::is_uppercase),
        // "388-941-" is cut off.
        Some('-') => second.is_some_and(char::is_whitespace),
        Some(c) => !"%°€$£¥@_=&#+/\\~\u{20e3}".contains(c) && !is_mark(c),
        None => true,
    };
    if free {
        shape_before(page, group)
    } else {
        None
    }
}

fn shape_before(page: &Page<'_>, group: &Group) -> Option<Shape> {
    let text = page.between(0, group.start);
    let mut before = text.chars().rev();
    let (last, second_last) = (before.next(), before.next());
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let is_free = match last {
        // Tags taken away, a label sticks to its code: "verification code123456".
        Some(c) if c.is_alphabetic() || c == '=' => return labelled(page, group),
        Some('-') if is_word(second_last) => {
            let letters = text.trim_end_matches('-');
            return labelled(page, group).or_else(|| prefixed(letters));
        }
        Some('#') if is_for_browsers(page, group) => return Some(Shape::ForBrowsers),
        Some(':') => second_last.is_none_or(|c| !c.is_numeric()),
        Some('-' | '.' | ',' | '\'') => !is_word(second_last),
        Some(c) => !c.is_numeric() && !"#$€£¥+%_&@/\\~".contains(c) && c != PARTED,
        None => true,
    };
    is_free.then_some(Shape::Plain)
}

/// Digits that touch the word that calls them a code.
fn labelled(page: &Page<'_>, group: &Group) -> Option<Shape> {
    let label = page.before(group.start).next()?;
    let between = page.between(label.end, group.start);
    let touches = matches!(between, "" | "-" | "=" | " =");
    (touches && label.senses.any(Senses::KEYWORD)).then_some(Shape::Plain)
}

/// Digits behind a sender's letters: "G-482913".
fn prefixed(text: &str) -> Option<Shape> {
    let mut before = text.chars().rev();
    let letters = before
        .by_ref()
        .take_while(char::is_ascii_uppercase)
        .take(MAX_PREFIX + 1)
        .count();
    let start = text.len().checked_sub(letters)?;
    let touched = text
        .get(..start)
        .and_then(|text| text.chars().next_back())
        .is_some_and(|c| c.is_alphanumeric() || "-_/#".contains(c));
    ((1..=MAX_PREFIX).contains(&letters) && !touched).then_some(Shape::Prefixed)
}

/// The last line of a message for browsers: "@example.com #482913".
fn is_for_browsers(page: &Page<'_>, group: &Group) -> bool {
    let line = page.line(group.start).start..group.start;
    let line = page.plain.get(line).unwrap_or_default();
    let bare = line.strip_suffix(" #").unwrap_or_default();
    bare.starts_with('@') && bare.len() > 1 && !bare.contains(' ')
}

/// The words that lead to the digits, the nearest first.
fn beside<'a>(page: &'a Page<'_>, group: &'a Group) -> impl Iterator<Item = Senses> + 'a {
    let leads = |word: &&Word| {
        let between = page.between(word.end, group.start);
        !between.contains(|c: char| matches!(c, '\n' | ',' | ';' | ']') || c.is_ascii_digit())
    };
    let words = page.before(group.start).take(BESIDE);
    words.take_while(leads).map(|word| word.senses)
}

/// "case 123456", but not "code number 123456".
fn is_numbered(page: &Page<'_>, group: &Group) -> bool {
    let mut near = beside(page, group).take(NUMBERING);
    let is_called = |word: Senses| word.any(Senses::KEYWORD);
    near.any(|word| word.any(Senses::NUMBERED)) && !beside(page, group).any(is_called)
}

/// "zip code 94025", "code promo : 4455", "Rabattcode 4455".
fn is_other_code(page: &Page<'_>, group: &Group) -> bool {
    let mut named = beside(page, group).filter(|word| word.any(Senses::KEYWORD | Senses::TURNED));
    named.next().is_some_and(|word| word.any(Senses::TURNED))
}

/// "1440 minutes", "1601 Willow Road".
fn is_counted(page: &Page<'_>, group: &Group) -> bool {
    let line = page.line(group.start);
    let mut words = page
        .behind(group.end)
        .take_while(|word| word.end <= line.end);
    let is_counted = |start: usize, end: usize| {
        let between = page.between(start, end);
        between.chars().all(|c| c.is_whitespace() || c == '-')
    };
    let Some(next) = words
        .next()
        .filter(|next| is_counted(group.end, next.start))
    else {
        return false;
    };
    if next.senses.any(Senses::COUNTED) {
        return true;
    }
    let mut last = *next;
    let is_name = |start: usize| page.text.get(start..).is_some_and(opens_with_capital);
    for word in words.take(STREET_NAME) {
        if !is_name(last.start) || !is_counted(last.end, word.start) {
            return false;
        }
        if word.senses.any(Senses::COUNTED) && is_name(word.start) {
            return true;
        }
        last = *word;
    }
    false
}

fn opens_with_capital(text: &str) -> bool {
    text.chars().next().is_some_and(char::is_uppercase)
}

/// Five digits behind two capitals: a state and its code ("CA 94025").
fn is_postcode(page: &Page<'_>, group: &Group) -> bool {
    let mut before = page.between(0, group.start).chars().rev();
    let blank = before.next() == Some(' ');
    let state = before
        .by_ref()
        .take(2)
        .filter(char::is_ascii_uppercase)
        .count()
        == 2;
    let alone = before.next().is_none_or(|c| !c.is_alphanumeric());
    group.digits.len() == 5 && blank && state && alone
}

/// An amount: money stands before or behind it.
fn is_money(page: &Page<'_>, group: &Group) -> bool {
    let is_currency = |start: usize, end: usize| {
        let word = page.between(start, end).to_lowercase();
        CURRENCIES.contains(&word.as_str())
    };
    let is_sign = |c: char| "€$£¥₹%".contains(c);
    let before = page.between(0, group.start).trim_end_matches(' ');
    let behind = page.text.get(group.end..).unwrap_or_default();
    let named_before = page.before(group.start).next().is_some_and(|word| {
        matches!(page.between(word.end, group.start), " " | "." | ". " | "")
            && is_currency(word.start, word.end)
    });
    let named_behind = page.behind(group.end).next().is_some_and(|word| {
        page.between(group.end, word.start) == " " && is_currency(word.start, word.end)
    });
    named_before
        || named_behind
        || before.ends_with(is_sign)
        || behind.trim_start_matches(' ').starts_with(is_sign)
}

/// The end of a number whose beginning is hidden: "**** 4417".
fn is_hidden_number(page: &Page<'_>, group: &Group) -> bool {
    let before = page.between(0, group.start).trim_end_matches(' ');
    let hidden = ["**", "••", "..", "xx", "XX"];
    let behind = page.text.get(group.end..).unwrap_or_default();
    // Stars on both sides only stress what they enclose.
    hidden.iter().any(|mark| before.ends_with(mark)) && !behind.starts_with("**")
}

/// Whether its line has nothing else.
#[must_use]
pub fn is_alone(page: &Page<'_>, group: &Group) -> bool {
    let line = page.line(group.start);
    is_bare(page.between(line.start, group.start)) && is_bare(page.between(group.end, line.end))
}
