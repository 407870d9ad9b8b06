//! Reaching a server: addresses, TCP, TLS, the greeting.
//!
//! It knows no password. SECURITY: plain text goes to loopback only, which `config` has checked
//! and this file checks again, since everything behind it trusts the connection.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

use crate::config::{Imap, Tls};

use super::session::{Capabilities, ImapError, Session, Wire};

/// One address may take this long before the next is tried.
const CONNECT: Duration = Duration::from_secs(10);

/// The whole TLS handshake may take this long.
const HANDSHAKE: Duration = Duration::from_secs(20);

/// Keep-alive probes after a minute of silence, every fifteen seconds: a connection that a router
/// has forgotten ends within two minutes even where nothing is sent.
const KEEPALIVE: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_mins(1))
    .with_interval(Duration::from_secs(15));

/// Whose certificates are believed.
#[derive(Debug, Clone)]
pub struct Trust(Arc<ClientConfig>);

impl Trust {
    /// The certificates of `imap.ca_file`, or the system's.
    ///
    /// # Errors
    /// `NeedsPerson` if there are none.
    pub fn load(imap: &Imap) -> Result<Self, ImapError> {
        let mut roots = RootCertStore::empty();
        if let Some(path) = &imap.ca_file {
            let unusable = |why: String| {
                ImapError::NeedsPerson(format!("imap.ca_file {}: {why}", path.display()))
            };
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
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| ImapError::Broken(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }
}

/// Connects and reads the greeting; returns what the server can do before the sign-in.
///
/// # Errors
/// `TryLater` if the server cannot be reached, `NeedsPerson` if its certificate is not believed.
pub async fn connect(
    imap: &Imap,
    trust: Option<&Trust>,
) -> Result<(Session, Capabilities), ImapError> {
    let (tcp, address) = reach(&imap.host, imap.port).await?;
    let wire: Box<dyn Wire> = match (imap.tls, trust) {
        (Tls::Implicit, Some(trust)) => Box::new(handshake(tcp, &imap.host, trust).await?),
        (Tls::None, _) if address.ip().is_loopback() => Box::new(tcp),
        (Tls::None, _) | (Tls::Implicit, None) => {
            return Err(ImapError::NeedsPerson(format!(
                "{} is not on this machine: it is not spoken to in plain text",
                imap.host
            )));
        }
    };
    let (session, capabilities) = Session::greeted(wire).await?;
    match capabilities {
        Some(capabilities) => Ok((session, capabilities)),
        None => session.capability().await,
    }
}

/// Tries the host's addresses one after the other.
async fn reach(host: &str, port: u16) -> Result<(TcpStream, SocketAddr), ImapError> {
    let addresses = timeout(CONNECT, lookup_host((host, port)))
        .await
        .map_err(|_| ImapError::TryLater(format!("the address of {host} is not found in time")))?
        .map_err(|error| ImapError::TryLater(format!("the address of {host}: {error}")))?;
    let mut last = format!("{host} has no address");
    for address in addresses {
        match timeout(CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(tcp)) => {
                prepare(&tcp).map_err(|error| ImapError::TryLater(error.to_string()))?;
                return Ok((tcp, address));
            }
            Ok(Err(error)) => last = format!("port {port} cannot be reached: {error}"),
            Err(_) => last = format!("port {port} does not answer"),
        }
    }
    Err(ImapError::TryLater(last))
}

fn prepare(tcp: &TcpStream) -> io::Result<()> {
    // Without it a command of two segments waits for the answer to the first.
    tcp.set_nodelay(true)?;
    SockRef::from(tcp).set_tcp_keepalive(&KEEPALIVE)
}

async fn handshake(
    tcp: TcpStream,
    host: &str,
    trust: &Trust,
) -> Result<impl Wire + use<>, ImapError> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| {
        ImapError::NeedsPerson(format!("{host} is not a name a certificate can be for"))
    })?;
    let shaken = timeout(
        HANDSHAKE,
        TlsConnector::from(Arc::clone(&trust.0)).connect(name, tcp),
    );
    match shaken.await {
        Err(_) => Err(ImapError::TryLater(
            "the TLS handshake is not answered".to_owned(),
        )),
        Ok(Ok(tls)) => Ok(tls),
        Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => {
            Err(ImapError::NeedsPerson(format!(
                "its TLS certificate is not accepted: {error}; check host and port, or name the \
                 right CA in imap.ca_file"
            )))
        }
        Ok(Err(error)) => Err(ImapError::TryLater(format!(
            "the TLS handshake broke: {error}"
        ))),
    }
}
