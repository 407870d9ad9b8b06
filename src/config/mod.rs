//! What the program runs on. `file` is what the person wrote; this is what it means.
//!
//! It reads the configuration and its secrets, and nothing else. SECURITY: the file may hold
//! passwords; no error or log line ever shows a value that stands under a secret's key.

use std::net::SocketAddr;
use std::path::PathBuf;

use jiff::SignedDuration;

use crate::mail::{FolderName, MailboxName, Product};

pub mod secret;

use secret::SecretSource;

/// Everything the program runs on, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file it was read from.
    pub path: PathBuf,
    /// The mailboxes to watch; never empty, names unique.
    pub mailboxes: Vec<Mailbox>,
    /// How senders are proved.
    pub authenticity: Authenticity,
    /// What a code is handed to, if anything.
    pub submission: Option<Submission>,
    /// How the person is told.
    pub alerts: Vec<AlertChannel>,
    /// When a mailbox counts as deaf.
    pub watch: Watch,
}

/// One person's mailbox.
#[derive(Debug, Clone)]
pub struct Mailbox {
    /// Its name, unique.
    pub name: MailboxName,
    /// The addresses that were given to Meta's form, lower case; never empty.
    pub addresses: Vec<String>,
    /// The products the person objects for; never empty.
    pub accounts: Vec<Product>,
    /// Where the messages are.
    pub source: Source,
    /// How far back the first look goes.
    pub lookback: SignedDuration,
}

/// Where a mailbox's messages are.
#[derive(Debug, Clone)]
pub enum Source {
    /// On an IMAP server.
    Imap(Imap),
    /// In a Maildir on this machine.
    Maildir(PathBuf),
}

/// How to reach an IMAP server.
#[derive(Debug, Clone)]
pub struct Imap {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// A PEM file whose certificates are trusted instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// The login name.
    pub login: String,
    /// Where the password is.
    pub password: SecretSource,
    /// The folders to watch: names, or special uses such as `\Junk`.
    pub folders: Vec<FolderName>,
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// TLS from the first byte (RFC 8314).
    Implicit,
    /// Plain text: only ever to loopback.
    None,
}

/// How senders are proved.
#[derive(Debug, Clone)]
pub struct Authenticity {
    /// Who answers DNS questions.
    pub resolver: Resolver,
    /// DKIM key records that win over DNS: (`selector._domainkey.domain`, record), lower-case name.
    pub pinned_keys: Vec<(String, String)>,
}

/// Who answers DNS questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolver {
    /// The machine's own configuration.
    System,
    /// One server.
    Server(SocketAddr),
}

/// The submission step.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The program and its arguments; the code comes on its standard input.
    pub command: Vec<String>,
    /// How long one run may take.
    pub timeout: SignedDuration,
    /// How long a code is good for, counted from INTERNALDATE.
    pub code_lifetime: SignedDuration,
}

/// One way to tell the person.
#[derive(Debug, Clone)]
pub struct AlertChannel {
    /// Its name in logs and in the store, unique; never a secret.
    pub name: String,
    /// What it is.
    pub target: AlertTarget,
}

/// What an alert channel is.
#[derive(Debug, Clone)]
pub enum AlertTarget {
    /// `stdout:`
    Stdout,
    /// `ntfy://HOST[:PORT]/TOPIC`
    Ntfy {
        /// Host name or address.
        host: String,
        /// TCP port.
        port: u16,
        /// Plain HTTP, only ever to loopback.
        tls: Tls,
        /// The topic.
        topic: String,
        /// An access token, if the server wants one.
        token: Option<SecretSource>,
    },
    /// `smtp://…` (STARTTLS) or `smtps://…` (TLS from the first byte)
    Smtp(Smtp),
}

/// How to reach a mail server that takes alerts.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub security: SmtpSecurity,
    /// Login name and where its password is.
    pub login: Option<(String, SecretSource)>,
    /// The sender's address.
    pub from: String,
    /// The receiver's address.
    pub to: String,
}

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// TLS from the first byte.
    Implicit,
    /// STARTTLS, and nothing is sent without it.
    StartTls,
    /// Plain text: only ever to loopback.
    None,
}

/// When a mailbox counts as deaf.
#[derive(Debug, Clone)]
pub struct Watch {
    /// How often a folder is looked at, whatever IDLE says.
    pub sweep: SignedDuration,
    /// Without a proof of hearing for this long, the person is told.
    pub deaf_after: SignedDuration,
}
