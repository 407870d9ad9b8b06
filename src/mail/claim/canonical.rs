//! The canonical form of a message, byte for byte what a DKIM signature is made over
//! (RFC 6376, 3.4 and 3.7).
//!
//! It does not know keys, or whether a signature holds. It is written here and not taken from
//! mail-auth because 0.13.3 leaves bare carriage returns out of the hash, folds form feeds, and
//! keeps blank-only lines at the end of a relaxed body: what was read would not be what was signed.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::header::Field;

/// One of the two canonical forms (RFC 6376, 3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As it stands.
    Simple,
    /// Case of names and amount of blanks do not count.
    Relaxed,
}

/// The input of the signature: the fields that `signed` names, from the bottom up where a name
/// repeats, then the signature's own field with an empty `b=` and no line end (RFC 6376, 3.7).
#[must_use]
pub fn header(fields: &[Field<'_>], signed: &[String], own: &Field<'_>, form: Form) -> Vec<u8> {
    let mut left: BTreeMap<String, Vec<&Field<'_>>> = BTreeMap::new();
    for field in fields {
        left.entry(field.name.to_ascii_lowercase())
            .or_default()
            .push(field);
    }
    let mut out = Vec::new();
    for name in signed {
        // A name with no field left stands for the promise that there is none (RFC 6376, 5.4.2).
        let named = left.get_mut(&name.to_ascii_lowercase());
        if let Some(field) = named.and_then(Vec::pop) {
            push_field(&mut out, field, form);
            out.extend_from_slice(b"\r\n");
        }
    }
    push_field(&mut out, own, form);
    out
}

/// The input of an ARC seal: `fields` in this order, then the seal's own with an empty `b=`, all in
/// the relaxed form (RFC 8617, 5.1.1).
#[must_use]
pub fn sequence(fields: &[Field<'_>], own: &Field<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    for field in fields {
        push_field(&mut out, field, Form::Relaxed);
        out.extend_from_slice(b"\r\n");
    }
    push_field(&mut out, own, Form::Relaxed);
    out
}

fn push_field(out: &mut Vec<u8>, field: &Field<'_>, form: Form) {
    match form {
        Form::Simple => {
            out.extend_from_slice(field.name.as_bytes());
            out.push(b':');
            for byte in field.value.iter().filter(|byte| **byte != b'\r') {
                if *byte == b'\n' {
                    out.push(b'\r');
                }
                out.push(*byte);
            }
        }
        Form::Relaxed => {
            out.extend_from_slice(field.name.to_ascii_lowercase().as_bytes());
            out.push(b':');
            let words = field
                .value
                .split(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
            join(out, words.filter(|word| !word.is_empty()));
        }
    }
}

/// SHA-256 of the body's canonical form (RFC 6376, 3.4.3 and 3.4.4). Lines may end in CRLF or LF.
#[must_use]
pub fn body_hash(body: &[u8], form: Form) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut empty_lines = 0_usize;
    let mut written = false;
    let mut relaxed = Vec::new();
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let line = match line.strip_suffix(b"\n") {
            Some(line) => line.strip_suffix(b"\r").unwrap_or(line),
            None => line,
        };
        let line = match form {
            Form::Simple => line,
            Form::Relaxed => {
                relaxed.clear();
                push_relaxed_line(&mut relaxed, line);
                &relaxed
            }
        };
        if line.is_empty() {
            empty_lines += 1;
            continue;
        }
        for _ in 0..std::mem::take(&mut empty_lines) {
            hash.update(b"\r\n");
        }
        hash.update(line);
        hash.update(b"\r\n");
        written = true;
    }
    // An empty body is one line end in the simple form and nothing in the relaxed one.
    if !written && form == Form::Simple {
        hash.update(b"\r\n");
    }
    hash.finalize().into()
}

fn push_relaxed_line(out: &mut Vec<u8>, line: &[u8]) {
    if matches!(line.first(), Some(b' ' | b'\t')) {
        out.push(b' ');
    }
    let words = line.split(|byte| matches!(byte, b' ' | b'\t'));
    let start = out.len();
    join(out, words.filter(|word| !word.is_empty()));
    // Blanks alone are an empty line: the trap that mail-auth 0.13.3 steps into.
    if out.len() == start {
        out.clear();
    }
}

fn join<'a>(out: &mut Vec<u8>, words: impl Iterator<Item = &'a [u8]>) {
    for (at, word) in words.enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(form: Form, body: &[u8], canonical: &[u8]) {
        let expected: [u8; 32] = Sha256::digest(canonical).into();
        assert_eq!(body_hash(body, form), expected, "{form:?} {body:?}");
    }

    #[test]
    fn the_body_is_as_in_the_standard() {
        // RFC 6376, 3.4.5.
        same(
            Form::Relaxed,
            b" C \r\nD \t E\r\n\r\n\r\n",
            b" C\r\nD E\r\n",
        );
        same(
            Form::Simple,
            b" C \r\nD \t E\r\n\r\n\r\n",
            b" C \r\nD \t E\r\n",
        );
        same(Form::Simple, b"", b"\r\n");
        same(Form::Relaxed, b"", b"");
        same(Form::Simple, b"x", b"x\r\n");
        same(Form::Relaxed, b"x", b"x\r\n");
        same(Form::Simple, b"\r\n\r\nx\n\ny\n", b"\r\n\r\nx\r\n\r\ny\r\n");
    }

    #[test]
    fn blank_only_lines_at_the_end_of_a_relaxed_body_do_not_count() {
        same(Form::Relaxed, b"x\r\n \t\r\n\r\n ", b"x\r\n");
        same(Form::Relaxed, b"\r\n \r\n", b"");
        same(Form::Simple, b"x\r\n \r\n", b"x\r\n \r\n");
    }

    #[test]
    fn a_bare_carriage_return_counts() {
        for form in [Form::Simple, Form::Relaxed] {
            same(form, b"12\r34\r\n", b"12\r34\r\n");
            same(form, b"12\r\r\n", b"12\r\r\n");
            same(form, b"12\x0c34\r\n", b"12\x0c34\r\n");
        }
    }

    #[test]
    fn the_header_is_as_in_the_standard() {
        let fields = [
            Field {
                name: "A",
                value: b" X",
            },
            Field {
                name: "B ",
                value: b" Y\t\r\n\tZ  ",
            },
        ];
        let own = Field {
            name: "DKIM-Signature",
            value: b" b=",
        };
        let names = ["a".to_owned(), "B ".to_owned()];
        let relaxed = header(&fields, &names, &own, Form::Relaxed);
        assert_eq!(relaxed, b"a:X\r\nb :Y Z\r\ndkim-signature:b=");
        let simple = header(&fields, &names, &own, Form::Simple);
        assert_eq!(simple, b"A: X\r\nB : Y\t\r\n\tZ  \r\nDKIM-Signature: b=");
    }

    #[test]
    fn repeated_names_are_taken_from_the_bottom() {
        let fields = [
            Field {
                name: "A",
                value: b"top",
            },
            Field {
                name: "a",
                value: b"low",
            },
        ];
        let own = Field {
            name: "S",
            value: b"",
        };
        let names = ["A", "A", "A"].map(str::to_owned);
        let relaxed = header(&fields, &names, &own, Form::Relaxed);
        assert_eq!(relaxed, b"a:low\r\na:top\r\ns:");
    }
}
