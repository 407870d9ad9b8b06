//! One HTTP request: POST a body, read the status.
//!
//! It follows no redirect and keeps no connection: an alert is rare. It does not know what is
//! posted.
//!
//! SECURITY: plain text goes to loopback only. The answer is hostile: only its status is used, and
//! its body is bounded and dropped.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

use crate::config::Tls;

/// The whole request may take this long, from the address to the status.
const LIMIT: Duration = Duration::from_secs(20);

/// The most that is read of an answer's body.
const LARGEST_ANSWER: usize = 64 * 1024;

/// Where a request goes.
#[derive(Debug, Clone)]
pub(super) struct Target<'a> {
    pub host: &'a str,
    pub port: u16,
    pub tls: Tls,
    pub path: &'a str,
}

/// POSTs `body` and returns the status.
///
/// # Errors
/// Why there is no status, as a phrase; trying again may help.
pub(super) async fn post(
    target: &Target<'_>,
    headers: &[(&'static str, String)],
    body: Vec<u8>,
) -> Result<u16, String> {
    timeout(LIMIT, exchange(target, headers, body))
        .await
        .unwrap_or_else(|_| Err(format!("no answer within {} s", LIMIT.as_secs())))
}

async fn exchange(
    target: &Target<'_>,
    headers: &[(&'static str, String)],
    body: Vec<u8>,
) -> Result<u16, String> {
    let request = request(target, headers, body)?;
    let tcp = TcpStream::connect((target.host, target.port))
        .await
        .map_err(|error| format!("it cannot be reached: {error}"))?;
    let is_here = tcp
        .peer_addr()
        .is_ok_and(|address| address.ip().is_loopback());
    match target.tls {
        Tls::None if is_here => send(tcp, request).await,
        Tls::None => Err("it is not on this machine: it is not spoken to in plain text".to_owned()),
        Tls::Implicit => {
            let name = ServerName::try_from(target.host.to_owned())
                .map_err(|_| "its name is none that a certificate can be for".to_owned())?;
            let tls = TlsConnector::from(roots()?)
                .connect(name, tcp)
                .await
                .map_err(|error| format!("no TLS: {error}"))?;
            send(tls, request).await
        }
    }
}

fn request(
    target: &Target<'_>,
    headers: &[(&'static str, String)],
    body: Vec<u8>,
) -> Result<Request<Full<Bytes>>, String> {
    let mut request = Request::new(Full::new(Bytes::from(body)));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = target
        .path
        .parse()
        .map_err(|_| "its path is no path".to_owned())?;
    let own = [
        ("host", format!("{}:{}", target.host, target.port)),
        (
            "user-agent",
            concat!("sustained/", env!("CARGO_PKG_VERSION")).to_owned(),
        ),
    ];
    debug_assert!(own[0].0 == HOST.as_str() && own[1].0 == USER_AGENT.as_str());
    for (name, value) in own.iter().chain(headers) {
        let value = HeaderValue::from_str(value).map_err(|_| format!("the header {name}"))?;
        request
            .headers_mut()
            .insert(HeaderName::from_static(name), value);
    }
    Ok(request)
}

async fn send(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<u16, String> {
    let broke = |error: hyper::Error| format!("the connection broke: {error}");
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(broke)?;
    let connection = tokio::spawn(connection);
    let answer = sender.send_request(request).await.map_err(broke)?;
    let status = answer.status().as_u16();
    // Read so that the server sees an orderly end; what it says changes nothing.
    Limited::new(answer.into_body(), LARGEST_ANSWER)
        .collect()
        .await
        .ok();
    connection.abort();
    Ok(status)
}

/// The system's root certificates, loaded when the first request needs them.
fn roots() -> Result<Arc<ClientConfig>, String> {
    static ROOTS: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = ROOTS.get() {
        return Ok(Arc::clone(config));
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err("this system has no root certificates; install ca-certificates".to_owned());
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::clone(ROOTS.get_or_init(|| Arc::new(config))))
}
