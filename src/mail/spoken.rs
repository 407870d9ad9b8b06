//! What a text says, in terms of the tables: which wordings stand where, in which language.
//!
//! It finds; what follows from what was found is decided in `classify` and `outcome`.

use super::Reason;
use super::lexicon::Heard;
use super::phrase::Place;
use super::speech::{Sentence, Speech};
use super::wordings::{LanguageId, Rule, Section, Use, Wordings};

/// A text is in a language if it has at least one in so many of the frequent words that it has of
/// the most likely one. Neighbours share many.
const LESS_LIKELY: usize = 3;

/// A text and the wordings that were found in it.
pub struct Spoken<'a> {
    /// The words of the text.
    pub speech: &'a Speech,
    wordings: &'a Wordings,
    heard: Heard,
    /// Every rule that fits, in the order of the tables.
    fits: Vec<Fit<'a>>,
    /// For each language how many of its most frequent words were found.
    marks: Vec<usize>,
}

/// A rule that fits, and the wording by which it does.
#[derive(Clone)]
pub struct Fit<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// Where its wording stands.
    pub place: Place,
}

impl<'a> Spoken<'a> {
    /// Looks for all wordings in a text.
    #[must_use]
    pub fn of(speech: &'a Speech, wordings: &'a Wordings) -> Self {
        let heard = wordings.listen(speech);
        let mut marks = vec![0; wordings.languages().len()];
        let mut fits = Vec::new();
        for (id, place) in heard.places() {
            match wordings.use_of(id) {
                Some((Use::Mark, language)) => {
                    if let Some(count) = marks.get_mut(language) {
                        *count += 1;
                    }
                }
                Some((Use::Any(rule), _)) => {
                    let rule = wordings.rule(rule).filter(|rule| rule.agrees(&heard));
                    let place = place.clone();
                    fits.extend(rule.map(|rule| Fit { rule, place }));
                }
                _ => {}
            }
        }
        Self {
            speech,
            wordings,
            heard,
            fits,
            marks,
        }
    }

    /// Every fit of the rules of a section, in the order of the tables.
    pub fn fits(&self, section: Section) -> impl Iterator<Item = Fit<'a>> + '_ {
        let fits = self.fits.iter();
        fits.filter(move |fit| fit.rule.section == section).cloned()
    }

    /// The fit that speaks for a section: the first one in the language that the text is in.
    #[must_use]
    pub fn first(&self, section: Section) -> Option<Fit<'a>> {
        self.foremost(self.fits(section))
    }

    /// The first fit in the language that the text is in, among some.
    #[must_use]
    pub fn foremost<'f>(&self, fits: impl Iterator<Item = Fit<'f>>) -> Option<Fit<'f>> {
        fits.min_by_key(|fit| std::cmp::Reverse(self.marks_of(fit.rule.language)))
    }

    /// The same among the languages that the text can be in: "ai" is a word for something else in
    /// French.
    #[must_use]
    pub fn first_in_own_language(&self, section: Section) -> Option<Fit<'a>> {
        let most = self.marks.iter().max().copied().unwrap_or_default();
        let is_own = |fit: &Fit<'a>| self.marks_of(fit.rule.language) * LESS_LIKELY >= most;
        self.foremost(self.fits(section).filter(is_own))
    }

    fn marks_of(&self, language: LanguageId) -> usize {
        self.marks.get(language).copied().unwrap_or_default()
    }

    /// Whether a phrase for this use, of this language, stands anywhere in a sentence.
    #[must_use]
    pub fn has_in(&self, sentence: usize, used: Use, language: LanguageId) -> bool {
        self.all(used, language)
            .any(|place| place.sentence == sentence)
    }

    /// The places of all phrases for this use, of this language.
    pub fn all(&self, used: Use, language: LanguageId) -> impl Iterator<Item = &Place> {
        let is_it = move |id| self.wordings.use_of(id) == Some((used, language));
        let places = self.heard.places();
        places
            .filter(move |(id, _)| is_it(*id))
            .map(|(_, place)| place)
    }

    /// Whether a word for a code stands anywhere, in any language.
    #[must_use]
    pub fn names_a_code(&self) -> bool {
        let mut places = self.heard.places();
        places.any(|(id, _)| matches!(self.wordings.use_of(id), Some((Use::Keyword, _))))
    }

    /// Whether the sentence of a fit says what would be, in the language of its rule.
    #[must_use]
    pub fn is_conditional(&self, fit: &Fit<'_>) -> bool {
        self.has_in(fit.place.sentence, Use::Condition, fit.rule.language)
    }

    /// The sentence that a fit stands in.
    #[must_use]
    pub fn sentence(&self, fit: &Fit<'_>) -> Option<&Sentence> {
        self.speech.sentences().get(fit.place.sentence)
    }

    /// The reason that a fit is: the entry of the tables, and its words as the text has them.
    #[must_use]
    pub fn reason(&self, fit: &Fit<'_>) -> Reason {
        Reason {
            rule: fit.rule.name(),
            words: fit.place.quote(self.speech),
        }
    }
}
