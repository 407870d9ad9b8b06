//! The tables: which wordings mean what, who Meta's senders are, which pages are Meta's.
//!
//! Every language is one file beside this one, and so are the senders and the pages; each entry
//! says where it was seen. Here they are read and checked. What follows from a wording that fits
//! is decided in `classify`, never in a table. The only user of `toml` in this room.

use serde::Deserialize;

use super::phrase::{self, Phrase, Speech};
use super::{Outcome, Product};

/// One file a language, English first: it decides where two fit equally well.
const LANGUAGES: [&str; 1] = [include_str!("wordings/en.toml")];
const SENDERS: &str = include_str!("wordings/senders.toml");
const PAGES: &str = include_str!("wordings/pages.toml");

/// All tables, checked.
#[derive(Debug, Clone)]
pub struct Wordings {
    languages: Vec<Language>,
    senders: Vec<Sender>,
    pages: Pages,
}

/// A domain that Meta writes from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sender {
    /// The domain of the From address, lower case.
    pub domain: String,
    /// The `d=` values that may sign for it; never empty.
    pub may_sign: Vec<String>,
    /// The product it writes about, where that is one.
    pub product: Option<Product>,
    /// Where it was seen.
    pub source: String,
    /// No raw message of it is known: Meta or others only name it.
    #[serde(default)]
    pub unsourced: bool,
}

/// The pages a mail of Meta's may lead to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pages {
    /// The hosts.
    pub host: Vec<Host>,
    /// The objection forms that are known.
    pub form: Vec<Form>,
}

/// A host of Meta's.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// Its name, lower case.
    pub name: String,
    /// Names below it are Meta's too.
    #[serde(default)]
    pub and_below: bool,
    /// The product its forms are about.
    pub product: Option<Product>,
    source: String,
}

/// An objection form.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// The number in its address.
    pub id: String,
    source: String,
}

/// The wordings of one language.
#[derive(Debug, Clone)]
pub struct Language {
    /// Its BCP 47 tag.
    pub tag: String,
    /// What stands before a name at the beginning of a letter.
    pub greetings: Vec<String>,
    /// What makes a sentence conditional, anywhere in it.
    pub conditions: Vec<Phrase>,
    /// Words that turn what follows them into its opposite.
    pub negations: Vec<phrase::Form>,
    /// Meta's answers.
    pub decisions: Vec<Rule>,
    /// Announcements of a use of data.
    pub notifications: Vec<Rule>,
    /// What a code of the objection form is for; decisive ones speak of the objection itself.
    pub codes: Vec<Rule>,
    /// What other codes are for; decisive ones name something that a code can do harm with.
    pub other_codes: Vec<Rule>,
    /// Words for what this is all about.
    pub topic: Vec<Rule>,
    /// Whatever is about an objection.
    pub about: Vec<Rule>,
    /// Matters in which Meta uses the same words.
    pub other_matters: Vec<Rule>,
    /// Mails that carry text of other people.
    pub other_authors: Vec<Rule>,
    /// Words around a code.
    pub digits: Digits,
    /// Words around a date.
    pub dates: Dates,
}

/// When a wording fits, and where it was seen.
#[derive(Debug, Clone)]
pub struct Rule {
    /// One of these has to be said.
    pub any: Vec<Phrase>,
    /// Each of these has to be said as well.
    pub with: Vec<Phrase>,
    /// None of these may be said.
    pub unless: Vec<Phrase>,
    /// What Meta decided, in rules for decisions.
    pub outcome: Option<Outcome>,
    /// It outweighs a rule that is not.
    pub decisive: bool,
    /// It means the same in a conditional sentence.
    pub despite_conditions: bool,
    /// Somebody quotes it as Meta's own words, or it is those words in another form.
    pub is_sourced: bool,
}

/// Words around digits that are a code, or are not.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digits {
    /// A code is called so.
    pub keywords: Vec<String>,
    /// Behind these words a keyword means something else ("zip code").
    pub other_keywords: Vec<String>,
    /// Digits behind these words number something ("case 123456").
    pub numbered: Vec<String>,
    /// Digits before these words count something ("1440 minutes").
    pub counted: Vec<String>,
}

/// Words that make dates.
#[derive(Debug, Clone)]
pub struct Dates {
    /// The names of each month, January first.
    pub months: Vec<Vec<String>>,
    /// Words that may stand between the parts of a date.
    pub between: Vec<String>,
    /// A sentence that says from when something applies.
    pub effective: Vec<Phrase>,
    /// A sentence whose dates mean something else.
    pub otherwise: Vec<Phrase>,
}

