//! `sustained init`: writes the first configuration and tries each step while it asks, or has the
//! person consent that tokens open a mailbox.
//!
//! Every answer is a flag, too. It never overwrites a configuration.

mod alert;
mod answers;
mod consent;
mod draft;
mod files;
mod folders;
mod next;
mod questions;
mod schema;
mod server;
mod trial;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::ends::Ends;
use super::exit::{Exit, Stopped};
use super::offered;
use super::print::{self, Form};
use super::{Globals, bad_config, is_root, runtime};
use crate::config::{self, ConfigError};
use crate::mail::{MailboxName, Product};
use answers::{Access, Answers};
use files::Written;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The e-mail address that Meta knows
    #[arg(long, value_name = "ADDRESS", value_parser = config::mail_address)]
    address: Option<String>,
    /// What you object for, with commas between
    #[arg(long, value_name = "ACCOUNTS", value_delimiter = ',',
          value_parser = offered::account_as_called())]
    accounts: Vec<Product>,
    /// What the mailbox is called here [default: me]
    #[arg(long, value_name = "NAME", value_parser = config::name)]
    mailbox: Option<String>,
    /// The IMAP server, where the address does not tell it
    #[arg(long, value_name = "HOST", value_parser = config::host)]
    host: Option<String>,
    /// Its port, where it is not the usual one
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// How the connection is protected, where it is not the usual way
    #[arg(long, value_name = "WAY", value_parser = ["implicit", "starttls", "none"])]
    tls: Option<String>,
    /// A PEM file with the certificates to trust instead of the system's
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// The SHA-256 of the only certificate to trust, such as Proton Bridge's
    #[arg(long, value_name = "SHA256", value_parser = fingerprint, conflicts_with = "ca_file")]
    fingerprint: Option<String>,
    /// The login name, where it is not the usual one for the address
    #[arg(long, value_name = "LOGIN")]
    login: Option<String>,
    /// The folders to watch, with commas between [default: INBOX,\Junk]
    #[arg(long, value_name = "FOLDERS", value_delimiter = ',')]
    folders: Vec<String>,
    /// A Maildir on this machine, in the place of a server
    #[arg(long, value_name = "FOLDER", conflicts_with_all = OF_A_SERVER)]
    maildir: Option<PathBuf>,
    /// A file whose first line is the password; it stays where it is
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// A program that prints the password, with its arguments between blanks
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["password_file", "credential"])]
    password_command: Option<String>,
    /// Have systemd give the password to the service, as a credential
    #[arg(long)]
    credential: bool,
    /// Tokens in the place of a password: microsoft, google, or what `oauth.provider` says
    #[arg(long, value_name = "ISSUER", conflicts_with_all = ["password_file", "password_command"],
          value_parser = offered::ISSUERS, hide_possible_values = true)]
    oauth: Option<String>,
    /// The client that you registered with the issuer
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// A file whose first line is that client's secret, which google wants
    #[arg(long, value_name = "FILE")]
    client_secret_file: Option<PathBuf>,
    /// Who is asked for Meta's keys, as IP:PORT, where the machine's own name server does not do
    #[arg(long, value_name = "SERVER", value_parser = config::name_server)]
    resolver: Option<SocketAddr>,
    /// How you are told, such as ntfy://ntfy.sh/TOPIC [default: the service's log]
    #[arg(long, value_name = "URL")]
    alert: Option<String>,
    /// A file whose first line is the token that the alert's service wants; it stays where it is
    #[arg(long, value_name = "FILE")]
    alert_token_file: Option<PathBuf>,
    /// A file whose first line is the password that the alert wants; it stays where it is
    #[arg(long, value_name = "FILE")]
    alert_password_file: Option<PathBuf>,
    /// Send a test there before anything is written
    #[arg(long)]
    test_alert: bool,
}

/// What a Maildir has no use for.
const OF_A_SERVER: [&str; 6] = ["host", "port", "tls", "ca_file", "fingerprint", "login"];

fn fingerprint(said: &str) -> Result<String, &'static str> {
    config::fingerprint(said).map(|_| said.to_owned())
}

