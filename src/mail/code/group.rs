//! Digits that belong together, and whether anything that touches them makes them something else.
//!
//! It looks at characters. Which words stand around digits is `context`'s question.

use super::super::visible::PARTED;

/// How many digits a code may have: Meta's have five to eight, other forms' have four.
const LENGTH: std::ops::RangeInclusive<usize> = 4..=8;

/// The most digit groups that are looked at: a mail of this kind has some ten.
const MAX_GROUPS: usize = 500;

/// The years that four digits are taken for.
const YEARS: std::ops::RangeInclusive<u32> = 1900..=2100;

/// The longest prefix of a code ("G-123456", "FB-12345").
const MAX_PREFIX: usize = 3;

/// Digits that belong together, and where they stand.
pub struct Group {
    /// The digits, without what stands between them.
    pub digits: String,
    /// The first byte, and the one behind the last.
    pub start: usize,
    /// The byte behind the last digit.
    pub end: usize,
}

/// The text with web and mail addresses struck out, at the same length.
#[must_use]
pub fn without_addresses(text: &str) -> String {
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

/// The digit groups of a text that can be codes by their shape. Runs that a separator joins to a
/// longer number (a telephone number, a date, an amount) are no group at all.
#[must_use]
pub fn groups(text: &str) -> Vec<Group> {
    let mut groups = Vec::new();
    let mut chain: Vec<Group> = Vec::new();
    let mut joints = String::new();
    for run in runs(text) {
        let joint = chain
            .last()
            .and_then(|last| text.get(last.end..run.start))
            .unwrap_or("\n");
        if let Some(joint) = joint_of(joint) {
            joints.push_str(joint);
        } else {
            close(&mut groups, &mut chain, &joints);
            joints.clear();
        }
        chain.push(run);
    }
    close(&mut groups, &mut chain, &joints);
    groups.retain(|group| LENGTH.contains(&group.digits.len()) && !group.is_date());
    groups
}

/// What joins two runs of digits to one number; nothing if they stand apart.
fn joint_of(between: &str) -> Option<&str> {
    match between {
        "\u{2010}" | "\u{2011}" | "\u{2012}" | "\u{2013}" | "\u{2212}" => Some("-"),
        " " | "-" | "." | "," | "/" | ":" | ") " | " (" | " - " => Some(between),
        _ => None,
    }
}

fn runs(text: &str) -> Vec<Group> {
    let mut runs: Vec<Group> = Vec::new();
    let digits = text.bytes().enumerate();
    for (at, byte) in digits.filter(|(_, byte)| byte.is_ascii_digit()) {
        if let Some(last) = runs.last_mut().filter(|last| last.end == at) {
            last.digits.push(char::from(byte));
            last.end += 1;
            continue;
        }
        if runs.len() >= MAX_GROUPS {
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

/// Ends a chain of runs: it is one code written in parts or in single digits, or its runs stand
/// for themselves, or it is a longer number and nothing of it can be a code.
fn close(groups: &mut Vec<Group>, chain: &mut Vec<Group>, joints: &str) {
    let lengths: Vec<usize> = chain.iter().map(|run| run.digits.len()).collect();
    let by_blanks = joints.bytes().all(|byte| byte == b' ');
    let in_parts = match lengths.as_slice() {
        [3, 3] | [4, 4] => matches!(joints, " " | "-"),
        [2, 2, 2] => matches!(joints, "  " | "--"),
        lengths => by_blanks && lengths.len() >= 4 && lengths.iter().all(|length| *length == 1),
    };
    let is_year_range = chain.iter().all(|run| run.digits.starts_with("20"));
    if in_parts && !is_year_range {
        let ends = chain
            .first()
            .zip(chain.last())
            .map(|(a, b)| (a.start, b.end));
        if let Some((start, end)) = ends {
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

impl Group {
    /// Four digits that could be a year.
    #[must_use]
    pub fn is_year(&self) -> bool {
        let year = self.digits.parse().ok().filter(|_| self.digits.len() == 4);
        year.is_some_and(|year: u32| YEARS.contains(&year))
    }

    /// Eight digits that are a date without separators.
    fn is_date(&self) -> bool {
        let part = |range: std::ops::Range<usize>| self.digits.get(range)?.parse::<u32>().ok();
        self.digits.len() == 8
            && part(0..4).is_some_and(|year| (2000..=2100).contains(&year))
            && part(4..6).is_some_and(|month| (1..=12).contains(&month))
            && part(6..8).is_some_and(|day| (1..=31).contains(&day))
    }

    /// Whether nothing touches the digits that would make them something else. A label that
    /// sticks to them ("code123456", tags taken away) is left to `context`.
    #[must_use]
    pub fn stands_free(&self, text: &str) -> bool {
        let mut before = text.get(..self.start).unwrap_or_default().chars().rev();
        let (last, second_last) = (before.next(), before.next());
        let is_free = match last {
            Some(':') => second_last.is_none_or(|c| !c.is_numeric()),
            Some('-' | '.' | ',' | '\'') => second_last.is_none_or(|c| !c.is_alphanumeric()),
            Some(c) => !c.is_numeric() && !"#$€£¥+%_=&@/\\~".contains(c) && c != PARTED,
            None => true,
        };
        is_free && self.ends_free(text)
    }

    fn ends_free(&self, text: &str) -> bool {
        let mut behind = text.get(self.end..).unwrap_or_default().chars();
        let (next, second) = (behind.next(), behind.next());
        match next {
            Some(c) if c.is_alphanumeric() || c == PARTED => false,
            Some('.' | ',' | ':' | '-') => second.is_none_or(|c| !c.is_alphanumeric()),
            Some(c) => !"%°€$£¥@_=&#+/\\~\u{20e3}".contains(c) && !is_mark(c),
            None => true,
        }
    }

    /// Whether it stands behind a prefix such as `G-`, and nothing else touches it.
    #[must_use]
    pub fn has_prefix(&self, text: &str) -> bool {
        self.prefix(text).is_some() && self.ends_free(text)
    }

    /// The capitals before a hyphen before the digits.
    fn prefix<'t>(&self, text: &'t str) -> Option<&'t str> {
        let word = text.get(..self.start)?.strip_suffix('-')?;
        let prefix = word.rsplit(|c: char| !c.is_alphanumeric()).next()?;
        let is_short = (1..=MAX_PREFIX).contains(&prefix.len());
        (is_short && prefix.bytes().all(|byte| byte.is_ascii_uppercase())).then_some(prefix)
    }

    /// Five digits behind two capitals: a state and its code ("CA 94025").
    #[must_use]
    pub fn is_postcode(&self, text: &str) -> bool {
        let mut before = text.get(..self.start).unwrap_or_default().chars().rev();
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

    /// Whether its line has nothing else but perhaps its prefix.
    #[must_use]
    pub fn is_alone(&self, text: &str) -> bool {
        let length = self.prefix(text).map_or(0, |prefix| prefix.len() + 1);
        let before = text.get(..self.start - length).unwrap_or_default();
        let before = before.rsplit('\n').next().unwrap_or_default();
        let behind = text.get(self.end..).unwrap_or_default();
        let behind = behind.split('\n').next().unwrap_or_default();
        let is_mark = |c: char| !c.is_alphanumeric() && c != PARTED;
        before.chars().all(is_mark) && behind.chars().all(is_mark)
    }
}

/// Marks that are drawn over the character before them.
fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c) || ('\u{20d0}'..='\u{20ff}').contains(&c)
}