impl Rule {
    /// The phrase by which the rule fits a text, conditions and negations not looked at.
    #[must_use]
    pub fn fits(&self, speech: &Speech) -> Option<&Phrase> {
        let phrase = self.any.iter().find(|phrase| speech.says(phrase))?;
        self.agrees(speech).then_some(phrase)
    }

    /// Whether all else that the rule wants is said, and nothing that it excludes.
    #[must_use]
    pub fn agrees(&self, speech: &Speech) -> bool {
        self.with.iter().all(|phrase| speech.says(phrase))
            && !self.unless.iter().any(|phrase| speech.says(phrase))
    }
}

impl Wordings {
    /// The tables this program is built with.
    ///
    /// # Panics
    ///
    /// Never: a test reads the same text.
    #[must_use]
    #[allow(clippy::expect_used)] // The text is part of the program, and a test reads it.
    pub fn built_in() -> Self {
        Self::read(&LANGUAGES, SENDERS, PAGES).expect("the built-in tables are tested")
    }

    /// Reads and checks tables.
    ///
    /// # Errors
    ///
    /// A sentence that says which entry is wrong, and how.
    pub fn read(languages: &[&str], senders: &str, pages: &str) -> Result<Self, String> {
        let senders: SendersFile = parse(senders)?;
        let pages: Pages = parse(pages)?;
        for sender in &senders.sender {
            let signs = std::iter::once(&sender.domain).chain(&sender.may_sign);
            for name in signs.chain([&sender.source]) {
                check(
                    !name.is_empty() && !sender.may_sign.is_empty(),
                    name,
                    "is not complete",
                )?;
            }
            let is_plain = sender.domain == sender.domain.to_ascii_lowercase();
            check(is_plain, &sender.domain, "must be in lower case")?;
        }
        for (name, source) in pages.sources() {
            check(!source.is_empty(), name, "needs a source")?;
        }
        let languages = languages
            .iter()
            .map(|language| parse::<LanguageFile>(language).and_then(Language::new));
        Ok(Self {
            languages: languages.collect::<Result<_, _>>()?,
            senders: senders.sender,
            pages,
        })
    }

    /// The entry of a From domain, lower case; exact, no domain below a listed one.
    #[must_use]
    pub fn sender(&self, from_domain: &str) -> Option<&Sender> {
        self.senders
            .iter()
            .find(|sender| sender.domain == from_domain)
    }

    /// All senders.
    #[must_use]
    pub fn senders(&self) -> &[Sender] {
        &self.senders
    }

    /// All languages.
    #[must_use]
    pub fn languages(&self) -> &[Language] {
        &self.languages
    }

    /// The pages.
    #[must_use]
    pub fn pages(&self) -> &Pages {
        &self.pages
    }
}

