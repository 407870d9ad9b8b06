//! Signing in, and telling the person why it was refused.
//!
//! It knows no folder and no message, and of tokens only where to ask for one. SECURITY: the only
//! place where a mailbox's password or token goes to its server; it is wiped from memory behind
//! each write and stands in no error and no trace.

use std::path::Path;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::config::secret::{Secret, SecretSource};
use crate::config::{Access, Imap, OAuth};
use crate::mail::MailboxName;
use crate::oauth::{Keyring, OAuthError};

use super::scram::Scram;
use super::session::{Capabilities, Conversation, ImapError, Session, passing, quoted};

/// How the password is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// It is proved to be known, and not sent.
    Scram,
    Plain,
    Login,
}

/// What lets us in: a password, or a token from a keyring.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// Where the password is.
    Password(SecretSource),
    /// Where tokens are.
    Tokens(Arc<Keyring>),
}

impl Credentials {
    /// What `imap` names for this mailbox, tokens below the state folder.
    #[must_use]
    pub fn of(imap: &Imap, mailbox: &MailboxName, state_dir: &Path) -> Self {
        match &imap.access {
            Access::Password(source) => Self::Password(source.clone()),
            Access::Tokens(oauth) => Self::Tokens(Arc::new(Keyring::new(
                OAuth::clone(oauth),
                mailbox,
                state_dir,
            ))),
        }
    }
}

impl From<OAuthError> for ImapError {
    fn from(error: OAuthError) -> Self {
        match error {
            OAuthError::Outage(why) => Self::Outage(why),
            OAuthError::Revoked(why) => Self::Revoked(why),
            OAuthError::NeedsPerson(why) => Self::NeedsPerson(why),
        }
    }
}

/// Signs in. Returns the session with what the server can do from now on.
///
/// # Errors
/// `Refused` if the password is refused, `Limit`, `Throttled` or `Outage` if the refusal will pass.
pub async fn sign_in(
    session: Session,
    before: Capabilities,
    imap: &Imap,
    credentials: &Credentials,
) -> Result<(Session, Capabilities), ImapError> {
    let (signed_in, token) = match credentials {
        Credentials::Password(source) => {
            let source = source.clone();
            // A program that is asked for it may take seconds.
            let password = tokio::task::spawn_blocking(move || source.read())
                .await
                .map_err(|error| ImapError::Broken(error.to_string()))?
                .map_err(|error| ImapError::NeedsPerson(error.to_string()))?;
            let signed_in = by_password(session, before, &imap.login, &password).await?;
            (signed_in, None)
        }
        Credentials::Tokens(keyring) => {
            let token = keyring.access().await?;
            let signed_in = by_token(session, before, imap, &token).await?;
            (signed_in, Some((keyring, token)))
        }
    };
    let words = match signed_in {
        Ok((session, Some(capabilities))) => return Ok((session, capabilities)),
        // What was said before signing in need not hold after it (RFC 9051, 6.2.2).
        Ok((session, None)) => return session.capability().await,
        Err(words) => words,
    };
    // A sentence goes on behind them.
    let (login, words) = (&imap.login, words.trim_end_matches('.'));
    if let Some(passing) = passing(words) {
        let why = format!("the server does not let {login} in just now: {words}");
        return Err(passing.error(why));
    }
    Err(match token {
        Some((keyring, token)) => refused_token(login, keyring, &token, words).await,
        None => refused_password(imap, words),
    })
}

async fn by_password(
    session: Session,
    before: Capabilities,
    login: &str,
    password: &Secret,
) -> Result<SignedIn, ImapError> {
    match way(before, login, password)? {
        Way::Scram => by_scram(session, before, login, password).await,
        Way::Plain => {
            let message = Zeroizing::new(format!("\0{login}\0{}", password.reveal()));
            let mut say = first_then(&message, "");
            authenticate(session, before, "PLAIN", &mut say).await
        }
        Way::Login => {
            let (login, password) = (quoted(login)?, quoted(password.reveal())?);
            let line = Zeroizing::new(format!("LOGIN {} {}", *login, *password));
            let nothing_more = &mut |_: Option<&str>| Ok(Zeroizing::default());
            session.sign_in(line, "LOGIN", nothing_more).await
        }
    }
}

/// The best way that both sides can go.
fn way(before: Capabilities, login: &str, password: &Secret) -> Result<Way, ImapError> {
    // Other letters would first have to be prepared (RFC 4013), and servers disagree about how.
    let is_ascii = login.is_ascii() && password.reveal().is_ascii();
    if before.scram && is_ascii {
        Ok(Way::Scram)
    } else if before.plain {
        Ok(Way::Plain)
    } else if before.login {
        Ok(Way::Login)
    } else {
        Err(ImapError::NeedsPerson(
            "the server accepts no password on this connection (LOGINDISABLED, no AUTH=PLAIN)"
                .to_owned(),
        ))
    }
}

