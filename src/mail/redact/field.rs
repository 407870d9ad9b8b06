//! Header fields without their secrets: those that a reader of a report needs, one by one.
//!
//! Whatever is not named here is dropped, and with it the way that a message took, the verdicts of
//! servers, and signatures, which a changed message cannot keep. It does not know the body.

use super::super::entity;
use super::super::mime;
use super::cast::Cast;
use super::words::{self, Names};
use super::{encode, number};

/// Fields that hold addresses (RFC 5322, 3.6.2 and 3.6.3).
const PEOPLE: [&str; 7] = [
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Delivered-To",
    "Errors-To",
];

/// A longer list of people is no letter to a person.
const MAX_PEOPLE: usize = 16 * 1024;

/// Fields whose own words say what for a message is.
const SHORT: [&str; 8] = [
    "MIME-Version",
    "X-Mailer",
    "X-Facebook-Priority",
    "X-Auto-Response-Suppress",
    "Auto-Submitted",
    "Precedence",
    "Content-Language",
    "Content-Transfer-Encoding",
];

/// The longest value of such a field that is worth keeping.
const MAX_SHORT: usize = 100;

/// Tags of a signature that name no bytes of the message (RFC 6376, 3.5).
const SIGNED_BY: [&str; 7] = ["v", "a", "c", "d", "s", "h", "q"];

/// The longest encoded word that is read as one: RFC 2047, 2 allows 75 characters.
const MAX_WORD: usize = 400;

/// The most digits of a version in a field that is kept as it is.
const VERSION: usize = 4;

/// Where a line of a field is broken if it can be.
const LINE: usize = 78;

/// A field's lines without its secrets, or nothing if it is dropped. Those that describe the
/// content are not here: they depend on what becomes of it.
pub fn redacted(field: &[u8], eol: &str, cast: &mut Cast<'_>) -> Option<String> {
    let colon = field.iter().position(|byte| *byte == b':')?;
    let name = std::str::from_utf8(field.get(..colon)?).ok()?;
    let value = String::from_utf8_lossy(field.get(colon + 1..)?)
        .trim()
        .to_owned();
    let is = |names: &[&str]| names.iter().any(|wanted| entity::is_named(field, wanted));
    let value = if is(&PEOPLE) && value.len() > MAX_PEOPLE {
        return None;
    } else if is(&PEOPLE) {
        people(&value, eol, cast)
    } else if is(&["Subject"]) {
        subject(&value, eol, cast)
    } else if is(&["Date"]) {
        date(&value)?
    } else if is(&["Message-ID", "Content-ID"]) {
        message_id(&value, cast)
    } else if is(&["Feedback-ID", "X-Facebook-Notify"]) {
        typed(&value, cast)
    } else if is(&["DKIM-Signature"]) {
        signature(&value, cast)
    } else if is(&SHORT) && value.len() <= MAX_SHORT {
        short(&value, cast)
    } else {
        return None;
    };
    Some(folded(&format!("{name}: {value}"), eol))
}

/// The fields of a header in their order, each on one line.
pub fn all(header: &[u8]) -> Vec<Vec<u8>> {
    let mut names: Vec<&str> = Vec::new();
    for line in header.split(|byte| *byte == b'\n') {
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(0);
        let name = line
            .get(..colon)
            .and_then(|name| std::str::from_utf8(name).ok());
        let is_name = |name: &&str| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let is_new = |name: &&str| !names.iter().any(|known| known.eq_ignore_ascii_case(name));
        if let Some(name) = name
            .filter(is_name)
            .filter(|_| names.len() < 200)
            .filter(is_new)
        {
            names.push(name);
        }
    }
    entity::fields(header, &names)
}

fn short(value: &str, cast: &mut Cast<'_>) -> String {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    if digits <= VERSION
        && value.is_ascii()
        && !words::name_words(value)
            .iter()
            .any(|at| value.get(at.clone()).is_some_and(|word| cast.is_name(word)))
    {
        return value.to_owned();
    }
    words::redacted(value, Names::AmongWords, cast)
}

