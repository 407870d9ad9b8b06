//! Who and what is replaced in one message, and by what.
//!
//! A message is gone through twice: the first time this only learns, the second time everything
//! that was learned anywhere is replaced everywhere. It does not know where a word stood.

use std::collections::{BTreeMap, BTreeSet};

use super::super::speech::fold;
use super::disguise::Disguise;
use super::known::Known;

/// Names of nobody, for words that are no words of the tables.
const NAMES: [&str; 12] = [
    "Robin", "Sascha", "Mika", "Noor", "Kiran", "Jules", "Toni", "Luan", "Sorin", "Yuki", "Nikola",
    "Deniz",
];

/// The most names, and the most addresses, that are looked for: more are no letter to a person.
const MOST: usize = 100;

/// Names up to this length are words as well, and count only where they are written as names.
pub const SHORT: usize = 3;

/// A word of a name.
struct Name {
    /// It is a word of the tables too, or of a sender's own name: alone it is left as it is.
    is_of_tables: bool,
    stand_in: String,
}

/// What is replaced.
pub struct Cast<'a> {
    /// What is nobody's.
    pub known: &'a Known,
    /// Where stand-ins come from.
    pub disguise: Disguise,
    /// Numbers with four digits or more.
    pub numbers: BTreeSet<String>,
    /// Ids with sixteen characters or more.
    pub ids: BTreeSet<String>,
    /// Numbers of pages that are the same for everybody.
    public: BTreeSet<String>,
    names: BTreeMap<String, Name>,
    addresses: BTreeMap<String, String>,
    domains: BTreeMap<String, String>,
    learns: bool,
}

impl<'a> Cast<'a> {
    /// Nothing is learned yet.
    pub fn new(known: &'a Known, disguise: Disguise) -> Self {
        Self {
            known,
            disguise,
            numbers: BTreeSet::new(),
            ids: BTreeSet::new(),
            public: known.forms.clone(),
            names: BTreeMap::new(),
            addresses: BTreeMap::new(),
            domains: BTreeMap::new(),
            learns: true,
        }
    }

    /// Ends the learning: gives everybody a stand-in that nobody is called.
    pub fn settle(&mut self, attempt: u8) {
        self.learns = false;
        self.numbers.retain(|number| !self.public.contains(number));
        let taken: BTreeSet<String> = self.names.keys().cloned().collect();
        let free = |name: &&&str| !taken.contains(&name.to_lowercase());
        let free: Vec<&str> = NAMES.iter().filter(free).copied().collect();
        let mut next = free.iter().cycle().skip(usize::from(attempt));
        for name in self.names.values_mut() {
            name.stand_in = next.next().map_or_else(String::new, ToString::to_string);
        }
        let taken: BTreeSet<String> = self.domains.keys().cloned().collect();
        let mut domains = (usize::from(attempt)..)
            .map(place)
            .filter(|name| !taken.contains(name));
        for stand_in in self.domains.values_mut() {
            *stand_in = domains.next().unwrap_or_default();
        }
        for (number, (address, stand_in)) in self.addresses.iter_mut().enumerate() {
            let (_, domain) = address.rsplit_once('@').unwrap_or_default();
            let domain = self.domains.get(domain).map_or(domain, String::as_str);
            *stand_in = format!("{}@{domain}", person(number));
        }
    }

    /// A word of somebody's name. A common one is replaced only beside another one.
    pub fn learn_name(&mut self, word: &str, is_of_tables: bool) {
        let word = fold(word);
        if !self.learns || word.chars().count() < 2 {
            return;
        }
        let is_of_tables = is_of_tables || self.known.is_of_tables(&word);
        let name = self.names.entry(word).or_insert(Name {
            is_of_tables,
            stand_in: String::new(),
        });
        name.is_of_tables &= is_of_tables;
    }

    /// The stand-in of a word, if it is a name's. `beside` says that the word before or behind it
    /// is one too, or that nothing but a name can stand there.
    pub fn name(&self, word: &str, beside: bool) -> Option<String> {
        let name = self.names.get(&fold(word))?;
        let first = word.chars().next()?;
        let is_short = word.chars().count() <= SHORT && has_case(word);
        if !beside && (name.is_of_tables || (is_short && !first.is_uppercase())) {
            return None;
        }
        if has_case(word) && word.chars().all(char::is_uppercase) {
            return Some(name.stand_in.to_uppercase());
        }
        if first.is_lowercase() {
            return Some(name.stand_in.to_lowercase());
        }
        Some(name.stand_in.clone())
    }

    /// Whether a word is one of a name at all.
    pub fn is_name(&self, word: &str) -> bool {
        self.names.contains_key(&fold(word))
    }

    /// Names in letters without case, which are not parted from the words around them.
    pub fn unparted_names(&self) -> Vec<(String, String)> {
        let names = self
            .names
            .iter()
            .filter(|(name, how)| !has_case(name) && !how.is_of_tables);
        names
            .map(|(name, how)| (name.clone(), how.stand_in.clone()))
            .collect()
    }

