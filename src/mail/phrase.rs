//! Sentences of a text, and phrases that are looked for in them.
//!
//! Both are compared as plain words: one form of each letter, lower case, no punctuation. It
//! does not know any language and what a phrase means.

use unicode_normalization::UnicodeNormalization as _;

use super::text::is_invisible;

/// The most words that a `~` of a phrase may stand for: what fits between a verb and its object.
const MAX_GAP: usize = 6;

/// The most pieces and gaps of a phrase: more would make looking for it slow.
const MAX_PIECES: usize = 16;
const MAX_GAPS: usize = 3;

/// A text, cut into sentences.
#[derive(Clone, Default)]
pub struct Speech {
    /// The sentences, in order; none is empty.
    pub sentences: Vec<Sentence>,
}

/// The words of a sentence.
#[derive(Clone, Default)]
pub struct Sentence {
    /// In order, folded; numbers stand alone (`26th` is `26`, `th`).
    pub words: Vec<String>,
    /// It ends with a question mark.
    pub asks: bool,
}

impl Speech {
    /// The sentences of a subject and a text.
    #[must_use]
    pub fn of(subject: &str, text: &str) -> Self {
        let mut speech = Self::default();
        for paragraph in std::iter::once(subject).chain(text.split("\n\n")) {
            speech.add(&fold(paragraph));
        }
        speech
    }

    fn add(&mut self, paragraph: &str) {
        let mut sentence = Sentence::default();
        let mut rest = paragraph.chars().peekable();
        let mut word = String::new();
        while let Some(c) = rest.next() {
            let continues = match word.chars().last() {
                Some(last) => is_digit(last) == is_digit(c),
                None => true,
            };
            let joins = c == '\'' && !word.is_empty() && rest.peek().is_some_and(|c| is_letter(*c));
            if joins || (c.is_alphanumeric() && continues) {
                word.push(c);
                continue;
            }
            if !word.is_empty() {
                sentence.words.push(std::mem::take(&mut word));
            }
            if c.is_alphanumeric() {
                word.push(c);
            }
            let ends = matches!(c, '.' | '!' | '?' | '…' | '。')
                && rest.peek().is_none_or(|next| !next.is_alphanumeric());
            if ends {
                sentence.asks = c == '?';
                self.push(std::mem::take(&mut sentence));
            }
        }
        if !word.is_empty() {
            sentence.words.push(word);
        }
        self.push(sentence);
    }

    fn push(&mut self, sentence: Sentence) {
        if !sentence.words.is_empty() {
            self.sentences.push(sentence);
        }
    }

    /// Whether a phrase occurs anywhere.
    #[must_use]
    pub fn says(&self, phrase: &Phrase) -> bool {
        self.sentences
            .iter()
            .any(|sentence| phrase.occurs_in(sentence))
    }
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic()
}

/// One form of each letter, lower case; typographic marks as ASCII has them.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkc().flat_map(char::to_lowercase) {
        match c {
            '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2032}' | '\u{b4}' | '`' => folded.push('\''),
            _ if is_invisible(c) && c != '\n' => {}
            _ if c.is_whitespace() => folded.push(' '),
            _ => folded.push(c),
        }
    }
    folded.replace("e-mail", "email")
}

/// A phrase of the tables.
///
/// Words are parted by blanks. `a|b` is one word or the other, `object*` every word that begins
/// so, `(also)` a word that may be missing, and `~` up to six words of any kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    /// As it stands in the tables.
    pub words: String,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Gap,
    Word { forms: Vec<Form>, may_miss: bool },
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Form {
    text: String,
    is_stem: bool,
}

/// Where a phrase stands in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The positions of the words that the phrase itself names; never empty.
    pub named: Vec<usize>,
}

impl Place {
    /// The first word and the one behind the last.
    #[must_use]
    pub fn span(&self) -> (usize, usize) {
        let first = self.named.first().copied().unwrap_or_default();
        (first, self.named.last().map_or(first, |last| last + 1))
    }
}

