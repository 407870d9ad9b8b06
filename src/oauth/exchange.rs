//! One question to the issuer: a form posted, and what its answer means (RFC 6749, 4 and 5;
//! RFC 8628, 3.5).
//!
//! It keeps nothing. SECURITY: an issuer's words are hostile; they are escaped and cut before they
//! stand in an error, and no token is in any.

use std::time::Duration;

use serde::Deserialize;

use crate::config::secret::Secret;
use crate::config::{Endpoint, OAuth};
use crate::http::{self, Answer, HttpError, Server};
use crate::mail::plain;

use super::OAuthError;

/// Where an issuer does not say how long a token lives, this is believed (RFC 6749, 5.1 leaves it
/// out of the answer where it is documented elsewhere; an hour is common).
const USUAL_LIFE: Duration = Duration::from_hours(1);

/// What the issuer granted.
#[derive(Debug)]
pub struct Granted {
    /// Lets us into the mailbox for a while.
    pub(super) access: Secret,
    /// Gets the next one; `None` if the one used goes on to hold (RFC 6749, 6).
    pub(super) refresh: Option<Secret>,
    pub(super) lives: Duration,
}

/// Why the issuer grants nothing.
#[derive(Debug)]
pub(super) enum Denied {
    /// The person has not answered yet (RFC 8628, 3.5).
    Pending,
    /// Nor yet, and it wants to be asked less often.
    SlowDown,
    /// Anything else.
    Trouble(OAuthError),
}

#[derive(Deserialize)]
// The RFC's names.
#[expect(clippy::struct_field_names)]
struct Token {
    access_token: String,
    refresh_token: Option<String>,
    expires_in: Option<u64>,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
    error_description: Option<String>,
}

/// Asks for a token with `fields` beside who we are.
pub(super) async fn token(oauth: &OAuth, fields: &[(&str, &str)]) -> Result<Granted, Denied> {
    let answer = post(oauth, &oauth.token, fields)
        .await
        .map_err(Denied::Trouble)?;
    if !answer.status.is_success() {
        return Err(denied(oauth, &answer));
    }
    let token: Token =
        serde_json::from_str(&answer.text).map_err(|_| Denied::Trouble(nonsense(oauth)))?;
    if token.access_token.is_empty() {
        return Err(Denied::Trouble(nonsense(oauth)));
    }
    Ok(Granted {
        access: Secret::new(token.access_token),
        refresh: token.refresh_token.map(Secret::new),
        lives: token.expires_in.map_or(USUAL_LIFE, Duration::from_secs),
    })
}

/// Posts a form to one of the issuer's addresses.
pub(super) async fn post(
    oauth: &OAuth,
    to: &Endpoint,
    fields: &[(&str, &str)],
) -> Result<Answer, OAuthError> {
    let mut form = format!("client_id={}", encoded(&oauth.client_id));
    if let Some(source) = oauth.client_secret.clone() {
        // A program that is asked for it may take seconds.
        let secret = tokio::task::spawn_blocking(move || source.read())
            .await
            .map_err(|error| OAuthError::Outage(error.to_string()))?
            .map_err(|error| OAuthError::NeedsPerson(error.to_string()))?;
        form.push_str("&client_secret=");
        form.push_str(&encoded(secret.reveal()));
    }
    for (name, value) in fields {
        form.push('&');
        form.push_str(name);
        form.push('=');
        form.push_str(&encoded(value));
    }
    let server = Server {
        host: to.host.clone(),
        port: to.port,
        tls: to.tls,
    };
    let headers = [
        (
            "content-type",
            "application/x-www-form-urlencoded".to_owned(),
        ),
        ("accept", "application/json".to_owned()),
    ];
    let answered = http::post(&server, &to.path, &headers, form).await;
    answered.map_err(|error| match error {
        HttpError::TryLater(why) => OAuthError::Outage(why),
        HttpError::NeedsUser(why) => OAuthError::NeedsPerson(why),
    })
}

/// What a refusal means (RFC 6749, 5.2; RFC 8628, 3.5).
pub(super) fn denied(oauth: &OAuth, answer: &Answer) -> Denied {
    let issuer = &oauth.issuer;
    let Ok(refusal) = serde_json::from_str::<Refusal>(&answer.text) else {
        return Denied::Trouble(OAuthError::Outage(format!(
            "{issuer} answered {}",
            answer.status
        )));
    };
    let words = refusal.error_description.as_deref().unwrap_or_default();
    let said = plain(&format!("{}: {words}", refusal.error));
    let again = format!("sign in anew: sustained init --oauth {issuer}");
    Denied::Trouble(match refusal.error.as_str() {
        "authorization_pending" => return Denied::Pending,
        "slow_down" => return Denied::SlowDown,
        "invalid_grant" | "interaction_required" | "consent_required" | "login_required" => {
            OAuthError::Revoked(format!("{issuer}'s consent has ended ({said}); {again}"))
        }
        "access_denied" | "expired_token" | "bad_verification_code" => {
            OAuthError::Revoked(format!("{issuer} got no consent ({said}); {again}"))
        }
        "temporarily_unavailable" | "server_error" => {
            OAuthError::Outage(format!("{issuer} is in trouble ({said})"))
        }
        _ if answer.status.is_server_error() || answer.status.as_u16() == 429 => {
            OAuthError::Outage(format!("{issuer} is in trouble ({said})"))
        }
        _ => OAuthError::NeedsPerson(format!(
            "{issuer} refuses this program ({said}); correct `oauth`: client_id, client_secret, \
             scope"
        )),
    })
}

pub(super) fn nonsense(oauth: &OAuth) -> OAuthError {
    OAuthError::Outage(format!(
        "{} answered with something else than RFC 6749 says",
        oauth.issuer
    ))
}

/// A value in a form or an address (RFC 3986, 2.3: everything else is encoded).
pub(super) fn encoded(text: &str) -> String {
    let encode = |byte: u8| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(encode).collect()
}
