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

/// What a key of a secret is called, near enough.
const SECRET_WORDS: [&str; 5] = ["password", "passwd", "secret", "token", "value"];

/// The schemes whose addresses hold no secret besides a password before the `@`.
const OPEN_SCHEMES: [&str; 3] = ["ntfy", "smtp", "smtps"];

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
    // From the first secret-like key to the end of the line nothing is shown: where its value
    // ends is a question for a parser, and the line may not parse.
    for (equals, _) in line.match_indices('=') {
        if is_secret_like(key_before(&line[..equals])) {
            return format!("{}= {BLOT}", &line[..equals]);
        }
    }
    blot_addresses(line)
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

/// The last key in `text`, which stands before an equals sign.
fn key_before(text: &str) -> &str {
    let text = text.trim_end();
    let start = text.rfind(['{', ',', '#', ' ']).map_or(0, |i| i + 1);
    &text[start..]
}

/// Somebody who writes this key means to write a secret after it. Typing errors count too.
fn is_secret_like(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.split('.').any(|part| {
        let part = part.trim_matches(['"', '\'', ' ']);
        ["pass", "pw", "secret", "token", "auth_key", "api"]
            .iter()
            .any(|word| part.contains(word))
            || part == "key"
            || SECRET_WORDS
                .iter()
                .any(|word| strsim::osa_distance(part, word) <= 2)
    })
}

/// `line` with the secret parts of every quoted address blotted.
fn blot_addresses(line: &str) -> String {
    let mut shown = String::new();
    let mut rest = line;
    while let Some(open) = rest.find(['"', '\'']) {
        let (before, quoted) = rest.split_at(open);
        let (quote, inside) = quoted.split_at(1);
        let end = inside.find(quote).unwrap_or(inside.len());
        let key = before
            .rsplit_once('=')
            .map_or("", |(keys, _)| key_before(keys));
        shown.push_str(before);
        shown.push_str(quote);
        shown.push_str(&open_part(
            &inside[..end],
            strsim::osa_distance(key, "url") <= 1,
        ));
        shown.push_str(&inside[end..(end + 1).min(inside.len())]);
        rest = &inside[(end + 1).min(inside.len())..];
    }
    shown.push_str(rest);
    shown
}

/// `value` without what may be a secret in an address. Other services' addresses are secrets as
/// a whole: who knows one can post to it.
fn open_part(value: &str, is_url: bool) -> String {
    let (scheme, rest) = match value.split_once("://") {
        Some((scheme, rest)) if OPEN_SCHEMES.contains(&scheme) => (scheme, rest),
        Some((scheme, _)) => return format!("{scheme}://{BLOT}"),
        None if is_url && !value.starts_with("stdout") => return BLOT.to_owned(),
        None => ("", value),
    };
    let prefix = &value[..value.len() - rest.len()];
    match rest.rsplit_once('@') {
        Some((before, after)) if scheme == "ntfy" || before.contains(':') => {
            format!("{prefix}{BLOT}@{after}")
        }
        Some(_) => value.to_owned(),
        // `login:password` with the host forgotten.
        None => match rest.split_once(':') {
            Some((host, after))
                if !scheme.is_empty()
                    && !host.starts_with('[')
                    && !after.starts_with(|c: char| c.is_ascii_digit()) =>
            {
                format!("{prefix}{host}:{BLOT}")
            }
            _ => value.to_owned(),
        },
    }
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
        check("[[mailbox]] # mine", "[[mailbox]] # mine");
        check("\"a._domainkey.b\" = 5", "\"a._domainkey.b\" = 5");
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
    fn an_address_keeps_its_secrets() {
        check(
            "url = \"smtp://me:hunter2@h/?to=a@b.org\"",
            "url = \"smtp://••••@b.org\"",
        );
        check("url = \"smtp://me:hunter2\"", "url = \"smtp://me:••••\"");
        check("url = \"smtps:me:hunter2@h\"", "url = \"••••\"");
        check("url = \"slack://T0/B0/hunter2\"", "url = \"slack://••••\"");
        check("url = \"ntfy://:hunter2@h/t\"", "url = \"ntfy://••••@h/t\"");
        check("ulr = 'T0/B0/hunter2'", "ulr = '••••'");
        check(
            "url = \"smtp://h:2525/?to=a\"",
            "url = \"smtp://h:2525/?to=a\"",
        );
        check("url = \"stdout\"", "url = \"stdout\"");
        check(
            "x = \"it's\", url = \"me:hunter2@h",
            "x = \"it's\", url = \"••••",
        );
    }

    #[test]
    fn a_place_is_counted_in_lines_and_characters() {
        let place = at("a = 1\nname = \"ä\" x", 18);
        assert_eq!((place.line, place.column), (2, 12));
        let end = at("a", 500);
        assert_eq!((end.line, end.column), (1, 2));
    }
}
