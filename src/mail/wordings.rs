//! The tables: which wordings mean what, who Meta's senders are, which pages are Meta's.
//!
//! Every language is one file in the folder beside this one, and so are the senders and the
//! pages; each entry says where it was seen. Here the files become one set of phrases and rules.
//! What follows from a wording that fits is decided in `classify`, never in a table. This file and
//! its folder are the only users of `toml` in this room.

mod build;
mod directory;
mod language;
mod lifetimes;
mod list;
mod rule;

use std::fmt;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::lexicon::{Heard, Lexicon, PhraseId};
use super::phrase::Phrase;
use super::speech::Speech;
use build::Builder;
use language::{LanguageFile, Source};

pub use directory::{Host, Pages, Sender};
pub use lifetimes::Lifetimes;
pub use list::WordList;
pub use rule::{LanguageId, Rule, RuleId, Section, Use};

/// One file a language, English first: it decides where two fit equally well.
const LANGUAGES: [(&str, &str); 26] = [
    ("en.toml", include_str!("wordings/en.toml")),
    ("de.toml", include_str!("wordings/de.toml")),
    ("fr.toml", include_str!("wordings/fr.toml")),
    ("it.toml", include_str!("wordings/it.toml")),
    ("es.toml", include_str!("wordings/es.toml")),
    ("pt-PT.toml", include_str!("wordings/pt-PT.toml")),
    ("pt-BR.toml", include_str!("wordings/pt-BR.toml")),
    ("nl.toml", include_str!("wordings/nl.toml")),
    ("pl.toml", include_str!("wordings/pl.toml")),
    ("sv.toml", include_str!("wordings/sv.toml")),
    ("da.toml", include_str!("wordings/da.toml")),
    ("nb.toml", include_str!("wordings/nb.toml")),
    ("fi.toml", include_str!("wordings/fi.toml")),
    ("cs.toml", include_str!("wordings/cs.toml")),
    ("el.toml", include_str!("wordings/el.toml")),
    ("hu.toml", include_str!("wordings/hu.toml")),
    ("ro.toml", include_str!("wordings/ro.toml")),
    ("bg.toml", include_str!("wordings/bg.toml")),
    ("et.toml", include_str!("wordings/et.toml")),
    ("ga.toml", include_str!("wordings/ga.toml")),
    ("hr.toml", include_str!("wordings/hr.toml")),
    ("lt.toml", include_str!("wordings/lt.toml")),
    ("lv.toml", include_str!("wordings/lv.toml")),
    ("mt.toml", include_str!("wordings/mt.toml")),
    ("sk.toml", include_str!("wordings/sk.toml")),
    ("sl.toml", include_str!("wordings/sl.toml")),
];
const SENDERS: &str = include_str!("wordings/senders.toml");
const PAGES: &str = include_str!("wordings/pages.toml");

/// All tables, checked.
#[derive(Debug, Clone)]
pub struct Wordings {
    lexicon: Lexicon,
    /// What each phrase of the lexicon is for, and in which language.
    uses: Vec<(Use, LanguageId)>,
    rules: Vec<Rule>,
    languages: Vec<Language>,
    digits: Digits,
    quoted: Quoted,
    lifetimes: Lifetimes,
    greetings: Vec<String>,
    senders: Vec<Sender>,
    pages: Pages,
}

/// A language that texts are read in.
#[derive(Debug, Clone)]
pub struct Language {
    /// Its BCP 47 tag.
    pub tag: String,
    /// The names of each month, January first; none if dates are not read.
    pub months: Vec<Vec<String>>,
    /// Words that may stand between the parts of a date.
    pub between: Vec<String>,
}

/// Words around digits that are a code, or are not.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Digits {
    /// A code is called so.
    pub keywords: WordList,
    /// A code is called so as well as what is none: a password. For mail of other senders.
    pub passwords: WordList,
    /// What a code is for ("verify"): some messages do not call it a code at all. For mail of
    /// other senders.
    pub purposes: WordList,
    /// Beside these words a keyword means something else ("zip code", "code postal").
    pub other_keywords: WordList,
    /// Digits behind these words number something ("case 123456").
    pub numbered: WordList,
    /// Digits before these words count something ("1440 minutes").
    pub counted: WordList,
    /// In a sentence with these words a code is a voucher. For mail of other senders.
    pub offers: WordList,
}

/// How mail programs mark what was written before.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Quoted {
    /// Dashed lines that open a forwarded or answered message, without their dashes.
    pub opens: Vec<String>,
    /// How a line begins that says who wrote what follows ("On Monday, Martin wrote:").
    pub on: Vec<String>,
    /// How such a line ends.
    pub wrote: Vec<String>,
    /// The field that opens the header above a forwarded message.
    pub from: Vec<String>,
    /// The other fields of such a header.
    pub fields: Vec<String>,
}

/// What is wrong with a table, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    file: String,
    line: Option<usize>,
    reason: String,
}

