//! A text as the extractor of codes sees it: its words and what they say about digits.
//!
//! Addresses and quoted lines are struck out. It does not know which digits are a code.

use std::collections::BTreeMap;
use std::ops::Range;

use super::super::speech::fold;
use super::super::visible::PARTED;
use super::super::wordings::Digits;
use super::turn::turn;

/// The most words that are looked at: a mail of this kind has some hundred.
const MAX_WORDS: usize = 20_000;

/// The longest word that is looked up, in bytes.
const MAX_WORD: usize = 64;

/// What a word says about the digits beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Senses(u8);

impl Senses {
    /// A code is called so.
    pub const KEYWORD: u8 = 1;
    /// A code is called so, and a password.
    pub const PASSWORD: u8 = 2;
    /// It says what a code is for.
    pub const PURPOSE: u8 = 4;
    /// It makes a keyword mean something else.
    pub const OTHER: u8 = 8;
    /// Digits behind it number something.
    pub const NUMBERED: u8 = 16;
    /// Digits before it count something.
    pub const COUNTED: u8 = 32;
    /// What is called a code beside it is a voucher.
    pub const OFFER: u8 = 64;
    /// It would call a code so, and means something else here ("zip code").
    pub const TURNED: u8 = 128;

    fn of(word: &str, digits: &Digits) -> Self {
        let lists = [
            (&digits.keywords, Self::KEYWORD),
            (&digits.passwords, Self::PASSWORD),
            (&digits.purposes, Self::PURPOSE),
            (&digits.numbered, Self::NUMBERED),
            (&digits.counted, Self::COUNTED),
            (&digits.offers, Self::OFFER),
        ];
        let listed = lists.into_iter().filter(|(list, _)| list.has(word));
        let senses = listed.fold(0, |senses, (_, sense)| senses | sense);
        if digits.other_keywords.has_outright(word) {
            return Self(senses | Self::OTHER).turned();
        }
        // "gutscheincode" begins like a voucher.
        if digits.other_keywords.opens(word) {
            return Self(senses).turned();
        }
        Self(senses)
    }

    /// The same, but that it calls nothing a code.
    #[must_use]
    pub fn turned(self) -> Self {
        if self.any(Self::KEYWORD) {
            Self(self.0 & !Self::KEYWORD | Self::TURNED)
        } else {
            self
        }
    }

    /// Whether it has one of these senses.
    #[must_use]
    pub fn any(self, senses: u8) -> bool {
        self.0 & senses != 0
    }
}

/// A word and where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Word {
    /// Its first byte.
    pub start: usize,
    /// The byte behind its last.
    pub end: usize,
    /// What it says.
    pub senses: Senses,
}

/// A text, cut up.
pub struct Page<'a> {
    /// As it was given.
    pub plain: &'a str,
    /// Struck out what is no text, at the same length.
    pub text: String,
    /// The words, in order.
    pub words: Vec<Word>,
    /// A word for a code stands anywhere.
    pub names_a_code: bool,
    /// Where sentences begin, in order.
    sentences: Vec<usize>,
    /// Where lines begin, in order.
    lines: Vec<usize>,
}

impl<'a> Page<'a> {
    /// Reads a text.
    #[must_use]
    pub fn of(plain: &'a str, digits: &Digits) -> Self {
        let text = without_addresses(plain);
        let mut words = words(&text, digits);
        turn(&text, &mut words);
        let sentences = sentences(&text);
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(breaks).collect();
        Self {
            plain,
            text,
            names_a_code: words.iter().any(|word| word.senses.any(Senses::KEYWORD)),
            words,
            sentences,
            lines,
        }
    }

    /// The words before a place, the nearest first.
    pub fn before(&self, at: usize) -> impl Iterator<Item = &Word> {
        let count = self.words.partition_point(|word| word.end <= at);
        self.words.get(..count).unwrap_or_default().iter().rev()
    }

    /// The words behind a place.
    pub fn behind(&self, at: usize) -> impl Iterator<Item = &Word> {
        let count = self.words.partition_point(|word| word.start < at);
        self.words.get(count..).unwrap_or_default().iter()
    }

