//! How the person is told: an address, and the files with the secrets that it wants, tried where
//! the person wants it.
//!
//! SECURITY: an address may hold a password in the wrong place, and what is typed for a file may be
//! the secret itself, so neither is shown.

use std::path::{Path, PathBuf, absolute};

use super::super::exit::{Exit, Stopped};
use super::super::print::{Form, talk};
use super::questions::{Question, ask, can_be_asked_again, unwritten, wrong};
use super::{Arguments, trial};
use crate::config::secret::SecretSource;

/// One way to tell the person.
pub(super) struct Alert {
    pub(super) url: String,
    pub(super) secrets: Secrets,
}

/// Where the secrets of an alert are.
#[derive(Clone)]
pub(super) struct Secrets {
    /// The file that the token is in.
    pub(super) token: Option<PathBuf>,
    /// The file that the password is in.
    pub(super) password: Option<PathBuf>,
}

/// What its secrets are called as credentials.
pub(super) const TOKEN_NAME: &str = "alert-token";
pub(super) const PASSWORD_NAME: &str = "alert-password";

const ALERT: Question<'_> = Question {
    text: "how shall you be told? Such as ntfy://ntfy.sh/A-TOPIC-NOBODY-GUESSES; without it you \
           have to look at this terminal or into the service's log:",
    flag: "--alert",
    usual: Some(STDOUT),
    shown: kind,
};

const TOKEN: Question<'_> = Question {
    text: "a file whose first line is the token that this wants, or the address of the webhook:",
    flag: "--alert-token-file",
    usual: None,
    shown: hidden,
};

const PASSWORD: Question<'_> = Question {
    text: "a file whose first line is the password that this wants, or the user key:",
    flag: "--alert-password-file",
    usual: None,
    shown: hidden,
};

const TEST: Question<'_> = Question {
    text: "send a test alert there now?",
    flag: "--test-alert",
    usual: Some("no"),
    shown: str::to_owned,
};

const STDOUT: &str = "stdout:";

/// How the person with this address is told.
pub(super) async fn gather(
    arguments: &Arguments,
    address: &str,
    form: Form,
) -> Result<Alert, Stopped> {
    let given = Secrets {
        token: flagged(TOKEN.flag, arguments.alert_token_file.as_deref())?,
        password: flagged(PASSWORD.flag, arguments.alert_password_file.as_deref())?,
    };
    let mut alert = match &arguments.alert {
        None => asked(&given, address).await?,
        Some(url) => {
            let wanted = wanted(url, &given, address);
            completed(wanted.map_err(|why| wrong(ALERT.flag, &kind(url), &why))?).await?
        }
    };
    while wants_test(arguments, &alert.url).await? {
        match trial::told(&alert, address, form).await {
            Ok(sent) => {
                talk(sent);
                break;
            }
            Err(why) if can_be_asked_again() => talk(&why),
            Err(why) => {
                let why = format!("{} {}: {why}", ALERT.flag, kind(&alert.url));
                return Err(Stopped::new(Exit::Failed, unwritten(&why)));
            }
        }
        alert = asked(&given, address).await?;
    }
    Ok(alert)
}

/// A secret's file that a flag names, which must be one.
fn flagged(flag: &str, file: Option<&Path>) -> Result<Option<PathBuf>, Stopped> {
    let read = |file: &Path| {
        let name = file.display().to_string();
        // What is no file may be the secret itself.
        let shown = if file.exists() { name } else { hidden(&name) };
        secret_file(file).map_err(|why| wrong(flag, &shown, &why))
    };
    file.map(read).transpose()
}

async fn asked(given: &Secrets, address: &str) -> Result<Alert, Stopped> {
    completed(ask(ALERT, |said| wanted(said, given, address)).await?).await
}

/// An address with what is given, and the questions for what it wants beside that.
struct Missing {
    alert: Alert,
    token: bool,
    password: bool,
}

/// What an address wants, by the rules that every configuration is read by: the least with which
/// they take it.
fn wanted(url: &str, given: &Secrets, address: &str) -> Result<Missing, String> {
    let mut refused = None;
    for (token, password) in [(false, false), (true, false), (false, true), (true, true)] {
        let some = |is_added: bool| is_added.then(|| PathBuf::from("/"));
        let tried = Alert {
            url: url.to_owned(),
            secrets: Secrets {
                token: given.token.clone().or(some(token)),
                password: given.password.clone().or(some(password)),
            },
        };
        match trial::meant_alert(&tried, address) {
            Ok(_) => {
                let alert = Alert {
                    secrets: given.clone(),
                    ..tried
                };
                return Ok(Missing {
                    alert,
                    token,
                    password,
                });
            }
            Err(why) => refused = refused.or(Some(why)),
        }
    }
    Err(refused.unwrap_or_default())
}

async fn completed(missing: Missing) -> Result<Alert, Stopped> {
    let mut alert = missing.alert;
    if missing.token {
        alert.secrets.token = Some(ask(TOKEN, file_named).await?);
    }
    if missing.password {
        alert.secrets.password = Some(ask(PASSWORD, file_named).await?);
    }
    Ok(alert)
}

/// The whole path of a file that a secret can be read from.
fn secret_file(file: &Path) -> Result<PathBuf, String> {
    if !file.exists() {
        return Err("there is no such file: write the secret into one of mode 600".to_owned());
    }
    let file = absolute(file).map_err(|error| error.to_string())?;
    let read = SecretSource::File(file.clone()).read();
    read.map(|_| file).map_err(|error| error.to_string())
}

fn file_named(said: &str) -> Result<PathBuf, String> {
    secret_file(Path::new(said))
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

fn hidden(_: &str) -> String {
    "…".to_owned()
}
