//! Every phrase of every table, looked for in one pass.
//!
//! Some thousand phrases in two dozen languages are known, and a mail has a few hundred words:
//! trying each at each word would cost more than all else that is done with a mail. So the words
//! that phrases begin with are found first, all at once, and only the phrases that begin there
//! are tried. It does not know what a phrase is for. The only user of `aho-corasick`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aho_corasick::AhoCorasick;

use super::phrase::{Form, Phrase, Place};
use super::speech::Speech;

/// The number of a phrase, in the order in which they were added.
pub type PhraseId = usize;

/// Phrases under collection.
#[derive(Default)]
pub struct Collection {
    phrases: Vec<Phrase>,
    /// Every choice of words in them.
    choices: BTreeSet<Arc<[Form]>>,
}

impl Collection {
    /// Adds a phrase and numbers it.
    pub fn add(&mut self, mut phrase: Phrase) -> PhraseId {
        phrase.share(&mut self.choices);
        self.phrases.push(phrase);
        self.phrases.len() - 1
    }

    /// Makes them ready to be looked for.
    ///
    /// # Errors
    ///
    /// A sentence; the tables are larger than can be searched.
    pub fn finish(self) -> Result<Lexicon, String> {
        let mut openings: BTreeMap<String, Vec<PhraseId>> = BTreeMap::new();
        for (id, phrase) in self.phrases.iter().enumerate() {
            for form in phrase.openings() {
                openings.entry(form.pattern()).or_default().push(id);
            }
        }
        let finder = AhoCorasick::new(openings.keys())
            .map_err(|error| format!("the tables cannot be searched: {error}"))?;
        Ok(Lexicon {
            finder,
            begun: openings.into_values().collect(),
            phrases: self.phrases,
        })
    }
}

/// All phrases, ready to be looked for.
#[derive(Debug, Clone)]
pub struct Lexicon {
    finder: AhoCorasick,
    /// The phrases that each pattern of the finder begins.
    begun: Vec<Vec<PhraseId>>,
    phrases: Vec<Phrase>,
}

/// Where the phrases stand in one text.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    /// In the order of the phrases, then of the text.
    places: Vec<(PhraseId, Place)>,
}

impl Lexicon {
    /// The phrases, by their numbers.
    pub fn phrases(&self) -> impl Iterator<Item = &Phrase> {
        self.phrases.iter()
    }

    /// Finds every phrase of a text.
    #[must_use]
    pub fn listen(&self, speech: &Speech) -> Heard {
        let mut places = Vec::new();
        for found in self.finder.find_overlapping_iter(&speech.text) {
            let opens_with_blank = speech.text.as_bytes().get(found.start()) == Some(&b' ');
            let word = speech.word_at(found.start() + usize::from(opens_with_blank));
            let begun = self.begun.get(found.pattern().as_usize());
            for &id in begun.into_iter().flatten() {
                let phrase = self.phrases.get(id);
                places.extend(phrase.and_then(|p| Some((id, p.at(speech, word)?))));
            }
        }
        places.sort_unstable_by(|(a, first), (b, second)| (a, first).cmp(&(b, second)));
        places.dedup();
        Heard { places }
    }
}

impl Heard {
    /// Every phrase that was found, with its places.
    pub fn places(&self) -> impl Iterator<Item = (PhraseId, &Place)> {
        self.places.iter().map(|(id, place)| (*id, place))
    }

    /// Whether a phrase was found anywhere.
    #[must_use]
    pub fn has(&self, id: PhraseId) -> bool {
        self.places.binary_search_by_key(&id, |(id, _)| *id).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(phrases: &[&str], text: &str) -> Vec<(PhraseId, String)> {
        let mut collection = Collection::default();
        for phrase in phrases {
            collection.add(Phrase::read(phrase).unwrap());
        }
        let speech = Speech::of("", text);
        let heard = collection.finish().unwrap().listen(&speech);
        let quoted = heard.places().map(|(id, place)| (id, place.quote(&speech)));
        quoted.collect()
    }

    #[test]
    fn phrases_are_found_wherever_they_begin() {
        let found = heard(
            &["code", "*code", "your ~ code", "codes|coders", "cod*", "y"],
            "Your new Zugangscode. Code codes",
        );
        let expected = [
            (0, "code"),
            (1, "zugangscode"),
            (1, "code"),
            (3, "codes"),
            (4, "code"),
            (4, "codes"),
        ];
        let expected: Vec<(PhraseId, String)> = expected
            .iter()
            .map(|(id, words)| (*id, (*words).to_owned()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_phrase_is_found_once_at_a_place() {
        assert_eq!(heard(&["object*|objection"], "objection").len(), 1);
        assert_eq!(heard(&["*a*"], "banana").len(), 1);
        assert!(heard(&["a b"], "a. B").is_empty());
    }
}
