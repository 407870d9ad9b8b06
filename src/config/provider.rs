//! What is known of mail providers: hosts, limits, and what password they want.
//!
//! The facts stand in `providers.toml`, each with its source. They fill in what the person left
//! out, and never overrule what was written.

use std::sync::LazyLock;

use serde::Deserialize;

use super::Security;

/// A mail provider.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Its name, for people.
    pub name: String,
    /// The domains of its addresses.
    pub domains: Vec<String>,
    /// Its IMAP server; none if it has no IMAP.
    pub host: Option<String>,
    /// The server's port.
    #[serde(default = "imaps")]
    pub port: u16,
    /// `implicit` or `starttls`.
    #[serde(default = "implicit")]
    pub tls: String,
    /// How many connections an account may have at once.
    pub connections: Option<u16>,
    /// IDLE is to be renewed within so many seconds.
    pub renew_idle: Option<u16>,
    /// What kind of password it wants and where that is made: a sentence for the person.
    pub password: String,
    /// Whether a password of any kind opens a mailbox.
    #[serde(default = "yes")]
    pub takes_passwords: bool,
    /// Who gives out tokens, where that is possible.
    pub oauth: Option<String>,
    /// The login, where it is not the whole address.
    #[serde(default)]
    pub login: LoginForm,
    /// What else is known, for whoever works on this program.
    #[serde(default)]
    pub quirks: Vec<String>,
    /// Where all this stands.
    pub sources: Vec<String>,
}

/// What a provider takes for a login.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoginForm {
    /// The whole address.
    #[default]
    Address,
    /// The address without its domain (the local-part of RFC 5322, 3.4.1).
    LocalPart,
}

#[derive(Deserialize)]
struct File {
    provider: Vec<Provider>,
}

// A table that is not as it must be is found by the test below: here it is as good as empty.
static PROVIDERS: LazyLock<Vec<Provider>> = LazyLock::new(|| {
    let file: Result<File, _> = toml::from_str(include_str!("providers.toml"));
    file.map(|file| file.provider).unwrap_or_default()
});

impl Provider {
    /// The provider with this IMAP server.
    #[must_use]
    pub fn with_host(host: &str) -> Option<&'static Self> {
        let has = |provider: &&Self| {
            let own = provider.host.as_deref();
            own.is_some_and(|own| own.eq_ignore_ascii_case(host))
        };
        PROVIDERS.iter().find(has)
    }

    /// How its port is protected.
    #[must_use]
    pub fn security(&self) -> Security {
        if self.tls == "starttls" {
            Security::StartTls
        } else {
            Security::Implicit
        }
    }

    /// The login that belongs to an address.
    #[must_use]
    pub fn login_of<'a>(&self, address: &'a str) -> &'a str {
        match self.login {
            LoginForm::Address => address,
            LoginForm::LocalPart => address.rsplit_once('@').map_or(address, |(local, _)| local),
        }
    }

    /// The provider whose addresses end like this one.
    #[must_use]
    pub fn of_address(address: &str) -> Option<&'static Self> {
        let (_, domain) = address.rsplit_once('@')?;
        let has = |own: &String| own.eq_ignore_ascii_case(domain);
        PROVIDERS
            .iter()
            .find(|provider| provider.domains.iter().any(has))
    }
}

fn imaps() -> u16 {
    993
}

fn yes() -> bool {
    true
}

fn implicit() -> String {
    "implicit".to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{File, Provider};

    #[test]
    fn every_provider_is_whole_and_every_domain_has_one() {
        let file: File = toml::from_str(include_str!("providers.toml")).expect("a table");
        assert!(file.provider.len() > 30);
        let (mut domains, mut hosts) = (BTreeSet::new(), BTreeSet::new());
        for provider in file.provider {
            let name = &provider.name;
            assert!(!provider.sources.is_empty(), "{name} has no source");
            assert!(
                ["implicit", "starttls"].contains(&provider.tls.as_str()),
                "{name}"
            );
            assert!(provider.password.ends_with('.'), "{name}");
            let has_a_way = provider.takes_passwords || provider.oauth.is_some();
            assert!(has_a_way, "{name}");
            if let Some(host) = &provider.host {
                assert!(hosts.insert(host.clone()), "{host} stands twice");
            }
            for domain in provider.domains {
                assert!(domains.insert(domain.clone()), "{domain} stands twice");
            }
        }
    }

    #[test]
    fn a_provider_is_known_by_its_host_and_its_addresses() {
        let host = Provider::with_host("IMAP.gmail.com").map(|provider| &provider.name);
        let address = Provider::of_address("me@GoogleMail.com").map(|provider| &provider.name);
        assert!(host.is_some() && host == address);
        assert!(Provider::with_host("imap.example.org").is_none());
        assert!(Provider::of_address("me@example.org").is_none());
        let login = |address| Provider::of_address(address).map(|one| one.login_of(address));
        assert_eq!(login("me@web.de"), Some("me"));
        assert_eq!(login("me@gmail.com"), Some("me@gmail.com"));
    }
}