fn date(value: &str) -> Option<String> {
    let value = value.split('(').next().unwrap_or_default().trim();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " ,:+-".contains(c);
    (value.len() <= 40 && value.chars().all(is_plain)).then(|| value.to_owned())
}

fn subject(value: &str, eol: &str, cast: &mut Cast<'_>) -> String {
    if !value.contains("=?") {
        return words::redacted(value, Names::AmongWords, cast);
    }
    let new = words::redacted(&mime::unencoded(value), Names::AmongWords, cast);
    encode::words(&new, is_base64(value), eol)
}

fn is_base64(value: &str) -> bool {
    let encoding = value
        .split("=?")
        .nth(1)
        .and_then(|word| word.split('?').nth(1));
    encoding.is_some_and(|encoding| encoding.eq_ignore_ascii_case("b"))
}

/// The left side goes, the host stays if it is Meta's.
fn message_id(value: &str, cast: &mut Cast<'_>) -> String {
    let inner = value.trim_matches(['<', '>']);
    let new = match inner.rsplit_once('@') {
        Some((left, host)) => format!("{}@{}", cast.id(left), cast.host(host)),
        None => cast.id(inner),
    };
    format!("<{}>", new.replace(['<', '>', ' '], ""))
}

/// The word that names a kind of mail stays, the ids beside it go.
fn typed(value: &str, cast: &mut Cast<'_>) -> String {
    let mut new = String::new();
    let mut is_value = false;
    for piece in value.split_inclusive([':', ';', '=', ',', ' ']) {
        let bare = piece.trim_end_matches([':', ';', '=', ',', ' ']);
        let is_word = bare
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
        let stays = is_word && !is_value && bare.split('_').all(|word| !cast.is_name(word));
        new.push_str(&if stays {
            piece.to_owned()
        } else {
            cast.id(piece)
        });
        is_value = piece.ends_with('=');
    }
    new
}

/// Who signed, and which fields; what was computed from the bytes goes.
fn signature(value: &str, cast: &mut Cast<'_>) -> String {
    let mut tags = Vec::new();
    for tag in value.split(';') {
        let Some((name, value)) = tag.split_once('=') else {
            continue;
        };
        let (name, value) = (name.trim(), value.split_whitespace().collect::<String>());
        if SIGNED_BY.contains(&name) {
            let value = match name {
                "d" => cast.host(&value),
                _ => words::redacted(&value, Names::AmongWords, cast),
            };
            tags.push(format!("{name}={value}"));
        }
    }
    tags.join("; ")
}

/// A field of addresses: brackets, quotation marks and commas stay where they are.
fn people(value: &str, eol: &str, cast: &mut Cast<'_>) -> String {
    let is_metas = is_all_metas(value, cast);
    let mut new = String::new();
    let mut rest = value;
    while let Some(first) = rest.chars().next() {
        let (piece, after) = match first {
            '"' => rest.split_at(end_of_quotation(rest)),
            '<' => rest.split_at(rest.find('>').map_or(rest.len(), |at| at + 1)),
            _ if rest.starts_with("=?") => rest.split_at(end_of_words(rest)),
            ',' | ';' | ':' | '>' => rest.split_at(first.len_utf8()),
            _ => {
                let skipped = first.len_utf8();
                let tail = rest.get(skipped..).unwrap_or_default();
                let end = tail.find(['"', '<', ',', ';', ':', '>']);
                let piece = tail.get(..end.unwrap_or(tail.len())).unwrap_or_default();
                rest.split_at(skipped + piece.find("=?").unwrap_or(piece.len()))
            }
        };
        rest = after;
        if first == '<' {
            let address = piece.trim_matches(['<', '>']);
            let address = if address.contains('@') {
                cast.address(address)
            } else {
                cast.id(address)
            };
            new.extend(["<", &address, ">"]);
        } else if first == '"' {
            let inner = piece
                .get(1..piece.len() - 1)
                .unwrap_or_default()
                .replace('\\', "");
            let inner = name(&inner, is_metas, cast).replace(['"', '\\'], "");
            new.extend(["\"", &inner, "\""]);
        } else if piece.starts_with("=?") {
            let inner = name(&mime::unencoded(piece), is_metas, cast);
            new.push_str(&encode::words(&inner, is_base64(piece), eol));
        } else {
            new.push_str(&name(piece, is_metas, cast));
        }
    }
    new
}

