//! Raw message in, [`Mail`] out: header fields decoded, the readable parts turned into text.
//!
//! It never fails: what cannot be decoded is missing, and what is too large is cut and says so.
//! Attachments, and messages inside messages, are not decoded at all. It does not know what the
//! words mean, nor whether the header is honest. The only user of `mail-parser`, which is given
//! one header or one text at a time: its own walk through the parts decodes every attachment, and
//! takes `Sub ject:` for a subject.

use std::fmt;

use jiff::Timestamp;
use mail_parser::{
    Address, ContentType, HeaderName, Message, MessageParser, MimeHeaders, PartType,
};

use super::agreement;
use super::entity::{self, MAX_HEADER, MAX_PARTS};
use super::envelope;
use super::forms::Body;
use super::link;
use super::text::{self, Seen};
use super::visible;
use super::wordings::{Quoted, Wordings};

/// The most bytes of a message that are read: mail of this kind has some fifty kilobytes.
const MAX_RAW: usize = 1024 * 1024;

/// How deep parts are looked for in parts: a mail of this kind has them one deep.
const MAX_DEPTH: usize = 10;

/// The most recipients that are kept.
const MAX_RECIPIENTS: usize = 200;

/// The longest subject that is read, in characters.
const MAX_SUBJECT: usize = 1000;

/// The header fields of a message that are read; no others reach the parser.
const MESSAGE_FIELDS: [&str; 5] = ["From", "To", "Subject", "Date", "Message-ID"];

/// The header fields of a part that are read (RFC 2045, 3; RFC 2183).
const PART_FIELDS: [&str; 3] = [
    "Content-Type",
    "Content-Transfer-Encoding",
    "Content-Disposition",
];

/// What a message says, MIME removed.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The Message-ID with its brackets. Meta's signatures do not cover it.
    pub message_id: Option<String>,
    /// The address of the single From, lower case; empty if there is not exactly one.
    pub from: String,
    /// The display name beside it.
    pub from_name: String,
    /// The addresses of To, lower case.
    pub to: Vec<String>,
    /// The subject on one line, without control characters.
    pub subject: String,
    /// The Date field.
    pub date: Option<Timestamp>,
    /// What a person sees of the preferred form of the body, without quoted text.
    pub text: String,
    /// The same of each other form of the body (`text/plain` beside `text/html`).
    pub others: Vec<String>,
    /// Where the visible links lead, as written.
    pub links: Vec<String>,
    /// Those of them that show an address, with what they show.
    pub labels: Vec<(String, String)>,
    /// Some of the message was not read, because it is too large.
    pub truncated: bool,
    /// Another reader of mail would read something else.
    pub is_ambiguous: bool,
    /// The From field claims, in whatever way, to be Meta's.
    pub claims_meta: bool,
}

/// A mail may carry a code: nothing of it but its size is printed.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail")
            .field("text_bytes", &self.text.len())
            .field("truncated", &self.truncated)
            .finish_non_exhaustive()
    }
}

/// Somebody named in a header field.
pub struct Person {
    /// The display name, decoded.
    pub name: String,
    /// The address, lower case.
    pub address: String,
}

/// Reads a whole message.
#[must_use]
pub fn read(raw: &[u8], wordings: &Wordings) -> Mail {
    let (mut mail, texts) = read_once(raw, wordings);
    // What is too large is set aside in any case, and others' mail is nobody's concern.
    if mail.claims_meta && !mail.truncated {
        let other = agreement::other_reading(raw, &mail, &texts);
        mail.is_ambiguous = other.is_some();
        // What another reader sees is judged like another form of the text.
        for (is_html, text) in other.into_iter().flatten() {
            mail.others
                .push(seen(is_html, &text, wordings.quoted()).text);
        }
    }
    mail
}

/// Reads a whole message with one parser, and gives its decoded texts in their order.
pub(super) fn read_once(raw: &[u8], wordings: &Wordings) -> (Mail, Vec<String>) {
    let truncated = raw.len() > MAX_RAW;
    let raw = raw.get(..MAX_RAW).unwrap_or(raw);
    let (header, _) = entity::divide(raw);
    let mut walk = Walk::new(wordings.quoted());
    let body = walk.body(raw, 0);
    let mut mail = headline(header);
    mail.truncated = truncated || walk.cut || header.len() > MAX_HEADER || body.preferred.cut;
    mail.others = body.others.into_iter().map(|other| other.text).collect();
    mail.links = body.preferred.links;
    mail.labels = body.preferred.labels;
    mail.links.extend(link::in_text(&body.preferred.text));
    mail.text = body.preferred.text;
    (mail, walk.texts)
}

