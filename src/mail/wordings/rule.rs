//! A rule of the tables: when a wording fits, what it is for and where it is written.

use super::super::Outcome;
use super::super::lexicon::{Heard, PhraseId};

/// The number of a language, in the order of the files.
pub type LanguageId = usize;

/// The number of a rule.
pub type RuleId = usize;

/// What a phrase is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It is one of those of which a rule wants one.
    Any(RuleId),
    /// A rule wants it, or excludes it.
    Beside,
    /// It makes a sentence conditional.
    Condition,
    /// It turns what follows into its opposite.
    Negation,
    /// It is a frequent word of the language.
    Mark,
    /// Digits are called a code so.
    Keyword,
    /// Its sentence says from when something applies.
    Effective,
    /// The dates of its sentence mean something else.
    OtherDate,
}

/// What a rule is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// An answer of Meta's.
    Decision,
    /// An announcement of a use of data.
    Notification,
    /// What a code of the objection form is for; decisive ones speak of the objection itself.
    Code,
    /// What other codes are for; decisive ones name something that a code can do harm with.
    OtherCode,
    /// Words for what this is all about.
    Topic,
    /// Whatever is about an objection.
    About,
    /// Matters in which Meta uses the same words.
    OtherMatter,
    /// Mails that carry text of other people.
    OtherAuthor,
}

impl Section {
    /// Its name in the tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Decision => "decision",
            Self::Notification => "notification",
            Self::Code => "code",
            Self::OtherCode => "other_code",
            Self::Topic => "topic",
            Self::About => "about",
            Self::OtherMatter => "other_matter",
            Self::OtherAuthor => "other_author",
        }
    }
}

/// When a wording fits, and where it is written.
#[derive(Debug, Clone)]
pub struct Rule {
    /// What it is for.
    pub section: Section,
    /// The language it is written in.
    pub language: LanguageId,
    /// What Meta decided, in rules for decisions.
    pub outcome: Option<Outcome>,
    /// It outweighs a rule that is not.
    pub decisive: bool,
    /// It means the same in a conditional sentence.
    pub despite_conditions: bool,
    /// Somebody quotes it as Meta's own words, or it is those words in another form.
    pub is_sourced: bool,
    /// Each of these has to be said as well.
    pub(super) with: Vec<PhraseId>,
    /// None of these may be said.
    pub(super) unless: Vec<PhraseId>,
    pub(super) file: String,
    pub(super) line: usize,
}

impl Rule {
    /// Whether all that the rule wants beside its wording is said, and nothing that it excludes.
    #[must_use]
    pub fn agrees(&self, heard: &Heard) -> bool {
        self.with.iter().all(|id| heard.has(*id)) && !self.unless.iter().any(|id| heard.has(*id))
    }

    /// What it says and where it is written: `decision.honored (en.toml:52)`.
    #[must_use]
    pub fn name(&self) -> String {
        let outcome = self.outcome.map(|outcome| format!(".{}", outcome.name()));
        format!(
            "{}{} ({}:{})",
            self.section.name(),
            outcome.unwrap_or_default(),
            self.file,
            self.line
        )
    }
}
