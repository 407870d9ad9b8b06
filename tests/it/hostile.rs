//! Hostile text in a mail reaches nothing that obeys it: terminal, journal, header of an alert,
//! a push message, a file name, the decision log.
//!
//! The real program reads the mail from a Maildir and tells everybody it can.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use mail_parser::MessageParser;
use serde_json::Value;

use crate::support::http_sink::{HttpSink, Reply};
use crate::support::meta::Meta;
use crate::support::process::Home;
use crate::support::smtp_sink::SmtpSink;
use crate::support::{PATIENCE, log, wait_until};

/// What a terminal, a mail program, a chat or a shell could take for more than text.
const PAYLOADS: [&str; 22] = [
    "\u{1b}]0;owned\u{7}",
    "\u{1b}]52;c;aGk=\u{7}",
    "\u{1b}[2J\u{1b}[31m",
    "\u{1b}P+q544e\u{1b}\\",
    "\u{9b}31m\u{9d}0;x\u{9c}",
    "a\r\nBcc: evil@evil.test\r\n",
    "a\nX-Evil: 1",
    "<0>kernel panic\n<0>x",
    "\u{2028}\u{2029}\u{85}",
    "\u{202e}\u{202d}\u{2066}\u{2069}\u{200f}\u{61c}",
    "\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}\u{ad}",
    "\u{e0001}\u{e0041}\u{e007f}",
    "\u{fff9}\u{fffa}\u{fffb}\u{206a}",
    "\u{8}\u{8}\u{8}\u{7f}\u{c}\u{b}",
    "[x](http://evil.test) <b>x</b> `x` *x*",
    "@everyone @channel <!here>",
    "../../../../tmp/x/\u{1}",
    "$(touch x) ; rm -rf x | x && `x`",
    "%0d%0aX-Evil: 1",
    "=cmd|' /C calc'!A0",
    "\"'><script>x</script>",
    "\u{fdd0}\u{e000}",
];

/// Whether a character may stand in what is shown, told without the code under test.
fn is_seen(char: char) -> bool {
    let hidden = [
        0xad..=0xad,
        0x61c..=0x61c,
        0x200b..=0x200f,
        0x2028..=0x202e,
        0x2060..=0x206f,
        0xfeff..=0xfeff,
        0xfff9..=0xfffb,
        0xe0000..=0xe0fff,
    ];
    !char.is_control() && !hidden.iter().any(|range| range.contains(&u32::from(char)))
}

fn check(what: &str, text: &str) {
    for line in text.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let odd: Vec<char> = line.chars().filter(|char| !is_seen(*char)).collect();
        assert!(odd.is_empty(), "{what} holds {odd:?}: {line:?}");
    }
}

fn encoded(text: &str) -> String {
    let mut word = String::new();
    for byte in text.bytes() {
        write!(word, "={byte:02X}").unwrap();
    }
    format!("=?utf-8?Q?{word}?=")
}

/// A mail whose every field and text holds the payload, in raw and in encoded form where the
/// syntax of a field lets it.
fn mail(number: usize, payload: &str) -> String {
    let raw: String = payload
        .chars()
        .filter(|char| !"\r\n\"\\".contains(*char))
        .collect();
    let word = encoded(payload);
    format!(
        "Date: Mon, 03 Jun 2024 10:00:00 +0000\nTo: me@example.org\n\
         Subject: {word} your objection to AI at Meta {raw}\n\
         From: \"{raw} Facebook\" {word} <privacy{number}@facebookmail.com>\nMIME-Version: 1.0\n\
         Content-Type: text/plain; charset=\"UTF-8\"; name=\"{raw}\"\n\
         Message-ID: <{raw}{number}@evil.test>\n\n\
         Your objection to the use of your information for AI at Meta {payload}\n\
         https://facebook.com.evil.test/{raw}\nhttps://www.facebook.com{raw}@evil.test/\n"
    )
}

/// The mail unsigned, and signed by Meta: told as forged, and as unclear with what it says.
fn mails(meta: &Meta) -> Vec<Vec<u8>> {
    let mut mails = Vec::new();
    for (number, payload) in PAYLOADS.iter().enumerate() {
        let mail = mail(number, payload);
        mails.push(mail.replace('\n', "\r\n").into_bytes());
        // What no signature covers must be plain for the proof; the text is hostile all the same.
        let plain = format!(
            "Date: Mon, 03 Jun 2024 10:00:00 +0000\nTo: me@example.org\n\
             Subject: {} your objection to AI at Meta\n\
             From: {} <privacy@facebookmail.com>\nMIME-Version: 1.0\n\
             Content-Type: text/plain; charset=\"UTF-8\"\nMessage-ID: <{number}@evil.test>\n\n\
             Your objection to the use of your information for AI at Meta {payload}\n",
            encoded(payload),
            encoded(payload)
        );
        mails.push(meta.sign("facebookmail.com", &plain));
    }
    mails
}

