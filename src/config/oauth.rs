//! `oauth = { … }` -> who gives out tokens for a mailbox, and as whom this program asks.
//!
//! It asks nobody. The addresses of known issuers stand in `issuers.toml`, each with its source;
//! what is written overrules them. SECURITY: tokens go over TLS, or to this very machine.

use std::path::Path;
use std::sync::LazyLock;

use serde::Deserialize;
use toml::Spanned;

use super::endpoint::{Endpoint, endpoint};
use super::file::{Key, OAuthTable};
use super::meaning::{noted, secret, unknown_word};
use super::problem::Problems;
use super::secret::SecretSource;

/// Tokens in the place of a password (RFC 6749).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuth {
    /// The issuer's name, as the person calls it.
    pub issuer: String,
    /// Who this program is to the issuer: registered there by the person.
    pub client_id: String,
    /// What some issuers want beside it.
    pub client_secret: Option<SecretSource>,
    /// Where tokens are given out.
    pub token: Endpoint,
    /// How the person is asked.
    pub consent: Consent,
    /// What is asked for.
    pub scope: String,
}

/// How the person is asked for consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consent {
    /// On any other device, with a short code (RFC 8628).
    Device(Endpoint),
    /// On a page, whose answer is pasted back (RFC 8252 with PKCE, RFC 7636).
    Page(String),
}

/// An issuer in the table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Issuer {
    name: String,
    token_url: String,
    device_url: Option<String>,
    consent_url: Option<String>,
    scope: String,
    /// Where this stands.
    #[allow(dead_code)] // For readers of the table; a test holds that it is there.
    sources: Vec<String>,
}

#[derive(Deserialize)]
struct File {
    issuer: Vec<Issuer>,
}

// A table that is not as it must be is found by the test below: here it is as good as empty.
static ISSUERS: LazyLock<Vec<Issuer>> = LazyLock::new(|| {
    let file: Result<File, _> = toml::from_str(include_str!("issuers.toml"));
    file.map(|file| file.issuer).unwrap_or_default()
});

/// What the table means; `None` if something in it is wrong, and then it is noted.
pub(super) fn oauth(
    table: Spanned<OAuthTable>,
    base: &Path,
    problems: &mut Problems<'_>,
) -> Option<OAuth> {
    let (header, table) = (table.span(), table.into_inner());
    let name = table.provider.as_ref().map(Spanned::get_ref);
    let known = name.and_then(|name| ISSUERS.iter().find(|issuer| issuer.name == *name));
    if let (Some(written), None, None) = (&table.provider, known, &table.token_url) {
        let names: Vec<&str> = ISSUERS.iter().map(|issuer| issuer.name.as_str()).collect();
        let what = unknown_word(written, &names, problems.text());
        let what = format!("{what}; for another issuer add token_url, device_url and scope");
        problems.add(written.span(), what);
        return None;
    }
    let mut need = |written: Key<String>, known: Option<&String>, key: &str| {
        let found = written
            .map(Spanned::into_inner)
            .or_else(|| known.cloned())
            .filter(|text| !text.is_empty());
        if found.is_none() {
            problems.add(header.clone(), format!("`{key}` is missing in oauth"));
        }
        found
    };
    let client_id = need(table.client_id, None, "client_id");
    let scope = need(table.scope, known.map(|issuer| &issuer.scope), "scope");
    let token = need(
        table.token_url,
        known.map(|issuer| &issuer.token_url),
        "token_url",
    );
    let device = table.device_url.map(Spanned::into_inner);
    let page = table.consent_url.map(Spanned::into_inner);
    let (device, page) = match (device, page, known) {
        (None, None, Some(known)) => (known.device_url.clone(), known.consent_url.clone()),
        (device, page, _) => (device, page),
    };
    let consent = match (device, page) {
        (Some(url), None) => noted(endpoint(&url), header.clone(), problems).map(Consent::Device),
        (None, Some(url)) => {
            noted(endpoint(&url), header.clone(), problems).map(|_| Consent::Page(url))
        }
        (Some(_), Some(_)) => {
            let what = "the person is asked in one way: keep device_url or consent_url";
            problems.add(header.clone(), what);
            None
        }
        (None, None) => {
            let what = "nothing says how you are asked: add device_url or consent_url";
            problems.add(header.clone(), what);
            None
        }
    };
    let token = token.and_then(|url| noted(endpoint(&url), header.clone(), problems));
    let issuer = name.cloned().unwrap_or_else(|| "own".to_owned());
    let client_secret = match table.client_secret {
        Some(written) => Some(secret(written, base, problems)?),
        None => None,
    };
    Some(OAuth {
        issuer,
        client_id: client_id?,
        client_secret,
        token: token?,
        consent: consent?,
        scope: scope?,
    })
}

#[cfg(test)]
mod tests {
    use super::{File, endpoint};
    use crate::config::Tls;

    #[test]
    fn every_known_issuer_is_whole() {
        let file: File = toml::from_str(include_str!("issuers.toml")).expect("a table");
        assert!(!file.issuer.is_empty());
        for issuer in file.issuer {
            let name = &issuer.name;
            assert!(!issuer.sources.is_empty(), "{name} has no source");
            assert!(
                issuer.device_url.is_some() != issuer.consent_url.is_some(),
                "{name}"
            );
            let urls = [
                Some(issuer.token_url),
                issuer.device_url,
                issuer.consent_url,
            ];
            for url in urls.into_iter().flatten() {
                let found = endpoint(&url).expect(&url);
                assert_eq!((found.tls, found.port), (Tls::Implicit, 443), "{url}");
                assert!(url.ends_with(&found.path), "{url}");
            }
        }
    }
}
