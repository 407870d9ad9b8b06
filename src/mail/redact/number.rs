//! Which digits of a text could be a code or an id, and which are a date or a small number.
//!
//! Digits belong together where a reader would read them together: in single cells, in halves,
//! with something invisible between them. It does not know what comes in their place.

use std::ops::Range;

use super::super::speech::fold;
use super::super::visible::is_invisible;
use super::disguise::is_calendar;
use super::edit::Edits;
use super::known::Known;

/// Marks that part the digits of one number.
const JOINTS: &str = "-.,/:()–—·_'’|*+#\u{20e3}\u{fffd}";

/// The most characters between two runs of digits of one number.
const MAX_JOINT: usize = 40;

/// Fewer digits than this identify nothing.
const LEAST: usize = 3;

/// How far from a day the name of its month stands, in bytes and words.
const BESIDE: usize = 48;
const WORDS_BESIDE: usize = 3;

/// The digit zero of the scripts in which mails write numbers.
const ZEROS: [char; 8] = [
    '0',
    '\u{660}',
    '\u{6f0}',
    '\u{966}',
    '\u{9e6}',
    '\u{e50}',
    '\u{ff10}',
    '\u{1d7ce}',
];

/// Digits that stand together.
struct Run {
    at: Range<usize>,
    /// As ASCII has them.
    digits: String,
    /// Where each stands, and the zero of its script.
    places: Vec<(Range<usize>, char)>,
}

/// Digits that are one number.
pub struct Number {
    /// As ASCII has them.
    pub digits: String,
    places: Vec<(Range<usize>, char)>,
}

impl Number {
    /// Each digit's place, and the digit of `new` in its script.
    pub fn rewritten(&self, new: &str) -> Vec<(Range<usize>, String)> {
        let digits = new.chars().filter_map(|c| c.to_digit(10));
        let rewritten = self.places.iter().zip(digits).map(|((at, zero), digit)| {
            let digit = char::from_u32(u32::from(*zero) + digit).unwrap_or('0');
            (at.clone(), digit.to_string())
        });
        rewritten.collect()
    }
}

/// Every number of a text that could be a code or an id, outside of what was edited already.
pub fn find(text: &str, edits: &Edits, known: &Known) -> Vec<Number> {
    let mut numbers = Vec::new();
    let mut chain: Vec<Run> = Vec::new();
    for run in runs(text, edits) {
        let joined = chain.last().is_some_and(|last| {
            let between = last.at.end..run.at.start;
            is_joint(text.get(between.clone()).unwrap_or("x")) && !edits.touches(&between)
                || between.is_empty()
        });
        if !joined {
            close(&mut numbers, std::mem::take(&mut chain), text, known);
        }
        chain.push(run);
    }
    close(&mut numbers, chain, text, known);
    numbers
}

fn digit(c: char) -> Option<(u32, char)> {
    if c.is_ascii_digit() {
        return Some((c.to_digit(10)?, '0'));
    }
    let zero = ZEROS
        .into_iter()
        .find(|zero| (*zero..).take(10).any(|digit| digit == c))?;
    Some((u32::from(c) - u32::from(zero), zero))
}

fn runs(text: &str, edits: &Edits) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (at, c) in text.char_indices().filter(|(_, c)| c.is_numeric()) {
        let place = at..at + c.len_utf8();
        let Some((value, zero)) = digit(c).filter(|_| !edits.touches(&place)) else {
            continue;
        };
        let value = char::from_digit(value, 10).unwrap_or('0');
        if let Some(last) = runs.last_mut().filter(|last| last.at.end == at) {
            last.digits.push(value);
            last.at.end = place.end;
            last.places.push((place, zero));
        } else {
            runs.push(Run {
                at: place.clone(),
                digits: value.to_string(),
                places: vec![(place, zero)],
            });
        }
    }
    runs
}

