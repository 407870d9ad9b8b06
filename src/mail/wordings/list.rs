//! A list of words as the tables write them, ready to be asked about every word of a text.
//!
//! It does not know what the words mean.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::super::phrase::Form;

/// Words, some of them with a `*` in front or behind.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "Vec<String>")]
pub struct WordList {
    listed: Vec<String>,
    /// Those without `*`: most of them, and found without trying each.
    whole: BTreeSet<String>,
    open: Vec<Form>,
}

impl WordList {
    /// The words as the tables write them.
    pub fn iter(&self) -> impl Iterator<Item = &String> {
        self.listed.iter()
    }

    /// Adds another list.
    pub fn extend(&mut self, more: Self) {
        for word in more.listed {
            self.add(word);
        }
    }

    /// Whether a folded word is on the list.
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        self.whole.contains(word) || self.open.iter().any(|form| form.is(word))
    }

    /// Whether a folded word begins with one of the list: "gutschein" begins "gutscheincode".
    #[must_use]
    pub fn opens(&self, word: &str) -> bool {
        let mut ends = word.char_indices().map(|(end, _)| end).skip(3);
        ends.any(|end| word.get(..end).is_some_and(|begin| self.has(begin)))
    }

    fn add(&mut self, word: String) {
        if word.contains('*') {
            self.open.push(Form::read(&word));
        } else {
            self.whole.insert(word.clone());
        }
        self.listed.push(word);
    }
}

impl From<Vec<String>> for WordList {
    fn from(words: Vec<String>) -> Self {
        let mut list = Self::default();
        words.into_iter().for_each(|word| list.add(word));
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_open_words_are_found() {
        let list = WordList::from(["code", "*kod", "kód*"].map(str::to_owned).to_vec());
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
        let list = WordList::from(vec!["gutschein".to_owned(), "qr".to_owned()]);
        assert!(list.opens("gutscheincode"));
        assert!(!list.opens("gutschein"));
        assert!(!list.opens("qrs"));
    }
}
