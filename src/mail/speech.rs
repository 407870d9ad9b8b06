//! The words of a text, sentence by sentence.
//!
//! Words are compared in one form: lower case, one form of each letter, no punctuation. It does
//! not know any language, nor what a word means.

use std::ops::Range;

use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfkc_quick};

use super::visible::{PARTED, is_invisible};

/// A text, cut into words and sentences.
#[derive(Clone, Default)]
pub struct Speech {
    /// Every word, folded, with one blank before and behind each.
    pub text: String,
    words: Vec<Word>,
    sentences: Vec<Sentence>,
    /// How many of the sentences are the subject's.
    of_subject: usize,
}

/// Where a word stands.
#[derive(Clone)]
struct Word {
    at: Range<usize>,
    sentence: usize,
}

/// A sentence of a text.
#[derive(Clone, Default)]
pub struct Sentence {
    /// Its words, by number; numbers stand alone (`26th` is `26`, `th`).
    pub words: Range<usize>,
    /// It ends with a question mark.
    pub asks: bool,
}

impl Speech {
    /// The sentences of a subject and a text.
    #[must_use]
    pub fn of(subject: &str, text: &str) -> Self {
        let mut speech = Self::default();
        speech.text.push(' ');
        speech.add(&normal(subject));
        speech.of_subject = speech.sentences.len();
        for paragraph in text.split("\n\n") {
            speech.add(&normal(paragraph));
        }
        speech
    }

    /// Whether the sentence with this number stands in the subject.
    #[must_use]
    pub fn is_in_subject(&self, sentence: usize) -> bool {
        sentence < self.of_subject
    }

    /// The sentences, in order; none is empty.
    #[must_use]
    pub fn sentences(&self) -> &[Sentence] {
        &self.sentences
    }

    /// The words of a sentence.
    #[must_use]
    pub fn words_of(&self, sentence: &Sentence) -> Vec<&str> {
        let words = sentence.words.clone();
        words.filter_map(|number| self.word(number)).collect()
    }

    /// A word by its number.
    #[must_use]
    pub fn word(&self, number: usize) -> Option<&str> {
        self.text.get(self.words.get(number)?.at.clone())
    }

    /// The number of the sentence that a word stands in.
    #[must_use]
    pub fn sentence_of(&self, word: usize) -> Option<usize> {
        self.words.get(word).map(|word| word.sentence)
    }

    /// The number of the word at, or behind, a byte of [`Self::text`].
    #[must_use]
    pub fn word_at(&self, byte: usize) -> usize {
        self.words.partition_point(|word| word.at.end <= byte)
    }

    fn add(&mut self, paragraph: &str) {
        let mut rest = paragraph.chars().peekable();
        let mut word = String::new();
        while let Some(c) = rest.next() {
            let continues = word
                .chars()
                .last()
                .is_none_or(|last| is_digit(last) == is_digit(c));
            if joins(&word, c, rest.clone()) {
                word.extend(Some(c).filter(|c| *c != '-'));
                continue;
            }
            if is_letter(c) && continues {
                word.extend(c.to_lowercase());
                continue;
            }
            let ends = ends_sentence(&word, c, rest.clone());
            self.push(&mut word);
            if is_letter(c) {
                word.extend(c.to_lowercase());
            }
            if ends {
                self.end_sentence(c == '?');
            }
        }
        self.push(&mut word);
        self.end_sentence(false);
    }

    fn push(&mut self, word: &mut String) {
        if word.is_empty() {
            return;
        }
        let start = self.text.len();
        self.text.push_str(word);
        self.words.push(Word {
            at: start..self.text.len(),
            sentence: self.sentences.len(),
        });
        self.text.push(' ');
        word.clear();
    }

    fn end_sentence(&mut self, asks: bool) {
        let start = self.sentences.last().map_or(0, |last| last.words.end);
        let words = start..self.words.len();
        if !words.is_empty() {
            self.sentences.push(Sentence { words, asks });
        }
    }
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// Text that was not read stands for a word, so that no phrase is found across it.
fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || c == PARTED
}

/// The longest word that a dot behind it may abbreviate.
const LONGEST_ABBREVIATION: usize = 3;

/// What may follow an apostrophe inside a word ("we'll"); before anything else the apostrophe
/// parts two words ("l'opposition").
const CONTRACTED: [&str; 7] = ["t", "s", "d", "m", "ll", "ve", "re"];