    /// The sentence that a place is in.
    #[must_use]
    pub fn sentence(&self, at: usize) -> Range<usize> {
        part(&self.sentences, at, self.text.len())
    }

    /// The line that a place is in.
    #[must_use]
    pub fn line(&self, at: usize) -> Range<usize> {
        part(&self.lines, at, self.text.len())
    }

    /// What stands between two places.
    #[must_use]
    pub fn between(&self, start: usize, end: usize) -> &str {
        self.text.get(start..end).unwrap_or_default()
    }
}

/// The part that a place is in, of parts that begin at `starts`.
fn part(starts: &[usize], at: usize, end: usize) -> Range<usize> {
    let next = starts.partition_point(|start| *start <= at);
    let start = next.checked_sub(1).and_then(|known| starts.get(known));
    start.copied().unwrap_or_default()..starts.get(next).copied().unwrap_or(end)
}

/// The text with web and mail addresses and quoted lines struck out, at the same length.
fn without_addresses(text: &str) -> String {
    let is_address = |word: &str| {
        word.contains("://")
            || word.contains('@')
            || word.contains("www.")
            || (word.contains('.') && word.contains('/') && word.contains(char::is_alphabetic))
    };
    let mut masked = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let is_quoted = line.trim_start().starts_with('>');
        for word in line.split_inclusive([' ', '\n']) {
            let (bare, blank) = word.split_at(word.trim_end_matches([' ', '\n']).len());
            if is_quoted || is_address(bare) {
                masked.extend(std::iter::repeat_n('~', bare.len()));
            } else {
                masked.push_str(bare);
            }
            masked.push_str(blank);
        }
    }
    masked
}

fn words(text: &str, digits: &Digits) -> Vec<Word> {
    let is_letter = |c: char| c.is_alphabetic() || is_mark(c);
    let mut known: BTreeMap<String, Senses> = BTreeMap::new();
    let mut words = Vec::new();
    let mut rest = 0;
    while let Some(found) = text.get(rest..).and_then(|behind| behind.find(is_letter)) {
        let start = rest + found;
        let behind = text.get(start..).unwrap_or_default();
        let end = start + behind.find(|c| !is_letter(c)).unwrap_or(behind.len());
        rest = end;
        if words.len() == MAX_WORDS {
            break;
        }
        let word = text.get(start..end).filter(|word| word.len() <= MAX_WORD);
        let folded = word.map(fold).unwrap_or_default();
        let senses = match known.get(&folded) {
            Some(senses) => *senses,
            None => *known
                .entry(folded.clone())
                .or_insert_with(|| Senses::of(&folded, digits)),
        };
        words.push(Word { start, end, senses });
    }
    words
}

/// Where sentences begin: behind a mark that ends one, an empty line, or a line that the next
/// one does not go on with.
fn sentences(text: &str) -> Vec<usize> {
    let mut starts = vec![0];
    let mut word_length = 0;
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        let next = rest.peek().map(|(_, next)| *next);
        let ends = match c {
            // "Rs. 4500", "no. 12": a short word before a dot is cut, and no sentence ends.
            '.' => word_length > 2 && next.is_none_or(|c| !c.is_alphanumeric() || c.is_uppercase()),
            '!' | '?' => next.is_none_or(|c| !c.is_alphanumeric()),
            '\n' => next.is_none_or(|c| !c.is_lowercase()),
            _ => false,
        };
        if ends {
            starts.push(at + c.len_utf8());
        }
        word_length = if c.is_alphanumeric() {
            word_length + 1
        } else {
            0
        };
    }
    starts
}

/// Marks that are drawn over the character before them.
#[must_use]
pub fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c) || ('\u{20d0}'..='\u{20ff}').contains(&c)
}

/// Whether a text says nothing by itself.
#[must_use]
pub fn is_bare(text: &str) -> bool {
    text.chars().all(|c| !c.is_alphanumeric() && c != PARTED)
}
