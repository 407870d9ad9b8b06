//! Finds the confirmation code in a mail that is known to carry one.
//!
//! It gives back a code only if exactly one group of digits can be it. It does not know whether
//! the mail is the right one, and it reads no digits that anything invisible touches.

use super::Code;
use super::speech::fold;
use super::visible::PARTED;
use super::wordings::Digits;

/// How many digits a code may have: Meta's have five to eight, other forms' have four.
const LENGTH: std::ops::RangeInclusive<usize> = 4..=8;

/// How far from a code the word "code" may stand, in bytes: two lines before, one behind.
const BEFORE: usize = 160;
const BEHIND: usize = 80;

/// How far from digits the words stand that say what the digits are.
const BESIDE: usize = 48;

/// The most digit groups that are looked at: a mail of this kind has some ten.
const MAX_GROUPS: usize = 500;

/// The years that four digits are taken for.
const YEARS: std::ops::RangeInclusive<u32> = 1900..=2100;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Exactly one group of digits can be the code.
    One(Code),
    /// More than one can.
    Several,
    /// None can.
    None,
}

/// Looks for the code in a subject and a text.
#[must_use]
pub fn find(subject: &str, text: &str, digits: &Digits) -> Found {
    let is_code_mail = has_keyword(subject, digits) || has_keyword(text, digits);
    let mut codes = plausible(subject, is_code_mail, digits);
    for code in plausible(text, is_code_mail, digits) {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    match codes.pop() {
        None => Found::None,
        Some(code) if codes.is_empty() => Found::One(code),
        Some(_) => Found::Several,
    }
}

/// Every group of digits that can be a code, in order, none twice.
fn plausible(text: &str, is_code_mail: bool, digits: &Digits) -> Vec<Code> {
    let masked = without_addresses(text);
    let mut codes = Vec::new();
    for group in groups(&masked) {
        let is_code = LENGTH.contains(&group.digits.len())
            && !is_number_of_another_kind(&group.digits)
            && group.stands_free(&masked, digits)
            && group.is_named_code(&masked, digits)
            && (group.is_near_keyword(&masked, digits)
                || (is_code_mail && group.is_alone(&masked)));
        let code = Code::new(group.digits);
        if is_code && !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes
}

/// The text with web and mail addresses struck out, at the same length.
fn without_addresses(text: &str) -> String {
    let is_address = |word: &str| {
        word.contains("://")
            || word.contains('@')
            || word.contains("www.")
            || (word.contains('.') && word.contains('/'))
    };
    let mut masked = String::with_capacity(text.len());
    for word in text.split_inclusive([' ', '\n']) {
        let (bare, blank) = word.split_at(word.trim_end_matches([' ', '\n']).len());
        if is_address(bare) {
            masked.extend(std::iter::repeat_n('~', bare.len()));
        } else {
            masked.push_str(bare);
        }
        masked.push_str(blank);
    }
    masked
}

/// Digits that belong together, and where they stand.
struct Group {
    digits: String,
    start: usize,
    end: usize,
}

/// The digit groups of a text. Runs that a separator joins to a longer number (a telephone
/// number, a date, an amount) are no group at all.
fn groups(text: &str) -> Vec<Group> {
    let mut groups = Vec::new();
    let mut chain: Vec<Group> = Vec::new();
    let mut joints = String::new();
    let runs = runs(text);
    for run in runs.into_iter().take(MAX_GROUPS) {
        let joint = chain
            .last()
            .and_then(|last| text.get(last.end..run.start))
            .unwrap_or("\n");
        let is_joint = matches!(
            joint,
            " " | "-" | "." | "," | "/" | ":" | ") " | " (" | " - "
        );
        if is_joint {
            joints.push_str(joint);
        } else {
            close(&mut groups, &mut chain, &joints);
            joints.clear();
        }
        chain.push(run);
    }
    close(&mut groups, &mut chain, &joints);
    groups
}

fn runs(text: &str) -> Vec<Group> {
    let mut runs: Vec<Group> = Vec::new();
    for (at, byte) in text
        .bytes()
        .enumerate()
        .filter(|(_, byte)| byte.is_ascii_digit())
    {
        if let Some(last) = runs.last_mut().filter(|last| last.end == at) {
            last.digits.push(char::from(byte));
            last.end += 1;
            continue;
        }
        if runs.len() > MAX_GROUPS {
            break;
        }
        runs.push(Group {
            digits: char::from(byte).to_string(),
            start: at,
            end: at + 1,
        });
    }
    runs
}

/// Ends a chain of runs: it is one code written in two halves or in single digits, or its runs
/// stand for themselves, or it is a longer number and nothing of it can be a code.
fn close(groups: &mut Vec<Group>, chain: &mut Vec<Group>, joints: &str) {
    let lengths: Vec<usize> = chain.iter().map(|run| run.digits.len()).collect();
    let by_blanks = joints.bytes().all(|byte| byte == b' ');
    let in_halves = matches!(lengths.as_slice(), [3, 3] | [4, 4]) && matches!(joints, " " | "-");
    let is_year_range = chain.iter().all(|run| run.digits.starts_with("20"));
    let in_digits = by_blanks && lengths.len() >= 4 && lengths.iter().all(|length| *length == 1);
    if (in_halves && !is_year_range) || in_digits {
        let ends = (
            chain.first().map(|run| run.start),
            chain.last().map(|run| run.end),
        );
        if let (Some(start), Some(end)) = ends {
            let digits = chain.iter().map(|run| run.digits.as_str()).collect();
            groups.push(Group { digits, start, end });
        }
    } else if lengths.len() == 1 || (by_blanks && lengths.len() == 2 && !looks_dialled(&lengths)) {
        groups.append(chain);
    }
    chain.clear();
}

/// Two runs like a local telephone number ("555 1234").
fn looks_dialled(lengths: &[usize]) -> bool {
    lengths.iter().all(|length| (2..=5).contains(length))
}

/// A year, or a date without separators.
fn is_number_of_another_kind(digits: &str) -> bool {
    let part = |from: usize, to: usize| digits.get(from..to).and_then(|part| part.parse().ok());
    match digits.len() {
        4 => part(0, 4).is_some_and(|year: u32| YEARS.contains(&year)),
        8 => {
            part(0, 4).is_some_and(|year| (2000..=2100).contains(&year))
                && part(4, 6).is_some_and(|month| (1..=12).contains(&month))
                && part(6, 8).is_some_and(|day| (1..=31).contains(&day))
        }
        _ => false,
    }
}

impl Group {
    /// Whether nothing touches the digits that would make them something else.
    fn stands_free(&self, text: &str, digits: &Digits) -> bool {
        let mut before = text.get(..self.start).unwrap_or_default().chars().rev();
        let mut behind = text.get(self.end..).unwrap_or_default().chars();
        let (last, second_last) = (before.next(), before.next());
        let (next, second) = (behind.next(), behind.next());
        let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let free_before = match last {
            Some(c) if c.is_alphabetic() => {
                // Tags taken away, a label sticks to its code: "verification code123456".
                last_words(self.before(text), 1)
                    .iter()
                    .any(|word| digits.keywords.contains(word))
            }
            Some(':') => second_last.is_none_or(|c| !c.is_numeric()),
            Some('-' | '.' | ',' | '\'') => !is_word(second_last),
            Some(c) => !c.is_numeric() && !"#$€£¥+%_=&@/\\~".contains(c) && c != PARTED,
            None => true,
        };
        let free_behind = match next {
            Some(c) if c.is_alphanumeric() || c == PARTED => false,
            Some('.' | ',' | ':' | '-') => !is_word(second),
            Some(c) => !"%°€$£¥@_=&#+/\\~\u{20e3}".contains(c) && !is_mark(c),
            None => true,
        };
        free_before && free_behind
    }

    /// Whether the words beside the digits do not call them something else.
    fn is_named_code(&self, text: &str, digits: &Digits) -> bool {
        let line = self.before(text).rsplit('\n').next().unwrap_or_default();
        let before = last_words(line, 3);
        let line = self.behind(text).split('\n').next().unwrap_or_default();
        let behind = words(&fold(line)).next().map(str::to_owned);
        let numbered = before
            .iter()
            .take(2)
            .any(|word| digits.numbered.contains(word));
        let called_code = before.iter().any(|word| digits.keywords.contains(word));
        let counts = behind.is_some_and(|word| digits.counted.contains(&word));
        (called_code || !numbered) && !counts && !self.is_postcode(text)
    }

    /// Five digits behind two capitals: a state and its code ("CA 94025").
    fn is_postcode(&self, text: &str) -> bool {
        let mut before = self.before(text).chars().rev();
        let blank = before.next() == Some(' ');
        let state = before
            .by_ref()
            .take(2)
            .filter(char::is_ascii_uppercase)
            .count()
            == 2;
        let alone = before.next().is_none_or(|c| !c.is_alphanumeric());
        self.digits.len() == 5 && blank && state && alone
    }

    fn is_near_keyword(&self, text: &str, digits: &Digits) -> bool {
        let start = self.start.saturating_sub(BEFORE);
        let end = (self.end + BEHIND).min(text.len());
        has_keyword(around(text, start, self.start), digits)
            || has_keyword(around(text, self.end, end), digits)
    }

    /// Whether its line has nothing else.
    fn is_alone(&self, text: &str) -> bool {
        let before = self.before(text).rsplit('\n').next().unwrap_or_default();
        let behind = self.behind(text).split('\n').next().unwrap_or_default();
        let is_mark = |c: char| !c.is_alphanumeric() && c != PARTED;
        before.chars().all(is_mark) && behind.chars().all(is_mark)
    }

    fn before<'a>(&self, text: &'a str) -> &'a str {
        around(text, self.start.saturating_sub(BESIDE), self.start)
    }

    fn behind<'a>(&self, text: &'a str) -> &'a str {
        around(text, self.end, (self.end + BESIDE).min(text.len()))
    }
}

