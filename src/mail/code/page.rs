//! A text, the digits in it and the words around them: what calls them a code, and what calls them
//! something else.
//!
//! It knows the lists of the tables and where sentences end. What is made of it is decided one
//! level up.

use super::super::speech::fold;
use super::super::wordings::Digits;
use super::group::{Group, groups, without_addresses};

/// How many words a keyword may stand before the code it names ("code for your account is").
const BEFORE: usize = 4;

/// How many words behind a code ("123456 is your Example account verification code").
const BEHIND: usize = 8;

/// How many words before digits are looked at for what the digits number ("case no 123456").
const NUMBERING: usize = 2;

/// A word of a text, and what it means beside digits.
struct Word {
    start: usize,
    end: usize,
    sentence: usize,
    /// It names a code, or a password that may be one.
    names: Option<Name>,
    numbers: bool,
    counts: bool,
    offers: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    Code,
    Password,
}

/// A text with the digits in it that can be codes by their shape, and its words.
pub struct Page {
    /// Without addresses.
    text: String,
    /// The digits.
    pub groups: Vec<Group>,
    words: Vec<Word>,
    /// For each word that names a code the digits it names, by their first byte.
    named: Vec<(usize, usize)>,
}

/// How firmly the words around digits call them a code; the more the firmer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// A word for a code stands in the sentence before or behind.
    NextSentence,
    /// A word for a code stands in the same sentence, and names other digits or is far away.
    SameSentence,
    /// The same, and a colon points at the digits.
    Colon,
    /// They are alone on their line.
    OwnLine,
    /// A word for a code names just these.
    Named,
}

impl Page {
    /// Reads a text.
    #[must_use]
    pub fn of(text: &str, digits: &Digits) -> Self {
        let text = without_addresses(text);
        let mut page = Self {
            groups: groups(&text),
            words: words(&text, digits),
            text,
            named: Vec::new(),
        };
        let naming = page
            .words
            .iter()
            .enumerate()
            .filter(|(_, word)| word.names.is_some());
        let named = naming.filter_map(|(at, _)| Some((page.named_by(at)?.start, at)));
        page.named = named.collect();
        page
    }

    /// Whether a word for a code stands anywhere.
    #[must_use]
    pub fn names_a_code(&self) -> bool {
        self.words.iter().any(|word| word.names == Some(Name::Code))
    }

    /// Whether a word for a code stands within so many bytes before or behind.
    #[must_use]
    pub fn is_near(&self, group: &Group, before: usize, behind: usize) -> bool {
        let start = group.start.saturating_sub(before);
        self.words.iter().any(|word| {
            word.names == Some(Name::Code)
                && ((word.start >= start && word.end <= group.start)
                    || (word.start >= group.end && word.end <= group.end + behind))
        })
    }

    /// Whether the words beside the digits call them something else: they number or count.
    #[must_use]
    pub fn is_other_number(&self, group: &Group) -> bool {
        let touches = |word: &&Word| {
            let between = self.between(word.end, group.start);
            !between.contains(|c: char| c == '\n' || c.is_ascii_digit())
        };
        let before: Vec<&Word> = self
            .before(group)
            .take(NUMBERING + 1)
            .take_while(touches)
            .collect();
        let numbers = before.iter().take(NUMBERING).any(|word| word.numbers);
        let is_called_code = before.iter().any(|word| word.names.is_some());
        let next = self.behind(group).next();
        let counts = next.is_some_and(|word| {
            word.counts && self.between(group.end, word.start).trim().is_empty()
        });
        (numbers && !is_called_code) || counts || group.is_postcode(&self.text)
    }

    /// Whether digits have nothing else on their line.
    #[must_use]
    pub fn is_alone(&self, group: &Group) -> bool {
        group.is_alone(&self.text)
    }

    /// Whether digits can be a code at all, but for what the words say that number or count.
    #[must_use]
    pub fn stands_free(&self, group: &Group) -> bool {
        group.stands_free(&self.text) && self.sticks_to_label(group)
    }

    /// Whether digits stand behind a prefix such as `G-`.
    #[must_use]
    pub fn has_prefix(&self, group: &Group) -> bool {
        group.has_prefix(&self.text)
    }

    /// Whether the sentence promises something: what is called a code there opens no account.
    #[must_use]
    pub fn is_offer(&self, group: &Group) -> bool {
        let sentence = self.sentence_of(group);
        self.words
            .iter()
            .any(|word| word.offers && word.sentence == sentence)
    }

    /// Whether no word sticks to the digits but a label ("verification code123456").
    fn sticks_to_label(&self, group: &Group) -> bool {
        self.before(group)
            .next()
            .is_none_or(|word| word.end != group.start || word.names.is_some())
    }

    /// Whether a year can be meant as a code: only if it is called one, without a word between.
    #[must_use]
    pub fn is_named_at_once(&self, group: &Group) -> bool {
        let name = self.named.iter().find(|(start, _)| *start == group.start);
        let words_between = |at: &usize| {
            self.words
                .iter()
                .skip(at + 1)
                .take_while(|word| word.end <= group.start)
                .count()
        };
        name.is_some_and(|(_, at)| {
            self.words
                .get(*at)
                .is_some_and(|word| word.end <= group.start)
                && words_between(at) <= 1
        })
    }

