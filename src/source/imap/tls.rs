//! TLS with an IMAP server: whose certificates are believed, and the handshake.
//!
//! It knows no command and no password. A certificate is believed by the system's roots, by
//! `imap.ca_file`, or because it is the very one that `imap.fingerprint` names.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{
    CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use crate::config::Imap;

use super::doubt::{Doubt, NOT_THE_PINNED, doubt};
use super::session::{ImapError, Wire};

/// The whole TLS handshake may take this long.
const HANDSHAKE: Duration = Duration::from_secs(20);

/// What a certificate is believed by: a file with roots, or a fingerprint; the system if neither.
type Grounds = (Option<PathBuf>, Option<[u8; 32]>);

/// Whose certificates are believed, by all connections of the program. Roots are read when the
/// first connection needs them and forgotten with the last.
#[derive(Debug, Clone, Default)]
pub struct Trust(Arc<Mutex<BTreeMap<Grounds, Weak<ClientConfig>>>>);

impl Trust {
    /// Shakes hands on `tcp` as a client of `imap.host`.
    ///
    /// # Errors
    /// `NeedsPerson` if the certificate is not believed, or there is nothing to believe by.
    pub(super) async fn handshake(
        &self,
        tcp: TcpStream,
        imap: &Imap,
    ) -> Result<impl Wire + use<>, ImapError> {
        let name = name_of(imap)?;
        let shaken = shake_hands(self.client(imap)?, name, tcp).await?;
        shaken.map_err(|error| broken(&error))
    }

    fn client(&self, imap: &Imap) -> Result<Arc<ClientConfig>, ImapError> {
        let grounds = (imap.ca_file.clone(), imap.fingerprint);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = known.get(&grounds).and_then(Weak::upgrade) {
            return Ok(client);
        }
        let client = Arc::new(client(imap)?);
        known.insert(grounds, Arc::downgrade(&client));
        Ok(client)
    }
}

/// What comes of a handshake, if it is answered at all.
pub(super) async fn shake_hands(
    client: Arc<ClientConfig>,
    name: ServerName<'static>,
    tcp: TcpStream,
) -> Result<io::Result<TlsStream<TcpStream>>, ImapError> {
    let shaken = TlsConnector::from(client).connect(name, tcp);
    timeout(HANDSHAKE, shaken)
        .await
        .map_err(|_| ImapError::Outage("the TLS handshake is not answered".to_owned()))
}

/// What a certificate has to be for.
pub(super) fn name_of(imap: &Imap) -> Result<ServerName<'static>, ImapError> {
    ServerName::try_from(imap.host.clone()).map_err(|_| {
        let host = &imap.host;
        ImapError::NeedsPerson(format!("{host} is not a name a certificate can be for"))
    })
}

fn client(imap: &Imap) -> Result<ClientConfig, ImapError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| ImapError::Broken(error.to_string()))?;
    let mut client = match imap.fingerprint {
        Some(fingerprint) => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Judged {
                judge: Pinned(fingerprint),
                provider,
            }))
            .with_no_client_auth(),
        None => builder
            .with_root_certificates(roots(imap)?)
            .with_no_client_auth(),
    };
    // A handshake after minutes or days gains nothing from it, and a thousand servers' tickets
    // would stay in memory.
    client.resumption = tokio_rustls::rustls::client::Resumption::disabled();
    Ok(client)
}

/// The certificates of `imap.ca_file`, or the system's.
pub(super) fn roots(imap: &Imap) -> Result<RootCertStore, ImapError> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = &imap.ca_file {
        let unusable =
            |why: String| ImapError::NeedsPerson(format!("imap.ca_file {}: {why}", path.display()));
        let pem = fs::read(path).map_err(|error| unusable(error.to_string()))?;
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
            roots
                .add(certificate)
                .map_err(|error| unusable(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(unusable("it holds no certificate".to_owned()));
        }
    } else {
        // Single certificates that cannot be read are no reason not to use the others.
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            return Err(ImapError::NeedsPerson(
                "this system has no root certificates; install ca-certificates".to_owned(),
            ));
        }
    }
    Ok(roots)
}

/// Why a handshake failed. Only a certificate is the person's business: garbage on the line comes
/// from somebody else.
fn broken(error: &io::Error) -> ImapError {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    match inner {
        Some(error @ (Error::InvalidCertificate(_) | Error::NoCertificatesPresented)) => {
            let Doubt { why, remedy } = doubt(error);
            ImapError::NeedsPerson(format!(
                "its TLS certificate is not accepted: {why}; {remedy}"
            ))
        }
        _ => ImapError::Outage(format!("the TLS handshake broke: {error}")),
    }
}

/// What a server shows in a handshake.
pub(super) struct Papers<'a> {
    /// Its own certificate.
    pub(super) own: &'a CertificateDer<'a>,
    /// Those that lead from it to a root.
    pub(super) others: &'a [CertificateDer<'a>],
    /// What it has to be for.
    pub(super) name: &'a ServerName<'a>,
    pub(super) now: UnixTime,
}

impl Papers<'_> {
    /// Whether the certificate is the very one of that fingerprint.
    pub(super) fn are_of(&self, fingerprint: [u8; 32]) -> bool {
        Sha256::digest(self.own).as_slice() == fingerprint
    }
}

/// What is made of a certificate that a server shows.
pub(super) trait Judge: Debug + Send + Sync {
    /// Whether the handshake goes on.
    fn judge(&self, papers: &Papers<'_>) -> Result<(), Error>;
}

/// A judge's word on the certificate. That the server holds its key is proved as ever.
#[derive(Debug)]
pub(super) struct Judged<J> {
    pub(super) judge: J,
    pub(super) provider: Arc<CryptoProvider>,
}

impl<J: Judge> ServerCertVerifier for Judged<J> {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let papers = Papers {
            own,
            others,
            name,
            now,
        };
        self.judge.judge(&papers)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Believes one certificate and no other, whoever signed it and whatever name it is for.
#[derive(Debug)]
struct Pinned([u8; 32]);

impl Judge for Pinned {
    fn judge(&self, papers: &Papers<'_>) -> Result<(), Error> {
        papers.are_of(self.0).then_some(()).ok_or(NOT_THE_PINNED)
    }
}
