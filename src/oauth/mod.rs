//! Tokens in the place of a password (RFC 6749): how consent is asked for, how tokens are
//! refreshed, and where they are kept.
//!
//! It knows no IMAP. It asks only the issuer that the configuration names, and for no more than
//! the scope that stands there.

mod consent;
mod exchange;
mod keyring;

pub use consent::{Asked, DeviceCode, Page, ask};
pub use exchange::Granted;
pub use keyring::Keyring;

/// Why there is no token. The text is a sentence for the person and holds none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OAuthError {
    /// The network or the issuer is in trouble: it may pass by itself.
    #[error("{0}")]
    Outage(String),
    /// There is no consent, or it has ended: the person has to give it anew.
    #[error("{0}")]
    Revoked(String),
    /// The person has to correct something else, such as the client id.
    #[error("{0}")]
    NeedsPerson(String),
}
