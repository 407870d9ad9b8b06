//! Which words for a code mean something else because of a word beside them: "zip code".
//!
//! It does not know languages, but how names are written: a capital inside a sentence, before or
//! behind a word without one ("your Booking code"), is a sender's.

use super::page::{Senses, Word};

/// The most letters of a plain word for a code in any language; a longer one says which, and
/// nothing beside it changes that.
const PLAIN: usize = 7;

/// The most letters of a word that may stand between: "código de descuento".
const BETWEEN: usize = 3;

/// Takes their sense from the keywords that mean something else.
pub fn turn(text: &str, words: &mut [Word]) {
    let reader = Reader { text, words };
    let turned: Vec<usize> = (0..words.len())
        .filter(|at| reader.is_turned(*at))
        .collect();
    for at in turned {
        if let Some(word) = words.get_mut(at) {
            word.senses = word.senses.turned();
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    words: &'a [Word],
}

impl Reader<'_> {
    fn is_turned(&self, at: usize) -> bool {
        let word = |at: usize| self.words.get(at);
        let Some(keyword) = word(at).filter(|word| self.is_plain(word)) else {
            return false;
        };
        let means_other =
            |other: &&Word| other.senses.any(Senses::OTHER) && !self.is_name(other, keyword);
        let before = at.checked_sub(1).and_then(word).filter(means_other);
        let next = word(at + 1).filter(|next| self.are_beside(keyword, next));
        let later = next
            .filter(|next| self.letters(next) <= BETWEEN)
            .zip(word(at + 2))
            .filter(|(next, later)| self.are_beside(next, later));
        before.is_some_and(|before| self.are_beside(before, keyword))
            || next.is_some_and(|next| means_other(&next))
            || later.is_some_and(|(_, later)| means_other(&later))
    }

    /// Whether it calls something a code and does not say which: "OTP" and "passcode" do.
    fn is_plain(&self, word: &Word) -> bool {
        word.senses.any(Senses::KEYWORD)
            && !word.senses.any(Senses::PURPOSE)
            && self.letters(word) <= PLAIN
    }

    /// Whether a word beside a keyword is a sender's name.
    fn is_name(&self, word: &Word, keyword: &Word) -> bool {
        let is_capital = |word: &Word| self.read(word).starts_with(char::is_uppercase);
        let goes_on_small = self
            .read(word)
            .chars()
            .nth(1)
            .is_some_and(char::is_lowercase);
        let before = self.text.get(..word.start).unwrap_or_default();
        let before = before.trim_end_matches(' ');
        let opens = before.is_empty() || before.ends_with(['.', '!', '?', ':', ']', ')', '\n']);
        is_capital(word) && goes_on_small && !is_capital(keyword) && !opens
    }

    fn are_beside(&self, one: &Word, other: &Word) -> bool {
        let between = self.text.get(one.end..other.start);
        matches!(between, Some(" " | "-" | "\n" | "/"))
    }

    fn letters(&self, word: &Word) -> usize {
        self.read(word).chars().count()
    }

    fn read(&self, word: &Word) -> &str {
        self.text.get(word.start..word.end).unwrap_or_default()
    }
}
