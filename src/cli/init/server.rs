//! The IMAP server and what opens it: connected to and signed in to while the person is asked.
//!
//! What does not work is asked for again where somebody can answer. It writes nothing.

use std::path::{Path, PathBuf, absolute};

use super::super::exit::{Exit, Stopped};
use super::super::print::talk;
use super::answers::{Access, Server};
use super::questions::{Question, ask, ask_secret, can_be_asked_again};
use super::{Arguments, folders, trial};
use crate::config::secret::Secret;
use crate::config::{self, Imap, Provider, Security};

/// Names that mail servers of unknown domains have most often.
const USUAL_NAMES: [&str; 2] = ["imap", "mail"];

/// A password that is refused so often is not one typing error, and servers shut out who goes on.
const TRIES: usize = 3;

/// The port on which TLS begins with STARTTLS (RFC 9051, 11.1).
const STARTTLS_PORT: u16 = 143;

/// The answer that leads back to the question for the server.
const ANOTHER: &str = "another server";

/// The server and what opens it, both tried.
pub(super) async fn opened(
    address: &str,
    arguments: &Arguments,
) -> Result<(Server, Access), Stopped> {
    let known_by = arguments.login.as_deref().unwrap_or(address);
    // What is known of a provider says nothing of another server.
    let provider = Provider::of_address(known_by).filter(|_| arguments.host.is_none());
    let usual = provider.map_or(address, |provider| provider.login_of(address));
    let login = arguments.login.as_deref().unwrap_or(usual);
    another_can_help(login, arguments)?;
    let mut server = found(address, login, arguments, provider).await?;
    let before = said(arguments, provider).await?;
    reached(&mut server, arguments).await?;
    let access = match before {
        Some(access) => access,
        None => password().await?,
    };
    let access = entered(&mut server, access).await?;
    Ok((server, access))
}

/// What the flags say of the server.
fn flagged(login: &str, arguments: &Arguments) -> Result<Server, Stopped> {
    let file = arguments.ca_file.as_deref();
    Ok(Server {
        host: arguments.host.clone(),
        port: arguments.port,
        tls: arguments.tls.clone(),
        ca_file: file.map(whole_path).transpose()?,
        fingerprint: arguments.fingerprint.clone(),
        login: login.to_owned(),
        folders: arguments.folders.clone(),
    })
}

/// Refuses what would be refused of every server, so that none is asked for in vain.
fn another_can_help(login: &str, arguments: &Arguments) -> Result<(), Stopped> {
    let server = Server {
        host: Some("localhost".to_owned()),
        port: None,
        tls: None,
        ..flagged(login, arguments)?
    };
    let meant = trial::meant_server(&server, &trial::later());
    meant.map(drop).map_err(|refused| refused.stopped())
}

/// The server: as it was said, as the domain tells, or the one that answers.
async fn found(
    address: &str,
    login: &str,
    arguments: &Arguments,
    provider: Option<&Provider>,
) -> Result<Server, Stopped> {
    let mut server = flagged(login, arguments)?;
    if server.host.is_some() {
        return Ok(server);
    }
    if let Some(provider) = provider {
        let Some(host) = &provider.host else {
            let why = format!("{} offers no IMAP; {}", provider.name, provider.password);
            return Err(Stopped::new(Exit::Unavailable, why));
        };
        talk(&format!("{}: {host}. {}", provider.name, provider.password));
        if login != address {
            talk(&format!("the login is {login}"));
        }
        // A login without the domain does not tell the server.
        if Provider::of_address(login) != Some(provider) {
            server.host = Some(host.clone());
        }
        return Ok(server);
    }
    let domain = address
        .rsplit_once('@')
        .map_or(address, |(_, domain)| domain);
    for name in USUAL_NAMES {
        let host = format!("{name}.{domain}");
        if trial::answers(&host).await {
            talk(&format!("{host} answers, and proves to be that"));
            server.host = Some(host);
            return Ok(server);
        }
    }
    let text = format!("the IMAP server of {domain}:");
    ask_place(&mut server, arguments, &text, None).await?;
    Ok(server)
}

/// Connects; a server that cannot be reached or believed is asked for again.
async fn reached(server: &mut Server, arguments: &Arguments) -> Result<(), Stopped> {
    loop {
        let Err(refused) = trial::reach(server).await else {
            return Ok(());
        };
        if !can_be_asked_again() {
            return Err(refused.stopped());
        }
        talk(&refused.why());
        if refused.is_of_the_certificate() && ask_trust(server).await? {
            continue;
        }
        let text = "the IMAP server, with its port where it is not the usual one:";
        ask_place(server, arguments, text, refused.place()).await?;
    }
}