/// Reads a message of which only the beginning is there.
#[must_use]
pub fn read_truncated(raw: &[u8], wordings: &Wordings) -> Mail {
    Mail {
        truncated: true,
        ..read(raw, wordings)
    }
}

/// The header of a message, or all of what is only a header.
#[must_use]
pub fn header(raw: &[u8]) -> &[u8] {
    entity::divide(raw.get(..MAX_RAW).unwrap_or(raw)).0
}

/// The people named in the From fields of a header, every one of them.
#[must_use]
pub fn senders(header: &[u8]) -> Vec<Person> {
    let fields = entity::fields(header, &["From"]);
    let mut people = Vec::new();
    for field in &fields {
        let parsed = MessageParser::new()
            .with_address_headers()
            .parse_headers(field);
        people.extend(parsed.iter().filter_map(Message::from).flat_map(persons));
        // The same field read as text shows what hides in an encoded word (RFC 2047, 5).
        let unstructured = [b"Subject:", field.get(5..).unwrap_or_default()].concat();
        people.push(Person {
            name: parse(&unstructured)
                .and_then(|m| m.subject().map(str::to_owned))
                .unwrap_or_default(),
            address: String::new(),
        });
    }
    people
}

fn headline(header: &[u8]) -> Mail {
    let fields = entity::fields(header, &MESSAGE_FIELDS);
    let joined = fields.concat();
    // Without a single field the parser has no message, and asked for one it panics.
    let parsed = parse(&joined);
    let parsed = parsed.as_ref();
    let addressed = |address: Option<&Address<'_>>| address.map(persons).unwrap_or_default();
    let senders = addressed(parsed.and_then(Message::from));
    let froms = fields
        .iter()
        .filter(|field| entity::is_named(field, "From"));
    let (mut from, mut from_name) = (String::new(), String::new());
    if let ([one], 1) = (senders.as_slice(), froms.count()) {
        from.clone_from(&one.address);
        from_name = one_line(&one.name);
    }
    let recipients = addressed(parsed.and_then(Message::to)).into_iter();
    let date = parsed
        .and_then(Message::date)
        .filter(|date| date.is_valid());
    let id = parsed.and_then(Message::message_id);
    Mail {
        message_id: id.map(|id| format!("<{}>", one_line(id))),
        from,
        from_name,
        to: recipients.map(|to| to.address).collect(),
        subject: one_line(parsed.and_then(Message::subject).unwrap_or_default()),
        date: date.and_then(|date| Timestamp::from_second(date.to_timestamp()).ok()),
        text: String::new(),
        others: Vec::new(),
        links: Vec::new(),
        labels: Vec::new(),
        truncated: false,
        is_ambiguous: false,
        claims_meta: envelope::claims_to_be_meta(header),
    }
}

fn persons(address: &Address<'_>) -> Vec<Person> {
    let person = |found: &mail_parser::Addr<'_>| Person {
        name: found.name().unwrap_or_default().to_owned(),
        address: found.address().unwrap_or_default().to_lowercase(),
    };
    address.iter().take(MAX_RECIPIENTS).map(person).collect()
}

pub(super) fn one_line(text: &str) -> String {
    let text: String = text.chars().take(MAX_SUBJECT).collect();
    visible::clean(&text)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn parse(raw: &[u8]) -> Option<Message<'_>> {
    MessageParser::new()
        .with_address_headers()
        .with_date_headers()
        .with_message_ids()
        .with_mime_headers()
        .header_text(HeaderName::Subject)
        .parse_headers(raw)
}

fn seen(is_html: bool, text: &str, quoted: &Quoted) -> Seen {
    if is_html {
        text::of_html(text, quoted)
    } else {
        text::of_plain(text, quoted)
    }
}

/// A walk through the parts of a message.
struct Walk<'a> {
    quoted: &'a Quoted,
    /// The texts that were read, decoded, in their order.
    texts: Vec<String>,
    parts: usize,
    cut: bool,
}

impl<'a> Walk<'a> {
    fn new(quoted: &'a Quoted) -> Self {
        Self {
            quoted,
            texts: Vec::new(),
            parts: 0,
            cut: false,
        }
    }

