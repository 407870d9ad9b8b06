//! Tries what was answered, before anything is written: the configuration's own rules, the
//! connection, the sign-in, the folders, Meta's keys in DNS and, where the person wants it, an
//! alert.
//!
//! SECURITY: the password is sent to the server that was named, over TLS, and nowhere else. A
//! program that prints it is run as the person named it, without a shell.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::check::keys;
use super::super::check::test_alert;
use super::super::exit::{Exit, Stopped};
use super::super::print::{Form, talk};
use super::alert::Alert;
use super::answers::{Access, Answers, Server};
use super::questions::{unwritten, wrong};
use super::{draft, folders};
use crate::config::secret::SecretSource;
use crate::config::{self, Authenticity, Config, ConfigError, Imap, Security, Source};
use crate::mail::FolderName;
use crate::source::imap::{self, Credentials, ImapError, Trust};

/// What was answered does not work.
pub(super) enum Refused {
    /// No configuration may say it.
    Rule(String),
    /// The server does not take it, or is not reached.
    Server {
        /// Host and port.
        place: String,
        error: ImapError,
    },
    /// Folders cannot be opened.
    Folders(String),
}

impl Refused {
    /// The sentence for the person.
    pub(super) fn why(&self) -> String {
        match self {
            Self::Rule(what) | Self::Folders(what) => what.clone(),
            Self::Server { place, error } => format!("{place}: {error}"),
        }
    }

    /// The server that was tried.
    pub(super) fn place(&self) -> Option<&str> {
        match self {
            Self::Rule(_) | Self::Folders(_) => None,
            Self::Server { place, .. } => Some(place),
        }
    }

    /// The end, where nobody can answer anew.
    pub(super) fn stopped(&self) -> Stopped {
        let exit = match self {
            Self::Rule(_) => Exit::Usage,
            Self::Folders(why) => {
                let why = format!("{} {why}", folders::FLAG);
                return Stopped::new(Exit::Usage, unwritten(&why));
            }
            Self::Server { error, .. } => match error {
                ImapError::Outage(_) | ImapError::Limit(_) | ImapError::Throttled(_) => {
                    Exit::Unavailable
                }
                _ => Exit::Failed,
            },
        };
        Stopped::new(exit, unwritten(&self.why()))
    }

    /// The server refused login and password.
    pub(super) fn is_of_the_password(&self) -> bool {
        matches!(
            self,
            Self::Server {
                error: ImapError::Refused(_),
                ..
            }
        )
    }

    /// Other folders would do.
    pub(super) fn is_of_the_folders(&self) -> bool {
        matches!(self, Self::Folders(_))
    }

    /// Before the sign-in the person has only the certificate to decide about.
    pub(super) fn is_of_the_certificate(&self) -> bool {
        matches!(
            self,
            Self::Server {
                error: ImapError::NeedsPerson(_),
                ..
            }
        )
    }
}

/// Whether a server with this name answers over TLS and proves to be it.
pub(super) async fn answers(host: &str) -> bool {
    let server = Imap {
        host: host.to_owned(),
        port: 993,
        tls: Security::Implicit,
        ca_file: None,
        fingerprint: None,
        provider: None,
        login: String::new(),
        access: config::Access::Password(SecretSource::File(PathBuf::new())),
        folders: vec![],
    };
    imap::connect(&server, &Trust::default()).await.is_ok()
}

/// What all answers mean together, by the rules that every configuration is read by.
pub(super) fn whole(answers: &Answers, path: &Path) -> Result<Config, Stopped> {
    let read = config::parse(&draft::text(answers), path);
    read.map_err(|error| Refused::Rule(words(&error)).stopped())
}

/// Whether DNS gives Meta's keys, which is said. The person may go on without: a name server may be
/// mended later.
pub(super) async fn try_keys(settings: &Authenticity) -> bool {
    let found = keys::look_up(settings).await;
    match &found {
        Ok(key) => talk(&format!("DNS has Meta's key {key}")),
        Err(trouble) => talk(&format!(
            "no mail can be proved yet: {}\n  -> `--resolver IP:PORT` asks another name server, \
             now or later as `authenticity.resolver`",
            trouble.observed
        )),
    }
    found.is_ok()
}

/// What the answers about a server mean.
pub(super) fn meant_server(server: &Server, access: &Access) -> Result<Imap, Refused> {
    let config = parsed(&draft::of_server(server, access)).map_err(Refused::Rule)?;
    match config
        .mailboxes
        .into_iter()
        .next()
        .map(|mailbox| mailbox.source)
    {
        Some(Source::Imap(imap)) => Ok(imap),
        Some(Source::Maildir(_)) | None => Err(Refused::Rule("this is no server".to_owned())),
    }
}

