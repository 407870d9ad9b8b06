//! Where a secret is kept, and the secret itself, which cannot be printed.

use std::fmt;
use std::path::PathBuf;

use zeroize::Zeroizing;

/// A password or token. It has no printable form in any build; [`Secret::reveal`] gives it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps a secret.
    #[must_use]
    pub fn new(secret: String) -> Self {
        Self(Zeroizing::new(secret))
    }

    /// The secret, for the one who sends it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(••••)")
    }
}

/// Where a secret is kept.
#[derive(Debug, Clone)]
pub enum SecretSource {
    /// The first line of a file.
    File(PathBuf),
    /// The first line that a program prints.
    Command(Vec<String>),
    /// An environment variable.
    Env(String),
    /// A systemd credential: a file of that name in `$CREDENTIALS_DIRECTORY`.
    Credential(String),
    /// It stands in the configuration itself.
    Value(Secret),
}