    fn body(&mut self, entity: &[u8], depth: usize) -> Body {
        self.parts += 1;
        if self.parts > MAX_PARTS || depth > MAX_DEPTH {
            self.cut = true;
            return Body::default();
        }
        let (header, content) = entity::divide(entity);
        let header = entity::fields(header, &PART_FIELDS).concat();
        let parsed = parse(&header);
        let root = parsed.as_ref().and_then(|parsed| parsed.parts.first());
        let kind = root.and_then(MimeHeaders::content_type);
        let disposition = root.and_then(MimeHeaders::content_disposition);
        if disposition.is_some_and(ContentType::is_attachment) {
            return Body::default();
        }
        let subtype = kind
            .and_then(ContentType::subtype)
            .unwrap_or("plain")
            .to_ascii_lowercase();
        let main = kind
            .map_or("text", |kind| kind.ctype())
            .to_ascii_lowercase();
        match (main.as_str(), subtype.as_str()) {
            ("multipart", _) => {
                let boundary = kind.and_then(|kind| kind.attribute("boundary"));
                self.parts(content, boundary.unwrap_or_default(), &subtype, depth)
            }
            ("text", "html" | "plain") => {
                let is_html = subtype == "html";
                let text = decoded(&header, content);
                let preferred = seen(is_html, &text, self.quoted);
                self.texts.push(text);
                Body {
                    preferred,
                    is_html,
                    ..Body::default()
                }
            }
            _ => Body::default(),
        }
    }

    fn parts(&mut self, content: &[u8], boundary: &str, subtype: &str, depth: usize) -> Body {
        let mut whole = Body::default();
        for part in entity::split(content, boundary.as_bytes()) {
            if self.cut {
                break;
            }
            let body = self.body(part, depth + 1);
            if whole.is_empty() {
                whole = body;
            } else if subtype == "alternative" {
                whole.replace(body);
            } else {
                whole.append(body);
            }
        }
        whole
    }
}

/// What a part's own header says of it.
#[derive(Default)]
pub(super) struct Kind {
    /// Type and subtype, lower case (`text/plain` where nothing is said).
    pub main: String,
    pub subtype: String,
    pub boundary: String,
    pub charset: String,
    /// How it should be shown, if that is said.
    pub disposition: Option<String>,
    pub is_attachment: bool,
}

/// What the header of a message or a part says of its content.
pub(super) fn kind(header: &[u8]) -> Kind {
    let header = entity::fields(header, &PART_FIELDS).concat();
    let parsed = parse(&header);
    let root = parsed.as_ref().and_then(|parsed| parsed.parts.first());
    let kind = root.and_then(MimeHeaders::content_type);
    let disposition = root.and_then(MimeHeaders::content_disposition);
    let attribute = |name: &str| {
        let value = kind.and_then(|kind| kind.attribute(name));
        value.unwrap_or_default().to_owned()
    };
    let lower = |word: &str| word.to_ascii_lowercase();
    Kind {
        main: lower(kind.map_or("text", |kind| kind.ctype())),
        subtype: lower(kind.and_then(ContentType::subtype).unwrap_or("plain")),
        boundary: attribute("boundary"),
        charset: attribute("charset"),
        disposition: disposition.map(|disposition| lower(disposition.ctype())),
        is_attachment: disposition.is_some_and(ContentType::is_attachment),
    }
}

/// A field's value with its encoded words (RFC 2047) read.
pub(super) fn unencoded(value: &str) -> String {
    let field = [b"Subject: ", value.as_bytes(), b"\r\n"].concat();
    let parsed = parse(&field);
    let text = parsed.as_ref().and_then(Message::subject);
    text.unwrap_or_default().to_owned()
}

