//! What of a check's words would tell strangers who asks: addresses, logins, the home folder.
//!
//! Hosts, folders and files stay, since a report without them helps nobody. Secrets are not its
//! business: no error has them.

use crate::config::{Config, Source};

/// Takes the place of words that are nobody's business.
#[derive(Debug, Default)]
pub(super) struct Redaction {
    /// A word and what stands in its place, the longest first.
    words: Vec<(String, String)>,
    home: Option<String>,
}

impl Redaction {
    /// Knows the home folder, and will take out every address.
    pub(super) fn new(home: Option<String>) -> Self {
        Self {
            words: Vec::new(),
            home: home.filter(|home| home.len() > 1),
        }
    }

    /// Knows the logins and addresses of a configuration, too.
    pub(super) fn learn(&mut self, config: &Config) {
        for mailbox in &config.mailboxes {
            let name = &mailbox.name.0;
            let mut add = |word: &str, what: &str| {
                // The mailbox's name is shown in every line.
                if !word.is_empty() && word != name {
                    let stands = format!("[{what} of {name}]");
                    self.words.push((word.to_owned(), stands));
                }
            };
            for address in &mailbox.addresses {
                add(address, "address");
            }
            if let Source::Imap(imap) = &mailbox.source {
                add(&imap.login, "login");
            }
        }
        self.words
            .sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        self.words.dedup_by(|one, other| one.0 == other.0);
    }

    /// `text` without those words.
    pub(super) fn of(&self, text: &str) -> String {
        let mut text = match &self.home {
            Some(home) => replace_word(text, home, "~"),
            None => text.to_owned(),
        };
        for (word, stands) in &self.words {
            text = replace_word(&text, word, stands);
        }
        without_addresses(&text)
    }
}

/// `word` replaced wherever it stands alone.
fn replace_word(text: &str, word: &str, stands: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, found) = rest.split_at(at);
        let after = &found[word.len()..];
        let joins = |c: char| c.is_alphanumeric() || c == '_';
        let is_alone = !out
            .chars()
            .chain(before.chars())
            .next_back()
            .is_some_and(joins)
            && !after.chars().next().is_some_and(joins);
        out.push_str(before);
        out.push_str(if is_alone { stands } else { word });
        rest = after;
    }
    out + rest
}

/// `text` without anything that looks like a mail address.
fn without_addresses(text: &str) -> String {
    let is_local = |c: char| c.is_alphanumeric() || "._%+-".contains(c);
    let is_domain = |c: char| c.is_alphanumeric() || ".-".contains(c);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        let kept = before.trim_end_matches(is_local);
        let domain = after.len() - after.trim_start_matches(is_domain).len();
        if kept.len() < before.len() && domain > 0 {
            out.push_str(kept);
            out.push_str("[address]");
            rest = &after[domain..];
        } else {
            out.push_str(&rest[..=at]);
            rest = after;
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::Redaction;

    #[test]
    fn words_go_where_they_stand_alone_and_addresses_everywhere() {
        let redaction = Redaction {
            words: vec![
                ("me@example.org".to_owned(), "[address of m]".to_owned()),
                ("ann".to_owned(), "[login of m]".to_owned()),
            ],
            home: Some("/home/ann".to_owned()),
        };
        for (text, left) in [
            ("sign-in of ann: no", "sign-in of [login of m]: no"),
            ("channel of joann", "channel of joann"),
            (
                "<me@example.org>, b.c+d@x.org.",
                "<[address of m]>, [address]",
            ),
            ("@ alone, a@ and @b", "@ alone, a@ and @b"),
            ("file /home/ann/x, /home/anna", "file ~/x, /home/anna"),
            ("mail@mail@mail", "[address]@mail"),
            ("münchner@straße.example", "[address]"),
        ] {
            assert_eq!(redaction.of(text), left);
        }
    }
}
