//! What has to be known for a first configuration, from flags, from what is known of providers, and
//! from the person.
//!
//! It writes nothing.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::super::exit::Stopped;
use super::super::offered;
use super::super::print::Form;
use super::alert::{self, Alert};
use super::questions::{Question, ask};
use super::{Arguments, folders, server, trial};
use crate::config;
use crate::config::secret::Secret;
use crate::mail::Product;

/// What the first configuration says.
pub(super) struct Answers {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) accounts: Vec<Product>,
    pub(super) source: Source,
    pub(super) access: Access,
    /// The service gets its secrets from systemd.
    pub(super) credential: bool,
    pub(super) alert: Alert,
    /// `None` for the machine's own.
    pub(super) resolver: Option<SocketAddr>,
}

/// Where the mail is.
pub(super) enum Source {
    Maildir(Maildir),
    Server(Server),
}

/// A Maildir on this machine.
pub(super) struct Maildir {
    pub(super) path: PathBuf,
    /// Empty for the usual ones.
    pub(super) folders: Vec<String>,
}

/// An IMAP server.
#[derive(Clone)]
pub(super) struct Server {
    /// `None` where the login's domain tells it.
    pub(super) host: Option<String>,
    pub(super) port: Option<u16>,
    pub(super) tls: Option<String>,
    pub(super) ca_file: Option<PathBuf>,
    pub(super) fingerprint: Option<String>,
    pub(super) login: String,
    /// Empty for the usual ones.
    pub(super) folders: Vec<String>,
}

/// What lets the program in.
pub(super) enum Access {
    /// Nothing is needed: the mail is in a folder.
    Nobody,
    Password(Secret),
    PasswordFile(PathBuf),
    PasswordCommand(Vec<String>),
    Tokens {
        issuer: String,
        client_id: String,
        client_secret: Option<PathBuf>,
    },
}

impl Answers {
    pub(super) async fn gather(arguments: &Arguments, form: Form) -> Result<Self, Stopped> {
        let address = match &arguments.address {
            Some(said) => said.clone(),
            None => ask(ADDRESS, config::mail_address).await?,
        };
        let accounts = match &*arguments.accounts {
            [] => ask(ACCOUNTS, accounts_called).await?,
            said => said.to_owned(),
        };
        let (source, access) = if let Some(folder) = &arguments.maildir {
            let path = server::whole_path(folder)?;
            trial::maildir(&path)?;
            let folders = folders::of_maildir(&path, &arguments.folders).await?;
            (Source::Maildir(Maildir { path, folders }), Access::Nobody)
        } else {
            let (server, access) = server::opened(&address, arguments).await?;
            (Source::Server(server), access)
        };
        Ok(Self {
            alert: alert::gather(arguments, &address, form).await?,
            name: arguments.mailbox.clone().unwrap_or_else(|| "me".to_owned()),
            address,
            accounts: once_each(&accounts),
            source,
            access,
            credential: arguments.credential,
            resolver: arguments.resolver,
        })
    }

    /// The name of the password, as a file and as a credential.
    pub(super) fn secret_name(&self) -> String {
        format!("imap-{}", self.name)
    }

    /// What systemd has to give the service: the name of each secret, and the file that it is in.
    /// A password that was typed stands in `written`.
    pub(super) fn credentials(&self, written: Option<&Path>) -> Vec<(String, PathBuf)> {
        let password = match &self.access {
            Access::PasswordFile(file) => Some(file.as_path()),
            _ => written,
        };
        let secrets = &self.alert.secrets;
        let named = [
            (self.secret_name(), password),
            (alert::TOKEN_NAME.to_owned(), secrets.token.as_deref()),
            (alert::PASSWORD_NAME.to_owned(), secrets.password.as_deref()),
        ];
        let given = named.into_iter();
        given
            .filter_map(|(name, file)| Some((name, file?.to_owned())))
            .collect()
    }
}

const ADDRESS: Question<'_> = Question {
    text: "your e-mail address, as Meta knows it:",
    flag: "--address",
    usual: None,
    shown: str::to_owned,
};

const ACCOUNTS: Question<'_> = Question {
    text: "what do you object for? Of facebook, instagram, threads, whatsapp:",
    flag: "--accounts",
    usual: Some("facebook,instagram"),
    shown: str::to_owned,
};

/// The accounts in a list, however it is written.
fn accounts_called(said: &str) -> Result<Vec<Product>, String> {
    let named = said.split([',', ' ']).filter(|name| !name.is_empty());
    let found = named
        .map(offered::account_named)
        .collect::<Result<Vec<_>, _>>()?;
    if found.is_empty() {
        return Err("this wants an answer".to_owned());
    }
    Ok(found)
}

fn once_each(named: &[Product]) -> Vec<Product> {
    let is_first = |(at, one): &(usize, &Product)| !named[..*at].contains(one);
    let first = named.iter().enumerate().filter(is_first);
    first.map(|(_, one)| *one).collect()
}
