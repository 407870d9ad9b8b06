//! What has to be known for a first configuration, from flags, from what is known of providers, and
//! from the person.
//!
//! It writes nothing.

use std::path::PathBuf;

use super::super::exit::{Exit, Stopped};
use super::super::offered;
use super::super::print::talk;
use super::questions::{ask, ask_secret};
use super::{Arguments, trial};
use crate::config::Provider;
use crate::config::secret::Secret;
use crate::mail::Product;

/// Names that mail servers of unknown domains have most often.
const USUAL_NAMES: [&str; 2] = ["imap", "mail"];

/// What the first configuration says.
pub(super) struct Answers {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) accounts: Vec<Product>,
    pub(super) source: Source,
    pub(super) access: Access,
    /// The service gets the password from systemd.
    pub(super) credential: bool,
    pub(super) alert: String,
}

/// Where the mail is.
pub(super) enum Source {
    Maildir(PathBuf),
    Server(Server),
}

/// An IMAP server.
pub(super) struct Server {
    /// `None` where the login's domain tells it.
    pub(super) host: Option<String>,
    pub(super) port: Option<u16>,
    pub(super) ca_file: Option<PathBuf>,
    pub(super) login: String,
}

/// What lets the program in.
pub(super) enum Access {
    /// Nothing is needed: the mail is in a folder.
    Nobody,
    Password(Secret),
    PasswordFile(PathBuf),
    Tokens {
        issuer: String,
        client_id: String,
    },
}

impl Answers {
    pub(super) async fn gather(arguments: &Arguments) -> Result<Self, Stopped> {
        let address = ask(
            arguments.address.as_ref(),
            ("your e-mail address, as Meta knows it:", "--address"),
            None,
        )?;
        let accounts = accounts(arguments)?;
        let (source, access) = if let Some(maildir) = &arguments.maildir {
            (Source::Maildir(maildir.clone()), Access::Nobody)
        } else {
            let server = server(&address, arguments).await?;
            (Source::Server(server), access(arguments)?)
        };
        let alert = ask(
            arguments.alert.as_ref(),
            (
                "how shall you be told? Such as ntfy://ntfy.sh/A-TOPIC-NOBODY-GUESSES; this \
                 terminal and the service's log:",
                "--alert",
            ),
            Some("stdout:"),
        )?;
        Ok(Self {
            name: arguments.mailbox.clone().unwrap_or_else(|| "me".to_owned()),
            address,
            accounts,
            source,
            access,
            credential: arguments.credential,
            alert,
        })
    }

    /// The name of the secret, as a file and as a credential.
    pub(super) fn secret_name(&self) -> String {
        format!("imap-{}", self.name)
    }
}

fn accounts(arguments: &Arguments) -> Result<Vec<Product>, Stopped> {
    if !arguments.accounts.is_empty() {
        return Ok(arguments.accounts.clone());
    }
    let question = "what do you object for? Of facebook, instagram, threads, whatsapp:";
    let said = ask(None, (question, "--accounts"), Some("facebook,instagram"))?;
    let named = said.split([',', ' ']).filter(|name| !name.is_empty());
    let found: Result<Vec<Product>, String> = named.map(offered::account_named).collect();
    found.map_err(|why| Stopped::new(Exit::Usage, format!("no such account: {why}")))
}

/// The server: as it was said, as the domain tells, or the one that answers.
async fn server(address: &str, arguments: &Arguments) -> Result<Server, Stopped> {
    let login = arguments.login.as_deref().unwrap_or(address);
    let mut server = Server {
        host: arguments.host.clone(),
        port: arguments.port,
        ca_file: arguments.ca_file.clone(),
        login: login.to_owned(),
    };
    if server.host.is_some() {
        return Ok(server);
    }
    if let Some(provider) = Provider::of_address(login) {
        let Some(host) = &provider.host else {
            let why = format!("{} offers no IMAP; {}", provider.name, provider.password);
            return Err(Stopped::new(Exit::Unavailable, why));
        };
        talk(&format!("{}: {host}. {}", provider.name, provider.password));
        for quirk in &provider.quirks {
            talk(&format!("  {quirk}"));
        }
        return Ok(server);
    }
    let domain = login.rsplit_once('@').map_or(login, |(_, domain)| domain);
    for name in USUAL_NAMES {
        let host = format!("{name}.{domain}");
        if trial::answers(&host).await {
            talk(&format!("{host} answers, and proves to be that"));
            server.host = Some(host);
            return Ok(server);
        }
    }
    let question = format!("the IMAP server of {domain}:");
    server.host = Some(ask(None, (&question, "--host"), None)?);
    Ok(server)
}

fn access(arguments: &Arguments) -> Result<Access, Stopped> {
    if let Some(file) = &arguments.password_file {
        return Ok(Access::PasswordFile(file.clone()));
    }
    if let Some(issuer) = &arguments.oauth {
        let question = (
            "the client that you registered with the issuer:",
            "--client-id",
        );
        return Ok(Access::Tokens {
            issuer: issuer.clone(),
            client_id: ask(arguments.client_id.as_ref(), question, None)?,
        });
    }
    password()
}

/// Asks for the password; nothing shows it.
pub(super) fn password() -> Result<Access, Stopped> {
    let question = ("the mailbox's password (not shown):", "--password-file");
    let typed = ask_secret(question)?;
    Ok(Access::Password(Secret::new(typed.to_string())))
}