impl Fault {
    fn new(file: &str, line: Option<usize>, reason: String) -> Self {
        Self {
            file: file.to_owned(),
            line,
            reason,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.reason),
            None => write!(f, "{}: {}", self.file, self.reason),
        }
    }
}

impl std::error::Error for Fault {}

impl Wordings {
    /// The tables this program is built with.
    ///
    /// # Panics
    ///
    /// Never: a test reads the same text.
    #[must_use]
    #[expect(clippy::expect_used)] // The text is part of the program, and a test reads it.
    pub fn built_in() -> Arc<Self> {
        static BUILT_IN: LazyLock<Arc<Wordings>> = LazyLock::new(|| {
            Arc::new(Wordings::with(&[]).expect("the built-in tables are tested"))
        });
        Arc::clone(&BUILT_IN)
    }

    /// The built-in tables, extended by more language files: each a name for messages and a text.
    ///
    /// A file of a language that is known adds to it, or stands in its place if it says
    /// `replaces = true`.
    ///
    /// # Errors
    ///
    /// The first mistake, with file and line.
    pub fn with(more: &[(String, String)]) -> Result<Self, Fault> {
        let more = more
            .iter()
            .map(|(file, text)| (file.as_str(), text.as_str()));
        let sources: Vec<Source<'_>> = LANGUAGES
            .into_iter()
            .chain(more)
            .map(|(file, text)| Source { file, text })
            .collect();
        Self::build(&sources, SENDERS, PAGES)
    }

    fn build(sources: &[Source<'_>], senders: &str, pages: &str) -> Result<Self, Fault> {
        // What replaces a language stands behind it, so the last is looked at first. One file at
        // a time: all of them together take more room than what is made of them.
        let mut replaced: Vec<String> = Vec::new();
        let mut wanted = Vec::new();
        for source in sources.iter().rev() {
            let head = language::head(*source)?;
            if !replaced.contains(&head.language) {
                wanted.push(*source);
            }
            if head.replaces {
                replaced.push(head.language);
            }
        }
        let mut builder = Builder::default();
        for source in wanted.into_iter().rev() {
            builder.add(source, LanguageFile::read(source)?)?;
        }
        let lexicon = builder.phrases.finish();
        Ok(Self {
            lexicon: lexicon.map_err(|reason| Fault::new("the tables", None, reason))?,
            uses: builder.uses,
            rules: builder.rules,
            languages: builder.languages,
            digits: builder.digits,
            quoted: builder.quoted,
            lifetimes: builder.lifetimes,
            greetings: builder.greetings,
            senders: directory::senders("senders.toml", senders)?,
            pages: directory::pages("pages.toml", pages)?,
        })
    }

    /// Finds every phrase of the tables in a text.
    #[must_use]
    pub fn listen(&self, speech: &Speech) -> Heard {
        self.lexicon.listen(speech)
    }

    /// Every phrase of every table.
    pub fn phrases(&self) -> impl Iterator<Item = &Phrase> {
        self.lexicon.phrases()
    }

    /// What a phrase is for, and in which language.
    #[must_use]
    pub fn use_of(&self, phrase: PhraseId) -> Option<(Use, LanguageId)> {
        self.uses.get(phrase).copied()
    }

    /// A rule by its number.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> Option<&Rule> {
        self.rules.get(id)
    }

    /// All languages, English first.
    #[must_use]
    pub fn languages(&self) -> &[Language] {
        &self.languages
    }

    /// The words around digits, of all languages.
    #[must_use]
    pub fn digits(&self) -> &Digits {
        &self.digits
    }

    /// The marks of older text, of all languages.
    #[must_use]
    pub fn quoted(&self) -> &Quoted {
        &self.quoted
    }

    /// The words with which mails say how long a code is good.
    #[must_use]
    pub fn lifetimes(&self) -> &Lifetimes {
        &self.lifetimes
    }

    /// What stands before a name at the beginning of a letter, in all languages.
    #[must_use]
    pub fn greetings(&self) -> &[String] {
        &self.greetings
    }

    /// The entry of a From domain, lower case; exact, no domain below a listed one.
    #[must_use]
    pub fn sender(&self, from_domain: &str) -> Option<&Sender> {
        self.senders
            .iter()
            .find(|sender| sender.domain == from_domain)
    }

    /// The DKIM signing domains that may sign for a From domain of Meta's; nothing for any other.
    #[must_use]
    pub fn may_sign(&self, from_domain: &str) -> Option<Vec<String>> {
        Some(self.sender(from_domain)?.may_sign.clone())
    }

    /// All senders.
    #[must_use]
    pub fn senders(&self) -> &[Sender] {
        &self.senders
    }

    /// The pages.
    #[must_use]
    pub fn pages(&self) -> &Pages {
        &self.pages
    }
}

impl Digits {
    fn extend(&mut self, more: Self) {
        self.keywords.extend(more.keywords);
        self.passwords.extend(more.passwords);
        self.purposes.extend(more.purposes);
        self.other_keywords.extend(more.other_keywords);
        self.numbered.extend(more.numbered);
        self.counted.extend(more.counted);
        self.offers.extend(more.offers);
    }
}

