//! Whether another reader of mail would read the same: a second parser, of other people's, and the
//! transfer encoding that no signature of Meta's covers.
//!
//! It says what else can be seen in a message, and judges nothing. The only user of `mailparse`,
//! which shares no line with the first parser.

use mailparse::{DispositionType, MailAddr, MailHeaderMap as _, ParsedMail, addrparse_header};

use super::entity;
use super::mime::{Mail, one_line};

/// What another reader of a message could see, if that is something else than `mail`, whose texts
/// are `texts`; `None` if all agree.
///
/// The texts come decoded, each with whether it is HTML; none if the second parser cannot read it.
#[must_use]
pub fn other_reading(raw: &[u8], mail: &Mail, texts: &[String]) -> Option<Vec<(bool, String)>> {
    let Some(second) = read(raw) else {
        return Some(Vec::new());
    };
    let is_same = second.from == mail.from
        && is_same(&one_line(&second.subject), &mail.subject)
        && second.texts.len() == texts.len()
        && { second.texts.iter().zip(texts) }.all(|((_, one), other)| is_same(one, other))
        && (second.has_parts || is_encoded_as_said(raw));
    (!is_same).then_some(second.texts)
}

/// What the second parser reads of a message.
struct SecondReading {
    /// The address of the single From, lower case; empty if there is not exactly one.
    from: String,
    subject: String,
    /// The encodings are named within the body, where signatures cover them.
    has_parts: bool,
    /// The texts that can be shown, decoded, in their order, and whether each is HTML.
    texts: Vec<(bool, String)>,
}

fn read(raw: &[u8]) -> Option<SecondReading> {
    let message = mailparse::parse_mail(raw).ok()?;
    let mut texts = Vec::new();
    collect(&message, &mut texts)?;
    let subject = message.headers.get_first_value("Subject");
    Some(SecondReading {
        from: from(&message),
        subject: subject.unwrap_or_default(),
        has_parts: message.ctype.mimetype.starts_with("multipart/"),
        texts,
    })
}

/// Whether two texts say the same: blanks and a byte order mark do not count.
fn is_same(one: &str, other: &str) -> bool {
    let words = |text| str::trim_start_matches(text, '\u{feff}').split_whitespace();
    words(one).eq(words(other))
}

fn from(message: &ParsedMail<'_>) -> String {
    let mut fields = message.headers.get_all_headers("From").into_iter();
    let (Some(field), None) = (fields.next(), fields.next()) else {
        return String::new();
    };
    let Ok(addresses) = addrparse_header(field) else {
        return String::new();
    };
    match addresses.as_slice() {
        [MailAddr::Single(one)] => one.addr.to_lowercase(),
        _ => String::new(),
    }
}

fn collect(part: &ParsedMail<'_>, texts: &mut Vec<(bool, String)>) -> Option<()> {
    if part.get_content_disposition().disposition == DispositionType::Attachment {
        return Some(());
    }
    match part.ctype.mimetype.as_str() {
        "text/html" => texts.push((true, part.get_body().ok()?)),
        "text/plain" => texts.push((false, part.get_body().ok()?)),
        _ => {
            for inner in &part.subparts {
                collect(inner, texts)?;
            }
        }
    }
    Some(())
}

/// Whether the body is in the transfer encoding that the header names, and in no other.
///
/// Meta's signatures cover the encoded text and not the field that names the encoding (seen 2016
/// to 2022): who passes the message on could have it read another way.
fn is_encoded_as_said(raw: &[u8]) -> bool {
    let (header, body) = entity::divide(raw);
    let field = entity::fields(header, &["Content-Transfer-Encoding"]).concat();
    let named = String::from_utf8_lossy(&field).to_ascii_lowercase();
    let named = named.split_once(':').map_or("7bit", |(_, named)| named);
    match named.trim() {
        "quoted-printable" => escapes(body) != Escapes::Impossible,
        "base64" => body.iter().all(|byte| {
            byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace() || b"+/=".contains(byte)
        }),
        // Text that could as well be quoted-printable would say something else then.
        _ => escapes(body) != Escapes::Proper,
    }
}

