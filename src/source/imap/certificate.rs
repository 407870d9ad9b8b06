//! What a server's certificate is like: who signed it, for which name, until when, each by itself.
//!
//! For `sustained check` alone; watching goes by `tls`, which refuses at the first doubt. SECURITY:
//! whatever the certificate is like, the connection is closed behind the handshake: nothing is
//! asked on it and nothing is told.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio_rustls::rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use tokio_rustls::rustls::crypto::{WebPkiSupportedAlgorithms, ring};
use tokio_rustls::rustls::pki_types::UnixTime;
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{CertificateError, ClientConfig, Error, ProtocolVersion, RootCertStore};

use crate::config::Imap;

use super::connect::connect_for_tls;
use super::doubt::{Doubt, NOT_THE_PINNED, doubt, moment};
use super::session::ImapError;
use super::tls::{Judge, Judged, Papers, name_of, roots, shake_hands};

/// A time at which every certificate has ended: the last second that X.509 can write (RFC 5280,
/// 4.1.2.5).
const END_OF_TIME: UnixTime = UnixTime::since_unix_epoch(Duration::from_secs(253_402_300_799));

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
    let tls = shake_hands(Arc::new(client), name, tcp)
        .await?
        .map_err(|error| ImapError::Outage(format!("the TLS handshake broke: {error}")))?;
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
    fn look(&self, papers: &Papers<'_>) -> Result<Certificate, Error> {
        let parsed = ParsedCertificate::try_from(papers.own)?;
        let signed = |at| {
            let (others, known) = (papers.others, self.known.all);
            verify_server_cert_signed_by_trust_anchor(&parsed, &self.roots, others, at, known)
        };
        let (chain, for_name) = match self.fingerprint {
            Some(pinned) if papers.are_of(pinned) => (Ok(()), Ok(())),
            Some(_) => (Err(doubt(&NOT_THE_PINNED)), Ok(())),
            None => (
                signed(papers.now).map_err(|error| doubt(&error)),
                verify_server_name(&parsed, papers.name).map_err(|error| doubt(&error)),
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
    fn judge(&self, papers: &Papers<'_>) -> Result<(), Error> {
        let seen = self.look(papers)?;
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        Ok(())
    }
}

fn end_in(error: &Error) -> Option<Timestamp> {
    match error {
        Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. }) => {
            moment(*not_after)
        }
        _ => None,
    }
}