impl Pages {
    fn sources(&self) -> impl Iterator<Item = (&str, &str)> {
        let hosts = self
            .host
            .iter()
            .map(|host| (host.name.as_str(), host.source.as_str()));
        let forms = self
            .form
            .iter()
            .map(|form| (form.id.as_str(), form.source.as_str()));
        hosts.chain(forms)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SendersFile {
    sender: Vec<Sender>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LanguageFile {
    language: String,
    #[serde(default)]
    #[expect(dead_code)]
    marks: Vec<String>,
    #[serde(default)]
    greetings: Vec<String>,
    #[serde(default)]
    conditions: Vec<String>,
    #[serde(default)]
    negations: Vec<String>,
    #[serde(default)]
    decision: Vec<RuleEntry>,
    #[serde(default)]
    notification: Vec<RuleEntry>,
    #[serde(default)]
    code: Vec<RuleEntry>,
    #[serde(default)]
    other_code: Vec<RuleEntry>,
    #[serde(default)]
    topic: Vec<RuleEntry>,
    #[serde(default)]
    about: Vec<RuleEntry>,
    #[serde(default)]
    other_matter: Vec<RuleEntry>,
    #[serde(default)]
    other_author: Vec<RuleEntry>,
    digits: Digits,
    dates: DatesEntry,
    #[serde(default)]
    #[expect(dead_code)]
    quoted: QuotedEntry,
}

/// How mail programs mark what was written before, in this language.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(dead_code)]
struct QuotedEntry {
    opens: Vec<String>,
    on: Vec<String>,
    wrote: Vec<String>,
    from: Vec<String>,
    fields: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleEntry {
    any: Vec<String>,
    #[serde(default)]
    with: Vec<String>,
    #[serde(default)]
    unless: Vec<String>,
    outcome: Option<Outcome>,
    #[serde(default)]
    decisive: bool,
    #[serde(default)]
    despite_conditions: bool,
    source: Option<String>,
    #[serde(default)]
    unsourced: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DatesEntry {
    months: Vec<Vec<String>>,
    between: Vec<String>,
    effective: Vec<String>,
    otherwise: Vec<String>,
}

impl Language {
    fn new(file: LanguageFile) -> Result<Self, String> {
        let decisions = rules(&file.decision)?;
        let complete = decisions.iter().all(|rule| rule.outcome.is_some());
        check(
            complete,
            &file.language,
            "has a decision without an outcome",
        )?;
        check(
            file.dates.months.len() == 12,
            &file.language,
            "must have twelve months",
        )?;
        Ok(Self {
            greetings: file.greetings,
            conditions: phrases(&file.conditions)?,
            negations: forms(&file.negations),
            decisions,
            notifications: rules(&file.notification)?,
            codes: rules(&file.code)?,
            other_codes: rules(&file.other_code)?,
            topic: rules(&file.topic)?,
            about: rules(&file.about)?,
            other_matters: rules(&file.other_matter)?,
            other_authors: rules(&file.other_author)?,
            digits: file.digits,
            dates: Dates {
                months: file.dates.months,
                between: file.dates.between,
                effective: phrases(&file.dates.effective)?,
                otherwise: phrases(&file.dates.otherwise)?,
            },
            tag: file.language,
        })
    }
}

fn rules(entries: &[RuleEntry]) -> Result<Vec<Rule>, String> {
    entries.iter().map(rule).collect()
}

fn rule(entry: &RuleEntry) -> Result<Rule, String> {
    let name = entry.any.first().map(String::as_str).unwrap_or_default();
    check(!name.is_empty(), "a rule", "has no phrase")?;
    let is_sourced = entry
        .source
        .as_deref()
        .is_some_and(|source| !source.is_empty());
    check(
        is_sourced != entry.unsourced,
        name,
        "needs a source or `unsourced = true`",
    )?;
    Ok(Rule {
        any: phrases(&entry.any)?,
        with: phrases(&entry.with)?,
        unless: phrases(&entry.unless)?,
        outcome: entry.outcome,
        decisive: entry.decisive,
        despite_conditions: entry.despite_conditions,
        is_sourced,
    })
}

fn forms(words: &[String]) -> Vec<phrase::Form> {
    words.iter().map(|word| phrase::Form::read(word)).collect()
}

fn phrases(words: &[String]) -> Result<Vec<Phrase>, String> {
    words.iter().map(|words| Phrase::read(words)).collect()
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, String> {
    toml::from_str(text).map_err(|error| error.to_string())
}

fn check(holds: bool, name: &str, complaint: &str) -> Result<(), String> {
    if holds {
        Ok(())
    } else {
        Err(format!("`{name}` {complaint}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_refused(languages: &[&str], senders: &str, expected: &str) {
        let error = Wordings::read(languages, senders, PAGES).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn the_built_in_tables_can_be_read() {
        let wordings = Wordings::read(&LANGUAGES, SENDERS, PAGES).unwrap();
        assert_eq!(wordings.languages().len(), LANGUAGES.len());
        let sender = wordings.sender("support.facebook.com").unwrap();
        assert_eq!(sender.may_sign, ["support.facebook.com", "facebook.com"]);
        assert!(wordings.sender("evil.support.facebook.com").is_none());
    }

    #[test]
    fn mistakes_in_tables_are_named() {
        let unknown = "[[sender]]\ndomain = 'a.test'\nmay_sing = ['a.test']\nsource = 'x'";
        check_refused(&LANGUAGES, unknown, "may_sing");
        let unsigned = "[[sender]]\ndomain = 'a.test'\nmay_sign = []\nsource = 'x'";
        check_refused(&LANGUAGES, unsigned, "a.test");
        let change = |from: &str, to: &str| LANGUAGES[0].replacen(from, to, 1);
        check_refused(&[&change("source = ", "sauce = ")], SENDERS, "sauce");
        check_refused(
            &[&change("unsourced = true", "decisive = false")],
            SENDERS,
            "source",
        );
        check_refused(&[&change("outcome = \"honored\"", "")], SENDERS, "outcome");
    }
}
