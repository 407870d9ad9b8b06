//! A redacted copy reads as the original does, and holds none of its secrets.
//!
//! What is left is looked for by means of the test's own: another reader takes the copy apart, and
//! every secret is looked for in the bytes, in each decoded part, without tags, without blanks.

mod letter;

use std::fmt::Write as _;
use std::fs;

use mail_parser::{MessageParser, MimeHeaders as _, PartType};
use serde_json::Value;
use sustained::mail::{self, Doubt, Finding, NotRedacted, Verdict, Wordings};

use crate::mail::{Numbers, messages};
use crate::support::meta::{Meta, newsletter};
use crate::support::process::Home;

use letter::{HTML, LETTER};

/// Everything that somebody who has the message can read out of it, lower case.
fn readable(raw: &[u8]) -> Vec<String> {
    let mut texts = vec![String::from_utf8_lossy(raw).into_owned()];
    let parsed = MessageParser::default().parse(raw).unwrap();
    for part in &parsed.parts {
        let text = match &part.body {
            PartType::Text(text) | PartType::Html(text) => text.to_string(),
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
                String::from_utf8_lossy(bytes).into_owned()
            }
            PartType::Message(_) | PartType::Multipart(_) => String::new(),
        };
        for header in &part.headers {
            texts.push(format!("{:?}", header.value));
        }
        texts.push(without_tags(&text));
        texts.push(text);
    }
    for at in 0..texts.len() {
        let percent = texts[at].replace("%40", "@").replace("%2E", ".");
        texts.push(percent);
        let squeezed = texts[at].chars().filter(|c| c.is_alphanumeric()).collect();
        texts.push(squeezed);
    }
    texts.iter().map(|text| text.to_lowercase()).collect()
}

fn without_tags(html: &str) -> String {
    let pieces = html.split('<');
    pieces
        .map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text))
        .collect()
}

/// The types, encodings and dispositions of a message's parts, and its elements in order.
fn structure(raw: &[u8]) -> Vec<String> {
    let parsed = MessageParser::default().parse(raw).unwrap();
    let mut structure = Vec::new();
    for part in &parsed.parts {
        let kind = part.content_type();
        structure.push(format!(
            "{:?} {:?} {:?} {:?}",
            kind.map(|kind| (
                kind.ctype().to_lowercase(),
                kind.subtype().map(str::to_lowercase)
            )),
            // A copy may be in UTF-8 where the original was in a charset of one language.
            kind.and_then(|kind| kind.attribute("charset")).is_some(),
            part.content_transfer_encoding(),
            part.content_disposition()
                .map(|disposition| disposition.ctype().to_lowercase()),
        ));
        if let PartType::Html(html) = &part.body {
            let tags = html
                .split('<')
                .skip(1)
                .filter_map(|tag| tag.split([' ', '>']).next());
            structure.extend(tags.map(str::to_lowercase));
        }
    }
    structure
}

fn read(raw: &[u8]) -> Finding {
    mail::classify(
        &mail::read(raw, &Wordings::built_in()),
        &Wordings::built_in(),
    )
}

/// What `read --redact` prints for a message, none of whose secrets may be in it.
fn redacted(raw: &[u8], secrets: &[&str]) -> String {
    let output = Home::empty().output(&["read", "--redact", "-"], raw);
    let talk = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{talk}");
    let copy = String::from_utf8(output.stdout).unwrap();
    for text in readable(copy.as_bytes()).into_iter().chain([talk]) {
        for secret in secrets {
            assert!(
                !text.contains(&secret.to_lowercase()),
                "{secret} is left in\n{text}"
            );
        }
    }
    check_same(&read(raw), &read(copy.as_bytes()));
    copy
}

fn check_same(original: &Finding, copy: &Finding) {
    // Where readers differ, a copy cannot read the same for all.
    let ambiguous = Verdict::Unclear(Doubt::Ambiguous);
    if [&original.verdict, &copy.verdict].contains(&&ambiguous) {
        return;
    }
    match (&original.verdict, &copy.verdict) {
        (Verdict::ConfirmationCode(old), Verdict::ConfirmationCode(new)) => {
            assert!(old != new && old.reveal().len() == new.reveal().len());
        }
        (old, new) => assert_eq!(old, new),
    }
    assert_eq!(original.product, copy.product);
    assert_eq!(original.language, copy.language);
    assert_eq!(original.effective_date, copy.effective_date);
    assert_eq!(original.links.len(), copy.links.len());
    assert_eq!(original.because, copy.because);
}

