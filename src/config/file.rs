//! What the person wrote: the TOML file, key by key, and where each value stands.
//!
//! It knows which keys there are and of what type, and nothing of what they mean; `meaning`
//! turns it into a `Config`. SECURITY: a value under a secret's key is wrapped as it is read,
//! and no error repeats it.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::secret::Secret;

/// A key that may be left out, and where its value stands.
pub(super) type Key<T> = Option<Spanned<T>>;

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub(super) mailbox: Vec<Spanned<MailboxTable>>,
    #[serde(default)]
    pub(super) authenticity: AuthenticityTable,
    pub(super) submission: Key<SubmissionTable>,
    #[serde(default)]
    pub(super) alert: Vec<Spanned<AlertTable>>,
    #[serde(default)]
    pub(super) watch: WatchTable,
    #[serde(default)]
    pub(super) reading: ReadingTable,
    pub(super) heartbeat: Key<HeartbeatTable>,
    pub(super) status: Key<StatusTable>,
    #[serde(default)]
    pub(super) object: ObjectTable,
    #[serde(default)]
    pub(super) browser: BrowserTable,
}

/// `[[mailbox]]`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MailboxTable {
    pub(super) name: Key<String>,
    pub(super) address: Key<OneOrMore>,
    pub(super) accounts: Key<Vec<Spanned<String>>>,
    pub(super) linked: Key<Vec<Spanned<String>>>,
    pub(super) imap: Key<ImapTable>,
    pub(super) password: Key<SecretTable>,
    pub(super) oauth: Key<OAuthTable>,
    pub(super) folders: Key<Vec<Spanned<String>>>,
    pub(super) maildir: Key<String>,
    pub(super) lookback: Key<String>,
    pub(super) provider: Key<String>,
    #[serde(default)]
    pub(super) object: ObjectTable,
}

/// `imap = { … }`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ImapTable {
    pub(super) host: Key<String>,
    pub(super) port: Key<u16>,
    pub(super) tls: Key<String>,
    pub(super) login: Key<String>,
    pub(super) ca_file: Key<String>,
    pub(super) fingerprint: Key<String>,
}

/// `oauth = { … }`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OAuthTable {
    pub(super) provider: Key<String>,
    pub(super) client_id: Key<String>,
    pub(super) client_secret: Key<SecretTable>,
    pub(super) token_url: Key<String>,
    pub(super) device_url: Key<String>,
    pub(super) consent_url: Key<String>,
    pub(super) scope: Key<String>,
}

/// `[authenticity]`
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AuthenticityTable {
    pub(super) resolver: Key<String>,
    pub(super) provider: Key<String>,
    pub(super) forwarders: Key<Vec<Spanned<String>>>,
    #[serde(default)]
    pub(super) pinned_keys: BTreeMap<Spanned<String>, Spanned<String>>,
}

/// `[submission]`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SubmissionTable {
    pub(super) command: Key<Vec<String>>,
    pub(super) webhook: Key<WebhookTable>,
    pub(super) browser: Key<AttachTable>,
    pub(super) timeout: Key<String>,
    pub(super) code_lifetime: Key<String>,
    pub(super) dry_run: Key<Vec<String>>,
}

/// `webhook = { … }`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookTable {
    pub(super) url: Key<String>,
    pub(super) secret: Key<SecretTable>,
    pub(super) old_secret: Key<SecretTable>,
    pub(super) ca_file: Key<String>,
    #[serde(default)]
    pub(super) allow_private: bool,
}

/// `browser = { … }`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AttachTable {
    pub(super) address: Key<String>,
}

/// `[[alert]]`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AlertTable {
    pub(super) name: Key<String>,
    pub(super) url: Key<String>,
    pub(super) token: Key<SecretTable>,
    pub(super) password: Key<SecretTable>,
    pub(super) command: Key<Vec<String>>,
    pub(super) timeout: Key<String>,
    pub(super) types: Key<Vec<Spanned<String>>>,
    pub(super) quiet: Key<String>,
    pub(super) code: Key<bool>,
    pub(super) at_most: Key<u16>,
}

/// `[watch]`
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WatchTable {
    pub(super) sweep: Key<String>,
    pub(super) deaf_after: Key<String>,
}

