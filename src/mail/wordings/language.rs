//! One language's file, as it is written.
//!
//! It checks what one entry can be checked for, and says in which line the mistake is. What the
//! entries of all languages together are for is `wordings`' business.

use serde::Deserialize;
use toml::Spanned;

use super::super::Outcome;
use super::super::phrase::Phrase;
use super::{Digits, Fault, Lifetimes, Quoted, Section, parse};

/// A text with its place in the file.
pub(super) type Words = Spanned<String>;

/// What a language's file holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LanguageFile {
    pub language: String,
    /// A language that is already known is replaced by this file, not extended: see [`head`].
    #[serde(default, rename = "replaces")]
    _replaces: bool,
    #[serde(default)]
    pub marks: Vec<Words>,
    #[serde(default)]
    pub greetings: Vec<String>,
    #[serde(default)]
    pub conditions: Vec<Words>,
    #[serde(default)]
    pub negations: Vec<Words>,
    #[serde(default)]
    pub digits: Digits,
    #[serde(default)]
    pub dates: DatesEntry,
    #[serde(default)]
    pub quoted: Quoted,
    #[serde(default)]
    pub lifetime: Lifetimes,
    #[serde(default)]
    decision: Vec<Spanned<RuleEntry>>,
    #[serde(default)]
    notification: Vec<Spanned<RuleEntry>>,
    #[serde(default)]
    code: Vec<Spanned<RuleEntry>>,
    #[serde(default)]
    other_code: Vec<Spanned<RuleEntry>>,
    #[serde(default)]
    topic: Vec<Spanned<RuleEntry>>,
    #[serde(default)]
    about: Vec<Spanned<RuleEntry>>,
    #[serde(default)]
    other_matter: Vec<Spanned<RuleEntry>>,
    #[serde(default)]
    other_author: Vec<Spanned<RuleEntry>>,
}

/// What has to be known of a file before it is read.
#[derive(Deserialize)]
pub(super) struct Head {
    pub language: String,
    #[serde(default)]
    pub replaces: bool,
}

/// Reads the head of a file. The keys stand above the first table, so the rest is not read.
pub(super) fn head(source: Source<'_>) -> Result<Head, Fault> {
    let end = source.text.find("\n[").unwrap_or(source.text.len());
    parse(source.file, source.text.get(..end).unwrap_or_default())
}

/// A rule as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleEntry {
    pub any: Vec<Words>,
    #[serde(default)]
    pub with: Vec<Words>,
    #[serde(default)]
    pub unless: Vec<Words>,
    pub outcome: Option<Outcome>,
    #[serde(default)]
    pub decisive: bool,
    #[serde(default)]
    pub despite_conditions: bool,
    source: Option<String>,
    #[serde(default)]
    unsourced: bool,
}

/// Words that make dates, as they are written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct DatesEntry {
    pub months: Vec<Vec<String>>,
    pub between: Vec<String>,
    pub effective: Vec<Words>,
    pub otherwise: Vec<Words>,
}

/// A file and its text: what a line number is counted in.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub file: &'a str,
    pub text: &'a str,
}

impl Source<'_> {
    pub fn line_of<T>(&self, entry: &Spanned<T>) -> usize {
        let before = self.text.get(..entry.span().start).unwrap_or_default();
        before.matches('\n').count() + 1
    }

    pub fn fault<T>(&self, entry: &Spanned<T>, reason: String) -> Fault {
        Fault::new(self.file, Some(self.line_of(entry)), reason)
    }

    pub fn phrase(&self, words: &Words) -> Result<Phrase, Fault> {
        Phrase::read(words.as_ref()).map_err(|reason| self.fault(words, reason))
    }
}

impl LanguageFile {
    pub fn read(source: Source<'_>) -> Result<Self, Fault> {
        let file: Self = parse(source.file, source.text)?;
        if file.language.is_empty() {
            return Err(Fault::new(
                source.file,
                None,
                "it names no language".to_owned(),
            ));
        }
        if !matches!(file.dates.months.len(), 0 | 12) {
            let reason = "`dates.months` must hold twelve lists of names".to_owned();
            return Err(Fault::new(source.file, None, reason));
        }
        for (section, entry) in file.rules() {
            entry
                .as_ref()
                .check(section)
                .map_err(|reason| source.fault(entry, reason))?;
        }
        Ok(file)
    }

    /// Every rule, and what it is for.
    pub fn rules(&self) -> impl Iterator<Item = (Section, &Spanned<RuleEntry>)> {
        let sections = [
            (Section::Decision, &self.decision),
            (Section::Notification, &self.notification),
            (Section::Code, &self.code),
            (Section::OtherCode, &self.other_code),
            (Section::Topic, &self.topic),
            (Section::About, &self.about),
            (Section::OtherMatter, &self.other_matter),
            (Section::OtherAuthor, &self.other_author),
        ];
        sections
            .into_iter()
            .flat_map(|(section, rules)| rules.iter().map(move |rule| (section, rule)))
    }
}

impl RuleEntry {
    /// Somebody quotes it as Meta's own words.
    pub fn is_sourced(&self) -> bool {
        self.source
            .as_deref()
            .is_some_and(|source| !source.is_empty())
    }

    fn check(&self, section: Section) -> Result<(), String> {
        if self.any.is_empty() {
            return Err("`any` names no phrase".to_owned());
        }
        if self.is_sourced() == self.unsourced {
            return Err("it needs a `source` or `unsourced = true`, and not both".to_owned());
        }
        if (section == Section::Decision) != self.outcome.is_some() {
            return Err("a decision, and nothing else, needs an `outcome`".to_owned());
        }
        Ok(())
    }
}