/// A piece of text; its ends may move inwards to where a character begins.
fn around(text: &str, mut start: usize, mut end: usize) -> &str {
    while !text.is_char_boundary(start) {
        start += 1;
    }
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(start..end).unwrap_or_default()
}

/// Marks that are drawn over the character before them.
fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c) || ('\u{20d0}'..='\u{20ff}').contains(&c)
}

fn has_keyword(text: &str, digits: &Digits) -> bool {
    let mut previous = String::new();
    for word in words(&fold(text)) {
        if digits.keywords.iter().any(|keyword| keyword == word)
            && !digits.other_keywords.contains(&previous)
        {
            return true;
        }
        word.clone_into(&mut previous);
    }
    false
}

fn words(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split(|c: char| !c.is_alphabetic() && c != '\'')
        .filter(|word| !word.is_empty())
}

/// The last words of a text, the very last first.
fn last_words(text: &str, most: usize) -> Vec<String> {
    words(&fold(text))
        .rev()
        .take(most)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::wordings::Wordings;
    use super::*;

    fn check(subject: &str, text: &str, expected: &str) {
        let wordings = Wordings::built_in();
        let found = match find(subject, text, wordings.digits()) {
            Found::One(code) => code.reveal().to_owned(),
            Found::Several => "several".to_owned(),
            Found::None => "none".to_owned(),
        };
        assert_eq!(found, expected, "{subject} / {text}");
    }

    #[test]
    fn the_code_is_found_where_people_put_it() {
        check("", "Your email verification code123456", "123456");
        check(
            "",
            "Your code is 482913. It expires in 1440 minutes.",
            "482913",
        );
        check("", "Your code:\n\n482 913\n\nThanks,\nMeta", "482913");
        check("", "Your code: 482-913", "482913");
        check(
            "482913 is your verification code",
            "Use this code:\n482913",
            "482913",
        );
        check(
            "",
            "Enter the code below to confirm your request: 482913",
            "482913",
        );
        check("", "Use this code\n4 8 2 9 1 3\nBye", "482913");
        check("", "Code: 12345678, since 2024", "12345678");
        check("", "\u{201c}482913\u{201d} is your code", "482913");
        check("", "*482913* is your code", "482913");
        check("Your code", "482913\n\nThanks", "482913");
        let far = format!("482913\n\n{}\n\nThis code is yours.", "word ".repeat(99));
        check("", &far, "482913");
    }

    #[test]
    fn other_digits_are_no_code() {
        for text in [
            "Your code will follow. 1601 Willow Road, Menlo Park, CA 94025",
            "code: Meta, 1 Meta Way, Dublin 4, D04 X2K5",
            "Your code, sent 2024-06-26 at 12:34, June 2024, 26/06/2024, 20240626",
            "code? call +353 1 234 5678, 800-531-8722 or (650) 543-4800 or 555 1234",
            "code: https://www.facebook.com/123456 or a123456@b.test or b.test/123456",
            "code colour #202123, ip 10.1.2.3456, 123456%, $123456, 1,234,567",
            "Your case 123456 about the code",
            "Your code 123456789",
            "FB-12345 is your confirmation code",
            "zip code 94025",
            "bigboss9712 your code",
            "123456",
            "Your code is \u{ff11}\u{ff12}\u{ff13}\u{ff14}\u{ff15}\u{ff16}",
            "Your code is 1234\u{fffd}5678",
            "Your code is 1\u{20e3}2\u{20e3}3\u{20e3}4\u{20e3}",
        ] {
            check("", text, "none");
        }
    }

    #[test]
    fn two_codes_are_none() {
        check("482913 is your code", "Your code is 482914", "several");
        check("", "Your code is 482913, not 111222", "several");
    }

    #[test]
    fn hostile_digits_take_linear_time() {
        for part in ["1", "1 ", "123456 ", "code 123456\n", "12-", "a@1 "] {
            let wordings = Wordings::built_in();
            let text = part.repeat(64 * 1024 / part.len());
            let found = find("", &text, wordings.digits());
            assert_ne!(found, Found::Several, "{part}");
        }
    }
}
