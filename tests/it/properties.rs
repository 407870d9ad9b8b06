//! What holds of every message: reading never fails, and depends on nothing but what is seen.
//!
//! The visible text of each corpus message is dressed anew, as charsets, transfer encodings, tags,
//! folding and hidden text allow, and has to read as before.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use data_encoding::{BASE64, BASE64_MIME};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::RngSeed;
use sustained::mail::{self, Finding, Wordings, envelope};

/// A message by what is seen of it.
#[derive(Debug, Clone)]
struct Seen {
    from: String,
    date: String,
    subject: String,
    text: String,
}

/// What the messages of the corpus show, those that are cut or have several forms left out.
static SEEN: LazyLock<Vec<Seen>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "eml"))
        .collect();
    paths.sort();
    let seen: Vec<Seen> = paths
        .iter()
        .filter_map(|path| seen(&fs::read(path).unwrap()))
        .collect();
    assert!(seen.len() >= 50, "only {} messages were found", seen.len());
    seen
});

fn seen(raw: &[u8]) -> Option<Seen> {
    let mail = mail::read(raw, &Wordings::built_in());
    let is_plain = mail.others.is_empty() && !mail.truncated && !mail.text.is_empty();
    (is_plain && !mail.from.is_empty() && mail.from.is_ascii()).then(|| Seen {
        from: mail.from,
        date: mail.date.map_or(String::new(), |date| {
            date.strftime("Date: %a, %d %b %Y %H:%M:%S +0000\r\n")
                .to_string()
        }),
        subject: mail.subject,
        text: mail.text,
    })
}

impl Seen {
    /// A message with this header, and the rest as given.
    fn message(&self, subject: &str, rest: &str) -> String {
        format!(
            "From: <{}>\r\nTo: me@example.org\r\n{}Subject: {subject}\r\n\
             MIME-Version: 1.0\r\n{rest}",
            self.from, self.date
        )
    }

    /// The simplest message that shows this.
    fn plain(&self) -> String {
        let subject = encoded_words(&self.subject, 40, true);
        let head = "Content-Type: text/plain; charset=utf-8\r\n\r\n";
        self.message(
            &subject,
            &format!("{head}{}\r\n", self.text.replace('\n', "\r\n")),
        )
    }
}

/// What was read, as far as it may depend on what is seen. The code is compared, not shown.
fn reading(raw: &str) -> (Finding, String) {
    let wordings = Wordings::built_in();
    let mail = mail::read(raw.as_bytes(), &wordings);
    let mut finding = mail::classify(&mail, &wordings);
    // The order of links is that of the text in one dress, and of the tags in another.
    finding.links.sort();
    (finding, mail.text)
}

/// RFC 2047, in pieces of some characters.
fn encoded_words(subject: &str, length: usize, in_base64: bool) -> String {
    let characters: Vec<char> = subject.chars().collect();
    let word = |piece: &[char]| {
        let piece: String = piece.iter().collect();
        if in_base64 {
            return format!("=?utf-8?B?{}?=", BASE64.encode(piece.as_bytes()));
        }
        let quoted = piece.bytes().fold(String::new(), |mut quoted, byte| {
            write!(quoted, "={byte:02X}").unwrap();
            quoted
        });
        format!("=?UTF-8?q?{quoted}?=")
    };
    let words: Vec<String> = characters.chunks(length).map(word).collect();
    words.join("\r\n ")
}

/// RFC 2045, 6.7: every `each`-th byte and all that are not plain are escaped.
fn quoted_printable(text: &[u8], each: usize) -> String {
    let mut out = String::new();
    let mut width = 0;
    for (at, byte) in text.iter().enumerate() {
        if *byte == b'\n' {
            out.push_str("\r\n");
            width = 0;
            continue;
        }
        if width > 70 {
            out.push_str("=\r\n");
            width = 0;
        }
        let is_plain = byte.is_ascii_graphic() && *byte != b'=' && at % each != 0;
        if is_plain {
            out.push(char::from(*byte));
            width += 1;
        } else {
            write!(out, "={byte:02X}").unwrap();
            width += 3;
        }
    }
    out
}

