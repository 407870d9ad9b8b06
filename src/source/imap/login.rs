//! Signing in, and telling the person why it was refused.
//!
//! It knows no folder and no message. SECURITY: the only place where a mailbox's password leaves
//! the program; it is wiped from memory behind each write and stands in no error.

use zeroize::Zeroizing;

use crate::config::secret::Secret;

use super::session::{Capabilities, ImapError, PasswordBy, Session, quoted};

/// Words by which servers dress a limit or an outage as a wrong password (nextcloud/mail#12671;
/// RFC 5530 for the codes).
const PASSING: [&str; 8] = [
    "[unavailable]",
    "[limit]",
    "[inuse]",
    "[serverbug]",
    "too many",
    "try again",
    "temporar",
    "rate limit",
];

/// Signs in as `login`. Returns the session with what the server can do from now on.
///
/// # Errors
/// `NeedsPerson` if the password is refused, `TryLater` if the refusal may pass.
pub async fn sign_in(
    session: Session,
    before: Capabilities,
    login: &str,
    password: &Secret,
) -> Result<(Session, Capabilities), ImapError> {
    let (line, continuation) = command(before, login, password)?;
    match session.sign_in(line, continuation).await? {
        Ok((session, Some(capabilities))) => Ok((session, capabilities)),
        // What was said before signing in need not hold after it (RFC 9051, 6.2.2).
        Ok((session, None)) => session.capability().await,
        Err(words) => Err(refused(login, &words)),
    }
}

/// The command, and what follows when the server asks for it.
fn command(
    before: Capabilities,
    login: &str,
    password: &Secret,
) -> Result<(Zeroizing<String>, Option<Zeroizing<String>>), ImapError> {
    let plain = || {
        let message = Zeroizing::new(format!("\0{login}\0{}", password.reveal()));
        Zeroizing::new(data_encoding::BASE64.encode(message.as_bytes()))
    };
    match before.password_by {
        PasswordBy::PlainAtOnce => Ok((
            Zeroizing::new(format!("AUTHENTICATE PLAIN {}", *plain())),
            None,
        )),
        PasswordBy::Plain => Ok((
            Zeroizing::new("AUTHENTICATE PLAIN".to_owned()),
            Some(plain()),
        )),
        PasswordBy::Login => {
            let (login, password) = (quoted(login)?, quoted(password.reveal())?);
            Ok((
                Zeroizing::new(format!("LOGIN {} {}", *login, *password)),
                None,
            ))
        }
        PasswordBy::Nothing => Err(ImapError::NeedsPerson(
            "the server accepts no password on this connection (LOGINDISABLED, no AUTH=PLAIN)"
                .to_owned(),
        )),
    }
}

fn refused(login: &str, words: &str) -> ImapError {
    let lower = words.to_ascii_lowercase();
    if PASSING.iter().any(|passing| lower.contains(passing)) {
        return ImapError::TryLater(format!(
            "the server does not let {login} in just now: {words}"
        ));
    }
    ImapError::NeedsPerson(format!(
        "the server refused the sign-in of {login}: {words}; check login and password (many \
         providers want an app password)"
    ))
}