    /// What speaks for the digits; nothing if no word for a code is in their sentence.
    #[must_use]
    pub fn evidence(&self, group: &Group) -> Option<Evidence> {
        if self.named.iter().any(|(start, _)| *start == group.start) {
            return Some(Evidence::Named);
        }
        if self.is_alone(group) {
            return Some(Evidence::OwnLine);
        }
        let sentence = self.sentence_of(group);
        let names_in = |range: std::ops::RangeInclusive<usize>| {
            let mut words = self.words.iter();
            words.any(|word| word.names == Some(Name::Code) && range.contains(&word.sentence))
        };
        let is_name = |word: &Word| word.names.is_some() && word.sentence == sentence;
        let points = self
            .text
            .get(..group.start)
            .is_some_and(|text| text.trim_end().ends_with(':'));
        if points && self.words.iter().any(is_name) {
            return Some(Evidence::Colon);
        }
        if names_in(sentence..=sentence) {
            return Some(Evidence::SameSentence);
        }
        let near = sentence.saturating_sub(1)..=sentence + 1;
        names_in(near).then_some(Evidence::NextSentence)
    }

    /// The digits that the word at `at` names: the next ones in its sentence, else the last ones.
    fn named_by(&self, at: usize) -> Option<&Group> {
        let word = self.words.get(at)?;
        let in_sentence = |group: &&Group| self.sentence_of(group) == word.sentence;
        let can_be = |group: &&Group| in_sentence(group) && !self.is_other_number(group);
        let next = self
            .groups
            .iter()
            .find(|group| group.start >= word.end && can_be(group));
        let next = next.filter(|group| self.count(word.end, group.start) <= BEFORE);
        let last = || {
            let last = self
                .groups
                .iter()
                .rev()
                .find(|group| group.end <= word.start && can_be(group))?;
            (self.count(last.end, word.start) <= BEHIND).then_some(last)
        };
        next.or_else(last)
    }

    /// How many words stand between two bytes.
    fn count(&self, start: usize, end: usize) -> usize {
        let first = self.words.partition_point(|word| word.start < start);
        let last = self.words.partition_point(|word| word.end <= end);
        last.saturating_sub(first)
    }

    fn between(&self, start: usize, end: usize) -> &str {
        self.text.get(start..end).unwrap_or_default()
    }

    fn before(&self, group: &Group) -> impl Iterator<Item = &Word> {
        let end = self.words.partition_point(|word| word.end <= group.start);
        self.words.iter().take(end).rev()
    }

    fn behind(&self, group: &Group) -> impl Iterator<Item = &Word> {
        let start = self.words.partition_point(|word| word.start < group.end);
        self.words.iter().skip(start)
    }

    /// The sentence that digits stand in: that of the word before, unless it ends between.
    fn sentence_of(&self, group: &Group) -> usize {
        let Some(word) = self.before(group).next() else {
            return 0;
        };
        word.sentence + usize::from(ends_sentence(self.between(word.end, group.start)))
    }
}

fn words(text: &str, digits: &Digits) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut previous_is_other = false;
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let is_part = c.is_alphabetic() || (start.is_some() && matches!(c, '\'' | '\u{2019}'));
        match (start, is_part) {
            (None, true) => start = Some(at),
            (Some(begun), false) => {
                let word = fold(text.get(begun..at).unwrap_or_default());
                let is_other = digits.is_other_keyword(&word);
                let last = words.last_mut();
                let gap = last.as_ref().map_or(0..0, |last| last.end..begun);
                let gap = text.get(gap).unwrap_or_default();
                let mut sentence = 0;
                if let Some(last) = last {
                    sentence = last.sentence + usize::from(ends_sentence(gap));
                    // "code postal"
                    last.names = last.names.filter(|_| !(is_other && gap == " "));
                }
                words.push(Word {
                    start: begun,
                    end: at,
                    sentence,
                    // "zip code", "Gutscheincode"
                    names: digits
                        .name(&word)
                        .filter(|_| !previous_is_other && !is_other),
                    numbers: digits.numbers(&word),
                    counts: digits.counts(&word),
                    offers: digits.offers(&word),
                });
                previous_is_other = is_other;
                start = None;
            }
            _ => {}
        }
    }
    words
}

/// Whether what stands between two words ends a sentence: a mark with a blank behind it, or an
/// empty line.
fn ends_sentence(gap: &str) -> bool {
    let mut rest = gap;
    while let Some(at) = rest.find(['.', '!', '?', '\n']) {
        let (mark, behind) = rest.split_at(at + 1);
        let is_end = match mark.chars().last() {
            Some('\n') => behind.starts_with('\n'),
            _ => behind.is_empty() || behind.starts_with(char::is_whitespace),
        };
        if is_end {
            return true;
        }
        rest = behind;
    }
    false
}

impl Digits {
    fn name(&self, word: &str) -> Option<Name> {
        let is_in = |list: &[super::super::phrase::Form]| list.iter().any(|form| form.is(word));
        if is_in(&self.keywords) {
            Some(Name::Code)
        } else if is_in(&self.passwords) {
            Some(Name::Password)
        } else {
            None
        }
    }

    fn is_other_keyword(&self, word: &str) -> bool {
        self.other_keywords.iter().any(|form| form.is(word))
    }

    fn numbers(&self, word: &str) -> bool {
        self.numbered.iter().any(|form| form.is(word))
    }

    fn counts(&self, word: &str) -> bool {
        self.counted.iter().any(|form| form.is(word))
    }

    fn offers(&self, word: &str) -> bool {
        self.offers.iter().any(|form| form.is(word))
    }
}
