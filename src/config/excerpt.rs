//! A line of the configuration as it may be shown: what may be a secret is blotted.
//!
//! It does not parse TOML: the text it shows is wrong somewhere, so nothing can be parsed for
//! certain. SECURITY: when in doubt it blots. A line is shown only if it begins like a key or a
//! table; a line that continues a longer value may be anything, a secret too.

use std::fmt;

/// Stands for what is not shown.
const BLOT: &str = "••••";

/// A longer line is cut: nobody reads it, and it may be a key record.
const MAX_SHOWN: usize = 100;

/// The keys whose values may be shown. One that is missing here is blotted without need.
const OPEN_KEYS: [&str; 38] = [
    "accounts",
    "address",
    "allow_private",
    "at_most",
    "ca_file",
    "code",
    "code_lifetime",
    "command",
    "country",
    "deaf_after",
    "driver",
    "dry_run",
    "every",
    "fingerprint",
    "folders",
    "forms",
    "forwarders",
    "headless",
    "host",
    "imap",
    "linked",
    "listen",
    "login",
    "lookback",
    "maildir",
    "name",
    "port",
    "profile",
    "program",
    "provider",
    "quiet",
    "recipes",
    "resolver",
    "sweep",
    "timeout",
    "tls",
    "types",
    "wordings",
];

/// What the key of a secret is called, near enough.
const SECRET_KEYS: [&str; 4] = ["password", "secret", "token", "value"];

/// What may be shown of an address.
const SCHEMES: [&str; 14] = [
    "apprise://",
    "desktop:",
    "discord:",
    "exec:",
    "gotify://",
    "json://",
    "matrix://",
    "ntfy://",
    "pover:",
    "slack:",
    "smtp://",
    "smtps://",
    "stdout:",
    "tgram://",
];

/// A place in a text, with its line as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Excerpt {
    /// Counted from 1.
    pub(super) line: usize,
    /// In characters, counted from 1.
    pub(super) column: usize,
    shown: String,
}

/// The place of byte `offset` of `text`.
pub(super) fn at(text: &str, offset: usize) -> Excerpt {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[start..].lines().next().unwrap_or("");
    let inside_string = ["\"\"\"", "'''"]
        .iter()
        .any(|quotes| text[..start].matches(quotes).count() % 2 == 1);
    Excerpt {
        line: before.matches('\n').count() + 1,
        column: text[start..offset].chars().count() + 1,
        shown: if inside_string {
            BLOT.to_owned()
        } else {
            cut(&blotted(line))
        },
    }
}

impl Excerpt {
    /// A part of the line is not shown, so nothing else of it may be repeated either.
    pub(super) fn is_blotted(&self) -> bool {
        self.shown.contains(BLOT)
    }
}

impl fmt::Display for Excerpt {
    /// A line break, the line with its number, and a mark under the place.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.shown.is_empty() {
            return Ok(());
        }
        let number = self.line.to_string();
        write!(f, "\n  {number} | {}", self.shown)?;
        let open = self.shown.split(BLOT).next().unwrap_or("").chars().count();
        if self.column <= open + 1 {
            let (margin, indent) = (number.len(), self.column - 1);
            write!(f, "\n  {:margin$} | {:indent$}^", "", "")?;
        }
        Ok(())
    }
}

/// `line` without what may be a secret, and without control characters.
fn blotted(line: &str) -> String {
    let line: String = line
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let line = line.trim_end();
    if line.is_empty() {
        return String::new();
    }
    if !begins_plainly(line) {
        return BLOT.to_owned();
    }
    // What follows any other key than an open one is not shown, to the end of the line: where its
    // value ends is a question for a parser, and the line may not parse.
    for (equals, _) in line.match_indices('=') {
        let (before, after) = (&line[..equals], &line[equals + 1..]);
        if !is_open(key_before(before)) {
            return format!("{before}={}{BLOT}", scheme(after));
        }
    }
    line.to_owned()
}

/// The beginning of `value` that names a known kind of address, or one blank. The rest of an
/// address may hold a password, or let whoever knows it post to it.
fn scheme(value: &str) -> &str {
    let start = value.trim_start_matches([' ', '"', '\'']);
    SCHEMES
        .iter()
        .find(|scheme| start.starts_with(*scheme))
        .map_or(" ", |scheme| {
            &value[..value.len() - start.len() + scheme.len()]
        })
}

