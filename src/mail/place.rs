//! Where messages stand: mailboxes, folders, UIDs, and how far a folder was read.
//!
//! Names and numbers only; it does not know how a server is asked for them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The name a person gave to one `[[mailbox]]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MailboxName(pub String);

impl fmt::Display for MailboxName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One named store of messages inside a mailbox, as the configuration spells it (`INBOX`, `\Junk`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FolderName(pub String);

impl fmt::Display for FolderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A watched folder's identity. Another server or login under the same mailbox name is another
/// folder: its UIDs mean something else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FolderRef {
    /// The configured mailbox.
    pub mailbox: MailboxName,
    /// Server and login, or the Maildir's path.
    pub origin: String,
    /// The folder inside it.
    pub folder: FolderName,
}

/// The server's promise that its UIDs still mean what they meant (RFC 9051, 2.3.1.1). Zero, which
/// the RFC forbids, stands for a server that gives none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UidValidity(pub u32);

/// A message's unique identifier within one folder and one [`UidValidity`] (RFC 9051, 2.3.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(pub u32);

/// Where a message stood when it was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRef {
    /// The configured mailbox.
    pub mailbox: MailboxName,
    /// The folder inside it.
    pub folder: FolderName,
    /// The folder's UIDVALIDITY.
    pub uid_validity: UidValidity,
    /// The message's UID.
    pub uid: Uid,
}

/// How far a folder was read: every lower UID was taken in or passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The UIDVALIDITY the UIDs below belong to.
    pub uid_validity: UidValidity,
    /// The lowest UID that was not read.
    pub uid_next: Uid,
}
