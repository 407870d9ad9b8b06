//! What a server's certificate is like: who signed it, for which name, until when, each by itself.
//!
//! For `sustained check` alone; watching goes by `tls`, which refuses at the first doubt. SECURITY:
//! whatever the certificate is like, the connection is closed behind the handshake: nothing is
//! asked on it and nothing is told. Names in a certificate are the server's words and are escaped.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use tokio_rustls::rustls::crypto::{WebPkiSupportedAlgorithms, ring};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{CertificateError, ClientConfig, Error, ProtocolVersion, RootCertStore};

use crate::config::Imap;
use crate::mail::plain;

use super::connect::connect_for_tls;
use super::session::ImapError;
use super::tls::{HANDSHAKE, Judge, Judged, name_of, roots};

/// A time at which every certificate has ended: the last second that X.509 can write (RFC 5280,
/// 4.1.2.5).
const END_OF_TIME: UnixTime = UnixTime::since_unix_epoch(Duration::from_secs(253_402_300_799));

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

/// A certificate, judged piece by piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// How TLS is spoken, such as `TLS 1.3`.
    pub protocol: &'static str,
    /// Somebody who is believed has signed it, or it is the one that `imap.fingerprint` names.
    pub chain: Result<(), Doubt>,
    /// It is for the server's name. Nobody asks where a fingerprint is named.
    pub name: Result<(), Doubt>,
    /// The server's own certificate, the first of the chain, is good until then, where that can be
    /// told.
    pub until: Option<Timestamp>,
}

/// Looks at the certificate of a server.
///
/// # Errors
/// If there is none to be seen: no connection, no TLS, or nothing to believe by.
pub async fn certificate(imap: &Imap) -> Result<Certificate, ImapError> {
    let provider = Arc::new(ring::default_provider());
    let witness = Arc::new(Judged {
        judge: Witness {
            roots: match imap.fingerprint {
                Some(_) => RootCertStore::empty(),
                None => roots(imap)?,
            },
            fingerprint: imap.fingerprint,
            known: provider.signature_verification_algorithms,
            seen: Mutex::default(),
        },
        provider: Arc::clone(&provider),
    });
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ImapError::Broken(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::<Judged<Witness>>::clone(&witness))
        .with_no_client_auth();
    let name = name_of(imap)?;
    let tcp = connect_for_tls(imap).await?;
    let shaken = timeout(
        HANDSHAKE,
        TlsConnector::from(Arc::new(client)).connect(name, tcp),
    );
    let tls = match shaken.await {
        Err(_) => {
            let why = "the TLS handshake is not answered";
            return Err(ImapError::Outage(why.to_owned()));
        }
        Ok(Err(error)) => {
            return Err(ImapError::Outage(format!(
                "the TLS handshake broke: {error}"
            )));
        }
        Ok(Ok(tls)) => tls,
    };
    let protocol = match tls.get_ref().1.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS",
    };
    let mut seen = witness
        .judge
        .seen
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let seen = seen
        .take()
        .ok_or_else(|| ImapError::NeedsPerson("the server showed no certificate".to_owned()))?;
    Ok(Certificate { protocol, ..seen })
}

/// Takes note of a certificate and lets the handshake end, so that all of it can be told.
#[derive(Debug)]
struct Witness {
    roots: RootCertStore,
    fingerprint: Option<[u8; 32]>,
    known: WebPkiSupportedAlgorithms,
    seen: Mutex<Option<Certificate>>,
}

impl Witness {
    fn look(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<Certificate, Error> {
        let parsed = ParsedCertificate::try_from(certificate)?;
        let signed = |at| {
            let known = self.known.all;
            verify_server_cert_signed_by_trust_anchor(&parsed, &self.roots, others, at, known)
        };
        let (chain, for_name) = match self.fingerprint {
            Some(pinned) if Sha256::digest(certificate).as_slice() == pinned => (Ok(()), Ok(())),
            Some(_) => {
                let doubt = Doubt::new(
                    "it is not the certificate that imap.fingerprint names",
                    "ask the server's owner whether it was renewed before you pin the new one",
                );
                (Err(doubt), Ok(()))
            }
            None => (
                signed(now).map_err(|error| doubt(&error)),
                verify_server_name(&parsed, name).map_err(|error| doubt(&error)),
            ),
        };
        Ok(Certificate {
            protocol: "TLS",
            chain,
            name: for_name,
            until: signed(END_OF_TIME).err().and_then(|error| end_in(&error)),
        })
    }
}

impl Judge for Witness {
    fn judge(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Error> {
        let seen = self.look(certificate, others, name, now)?;
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        Ok(())
    }
}

/// What is wrong, in words.
fn doubt(error: &Error) -> Doubt {
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
            format!("it, or one that signed it, ended on {}", day(*not_after)),
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

fn end_in(error: &Error) -> Option<Timestamp> {
    match error {
        Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. }) => {
            moment(*not_after)
        }
        _ => None,
    }
}

fn moment(time: UnixTime) -> Option<Timestamp> {
    let seconds = i64::try_from(time.as_secs()).ok()?;
    Timestamp::from_second(seconds).ok()
}

fn day(time: UnixTime) -> String {
    moment(time).map_or_else(String::new, |at| at.strftime("%Y-%m-%d").to_string())
}