/// The line begins like a table header or like `key =`, so it is not the rest of a longer value.
fn begins_plainly(line: &str) -> bool {
    let bare = |c: char| c.is_ascii_alphanumeric() || "._- ".contains(c);
    let line = line.trim_start();
    if let Some(rest) = line.strip_prefix('[') {
        let name = rest.trim_start_matches('[');
        let after = name.trim_start_matches(bare);
        return after.is_empty() || after.starts_with(']');
    }
    let after = if let Some(rest) = line.strip_prefix('"') {
        rest.split_once('"').map_or("", |(_, after)| after)
    } else {
        line.trim_start_matches(bare)
    };
    after.trim_start().starts_with('=')
}

/// What stands before an equals sign: the key, if the line is a sound one.
fn key_before(text: &str) -> &str {
    let start = text.rfind(['{', ',', '#', '=']).map_or(0, |i| i + 1);
    text[start..].trim()
}

/// `key` is an open one, or a typing error away from it.
fn is_open(key: &str) -> bool {
    key.split('.').all(|part| {
        let near = |open: &&str| strsim::jaro_winkler(part, open) >= 0.85;
        !part.contains(char::is_whitespace) && !is_secret_like(part) && OPEN_KEYS.iter().any(near)
    })
}

/// Somebody who writes this key means to write a secret after it. Typing errors count too.
fn is_secret_like(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["pass", "pw", "secret", "token", "key"]
        .iter()
        .any(|word| key.contains(word))
        || SECRET_KEYS
            .iter()
            .any(|word| strsim::osa_distance(&key, word) <= 2)
}

/// `line`, not longer than is useful.
fn cut(line: &str) -> String {
    match line.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{at, blotted};

    fn check(line: &str, expected: &str) {
        assert_eq!(blotted(line), expected, "for {line}");
    }

    #[test]
    fn an_ordinary_line_is_shown() {
        check("name = \"me\"", "name = \"me\"");
        check(
            "  adress = \"me@example.org\"",
            "  adress = \"me@example.org\"",
        );
        check("countri = \"Germany\"", "countri = \"Germany\"");
        check("listen = 8787", "listen = 8787");
        check("[[mailbox]] # mine", "[[mailbox]] # mine");
        check("\"a._domainkey.b\" = 5", "\"a._domainkey.b\" = ••••");
    }

    #[test]
    fn what_follows_a_secret_key_is_blotted() {
        check("password = 12345", "password = ••••");
        check("pasword = \"hunter2\"", "pasword = ••••");
        check("vaule=\"hunter2\"", "vaule= ••••");
        check("password.value = \"hunter2\"", "password.value = ••••");
        check(
            "imap = { host = \"h\", passwort = \"hunter2\" }",
            "imap = { host = \"h\", passwort = ••••",
        );
        check("name = 5 # token = hunter2", "name = 5 # token = ••••");
    }

    #[test]
    fn the_rest_of_a_longer_value_is_blotted() {
        check("  \"hunter2\",", "••••");
        check("\"a=hunter2", "••••");
        check("[\"hunter2\"]", "••••");
        check("hunter2", "••••");
        let text = "password = { value = \"\"\"\nx = hunter2\n\"\"\" }";
        assert!(!format!("{}", at(text, 30)).contains("hunter2"));
    }

    #[test]
    fn of_an_address_only_its_kind_is_shown() {
        check("url = \"smtp://me:hunter2@h\"", "url = \"smtp://••••");
        check("url = 'smtp:/me:hunter2@h'", "url = ••••");
        check("ulr = \"slack://T0/B0/hunter2\"", "ulr = \"slack:••••");
        check("ulr = \"slak://T0/B0/hunter2\"", "ulr = ••••");
        check("url=ntfy://h/hunter2", "url=ntfy://••••");
    }

    #[test]
    fn a_place_is_counted_in_lines_and_characters() {
        let place = at("a = 1\nname = \"ä\" x", 18);
        assert_eq!((place.line, place.column), (2, 12));
        let end = at("a", 500);
        assert_eq!((end.line, end.column), (1, 2));
    }
}