#[test]
fn every_message_of_the_corpus_has_a_copy_that_reads_the_same() {
    let wordings = Wordings::built_in();
    let mut wrong = String::new();
    for path in messages() {
        let raw = fs::read(&path).unwrap();
        let name = path.file_stem().unwrap().display();
        let copy = match mail::redact(&raw, &wordings) {
            Ok(copy) => copy.message,
            Err(why) => {
                writeln!(wrong, "{name}: {why}").unwrap();
                continue;
            }
        };
        check_same(&read(&raw), &read(copy.as_bytes()));
        if raw.is_empty() {
            continue;
        }
        let (old, new) = (structure(&raw), structure(copy.as_bytes()));
        // Bytes that are not UTF-8 are written as quoted-printable: all else is as it was.
        let ascii = |parts: &[String]| parts.join("\n").replace("8bit", "quoted-printable");
        assert_eq!(ascii(&old), ascii(&new), "{name}");
        for text in readable(copy.as_bytes()) {
            for secret in [
                "482913",
                "719305",
                "martin",
                "example.org",
                "0a1b2c3d",
                "5ac40274",
            ] {
                let is_there = text.contains(secret);
                if is_there {
                    writeln!(wrong, "{name}: {secret} is left in\n{text}").unwrap();
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn damaged_messages_are_copied_or_refused() {
    let wordings = Wordings::built_in();
    let mut numbers = Numbers(20_250_527);
    let mut copied = 0;
    for path in messages() {
        let mut raw = fs::read(&path).unwrap();
        raw.truncate(raw.len() - numbers.below(raw.len() / 4));
        for _ in 0..=numbers.below(12) {
            let at = numbers.below(raw.len());
            raw[at] = u8::try_from(numbers.below(256)).unwrap();
        }
        if let Ok(copy) = mail::redact(&raw, &wordings) {
            check_same(&read(&raw), &read(copy.message.as_bytes()));
            copied += 1;
        }
    }
    assert!(copied >= 50, "only {copied} were copied");
}

#[test]
fn hostile_messages_come_to_an_end() {
    let wordings = Wordings::built_in();
    for part in [
        "(a@b.test ",
        "<a@b.test",
        "1 2 ",
        "1-",
        "a.b/",
        "x://",
        "=?",
        "=?a?q?",
        "\"",
        ",a",
        "(",
        "Martin <a@b.test> ",
        "4829 ",
        "\u{200b}1",
        "<p>1",
        "<!--",
        "<a href=\"",
        "style=url(",
        "Hi Martin,\n",
        "@",
        "a1b2c3 ",
        "\u{5f20}\u{4f1f}",
    ] {
        let flood = part.repeat(6_000 / part.len());
        for head in [
            "To: ",
            "Subject: ",
            "From: Meta <a@facebookmail.com>\nContent-Type: text/html\n\n",
            "From: Meta <a@facebookmail.com>\nTo: \u{5f20}\u{4f1f} <a@b.test>\n\n",
        ] {
            let _ = mail::redact(format!("{head}{flood}").as_bytes(), &wordings);
        }
    }
}

#[test]
fn a_signed_code_mail_loses_its_code_and_its_signature() {
    let raw = Meta::new().code("482913");
    let copy = redacted(&raw, &["482913", crate::support::meta::TO]);
    assert!(copy.contains("\r\n") && !copy.replace("\r\n", "").contains('\n'));
    let signature = copy.split("DKIM-Signature:").nth(1).unwrap();
    let signature = signature.replace("\r\n ", " ");
    let signature = signature.lines().next().unwrap();
    assert!(signature.contains("d=facebookmail.com"), "{signature}");
    assert!(
        !signature.contains(" b=") && !signature.contains("bh="),
        "{signature}"
    );
    // The code stood in the subject, twice in the text and in a link: it is one code still.
    let Verdict::ConfirmationCode(code) = read(copy.as_bytes()).verdict else {
        panic!("no code");
    };
    assert_eq!(copy.matches(code.reveal()).count(), 3);
}

#[test]
fn not_one_secret_of_a_letter_survives() {
    let html = data_encoding::BASE64.encode(HTML.as_bytes());
    let letter = LETTER.replace("HTML", &html);
    let secrets = [
        "Zelda",
        "Quinby",
        "Marlowe",
        "odo@",
        "482913",
        "5ac40274",
        "100012345678901",
        "0a1b2c3d4e5f",
        "AS0x",
        "WmVsZGEg",
        "66-220",
        "bounce",
        "G24bc2",
        "zelda.q",
        "family",
    ];
    let copy = redacted(letter.as_bytes(), &secrets);
    assert_eq!(structure(letter.as_bytes()), structure(copy.as_bytes()));
    let texts = readable(copy.as_bytes()).join("\n");
    for kept in [
        "date: thu, 6 jun 2024 19:34:15 -0700",
        "security@facebookmail.com",
        "=?utf-8?q?",
        "feedback-id: 9999:objection_code:facebook",
        "x-facebook-notify: objection_code;",
        "display:none",
        "26 june 2024",
        "use this code to verify your email address on facebook",
        "https://www.facebook.com/help/contact/6359191084165019",
        "class=\"pre\"",
        "www.facebook.com/email_open_log_pic.php?mid=",
        "@www.facebook.com>",
        "your code is",
    ] {
        // The number of the feedback loop is Meta's own; it goes all the same.
        let kept = kept.replace("9999:", "");
        let kept = kept.replace("feedback-id: ", "");
        assert!(texts.contains(&kept), "{kept} is missing in\n{copy}");
    }
    for dropped in [
        "Received:",
        "Authentication-Results:",
        "Return-Path:",
        "List-Unsubscribe:",
    ] {
        assert!(!copy.contains(dropped), "{dropped} is left in\n{copy}");
    }
    // Five places, in cells, halves and hidden text: one code still.
    let Verdict::ConfirmationCode(code) = read(copy.as_bytes()).verdict else {
        panic!("no code");
    };
    assert!(texts.matches(code.reveal()).count() >= 5, "{copy}");
}

#[test]
fn names_that_are_words_are_taken_from_where_names_stand() {
    let mail = "From: Facebook <noreply@support.facebook.com>\nTo: Will May <w@example.com>\n\
        Subject: Your objection\nDate: Thu, 6 Jun 2024 19:34:15 -0700\n\n\
        Hi Will,\n\nWe've reviewed your request and will honor your objection, Will May. This may \
        take until 26 May 2025.\n";
    let copy = redacted(mail.as_bytes(), &["will may", "w@example"]);
    assert!(
        copy.contains("will honor your objection") && copy.contains("26 May 2025"),
        "{copy}"
    );
    assert!(!copy.contains("Hi Will"), "{copy}");
}

#[test]
fn other_charsets_and_encodings_are_copied() {
    let latin = b"From: Facebook <noreply@support.facebook.com>\nTo: =?iso-8859-1?q?J=F6rg?= \
        <joerg@example.com>\nSubject: Your objection\nContent-Type: text/plain; \
        charset=iso-8859-1\nContent-Transfer-Encoding: 8bit\n\nHi J\xf6rg,\n\nWe will honor your \
        objection, J\xd6RG. Gru\xdf\n";
    let copy = redacted(latin, &["j\u{f6}rg", "joerg", "J=F6rg"]);
    assert!(
        copy.contains("charset=\"iso-8859-1\"") && copy.contains("Gru=DF"),
        "{copy}"
    );
    let unparted = "From: Facebook <noreply@support.facebook.com>\nTo: \u{5f20}\u{4f1f} \
        <wei@example.com>\nSubject: \u{5f20}\u{4f1f}\u{ff0c}\n\n\u{60a8}\u{597d}\u{5f20}\u{4f1f}\
        \u{ff0c}We will honor your objection. \u{ff14}\u{ff18}\u{ff12}\u{ff19}\u{ff11}\u{ff13}\n";
    let fullwidth = "\u{ff14}\u{ff18}\u{ff12}\u{ff19}\u{ff11}\u{ff13}";
    redacted(
        unparted.as_bytes(),
        &["\u{5f20}\u{4f1f}", "wei@", fullwidth],
    );
}

#[test]
fn what_cannot_be_redacted_is_refused_in_whole() {
    let home = Home::empty();
    let refused = |raw: &[u8], exit: i32, word: &str| {
        let output = home.output(&["read", "--redact", "-"], raw);
        let talk = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(exit), "{talk}");
        assert!(output.stdout.is_empty());
        assert!(talk.contains(word) && !talk.contains("482913"), "{talk}");
    };
    let large = format!("Subject: 482913\n\n{}", "x".repeat(1_100_000));
    refused(large.as_bytes(), 65, "larger");
    let many: String = (0..150).fold(String::new(), |mut many, number| {
        write!(many, "a{number}@b.test ").unwrap();
        many
    });
    refused(
        format!("Subject: 482913\n\n{many}").as_bytes(),
        65,
        "more names",
    );
    // The code runs on into hidden digits: the copy could not tell that it is the subject's.
    let glued = "From: Facebook <security@facebookmail.com>\nTo: a@b.test\n\
        Subject: 482913 is your code to submit your objection\nContent-Type: text/html\n\n\
        <p>Your code to submit your objection is 482913<span hidden>77</span></p>";
    refused(glued.as_bytes(), 65, "read differently");
    let mbox = [newsletter(1), newsletter(2)].map(|raw| [b"From a@b\n", &raw[..], b"\n"].concat());
    refused(&mbox.concat(), 2, "one message");
    let wordings = Wordings::built_in();
    assert_eq!(
        mail::redact(large.as_bytes(), &wordings),
        Err(NotRedacted::TooLarge)
    );
}

#[test]
fn json_holds_the_copy_as_it_is() {
    let home = Home::empty();
    let raw = newsletter(1);
    let plain = home.output(&["read", "--redact", "-"], &raw);
    let json = home.output(&["read", "--redact", "--json", "-"], &raw);
    let object: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(object["file"], "-");
    assert_eq!(
        object["redacted"].as_str().unwrap().as_bytes(),
        plain.stdout
    );
    assert_eq!(object.as_object().unwrap().len(), 2);
    // The same message gives the same copy: two reports of it can be seen to be one.
    assert_eq!(
        home.output(&["read", "--redact", "-"], &raw).stdout,
        plain.stdout
    );
}