    /// What stands for an address.
    pub fn address(&mut self, address: &str) -> String {
        let lower = address.to_lowercase();
        let (Some((local, domain)), Some((_, own))) =
            (address.rsplit_once('@'), lower.rsplit_once('@'))
        else {
            return self.id(address);
        };
        if self.known.is_host(own) {
            let local = self.local(local);
            return format!("{local}@{domain}");
        }
        let host = self.host(domain);
        if self.known.is_plain(local) && !local.contains(|c: char| c.is_ascii_digit()) {
            return format!("{local}@{host}");
        }
        if self.learns {
            self.addresses.insert(lower, String::new());
            return address.to_owned();
        }
        self.addresses.get(&lower).cloned().unwrap_or(host)
    }

    /// The local part of an address of Meta's: role words stay, what names a person or a thread
    /// does not.
    fn local(&mut self, local: &str) -> String {
        let mut new = String::new();
        for piece in local.split_inclusive(|c: char| !c.is_alphanumeric()) {
            let bare = piece.trim_end_matches(|c: char| !c.is_alphanumeric());
            let is_role = self.known.is_plain(bare) && !bare.contains(char::is_numeric);
            new.push_str(&if is_role {
                piece.to_owned()
            } else {
                self.id(piece)
            });
        }
        new
    }

    /// What stands for a domain or host.
    pub fn host(&mut self, host: &str) -> String {
        let lower = host.to_lowercase();
        if self.known.is_metas(&lower) || lower.is_empty() {
            return host.to_owned();
        }
        if self.known.is_host(&lower) {
            return self.imitation(host);
        }
        if self.learns {
            self.domains.insert(lower, String::new());
            return host.to_owned();
        }
        self.domains.get(&lower).cloned().unwrap_or_default()
    }

    /// A host that pretends to be Meta's shows how, but not whose it is.
    fn imitation(&self, host: &str) -> String {
        let below = host.match_indices('.').map(|(at, _)| host.split_at(at + 1));
        let mut owned = below.filter_map(|(pretence, domain)| {
            let stand_in = self.domains.get(&domain.to_lowercase())?;
            Some(format!("{pretence}{stand_in}"))
        });
        owned.next().unwrap_or_else(|| host.to_owned())
    }

    /// Whether a domain belongs to somebody of the message.
    pub fn is_domain(&self, host: &str) -> bool {
        self.domains.contains_key(&host.to_lowercase())
    }

    /// What stands for an id; its long pieces are remembered.
    pub fn id(&mut self, id: &str) -> String {
        for piece in id.split(|c: char| !c.is_alphanumeric()) {
            let is_number = piece.bytes().all(|byte| byte.is_ascii_digit());
            if self.learns && is_number && piece.len() > SHORT {
                self.numbers.insert(piece.to_owned());
            } else if self.learns && piece.len() >= 16 {
                self.ids.insert(piece.to_owned());
            }
        }
        if self.public.contains(id) {
            return id.to_owned();
        }
        self.disguise.id(id)
    }

    /// The number of a page that everybody gets: it stays wherever it stands.
    pub fn publish(&mut self, number: &str) {
        self.public.insert(number.to_owned());
    }

    /// What stands for a number; one with four digits or more is remembered.
    pub fn number(&mut self, digits: &str) -> String {
        if self.learns && digits.len() > SHORT {
            self.numbers.insert(digits.to_owned());
        }
        if self.public.contains(digits) {
            return digits.to_owned();
        }
        self.disguise.number(digits)
    }

    /// The addresses, lower case.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        self.addresses.keys().map(String::as_str)
    }

    /// The domains, lower case.
    pub fn domains(&self) -> impl Iterator<Item = &str> {
        self.domains.keys().map(String::as_str)
    }

    /// Whether there is more than is looked for.
    pub fn is_overfull(&self) -> bool {
        [self.names.len(), self.addresses.len(), self.domains.len()]
            .iter()
            .any(|n| *n > MOST)
    }

    /// How many words of names there are.
    pub fn count_names(&self) -> usize {
        self.names.len()
    }
}

/// Whether letters of a word have an upper and a lower form.
pub fn has_case(word: &str) -> bool {
    word.chars().any(|c| c.is_uppercase() || c.is_lowercase())
}

/// A domain of nobody (RFC 6761, 6.5).
fn place(number: usize) -> String {
    format!("{}.example", letters(number))
}

fn person(number: usize) -> String {
    format!("someone-{}", letters(number))
}

fn letters(mut number: usize) -> String {
    let mut letters = String::new();
    loop {
        letters.insert(
            0,
            char::from(b'a' + u8::try_from(number % 26).unwrap_or_default()),
        );
        number /= 26;
        if number == 0 {
            return letters;
        }
        number -= 1;
    }
}