fn is_joint(between: &str) -> bool {
    between.len() <= MAX_JOINT
        && between
            .chars()
            .all(|c| c.is_whitespace() || is_invisible(c) || JOINTS.contains(c))
}

/// The numbers of a chain of runs, dates left out.
fn close(numbers: &mut Vec<Number>, chain: Vec<Run>, text: &str, known: &Known) {
    let stays = staying(&chain, text, known);
    let mut together: Vec<Vec<Run>> = vec![Vec::new()];
    for (run, stays) in chain.into_iter().zip(stays) {
        if stays {
            together.push(Vec::new());
        } else if let Some(group) = together.last_mut() {
            group.push(run);
        }
    }
    for group in together {
        let lengths: Vec<usize> = group.iter().map(|run| run.digits.len()).collect();
        let in_halves = matches!(lengths.as_slice(), [3, 3] | [4, 4]);
        let mut open: Option<Number> = None;
        for run in group {
            let is_short = run.digits.len() < LEAST;
            let goes_on = in_halves || is_short;
            if let Some(number) = open.as_mut().filter(|_| goes_on) {
                number.digits.push_str(&run.digits);
                number.places.extend(run.places);
            } else {
                numbers.extend(open.take());
                open = Some(Number {
                    digits: run.digits,
                    places: run.places,
                });
            }
            if !goes_on {
                numbers.extend(open.take());
            }
        }
        numbers.extend(open);
    }
}

/// Which runs of a chain stay as they are: years, days beside them, and what is too small.
fn staying(chain: &[Run], text: &str, known: &Known) -> Vec<bool> {
    let total: usize = chain.iter().map(|run| run.digits.len()).sum();
    let mut stays = vec![total < LEAST; chain.len()];
    let day = |at: usize| {
        let run = chain.get(at);
        run.is_some_and(|run| run.digits.len() < LEAST && is_day(&run.digits))
    };
    let mut keep = |at: usize| {
        if let Some(stays) = stays.get_mut(at) {
            *stays = true;
        }
    };
    for (at, run) in chain
        .iter()
        .enumerate()
        .filter(|(_, run)| is_calendar(&run.digits))
    {
        if is_glued(chain, at, text) {
            continue;
        }
        keep(at);
        let before: Vec<usize> = (at.saturating_sub(2)..at)
            .rev()
            .take_while(|at| day(*at))
            .collect();
        if before.is_empty() && run.digits.len() == 4 {
            (at + 1..at + 3)
                .take_while(|at| day(*at))
                .for_each(&mut keep);
        }
        before.into_iter().for_each(&mut keep);
    }
    for at in 0..chain.len() {
        let length = time(chain, at, text);
        (at..at + length).for_each(&mut keep);
    }
    let is_short_date = chain.len() <= 2 && (0..chain.len()).all(day);
    if is_short_date && (is_beside_month(chain, text, known) || is_day_and_month(chain, text)) {
        stays.fill(true);
    }
    stays
}

/// How many runs from `at` on are a time of day ("19:34", "7:34:15").
fn time(chain: &[Run], at: usize, text: &str) -> usize {
    let follows = |at: usize, most: u32| {
        let (Some(before), Some(run)) = (chain.get(at), chain.get(at + 1)) else {
            return false;
        };
        let is_joint = text.get(before.at.end..run.at.start) == Some(":");
        is_joint && run.digits.len() == 2 && run.digits.parse().is_ok_and(|part: u32| part < most)
    };
    let hour = chain.get(at).filter(|run| run.digits.len() <= 2);
    let is_hour = hour.is_some_and(|run| run.digits.parse().is_ok_and(|hour: u32| hour < 24));
    match (is_hour && follows(at, 60), follows(at + 1, 60)) {
        (false, _) => 0,
        (true, false) => 2,
        (true, true) => 3,
    }
}

fn is_day(digits: &str) -> bool {
    digits.parse().is_ok_and(|day: u32| (1..=31).contains(&day))
}

