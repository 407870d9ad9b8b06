//! Puts a message of our own into a folder, and takes it away again: `sustained check --prove`.
//!
//! Nothing else in the program changes a mailbox. SECURITY: what is taken away is the one message
//! that was put there, by its UID; where a server can only throw away all that is marked as
//! deleted, it is marked and left, since another of the marked ones may be wanted.

use imap_proto::{MailboxDatum, Response};
use zeroize::Zeroizing;

use crate::mail::Uid;

use super::answer::{End, ImapError, Step, only_ok, quoted, refused, step};
use super::{Capabilities, SILENCE, Session};

/// What became of a message that should be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// It is gone.
    Gone,
    /// It lies in the folder for deleted messages.
    InTrash,
    /// It is marked as deleted; the server cannot throw away one message alone.
    Marked,
}

impl Session {
    /// Puts a message into a folder as one that was read: no telephone rings (RFC 9051, 6.3.12).
    /// `name` is in the server's encoding. Returns the server's words if it does not take it.
    ///
    /// # Errors
    /// If the connection fails.
    pub async fn append(
        mut self,
        name: &str,
        message: &str,
    ) -> Result<(Self, Result<(), String>), ImapError> {
        let name = quoted(name)?;
        let line = format!("APPEND {} (\\Seen) {{{}}}", *name, message.len());
        let tag = self.send(&line).await?;
        let mut is_given = false;
        loop {
            match self.receive(SILENCE, |answer| step(answer, &tag)).await? {
                Step::Asked(_) if !is_given => {
                    is_given = true;
                    self.write(Zeroizing::new(format!("{message}\r\n"))).await?;
                }
                Step::Asked(_) | Step::Other => {}
                Step::Ended(done) => {
                    return match done.end {
                        End::Ok => Ok((self, Ok(()))),
                        End::No => Ok((self, Err(done.text))),
                        End::Bad => Err(refused("APPEND", &done)),
                    };
                }
            }
        }
    }

    /// Opens a folder so that a message in it can be taken away (RFC 9051, 6.3.2).
    ///
    /// # Errors
    /// If the server does not answer with OK.
    pub async fn select(mut self, name: &str) -> Result<Self, ImapError> {
        let line = format!("SELECT {}", *quoted(name)?);
        let done = self.command(&line, SILENCE, |_| {}).await?;
        only_ok(&done, "SELECT")?;
        Ok(self)
    }

    /// The messages in the open folder with this Message-ID.
    ///
    /// # Errors
    /// If the server does not answer with OK.
    pub async fn with_message_id(mut self, id: &str) -> Result<(Self, Vec<Uid>), ImapError> {
        let line = format!("UID SEARCH HEADER Message-ID {}", *quoted(id)?);
        let mut found = Vec::new();
        let done = self
            .command(&line, SILENCE, |answer| {
                if let Response::MailboxData(MailboxDatum::Search(uids)) = answer {
                    found.extend(uids.iter().copied().map(Uid));
                }
            })
            .await?;
        only_ok(&done, "UID SEARCH")?;
        Ok((self, found))
    }

    /// Takes one message out of the folder that [`Self::select`] opened. Google keeps what is
    /// thrown away in a folder of all mail, unless it was moved to `trash` first.
    ///
    /// # Errors
    /// If the server does not answer with OK.
    pub async fn remove(
        mut self,
        uid: Uid,
        capabilities: Capabilities,
        trash: Option<&str>,
    ) -> Result<(Self, Removal), ImapError> {
        if let Some(trash) = trash.filter(|_| capabilities.r#move && capabilities.is_google) {
            let line = format!("UID MOVE {} {}", uid.0, *quoted(trash)?);
            let done = self.command(&line, SILENCE, |_| {}).await?;
            only_ok(&done, "UID MOVE")?;
            return Ok((self, Removal::InTrash));
        }
        let line = format!("UID STORE {} +FLAGS.SILENT (\\Deleted)", uid.0);
        let done = self.command(&line, SILENCE, |_| {}).await?;
        only_ok(&done, "UID STORE")?;
        if !capabilities.uidplus {
            return Ok((self, Removal::Marked));
        }
        let line = format!("UID EXPUNGE {}", uid.0);
        let done = self.command(&line, SILENCE, |_| {}).await?;
        only_ok(&done, "UID EXPUNGE")?;
        Ok((self, Removal::Gone))
    }
}
