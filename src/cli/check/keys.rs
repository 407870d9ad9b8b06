//! Whether DNS gives Meta's keys, without which nothing is proved.
//!
//! No mail is read and no key is kept: only whether there is an answer counts.

use super::report::Checks;
use crate::config::Authenticity;
use crate::dkim::{Found, Verifier};

/// Keys that Meta has signed with, the one of today first (raw messages of 2011 to 2022, DNS of
/// 2026).
const META_KEYS: [&str; 3] = [
    "s1024-2013-q3._domainkey.facebookmail.com",
    "s1024-2013-q3._domainkey.mail.instagram.com",
    "s1024-2011-q2._domainkey.facebookmail.com",
];

/// What keeps this program from proving that Meta sent a mail.
pub(in crate::cli) struct Trouble {
    pub(in crate::cli) observed: String,
    remedy: &'static str,
    /// No key can be had, whatever it is called.
    is_certain: bool,
}

pub(super) async fn check(checks: &mut Checks, settings: &Authenticity) {
    let name = "DKIM key in DNS";
    match look_up(settings).await {
        Ok(key) => checks.pass(name, format!("{key} is there")),
        Err(trouble) if trouble.is_certain => checks.fail(name, trouble.observed, trouble.remedy),
        Err(trouble) => checks.warn(name, trouble.observed, trouble.remedy),
    }
}

/// The first of Meta's keys that is found. A name server that answers is enough: what it does not
/// know, Meta may have taken away.
pub(in crate::cli) async fn look_up(settings: &Authenticity) -> Result<&'static str, Trouble> {
    let certain = |observed: String, remedy| Trouble {
        observed,
        remedy,
        is_certain: true,
    };
    let verifier = Verifier::new(settings)
        .map_err(|error| certain(error.to_string(), "correct [authenticity]"))?;
    for key in META_KEYS {
        match verifier.look_up(key).await {
            Found::Record(_) => return Ok(key),
            Found::Nothing => {}
            found @ (Found::Several | Found::Unreadable) => {
                let remedy = "ask another name server: authenticity.resolver";
                return Err(certain(found.sentence(key), remedy));
            }
            found @ (Found::NoAnswer | Found::NotAsked) => {
                let remedy = "without DNS nothing is proved and no code is handed over: check \
                              authenticity.resolver";
                return Err(certain(found.sentence(key), remedy));
            }
        }
    }
    Err(Trouble {
        observed: format!(
            "a name server answers, and knows none of Meta's keys: {}",
            META_KEYS.join(", ")
        ),
        remedy: "ask another one (authenticity.resolver); if it says the same, Meta signs with \
                 keys of other names now, which its mails tell",
        is_certain: false,
    })
}