impl Quoted {
    fn extend(&mut self, more: Self) {
        self.opens.extend(more.opens);
        self.on.extend(more.on);
        self.wrote.extend(more.wrote);
        self.from.extend(more.from);
        self.fields.extend(more.fields);
    }
}

fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Fault> {
    toml::from_str(text).map_err(|error| {
        let line = error
            .span()
            .and_then(|span| text.get(..span.start))
            .map(|before| before.matches('\n').count() + 1);
        Fault::new(file, line, error.message().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_refused(change: (&str, &str), expected: &str) {
        let (file, text) = LANGUAGES[0];
        assert!(text.contains(change.0), "{}", change.0);
        let text = &text.replacen(change.0, change.1, 1);
        let error = Wordings::build(&[Source { file, text }], SENDERS, PAGES).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }

    #[test]
    fn the_built_in_tables_can_be_read() {
        let wordings = Wordings::with(&[]).unwrap();
        assert_eq!(wordings.languages().len(), LANGUAGES.len());
        let sender = wordings.sender("support.facebook.com").unwrap();
        assert_eq!(sender.may_sign, ["support.facebook.com", "facebook.com"]);
        assert!(wordings.sender("evil.support.facebook.com").is_none());
    }

    #[test]
    fn every_language_knows_codes_dates_and_denials() {
        let wordings = Wordings::built_in();
        for (id, language) in wordings.languages().iter().enumerate() {
            let tag = &language.tag;
            let has = |used| wordings.uses.contains(&(used, id));
            for used in [
                Use::Keyword,
                Use::Negation,
                Use::Condition,
                Use::Mark,
                Use::Effective,
            ] {
                assert!(has(used), "{tag} has no {used:?}");
            }
            let rules = || wordings.rules.iter().filter(|rule| rule.language == id);
            for section in [
                Section::Code,
                Section::OtherCode,
                Section::Topic,
                Section::About,
            ] {
                let is_there = rules().any(|rule| rule.section == section);
                assert!(is_there, "{tag} has no {}", section.name());
            }
            assert!(
                language.months.iter().all(|names| !names.is_empty()),
                "{tag}"
            );
            // Nobody has quoted a decision in another language as Meta's mail has it.
            let decides = |rule: &Rule| rule.section == Section::Decision && rule.is_sourced;
            let may_decide = ["en", "it"].contains(&tag.as_str());
            assert_eq!(rules().any(decides), may_decide, "{tag}");
        }
    }

    #[test]
    fn mistakes_in_tables_are_named_with_their_line() {
        let line = |text: &str| {
            let (before, _) = LANGUAGES[0].1.split_once(text).unwrap();
            before.matches('\n').count() + 1
        };
        let at = |line: usize, reason: &str| format!("en.toml:{line}: {reason}");
        let source = line("source = ");
        check_refused(
            ("source = ", "sauce = "),
            &at(source, "unknown field `sauce`"),
        );
        let first = line("[[decision]]");
        check_refused(("outcome = \"honored\"", ""), &at(first, "a decision"));
        let unsourced = ("unsourced = true", "decisive = false");
        check_refused(unsourced, "it needs a `source` or");
        let phrase = line("  \"as soon as\"");
        check_refused(("\"as soon as\"", "\"As soon\""), &at(phrase, "`As soon`"));
        check_refused(("\"as soon as\"", "\"l'ia\""), &at(phrase, "`l'ia`"));
        let senders = "[[sender]]\ndomain = 'a.test'\nmay_sing = ['a.test']\nsource = 'x'";
        let error = directory::senders("senders.toml", senders).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("senders.toml:3: unknown field"),
            "{error}"
        );
        let unsigned = senders.replace("may_sing = ['a.test']", "may_sign = []");
        assert!(directory::senders("s", &unsigned).is_err());
    }

    #[test]
    fn more_files_add_to_a_language_or_replace_it() {
        let (with, honor) = (
            |text: &str| Wordings::with(&[("my.toml".into(), text.into())]),
            "honor",
        );
        let count = |wordings: &Wordings| wordings.rules.len();
        let plain = Wordings::built_in();
        let rule = "[[topic]]\nany = ['robots']\nsource = 'a mail of mine'\n";
        let more = with(&format!("language = 'en'\n{rule}")).unwrap();
        assert_eq!(count(&more), count(&plain) + 1);
        let only = with(&format!("language = 'en'\nreplaces = true\n{rule}")).unwrap();
        let of_english = only.rules.iter().filter(|rule| rule.file == "en.toml");
        assert_eq!(of_english.count(), 0, "{honor}");
        let new = with(&format!("language = 'tlh'\n{rule}")).unwrap();
        assert_eq!(new.languages().len(), plain.languages().len() + 1);
        let error = with("language = 'en'\n\n[[topic]]\nany = ['R']\nsource = 'x'").unwrap_err();
        assert!(error.to_string().starts_with("my.toml:4:"), "{error}");
    }
}