/// A display name, or an address that stands without brackets.
fn name(text: &str, is_metas: bool, cast: &mut Cast<'_>) -> String {
    // Who calls himself Meta gives words of Meta's, and perhaps somebody's name among them.
    let is_metas = is_metas || cast.known.is_host(text);
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, '.' | '-' | ',')) {
        if word.contains('@') || cast.known.is_host(word) {
            continue;
        }
        for at in words::name_words(word) {
            let part = word.get(at).unwrap_or_default();
            let is_word = cast.known.is_plain(word) || !part.starts_with(char::is_uppercase);
            if !(is_metas && is_word) {
                cast.learn_name(part, is_metas);
            }
        }
    }
    words::redacted(text, Names::Alone, cast)
}

/// Learns the names that a person's own address is made of.
pub fn learn_recipients(field: &[u8], cast: &mut Cast<'_>) {
    let value = String::from_utf8_lossy(field);
    let is_theirs = ["To", "Cc", "Delivered-To"]
        .iter()
        .any(|name| entity::is_named(field, name));
    let words = value.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | ',' | '"'));
    for address in words.filter(|_| is_theirs) {
        let Some((local, domain)) = address.rsplit_once('@') else {
            continue;
        };
        if cast.known.is_host(domain) {
            continue;
        }
        for at in words::name_words(local)
            .into_iter()
            .filter(|at| at.len() >= 4)
        {
            cast.learn_name(local.get(at).unwrap_or_default(), false);
        }
    }
}

fn is_all_metas(value: &str, cast: &Cast<'_>) -> bool {
    let mut domains = value.split('@').skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '.' && c != '-');
        rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
    });
    domains.all(|domain| cast.known.is_metas(domain))
}

/// One behind the closing quotation mark (RFC 5322, 3.2.4).
fn end_of_quotation(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !is_escaped => return at + 1,
            _ => is_escaped = c == '\\' && !is_escaped,
        }
    }
    text.len()
}

/// Behind a run of encoded words: blanks between them are none of the text (RFC 2047, 6.2).
fn end_of_words(text: &str) -> usize {
    let mut end = 0;
    loop {
        let rest = text.get(end..).unwrap_or_default();
        let begun = rest.trim_start();
        let word = begun
            .strip_prefix("=?")
            .map(|word| number::part(word, 0, MAX_WORD));
        let length = word.and_then(|word| {
            let mut marks = word.match_indices('?');
            let (text_at, _) = marks.nth(1)?;
            word.get(text_at + 1..)?
                .find("?=")
                .map(|at| text_at + 1 + at + 2)
        });
        let Some(length) = length else {
            // What only begins like an encoded word is text.
            return if end == 0 { text.len().min(2) } else { end };
        };
        end += rest.len() - begun.len() + 2 + length;
    }
}

/// A field on lines of a readable length, broken at blanks (RFC 5322, 2.2.3). One with encoded
/// words is on lines already.
fn folded(field: &str, eol: &str) -> String {
    if field.contains('\n') {
        return field.to_owned() + eol;
    }
    let mut lines = String::with_capacity(field.len());
    let mut length = 0;
    for word in field.split_inclusive(' ') {
        if length + word.len() > LINE && lines.ends_with(' ') && length > LINE / 3 {
            lines.pop();
            lines.push_str(eol);
            lines.push(' ');
            length = 1;
        }
        lines.push_str(word);
        length += word.len();
    }
    lines.trim_end().to_owned() + eol
}
