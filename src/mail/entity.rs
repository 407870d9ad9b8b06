//! Cuts a message, or a part of one, along its lines: header and body, fields, parts.
//!
//! It decodes nothing and knows the meaning of no field. It repairs as little as it can, because
//! what it reads into broken bytes is what a forger would have it read.

/// The most bytes of a header that are read: ten times what chains of relays were seen to write.
pub const MAX_HEADER: usize = 256 * 1024;

/// The most parts that are looked at: a mail of this kind has two.
pub const MAX_PARTS: usize = 100;

/// Header and body of an entity; the header keeps the end of its last line.
#[must_use]
pub fn divide(entity: &[u8]) -> (&[u8], &[u8]) {
    let mut end = 0;
    for line in entity.split_inclusive(|byte| *byte == b'\n') {
        let next = end + line.len();
        if matches!(line, b"\n" | b"\r\n") {
            return (
                entity.get(..end).unwrap_or_default(),
                entity.get(next..).unwrap_or_default(),
            );
        }
        end = next;
    }
    (entity, &[])
}

/// The wanted fields of a header, each on one line (RFC 5322, 2.2.3). A name is exactly what
/// RFC 5322, 2.2 calls one: what signatures do not know as Subject is no Subject here.
#[must_use]
pub fn fields(header: &[u8], wanted: &[&str]) -> Vec<Vec<u8>> {
    let header = header.get(..MAX_HEADER).unwrap_or(header);
    let mut fields: Vec<Vec<u8>> = Vec::new();
    let mut is_wanted = false;
    for line in header.split_inclusive(|byte| *byte == b'\n') {
        let line = line.trim_ascii_end();
        let continues = matches!(line.first(), Some(b' ' | b'\t'));
        if !continues {
            is_wanted = wanted.iter().any(|name| is_named(line, name));
            if is_wanted {
                fields.push(Vec::new());
            }
        }
        if is_wanted && let Some(field) = fields.last_mut() {
            if continues {
                field.truncate(field.trim_ascii_end().len());
            }
            field.extend_from_slice(line);
            field.extend_from_slice(b"\r\n");
        }
    }
    fields
}

/// Whether a field has this name.
#[must_use]
pub fn is_named(field: &[u8], name: &str) -> bool {
    let (start, rest) = field.split_at(name.len().min(field.len()));
    start.eq_ignore_ascii_case(name.as_bytes()) && rest.first() == Some(&b':')
}

/// The parts between the lines of a boundary (RFC 2046, 5.1.1).
#[must_use]
pub fn split<'a>(content: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    if boundary.is_empty() {
        return parts;
    }
    let (mut start, mut end) = (None, 0);
    for line in content.split_inclusive(|byte| *byte == b'\n') {
        let bare = line.trim_ascii_end();
        let after = bare
            .strip_prefix(b"--")
            .and_then(|line| line.strip_prefix(boundary));
        if let Some(after @ (b"" | b"--")) = after {
            parts.extend(start.and_then(|start| content.get(start..end)));
            start = after.is_empty().then_some(end + line.len());
        }
        end += line.len();
        if parts.len() > MAX_PARTS {
            return parts;
        }
    }
    // The last boundary is missing: what is there is read.
    parts.extend(start.and_then(|start| content.get(start..)));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &str, expected: &[&str]) {
        let parts: Vec<&[u8]> = expected.iter().map(|part| part.as_bytes()).collect();
        assert_eq!(split(content.as_bytes(), b"b"), parts, "{content}");
    }

    #[test]
    fn parts_stand_between_whole_boundary_lines() {
        check(
            "pre\n--b\none\n--b \r\ntwo\n--b--\npost",
            &["one\n", "two\n"],
        );
        check("--b\none\n--bb\n--b2\n", &["one\n--bb\n--b2\n"]);
        check("--b--\n--b\none", &["one"]);
        check("--b\n--b\n", &["", ""]);
        check("none", &[]);
        assert!(split(b"--\nx\n--", b"").is_empty());
    }

    #[test]
    fn fields_have_exact_names_and_one_line() {
        let header = b"Subject: a\r\n\tb\r\nX: y\nSub ject: c\nsubject: d\n e\n";
        let found = fields(header, &["Subject"]);
        assert_eq!(
            found,
            [b"Subject: a\tb\r\n".to_vec(), b"subject: d e\r\n".to_vec()]
        );
        assert_eq!(divide(b"a: b\r\n\r\nc").1, b"c");
        assert_eq!(divide(b"\nc"), (&b""[..], &b"c"[..]));
    }
}
