//! Phrases of the tables, and where they stand in a text.
//!
//! It does not know any language and what a phrase means.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Deserializer};

use super::speech::{Speech, fold};

/// The most words that a `~` of a phrase may stand for: what fits between a verb and its object.
const MAX_GAP: usize = 6;

/// The most pieces and gaps of a phrase: more would make looking for it slow.
const MAX_PIECES: usize = 16;
const MAX_GAPS: usize = 3;

/// A phrase of the tables.
///
/// Words are parted by blanks. `a|b` is one word or the other, `object*` every word that begins
/// so, `*code` every word that ends so, `(also)` a word that may be missing, and `~` up to six
/// words of any kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Gap,
    Word { forms: Arc<[Form]>, may_miss: bool },
}

/// A word of the tables: `object*` is every word that begins so, `*code` every one that ends so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Form {
    text: Box<str>,
    starts_anyhow: bool,
    ends_anyhow: bool,
}

/// Where a phrase stands in a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The number of the sentence.
    pub sentence: usize,
    first: usize,
    /// The further words that the phrase names: most have but one, and no list costs nothing.
    further: Vec<usize>,
}

impl Place {
    /// The first word and the one behind the last.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.first..self.further.last().unwrap_or(&self.first) + 1
    }

    /// The numbers of the words that the phrase itself names, in order.
    pub fn named(&self) -> impl Iterator<Item = usize> {
        std::iter::once(self.first).chain(self.further.iter().copied())
    }

    /// The words of the text that the phrase names, a mark for those between them. Digits are
    /// words of their own and no phrase names any: a code never stands here.
    #[must_use]
    pub fn quote(&self, speech: &Speech) -> String {
        let mut quote = String::new();
        let mut last = None;
        for number in self.named() {
            if last.is_some_and(|last: usize| last + 1 != number) {
                quote.push_str(" …");
            }
            if last.is_some() {
                quote.push(' ');
            }
            quote.push_str(speech.word(number).unwrap_or_default());
            last = Some(number);
        }
        quote
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
        for form in pieces.iter().flat_map(Piece::forms) {
            form.check().map_err(|why| format!("`{words}`: {why}"))?;
        }
        Ok(Self { pieces })
    }

    /// Keeps each choice of words but once: thousands of phrases are made of few.
    pub fn share(&mut self, known: &mut BTreeSet<Arc<[Form]>>) {
        self.pieces.shrink_to_fit();
        for piece in &mut self.pieces {
            let Piece::Word { forms, .. } = piece else {
                continue;
            };
            match known.get(forms) {
                Some(same) => *forms = Arc::clone(same),
                None => drop(known.insert(Arc::clone(forms))),
            }
        }
    }

    /// The words it can begin with.
    #[must_use]
    pub fn openings(&self) -> &[Form] {
        self.pieces.first().map(Piece::forms).unwrap_or_default()
    }

    /// Where it stands, if one of its openings was found to be the word with this number.
    #[must_use]
    pub fn at(&self, speech: &Speech, word: usize) -> Option<Place> {
        let (_, following) = self.pieces.split_first()?;
        let sentence = speech.sentence_of(word)?;
        let end = speech.sentences().get(sentence)?.words.end;
        let mut further = Vec::new();
        fits(following, speech, word + 1..end, &mut further).then_some(Place {
            sentence,
            first: word,
            further,
        })
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

    fn forms(&self) -> &[Form] {
        match self {
            Self::Word { forms, .. } => forms,
            Self::Gap => &[],
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

/// As the tables write it.
impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, piece) in self.pieces.iter().enumerate() {
            f.write_str(if number == 0 { "" } else { " " })?;
            let Piece::Word { forms, may_miss } = piece else {
                f.write_str("~")?;
                continue;
            };
            let (open, close) = if *may_miss { ("(", ")") } else { ("", "") };
            let forms: Vec<String> = forms.iter().map(Form::to_string).collect();
            write!(f, "{open}{}{close}", forms.join("|"))?;
        }
        Ok(())
    }
}

/// As the tables write it.
impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = |open: bool| if open { "*" } else { "" };
        let (start, end) = (star(self.starts_anyhow), star(self.ends_anyhow));
        write!(f, "{start}{}{end}", self.text)
    }
}

