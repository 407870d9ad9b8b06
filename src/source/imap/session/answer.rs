//! What a server's answer means: the end of a command, what it can do, the kinds of trouble.
//!
//! Values from parsed answers; it sends nothing and waits for nothing.
//!
//! SECURITY: the server's words are hostile. They are escaped and cut here before they stand in
//! any error, and the parser's own error texts, which hold what was sent, are dropped.

use std::io;

use imap_proto::{Capability, MailboxDatum, NameAttribute, Response, ResponseCode, Status};
use zeroize::Zeroizing;

use crate::mail::plain;

/// Trouble with a server, by what can be done about it. The text is a sentence for the person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImapError {
    /// The network or the server is in trouble: it may pass by itself.
    #[error("{0}")]
    Outage(String),
    /// The account has as many connections as the server allows: another has to end first.
    #[error("{0}")]
    Limit(String),
    /// The server wants to be asked less often.
    #[error("{0}")]
    Throttled(String),
    /// The server refused login and password.
    #[error("{0}")]
    Refused(String),
    /// The consent that tokens rest on has ended: the person has to sign in anew.
    #[error("{0}")]
    Revoked(String),
    /// The person has to correct something else: a certificate, a folder, the configuration.
    #[error("{0}")]
    NeedsPerson(String),
    /// The server, or this program, breaks the protocol.
    #[error("{0}")]
    Broken(String),
}

impl ImapError {
    /// Whether waiting will not help.
    #[must_use]
    pub fn needs_person(&self) -> bool {
        match self {
            Self::Refused(_) | Self::Revoked(_) | Self::NeedsPerson(_) => true,
            Self::Outage(_) | Self::Limit(_) | Self::Throttled(_) | Self::Broken(_) => false,
        }
    }
}

/// What a server can do, as far as it matters here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
// One flag for each word that a server may say; they are independent of each other.
#[expect(clippy::struct_excessive_bools)]
pub struct Capabilities {
    /// IDLE (RFC 2177): it says by itself when something comes.
    pub idle: bool,
    /// NOTIFY (RFC 5465): it says so of folders that are not selected, too.
    pub notify: bool,
    /// LOGIN (RFC 9051, 6.2.3) is not forbidden on this connection.
    pub login: bool,
    /// AUTHENTICATE PLAIN (RFC 4616).
    pub plain: bool,
    /// AUTHENTICATE SCRAM-SHA-256 (RFC 7677): the password does not leave this machine.
    pub scram: bool,
    /// AUTHENTICATE OAUTHBEARER (RFC 7628).
    pub oauthbearer: bool,
    /// AUTHENTICATE XOAUTH2 (Google's and Microsoft's own form of the same).
    pub xoauth2: bool,
    /// SASL-IR (RFC 4959): the first answer may come with the command.
    pub first_answer_at_once: bool,
    /// UIDPLUS (RFC 4315): one message alone can be thrown away.
    pub uidplus: bool,
    /// MOVE (RFC 6851).
    pub r#move: bool,
    /// X-GM-EXT-1 (developers.google.com/workspace/gmail/imap/imap-extensions): folders are labels.
    pub is_google: bool,
}

impl Capabilities {
    /// What it can do, in the words of the protocol.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        let all = [
            (self.idle, "IDLE"),
            (self.notify, "NOTIFY"),
            (self.login, "LOGIN"),
            (self.plain, "AUTH=PLAIN"),
            (self.scram, "AUTH=SCRAM-SHA-256"),
            (self.oauthbearer, "AUTH=OAUTHBEARER"),
            (self.xoauth2, "AUTH=XOAUTH2"),
            (self.first_answer_at_once, "SASL-IR"),
            (self.uidplus, "UIDPLUS"),
            (self.r#move, "MOVE"),
            (self.is_google, "X-GM-EXT-1"),
        ];
        all.into_iter()
            .filter_map(|(is_there, name)| is_there.then_some(name))
            .collect()
    }
}

/// How a server ended a command (RFC 9051, 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Ok,
    No,
    Bad,
}

/// The tagged end of a command.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) end: End,
    /// The server's words, escaped.
    pub(super) text: String,
    pub(super) capabilities: Option<Capabilities>,
}

impl Done {
    /// For a command that nothing but OK may end.
    pub(super) fn only_ok(&self, command: &str) -> Result<(), ImapError> {
        match self.end {
            End::Ok => Ok(()),
            End::No | End::Bad => Err(refused(command, self)),
        }
    }
}

