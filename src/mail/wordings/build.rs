//! Makes one set of phrases and rules of the files of all languages.

use super::super::lexicon::{Collection, PhraseId};
use super::super::phrase::Phrase;
use super::language::{LanguageFile, RuleEntry, Source, Words};
use super::rule::{LanguageId, Rule, Section, Use};
use super::{Digits, Fault, Language, Lifetimes, Quoted};

/// Tables under construction.
#[derive(Default)]
pub(super) struct Builder {
    pub phrases: Collection,
    pub uses: Vec<(Use, LanguageId)>,
    pub rules: Vec<Rule>,
    pub languages: Vec<Language>,
    pub digits: Digits,
    pub quoted: Quoted,
    pub lifetimes: Lifetimes,
    pub greetings: Vec<String>,
}

impl Builder {
    /// Adds a language's file.
    pub fn add(&mut self, source: Source<'_>, file: LanguageFile) -> Result<(), Fault> {
        let language = self.language(&file);
        for (section, entry) in file.rules() {
            let line = source.line_of(entry);
            self.add_rule(source, section, language, line, entry.as_ref())?;
        }
        let keywords = file.digits.keywords.iter();
        for keyword in keywords {
            let phrase = Phrase::read(&keyword);
            let phrase = phrase.map_err(|reason| Fault::new(source.file, None, reason))?;
            self.phrase(phrase, Use::Keyword, language);
        }
        let lists = [
            (Use::Condition, &file.conditions),
            (Use::Negation, &file.negations),
            (Use::Mark, &file.marks),
            (Use::Effective, &file.dates.effective),
            (Use::OtherDate, &file.dates.otherwise),
        ];
        for (used, list) in lists {
            self.add_list(source, list, used, language)?;
        }
        self.digits.extend(file.digits);
        self.quoted.extend(file.quoted);
        self.lifetimes.extend(file.lifetime);
        self.greetings.extend(file.greetings);
        Ok(())
    }

    /// The number of a file's language; its dates are kept.
    fn language(&mut self, file: &LanguageFile) -> LanguageId {
        let known = self.languages.iter().position(|l| l.tag == file.language);
        let id = known.unwrap_or_else(|| {
            self.languages.push(Language {
                tag: file.language.clone(),
                months: vec![Vec::new(); 12],
                between: Vec::new(),
            });
            self.languages.len() - 1
        });
        if let Some(language) = self.languages.get_mut(id) {
            for (names, more) in language.months.iter_mut().zip(&file.dates.months) {
                names.extend(more.iter().cloned());
            }
            language.between.extend(file.dates.between.iter().cloned());
        }
        id
    }

    fn add_rule(
        &mut self,
        source: Source<'_>,
        section: Section,
        language: LanguageId,
        line: usize,
        entry: &RuleEntry,
    ) -> Result<(), Fault> {
        let id = self.rules.len();
        self.add_list(source, &entry.any, Use::Any(id), language)?;
        let rule = Rule {
            section,
            language,
            outcome: entry.outcome,
            decisive: entry.decisive,
            despite_conditions: entry.despite_conditions,
            is_sourced: entry.is_sourced(),
            with: self.add_list(source, &entry.with, Use::Beside, language)?,
            unless: self.add_list(source, &entry.unless, Use::Beside, language)?,
            file: source.file.to_owned(),
            line,
        };
        self.rules.push(rule);
        Ok(())
    }

    fn add_list(
        &mut self,
        source: Source<'_>,
        list: &[Words],
        used: Use,
        language: LanguageId,
    ) -> Result<Vec<PhraseId>, Fault> {
        let mut ids = Vec::new();
        for words in list {
            ids.push(self.phrase(source.phrase(words)?, used, language));
        }
        Ok(ids)
    }

    fn phrase(&mut self, phrase: Phrase, used: Use, language: LanguageId) -> PhraseId {
        self.uses.push((used, language));
        self.phrases.add(phrase)
    }
}
