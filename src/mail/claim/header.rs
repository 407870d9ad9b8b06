//! Splits a raw message into its header fields and its body, strictly.
//!
//! It knows the syntax of a field (RFC 5322, 2.2) and the meaning of none. It repairs nothing: a
//! header that two programs could read in two ways is refused, because a signature that holds for
//! one reading says nothing about the other.

use thiserror::Error;

/// The largest message that is looked at: mail of this kind has some ten kilobytes.
pub const MAX_MESSAGE: usize = 1024 * 1024;

/// The largest header: ten times what the longest chain of relays was seen to write.
pub const MAX_HEADER: usize = 256 * 1024;

/// The most fields in a header.
pub const MAX_FIELDS: usize = 500;

/// Why a message cannot be split beyond doubt. `Display` is a sentence for the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Flaw {
    /// More than [`MAX_MESSAGE`] bytes.
    #[error("it is larger than 1 MiB, and no more than that is checked")]
    TooLarge,
    /// More than [`MAX_HEADER`] bytes before the body.
    #[error("its header is larger than 256 KiB")]
    HeaderTooLarge,
    /// More than [`MAX_FIELDS`] fields.
    #[error("its header has more than 500 fields")]
    TooManyFields,
    /// A NUL anywhere (RFC 5322, 2.2: text is 1 to 127; RFC 6532 adds UTF-8, not NUL).
    #[error("it contains a NUL byte")]
    Nul,
    /// A CR without LF in the header (RFC 5322, 2.2: they only occur together).
    #[error("its header contains a carriage return that ends no line")]
    BareCr,
    /// A line that begins no field and continues none.
    #[error("its header contains a line that is not a proper field")]
    BadField,
    /// No header at all.
    #[error("it has no header")]
    NoHeader,
}

/// One header field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name as written: printable ASCII.
    pub name: &'a str,
    /// All that follows the colon, folds included, without the last line's end.
    pub value: &'a [u8],
}

impl Field<'_> {
    /// Whether the field has this name (RFC 5322, 1.2.2: case does not matter).
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The value on one line (RFC 5322, 2.2.3).
    #[must_use]
    pub fn unfolded(&self) -> Vec<u8> {
        let ends_no_line = |byte: &u8| !matches!(byte, b'\r' | b'\n');
        self.value.iter().copied().filter(ends_no_line).collect()
    }
}

/// A message, split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split<'a> {
    /// The fields, topmost first; never empty.
    pub fields: Vec<Field<'a>>,
    /// All that follows the first empty line.
    pub body: &'a [u8],
}

impl<'a> Split<'a> {
    /// The fields of one name, topmost first.
    pub fn named<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Field<'a>> {
        self.fields.iter().filter(move |field| field.is(name))
    }
}

/// Splits `raw`. Lines may end in CRLF or, as in a Maildir, in LF.
///
/// # Errors
///
/// The first [`Flaw`] found.
pub fn split(raw: &[u8]) -> Result<Split<'_>, Flaw> {
    if raw.len() > MAX_MESSAGE {
        return Err(Flaw::TooLarge);
    }
    if raw.contains(&0) {
        return Err(Flaw::Nul);
    }
    let (header, body) = divide(raw);
    if header.len() > MAX_HEADER {
        return Err(Flaw::HeaderTooLarge);
    }
    let mut fields = Vec::new();
    let mut start = 0;
    let mut end = 0;
    for line in header.split_inclusive(|byte| *byte == b'\n') {
        if without_end(line).contains(&b'\r') {
            return Err(Flaw::BareCr);
        }
        let continues = matches!(line.first(), Some(b' ' | b'\t'));
        if continues && end == 0 {
            return Err(Flaw::BadField);
        }
        if !continues && end > 0 {
            push(&mut fields, header.get(start..end))?;
            start = end;
        }
        end += line.len();
    }
    push(&mut fields, header.get(start..end))?;
    Ok(Split { fields, body })
}

/// The header up to the first empty line, and what follows that line (RFC 5322, 2.1).
fn divide(raw: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        if matches!(line, b"\n" | b"\r\n") {
            let body = raw.get(at + line.len()..).unwrap_or_default();
            return (raw.get(..at).unwrap_or_default(), body);
        }
        at += line.len();
    }
    (raw, &[])
}

fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn push<'a>(fields: &mut Vec<Field<'a>>, lines: Option<&'a [u8]>) -> Result<(), Flaw> {
    let lines = lines
        .filter(|lines| !lines.is_empty())
        .ok_or(Flaw::NoHeader)?;
    if fields.len() == MAX_FIELDS {
        return Err(Flaw::TooManyFields);
    }
    let colon = lines.iter().position(|byte| *byte == b':');
    let (name, rest) = lines
        .split_at_checked(colon.ok_or(Flaw::BadField)?)
        .ok_or(Flaw::BadField)?;
    // RFC 5322, 2.2 without the blank before the colon that 4.5 tolerates: what one parser takes
    // for `From` another overlooks.
    if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
        return Err(Flaw::BadField);
    }
    let name = std::str::from_utf8(name).map_err(|_| Flaw::BadField)?;
    let value = without_end(rest.get(1..).unwrap_or_default());
    fields.push(Field { name, value });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &[u8], expected: Result<&[(&str, &str)], Flaw>) {
        let found = split(raw).map(|split| {
            let pair = |field: &Field<'_>| {
                let value = String::from_utf8_lossy(field.value).into_owned();
                (field.name.to_owned(), value)
            };
            split.fields.iter().map(pair).collect::<Vec<_>>()
        });
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let expected = expected.map(|fields| fields.iter().map(own).collect::<Vec<_>>());
        assert_eq!(found, expected, "{:?}", String::from_utf8_lossy(raw));
    }

    #[test]
    fn fields_are_split_with_either_line_end() {
        check(
            b"A: 1\r\nB:2\r\n\t3\r\n\r\nC: 4\r\n",
            Ok(&[("A", " 1"), ("B", "2\r\n\t3")]),
        );
        check(
            b"A: 1\nB:2\n 3\n\nC: 4\n",
            Ok(&[("A", " 1"), ("B", "2\n 3")]),
        );
        check(b"A:", Ok(&[("A", "")]));
    }

    #[test]
    fn the_body_begins_after_the_first_empty_line() {
        assert_eq!(split(b"A: 1\r\n\r\n\r\nx").unwrap().body, b"\r\nx");
        assert_eq!(split(b"A: 1\r\n").unwrap().body, b"");
    }

    #[test]
    fn a_field_that_two_parsers_read_differently_is_refused() {
        for raw in [
            &b"From : a\r\n\r\n"[..],
            b"A: 1\r\nSub\tject: x\r\n\r\n",
            b"A: 1\r\nFr om: x\r\n\r\n",
            b" From: x\r\n\r\n",
            b"A: 1\r\nFrom\r\n : x\r\n\r\n",
            b"A: 1\r\nFr\xc3\xb6m: x\r\n\r\n",
            b"A: 1\r\n: x\r\n\r\n",
            b"A: 1\r\nno colon\r\n\r\n",
            b">From x: y\r\n\r\n",
        ] {
            check(raw, Err(Flaw::BadField));
        }
    }

    #[test]
    fn control_characters_that_split_lines_are_refused() {
        check(b"A: 1\rFrom: x\r\n\r\n", Err(Flaw::BareCr));
        check(b"A: 1\r\r\n\r\n", Err(Flaw::BareCr));
        check(b"A: 1\r\n\r\nx\0", Err(Flaw::Nul));
    }

    #[test]
    fn sizes_are_bounded() {
        check(b"", Err(Flaw::NoHeader));
        check(b"\r\nbody", Err(Flaw::NoHeader));
        check(&vec![b'a'; MAX_MESSAGE + 1], Err(Flaw::TooLarge));
        let mut wide = b"A: ".to_vec();
        wide.resize(MAX_HEADER + 1, b'x');
        check(&wide, Err(Flaw::HeaderTooLarge));
        assert_eq!(
            split(&b"A: 1\n".repeat(MAX_FIELDS)).unwrap().fields.len(),
            MAX_FIELDS
        );
        check(&b"A: 1\n".repeat(MAX_FIELDS + 1), Err(Flaw::TooManyFields));
    }
}