/// The text of one part: transfer encoding and charset removed.
pub(super) fn decoded(header: &[u8], content: &[u8]) -> String {
    let part = [header, b"\r\n", content].concat();
    let parsed = MessageParser::new().with_mime_headers().parse(&part);
    let first = parsed.and_then(|message| message.parts.into_iter().next());
    match first.map(|part| part.body) {
        Some(PartType::Text(text) | PartType::Html(text)) => text.into_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &[u8]) -> Mail {
        super::read(raw, &Wordings::built_in())
    }

    const HEAD: &str = "From: \"Meta, Privacy\" <Notification@FacebookMail.com>\r\n\
        To: Me <ME@example.org>, you@example.org\r\n\
        Subject: =?utf-8?q?Your=20code=0D=0AX:_y?=\r\n\
        Date: Thu, 6 Jun 2024 19:34:15 -0700\r\nMessage-ID: <1@x>\r\n";

    fn check(body: &str, text: &str, others: &[&str]) {
        let mail = read(format!("{HEAD}{body}").as_bytes());
        assert_eq!(mail.text, text, "{body}");
        assert_eq!(mail.others, others, "{body}");
    }

    #[test]
    fn fields_are_decoded() {
        let mail = read(HEAD.as_bytes());
        assert_eq!(mail.from, "notification@facebookmail.com");
        assert_eq!(mail.from_name, "Meta, Privacy");
        assert_eq!(mail.to, ["me@example.org", "you@example.org"]);
        assert_eq!(mail.subject, "Your code X: y");
        assert_eq!(mail.message_id.as_deref(), Some("<1@x>"));
        assert_eq!(mail.date.unwrap().to_string(), "2024-06-07T02:34:15Z");
        assert!(mail.claims_meta && !mail.truncated);
    }

    #[test]
    fn an_odd_name_is_no_field_and_two_senders_are_none() {
        let odd = read(format!("{HEAD}Sub\tject: 1\r\nFr om: a@b.test\r\n\r\nx").as_bytes());
        assert_eq!(odd.subject, "Your code X: y");
        assert_eq!(odd.from, "notification@facebookmail.com");
        let two = read(format!("{HEAD}From: a@b.test\r\n\r\nx").as_bytes());
        assert_eq!(two.from, "");
        assert!(two.claims_meta);
        assert_eq!(read(b"From: a@b.test, c@d.test\n\nx").from, "");
    }

    #[test]
    fn forms_of_one_body_are_told_from_parts_that_follow_each_other() {
        check("\r\nplain", "plain", &[]);
        check("Content-Type: TEXT/HTML\n\n<p>a<p>b", "a\n\nb", &[]);
        let html = "Content-Type: text/html; charset=utf-8\n\
            Content-Transfer-Encoding: quoted-printable\n\n<p>caf=C3=A9 =\nx</p>";
        let parts = format!("--b1\n\nplain\n--b1\n{html}\n--b1--\nafter");
        let multi = |kind: &str| format!("Content-Type: multipart/{kind}; boundary=b1\n\n{parts}");
        check(&multi("alternative"), "café x", &["plain"]);
        check(&multi("mixed"), "plain\n\ncafé x", &[]);
        let open = multi("mixed").replace("--b1--\nafter", "");
        check(&open, "plain\n\ncafé x", &[]);
    }

    #[test]
    fn attachments_and_messages_inside_are_not_read() {
        let with = |head: &str| {
            format!(
                "Content-Type: multipart/mixed; boundary=\"b\"\n\n--b\n\nseen\n\
                 --b\n{head}\n\nContent-Type: text/plain\n\nunseen\n--b--\n"
            )
        };
        check(&with("Content-Type: message/rfc822"), "seen", &[]);
        check(&with("Content-Type: application/pdf"), "seen", &[]);
        check(
            &with("Content-Disposition: attachment; filename=a.txt"),
            "seen",
            &[],
        );
        check(&with("Content-Type: message/partial"), "seen", &[]);
    }

    #[test]
    fn hostile_nesting_and_size_are_cut() {
        let deep = |count| "Content-Type: multipart/mixed; boundary=b\n\n--b\n".repeat(count);
        assert!(read(deep(20_000).as_bytes()).truncated);
        let wide = format!(
            "Content-Type: multipart/mixed; boundary=b\n\n{}",
            "--b\n\nx\n".repeat(100_000)
        );
        assert!(read(wide.as_bytes()).truncated);
        let inside = "Content-Type: message/rfc822\n\n".repeat(30_000);
        assert_eq!(read(inside.as_bytes()).text, "");
        assert!(read("x: y\n".repeat(300_000).as_bytes()).truncated);
        let words = format!("Subject: {}\n\nx", "=?utf-8?q?a?= ".repeat(80_000));
        assert!(read(words.as_bytes()).truncated);
        assert!(read_truncated(b"From: a@b.test\n\nx", &Wordings::built_in()).truncated);
    }
}