#[test]
fn what_is_read_is_shown_without_what_a_terminal_obeys() {
    let home = Home::empty();
    let mut files = Vec::new();
    for (number, raw) in mails(&Meta::new()).iter().enumerate() {
        let file = home.path().join(format!("{number}.eml"));
        fs::write(&file, raw).unwrap();
        files.push(file.display().to_string());
    }
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    for form in [&["read"][..], &["read", "--json"]] {
        let output = home.output(&[form, &files].concat(), b"");
        let shown = String::from_utf8(output.stdout).unwrap();
        assert!(shown.lines().count() >= files.len(), "{shown}");
        check("read", &shown);
        check("read", &String::from_utf8(output.stderr).unwrap());
    }
}

#[test]
fn whoever_is_told_gets_plain_words() {
    let home = Home::empty();
    for place in ["new", "cur", "tmp"] {
        fs::create_dir_all(home.path().join("Maildir").join(place)).unwrap();
    }
    let (smtp, ntfy) = (
        SmtpSink::start(&[]),
        HttpSink::start(vec![Reply::new(200, "{}")]),
    );
    let meta = Meta::new();
    let maildir = home.path().join("Maildir");
    let config = format!(
        "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\naccounts = [\"facebook\"]\n\
         maildir = {:?}\n[[alert]]\nat_most = 1000\nurl = \"stdout:\"\n\
         [[alert]]\nat_most = 1000\nurl = \"ntfy://127.0.0.1:{}/topic\"\n\
         [[alert]]\nat_most = 1000\n\
         url = \"smtp://127.0.0.1:{}/?to=me@example.net&from=x@example.net\"\n{}",
        maildir.display().to_string(),
        ntfy.port(),
        smtp.port(),
        meta.pinned_keys()
    );
    home.write("config/sustained/config.toml", &config);
    let mails = mails(&meta);
    for (number, raw) in mails.iter().enumerate() {
        fs::write(maildir.join("new").join(format!("{number}.mail")), raw).unwrap();
    }
    let mut running = home.run();
    running.wait_for_line("started", PATIENCE);
    let told = || {
        let lines = running.stdout().len();
        [lines, ntfy.received().len(), smtp.mails().len()]
            .iter()
            .all(|count| *count >= mails.len())
    };
    assert!(
        wait_until(PATIENCE * 2, told),
        "{} of {} were told\n{}",
        smtp.mails().len(),
        mails.len(),
        running.talk()
    );
    assert!(running.stop(PATIENCE).success());
    check("the terminal or the journal", &running.talk());
    for mail in smtp.mails() {
        check_letter(&mail);
    }
    for push in ntfy.received() {
        check("a push message", &push.body);
        for (name, value) in &push.headers {
            assert!(name != "x-evil", "a header was put in");
            check(name, value);
        }
    }
    for verb in [
        &["log"][..],
        &["status"],
        &["log", "--json"],
        &["status", "--json"],
    ] {
        let output = home.output(verb, b"");
        check(
            &format!("{verb:?}"),
            &String::from_utf8(output.stdout).unwrap(),
        );
    }
    check_files(&home);
}

fn check_letter(raw: &str) {
    let (header, _) = raw.split_once("\r\n\r\n").unwrap();
    assert!(header.is_ascii(), "{header}");
    check("an alert's header", header);
    let letter = MessageParser::new().parse(raw.as_bytes()).unwrap();
    for name in ["X-Evil", "Bcc"] {
        assert!(
            letter.header_raw(name).is_none(),
            "{name} was put in: {header}"
        );
    }
    check("an alert's subject", letter.subject().unwrap());
    check("an alert's text", &letter.body_text(0).unwrap());
    assert!(!raw.contains("http://evil.test"), "a live link: {raw}");
}

/// The decision log is plain, and no file is named by a mail.
fn check_files(home: &Home) {
    let text = fs::read_to_string(home.state().join("decisions.jsonl")).unwrap();
    check("the decision log", &text);
    let lines = log::recorded(home);
    assert!(lines.iter().any(|line| line["type"] == "mail.forged"));
    assert!(lines.iter().any(|line| line["type"] == "mail.unclear"));
    assert!(
        lines
            .iter()
            .all(|line| line["evidence"] == Value::Null || is_digest(line))
    );
    let names = |folder: &Path| -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    };
    for name in names(&home.state().join("evidence")) {
        let (digest, end) = name.split_once('.').unwrap();
        let is_hex = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(is_hex && ["eml", "json", "toml"].contains(&end), "{name}");
    }
    let expected = [
        "decisions.jsonl",
        "decisions.head",
        "evidence",
        "lock",
        "socket",
        "sustained.db",
    ];
    for name in names(&home.state()) {
        assert!(
            expected.iter().any(|known| name.starts_with(known)),
            "{name}"
        );
    }
}

fn is_digest(line: &Value) -> bool {
    let path = line["evidence"].as_str().unwrap_or_default();
    path.len() == "evidence/".len() + 64 + ".eml".len()
}