/// Whether a year is rather the half of a number ("1984 2930").
fn is_glued(chain: &[Run], at: usize, text: &str) -> bool {
    let is_half = |left: Option<&Run>, right: Option<&Run>, other: Option<&Run>| {
        let (Some(left), Some(right), Some(other)) = (left, right, other) else {
            return false;
        };
        let joint = text.get(left.at.end..right.at.start).unwrap_or_default();
        let both_recent = left.digits.starts_with("20") && right.digits.starts_with("20");
        other.digits.len() >= LEAST
            && !joint.contains('\n')
            && !(is_calendar(&other.digits) && both_recent)
    };
    let (before, run, after) = (at.checked_sub(1), chain.get(at), chain.get(at + 1));
    let before = before.and_then(|at| chain.get(at));
    is_half(before, run, before) || is_half(run, after, after)
}

/// "26/06", "26.6."
fn is_day_and_month(chain: &[Run], text: &str) -> bool {
    let [first, second] = chain else {
        return false;
    };
    let joint = text.get(first.at.end..second.at.start);
    let is_month = |run: &Run| run.digits.parse().is_ok_and(|month: u32| month <= 12);
    matches!(joint, Some("/" | ".")) && (is_month(first) || is_month(second))
}

fn is_beside_month(chain: &[Run], text: &str, known: &Known) -> bool {
    let (Some(first), Some(last)) = (chain.first(), chain.last()) else {
        return false;
    };
    let before = part(text, first.at.start.saturating_sub(BESIDE), first.at.start);
    let behind = part(text, last.at.end, last.at.end + BESIDE);
    let finds = |words: Vec<String>| {
        let mut words = words.iter().skip_while(|word| known.is_between(word));
        words.next().is_some_and(|word| known.is_month(word))
    };
    let mut before = words(before);
    before.reverse();
    before.truncate(WORDS_BESIDE);
    let mut behind = words(behind);
    behind.truncate(WORDS_BESIDE);
    finds(before) || finds(behind)
}

fn words(text: &str) -> Vec<String> {
    let words = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.map(fold).collect()
}

/// A piece of text; its ends may move inwards to where a character begins.
pub fn part(text: &str, mut start: usize, end: usize) -> &str {
    let mut end = end.min(text.len());
    while !text.is_char_boundary(start) {
        start += 1;
    }
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::super::Wordings;
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let known = Known::of(&Wordings::built_in());
        let numbers = find(text, &Edits::new(text.len()), &known);
        let digits: Vec<&str> = numbers
            .iter()
            .map(|number| number.digits.as_str())
            .collect();
        assert_eq!(digits, expected, "{text}");
    }

    #[test]
    fn codes_are_found_in_every_form() {
        check("Your code is 482913.", &["482913"]);
        check("FB-48291 code482913now", &["48291", "482913"]);
        check("4 8 2 9 1 3", &["482913"]);
        check("4\n8\n2\n9 \u{200b}1\u{a0}3", &["482913"]);
        check("482 913 or 482-913", &["482913", "482913"]);
        check("48\u{200b}29\u{20e3}13", &["482913"]);
        check("\u{ff14}\u{ff18}2913", &["482913"]);
        check("1984 2930", &["19842930"]);
        check("+49 30 1234567", &["4930", "1234567"]);
        check("482913\n\n2024", &["482913"]);
    }

    #[test]
    fn dates_and_small_numbers_stay() {
        check("26 June 2024, June 26, 2024, the 26th of June", &[]);
        check("2024-06-26 or 26.06.2024 or 6/26/2024 or 26.6.", &[]);
        check("26-27 May 2025 and 20240626", &[]);
        check("at 19:34, or 7:34:15", &[]);
        check("48:29:13", &["482913"]);
        check("since 2024, 18 years, 3.5 of 10", &[]);
        check("\u{a9} 2024. 1 Meta Way, CA 94025", &["94025"]);
    }
}
