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
            speech.add(&normal(paragraph));
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
            if joins(&word, c, rest.clone()) {
                word.extend(Some(c).filter(|c| *c != '-'));
                continue;
            }
            if c.is_alphanumeric() && continues {
                word.extend(c.to_lowercase());
                continue;
            }
            let ends = ends_sentence(&word, c, rest.clone());
            if !word.is_empty() {
                sentence.words.push(std::mem::take(&mut word));
            }
            word.extend(
                Some(c)
                    .filter(|c| c.is_alphanumeric())
                    .into_iter()
                    .flat_map(char::to_lowercase),
            );
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
/// "2024. június") unless a capital follows a longer number.
fn ends_sentence(word: &str, mark: char, mut rest: impl Iterator<Item = char>) -> bool {
    if !matches!(mark, '.' | '!' | '?' | '…' | '。') {
        return false;
    }
    let next = rest.next();
    if next.is_some_and(char::is_alphanumeric) {
        return false;
    }
    let is_number = mark == '.' && !word.is_empty() && word.chars().all(is_digit);
    let first = rest.find(|c| !c.is_whitespace());
    let goes_on = first.is_some_and(|c| c.is_alphanumeric() && !c.is_uppercase());
    !(is_number && next == Some(' ') && (goes_on || (word.len() <= 2 && first.is_some())))
}

/// One form of each letter, lower case; typographic marks as ASCII has them.
#[must_use]
pub fn fold(text: &str) -> String {
    normal(text).to_lowercase().replace("e-mail", "email")
}

/// One form of each letter; typographic marks as ASCII has them.
fn normal(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    for c in text.nfkc() {
        match c {
            '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2032}' | '\u{b4}' | '`' => normal.push('\''),
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

/// A phrase of the tables.
///
/// Words are parted by blanks. `a|b` is one word or the other, `object*` every word that begins
/// so, `*code` every word that ends so, `(also)` a word that may be missing, and `~` up to six
/// words of any kind.
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

/// A word of the tables: `object*` is every word that begins so, `*code` every one that ends so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    text: String,
    starts_anyhow: bool,
    ends_anyhow: bool,
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
    /// Reads a word as the tables write it.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let begun = text.strip_prefix('*');
        let text = begun.unwrap_or(text);
        let ended = text.strip_suffix('*');
        Self {
            text: ended.unwrap_or(text).to_owned(),
            starts_anyhow: begun.is_some(),
            ends_anyhow: ended.is_some(),
        }
    }

    /// Whether a folded word is one of these.
    #[must_use]
    pub fn is(&self, word: &str) -> bool {
        match (self.starts_anyhow, self.ends_anyhow) {
            (false, false) => word == self.text,
            (false, true) => word.starts_with(&self.text),
            (true, false) => word.ends_with(&self.text),
            (true, true) => word.contains(&self.text),
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
        check("verification code", "e-mail: VERIFICATION\u{a0}CODE", true);
        check("*code", "Dein Bestätigungscode", true);
        check("de l ia", "l’expansion de L’IA", true);
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
    fn the_dot_of_a_number_ends_no_sentence() {
        let count = |text: &str| Speech::of("", text).sentences.len();
        assert_eq!(count("Ab 26. Juni 2024 gilt es."), 1);
        assert_eq!(count("2024. június 26-án kezdjük."), 1);
        assert_eq!(count("It starts on 26 June 2024. We do it."), 2);
        assert_eq!(count("We do it. Really? Yes!"), 3);
    }

    #[test]
    fn a_bad_phrase_is_refused() {
        for words in ["", "~ a", "a ~", "(a) b", "Upper", "a ~ b ~ c ~ d ~ e"] {
            assert!(Phrase::read(words).is_err(), "{words}");
        }
    }
}
