//! Who may look: whoever knows the token; where there is none, whoever is on this machine and
//! means it.
//!
//! SECURITY: a page of another site in the person's browser can send requests to loopback, and with
//! a name that it lets lead there even read the answers (DNS rebinding). Such a request names that
//! site as its host, so without a token the host must be this machine's. With one, a browser has it
//! for no other site. Compared is by HMAC under a key of the moment, whose check takes as long for
//! a wrong token as for the right one. Hostile: both header fields.

use std::net::IpAddr;

use data_encoding::BASE64;
use ring::hmac;
use ring::rand::SystemRandom;
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use crate::config::secret::SecretSource;

use super::answer::{Answer, Asked};

/// Who tries one after the other over a network needs longer than there is time. In characters.
const SHORTEST: usize = 16;

/// Who may look.
pub(super) struct Access {
    token: Option<Token>,
    is_local: bool,
}

/// The token, as it is compared with.
struct Token {
    key: hmac::Key,
    tag: hmac::Tag,
}

impl Access {
    /// Access for those who know the token, if there is one; `is_local` if otherwise the host must
    /// be this machine.
    ///
    /// # Errors
    /// A sentence on why the token cannot be used.
    pub(super) async fn new(token: Option<SecretSource>, is_local: bool) -> Result<Self, String> {
        let token = match token {
            None => None,
            Some(source) => {
                let read = spawn_blocking(move || Token::read(&source)).await;
                Some(read.map_err(|error| error.to_string())??)
            }
        };
        Ok(Self { token, is_local })
    }

    /// Lets the request in.
    ///
    /// # Errors
    /// The answer that it gets instead.
    pub(super) fn admit(&self, asked: &Asked) -> Result<(), Answer> {
        if let Some(token) = &self.token {
            let shown = asked.authorization.as_ref().and_then(|field| shown(field));
            return if shown.is_some_and(|shown| token.is(&shown)) {
                Ok(())
            } else {
                let challenge = "Basic realm=\"sustained\", charset=\"UTF-8\"";
                Err(Answer::told(401, "The status page wants its token.")
                    .with("www-authenticate", challenge))
            };
        }
        if self.is_local && !asked.host.as_deref().is_some_and(is_this_machine) {
            let why = "This page is for this machine: ask for it as localhost or 127.0.0.1. For \
                       other names, give it a token.";
            return Err(Answer::told(421, why));
        }
        Ok(())
    }
}

impl Token {
    fn read(source: &SecretSource) -> Result<Self, String> {
        let secret = source.read().map_err(|error| format!("token: {error}"))?;
        if secret.reveal().chars().count() < SHORTEST {
            let place = source.describe();
            return Err(format!(
                "token: {place}: it is shorter than {SHORTEST} characters; make one with: openssl \
                 rand -hex 24"
            ));
        }
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new())
            .map_err(|_| "token: the system has no random numbers".to_owned())?;
        let tag = hmac::sign(&key, secret.reveal().as_bytes());
        Ok(Self { key, tag })
    }

    fn is(&self, shown: &str) -> bool {
        hmac::verify(&self.key, shown.as_bytes(), self.tag.as_ref()).is_ok()
    }
}

/// The token in an Authorization field: RFC 6750's, or the password of RFC 7617.
fn shown(field: &str) -> Option<Zeroizing<String>> {
    let (scheme, rest) = field.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(Zeroizing::new(rest.to_owned()));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = Zeroizing::new(BASE64.decode(rest.as_bytes()).ok()?);
    let (_, password) = str::from_utf8(&pair).ok()?.split_once(':')?;
    Some(Zeroizing::new(password.to_owned()))
}

/// Whether a Host field names this machine (RFC 9110, 7.2), whatever the port: it may be forwarded.
fn is_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or("", |(name, _)| name),
        None => host.split(':').next().unwrap_or(host),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::{is_this_machine, shown};

    #[test]
    fn only_names_of_this_machine_are() {
        for name in [
            "localhost",
            "LOCALHOST:1",
            "127.0.0.1:8787",
            "127.1.2.3",
            "[::1]:8787",
        ] {
            assert!(is_this_machine(name), "{name}");
        }
        for name in [
            "",
            "evil.example",
            "localhost.evil.example:8787",
            "127.0.0.1.evil.example",
            "10.0.0.1",
            "[::2]",
            "0.0.0.0",
            "[::1",
            "::1",
        ] {
            assert!(!is_this_machine(name), "{name}");
        }
    }

    #[test]
    fn a_token_is_found_in_both_schemes() {
        for field in ["Bearer s3", "bearer  s3 ", "Basic bWU6czM=", "basic OnMz"] {
            assert_eq!(
                shown(field).as_deref().map(String::as_str),
                Some("s3"),
                "{field}"
            );
        }
        for field in ["", "s3", "Digest s3", "Basic s3", "Basic czM="] {
            assert_eq!(shown(field).as_deref(), None, "{field}");
        }
    }
}
