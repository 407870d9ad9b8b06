//! A message or a part of it without its secrets: the same parts in the same order, in the same
//! encodings.
//!
//! What is not read as text is replaced by a word. It does not know fields other than those that
//! describe content.

use super::super::entity;
use super::super::mime::{self, Kind};
use super::cast::Cast;
use super::words::{self, Names};
use super::{encode, field, page};

/// What stands for an attachment.
const REMOVED: &str = "[removed]";

/// The longest name of a boundary that tells nothing.
const MAX_BOUNDARY: usize = 15;

/// Fields of a part's own header that say more than what its content is.
const PART_ONLY: [&str; 2] = ["Content-ID", "Content-Language"];

/// How a text is written.
struct Written {
    bytes: Vec<u8>,
    /// The charset that has to be said, if another one is said in the original.
    charset: Option<&'static str>,
}

/// The whole message without its secrets.
pub fn message(raw: &[u8], cast: &mut Cast<'_>) -> String {
    let (header, _) = entity::divide(raw);
    let eol = if header.windows(2).any(|pair| pair == b"\r\n") {
        "\r\n"
    } else {
        "\n"
    };
    for field in field::all(header) {
        field::learn_recipients(&field, cast);
    }
    entity(raw, true, eol, cast)
}

/// The decoded text of every part that is read, as it stands and without its markup.
pub fn texts(raw: &[u8], texts: &mut Vec<String>) {
    let (header, content) = entity::divide(raw);
    let kind = mime::kind(header);
    for field in field::all(header) {
        let value = String::from_utf8_lossy(&field).into_owned();
        texts.push(mime::unencoded(&value));
        texts.push(value);
    }
    match (kind.main.as_str(), kind.subtype.as_str()) {
        _ if kind.is_attachment => {}
        ("multipart", _) => {
            for part in entity::split(content, kind.boundary.as_bytes()) {
                self::texts(part, texts);
            }
        }
        ("text", "html") => texts.push(page::all_words(&mime::decoded(header, content))),
        ("text", "plain") => texts.push(mime::decoded(header, content)),
        _ => {}
    }
}

fn entity(raw: &[u8], is_whole: bool, eol: &str, cast: &mut Cast<'_>) -> String {
    let (header, content) = entity::divide(raw);
    let kind = mime::kind(header);
    let said = encoding(header);
    let mut encoding = said.clone();
    let boundary = new_boundary(&kind.boundary, cast);
    let (body, charset) = if kind.is_attachment {
        (removed(&encoding, eol), None)
    } else {
        match (kind.main.as_str(), kind.subtype.as_str()) {
            ("multipart", _) => (parts(content, &kind.boundary, &boundary, eol, cast), None),
            ("text", "html" | "plain") => {
                let written = text(header, content, &kind, cast);
                // The copy is UTF-8 as a whole: other bytes are written as ASCII.
                if std::str::from_utf8(&written.bytes).is_err() && encoding != "base64" {
                    QUOTED.clone_into(&mut encoding);
                }
                let body = encoded(&written.bytes, &encoding, eol);
                (body, written.charset)
            }
            _ => (removed(&encoding, eol), None),
        }
    };
    let described = Described {
        kind: &kind,
        boundary: &boundary,
        charset,
        encoding: Some(encoding.as_str()).filter(|encoding| *encoding != said),
    };
    let mut out = described.header(header, is_whole, eol, cast);
    // A message that is only a header has no body, and no line between the two.
    if header.len() < raw.len() {
        out.push_str(eol);
        out.push_str(&body);
    }
    out
}

/// What the copy says of its content.
struct Described<'a> {
    kind: &'a Kind,
    boundary: &'a str,
    charset: Option<&'static str>,
    /// The transfer encoding, if it is another one than in the original.
    encoding: Option<&'a str>,
}