/// `[reading]`
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadingTable {
    pub(super) wordings: Key<String>,
}

/// `[heartbeat]`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeartbeatTable {
    pub(super) url: Key<SecretText>,
    pub(super) every: Key<String>,
}

/// `[status]`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StatusTable {
    pub(super) listen: Key<String>,
    pub(super) token: Key<SecretTable>,
}

/// `[object]`, and `object = { … }` of a mailbox
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ObjectTable {
    #[serde(default)]
    pub(super) forms: BTreeMap<Spanned<String>, Spanned<String>>,
    pub(super) country: Key<String>,
    pub(super) email: Key<String>,
    pub(super) impact: Key<String>,
    pub(super) further: Key<String>,
    pub(super) name: Key<String>,
    pub(super) address: Key<String>,
    pub(super) phone: Key<String>,
}

/// `[browser]`
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BrowserTable {
    pub(super) driver: Key<String>,
    pub(super) program: Key<String>,
    pub(super) profile: Key<String>,
    pub(super) headless: Key<bool>,
    pub(super) recipes: Key<String>,
}

/// `"…"` or `{ file = "…" }`: a secret that most people write where it is used.
pub(super) struct SecretText(pub(super) SecretKeys);

/// `password = { … }`: where a secret is.
pub(super) struct SecretTable(pub(super) SecretKeys);

/// The kinds of secret; exactly one is right.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SecretKeys {
    pub(super) credential: Key<String>,
    pub(super) file: Key<String>,
    pub(super) command: Key<Vec<String>>,
    pub(super) env: Key<String>,
    pub(super) value: Key<WrittenSecret>,
}

/// A secret that stands in the file itself.
pub(super) struct WrittenSecret(pub(super) Secret);

/// `"one"` or `["one", "two"]`
pub(super) struct OneOrMore(pub(super) Vec<String>);

/// What is said when a secret is not written as one; it never repeats what was found.
pub(super) const SECRET_FORM: &str = concat!(
    "a secret is written as a table with one of credential, file, command, env or value, such as ",
    "{ file = \"/path\" }"
);

/// The same for the value itself.
pub(super) const VALUE_FORM: &str = "a secret's value is text between double quotes";

impl<'de> Deserialize<'de> for SecretTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SecretVisitor).map(Self)
    }
}

/// Takes a table and refuses all else in words of its own: serde's would repeat the value.
struct SecretVisitor;

impl<'de> Visitor<'de> for SecretVisitor {
    type Value = SecretKeys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a secret")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SecretKeys, A::Error> {
        SecretKeys::deserialize(MapAccessDeserializer::new(map))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<SecretKeys, E> {
        Err(E::custom(SECRET_FORM))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<SecretKeys, E> {
        Err(E::custom(SECRET_FORM))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<SecretKeys, E> {
        Err(E::custom(SECRET_FORM))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<SecretKeys, E> {
        Err(E::custom(SECRET_FORM))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<SecretKeys, A::Error> {
        Err(A::Error::custom(SECRET_FORM))
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SecretTextVisitor).map(Self)
    }
}

/// As [`SecretVisitor`], and takes the text itself.
struct SecretTextVisitor;

impl<'de> Visitor<'de> for SecretTextVisitor {
    type Value = SecretKeys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text between quotes, or where it is")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<SecretKeys, E> {
        let written = WrittenSecret(Secret::new(text.to_owned()));
        Ok(SecretKeys {
            credential: None,
            file: None,
            command: None,
            env: None,
            value: Some(Spanned::new(0..0, written)),
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SecretKeys, A::Error> {
        SecretVisitor.visit_map(map)
    }
}

impl<'de> Deserialize<'de> for WrittenSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match toml::Value::deserialize(deserializer)? {
            toml::Value::String(secret) => Ok(Self(Secret::new(secret))),
            _ => Err(D::Error::custom(VALUE_FORM)),
        }
    }
}

impl<'de> Deserialize<'de> for OneOrMore {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor).map(Self)
    }
}

/// Takes a text, or a list of texts.
struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Vec<String>, E> {
        Ok(vec![text.to_owned()])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Vec<String>, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list))
    }
}
