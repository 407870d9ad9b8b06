//! Signatures on what is posted, by which the receiver knows who posted it (Standard Webhooks
//! 1.0.0): HMAC-SHA256 over id, time and body, with a secret that both know.
//!
//! It posts nothing and reads no clock.
//!
//! SECURITY: pure. A key has no printable form. An id holds no full stop, since the signed text
//! is joined with them: otherwise one text could be read as two.

use std::fmt;

use data_encoding::BASE64;
use jiff::Timestamp;
use ring::hmac;
use zeroize::Zeroizing;

use crate::config::secret::Secret;

/// How a symmetric secret is marked.
const PREFIX: &str = "whsec_";

/// How a signature by such a secret is marked.
const VERSION: &str = "v1";

/// Bytes that a secret has at least and at most.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// What is said about a secret that is none; it never repeats it.
const FORM: &str = "a signing secret is whsec_ and the base64 of 24 to 64 random bytes";

/// A secret, ready to sign.
pub struct Key(hmac::Key);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(••••)")
    }
}

impl Key {
    /// The key that `secret` stands for.
    ///
    /// # Errors
    /// A sentence, where it is not written as the standard wants it.
    pub fn of(secret: &Secret) -> Result<Self, &'static str> {
        let base64 = secret.reveal().strip_prefix(PREFIX).ok_or(FORM)?;
        let bytes = BASE64.decode(base64.as_bytes()).map_err(|_| FORM)?;
        let bytes = Zeroizing::new(bytes);
        if !LENGTHS.contains(&bytes.len()) {
            return Err(FORM);
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }
}

/// The header fields that sign `body`, posted at `at` under `id`: one signature for each key, so
/// that a receiver that knows either of two is content while one takes the other's place.
#[must_use]
pub fn fields(keys: &[Key], id: &str, at: Timestamp, body: &[u8]) -> [(&'static str, String); 3] {
    let id = id.replace('.', "_");
    let at = at.as_second().to_string();
    let signatures: Vec<String> = keys
        .iter()
        .map(|Key(key)| {
            let mut text = hmac::Context::with_key(key);
            for part in [id.as_bytes(), b".", at.as_bytes(), b".", body] {
                text.update(part);
            }
            format!("{VERSION},{}", BASE64.encode(text.sign().as_ref()))
        })
        .collect();
    [
        ("webhook-id", id),
        ("webhook-timestamp", at),
        ("webhook-signature", signatures.join(" ")),
    ]
}

#[cfg(test)]
mod tests {
    use super::{Key, LENGTHS, Secret, Timestamp, fields};
    use data_encoding::BASE64;

    fn key(text: &str) -> Result<Key, &'static str> {
        Key::of(&Secret::new(text.to_owned()))
    }

    /// The examples that the standard's own libraries are tested with (JavaScript's and Rust's).
    #[test]
    fn a_body_is_signed_as_the_standard_says() {
        let check = |secret: &str, (id, at): (&str, i64), body: &str, expected: &str| {
            let at = Timestamp::from_second(at).expect("in range");
            let [named, timed, signed] =
                fields(&[key(secret).expect(secret)], id, at, body.as_bytes());
            assert_eq!(named, ("webhook-id", id.to_owned()));
            assert_eq!(timed, ("webhook-timestamp", at.as_second().to_string()));
            assert_eq!(signed, ("webhook-signature", expected.to_owned()));
        };
        check(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330),
            r#"{"test": 2432232314}"#,
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        );
        check(
            "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
            ("msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1_649_367_553),
            r#"{"email":"test@example.com","username":"test_user"}"#,
            "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
        );
    }

    #[test]
    fn a_secret_that_is_none_is_refused_and_not_repeated() {
        let of_length = |length| format!("whsec_{}", BASE64.encode(&vec![7; length]));
        for length in [*LENGTHS.start(), 32, *LENGTHS.end()] {
            assert!(key(&of_length(length)).is_ok(), "{length} bytes");
        }
        for wrong in [
            "",
            "whsec_",
            "hunter2",
            "whsec_hunter2",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
            &of_length(23),
            &of_length(65),
        ] {
            let what = key(wrong).expect_err(wrong);
            assert!(what.contains("whsec_") && !what.contains("hunter2"));
        }
        let shown = format!("{:?}", key(&of_length(32)));
        assert_eq!(shown, "Ok(Key(••••))");
    }

    #[test]
    fn an_id_cannot_run_over_into_the_time() {
        let key = [key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a key")];
        let at = Timestamp::UNIX_EPOCH;
        let [id, ..] = fields(&key, "home.lan-7", at, b"{}");
        assert_eq!(id.1, "home_lan-7");
    }
}