/// What the names of a Maildir's folders mean.
pub(super) fn meant_folders(named: &[String]) -> Result<Vec<FolderName>, String> {
    let mailboxes = parsed(&draft::of_maildir(named))?.mailboxes;
    let folders = mailboxes
        .into_iter()
        .flat_map(|mailbox| match mailbox.source {
            Source::Maildir(maildir) => maildir.folders,
            Source::Imap(imap) => imap.folders,
        });
    Ok(folders.collect())
}

/// Whether the person with this address can be told so.
pub(super) fn meant_alert(alert: &Alert, address: &str) -> Result<Config, String> {
    parsed(&draft::of_alert(alert, address))
}

/// Sends a test alert to the person with this address.
pub(super) async fn told(way: &Alert, address: &str, form: Form) -> Result<&'static str, String> {
    let config = meant_alert(way, address)?;
    let mut sent = "nobody is told";
    for channel in &config.alerts {
        let told = test_alert::told(&config, channel, form).await;
        sent = told.map_err(|(why, remedy)| format!("{why}: {remedy}"))?;
    }
    Ok(sent)
}

/// What a text means that stands nowhere.
fn parsed(text: &str) -> Result<Config, String> {
    config::parse(text, Path::new("/config.toml")).map_err(|error| words(&error))
}

/// What is wrong, without the lines of a file that is not there.
fn words(error: &ConfigError) -> String {
    let ConfigError::Invalid { problems, .. } = error else {
        return error.to_string();
    };
    let what: Vec<&str> = problems.iter().map(|problem| &*problem.what).collect();
    what.join("; ")
}

/// Whether a folder is a Maildir.
pub(super) fn maildir(folder: &Path) -> Result<(), Stopped> {
    let name = folder.display().to_string();
    for place in ["new", "cur"] {
        if let Err(error) = fs::read_dir(folder.join(place)) {
            let why = format!("this is no Maildir that can be read: {place}/: {error}");
            return Err(wrong("--maildir", &name, &why));
        }
    }
    talk(&format!("{name} is a Maildir"));
    Ok(())
}

/// How the server is entered is asked later.
pub(super) fn later() -> Access {
    Access::PasswordFile("/".into())
}

/// Connects, and leaves again.
pub(super) async fn reach(server: &Server) -> Result<(), Refused> {
    let server = meant_server(server, &later())?;
    let connected = imap::connect(&server, &Trust::default()).await;
    let (session, _) = connected.map_err(|error| refused(&server, error))?;
    session.logout().await;
    talk(&format!("{} answers", place(&server)));
    Ok(())
}

/// Signs in, looks into each folder, and leaves again.
pub(super) async fn sign_in(server: &Imap, access: &Access) -> Result<(), Refused> {
    let secret = match access {
        Access::Password(secret) => SecretSource::Value(secret.clone()),
        Access::PasswordFile(file) => SecretSource::File(file.clone()),
        Access::PasswordCommand(words) => SecretSource::Command(words.clone()),
        // The person consents when there is a configuration to consent to.
        Access::Nobody | Access::Tokens { .. } => return Ok(()),
    };
    let looked = look(server, &Credentials::Password(secret)).await;
    match looked.map_err(|error| refused(server, error))? {
        None => Ok(()),
        Some(missing) => Err(Refused::Folders(missing)),
    }
}

/// What is said of folders that are not there.
async fn look(server: &Imap, credentials: &Credentials) -> Result<Option<String>, ImapError> {
    let (session, before) = imap::connect(server, &Trust::default()).await?;
    let (mut session, capabilities) = imap::sign_in(session, before, server, credentials).await?;
    talk("the sign-in is accepted");
    if !capabilities.idle {
        talk("it does not announce new mail (no IDLE): it is looked at every 15 s instead");
    }
    let mut missing = Vec::new();
    for folder in &server.folders {
        let found;
        (session, found) = imap::resolve(session, folder).await?;
        let Some(found) = found else {
            let why = "the server marks no folder so";
            if folders::may_be_missing(folder) {
                talk(&format!("  {folder}: {why}"));
            } else {
                missing.push((folder, why.to_owned()));
            }
            continue;
        };
        let selected;
        (session, selected) = session.examine(&found).await?;
        match selected {
            Ok(selected) => talk(&format!("  {folder}: {} messages", selected.exists)),
            Err(words) if folders::may_be_missing(folder) => talk(&format!("  {folder}: {words}")),
            Err(words) => missing.push((folder, words)),
        }
    }
    if missing.is_empty() {
        session.logout().await;
        return Ok(None);
    }
    let (session, there) = imap::names(session).await?;
    session.logout().await;
    let missing = missing.iter();
    let told = missing.map(|(folder, why)| folders::not_there(folder, why, &there));
    Ok(Some(told.collect::<Vec<_>>().join("; ")))
}

fn refused(server: &Imap, error: ImapError) -> Refused {
    let place = place(server);
    Refused::Server { place, error }
}

fn place(server: &Imap) -> String {
    format!("{}:{}", server.host, server.port)
}
