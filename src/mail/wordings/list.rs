//! A list of words as the tables write them, ready to be asked about every word of a text.
//!
//! It does not know what the words mean.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::super::phrase::Form;

/// A word of the list with a `*` and this many letters is a word by itself.
const LONG: usize = 5;

/// Words, some of them with a `*` in front or behind.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "Vec<Form>")]
pub struct WordList {
    /// Those without `*`: most of them, and found without trying each.
    whole: BTreeSet<String>,
    open: Vec<Form>,
}

impl WordList {
    /// The words as the tables write them.
    pub fn iter(&self) -> impl Iterator<Item = String> {
        let open = self.open.iter().map(Form::to_string);
        self.whole.iter().cloned().chain(open)
    }

    /// Adds another list.
    pub fn extend(&mut self, more: Self) {
        self.whole.extend(more.whole);
        self.open.extend(more.open);
    }

    /// Whether a folded word is on the list.
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        self.whole.contains(word) || self.open.iter().any(|form| form.is(word))
    }

    /// Whether a folded word is on the list, and not only because it begins with a few letters:
    /// `net*` is meant for "netcode" and not for every name that begins so.
    #[must_use]
    pub fn has_outright(&self, word: &str) -> bool {
        let is_long = |form: &&Form| form.to_string().chars().count() > LONG;
        self.whole.contains(word) || self.open.iter().filter(is_long).any(|form| form.is(word))
    }

    /// Whether a folded word begins with one of the list: "gutschein" begins "gutscheincode".
    #[must_use]
    pub fn opens(&self, word: &str) -> bool {
        let mut ends = word.char_indices().map(|(end, _)| end).skip(3);
        ends.any(|end| word.get(..end).is_some_and(|begin| self.has(begin)))
    }
}

impl From<Vec<Form>> for WordList {
    fn from(forms: Vec<Form>) -> Self {
        let mut list = Self::default();
        for form in forms {
            let word = form.to_string();
            if word.contains('*') {
                list.open.push(form);
            } else {
                list.whole.insert(word);
            }
        }
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(words: &[&str]) -> WordList {
        WordList::from(
            words
                .iter()
                .map(|word| Form::read(word))
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn words_and_open_words_are_found() {
        let list = list(&["code", "*kod", "kód*"]);
        for word in ["code", "engångskod", "kod", "kódom"] {
            assert!(list.has(word), "{word}");
        }
        for word in ["codes", "barcode", "kode", ""] {
            assert!(!list.has(word), "{word}");
        }
        assert_eq!(list.iter().count(), 3);
    }

    #[test]
    fn the_beginning_of_a_compound_is_found() {
        let list = list(&["gutschein", "qr"]);
        assert!(list.opens("gutscheincode"));
        assert!(!list.opens("gutschein"));
        assert!(!list.opens("qrs"));
    }
}