/// Whether a mark holds a word together: an English contraction, or the hyphen of "e-mail".
fn joins(word: &str, mark: char, rest: impl Iterator<Item = char>) -> bool {
    let letters = || rest.take_while(|c| c.is_alphabetic()).take(5);
    match mark {
        '\'' if !word.is_empty() => {
            let next: String = letters().flat_map(char::to_lowercase).collect();
            CONTRACTED.contains(&next.as_str())
        }
        '-' if word == "e" => letters()
            .flat_map(char::to_lowercase)
            .take(4)
            .eq("mail".chars()),
        _ => false,
    }
}

/// Whether a mark behind a word ends a sentence. The dot of a number does not ("26. Juni",
/// "2024. június") unless a capital follows a longer number; nor does that of an abbreviation
/// ("2024 m. birželio").
fn ends_sentence(word: &str, mark: char, mut rest: impl Iterator<Item = char>) -> bool {
    if !matches!(mark, '.' | '!' | '?' | '…' | '。') {
        return false;
    }
    let next = rest.next();
    if next.is_some_and(char::is_alphanumeric) {
        return false;
    }
    let is_number = !word.is_empty() && word.chars().all(is_digit);
    let is_short = word.chars().count() <= LONGEST_ABBREVIATION;
    let first = rest.find(|c| !c.is_whitespace());
    let goes_on = first.is_some_and(|c| c.is_alphanumeric() && !c.is_uppercase());
    let is_ordinal = is_number && (goes_on || (word.len() <= 2 && first.is_some()));
    !(mark == '.' && next == Some(' ') && (is_ordinal || (is_short && goes_on)))
}

/// One form of each letter, lower case; typographic marks as ASCII has them.
#[must_use]
pub fn fold(text: &str) -> String {
    normal(text).to_lowercase().replace("e-mail", "email")
}

/// One form of each letter; typographic marks as ASCII has them.
fn normal(text: &str) -> String {
    // Most text is in this form already, and finding that out is cheap.
    if is_nfkc_quick(text.chars()) == IsNormalized::Yes {
        marks(text.chars(), text.len())
    } else {
        marks(text.nfkc(), text.len())
    }
}

fn marks(text: impl Iterator<Item = char>, length: usize) -> String {
    let mut normal = String::with_capacity(length);
    for c in text {
        match c {
            '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2032}' | '\u{b4}' | '`' => {
                normal.push('\'');
            }
            // Romanian is written with either mark.
            'ş' => normal.push('ș'),
            'ţ' => normal.push('ț'),
            'Ş' => normal.push('Ș'),
            'Ţ' => normal.push('Ț'),
            _ if is_invisible(c) && c != '\n' => {}
            _ if c.is_whitespace() => normal.push(' '),
            _ => normal.push(c),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Vec<String>> {
        let speech = Speech::of("", text);
        let words = |sentence| speech.words_of(sentence).into_iter().map(str::to_owned);
        speech
            .sentences()
            .iter()
            .map(|sentence| words(sentence).collect())
            .collect()
    }

    #[test]
    fn words_are_parted_where_people_part_them() {
        assert_eq!(words("L’IA d'ora"), [["l", "ia", "d", "ora"]]);
        assert_eq!(
            words("We’ll e‑mail, E-Mail"),
            [["we'll", "e", "mail", "email"]]
        );
        assert_eq!(words("code123456"), [["code", "123456"]]);
        assert_eq!(words("M\u{200b}eta ＡＩ"), [["meta", "ai"]]);
    }

    #[test]
    fn numbers_stand_alone() {
        assert_eq!(
            words("Before 26th June2024?"),
            [["before", "26", "th", "june", "2024"]]
        );
        assert!(Speech::of("", "Before?").sentences()[0].asks);
    }

    #[test]
    fn the_dot_of_a_number_ends_no_sentence() {
        assert_eq!(words("Ab 26. Juni 2024 gilt es.").len(), 1);
        assert_eq!(words("2024. június 26-án kezdjük.").len(), 1);
        assert_eq!(words("It starts on 26 June 2024. We do it.").len(), 2);
        assert_eq!(words("nuo 2024 m. birželio 26 d. tai galios").len(), 1);
        assert_eq!(words("We do it. Really? Yes!").len(), 3);
        assert_eq!(
            words("one\n\ntwo\nthree"),
            [vec!["one"], vec!["two", "three"]]
        );
    }

    #[test]
    fn words_know_their_places() {
        let speech = Speech::of("Hello you", "one. Two");
        assert_eq!(speech.text, " hello you one two ");
        assert_eq!(speech.word_at(1), 0);
        assert_eq!(speech.word_at(7), 1);
        assert_eq!(speech.sentence_of(3), Some(2));
    }
}
