//! What is wrong with a certificate, in words, and what can be done about it.
//!
//! SECURITY: names in a certificate are the server's words and are escaped.

use jiff::Timestamp;
use tokio_rustls::rustls::pki_types::UnixTime;
use tokio_rustls::rustls::{CertificateError, Error};

use crate::mail::plain;

/// So many names of a certificate are shown.
const NAMES_SHOWN: usize = 3;

/// What is wrong with a certificate, and what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// What is wrong, as a sentence for the person.
    pub why: String,
    /// What to do.
    pub remedy: &'static str,
}

impl Doubt {
    fn new(why: impl Into<String>, remedy: &'static str) -> Self {
        Self {
            why: why.into(),
            remedy,
        }
    }
}

/// The error of whoever believes one certificate and is shown another.
pub(super) const NOT_THE_PINNED: Error =
    Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure);

/// What is wrong, in words.
pub(super) fn doubt(error: &Error) -> Doubt {
    let Error::InvalidCertificate(why) = error else {
        return Doubt::new(error.to_string(), "ask the server's owner");
    };
    match why {
        // The second: somebody of that name is believed, and has another key.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => Doubt::new(
            "nobody who is believed here has signed it",
            "name the CA in imap.ca_file; it may also be that the server sends no intermediates, \
             or that somebody is in between",
        ),
        CertificateError::ExpiredContext { not_after, .. } => Doubt::new(
            format!(
                "certificate expired: it, or one that signed it, ended on {}",
                day(*not_after)
            ),
            "whoever runs the server has to renew it; is this machine's clock right?",
        ),
        CertificateError::NotValidYetContext { not_before, .. } => Doubt::new(
            format!(
                "certificate not valid yet: it begins on {}",
                day(*not_before)
            ),
            "set this machine's clock right",
        ),
        CertificateError::NotValidForNameContext { presented, .. } => Doubt::new(
            match names(presented) {
                names if names.is_empty() => "it is for no name at all".to_owned(),
                names => format!("it is for {names}"),
            },
            "write the server's name as its certificate has it into imap.host",
        ),
        CertificateError::ApplicationVerificationFailure => Doubt::new(
            "it is not the certificate that imap.fingerprint names",
            "ask the server's owner whether it was renewed before you pin the new one",
        ),
        _ => Doubt::new(
            error.to_string(),
            "if it is the server's own and nobody signs it, pin it: imap.fingerprint",
        ),
    }
}

fn names(presented: &[String]) -> String {
    let names: Vec<String> = presented
        .iter()
        .take(NAMES_SHOWN)
        .map(|name| plain(&bare(name)))
        .collect();
    names.join(", ")
}

/// A name as it stands in a certificate: `DnsName("mail.example.org")`.
fn bare(name: &str) -> String {
    let inner = name
        .split_once('(')
        .and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.unwrap_or(name).trim_matches('"').to_owned()
}

pub(super) fn moment(time: UnixTime) -> Option<Timestamp> {
    let seconds = i64::try_from(time.as_secs()).ok()?;
    Timestamp::from_second(seconds).ok()
}

fn day(time: UnixTime) -> String {
    moment(time).map_or_else(String::new, |at| at.strftime("%Y-%m-%d").to_string())
}
