//! `sustained init --oauth`: the person consents once, and the tokens are kept.
//!
//! It signs in nowhere by itself and never sees the account's password: that is typed into the
//! issuer's own page, on any device.

use serde_json::json;

use super::super::exit::{Exit, Stopped};
use super::super::print::{self, Form};
use super::super::state_dir;
use super::questions::read_line;
use super::until_interrupted;
use crate::config::{Access, Config, Mailbox, OAuth, Source};
use crate::mail::MailboxName;
use crate::oauth::{Asked, Keyring, OAuthError, ask};

/// Asks for consent to tokens of `issuer`, for the mailbox of that name or the only one.
pub(super) fn consent(
    config: &Config,
    issuer: &str,
    mailbox: Option<&str>,
) -> Result<MailboxName, Stopped> {
    let (mailbox, login, oauth) = chosen(&config.mailboxes, issuer, mailbox)?;
    let keyring = Keyring::new(oauth.clone(), &mailbox.name, &state_dir()?);
    let stopped = |error: OAuthError| {
        let exit = match error {
            OAuthError::Outage(_) => Exit::Unavailable,
            OAuthError::Revoked(_) => Exit::Failed,
            OAuthError::NeedsPerson(_) => Exit::BadConfig,
        };
        Stopped::new(exit, error)
    };
    until_interrupted(async { granted(oauth, login, &keyring).await.map_err(stopped) })?;
    Ok(mailbox.name.clone())
}

/// Says that there is consent, where nothing else is to be said.
pub(super) fn show(form: Form, mailbox: &MailboxName) -> Result<(), Stopped> {
    match form {
        Form::Json => print::object(&json!({ "mailbox": mailbox, "consented": true })),
        Form::Text => print::line(&kept(mailbox)),
    }
}

/// What the consent leads to.
pub(super) fn kept(mailbox: &MailboxName) -> String {
    format!(
        "{mailbox}: consent is kept; `sustained check` says whether the server takes it. A service \
         that was refused tries again within a quarter of an hour, or when it is restarted"
    )
}

/// The mailbox that is meant, its login and its issuer.
fn chosen<'m>(
    mailboxes: &'m [Mailbox],
    issuer: &str,
    named: Option<&str>,
) -> Result<(&'m Mailbox, &'m str, &'m OAuth), Stopped> {
    let with_tokens = mailboxes
        .iter()
        .filter_map(|mailbox| match &mailbox.source {
            Source::Imap(imap) => match &imap.access {
                Access::Tokens(oauth) => Some((mailbox, imap.login.as_str(), &**oauth)),
                Access::Password(_) => None,
            },
            Source::Maildir(_) => None,
        });
    let is_named = |name: &str| named.is_none_or(|wanted| wanted == name);
    let mut found = with_tokens
        .filter(|(mailbox, _, oauth)| oauth.issuer == issuer && is_named(&mailbox.name.0));
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (Some((one, ..)), Some((other, ..))) => Err(Stopped::new(
            Exit::Usage,
            format!(
                "several mailboxes have this issuer: add --mailbox {} or --mailbox {}",
                one.name.0, other.name.0
            ),
        )),
        (None, _) => Err(Stopped::new(
            Exit::BadConfig,
            format!(
                "no such mailbox has this issuer in the configuration: in its [[mailbox]], \
                 replace `password` by oauth = {{ provider = \"{issuer}\", client_id = \"…\" }}"
            ),
        )),
    }
}

async fn granted(oauth: &OAuth, login: &str, keyring: &Keyring) -> Result<(), OAuthError> {
    let granted = match ask(oauth, login).await? {
        Asked::Device(code) => {
            print::talk(&format!(
                "On any device, open {} and enter {}\nWaiting …",
                code.page, code.user_code
            ));
            code.answer(oauth).await?
        }
        Asked::Page(page) => {
            print::talk(&format!(
                "On any device, open this page and consent:\n\n{}\n\nThe browser then shows that \
                 it cannot open 127.0.0.1: that is right. Copy the whole address from its bar, \
                 paste it here and press Enter.",
                page.address
            ));
            let pasted = read_line()
                .await
                .map_err(|error| OAuthError::NeedsPerson(error.to_string()))?;
            page.answer(oauth, &pasted).await?
        }
    };
    keyring.keep(&granted)
}