/// What an answer means for the command that waits.
#[derive(Debug)]
pub(super) enum Step {
    /// A continuation request: the server wants more. In a sign-in it holds the server's words.
    Asked(Option<String>),
    /// The tagged answer.
    Ended(Done),
    /// Anything else; an answer to a command that was not given is nothing to us.
    Other,
}

pub(super) fn step(answer: &Response<'_>, tag: &str) -> Step {
    match answer {
        Response::Continue(more) => Step::Asked(more.information.as_deref().map(str::to_owned)),
        Response::Done {
            tag: answered,
            status,
            outcome,
        } if answered.0 == tag => {
            Step::Ended(Done {
                end: match status {
                    Status::Ok => End::Ok,
                    Status::No => End::No,
                    // PREAUTH and BYE are never tagged: as good as BAD.
                    Status::Bad | Status::PreAuth | Status::Bye => End::Bad,
                },
                text: words(outcome.information.as_deref()),
                capabilities: capabilities_in(outcome.code.as_ref()),
            })
        }
        _ => Step::Other,
    }
}

/// An answer that holds more than `most` of something is none: memory is bounded.
pub(super) fn within(count: usize, most: usize, what: &str) -> Result<(), ImapError> {
    if count <= most {
        return Ok(());
    }
    Err(ImapError::Broken(format!(
        "the server answered with more {what} than this program accepts at once ({most})"
    )))
}

/// For commands of which there is no more than their line.
#[expect(clippy::unnecessary_wraps)]
pub(super) fn nothing_more(_: Option<&str>) -> Result<Option<Zeroizing<String>>, ImapError> {
    Ok(None)
}

/// A refused command of ours: NO may pass, BAD is a misunderstanding.
pub(super) fn refused(command: &str, done: &Done) -> ImapError {
    let text = &done.text;
    if done.end == End::No {
        let text = format!("the server refused {command} just now: {text}");
        passing(&done.text).map_or(ImapError::Outage(text.clone()), |class| class.error(text))
    } else {
        ImapError::Broken(format!("the server does not understand {command}: {text}"))
    }
}

/// A refusal that will pass, by the server's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source::imap) enum Passing {
    Limit,
    Throttled,
    Outage,
}

impl Passing {
    pub(in crate::source::imap) fn error(self, text: String) -> ImapError {
        match self {
            Self::Limit => ImapError::Limit(text),
            Self::Throttled => ImapError::Throttled(text),
            Self::Outage => ImapError::Outage(text),
        }
    }
}

/// Words of refusals, the ones that are told apart first. Servers dress a limit as a wrong
/// password: `NO [AUTHENTICATIONFAILED] … (Too many simultaneous connections.)`
/// (nextcloud/mail#12671), "Too many auth attempts" (nextcloud/mail#12268), `User is authenticated
/// but not connected` (Outlook; atc0005/check-mail#183). The codes are those of RFC 5530.
const PASSING: [(&str, Passing); 19] = [
    ("simultaneous connection", Passing::Limit),
    ("concurrent connection", Passing::Limit),
    ("number of connections", Passing::Limit),
    ("too many connections", Passing::Limit),
    ("maximum connections", Passing::Limit),
    ("[limit]", Passing::Limit),
    ("too many", Passing::Throttled),
    ("rate limit", Passing::Throttled),
    ("throttl", Passing::Throttled),
    ("bandwidth", Passing::Throttled),
    ("[overquota]", Passing::Throttled),
    ("wait a", Passing::Throttled),
    ("[unavailable]", Passing::Outage),
    ("[inuse]", Passing::Outage),
    ("[serverbug]", Passing::Outage),
    ("authenticated but not connected", Passing::Outage),
    ("try again", Passing::Outage),
    ("temporar", Passing::Outage),
    ("internal error", Passing::Outage),
];

/// Why a refusal with these words will pass; `None` if nothing says so.
pub(in crate::source::imap) fn passing(words: &str) -> Option<Passing> {
    let lower = words.to_ascii_lowercase();
    let found = PASSING.iter().find(|(word, _)| lower.contains(word));
    found.map(|(_, class)| *class)
}

pub(super) fn capabilities_in(code: Option<&ResponseCode<'_>>) -> Option<Capabilities> {
    match code {
        Some(ResponseCode::Capabilities(list)) => Some(capabilities_of(list)),
        _ => None,
    }
}

