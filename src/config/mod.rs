//! What the program runs on. `file` is what the person wrote; this is what it means.
//!
//! It reads the configuration and its secrets, and nothing else. SECURITY: the file may hold
//! passwords; no error or log line ever shows a value that stands under a secret's key.

use std::fs::{self, Metadata};
use std::io::{self, Read};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::SignedDuration;

use crate::mail::{FolderName, MailboxName, Product, Wordings};

mod address;
mod alert;
mod ask;
mod browser;
mod channel;
mod endpoint;
mod excerpt;
mod explain;
mod file;
mod heartbeat;
mod locate;
mod mailbox;
mod meaning;
mod oauth;
mod object;
mod problem;
mod provider;
mod quiet;
pub mod secret;
mod service;
mod status;
mod submission;
pub mod types;
mod unfit;
mod wordings;
mod words;

pub use browser::Browser;
pub use channel::{AlertChannel, AlertTarget, Exec, Protocol, Service, Smtp};
pub use endpoint::Endpoint;
pub use explain::did_you_mean;
pub use heartbeat::Heartbeat;
pub use locate::{default_path, places, state_dir};
pub use meaning::none_of;
pub use oauth::{Consent, OAuth};
pub use object::{Object, form};
pub use problem::{ConfigError, Problem};
pub use provider::Provider;
pub use status::{Listen, StatusPage};
pub use submission::{Step, Submission, Webhook};
pub use wordings::own_text;
pub use words::{
    address as mail_address, duration, fingerprint, host, is_private, name, name_server,
};

use problem::Problems;
use secret::SecretSource;

/// A larger file is not a configuration: five thousand mailboxes fill a tenth of it.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// Reads the configuration at `path`, checks who else may read or change it, and what it says.
///
/// # Errors
///
/// [`ConfigError::NotFound`] and [`ConfigError::Unreadable`] if it cannot be read,
/// [`ConfigError::Invalid`] for what it says, [`ConfigError::Unsafe`] if others may change it, or
/// may read the secrets that stand in it, [`ConfigError::Wordings`] for the person's own wordings.
pub fn load(path: &Path) -> Result<Config, ConfigError> {
    let (text, metadata) = read(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => ConfigError::NotFound {
            looked: vec![path.to_owned()],
        },
        _ => ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        },
    })?;
    let mut config = parse(&text, path)?;
    let mode = metadata.permissions().mode() & 0o7777;
    // Whoever may write it may have the code handed to a program of theirs.
    let may_write = mode & 0o002 != 0;
    let may_read = mode & 0o007 != 0;
    if metadata.is_file() && (may_write || (may_read && config.holds_secrets())) {
        return Err(ConfigError::Unsafe {
            path: path.to_owned(),
            mode,
        });
    }
    if let Some(folder) = &config.wordings_folder {
        config.wordings = wordings::load(folder)?;
    }
    Ok(config)
}

/// Reads the configuration `text` as if it stood at `path`; touches no file.
///
/// # Errors
///
/// [`ConfigError::Invalid`], with everything that is wrong.
pub fn parse(text: &str, path: &Path) -> Result<Config, ConfigError> {
    let mut problems = Problems::new(text);
    let config = unfit::read(text, &mut problems)
        .and_then(|file| meaning::config(file, path, &mut problems));
    config.ok_or_else(|| problems.into_error(path))
}

