//! Addresses of pages: the host and the words of a path stay where they are Meta's and public,
//! what tells one reader from another goes.
//!
//! It does not know whether a link is visible, nor where it leads.

use super::super::link;
use super::cast::Cast;

/// The page address without what identifies; its length and its marks stay.
pub fn page(address: &str, cast: &mut Cast<'_>) -> String {
    let (scheme, rest) = match address.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), address),
    };
    let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (person, host) = match authority.rsplit_once('@') {
        Some((person, host)) if cast.known.is_host(person) => (format!("{person}@"), host),
        Some((person, host)) => (format!("{}@", cast.id(person)), host),
        None => (String::new(), authority),
    };
    let (name, port) = host.split_at(host.find(':').unwrap_or(host.len()));
    let host = format!("{person}{}{port}", cast.host(name));
    let (path, query) = tail.split_at(tail.find(['?', '#']).unwrap_or(tail.len()));
    let is_metas = cast.known.is_metas(name);
    let path = self::path(path, is_metas, cast);
    format!("{scheme}{host}{path}{}", self::query(query, cast))
}

/// Whether a word can be a page's address without its scheme ("facebook.com/privacy").
pub fn is_bare(word: &str) -> bool {
    let Some((host, _)) = word.split_once('/') else {
        return word.starts_with("www.");
    };
    is_domain(host)
}

/// Whether a word looks like a domain.
pub fn is_domain(word: &str) -> bool {
    let last = word.rsplit('.').next().unwrap_or_default();
    word.contains('.')
        && last.len() >= 2
        && last.bytes().all(|byte| byte.is_ascii_alphabetic())
        && word.split('.').all(|label| !label.is_empty())
        && !word.contains(|c: char| c.is_whitespace() || matches!(c, '@' | ':'))
}

fn path(path: &str, is_metas: bool, cast: &mut Cast<'_>) -> String {
    let mut new = String::with_capacity(path.len());
    for segment in path.split_inclusive('/') {
        let bare = segment.strip_suffix('/').unwrap_or(segment);
        let has_digits = bare.contains(char::is_numeric);
        // The number of a form or of a help page is the same for everybody.
        let is_public = is_metas
            && bare.bytes().all(|byte| byte.is_ascii_digit())
            && (link::FORMS.contains(&new.as_str()) || new == "/help/");
        if is_public {
            cast.publish(bare);
        }
        if is_public || (cast.known.is_plain(bare) && !has_digits) {
            new.push_str(segment);
        } else {
            new.push_str(&cast.id(bare));
            new.push_str(segment.get(bare.len()..).unwrap_or_default());
        }
    }
    new
}

/// A query or a fragment: the names of its fields stay, what they hold goes.
pub fn query(query: &str, cast: &mut Cast<'_>) -> String {
    let mut new = String::with_capacity(query.len());
    for pair in query.split_inclusive(['?', '#', '&', ';']) {
        let is_key = |key: &str| {
            let is_word = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
            key.len() <= 16 && key.bytes().all(is_word)
        };
        match pair.split_once('=') {
            Some((key, value)) if is_key(key) && !cast.is_name(key) => {
                new.push_str(key);
                new.push('=');
                new.push_str(&cast.id(value));
            }
            _ => new.push_str(&cast.id(pair)),
        }
    }
    new
}