impl<'de> Deserialize<'de> for Form {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = Self::read(&fold(&String::deserialize(deserializer)?));
        form.check().map_err(serde::de::Error::custom)?;
        Ok(form)
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
            text: ended.unwrap_or(text).into(),
            starts_anyhow: begun.is_some(),
            ends_anyhow: ended.is_some(),
        }
    }

    /// Whether a text can have such a word at all.
    ///
    /// # Errors
    ///
    /// A sentence that says why not.
    pub fn check(&self) -> Result<(), String> {
        let speech = Speech::of("", &self.text);
        if speech.word(0) == Some(&self.text) && speech.word(1).is_none() {
            return Ok(());
        }
        Err(format!(
            "`{}` is not one word: apostrophes, hyphens and other marks part words, and so do \
             digits and letters",
            self.text
        ))
    }

    /// Its letters with a blank where a word has to begin or end: what to look for in
    /// [`Speech::text`].
    #[must_use]
    pub fn pattern(&self) -> String {
        let blank = |open: bool| if open { "" } else { " " };
        format!(
            "{}{}{}",
            blank(self.starts_anyhow),
            self.text,
            blank(self.ends_anyhow)
        )
    }

    /// Whether a folded word is one of these.
    #[must_use]
    pub fn is(&self, word: &str) -> bool {
        match (self.starts_anyhow, self.ends_anyhow) {
            (false, false) => word == &*self.text,
            (false, true) => word.starts_with(&*self.text),
            (true, false) => word.ends_with(&*self.text),
            (true, true) => word.contains(&*self.text),
        }
    }
}

/// Whether `pieces` fit the words of a sentence's rest; leaves the numbers of those they name.
fn fits(pieces: &[Piece], speech: &Speech, rest: Range<usize>, named: &mut Vec<usize>) -> bool {
    let Some((piece, following)) = pieces.split_first() else {
        return true;
    };
    let (at, end) = (rest.start, rest.end);
    match piece {
        Piece::Gap => {
            (at..=(at + MAX_GAP).min(end)).any(|at| fits(following, speech, at..end, named))
        }
        Piece::Word { forms, may_miss } => {
            let word = speech.word(at).filter(|_| at < end);
            if word.is_some_and(|word| forms.iter().any(|form| form.is(word))) {
                named.push(at);
                if fits(following, speech, at + 1..end, named) {
                    return true;
                }
                named.pop();
            }
            *may_miss && fits(following, speech, rest, named)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(phrase: &str, text: &str, expected: bool) {
        let phrase = Phrase::read(phrase).unwrap();
        let speech = Speech::of("", text);
        let count = speech.sentences().last().map_or(0, |last| last.words.end);
        let opens = |number: &usize| {
            let word = speech.word(*number).unwrap();
            phrase.openings().iter().any(|form| form.is(word))
        };
        let mut words = (0..count).filter(opens);
        let found = words.any(|word| phrase.at(&speech, word).is_some());
        assert_eq!(found, expected, "{text}");
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
        check("*code", "Dein Bestätigungscode", true);
        check("de l ia", "l’expansion de L’IA", true);
        check("a b", "a\nb", true);
        check("a b", "a\n\nb", false);
        check("facebook com", "facebook.com", true);
    }

    #[test]
    fn a_phrase_is_written_as_it_was_read() {
        for words in [
            "code",
            "a|b* ~ (*c) d",
            "we'll honor|honour (also) ~ object*",
        ] {
            let mut phrase = Phrase::read(words).unwrap();
            phrase.share(&mut BTreeSet::new());
            assert_eq!(phrase.to_string(), words);
        }
    }

    #[test]
    fn a_place_quotes_what_the_phrase_names() {
        let phrase = Phrase::read("use ~ information").unwrap();
        let speech = Speech::of("", "We use your 123456 information");
        let place = phrase.at(&speech, 1).unwrap();
        assert_eq!(place.quote(&speech), "use … information");
        assert_eq!(place.span(), 1..5);
    }

    #[test]
    fn a_bad_phrase_is_refused() {
        for words in [
            "",
            "~ a",
            "a ~",
            "(a) b",
            "Upper",
            "a ~ b ~ c ~ d ~ e",
            "l'ia",
            "a *",
        ] {
            assert!(Phrase::read(words).is_err(), "{words}");
        }
    }
}
