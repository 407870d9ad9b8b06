//! Reads Rust text far enough for the rules: comments and strings taken out, tokens with lines.

use std::fs;
use std::path::{Path, PathBuf};

/// One file of Rust.
pub struct Source {
    /// The path from the package's root, with slashes.
    pub path: String,
    /// The text as it stands.
    pub text: String,
    /// The text with comments, strings and character literals blanked, line by line the same.
    pub code: String,
}

/// A word or a mark of the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// The word, or one of `::`, `->`, `=>`, or a single character.
    pub text: &'a str,
    /// Its line, from 1.
    pub line: usize,
}

impl Source {
    /// A file with this text.
    pub fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            code: blanked(text),
        }
    }

    /// How many lines stand before the trailing `#[cfg(test)] mod tests`.
    pub fn lines_without_tests(&self) -> usize {
        let lines: Vec<&str> = self.code.lines().collect();
        let tests = lines.windows(2).position(|pair| {
            pair[0].trim() == "#[cfg(test)]" && pair[1].trim().starts_with("mod tests {")
        });
        tests.unwrap_or(lines.len())
    }

    /// The code's tokens.
    pub fn tokens(&self) -> Vec<Token<'_>> {
        let mut tokens = Vec::new();
        for (index, line) in self.code.lines().enumerate() {
            let mut rest = line.trim_start();
            while let Some(first) = rest.chars().next() {
                let is_word = |c: char| c.is_alphanumeric() || c == '_';
                let length = if is_word(first) {
                    rest.find(|c| !is_word(c)).unwrap_or(rest.len())
                } else if ["::", "->", "=>"].iter().any(|mark| rest.starts_with(mark)) {
                    2
                } else {
                    first.len_utf8()
                };
                let (text, further) = rest.split_at(length);
                tokens.push(Token {
                    text,
                    line: index + 1,
                });
                rest = further.trim_start();
            }
        }
        tokens
    }
}

/// The package's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below the given folders of the package; to find none in one is a failure.
pub fn sources(folders: &[&str]) -> Vec<Source> {
    let mut sources = Vec::new();
    for folder in folders {
        let files = files(&root().join(folder), &|_| true);
        let before = sources.len();
        for path in files
            .iter()
            .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        {
            let name = path.strip_prefix(root()).unwrap().to_str().unwrap();
            sources.push(Source::new(name, &fs::read_to_string(path).unwrap()));
        }
        assert!(sources.len() > before, "no Rust file in {folder}");
    }
    sources
}

/// Every file below `folder`, in order of name, in folders that `enter` lets pass.
pub fn files(folder: &Path, enter: &dyn Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.is_symlink())
        .collect();
    entries.sort();
    let mut found = Vec::new();
    for path in entries {
        if !path.is_dir() {
            found.push(path);
        } else if enter(&path) {
            found.extend(files(&path, enter));
        }
    }
    found
}

/// `text` with comments, strings and character literals replaced by spaces.
fn blanked(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    let mut after_word = false;
    while let Some(first) = rest.chars().next() {
        let length = literal_or_comment(rest, after_word);
        let (taken, further) = rest.split_at(length.unwrap_or(first.len_utf8()));
        if length.is_some() {
            code.extend(taken.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        } else {
            code.push(first);
        }
        after_word = length.is_none() && (first.is_alphanumeric() || first == '_');
        rest = further;
    }
    code
}

/// The length of the comment, string or character literal that `text` begins with, if it does.
fn literal_or_comment(text: &str, after_word: bool) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return Some(block_comment(text));
    }
    if let Some(body) = text.strip_prefix('\'') {
        // 'x' and '\n' are characters, 'x without a second quote is a lifetime.
        let mut chars = body.char_indices().skip(1);
        if body.starts_with('\\') {
            let (quote, _) = chars.skip(1).find(|(_, c)| *c == '\'')?;
            return Some(quote + 2);
        }
        return chars
            .next()
            .filter(|(_, c)| *c == '\'')
            .map(|(quote, _)| quote + 2);
    }
    let prefix = if after_word {
        0
    } else {
        text.len() - text.trim_start_matches(['b', 'c', 'r']).len()
    };
    let opening = &text[prefix..];
    let hashes = opening.len() - opening.trim_start_matches('#').len();
    let is_raw = text[..prefix].contains('r');
    if !opening[hashes..].starts_with('"') || (hashes > 0 && !is_raw) {
        return None;
    }
    let start = prefix + hashes + 1;
    let end = if is_raw {
        let closing = format!("\"{}", "#".repeat(hashes));
        text[start..]
            .find(&closing)
            .map(|at| start + at + closing.len())
    } else {
        closing_quote(&text[start..]).map(|at| start + at)
    };
    Some(end.unwrap_or(text.len()))
}

/// Where a string with escapes ends, its quote included.
fn closing_quote(body: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The length of a block comment, those nested in it included.
fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn strings_comments_and_characters_are_not_code() {
        let text = r##"a /* b /* c */ d */ "e\"f" r#"g " h"# 'i' '\'' 'j b"k" // l
m"##;
        let source = Source::new("a.rs", text);
        let words: Vec<&str> = source.tokens().iter().map(|token| token.text).collect();
        assert_eq!(words, ["a", "'", "j", "m"]);
        assert_eq!(source.tokens().last().unwrap().line, 2);
    }

    #[test]
    fn trailing_tests_do_not_count() {
        let text = "//! A.\nfn a() {}\n#[cfg(test)]\nmod tests {\n}\n";
        assert_eq!(Source::new("a.rs", text).lines_without_tests(), 2);
    }
}