pub(super) fn init(globals: &Globals, arguments: &Arguments) -> Result<Exit, Stopped> {
    let there = globals.config.clone().or_else(config::default_path);
    if let Some(path) = there.filter(|path| path.exists()) {
        let Some(issuer) = &arguments.oauth else {
            let why = format!(
                "{} is there already: edit it, and try it with `sustained check`",
                path.display()
            );
            return Err(Stopped::new(Exit::Usage, why));
        };
        let mailbox = arguments.mailbox.as_deref();
        let mailbox = consent::consent(&globals.load()?, issuer, mailbox)?;
        consent::show(globals.form(), &mailbox)?;
        return Ok(Exit::Done);
    }
    let path = match &globals.config {
        Some(path) => server::whole_path(path)?,
        None => new_place().ok_or_else(|| bad_config(&ConfigError::not_found()))?,
    };
    if is_root() && !arguments.credential {
        print::talk(
            "the service that comes with sustained is not root and cannot read what this writes: \
             for the service, add --credential",
        );
    }
    let (answers, keys_in_dns) = until_interrupted(async {
        let answers = Answers::gather(arguments, globals.form()).await?;
        let config = trial::whole(&answers, &path)?;
        let keys_in_dns = trial::try_keys(&config.authenticity).await;
        Ok((answers, keys_in_dns))
    })?;
    let written = files::write(&answers, &path)?;
    let consented = consented(&answers, &path)?;
    let done = Done {
        written,
        consented,
        keys_in_dns,
    };
    show(globals, &answers, &done)
}

/// Has the person consent to the tokens of the configuration that was written, if it has any.
fn consented(answers: &Answers, path: &Path) -> Result<Option<MailboxName>, Stopped> {
    let Access::Tokens { issuer, .. } = &answers.access else {
        return Ok(None);
    };
    let config = config::load(path).map_err(|error| bad_config(&error));
    let consented =
        config.and_then(|config| consent::consent(&config, issuer, Some(&answers.name)));
    let consented = consented.map_err(|stopped| {
        let why = format!(
            "{}. The configuration is written: `sustained init --config {} --oauth {}` asks \
             anew",
            stopped.why.trim_end_matches('.'),
            next::quoted(&path.display().to_string()),
            next::quoted(issuer)
        );
        Stopped::new(stopped.exit, why)
    })?;
    Ok(Some(consented))
}

/// What `asking` leads to. A signal ends it, and then it leaves the terminal as it was.
fn until_interrupted<T>(asking: impl Future<Output = Result<T, Stopped>>) -> Result<T, Stopped> {
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        let mut ends = Ends::heard()?;
        tokio::select! {
            ended = asking => ended,
            () = ends.heard_now() => {
                Err(Stopped::new(Exit::Failed, "interrupted"))
            }
        }
    });
    // Whose name is still looked up does not matter any more.
    runtime.shutdown_background();
    ended
}

/// Where a first configuration belongs: the machine's for root, else the person's own.
fn new_place() -> Option<PathBuf> {
    let places = config::places();
    if is_root() {
        places.into_iter().next()
    } else {
        places.into_iter().next_back()
    }
}

/// What the answers led to.
struct Done {
    written: Written,
    /// The mailbox whose tokens the person consented to.
    consented: Option<MailboxName>,
    keys_in_dns: bool,
}

fn show(globals: &Globals, answers: &Answers, done: &Done) -> Result<Exit, Stopped> {
    let Done {
        written, consented, ..
    } = done;
    let shown = |path: &PathBuf| path.display().to_string();
    let secret = written.secret.as_ref().map(shown);
    let schema = written.schema.as_ref().map(shown);
    let named = globals.config.is_some().then_some(&*written.config);
    let next = next::commands(answers, written.secret.as_deref(), named);
    let of_the_service = config::places().into_iter().next();
    if let Some(read) = of_the_service.filter(|read| answers.credential && *read != written.config)
    {
        print::talk(&format!(
            "the service reads {}: put this configuration there, or name it in the unit's \
             ExecStart",
            read.display()
        ));
    }
    if globals.form() == Form::Json {
        print::object(&json!({
            "config": shown(&written.config), "secret": secret, "schema": schema,
            "mailbox": answers.name, "consented": consented.as_ref().map(|_| true),
            "keys_in_dns": done.keys_in_dns, "next": next,
        }))?;
        return Ok(Exit::Done);
    }
    if let Some(mailbox) = consented {
        print::line(&consent::kept(mailbox))?;
    }
    print::line(&format!("written: {}", written.config.display()))?;
    if let Some(secret) = secret {
        print::line(&format!(
            "written: {secret} (the password; only you can read it)"
        ))?;
    }
    if let Some(schema) = schema {
        print::line(&format!(
            "written: {schema} (editors complete the configuration by it)"
        ))?;
    }
    print::line("next:")?;
    for command in next {
        print::line(&format!("  {command}"))?;
    }
    Ok(Exit::Done)
}