/// Signs in and looks into the folders; what is refused is asked for again.
async fn entered(server: &mut Server, mut access: Access) -> Result<Access, Stopped> {
    let mut attempt = 1;
    loop {
        let meant = trial::meant_server(server, &access).map_err(|refused| refused.stopped())?;
        let Err(refused) = trial::sign_in(&meant, &access).await else {
            return Ok(access);
        };
        if refused.is_of_the_folders() && can_be_asked_again() {
            talk(&refused.why());
            server.folders = folders::asked(server).await?;
            continue;
        }
        let is_typed = matches!(access, Access::Password(_));
        let can_be_mended = is_typed && refused.is_of_the_password() && can_be_asked_again();
        if !can_be_mended || attempt == TRIES {
            return Err(refused.stopped());
        }
        attempt += 1;
        talk(&refused.why());
        pin(server, &meant);
        let question = Question {
            text: "the login name:",
            flag: "--login",
            usual: Some(&meant.login),
            shown: str::to_owned,
        };
        server.login = ask(question, |said| Ok(said.to_owned())).await?;
        access = password().await?;
    }
}

/// Another login might tell another server.
fn pin(server: &mut Server, meant: &Imap) {
    let tls = match meant.tls {
        Security::Implicit => "implicit",
        Security::StartTls => "starttls",
        Security::None => "none",
    };
    server.host = Some(meant.host.clone());
    server.port = Some(meant.port);
    server.tls = Some(tls.to_owned());
}

/// Asks for host and port. What was found out about another server does not hold for this one.
async fn ask_place(
    server: &mut Server,
    arguments: &Arguments,
    text: &str,
    usual: Option<&str>,
) -> Result<(), Stopped> {
    let question = Question {
        text,
        flag: "--host",
        usual,
        shown: str::to_owned,
    };
    let (host, port) = ask(question, place).await?;
    *server = flagged(&server.login, arguments)?;
    server.host = Some(host);
    server.port = port.or(server.port);
    if port == Some(STARTTLS_PORT) && server.tls.is_none() {
        server.tls = Some("starttls".to_owned());
    }
    Ok(())
}

/// `HOST` or `HOST:PORT`
fn place(said: &str) -> Result<(String, Option<u16>), String> {
    let port = said.rsplit_once(':').and_then(|(host, port)| {
        // An IPv6 address is full of colons.
        let is_whole = !host.contains(':') || host.ends_with(']');
        let port = port.parse::<u16>().ok().filter(|port| *port > 0)?;
        is_whole.then_some((host, port))
    });
    match port {
        Some((host, port)) => Ok((config::host(host)?, Some(port))),
        None => Ok((config::host(said)?, None)),
    }
}

/// Asks which certificate to believe; whether one was named.
async fn ask_trust(server: &mut Server) -> Result<bool, Stopped> {
    let question = Question {
        text: "the certificate to trust: a PEM file, or its SHA-256:",
        flag: "--ca-file or --fingerprint",
        usual: Some(ANOTHER),
        shown: str::to_owned,
    };
    let check = |said: &str| {
        let file = Path::new(said);
        match config::fingerprint(said) {
            _ if said == ANOTHER => Ok((None, None)),
            Ok(_) => Ok((None, Some(said.to_owned()))),
            Err(_) if file.is_file() => Ok((Some(file.to_owned()), None)),
            Err(why) => Err(format!("there is no such file; {why}")),
        }
    };
    let (file, fingerprint) = ask(question, check).await?;
    let is_named = file.is_some() || fingerprint.is_some();
    if is_named {
        server.ca_file = file.as_deref().map(whole_path).transpose()?;
        server.fingerprint = fingerprint;
    }
    Ok(is_named)
}

/// What lets the program in, where that is no password to be asked for.
async fn said(
    arguments: &Arguments,
    provider: Option<&Provider>,
) -> Result<Option<Access>, Stopped> {
    if let Some(file) = &arguments.password_file {
        return Ok(Some(Access::PasswordFile(whole_path(file)?)));
    }
    if let Some(command) = &arguments.password_command {
        let words = command.split_whitespace().map(str::to_owned).collect();
        return Ok(Some(Access::PasswordCommand(words)));
    }
    let takes_none = provider.filter(|provider| !provider.takes_passwords);
    let only = takes_none.and_then(|provider| provider.oauth.as_ref());
    match arguments.oauth.as_ref().or(only) {
        Some(issuer) => tokens(issuer, arguments).await.map(Some),
        None => Ok(None),
    }
}

async fn tokens(issuer: &str, arguments: &Arguments) -> Result<Access, Stopped> {
    let text = format!("the client that you registered with {issuer} (README.md, Providers):");
    let question = Question {
        text: &text,
        flag: &format!("--oauth {issuer} --client-id ID"),
        usual: None,
        shown: str::to_owned,
    };
    let client_id = if let Some(said) = &arguments.client_id {
        said.clone()
    } else {
        ask(question, |said| Ok(said.to_owned())).await?
    };
    let file = arguments.client_secret_file.as_deref();
    Ok(Access::Tokens {
        issuer: issuer.to_owned(),
        client_id,
        client_secret: file.map(whole_path).transpose()?,
    })
}

/// Asks for the password; nothing shows it.
async fn password() -> Result<Access, Stopped> {
    let typed = ask_secret("the mailbox's password (not shown):", "--password-file").await?;
    Ok(Access::Password(Secret::new(typed.to_string())))
}

/// The configuration looks for files beside itself, and the person named them from elsewhere.
pub(super) fn whole_path(path: &Path) -> Result<PathBuf, Stopped> {
    let unknown = |error| Stopped::new(Exit::Usage, format!("{}: {error}", path.display()));
    absolute(path).map_err(unknown)
}
