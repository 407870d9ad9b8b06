//! Words and domains that are nobody's secret: those of the tables, of Meta's senders and pages,
//! and the role words of addresses.
//!
//! It does not know a message. What is not known here is taken for somebody's own.

use std::collections::BTreeSet;

use super::super::envelope;
use super::super::speech::fold;
use super::super::wordings::{WordList, Wordings};

/// Words of sender names and local parts that say what for, not who.
const ROLES: [&str; 47] = [
    "account",
    "accounts",
    "ads",
    "advertise",
    "and",
    "business",
    "by",
    "center",
    "centre",
    "community",
    "confirm",
    "contact",
    "daemon",
    "data",
    "email",
    "for",
    "friendupdates",
    "groupupdates",
    "help",
    "inc",
    "info",
    "ltd",
    "mail",
    "mailer",
    "no",
    "noreply",
    "notification",
    "notifications",
    "of",
    "operations",
    "pageupdates",
    "platforms",
    "policy",
    "postmaster",
    "privacy",
    "protection",
    "recipients",
    "registration",
    "reply",
    "security",
    "service",
    "services",
    "support",
    "team",
    "the",
    "update",
    "via",
];

/// Words of addresses of pages that everybody gets: paths with others may name a person.
const PATHS: [&str; 42] = [
    "about",
    "ads",
    "cards",
    "center",
    "centre",
    "code",
    "contact",
    "dialog",
    "email",
    "flx",
    "form",
    "forms",
    "genai",
    "help",
    "html",
    "htm",
    "images",
    "img",
    "index",
    "jpg",
    "legal",
    "log",
    "login",
    "n",
    "o",
    "l",
    "objection",
    "open",
    "php",
    "pic",
    "png",
    "policies",
    "policy",
    "privacy",
    "quest",
    "rsrc",
    "security",
    "settings",
    "sharer",
    "support",
    "terms",
    "www",
];

/// What is known beforehand.
pub struct Known {
    /// Words of senders and pages.
    roles: BTreeSet<String>,
    /// Words of the tables.
    words: BTreeSet<String>,
    stems: BTreeSet<String>,
    months: BTreeSet<String>,
    between: BTreeSet<String>,
    greetings: Vec<Vec<String>>,
    hosts: BTreeSet<String>,
    /// The numbers of objection forms.
    pub forms: BTreeSet<String>,
}

impl Known {
    /// What the tables know.
    pub fn of(wordings: &Wordings) -> Self {
        let mut known = Self {
            roles: ROLES.iter().chain(&PATHS).map(|&w| w.to_owned()).collect(),
            words: BTreeSet::new(),
            stems: BTreeSet::new(),
            months: BTreeSet::new(),
            between: BTreeSet::new(),
            greetings: Vec::new(),
            hosts: BTreeSet::new(),
            forms: BTreeSet::new(),
        };
        known.add_words(wordings);
        // "Hi there" before "Hi": the longer one leaves no name.
        known
            .greetings
            .sort_by_key(|words| std::cmp::Reverse(words.len()));
        for sender in wordings.senders() {
            known.hosts.insert(sender.domain.clone());
            known.hosts.extend(sender.may_sign.iter().cloned());
        }
        let pages = wordings.pages();
        known
            .hosts
            .extend(pages.host.iter().map(|host| host.name.clone()));
        known
            .forms
            .extend(pages.form.iter().map(|form| form.id.clone()));
        known
    }

    fn add_words(&mut self, wordings: &Wordings) {
        let phrases = wordings.phrases().map(ToString::to_string);
        let digits = wordings.digits();
        let lists = [&digits.keywords, &digits.numbered, &digits.counted];
        let digits = lists.into_iter().flat_map(WordList::iter);
        for words in phrases.chain(digits) {
            for form in words.split([' ', '|', '(', ')']) {
                match form.strip_suffix('*') {
                    Some(stem) => self.stems.insert(stem.trim_start_matches('*').to_owned()),
                    None => self.words.insert(form.trim_start_matches('*').to_owned()),
                };
            }
        }
        for language in wordings.languages() {
            self.months
                .extend(language.months.iter().flatten().cloned());
            self.between.extend(language.between.iter().cloned());
        }
        self.words
            .extend(self.months.iter().chain(&self.between).cloned());
        for greeting in wordings.greetings() {
            let words: Vec<String> = greeting.split_whitespace().map(fold).collect();
            self.words.extend(words.iter().cloned());
            self.greetings.push(words);
        }
    }

    /// A word that texts of this kind have in common, in one form of each letter, lower case.
    pub fn is_of_tables(&self, word: &str) -> bool {
        let starts = |(end, _): (usize, char)| {
            let start = word.get(..end);
            end > 3 && start.is_some_and(|start| self.stems.contains(start))
        };
        self.words.contains(word)
            || self.roles.contains(word)
            || self.stems.contains(word)
            || word.char_indices().take(40).any(starts)
            || envelope::claims(word)
    }

    /// Every word of a name, an address or a path says what for, not who. A word of a language
    /// is no excuse there: "Jan" is a month and a man.
    pub fn is_plain(&self, text: &str) -> bool {
        let mut words = text
            .split(|c: char| !c.is_alphabetic())
            .filter(|word| !word.is_empty());
        words.all(|word| {
            let word = fold(word);
            self.roles.contains(&word) || envelope::claims(&word)
        })
    }

    /// A domain or host of Meta's, or one that pretends to be.
    pub fn is_host(&self, host: &str) -> bool {
        self.is_metas(host) || envelope::claims(host)
    }

    /// A domain or host of Meta's.
    pub fn is_metas(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let below = host
            .match_indices('.')
            .filter_map(|(at, _)| host.get(at + 1..));
        self.hosts.contains(&host) || below.into_iter().any(|name| self.hosts.contains(name))
    }

    /// The name of a month.
    pub fn is_month(&self, word: &str) -> bool {
        self.months.contains(word)
    }

    /// A word inside a date.
    pub fn is_between(&self, word: &str) -> bool {
        self.between.contains(word)
    }

    /// How many of these words a greeting takes, if they open with one.
    pub fn greeting(&self, words: &[String]) -> Option<usize> {
        let opens = self
            .greetings
            .iter()
            .find(|greeting| words.starts_with(greeting));
        opens.map(Vec::len).filter(|length| *length > 0)
    }
}