/// A text as a charset writes it; nothing if it cannot.
fn in_charset(text: &str, charset: &str) -> Option<Vec<u8>> {
    match charset {
        "iso-8859-1" => text.chars().map(|c| u8::try_from(c).ok()).collect(),
        "utf-16be" => Some(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        _ => Some(text.as_bytes().to_vec()),
    }
}

/// Things that no eye sees, to be put between any two characters.
const UNSEEN: [&str; 8] = [
    "<span style='display:none'>we will not honor 111111</span>",
    "<i hidden>If your objection is honored, your code is 222222</i>",
    "<!-- will honor your objection -->",
    "<font style=\"font-size:0;line-height:0\">333333 Code</font>",
    "<b style='color:#ffffff'>nicht kein not</b>",
    "&#8203;",
    "&shy;",
    "&zwnj;<wbr>",
];

/// Tags that change how letters look, not what they say.
const LOOKS: [(&str, &str); 5] = [
    ("<b>", "</b>"),
    ("<span style='color:#1c1e21'>", "</span>"),
    ("<a>", "</a>"),
    ("<font size=2>", "</font>"),
    ("<em class=x>", "</em>"),
];

/// The text as HTML; `choices` say what is done at each character.
fn as_html(text: &str, choices: &[u8]) -> String {
    let mut html = "<!DOCTYPE html><html><head><title>444444</title></head><body><p>".to_owned();
    for (at, c) in text.chars().enumerate() {
        let choice = choices[at % choices.len()];
        if choice % 16 == 1 {
            html.push_str(UNSEEN[usize::from(choice / 16) % UNSEEN.len()]);
        }
        let (open, close) = match choice % 16 {
            2 => LOOKS[usize::from(choice / 16) % LOOKS.len()],
            _ => ("", ""),
        };
        html.push_str(open);
        match c {
            '\n' => html.push_str("<br>\r\n"),
            '<' => html.push_str("&lt;"),
            '&' => html.push_str("&amp;"),
            ' ' if choice % 16 == 3 => html.push_str("&nbsp;"),
            ' ' if choice % 16 == 4 => html.push_str("\r\n  "),
            _ if choice % 16 == 5 => write!(html, "&#{};", u32::from(c)).unwrap(),
            _ if choice % 16 == 6 => write!(html, "&#x{:x};", u32::from(c)).unwrap(),
            _ => html.push(c),
        }
        html.push_str(close);
    }
    html + "</p></body></html>\r\n"
}

/// What the words of a text are, however they are parted.
fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// The same cases every time, so that a failure is this change's and not chance's. Other cases:
/// `PROPTEST_RNG_SEED=7 PROPTEST_CASES=5000`.
fn cases() -> ProptestConfig {
    let default = ProptestConfig::default();
    let is_set = |name| std::env::var_os(name).is_some();
    ProptestConfig {
        failure_persistence: None,
        cases: if is_set("PROPTEST_CASES") {
            default.cases
        } else {
            200
        },
        rng_seed: if is_set("PROPTEST_RNG_SEED") {
            default.rng_seed
        } else {
            RngSeed::Fixed(20_240_626)
        },
        ..default
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn no_bytes_are_too_much(raw in prop::collection::vec(any::<u8>(), 0..3000)) {
        let wordings = Wordings::built_in();
        let finding = mail::classify(&mail::read(&raw, &wordings), &wordings);
        prop_assert!(!finding.because.is_empty());
        let _ = envelope::claims_to_be_meta(&raw);
    }

    #[test]
    fn no_text_is_too_much(
        head in "(Content-Type: (text/html|multipart/(mixed|alternative); boundary=b)\r\n)?",
        body in "(\\PC|\r\n|<[a-z]+|>|&[a-z#0-9]*;?|--b(--)?\r\n|[0-9]{1,9}|code|\u{202e}){0,300}",
    ) {
        let raw = format!("From: <a@facebookmail.com>\r\nSubject: code\r\n{head}\r\n{body}");
        let wordings = Wordings::built_in();
        let finding = mail::classify(&mail::read(raw.as_bytes(), &wordings), &wordings);
        prop_assert!(!finding.because.is_empty());
    }

    #[test]
    fn encoding_and_folding_change_nothing(
        message in any::<Index>(),
        charset in select(vec!["utf-8", "UTF-8", "iso-8859-1", "utf-16be"]),
        in_base64 in any::<bool>(),
        pieces in 1_usize..20,
    ) {
        let seen = message.get(&SEEN);
        let Some(bytes) = in_charset(&seen.text, charset) else {
            return Ok(());
        };
        let in_base64 = in_base64 || charset == "utf-16be";
        let (name, body) = if in_base64 {
            ("base64", BASE64_MIME.encode(&bytes))
        } else {
            ("quoted-printable", quoted_printable(&bytes, pieces))
        };
        let rest = format!(
            "Content-Type: text/plain;\r\n charset=\"{charset}\"\r\n\
             Content-Transfer-Encoding: {name}\r\n\r\n{body}\r\n"
        );
        let subject = encoded_words(&seen.subject, pieces, in_base64);
        prop_assert_eq!(reading(&seen.message(&subject, &rest)), reading(&seen.plain()));
    }

    #[test]
    fn tags_and_hidden_text_change_nothing(
        message in any::<Index>(),
        choices in prop::collection::vec(any::<u8>(), 1..200),
        in_alternative in any::<bool>(),
    ) {
        let seen = message.get(&SEEN);
        let html = as_html(&seen.text, &choices);
        let rest = format!("Content-Type: text/html; charset=utf-8\r\n\r\n{html}");
        let rest = if in_alternative {
            format!(
                "Content-Type: multipart/alternative; boundary=b1\r\n\r\n--b1\r\n\
                 Content-Type: text/plain; charset=utf-8\r\n\r\n{}\r\n--b1\r\n{rest}\r\n--b1--\r\n",
                seen.text
            )
        } else {
            rest
        };
        let subject = encoded_words(&seen.subject, 12, false);
        let (found, text) = reading(&seen.message(&subject, &rest));
        let (expected, plain) = reading(&seen.plain());
        prop_assert_eq!(words(&text), words(&plain), "{}", html);
        prop_assert_eq!(found, expected, "{}", html);
    }

    #[test]
    fn what_is_quoted_below_changes_nothing(message in any::<Index>(), old in any::<Index>()) {
        let (seen, old) = (message.get(&SEEN), old.get(&SEEN));
        let quoted = old.text.replace('\n', "\r\n> ");
        let marks = [
            format!("\r\n> {quoted}"),
            format!("\r\nOn Mon, 3 June 2024 at 12:00, Meta <a@b.test> wrote:\r\n> {quoted}"),
            format!("\r\n-----Original Message-----\r\nFrom: Meta\r\n\r\n{}", old.text),
        ];
        for mark in marks {
            let below = Seen { text: format!("{}\r\n{mark}", seen.text), ..seen.clone() };
            prop_assert_eq!(reading(&below.plain()).0, reading(&seen.plain()).0, "{}", below.text);
        }
    }
}
