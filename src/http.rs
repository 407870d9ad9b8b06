//! One request to one server, for whoever speaks HTTP.
//!
//! It does not know what it carries, follows no redirect, keeps no connection and tries nothing
//! twice.
//!
//! SECURITY: connects to the server that the configuration names; plain text only to loopback.
//! The system's root certificates are read when they are needed and forgotten afterwards: some
//! hundred parsed certificates would be a lasting part of a small daemon's memory. Hostile: the
//! answer, of which a bounded beginning is read.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, HOST, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use crate::config::Tls;

pub use hyper::Method;

/// The whole exchange, name resolution included.
const DEADLINE: Duration = Duration::from_secs(20);

/// One address: a host whose first address leads nowhere is still reached by the next.
const CONNECT: Duration = Duration::from_secs(6);

/// No answer that matters here is larger.
const BODY_LIMIT: usize = 64 * 1024;

/// How this program names itself to servers.
pub const AGENT: &str = concat!("sustained/", env!("CARGO_PKG_VERSION"));

/// Whom to talk to.
#[derive(Debug, Clone)]
pub struct Server {
    /// Host name or address, IPv6 with or without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
}

/// What the server said.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The body, up to a bound; hostile text. Empty if it is broken or longer.
    pub text: String,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The network or the server is in trouble: trying again may help.
    #[error("{0}")]
    TryLater(String),
    /// The request can never succeed as configured.
    #[error("{0}")]
    NeedsUser(String),
}

use HttpError::{NeedsUser, TryLater};

/// Posts `body` to `path` and waits for the answer.
///
/// # Errors
/// As [`send`].
pub async fn post(
    server: &Server,
    path: &str,
    headers: &[(&'static str, String)],
    body: String,
) -> Result<Answer, HttpError> {
    send(server, Method::POST, path, headers, body).await
}

/// Sends `body` to `path` by `method` and waits for the answer.
///
/// # Errors
/// No connection, no proof of the server's name, no answer in time; or a request that the
/// configuration makes impossible.
pub async fn send(
    server: &Server,
    method: Method,
    path: &str,
    headers: &[(&'static str, String)],
    body: String,
) -> Result<Answer, HttpError> {
    let request = request(server, method, path, headers, body)?;
    let host = &server.host;
    timeout(DEADLINE, exchange(server, request))
        .await
        .unwrap_or_else(|_| {
            Err(TryLater(format!(
                "{host} did not answer within {} s",
                DEADLINE.as_secs()
            )))
        })
}

fn request(
    server: &Server,
    method: Method,
    path: &str,
    headers: &[(&'static str, String)],
    body: String,
) -> Result<Request<Full<Bytes>>, HttpError> {
    let invalid = |error: &dyn std::fmt::Display| {
        NeedsUser(format!(
            "the request to {} cannot be written: {error}",
            server.host
        ))
    };
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, authority(server))
        .header(USER_AGENT, AGENT)
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| invalid(&error))?;
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| invalid(&error))?;
        let mut value = HeaderValue::from_str(value).map_err(|error| invalid(&error))?;
        value.set_sensitive(name == AUTHORIZATION);
        request.headers_mut().insert(name, value);
    }
    Ok(request)
}

/// What stands in the Host field (RFC 9112, 3.2): the port only where it is not the scheme's own.
fn authority(server: &Server) -> String {
    let usual = match server.tls {
        Tls::Implicit => 443,
        Tls::None => 80,
    };
    let bare = bare(&server.host);
    let host = if bare.contains(':') {
        format!("[{bare}]")
    } else {
        bare.to_owned()
    };
    if server.port == usual {
        host
    } else {
        format!("{host}:{}", server.port)
    }
}

/// The host without the brackets of an IPv6 address.
fn bare(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host)
}

async fn exchange(server: &Server, request: Request<Full<Bytes>>) -> Result<Answer, HttpError> {
    let stream = connect(server).await?;
    match server.tls {
        Tls::None => converse(server, stream, request).await,
        Tls::Implicit => {
            let connector = TlsConnector::from(Arc::new(tls_of_this_machine().await?));
            let name = ServerName::try_from(bare(&server.host).to_owned())
                .map_err(|_| NeedsUser(format!("{} is no host name", server.host)))?;
            let stream = connector
                .connect(name, stream)
                .await
                .map_err(|error| TryLater(format!("TLS with {}: {error}", server.host)))?;
            converse(server, stream, request).await
        }
    }
}

/// Connects to the first of the host's addresses that answers.
async fn connect(server: &Server) -> Result<TcpStream, HttpError> {
    let host = &server.host;
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host((bare(host), server.port))
        .await
        .map_err(|error| TryLater(format!("the name {host} was not resolved: {error}")))?
        .collect();
    if server.tls == Tls::None && !addresses.iter().all(|address| address.ip().is_loopback()) {
        return Err(NeedsUser(format!(
            "{host} is not on this machine, and plain text is for this machine only: use TLS"
        )));
    }
    let mut trouble = "it has no address".to_owned();
    for address in addresses {
        match timeout(CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // One small request: waiting for more to send would only delay it.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => trouble = error.to_string(),
            Err(_) => trouble = format!("no answer within {} s", CONNECT.as_secs()),
        }
    }
    Err(TryLater(format!(
        "{host} port {} is not reachable: {trouble}",
        server.port
    )))
}

/// TLS that trusts the system's roots, read now.
async fn tls_of_this_machine() -> Result<ClientConfig, HttpError> {
    let certificates = tokio::task::spawn_blocking(rustls_native_certs::load_native_certs)
        .await
        .map_err(|error| TryLater(format!("the system's certificates: {error}")))?;
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates.certs);
    if roots.is_empty() {
        return Err(TryLater(
            "this machine has no root certificates: install its ca-certificates package".to_owned(),
        ));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| NeedsUser(format!("TLS cannot be set up: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

/// Sends the request and reads status and body.
async fn converse<S>(
    server: &Server,
    stream: S,
    request: Request<Full<Bytes>>,
) -> Result<Answer, HttpError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let trouble = |error: hyper::Error| TryLater(format!("talking to {}: {error}", server.host));
    let (mut sender, connection) = http1::Builder::new()
        .handshake(TokioIo::new(stream))
        .await
        .map_err(trouble)?;
    // The set ends its task when it goes out of scope, and the connection with it.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let response = sender.send_request(request).await.map_err(trouble)?;
    let status = response.status();
    // The status says what became of the request, whatever is wrong with the body.
    let body = Limited::new(response.into_body(), BODY_LIMIT)
        .collect()
        .await;
    let text = body
        .map(|body| String::from_utf8_lossy(&body.to_bytes()).into_owned())
        .unwrap_or_default();
    Ok(Answer { status, text })
}
