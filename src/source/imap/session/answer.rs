//! What a server's answer means: the end of a command, what it can do, the kinds of trouble.
//!
//! Values from parsed answers; it sends nothing and waits for nothing.
//!
//! SECURITY: the server's words are hostile. They are escaped and cut here before they stand in
//! any error, and the parser's own error texts, which hold what was sent, are dropped.

use std::io;

use imap_proto::{Capability, NameAttribute, Response, ResponseCode, Status};
use zeroize::Zeroizing;

use crate::mail::plain;

/// Trouble with a server, by what can be done about it. The text is a sentence for the person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImapError {
    /// It may pass by itself.
    #[error("{0}")]
    TryLater(String),
    /// The person has to do something.
    #[error("{0}")]
    NeedsPerson(String),
    /// The server, or this program, breaks the protocol.
    #[error("{0}")]
    Broken(String),
}

/// How a server takes a password.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PasswordBy {
    /// LOGIN (RFC 9051, 6.2.3).
    #[default]
    Login,
    /// AUTHENTICATE PLAIN (RFC 4616): the answer follows the server's question.
    Plain,
    /// AUTHENTICATE PLAIN with SASL-IR (RFC 4959): the answer comes with the command.
    PlainAtOnce,
    /// Not on this connection: LOGINDISABLED, and no AUTH=PLAIN.
    Nothing,
}

/// What a server can do, as far as it matters here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// IDLE (RFC 2177): it says by itself when something comes.
    pub idle: bool,
    /// How it takes a password. PLAIN where there is a choice: it can carry any password.
    pub password_by: PasswordBy,
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

/// What an answer means for the command that waits.
#[derive(Debug)]
pub(super) enum Step {
    /// A continuation request: the server wants more.
    Asked,
    /// The tagged answer.
    Ended(Done),
    /// Anything else; an answer to a command that was not given is nothing to us.
    Other,
}

pub(super) fn step(answer: &Response<'_>, tag: &str) -> Step {
    match answer {
        Response::Continue(_) => Step::Asked,
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

pub(super) fn only_ok(done: &Done, command: &str) -> Result<(), ImapError> {
    match done.end {
        End::Ok => Ok(()),
        End::No | End::Bad => Err(refused(command, done)),
    }
}

/// A refused command of ours: NO may pass, BAD is a misunderstanding.
pub(super) fn refused(command: &str, done: &Done) -> ImapError {
    let text = &done.text;
    if done.end == End::No {
        ImapError::TryLater(format!("the server refused {command} just now: {text}"))
    } else {
        ImapError::Broken(format!("the server does not understand {command}: {text}"))
    }
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
    let password_by = match (has("AUTH=PLAIN"), has("SASL-IR"), has("LOGINDISABLED")) {
        (true, true, _) => PasswordBy::PlainAtOnce,
        (true, false, _) => PasswordBy::Plain,
        (false, _, false) => PasswordBy::Login,
        (false, _, true) => PasswordBy::Nothing,
    };
    Capabilities {
        idle: has("IDLE"),
        password_by,
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

/// The server's words, fit to be shown.
pub(super) fn words(information: Option<&str>) -> String {
    information.map_or_else(|| "no reason given".to_owned(), plain)
}

pub(super) fn silent() -> ImapError {
    ImapError::TryLater("the server does not answer".to_owned())
}

pub(super) fn closed() -> ImapError {
    ImapError::TryLater("the server closed the connection".to_owned())
}

/// An error of the connection. The parser's own text holds what the server sent, so only the
/// guard's and the system's are shown.
pub(super) fn lost(error: &io::Error) -> ImapError {
    match error.kind() {
        io::ErrorKind::InvalidData => ImapError::Broken(error.to_string()),
        io::ErrorKind::Other => {
            ImapError::Broken("the server sent something that is not IMAP".to_owned())
        }
        kind => ImapError::TryLater(format!("the connection broke: {kind}")),
    }
}