/// The key records of a file with `[authenticity.pinned_keys]`, such as one beside a message that
/// was kept as evidence.
///
/// # Errors
///
/// [`ConfigError::Unreadable`] and [`ConfigError::Invalid`].
pub fn keys(path: &Path) -> Result<Vec<(String, String)>, ConfigError> {
    let (text, _) = read(path).map_err(|source| ConfigError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let mut problems = Problems::new(&text);
    let file = unfit::read(&text, &mut problems);
    let found = file.map(|file| meaning::authenticity(file.authenticity, &mut problems));
    match found.filter(|_| problems.count() == 0) {
        Some(found) => Ok(found.pinned_keys),
        None => Err(problems.into_error(path)),
    }
}

/// A file's text and what the system says about the file it came from.
fn read(path: &Path) -> io::Result<(String, Metadata)> {
    let file = fs::File::open(path)?;
    let metadata = file.metadata()?;
    let mut text = String::new();
    file.take(MAX_FILE + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_FILE {
        return Err(io::Error::other("it is larger than 16 MiB"));
    }
    Ok((text, metadata))
}

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
    /// Who is told that everything is heard.
    pub heartbeat: Option<Heartbeat>,
    /// Where the status page is, if there is one.
    pub status: Option<StatusPage>,
    /// The browser that the form is seen in.
    pub browser: Browser,
    /// A folder of the person's own wordings.
    pub wordings_folder: Option<PathBuf>,
    /// What mails are read by.
    pub wordings: Arc<Wordings>,
}

impl Config {
    /// A secret stands in the file itself.
    fn holds_secrets(&self) -> bool {
        let secrets = self.secrets();
        secrets
            .into_iter()
            .any(|secret| matches!(secret, SecretSource::Value(_)))
    }

    /// Where every secret is that it names.
    #[must_use]
    pub fn secrets(&self) -> Vec<&SecretSource> {
        let passwords = self
            .mailboxes
            .iter()
            .filter_map(|mailbox| match &mailbox.source {
                Source::Imap(imap) => match &imap.access {
                    Access::Password(password) => Some(password),
                    Access::Tokens(oauth) => oauth.client_secret.as_ref(),
                },
                Source::Maildir(_) => None,
            });
        let alerts = self.alerts.iter().flat_map(|alert| alert.target.secrets());
        let webhook = match self.submission.as_ref().map(|submission| &submission.step) {
            Some(Step::Webhook(webhook)) => [Some(&webhook.secret), webhook.old_secret.as_ref()],
            Some(Step::Command(_) | Step::Browser(_)) | None => [None, None],
        };
        let heartbeat = self.heartbeat.as_ref().map(|heartbeat| &heartbeat.url);
        let status = self.status.as_ref().and_then(|page| page.token.as_ref());
        passwords
            .chain(alerts)
            .chain(webhook.into_iter().flatten())
            .chain(heartbeat)
            .chain(status)
            .collect()
    }
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
    /// Those of them that are linked in one Accounts Center, in the order written; empty or at
    /// least two.
    pub linked: Vec<Product>,
    /// Where the messages are.
    pub source: Source,
    /// How far back the first look goes.
    pub lookback: SignedDuration,
    /// The authserv-id of the server that receives for it, lower case, if its word is trusted
    /// where a signature cannot be checked (RFC 8601, 2.5).
    pub provider: Option<String>,
    /// What is filled into Meta's forms.
    pub object: Object,
}

/// Where a mailbox's messages are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// On an IMAP server.
    Imap(Imap),
    /// In a Maildir on this machine.
    Maildir(Maildir),
}

impl Source {
    /// A folder that both name, as far as their words show it.
    pub(crate) fn shared_with(&self, other: &Self) -> Option<&FolderName> {
        let (own, others) = match (self, other) {
            (Self::Imap(own), Self::Imap(other)) => {
                let is_same = own.login == other.login
                    && own.host.eq_ignore_ascii_case(&other.host)
                    && own.port == other.port;
                is_same.then_some((&own.folders, &other.folders))?
            }
            (Self::Maildir(own), Self::Maildir(other)) => {
                (own.path == other.path).then_some((&own.folders, &other.folders))?
            }
            _ => return None,
        };
        own.iter().find(|folder| others.contains(folder))
    }
}

/// A Maildir, with the folders in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maildir {
    /// Where it is.
    pub path: PathBuf,
    /// The folders to watch: names, or special uses such as `\\Junk`.
    pub folders: Vec<FolderName>,
}

/// How to reach an IMAP server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imap {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Security,
    /// A PEM file whose certificates are trusted instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// SHA-256 of the only certificate that is trusted.
    pub fingerprint: Option<[u8; 32]>,
    /// What is known of the server.
    pub provider: Option<&'static Provider>,
    /// The login name.
    pub login: String,
    /// What proves to the server that it is the person.
    pub access: Access,
    /// The folders to watch: names, or special uses such as `\Junk`.
    pub folders: Vec<FolderName>,
}

/// What lets this program into a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Where the password is.
    Password(SecretSource),
    /// Tokens, which the person consented to once.
    Tokens(Box<OAuth>),
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
    /// The domains of forwarders whose seals (ARC) are trusted, lower case.
    pub forwarders: Vec<String>,
}

/// Who answers DNS questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolver {
    /// The machine's own configuration.
    System,
    /// One server.
    Server(SocketAddr),
}

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
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