impl Phrase {
    /// Reads a phrase as the tables write it.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong with it.
    pub fn read(words: &str) -> Result<Self, String> {
        let pieces: Vec<Piece> = words.split_whitespace().map(Piece::read).collect();
        let gaps = pieces.iter().filter(|piece| **piece == Piece::Gap).count();
        let opens = pieces.first().is_some_and(Piece::must_be_there);
        let ends = pieces.last().is_some_and(Piece::must_be_there);
        if !opens || !ends || pieces.len() > MAX_PIECES || gaps > MAX_GAPS {
            return Err(format!(
                "`{words}`: it must open and end with a word, and be short"
            ));
        }
        if words != fold(words) {
            return Err(format!(
                "`{words}`: it must be in lower case, with plain marks"
            ));
        }
        Ok(Self {
            words: words.to_owned(),
            pieces,
        })
    }

    /// Whether it occurs in a sentence.
    #[must_use]
    pub fn occurs_in(&self, sentence: &Sentence) -> bool {
        (0..sentence.words.len()).any(|at| self.at(sentence, at).is_some())
    }

    /// Everywhere it occurs in a sentence.
    #[must_use]
    pub fn places(&self, sentence: &Sentence) -> Vec<Place> {
        (0..sentence.words.len())
            .filter_map(|at| self.at(sentence, at))
            .collect()
    }

    /// Where it stands if its first word is the one at `at`.
    #[must_use]
    pub fn at(&self, sentence: &Sentence, at: usize) -> Option<Place> {
        let mut named = Vec::new();
        fits(&self.pieces, &sentence.words, at, &mut named).then_some(Place { named })
    }
}

impl Piece {
    fn read(text: &str) -> Self {
        if text == "~" {
            return Self::Gap;
        }
        let inner = text
            .strip_prefix('(')
            .and_then(|text| text.strip_suffix(')'));
        let forms = inner.unwrap_or(text).split('|').map(Form::read).collect();
        Self::Word {
            forms,
            may_miss: inner.is_some(),
        }
    }

    fn must_be_there(&self) -> bool {
        matches!(
            self,
            Self::Word {
                may_miss: false,
                ..
            }
        )
    }
}

impl Form {
    fn read(text: &str) -> Self {
        let stem = text.strip_suffix('*');
        Self {
            text: stem.unwrap_or(text).to_owned(),
            is_stem: stem.is_some(),
        }
    }

    fn is(&self, word: &str) -> bool {
        if self.is_stem {
            word.starts_with(&self.text)
        } else {
            word == self.text
        }
    }
}

/// Whether `pieces` fit the words from `at`; leaves the positions of the words they name.
fn fits(pieces: &[Piece], words: &[String], at: usize, named: &mut Vec<usize>) -> bool {
    let Some((piece, rest)) = pieces.split_first() else {
        return true;
    };
    match piece {
        Piece::Gap => (at..=at + MAX_GAP).any(|at| fits(rest, words, at, named)),
        Piece::Word { forms, may_miss } => {
            if words
                .get(at)
                .is_some_and(|word| forms.iter().any(|form| form.is(word)))
            {
                named.push(at);
                if fits(rest, words, at + 1, named) {
                    return true;
                }
                named.pop();
            }
            *may_miss && fits(rest, words, at, named)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(phrase: &str, text: &str, expected: bool) {
        let phrase = Phrase::read(phrase).unwrap();
        assert_eq!(Speech::of("", text).says(&phrase), expected, "{text}");
    }

    #[test]
    fn phrases_are_found_in_folded_words() {
        check(
            "we'll honor|honour your object*",
            "So: We’ll HONOUR your objections!",
            true,
        );
        check("will (also) honor", "We will also honor it. We will", true);
        check("will (also) honor", "we will not honor it", false);
        check(
            "use ~ information",
            "use your very public information",
            true,
        );
        check("use ~ information", "use a b c d e f g information", false);
        check("use ~ information", "We use it. Your information", false);
        check("email code", "Your E-mail code123456", true);
        check("a b", "a\nb", true);
        check("a b", "a\n\nb", false);
        check("facebook com", "facebook.com", true);
        check("ai at meta", "ＡＩ at M\u{200b}eta", true);
    }

    #[test]
    fn numbers_stand_alone() {
        let speech = Speech::of("", "Before 26th June2024?");
        let sentence = &speech.sentences[0];
        assert_eq!(sentence.words, ["before", "26", "th", "june", "2024"]);
        assert!(sentence.asks);
    }

    #[test]
    fn a_bad_phrase_is_refused() {
        for words in ["", "~ a", "a ~", "(a) b", "Upper", "a ~ b ~ c ~ d ~ e"] {
            assert!(Phrase::read(words).is_err(), "{words}");
        }
    }
}
