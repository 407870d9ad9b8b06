//! Asking the person for consent, once: by a short code on any other device (RFC 8628), or by a
//! page whose answer is pasted back (RFC 8252, with RFC 7636 against whoever reads along).
//!
//! It prints nothing; the command line shows what it says.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, sleep};

use crate::config::{Consent, OAuth};
use crate::mail::plain;

use super::OAuthError;
use super::exchange::{Denied, Granted, denied, encoded, nonsense, post, token};

/// Where the page's answer goes: to this very machine, where nobody listens. The address in the
/// browser's bar holds the answer (RFC 8252, 7.3).
const REDIRECT: &str = "http://127.0.0.1:1/";

/// What RFC 8628, 3.2 and 3.5 have where the issuer says nothing.
const INTERVAL: u64 = 5;

/// How the person is asked.
#[derive(Debug)]
pub enum Asked {
    /// On any device.
    Device(DeviceCode),
    /// On a page.
    Page(Page),
}

/// A code to be entered on any device.
#[derive(Debug)]
pub struct DeviceCode {
    /// The page to open.
    pub page: String,
    /// The code to enter there.
    pub user_code: String,
    code: String,
    interval: Duration,
    until: Instant,
}

/// A page to be opened, whose answer is pasted back.
#[derive(Debug)]
pub struct Page {
    /// The page to open.
    pub address: String,
    state: String,
    verifier: String,
}

#[derive(Deserialize)]
// The RFC's names.
#[expect(clippy::struct_field_names)]
struct Device {
    device_code: String,
    user_code: String,
    // Google's name for it differs from the RFC's.
    #[serde(alias = "verification_url")]
    verification_uri: String,
    expires_in: u64,
    interval: Option<u64>,
}

/// Begins to ask for consent.
///
/// # Errors
/// If the issuer does not answer as it should.
pub async fn ask(oauth: &OAuth, login: &str) -> Result<Asked, OAuthError> {
    match &oauth.consent {
        Consent::Page(page) => Ok(Asked::Page(Page::new(oauth, page, login)?)),
        Consent::Device(endpoint) => {
            let answer = post(oauth, endpoint, &[("scope", &oauth.scope)]).await?;
            if !answer.status.is_success() {
                return Err(match denied(oauth, &answer) {
                    Denied::Trouble(error) => error,
                    Denied::Pending | Denied::SlowDown => nonsense(oauth),
                });
            }
            let device: Device = serde_json::from_str(&answer.text).map_err(|_| nonsense(oauth))?;
            Ok(Asked::Device(DeviceCode {
                page: plain(&device.verification_uri),
                user_code: plain(&device.user_code),
                code: device.device_code,
                interval: Duration::from_secs(device.interval.unwrap_or(INTERVAL)),
                until: Instant::now() + Duration::from_secs(device.expires_in),
            }))
        }
    }
}

impl DeviceCode {
    /// Waits until the person has answered.
    ///
    /// # Errors
    /// If there is no consent in time.
    pub async fn answer(mut self, oauth: &OAuth) -> Result<Granted, OAuthError> {
        let fields = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", self.code.as_str()),
        ];
        while Instant::now() < self.until {
            // The pause comes first: nobody has entered the code yet.
            sleep(self.interval).await;
            match token(oauth, &fields).await {
                Ok(granted) => return Ok(granted),
                Err(Denied::Pending) => {}
                Err(Denied::SlowDown) => self.interval += Duration::from_secs(INTERVAL),
                // The network may be gone for a moment (RFC 8628, 3.5).
                Err(Denied::Trouble(OAuthError::Outage(_))) => self.interval *= 2,
                Err(Denied::Trouble(error)) => return Err(error),
            }
        }
        let issuer = &oauth.issuer;
        Err(OAuthError::Revoked(format!(
            "nobody entered the code in time; sign in again: sustained init --oauth {issuer}"
        )))
    }
}

impl Page {
    fn new(oauth: &OAuth, page: &str, login: &str) -> Result<Self, OAuthError> {
        let (state, verifier) = (random()?, random()?);
        let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(&verifier));
        let fields = [
            ("response_type", "code"),
            ("client_id", &oauth.client_id),
            ("redirect_uri", REDIRECT),
            ("scope", &oauth.scope),
            ("state", &state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("login_hint", login),
            // Google's way to ask for a refresh token, and to get one the second time, too.
            ("access_type", "offline"),
            ("prompt", "consent"),
        ];
        let query = fields.map(|(name, value)| format!("{name}={}", encoded(value)));
        Ok(Self {
            address: format!("{page}?{}", query.join("&")),
            state,
            verifier,
        })
    }

    /// Goes on with the address that the browser ended at.
    ///
    /// # Errors
    /// If it is not the answer to this question, or the issuer grants nothing.
    pub async fn answer(self, oauth: &OAuth, pasted: &str) -> Result<Granted, OAuthError> {
        let field = |name: &str| {
            let (_, query) = pasted.trim().split_once('?')?;
            let mut fields = query.split('&').filter_map(|field| field.split_once('='));
            fields
                .find(|(found, _)| *found == name)
                .map(|(_, value)| decoded(value))
        };
        if let Some(error) = field("error") {
            let issuer = &oauth.issuer;
            let error = plain(&error);
            return Err(OAuthError::Revoked(format!(
                "{issuer} got no consent: {error}"
            )));
        }
        let (Some(code), Some(state)) = (field("code"), field("state")) else {
            return Err(OAuthError::NeedsPerson(
                "this is not the address that the browser ended at: it begins with \
                 http://127.0.0.1:1/ and holds code= and state="
                    .to_owned(),
            ));
        };
        if state != self.state {
            return Err(OAuthError::NeedsPerson(
                "this is the answer to another question; begin again".to_owned(),
            ));
        }
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", REDIRECT),
            ("code_verifier", self.verifier.as_str()),
        ];
        token(oauth, &fields).await.map_err(|why| match why {
            Denied::Trouble(error) => error,
            Denied::Pending | Denied::SlowDown => nonsense(oauth),
        })
    }
}

/// 256 unpredictable bits, fit for an address (RFC 7636, 4.1).
fn random() -> Result<String, OAuthError> {
    let mut bytes = [0; 32];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| OAuthError::Outage("this system gives no random numbers".to_owned()))?;
    Ok(BASE64URL_NOPAD.encode(&bytes))
}

/// A value of a query (RFC 3986, 2.1; the plus is a form's blank).
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        let pair = tail.get(..2).and_then(|pair| str::from_utf8(pair).ok());
        let pair = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match (byte, pair) {
            (b'%', Some(decoded)) => {
                bytes.push(decoded);
                rest = tail.get(2..).unwrap_or_default();
            }
            (b'+', _) => {
                bytes.push(b' ');
                rest = tail;
            }
            _ => {
                bytes.push(*byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
