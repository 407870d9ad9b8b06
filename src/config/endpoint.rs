//! An address that is asked by HTTP: `https://host/path`, or `http://` to this very machine.
//!
//! It asks nobody. SECURITY: who knows such an address may often post to it, so neither its path
//! nor its query is ever shown, and no error repeats any of it.

use std::fmt;

use super::secret::Secret;
use super::{Tls, address, words};

/// Where a request goes.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Plain text, only ever to loopback, or TLS.
    pub tls: Tls,
    /// With its slash, and with the query where there is one.
    pub path: String,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            host, port, tls, ..
        } = self;
        write!(f, "Endpoint({tls:?}, {host}:{port}/••••)")
    }
}

impl Endpoint {
    /// The address that is kept as a secret.
    ///
    /// # Errors
    /// A sentence that says what would have been right, without any of the address.
    pub fn of_secret(secret: &Secret) -> Result<Self, String> {
        endpoint(secret.reveal())
    }

    /// This address with `part` behind its path, before its query.
    #[must_use]
    pub fn with(&self, part: &str) -> Self {
        let (path, query) = match self.path.split_once('?') {
            Some((path, query)) => (path, format!("?{query}")),
            None => (self.path.as_str(), String::new()),
        };
        let path = path.trim_end_matches('/');
        Self {
            path: format!("{path}{part}{query}"),
            ..self.clone()
        }
    }
}

/// What `url` means.
pub(super) fn endpoint(url: &str) -> Result<Endpoint, String> {
    let wrong = "an address here is https://host/path, without a login in it".to_owned();
    let address = address::split(url).map_err(|_| wrong.clone())?;
    let tls = match address.scheme.as_str() {
        "https" => Tls::Implicit,
        "http" if words::is_loopback(&address.host) => Tls::None,
        "http" => {
            return Err(
                "without TLS everybody on the way could read what is sent: write https".to_owned(),
            );
        }
        _ => return Err(wrong),
    };
    if address.host.is_empty() || address.login.is_some() {
        return Err(wrong);
    }
    let usual = match tls {
        Tls::Implicit => 443,
        Tls::None => 80,
    };
    Ok(Endpoint {
        port: address.port.unwrap_or(usual),
        host: address.host,
        tls,
        path: address.target,
    })
}

#[cfg(test)]
mod tests {
    use super::{Tls, endpoint};

    #[test]
    fn what_is_secret_goes_over_tls_or_to_this_machine() {
        assert!(endpoint("http://login.example.org/token").is_err());
        assert!(endpoint("http://192.168.1.1/token").is_err());
        assert!(endpoint("ftp://login.example.org/token").is_err());
        assert!(endpoint("https://").is_err());
        assert!(endpoint("https://me@example.org/").is_err());
        let own = endpoint("http://127.0.0.1:8080/token").expect("this machine");
        assert_eq!(
            (own.tls, own.port, own.path.as_str()),
            (Tls::None, 8080, "/token")
        );
    }

    #[test]
    fn a_path_stays_as_it_was_written_and_is_not_shown() {
        let check = |url: &str, path: &str, longer: &str| {
            let found = endpoint(url).expect(url);
            assert_eq!(
                (found.path.as_str(), found.with("/fail").path.as_str()),
                (path, longer)
            );
            assert_eq!(format!("{found:?}"), "Endpoint(Implicit, h.org:443/••••)");
        };
        check("https://h.org/a%20b/C", "/a%20b/C", "/a%20b/C/fail");
        check("https://h.org/a/?b=c&d=", "/a/?b=c&d=", "/a/fail?b=c&d=");
        check("https://h.org", "/", "/fail");
        check("https://h.org?b=c", "/?b=c", "/fail?b=c");
    }
}
