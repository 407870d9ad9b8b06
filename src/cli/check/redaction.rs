//! What of a check's words would tell strangers who asks: addresses, logins, home folders.
//!
//! Hosts, folders and files stay, since a report without them helps nobody. Secrets are not its
//! business: no error has them.

use crate::config::{AlertTarget, Config, Source};

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
        let home = home.map(|home| home.trim_end_matches('/').to_owned());
        Self {
            words: Vec::new(),
            home: home.filter(|home| !home.is_empty()),
        }
    }

    /// Knows the logins and addresses of a configuration, too.
    pub(super) fn learn(&mut self, config: &Config) {
        for mailbox in &config.mailboxes {
            let name = &mailbox.name.0;
            // The mailbox's name is shown in every line.
            let mut add = |word: &str, what: &str| {
                if word != name {
                    self.add(word, format!("[{what} of {name}]"));
                }
            };
            for address in &mailbox.addresses {
                add(address, "address");
            }
            if let Source::Imap(imap) = &mailbox.source {
                add(&imap.login, "login");
            }
        }
        for alert in &config.alerts {
            if let AlertTarget::Smtp(smtp) = &alert.target
                && let Some((login, _)) = &smtp.login
            {
                self.add(login, format!("[login of alert {}]", alert.name));
            }
        }
        self.words
            .sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
    }

    fn add(&mut self, word: &str, stands: String) {
        let word = word.to_lowercase();
        if !word.is_empty() && self.words.iter().all(|(known, _)| *known != word) {
            self.words.push((word, stands));
        }
    }

    /// What was observed, without those words.
    pub(super) fn of(&self, observed: &str) -> String {
        let mut text = self.of_ours(observed);
        for (word, stands) in &self.words {
            text = replace_word(&text, word, stands);
        }
        text
    }

    /// A sentence of this program's own, which may hold a path or an address: a login that is a
    /// word of the language is left alone in it.
    pub(super) fn of_ours(&self, text: &str) -> String {
        let mut text = match &self.home {
            Some(home) => replace_word(text, home, "~"),
            None => text.to_owned(),
        };
        text = without_homes(&text);
        // A line of a configuration that cannot be read is shown, and nobody's login is known then.
        text = without_value(&text, "login");
        without_addresses(&text)
    }
}

/// `word`, which is in lower case, replaced wherever it stands alone, in whatever case.
fn replace_word(text: &str, word: &str, stands: &str) -> String {
    let lower = text.to_lowercase();
    // Letters whose lower case has another length: the places would not be the same.
    let searched = if lower.len() == text.len() {
        lower.as_str()
    } else {
        text
    };
    let joins = |c: char| c.is_alphanumeric() || c == '_';
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (at, _) in searched.match_indices(&word.to_lowercase()) {
        let end = at + word.len();
        let (Some(before), Some(after)) = (text.get(..at), text.get(end..)) else {
            continue;
        };
        let is_alone = !before.chars().next_back().is_some_and(joins)
            && !after.chars().next().is_some_and(joins);
        if is_alone && at >= from {
            out.push_str(&text[from..at]);
            out.push_str(stands);
            from = end;
        }
    }
    out + &text[from..]
}

/// `text` without the names of the users whose home folders stand in it.
fn without_homes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("/home/") {
        let (before, found) = rest.split_at(at + "/home/".len());
        let name = found.find(|c: char| !c.is_alphanumeric() && !"._-".contains(c));
        out.push_str(before);
        if name != Some(0) && !found.is_empty() {
            out.push_str("[user]");
        }
        rest = &found[name.unwrap_or(found.len())..];
    }
    out + rest
}

/// `text` without what stands between quotation marks behind `key = `.
fn without_value(text: &str, key: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(key) {
        let (before, found) = rest.split_at(at + key.len());
        out.push_str(before);
        rest = found;
        let value = found.trim_start().strip_prefix('=').map(str::trim_start);
        let quoted = value.and_then(|value| {
            let mark = value.chars().next().filter(|c| *c == '"' || *c == '\'')?;
            let inner = &value[1..];
            Some((mark, &inner[inner.find(mark).unwrap_or(inner.len())..]))
        });
        if let Some((mark, behind)) = quoted {
            out.extend([" = ", &mark.to_string(), "[", key, "]"]);
            rest = behind;
        }
    }
    out + rest
}

/// `text` without anything that looks like a mail address, as it is or as it stands in a URL.
fn without_addresses(text: &str) -> String {
    let is_local = |c: char| c.is_alphanumeric() || "._%+-'!#$&*?^`{|}~".contains(c);
    let is_domain = |c: char| c.is_alphanumeric() || ".-".contains(c);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let next = |rest: &str| {
        let plain = rest.find('@').map(|at| (at, 1));
        let escaped = rest.find("%40").map(|at| (at, 3));
        [plain, escaped].into_iter().flatten().min()
    };
    while let Some((at, length)) = next(rest) {
        let (before, after) = (&rest[..at], &rest[at + length..]);
        let kept = before.trim_end_matches(is_local);
        let domain = &after[..after.len() - after.trim_start_matches(is_domain).len()];
        // A sentence may end behind it.
        let domain = domain.trim_end_matches(['.', '-']).len();
        if kept.len() < before.len() && domain > 0 {
            out.push_str(kept);
            out.push_str("[address]");
            rest = &after[domain..];
        } else {
            out.push_str(&rest[..at + length]);
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
            ..Redaction::new(Some("/home/ann/".to_owned()))
        };
        for (text, left) in [
            ("sign-in of Ann: no", "sign-in of [login of m]: no"),
            ("channel of joann, Annabel", "channel of joann, Annabel"),
            ("<Me@example.org>, b.c+d@x.org.", "<[address]>, [address]."),
            ("@ alone, a@ and @b", "@ alone, a@ and @b"),
            (
                "/home/ann/x, /home/anna, /home/",
                "~/x, /home/[user], /home/",
            ),
            ("mail@mail@mail", "[address]@mail"),
            ("münchner@straße.example", "[address]"),
            ("smtps://ann%40x.org@h.org/", "smtps://[address]@h.org/"),
            ("o'neil!x@y.org", "[address]"),
            ("İ ann", "İ [login of m]"),
            ("login = \"bob\", x", "login = \"[login]\", x"),
            ("imap = { login='bob' }", "imap = { login = '[login]' }"),
            ("login name", "login name"),
        ] {
            assert_eq!(redaction.of(text), left);
        }
        assert_eq!(redaction.of_ours("ask ann"), "ask ann");
    }
}
