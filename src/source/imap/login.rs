//! Signing in, and telling the person why it was refused.
//!
//! It knows no folder and no message. SECURITY: the only place where a mailbox's password leaves
//! the program; it is wiped from memory behind each write and stands in no error and no trace.

use zeroize::Zeroizing;

use crate::config::Imap;
use crate::config::secret::Secret;

use super::scram::Scram;
use super::session::{Capabilities, ImapError, Session, passing, quoted};

/// How the password is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// It is proved to be known, and not sent.
    Scram,
    Plain,
    Login,
}

/// Signs in. Returns the session with what the server can do from now on.
///
/// # Errors
/// `Refused` if the password is refused, `Limit`, `Throttled` or `Outage` if the refusal will pass.
pub async fn sign_in(
    session: Session,
    before: Capabilities,
    imap: &Imap,
) -> Result<(Session, Capabilities), ImapError> {
    let source = imap.password.clone();
    // A program that is asked for it may take seconds.
    let password = tokio::task::spawn_blocking(move || source.read())
        .await
        .map_err(|error| ImapError::Broken(error.to_string()))?
        .map_err(|error| ImapError::NeedsPerson(error.to_string()))?;
    let way = way(before, &imap.login, &password)?;
    let signed_in = match way {
        Way::Scram => by_scram(session, before, &imap.login, &password).await?,
        Way::Plain => by_plain(session, before, &imap.login, &password).await?,
        Way::Login => {
            let (login, password) = (quoted(&imap.login)?, quoted(password.reveal())?);
            let line = Zeroizing::new(format!("LOGIN {} {}", *login, *password));
            session.sign_in(line, "LOGIN", &mut nothing_more).await?
        }
    };
    match signed_in {
        Ok((session, Some(capabilities))) => Ok((session, capabilities)),
        // What was said before signing in need not hold after it (RFC 9051, 6.2.2).
        Ok((session, None)) => session.capability().await,
        Err(words) => Err(refused(imap, &words)),
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

async fn by_plain(
    session: Session,
    before: Capabilities,
    login: &str,
    password: &Secret,
) -> Result<SignedIn, ImapError> {
    let message = Zeroizing::new(format!("\0{login}\0{}", password.reveal()));
    let message = Zeroizing::new(data_encoding::BASE64.encode(message.as_bytes()));
    if before.first_answer_at_once {
        let line = Zeroizing::new(format!("AUTHENTICATE PLAIN {}", *message));
        return session
            .sign_in(line, "AUTHENTICATE PLAIN", &mut nothing_more)
            .await;
    }
    let mut message = Some(message);
    let line = Zeroizing::new("AUTHENTICATE PLAIN".to_owned());
    let mut answer = |_: Option<&str>| Ok(message.take().unwrap_or_default());
    session
        .sign_in(line, "AUTHENTICATE PLAIN", &mut answer)
        .await
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
    let mut line = Zeroizing::new("AUTHENTICATE SCRAM-SHA-256".to_owned());
    if before.first_answer_at_once {
        let first = scram.answer("").map_err(unsafe_server)?;
        line.push(' ');
        line.push_str(&first);
    }
    let mut answer = |said: Option<&str>| {
        scram
            .answer(said.unwrap_or_default())
            .map_err(unsafe_server)
    };
    let signed_in = session
        .sign_in(line, "AUTHENTICATE SCRAM-SHA-256", &mut answer)
        .await?;
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

/// A server that asks when everything was said wants to give the reason of a refusal; an empty
/// answer brings the tagged NO.
#[allow(clippy::unnecessary_wraps)] // The form is the session's.
fn nothing_more(_: Option<&str>) -> Result<Zeroizing<String>, ImapError> {
    Ok(Zeroizing::default())
}

fn refused(imap: &Imap, words: &str) -> ImapError {
    let login = &imap.login;
    if let Some(passing) = passing(words) {
        return passing.error(format!(
            "the server does not let {login} in just now: {words}"
        ));
    }
    let hint = imap
        .provider
        .map_or("many providers want an app password", |provider| {
            provider.password.as_str()
        });
    ImapError::Refused(format!(
        "the server refused the sign-in of {login}: {words}; check login and password ({hint})"
    ))
}
