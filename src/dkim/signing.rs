//! Signs a message as Meta does, with a throwaway key: for rehearsals and tests.
//!
//! It does not keep the key, and knows no name that anybody would believe.

use data_encoding::BASE64;
use jiff::Timestamp;
use mail_auth::common::crypto::{Ed25519Key, SigningKey as _};

use super::DkimError;
use crate::mail::claim::canonical::{self, Form};
use crate::mail::claim::header::{Field, split};
use crate::mail::claim::sender::is_domain;

/// What Meta's signatures cover, in their order (seen 2013 to 2022).
const SIGNED: [&str; 6] = [
    "Date",
    "To",
    "Subject",
    "From",
    "MIME-Version",
    "Content-Type",
];

/// An Ed25519 key (RFC 8463) that lives as long as this value.
pub struct SigningKey(Ed25519Key);

impl SigningKey {
    /// A new key.
    ///
    /// # Errors
    ///
    /// [`DkimError::NoKey`]: the machine gives no random numbers.
    pub fn generate() -> Result<Self, DkimError> {
        let no_key = |error: mail_auth::Error| DkimError::NoKey(error.to_string());
        let pkcs8 = Ed25519Key::generate_pkcs8().map_err(no_key)?;
        Ed25519Key::from_pkcs8_der(&pkcs8).map_err(no_key).map(Self)
    }

    /// The key record to publish or to pin (RFC 6376, 3.6.1).
    #[must_use]
    pub fn record(&self) -> String {
        format!(
            "v=DKIM1; k=ed25519; p={}",
            BASE64.encode(&self.0.public_key())
        )
    }

    /// `raw` with a signature of `domain` above it, made `at`, covering what Meta's cover.
    ///
    /// # Errors
    ///
    /// [`DkimError::NoName`], [`DkimError::Unsignable`] or [`DkimError::Refused`].
    pub fn sign(
        &self,
        domain: &str,
        selector: &str,
        raw: &[u8],
        at: Timestamp,
    ) -> Result<Vec<u8>, DkimError> {
        for name in [domain, selector] {
            if !is_domain(name) {
                return Err(DkimError::NoName(name.to_owned()));
            }
        }
        let message = split(raw)?;
        let hash = canonical::body_hash(message.body, Form::Simple);
        let value = format!(
            " v=1; a=ed25519-sha256; c=relaxed/simple; d={domain}; s={selector};\r\n\
             \tt={}; bh={};\r\n\th={};\r\n\tb=",
            at.as_second(),
            BASE64.encode(&hash),
            SIGNED.join(":"),
        );
        let own = Field {
            name: "DKIM-Signature",
            value: value.as_bytes(),
        };
        let signed = SIGNED.map(str::to_owned);
        let input = canonical::header(&message.fields, &signed, &own, Form::Relaxed);
        let refused = |error: mail_auth::Error| DkimError::Refused(error.to_string());
        let signature = self.0.sign(input.as_slice()).map_err(refused)?;
        let field = format!("DKIM-Signature:{value}{}\r\n", BASE64.encode(&signature));
        Ok([field.as_bytes(), raw].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_signed_is_refused() {
        let key = SigningKey::generate().unwrap();
        let refused = |domain: &str, raw: &[u8]| {
            let signed = key.sign(domain, "s", raw, Timestamp::UNIX_EPOCH);
            signed.unwrap_err().to_string()
        };
        assert!(refused("a b", b"From: x\r\n\r\n").contains("is no domain name"));
        assert!(refused("a.test", b"From : x\r\n\r\n").contains("not a proper field"));
    }
}
