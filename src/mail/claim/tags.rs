//! Reads a tag list, the form of DKIM's signatures and key records (RFC 6376, 3.2).
//!
//! It knows the syntax and no tag's meaning.

use std::ops::Range;

/// One tag of a tag list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag<'a> {
    /// Its name; case counts.
    pub name: &'a str,
    /// Its value, blanks around it removed.
    pub value: &'a str,
    /// Where the value stands in the list, blanks around it included.
    pub span: Range<usize>,
}

/// A tag list: a DKIM-Signature's value or a key record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tags<'a>(Vec<Tag<'a>>);

impl<'a> Tags<'a> {
    /// Reads a list (RFC 6376, 3.2); `None` if it is not one. A name may still occur twice.
    #[must_use]
    pub fn read(list: &'a [u8]) -> Option<Self> {
        let list = std::str::from_utf8(list).ok()?;
        let printable = |byte: u8| byte.is_ascii_graphic() || b" \t\r\n".contains(&byte);
        if !list.bytes().all(printable) {
            return None;
        }
        let mut tags = Vec::new();
        let mut start = 0;
        for part in list.split(';') {
            let end = start + part.len();
            if let Some((name, value)) = part.split_once('=') {
                let name = name.trim_ascii();
                let starts_well = name.starts_with(|first: char| first.is_ascii_alphabetic());
                let wordy = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
                if !starts_well || !name.bytes().all(wordy) {
                    return None;
                }
                let span = end - value.len()..end;
                tags.push(Tag {
                    name,
                    value: value.trim_ascii(),
                    span,
                });
            } else if end != list.len() || !part.trim_ascii().is_empty() {
                return None;
            }
            start = end + 1;
        }
        Some(Self(tags))
    }

    /// Whether a name occurs twice: then the list means nothing (RFC 6376, 3.2).
    #[must_use]
    pub fn repeats(&self) -> bool {
        let mut names: Vec<_> = self.0.iter().map(|tag| tag.name).collect();
        names.sort_unstable();
        names
            .windows(2)
            .any(|pair| matches!(pair, [one, other] if one == other))
    }

    /// The tags of this name.
    pub fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Tag<'a>> {
        self.0.iter().filter(move |tag| tag.name == name)
    }

    /// The value of the first tag of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.0
            .iter()
            .find(|tag| tag.name == name)
            .map(|tag| tag.value)
    }
}

/// Whether two key records hold the same key (`p=`), whatever else they say.
#[must_use]
pub fn is_same_key(one: &str, other: &str) -> bool {
    let key = |record: &str| {
        let tags = Tags::read(record.as_bytes())?;
        let key: String = tags.get("p")?.split_ascii_whitespace().collect();
        Some(key)
    };
    key(one).is_some_and(|one| key(other) == Some(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_compared_by_their_key() {
        assert!(is_same_key(
            "v=DKIM1; k=rsa; p=AA BB",
            "k=rsa; t=s; p=AABB;"
        ));
        assert!(!is_same_key("p=AABB", "p=AABC"));
        assert!(!is_same_key("p=AABB", "hello"));
        assert!(!is_same_key("hello", "hello"));
    }

    #[test]
    fn a_list_that_is_none_is_refused() {
        for list in [
            "a", "a=1;;b=2", "=1", "1a=1", "a-b=1", "a=\u{e9}", "a=\x0c", ";",
        ] {
            assert_eq!(Tags::read(list.as_bytes()), None, "{list:?}");
        }
        assert!(Tags::read(b"a=1; b = 2=3 ; ").is_some());
    }
}
