//! Tries what was answered, before anything is written: the configuration's own rules, the
//! connection, the sign-in, the folders.
//!
//! SECURITY: the password is sent to the server that was named, over TLS, and nowhere else.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::exit::{Exit, Stopped};
use super::super::print::talk;
use super::answers::{Access, Answers, password};
use super::draft;
use super::questions::can_be_asked_again;
use crate::config::secret::SecretSource;
use crate::config::{self, Config, Imap, Security, Source};
use crate::source::imap::{self, Credentials, ImapError, Trust};

/// A password that is refused so often is not one typing error.
const TRIES: usize = 3;

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

/// Tries everything; a password that is refused is asked for again where somebody can answer.
pub(super) async fn try_out(answers: &mut Answers, path: &Path) -> Result<(), Stopped> {
    for attempt in 1.. {
        let config = read(answers, path)?;
        let Some(mailbox) = config.mailboxes.first() else {
            return Ok(());
        };
        let server = match &mailbox.source {
            Source::Imap(server) => server,
            Source::Maildir(maildir) => return try_maildir(maildir),
        };
        let refused = match try_server(server, answers).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        let is_password = matches!(answers.access, Access::Password(_));
        let is_wrong = matches!(refused, ImapError::Refused(_));
        if !(is_password && is_wrong && can_be_asked_again()) || attempt == TRIES {
            let exit = match refused {
                ImapError::Outage(_) | ImapError::Limit(_) | ImapError::Throttled(_) => {
                    Exit::Unavailable
                }
                _ => Exit::Failed,
            };
            let why = format!("{}:{}: {refused}", server.host, server.port);
            return Err(Stopped::new(exit, format!("{why}. Nothing was written")));
        }
        talk(&refused.to_string());
        answers.access = password()?;
    }
    Ok(())
}

/// What the answers mean, by the rules that every configuration is read by.
fn read(answers: &Answers, path: &Path) -> Result<Config, Stopped> {
    let text = draft::text(answers);
    config::parse(&text, path).map_err(|error| Stopped::new(Exit::Usage, error))
}

fn try_maildir(maildir: &config::Maildir) -> Result<(), Stopped> {
    let folder = maildir.path.display();
    for place in ["new", "cur"] {
        if let Err(error) = fs::read_dir(maildir.path.join(place)) {
            let why = format!(
                "{folder} is no Maildir that can be read: {place}/: {error}. Nothing was written"
            );
            return Err(Stopped::new(Exit::Usage, why));
        }
    }
    talk(&format!("{folder} is a Maildir"));
    Ok(())
}

async fn try_server(server: &Imap, answers: &Answers) -> Result<(), ImapError> {
    let (session, before) = imap::connect(server, &Trust::default()).await?;
    talk(&format!("{}:{} answers", server.host, server.port));
    let secret = match &answers.access {
        Access::Password(secret) => SecretSource::Value(secret.clone()),
        Access::PasswordFile(file) => SecretSource::File(file.clone()),
        // The person consents when there is a configuration to consent to.
        Access::Nobody | Access::Tokens { .. } => return Ok(()),
    };
    let credentials = Credentials::Password(secret);
    let (mut session, capabilities) = imap::sign_in(session, before, server, &credentials).await?;
    talk("the sign-in is accepted");
    if !capabilities.idle {
        talk("it does not announce new mail (no IDLE): it is looked at every 15 s instead");
    }
    for folder in &server.folders {
        let (next, found) = imap::resolve(session, folder).await?;
        session = next;
        let Some(found) = found else {
            talk(&format!("  {folder}: the server marks no folder so"));
            continue;
        };
        let (next, selected) = session.examine(&found).await?;
        session = next;
        match selected {
            Ok(selected) => talk(&format!("  {folder}: {} messages", selected.exists)),
            Err(words) => talk(&format!("  {folder}: {words}")),
        }
    }
    session.logout().await;
    Ok(())
}
