//! Puts a message of our own into a folder, and takes it away again: `sustained check --prove`.
//!
//! Nothing else in the program changes a mailbox. SECURITY: what is taken away is a message that
//! came after we looked and whose own Message-ID was read; a server's SEARCH is not believed. Where
//! a server can only throw away all that is marked as deleted, it is marked and left, since another
//! of the marked ones may be wanted.

use std::collections::BTreeSet;

use imap_proto::Response;
use jiff::Timestamp;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::mail::Uid;

use super::answer::{End, ImapError, quoted, refused, within};
use super::fetch::{section_in, uid_in};
use super::{SILENCE, Selected, Session};

/// More messages of one Message-ID than this are no answer.
const MOST_BEARING: usize = 100;

/// The moment at which a message was given to the server.
#[derive(Debug, Clone, Copy)]
pub struct Given {
    /// For measuring.
    pub instant: Instant,
    /// For comparing clocks.
    pub at: Timestamp,
}

impl Session {
    /// Puts a message into a folder as one that was read: no telephone rings (RFC 9051, 6.3.12).
    /// `name` is in the server's encoding. Returns the server's words if it does not take it.
    ///
    /// # Errors
    /// If the connection fails; whether the message is there is not known then.
    pub async fn append(
        mut self,
        name: &str,
        message: &str,
    ) -> Result<(Self, Result<Given, String>), ImapError> {
        let name = quoted(name)?;
        let line = format!("APPEND {} (\\Seen) {{{}}}", *name, message.len());
        let tag = self.send(&line).await?;
        let mut given = None;
        let more = |_: Option<&str>| {
            // It is asked for once, and a server that asks again gets nothing.
            let line = given.is_none().then(|| format!("{message}\r\n"));
            given.get_or_insert_with(|| Given {
                instant: Instant::now(),
                at: Timestamp::now(),
            });
            Ok(line.map(Zeroizing::new))
        };
        let done = self.finish(&tag, SILENCE, |_| {}, more).await?;
        match (done.end, given) {
            (End::Ok, Some(given)) => Ok((self, Ok(given))),
            (End::No, _) => Ok((self, Err(done.text))),
            (End::Ok | End::Bad, _) => Err(refused("APPEND", &done)),
        }
    }

    /// Opens a folder so that a message in it can be taken away (RFC 9051, 6.3.2). Messages that
    /// are new to it are new to nobody else any more: `\Recent` is this connection's.
    ///
    /// # Errors
    /// If the connection fails. The server's words if it will not open it.
    pub async fn select(self, name: &str) -> Result<(Self, Result<Selected, String>), ImapError> {
        self.open("SELECT", name).await
    }

    /// The messages from `from` on in the open folder that bear this very Message-ID.
    ///
    /// # Errors
    /// If the server does not answer with OK.
    pub async fn bearing(mut self, id: &str, from: Uid) -> Result<(Self, Vec<Uid>), ImapError> {
        self.looked = self.announced;
        let set = format!("{}:*", from.0);
        let (session, found) = self.with_id(&set, |found| found == id).await?;
        // `n:*` always holds the last message, even when n lies behind it.
        Ok((
            session,
            found.into_iter().filter(|uid| *uid >= from).collect(),
        ))
    }

    /// Those of these messages in the open folder whose Message-ID is such a one.
    ///
    /// # Errors
    /// If the server does not answer with OK.
    pub async fn bearing_such(
        self,
        uids: &BTreeSet<Uid>,
        is_such: impl Fn(&str) -> bool,
    ) -> Result<(Self, Vec<Uid>), ImapError> {
        let some = uids.iter().take(MOST_BEARING);
        let some: Vec<String> = some.map(|uid| uid.0.to_string()).collect();
        if some.is_empty() {
            return Ok((self, vec![]));
        }
        self.with_id(&some.join(","), is_such).await
    }

    async fn with_id(
        mut self,
        set: &str,
        is_meant: impl Fn(&str) -> bool,
    ) -> Result<(Self, Vec<Uid>), ImapError> {
        // Some servers answer a set in an empty folder with BAD.
        if self.exists == 0 {
            return Ok((self, vec![]));
        }
        let fields = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]";
        let line = format!("UID FETCH {set} (UID {fields})");
        let mut found = Vec::new();
        self.command(&line, SILENCE, |answer| {
            if let Response::Fetch(_, items) = answer
                && let Some(uid) = uid_in(items)
                && section_in(items).is_some_and(|header| is_id(header, &is_meant))
                && found.len() <= MOST_BEARING
            {
                found.push(uid);
            }
        })
        .await?
        .only_ok("UID FETCH")?;
        within(found.len(), MOST_BEARING, "messages of that name")?;
        Ok((self, found))
    }

    /// Marks one message as deleted, and throws it away if the server can do that to one alone
    /// (UIDPLUS: RFC 4315, 2.1).
    ///
    /// # Errors
    /// If the server does not answer with OK.
    pub async fn remove(mut self, uid: Uid, is_alone: bool) -> Result<Self, ImapError> {
        let line = format!("UID STORE {} +FLAGS.SILENT (\\Deleted)", uid.0);
        self.command(&line, SILENCE, |_| {})
            .await?
            .only_ok("UID STORE")?;
        if is_alone {
            let line = format!("UID EXPUNGE {}", uid.0);
            self.command(&line, SILENCE, |_| {})
                .await?
                .only_ok("UID EXPUNGE")?;
        }
        Ok(self)
    }

    /// Moves one message to another folder (RFC 6851, 3.2).
    ///
    /// # Errors
    /// If the server does not answer with OK.
    pub async fn move_to(mut self, uid: Uid, folder: &str) -> Result<Self, ImapError> {
        let line = format!("UID MOVE {} {}", uid.0, *quoted(folder)?);
        self.command(&line, SILENCE, |_| {})
            .await?
            .only_ok("UID MOVE")?;
        Ok(self)
    }
}

/// Whether a header's one field is a Message-ID that is meant, however it is folded.
fn is_id(header: &[u8], is_meant: impl Fn(&str) -> bool) -> bool {
    let header = String::from_utf8_lossy(header);
    let Some((name, value)) = header.split_once(':') else {
        return false;
    };
    let mut words = value.split_whitespace();
    name.trim().eq_ignore_ascii_case("Message-ID")
        && words.next().is_some_and(is_meant)
        && words.next().is_none()
}
