//! The message that `sustained check --prove` puts into a mailbox: nobody takes it for another.

use jiff::Timestamp;

/// How every Message-ID of such a message ends.
const PLACE: &str = "@sustained.invalid>";

/// A message that was never there before.
#[derive(Debug)]
pub(super) struct Marked {
    /// Its Message-ID, with the brackets.
    pub(super) id: String,
    /// What tells it from others in the name of a file.
    pub(super) mark: String,
    /// All of it, with the line ends of mail.
    pub(super) text: String,
}

impl Marked {
    /// Its sender. The top-level domain is nobody's (RFC 6761, 6.4).
    pub(super) const SENDER: &str = "check@sustained.invalid";

    /// Its subject.
    pub(super) const SUBJECT: &str = "A test by sustained, which is taken away again";

    /// A message to the first of the mailbox's addresses.
    pub(super) fn new(addresses: &[String]) -> Self {
        let to = addresses.first().map_or(Self::SENDER, String::as_str);
        let mark = format!("{:032x}", fastrand::u128(..));
        let id = format!("<{mark}{PLACE}");
        let date = Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S +0000");
        let text = format!(
            "From: sustained check <{}>\r\nTo: <{to}>\r\nSubject: {}\r\nDate: {date}\r\n\
             Message-ID: {id}\r\nAuto-Submitted: auto-generated\r\n\r\n\
             With this message `sustained check --prove` measures how soon mail is heard.\r\n\
             If you read it a minute later, delete it.\r\n",
            Self::SENDER,
            Self::SUBJECT,
        );
        Self { id, mark, text }
    }

    /// Whether a Message-ID, with its brackets, is that of such a message.
    pub(super) fn is_one(id: &str) -> bool {
        let mark = id.strip_prefix('<').and_then(|id| id.strip_suffix(PLACE));
        let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        mark.is_some_and(|mark| mark.len() == 32 && mark.chars().all(is_digit))
    }
}
