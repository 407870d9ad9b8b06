//! What has to be known for a first configuration, from flags, from what is known of providers, and
//! from the person.
//!
//! It writes nothing.

use std::path::PathBuf;

use super::super::exit::{Exit, Stopped};
use super::super::offered;
use super::super::print::{Form, talk};
use super::questions::{Question, ask, can_be_asked_again, unwritten, wrong};
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
    /// The service gets the password from systemd.
    pub(super) credential: bool,
    pub(super) alert: String,
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
            alert: alert(arguments, &address, form).await?,
            name: arguments.mailbox.clone().unwrap_or_else(|| "me".to_owned()),
            address,
            accounts: once_each(&accounts),
            source,
            access,
            credential: arguments.credential,
        })
    }

    /// The name of the secret, as a file and as a credential.
    pub(super) fn secret_name(&self) -> String {
        format!("imap-{}", self.name)
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

const ALERT: Question<'_> = Question {
    text: "how shall you be told? Such as ntfy://ntfy.sh/A-TOPIC-NOBODY-GUESSES; without it you \
           have to look at this terminal or into the service's log:",
    flag: "--alert",
    usual: Some(STDOUT),
    shown: kind,
};

const TEST: Question<'_> = Question {
    text: "send a test alert there now?",
    flag: "--test-alert",
    usual: Some("no"),
    shown: str::to_owned,
};

const STDOUT: &str = "stdout:";

/// The accounts in a list, however it is written.
fn accounts_called(said: &str) -> Result<Vec<Product>, String> {
    let named = said.split([',', ' ']).filter(|name| !name.is_empty());
    let known = |name| offered::account_named(name).map_err(|why| format!("{name}: {why}"));
    let found = named.map(known).collect::<Result<Vec<_>, _>>()?;
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

/// How the person is told, tried where they want it.
async fn alert(arguments: &Arguments, address: &str, form: Form) -> Result<String, Stopped> {
    let check = |said: &str| trial::alert(said, address).map(|_| said.to_owned());
    let mut url = match &arguments.alert {
        None => ask(ALERT, check).await?,
        Some(said) => check(said).map_err(|why| wrong(ALERT.flag, &kind(said), &why))?,
    };
    while wants_test(arguments, &url).await? {
        match trial::told(&url, address, form).await {
            Ok(sent) => {
                talk(sent);
                break;
            }
            Err(why) if can_be_asked_again() => talk(&why),
            Err(why) => {
                let why = format!("{} {}: {why}", ALERT.flag, kind(&url));
                return Err(Stopped::new(Exit::Failed, unwritten(&why)));
            }
        }
        url = ask(ALERT, check).await?;
    }
    Ok(url)
}

/// Nothing is sent that was not asked for. What stands on this terminal needs no test.
async fn wants_test(arguments: &Arguments, url: &str) -> Result<bool, Stopped> {
    if arguments.test_alert || url == STDOUT || !can_be_asked_again() {
        return Ok(arguments.test_alert);
    }
    ask(TEST, |said| match said.to_lowercase().as_str() {
        "y" | "yes" => Ok(true),
        "n" | "no" => Ok(false),
        _ => Err("answer yes or no".to_owned()),
    })
    .await
}

/// What may be shown of an address: it may hold a password in the wrong place.
fn kind(url: &str) -> String {
    let kind = url.split_once(':').map_or("", |(kind, _)| kind);
    format!("{kind}:…")
}