/// What the equals signs of a text can be.
#[derive(PartialEq, Eq)]
enum Escapes {
    None,
    /// All of them begin an escape or end a line softly (RFC 2045, 6.7).
    Proper,
    Impossible,
}

fn escapes(body: &[u8]) -> Escapes {
    let mut found = Escapes::None;
    // A link's parameters may look like escapes ("?id=63"), and say nothing to a reader.
    let mut in_link = false;
    for (at, byte) in body.iter().enumerate() {
        let rest = body.get(at + 1..).unwrap_or_default();
        match byte {
            b':' if rest.starts_with(b"//") => in_link = true,
            b'"' | b'\'' | b'<' | b'>' | b'(' | b')' => in_link = false,
            byte if byte.is_ascii_whitespace() => in_link = false,
            b'=' => match rest {
                [] | [b' ' | b'\t' | b'\r' | b'\n', ..] => found = Escapes::Proper,
                [one, two, ..] if one.is_ascii_hexdigit() && two.is_ascii_hexdigit() => {
                    if !in_link {
                        found = Escapes::Proper;
                    }
                }
                _ => return Escapes::Impossible,
            },
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn as_said(encoding: &str, body: &str) -> bool {
        let raw = format!("From: a@b.test\r\n{encoding}\r\n{body}");
        is_encoded_as_said(raw.as_bytes())
    }

    #[test]
    fn a_body_fits_one_encoding_alone() {
        const QP: &str = "Content-Transfer-Encoding: Quoted-Printable\r\n";
        const BASE64: &str = "Content-Transfer-Encoding: base64\r\n";
        let encoded = "Caf=C3=A9 <b style=3D\"x\">12=\r\n34</b>";
        assert!(as_said(QP, encoded));
        assert!(!as_said("", encoded));
        assert!(!as_said("Content-Transfer-Encoding: 8bit\r\n", encoded));
        assert!(!as_said(BASE64, encoded));
        let plain = "<b style=\"x\">1234</b>";
        assert!(as_said("", plain));
        assert!(!as_said(QP, plain));
        assert!(as_said("", "Your code is 1234") && as_said(QP, "Your code is 1234"));
        let link = "https://www.facebook.com/help/contact/1?id=63&mid=5ac4";
        assert!(as_said("", link) && as_said(QP, link));
        assert!(!as_said("", "https://www.facebook.com/?c=\r\n123456"));
        assert!(as_said(BASE64, "WW91ciBjb2Rl\r\nIGlzIDEyMzQ=\r\n"));
    }

    #[test]
    fn a_message_is_read_without_its_attachments() {
        let raw = b"From: Meta <A@b.test>\r\nSubject: =?utf-8?q?=C3=A9t=C3=A9?=\r\n\
            Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\none\r\n--x\r\n\
            Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\nPGI+Mg==\r\n\
            --x\r\nContent-Disposition: attachment\r\n\r\nthree\r\n--x--\r\n";
        let read = read(raw).unwrap();
        assert_eq!(
            (read.from.as_str(), read.subject.as_str()),
            ("a@b.test", "\u{e9}t\u{e9}")
        );
        let texts: Vec<_> = read
            .texts
            .iter()
            .map(|(html, text)| (*html, text.trim()))
            .collect();
        assert_eq!(texts, [(false, "one"), (true, "<b>2")]);
        assert!(is_same("\u{feff}a  b\r\n", "a\nb"));
        assert!(!is_same("a b", "a c"));
    }

    #[test]
    fn parts_name_their_encodings_themselves() {
        let raw = b"From: Meta <a@facebookmail.com>\r\nContent-Type: multipart/mixed;\r\n\
            \tboundary=x\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\n\
            Content-Transfer-Encoding: quoted-printable\r\n\r\nCaf=C3=A9\r\n--x--\r\n";
        let mail = super::super::read(raw, &super::super::Wordings::built_in());
        assert!(!mail.is_ambiguous);
        assert_eq!(mail.text, "Caf\u{e9}");
        let single = b"From: Meta <a@facebookmail.com>\r\n\r\nYour code is 12=\r\n34\r\n";
        assert!(super::super::read(single, &super::super::Wordings::built_in()).is_ambiguous);
    }
}