type SignedIn = Result<(Session, Option<Capabilities>), String>;

/// OAUTHBEARER (RFC 7628), or what Google and Microsoft had before it
/// (developers.google.com/workspace/gmail/imap/xoauth2-protocol).
async fn by_token(
    session: Session,
    before: Capabilities,
    imap: &Imap,
    token: &Secret,
) -> Result<SignedIn, ImapError> {
    let Imap {
        login, host, port, ..
    } = imap;
    let token = token.reveal();
    // A server that refuses asks for one answer more before it says so (RFC 7628, 3.2.3).
    let (mechanism, message, last) = if before.oauthbearer {
        let who = login.replace('=', "=3D").replace(',', "=2C");
        let message =
            format!("n,a={who},\x01host={host}\x01port={port}\x01auth=Bearer {token}\x01\x01");
        ("OAUTHBEARER", message, "AQ==")
    } else if before.xoauth2 {
        let message = format!("user={login}\x01auth=Bearer {token}\x01\x01");
        ("XOAUTH2", message, "")
    } else {
        return Err(ImapError::NeedsPerson(
            "the server accepts no tokens (no AUTH=XOAUTH2, no AUTH=OAUTHBEARER): use `password`"
                .to_owned(),
        ));
    };
    let mut say = first_then(&Zeroizing::new(message), last);
    authenticate(session, before, mechanism, &mut say).await
}

/// A token may be refused because it was withdrawn: another is fetched, unless that would fare no
/// better.
async fn refused_token(login: &str, keyring: &Keyring, token: &Secret, words: &str) -> ImapError {
    match keyring.replace_refused(token).await {
        Err(error) => error.into(),
        Ok(true) => ImapError::Outage(format!(
            "the server refused a token of {login}: {words}; another was fetched"
        )),
        Ok(false) => ImapError::Refused(format!(
            "the server refuses a fresh token of {login}: {words}; is that the address that \
             consented, and is IMAP switched on for it?"
        )),
    }
}

async fn by_scram(
    session: Session,
    before: Capabilities,
    login: &str,
    password: &Secret,
) -> Result<SignedIn, ImapError> {
    let unsafe_server =
        |why: &str| ImapError::Broken(format!("the server is not believed in the sign-in: {why}"));
    let mut scram = Scram::new(login, password.reveal(), nonce()?);
    let mut say = |asked: Option<&str>| {
        let said = scram.answer(asked.unwrap_or_default());
        said.map_err(unsafe_server)
    };
    let signed_in = authenticate(session, before, "SCRAM-SHA-256", &mut say).await?;
    if signed_in.is_ok() && !scram.is_proved() {
        return Err(unsafe_server("it did not prove that it knows the password"));
    }
    Ok(signed_in)
}

/// 144 unpredictable bits, printable.
fn nonce() -> Result<String, ImapError> {
    let mut bytes = [0; 18];
    ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut bytes)
        .map_err(|_| ImapError::Broken("this system gives no random numbers".to_owned()))?;
    Ok(data_encoding::BASE64.encode(&bytes))
}

/// An exchange in which we say `say` each time: the first goes with the command to a server that
/// takes it there.
async fn authenticate(
    session: Session,
    before: Capabilities,
    mechanism: &str,
    say: Conversation<'_>,
) -> Result<SignedIn, ImapError> {
    let command = format!("AUTHENTICATE {mechanism}");
    let line = if before.first_answer_at_once {
        format!("{command} {}", *say(None)?)
    } else {
        command.clone()
    };
    session.sign_in(Zeroizing::new(line), &command, say).await
}

/// Says `message` first, and `then` to whatever is asked after it: a server that asks when all was
/// said wants to give the reason of a refusal, and such an answer brings the tagged NO.
fn first_then(
    message: &Zeroizing<String>,
    then: &'static str,
) -> impl FnMut(Option<&str>) -> Result<Zeroizing<String>, ImapError> + use<> {
    let message = data_encoding::BASE64.encode(message.as_bytes());
    let mut first = Some(Zeroizing::new(message));
    move |_| Ok(first.take().unwrap_or_else(|| then.to_owned().into()))
}

fn refused_password(imap: &Imap, words: &str) -> ImapError {
    let login = &imap.login;
    let hint = imap
        .provider
        .map_or("many providers want an app password", |provider| {
            provider.password.as_str()
        });
    ImapError::Refused(format!(
        "the server refused the sign-in of {login}: {words}; check login and password ({hint})"
    ))
}