pub(super) fn capabilities_of(list: &[Capability<'_>]) -> Capabilities {
    let has = |name: &str| {
        list.iter().any(|capability| match capability {
            Capability::Imap4rev1 => false,
            Capability::Atom(atom) => atom.eq_ignore_ascii_case(name),
            Capability::Auth(mechanism) => name
                .strip_prefix("AUTH=")
                .is_some_and(|name| mechanism.eq_ignore_ascii_case(name)),
        })
    };
    Capabilities {
        idle: has("IDLE"),
        notify: has("NOTIFY"),
        login: !has("LOGINDISABLED"),
        plain: has("AUTH=PLAIN"),
        scram: has("AUTH=SCRAM-SHA-256"),
        oauthbearer: has("AUTH=OAUTHBEARER"),
        xoauth2: has("AUTH=XOAUTH2"),
        first_answer_at_once: has("SASL-IR"),
        // IMAP4rev2 has both in itself (RFC 9051, appendix E).
        uidplus: has("UIDPLUS") || has("IMAP4rev2"),
        r#move: has("MOVE") || has("IMAP4rev2"),
        is_google: has("X-GM-EXT-1"),
    }
}

/// Whether a folder with this attribute is more than a name above others (RFC 9051, 7.3.1).
pub(super) fn can_be_opened(attribute: &NameAttribute<'_>) -> bool {
    match attribute {
        NameAttribute::NoSelect => false,
        NameAttribute::Extension(name) => !name.eq_ignore_ascii_case("\\NonExistent"),
        _ => true,
    }
}

/// The special use of a folder (RFC 6154), as the configuration spells it.
pub(super) fn special_use_of(attribute: &NameAttribute<'_>) -> Option<&'static str> {
    match attribute {
        NameAttribute::All => Some("\\All"),
        NameAttribute::Archive => Some("\\Archive"),
        NameAttribute::Flagged => Some("\\Flagged"),
        NameAttribute::Junk => Some("\\Junk"),
        NameAttribute::Trash => Some("\\Trash"),
        _ => None,
    }
}

/// A quoted string (RFC 9051, 4.3).
///
/// # Errors
/// If the text cannot stand in one: control characters would start a command of their own.
pub(in crate::source::imap) fn quoted(text: &str) -> Result<Zeroizing<String>, ImapError> {
    if !text.is_ascii() || text.chars().any(|character| character.is_ascii_control()) {
        return Err(ImapError::NeedsPerson(
            "a name or password holds characters that this server cannot be told".to_owned(),
        ));
    }
    let escaped = Zeroizing::new(text.replace('\\', "\\\\").replace('"', "\\\""));
    Ok(Zeroizing::new(format!("\"{}\"", *escaped)))
}

/// Whether the parser can read a line that stands alone.
pub(super) fn is_readable(line: &[u8]) -> bool {
    Response::parse(line).is_ok()
}

/// An answer for the protocol trace: what kind it is, and of its content nothing but numbers. By
/// construction no byte that a server sent as text stands in it.
pub(super) fn traced(answer: &Response<'_>) -> String {
    match answer {
        Response::Data { status, .. } => format!("* {status:?}"),
        Response::Done { tag, status, .. } => format!("{} {status:?}", tag.0),
        Response::Continue(_) => "+".to_owned(),
        Response::MailboxData(MailboxDatum::Exists(count)) => format!("* {count} EXISTS"),
        Response::MailboxData(MailboxDatum::List(_)) => "* LIST".to_owned(),
        Response::MailboxData(MailboxDatum::Search(uids)) => format!("* SEARCH ({})", uids.len()),
        Response::MailboxData(MailboxDatum::Status { .. }) => "* STATUS".to_owned(),
        Response::Fetch(number, items) => format!("* {number} FETCH ({} items)", items.len()),
        Response::Expunge(number) => format!("* {number} EXPUNGE"),
        Response::Capabilities(_) => "* CAPABILITY".to_owned(),
        _ => "* (other)".to_owned(),
    }
}

/// The server's words, fit to be shown.
pub(super) fn words(information: Option<&str>) -> String {
    information.map_or_else(|| "no reason given".to_owned(), plain)
}

pub(super) fn silent() -> ImapError {
    ImapError::Outage("the server does not answer".to_owned())
}

pub(super) fn closed() -> ImapError {
    ImapError::Outage("the server closed the connection".to_owned())
}

/// An error of the connection. The parser's own text holds what the server sent, so only the
/// guard's and the system's are shown.
pub(super) fn lost(error: &io::Error) -> ImapError {
    match error.kind() {
        io::ErrorKind::InvalidData => ImapError::Broken(error.to_string()),
        io::ErrorKind::Other => {
            ImapError::Broken("the server sent something that is not IMAP".to_owned())
        }
        kind => ImapError::Outage(format!("the connection broke: {kind}")),
    }
}