impl Described<'_> {
    fn header(&self, header: &[u8], is_whole: bool, eol: &str, cast: &mut Cast<'_>) -> String {
        let mut out = String::new();
        let (mut typed, mut disposed) = (false, false);
        for field in field::all(header) {
            let is = |name: &str| entity::is_named(&field, name);
            if is("Content-Type") {
                if !typed {
                    out.push_str(&self.content_type(&field, eol));
                }
                typed = true;
            } else if is("Content-Disposition") {
                let disposition = self.kind.disposition.as_deref().filter(|_| !disposed);
                if let Some(disposition) = disposition.filter(|word| is_token(word)) {
                    out.extend(["Content-Disposition: ", disposition, eol]);
                }
                disposed = true;
            } else if is(ENCODING) && self.encoding.is_some() {
                // It is said once, below.
            } else if is_whole || PART_ONLY.iter().any(|name| is(name)) || is(ENCODING) {
                out.push_str(&field::redacted(&field, eol, cast).unwrap_or_default());
            }
        }
        if let Some(charset) = self.charset.filter(|_| !typed) {
            out.extend(["Content-Type: text/plain; charset=", charset, eol]);
        }
        if let Some(encoding) = self.encoding {
            out.extend([ENCODING, ": ", encoding, eol]);
        }
        out
    }

    fn content_type(&self, field: &[u8], eol: &str) -> String {
        let Kind {
            main,
            subtype,
            charset,
            ..
        } = self.kind;
        if !is_token(main) || !is_token(subtype) {
            return String::new();
        }
        let mut value = format!("Content-Type: {main}/{subtype}");
        let charset = self.charset.unwrap_or(charset);
        if is_token(charset) {
            value.extend(["; charset=\"", charset, "\""]);
        }
        let said = String::from_utf8_lossy(field).to_ascii_lowercase();
        if said.contains("format=flowed") {
            value.push_str("; format=flowed");
        }
        if main == "multipart" && !self.boundary.is_empty() {
            value.extend([";", eol, " boundary=\"", self.boundary, "\""]);
        }
        value + eol
    }
}

/// The field that says how content is encoded.
const ENCODING: &str = "Content-Transfer-Encoding";

/// The encoding for bytes that are not UTF-8.
const QUOTED: &str = "quoted-printable";

fn encoding(header: &[u8]) -> String {
    let fields = entity::fields(header, &[ENCODING]);
    let value = fields
        .last()
        .and_then(|field| field.get(ENCODING.len() + 1..));
    let value = String::from_utf8_lossy(value.unwrap_or_default());
    value.trim().to_ascii_lowercase()
}

/// A word that names a type or a charset (RFC 2045, 5.1), and is no number of anybody.
fn is_token(word: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-+._:".contains(&byte);
    !word.is_empty() && word.len() <= 40 && word.bytes().all(is_plain)
}

/// Short boundaries stay: how they resemble each other may be what a report is about.
fn new_boundary(boundary: &str, cast: &mut Cast<'_>) -> String {
    if boundary.len() <= MAX_BOUNDARY && is_token(boundary) {
        return boundary.to_owned();
    }
    let new = cast.id(boundary);
    new.chars()
        .map(|c| {
            if c.is_ascii_graphic() && c != '"' {
                c
            } else {
                '_'
            }
        })
        .collect()
}

fn parts(content: &[u8], old: &str, new: &str, eol: &str, cast: &mut Cast<'_>) -> String {
    let mut out = String::new();
    for part in entity::split(content, old.as_bytes()) {
        out.extend(["--", new, eol]);
        out.push_str(&entity(part, false, eol, cast));
        if !out.ends_with('\n') {
            out.push_str(eol);
        }
    }
    let end = format!("--{old}--");
    let ends = |line: &[u8]| line.trim_ascii_end() == end.as_bytes();
    if content.split(|byte| *byte == b'\n').any(ends) {
        out.extend(["--", new, "--", eol]);
    }
    out
}

fn text(header: &[u8], content: &[u8], kind: &Kind, cast: &mut Cast<'_>) -> Written {
    let charset = kind.charset.to_ascii_lowercase();
    let text = mime::decoded(header, content);
    let text = if kind.subtype == "html" {
        page::redacted(&text, cast)
    } else {
        words::redacted(&text, Names::AmongWords, cast)
    };
    // In these, ASCII letters are other bytes, or other letters.
    let is_shifted = [
        "utf-16",
        "utf-32",
        "utf-7",
        "ucs",
        "iso-2022",
        "iso-10646",
        "hz",
    ]
    .iter()
    .any(|start| charset.starts_with(start));
    let says_utf8 = matches!(charset.as_str(), "utf-8" | "utf8");
    if says_utf8 || (text.is_ascii() && !is_shifted) {
        return Written {
            bytes: text.into_bytes(),
            charset: None,
        };
    }
    let western = encode::western(&text, &charset);
    Written {
        charset: western.is_none().then_some("utf-8"),
        bytes: western.unwrap_or_else(|| text.into_bytes()),
    }
}

fn encoded(bytes: &[u8], encoding: &str, eol: &str) -> String {
    let text = || String::from_utf8_lossy(bytes).into_owned();
    match encoding {
        "base64" => encode::base64(bytes, eol),
        QUOTED => encode::quoted_printable(bytes, eol),
        _ if eol == "\r\n" => text().replace("\r\n", "\n").replace('\n', eol),
        _ => text(),
    }
}

fn removed(encoding: &str, eol: &str) -> String {
    match encoding {
        "base64" => encode::base64(REMOVED.as_bytes(), eol),
        _ => format!("{REMOVED}{eol}"),
    }
}
