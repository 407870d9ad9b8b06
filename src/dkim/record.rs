//! Reads a key record (RFC 6376, 3.6.1) and refuses keys that prove nothing.
//!
//! It does no input or output, and does not know where the record came from or what was signed.

use data_encoding::BASE64;
use mail_auth::common::crypto::VerifyingKey;
use mail_auth::common::parse::TxtRecordParser;
use mail_auth::common::verify::DomainKey;
use thiserror::Error;

use crate::mail::claim::tags::Tags;

/// The longest record: an 8192-bit key has 1,400 characters.
pub const MAX_RECORD: usize = 4096;

/// The sizes of RSA keys that count, in bits. Meta signs with 1024 to this day (seen 2016 to
/// 2026), so the 2048 that RFC 8301, 3.2 recommends would refuse every genuine message.
const RSA_BITS: std::ops::RangeInclusive<usize> = 1024..=8192;

/// The length of an Ed25519 public key (RFC 8463, 4).
const ED25519_BYTES: usize = 32;

/// Why a record is not a key that counts. `Display` is the end of a sentence that names the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Fault {
    /// Not a key record.
    #[error("cannot be read")]
    Malformed,
    /// `p=` is empty (RFC 6376, 3.6.1).
    #[error("was withdrawn by its owner")]
    Withdrawn,
    /// `t=y` (RFC 6376, 3.6.1).
    #[error("is marked as a test, so it proves nothing")]
    Test,
    /// `s=` without `email`.
    #[error("is not meant for mail, so it proves nothing")]
    NotForMail,
    /// `h=` without `sha256`.
    #[error("does not allow SHA-256, so it proves nothing")]
    NotForSha256,
    /// An RSA key out of [`RSA_BITS`].
    #[error("has a size at which it proves nothing")]
    Size,
}

/// A key that counts.
pub struct KeyRecord {
    /// `t=s`: `i=` must be `d=` itself.
    pub strict: bool,
    /// The key, and the one algorithm it is for.
    pub key: Box<dyn VerifyingKey + Send + Sync>,
}

impl KeyRecord {
    /// Reads `record`. Meta's has no `v=`, which RFC 6376, 3.6.1 allows.
    pub fn read(record: &str) -> Result<Self, Fault> {
        let tags = Some(record.as_bytes()).filter(|bytes| bytes.len() <= MAX_RECORD);
        let tags = tags.and_then(Tags::read).filter(|tags| !tags.repeats());
        let tags = tags.ok_or(Fault::Malformed)?;
        if tags.get("v").is_some_and(|version| version != "DKIM1") {
            return Err(Fault::Malformed);
        }
        let kind = tags.get("k").unwrap_or("rsa");
        let key: String = tags
            .get("p")
            .ok_or(Fault::Malformed)?
            .split_ascii_whitespace()
            .collect();
        if key.is_empty() {
            return Err(Fault::Withdrawn);
        }
        let bytes = BASE64
            .decode(key.as_bytes())
            .map_err(|_| Fault::Malformed)?;
        if !matches!((kind, bytes.len()), ("rsa", _) | ("ed25519", ED25519_BYTES)) {
            return Err(Fault::Malformed);
        }
        let lists = |tag: &str, item: &str| {
            let items = tags
                .get(tag)
                .map(|list| list.split(':').map(str::trim_ascii));
            items.map(|mut items| items.any(|one| one == item))
        };
        if lists("t", "y") == Some(true) {
            return Err(Fault::Test);
        }
        if lists("s", "email") == Some(false) && lists("s", "*") == Some(false) {
            return Err(Fault::NotForMail);
        }
        if lists("h", "sha256") == Some(false) {
            return Err(Fault::NotForSha256);
        }
        // Only what was understood here goes on: no second reading of the record.
        let plain = format!("k={kind}; p={key}");
        let key = DomainKey::parse(plain.as_bytes())
            .map_err(|_| Fault::Malformed)?
            .p;
        if kind == "rsa" && !RSA_BITS.contains(&key.public_key_bits()) {
            return Err(Fault::Size);
        }
        Ok(Self {
            strict: lists("t", "s") == Some(true),
            key,
        })
    }
}

/// Whether a TXT record wants to be a key: then it is one of the records that must be unique.
pub fn claims_to_be_key(text: &[u8]) -> bool {
    let tags = Tags::read(text);
    text.starts_with(b"v=DKIM1") || tags.is_some_and(|tags| tags.get("p").is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ED25519: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

    /// An RSA key as DER (RFC 8017, A.1.1) whose modulus has `bits` bits.
    fn rsa(bits: usize) -> String {
        let long = |tag: u8, content: &[u8]| {
            let length = u16::try_from(content.len()).unwrap().to_be_bytes();
            [&[tag, 0x82], &length[..], content].concat()
        };
        let mut modulus = vec![0xff; bits / 8];
        modulus.insert(0, 0);
        let numbers = [long(2, &modulus), vec![2, 3, 1, 0, 1]].concat();
        BASE64.encode(&long(0x30, &numbers))
    }

    fn check(record: &str, expected: Result<bool, Fault>) {
        let found = KeyRecord::read(record).map(|key| key.strict);
        assert_eq!(found, expected, "{record}");
    }

    #[test]
    fn metas_record_is_read() {
        check(&format!("k=rsa; t=s; h=sha256; p={}", rsa(1024)), Ok(true));
        check(&format!("v=DKIM1; p={}", rsa(2048)), Ok(false));
        check(&format!("v=DKIM1;k=ed25519;p={ED25519};"), Ok(false));
        check(
            &format!("p={ED25519}; k=ed25519; s= tlsrpt : email; h=sha1:sha256; t=s"),
            Ok(true),
        );
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for record in [
            "",
            "v=spf1 -all",
            "k=rsa",
            "v=DKIM2; p=AAAA",
            "p=AAAA; p=AAAA",
            "k=dsa; p=AAAA",
            "k=ed25519; p=AAAA",
            "p=A",
            "k=rsa\\; p=AAAA",
        ] {
            check(record, Err(Fault::Malformed));
        }
        let long = format!("k=rsa; n={}; p={}", "x".repeat(MAX_RECORD), rsa(1024));
        check(&long, Err(Fault::Malformed));
    }

    #[test]
    fn a_key_that_proves_nothing_is_refused() {
        check("v=DKIM1; p=", Err(Fault::Withdrawn));
        check("p= ", Err(Fault::Withdrawn));
        let with = |tag: &str| format!("k=rsa; {tag}; p={}", rsa(1024));
        check(&with("t=y"), Err(Fault::Test));
        check(&with("t=s : y"), Err(Fault::Test));
        check(&with("s=other"), Err(Fault::NotForMail));
        check(&with("s=*"), Ok(false));
        check(&with("h=sha1"), Err(Fault::NotForSha256));
    }

    #[test]
    fn a_key_too_small_or_too_large_is_refused() {
        for bits in [512, 768, 1016, 8200, 16384] {
            check(&format!("p={}", rsa(bits)), Err(Fault::Size));
        }
        check(&format!("p={}", rsa(8192)), Ok(false));
        check("p=AAAA", Err(Fault::Size));
        check("p=MIIB", Err(Fault::Size));
    }

    #[test]
    fn records_that_want_to_be_keys_are_told_from_others() {
        for text in ["v=DKIM1; garbage", "p=", "k=rsa; p=AAAA"] {
            assert!(claims_to_be_key(text.as_bytes()), "{text}");
        }
        for text in ["v=spf1 -all", "", "hello; p"] {
            assert!(!claims_to_be_key(text.as_bytes()), "{text}");
        }
    }
}
