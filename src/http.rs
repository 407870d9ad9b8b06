//! One request to one server, for whoever speaks HTTP.
//!
//! It does not know what it carries, follows no redirect, keeps no connection and tries nothing
//! twice. Where there is no answer, it says whether the request had gone out.
//!
//! SECURITY: connects to the server that the configuration names; plain text only to loopback, and
//! to addresses of closed networks only where the caller's terms say so: a name is resolved once,
//! and what was looked at is what is connected to. Hostile: the answer, of which no more than a
//! bounded beginning is read.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, HOST, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use zeroize::Zeroizing;

pub use hyper::Method;

use crate::config::{Endpoint, Tls, is_private};

mod trust;

/// The whole exchange, unless the caller's terms say otherwise.
const DEADLINE: Duration = Duration::from_secs(20);

/// One address: a host whose first address leads nowhere is still reached by the next.
const CONNECT: Duration = Duration::from_secs(6);

/// Most answers that matter here are smaller, in bytes.
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

impl From<&Endpoint> for Server {
    fn from(endpoint: &Endpoint) -> Self {
        Self {
            host: endpoint.host.clone(),
            port: endpoint.port,
            tls: endpoint.tls,
        }
    }
}

/// On what terms it is talked to.
#[derive(Debug, Clone)]
pub struct Terms {
    /// How long the whole exchange may take, name resolution included.
    pub limit: Duration,
    /// The server may have an address that only a closed network knows.
    pub allow_private: bool,
    /// A PEM file whose certificates are trusted instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// How much of an answer's body is read, in bytes.
    pub longest: usize,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            limit: DEADLINE,
            allow_private: true,
            ca_file: None,
            longest: BODY_LIMIT,
        }
    }
}

/// What the server said.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The body, up to a bound; hostile text. Empty if it is broken or longer.
    pub text: String,
    /// The body is neither broken nor longer.
    pub is_whole: bool,
    /// For how long the server wants to be left alone, if it said so (RFC 9110, 10.2.3).
    pub retry_after: Option<SignedDuration>,
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

/// There is no answer, and the server may have done all the same what it was asked for.
#[derive(Debug)]
pub struct Unanswered {
    /// Why there is none.
    pub error: HttpError,
    /// Some of the request had gone out; if not, the server knows nothing of it.
    pub was_sent: bool,
}

/// Posts `body` to `path` and waits for the answer.
///
/// # Errors
/// As [`request`].
pub async fn post(
    server: &Server,
    path: &str,
    headers: &[(&'static str, String)],
    body: String,
) -> Result<Answer, HttpError> {
    request(server, (Method::POST, path), headers, body).await
}

/// Asks for what `target` says, a method and a path, and waits for the answer.
///
/// # Errors
/// No connection, no proof of the server's name, no answer in time; or a request that the
/// configuration makes impossible.
pub async fn request(
    server: &Server,
    target: (Method, &str),
    headers: &[(&'static str, String)],
    body: String,
) -> Result<Answer, HttpError> {
    let body = Zeroizing::new(body.into_bytes());
    let answered = send(server, target, headers, body, &Terms::default()).await;
    answered.map_err(|unanswered| unanswered.error)
}

/// As [`request`], on the caller's terms. The body is wiped afterwards; what TLS and the system
/// copied of it is theirs.
///
/// # Errors
/// As [`request`], with whether the request had gone out.
pub async fn send(
    server: &Server,
    target: (Method, &str),
    headers: &[(&'static str, String)],
    body: Zeroizing<Vec<u8>>,
    terms: &Terms,
) -> Result<Answer, Unanswered> {
    let unsent = |error| Unanswered {
        error,
        was_sent: false,
    };
    let end = Instant::now() + terms.limit;
    let request = written(server, target, headers, body).map_err(unsent)?;
    let stream = timeout_at(end, open(server, terms)).await;
    let stream = stream
        .unwrap_or_else(|_| Err(late(server, terms)))
        .map_err(unsent)?;
    let answer = timeout_at(end, converse(server, stream, request, terms.longest)).await;
    answer.unwrap_or_else(|_| {
        Err(Unanswered {
            error: late(server, terms),
            was_sent: true,
        })
    })
}

/// Connects as for a request, sends none and hangs up.
///
/// # Errors
/// As [`request`].
pub async fn reach(server: &Server, terms: &Terms) -> Result<(), HttpError> {
    let opened = timeout(terms.limit, open(server, terms)).await;
    opened
        .unwrap_or_else(|_| Err(late(server, terms)))
        .map(drop)
}

fn late(server: &Server, terms: &Terms) -> HttpError {
    let seconds = (terms.limit.as_secs_f64() * 10.0).round() / 10.0;
    TryLater(format!("{} did not answer within {seconds} s", server.host))
}

fn written(
    server: &Server,
    (method, path): (Method, &str),
    headers: &[(&'static str, String)],
    body: Zeroizing<Vec<u8>>,
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
        .body(Full::new(Bytes::from_owner(body)))
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

/// A connection that a request can go out on.
trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// Connects, and proves the server's name where TLS is spoken.
async fn open(server: &Server, terms: &Terms) -> Result<Box<dyn Wire>, HttpError> {
    let stream = connect(server, terms).await?;
    match server.tls {
        Tls::None => Ok(Box::new(stream)),
        Tls::Implicit => {
            let connector = TlsConnector::from(Arc::new(trust::tls(terms.ca_file.clone()).await?));
            let name = ServerName::try_from(bare(&server.host).to_owned())
                .map_err(|_| NeedsUser(format!("{} is no host name", server.host)))?;
            let stream = connector
                .connect(name, stream)
                .await
                .map_err(|error| TryLater(format!("TLS with {}: {error}", server.host)))?;
            Ok(Box::new(stream))
        }
    }
}

/// Connects to the first of the host's addresses that answers.
async fn connect(server: &Server, terms: &Terms) -> Result<TcpStream, HttpError> {
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
    // One is enough to refuse: which of them answers first must not decide it.
    let is_closed = addresses.iter().any(|address| is_private(address.ip()));
    if is_closed && !terms.allow_private {
        return Err(NeedsUser(format!(
            "{host} has an address of this machine or of a closed network: write allow_private = \
             true if it is meant to be there"
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

/// Sends the request and reads status and body.
async fn converse(
    server: &Server,
    stream: Box<dyn Wire>,
    request: Request<Full<Bytes>>,
    longest: usize,
) -> Result<Answer, Unanswered> {
    let trouble = |error: hyper::Error, was_sent| Unanswered {
        error: TryLater(format!("talking to {}: {error}", server.host)),
        was_sent,
    };
    let (mut sender, connection) = http1::Builder::new()
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| trouble(error, false))?;
    // The set ends its task when it goes out of scope, and the connection with it.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let response = sender.try_send_request(request).await;
    // A request that comes back is one of which nothing went out.
    let response = response.map_err(|error| {
        let was_sent = error.message().is_none();
        trouble(error.into_error(), was_sent)
    })?;
    let status = response.status();
    let retry_after = response.headers().get(RETRY_AFTER);
    let retry_after = retry_after.and_then(|value| pause(value.to_str().ok()?, Timestamp::now()));
    // The status says what became of the request, whatever is wrong with the body.
    let body = Limited::new(response.into_body(), longest).collect().await;
    let is_whole = body.is_ok();
    let text = body
        .map(|body| String::from_utf8_lossy(&body.to_bytes()).into_owned())
        .unwrap_or_default();
    Ok(Answer {
        status,
        text,
        is_whole,
        retry_after,
    })
}

/// What Retry-After says at `now`: seconds, or a date.
fn pause(value: &str, now: Timestamp) -> Option<SignedDuration> {
    if let Ok(seconds) = value.trim().parse::<u32>() {
        return Some(SignedDuration::from_secs(i64::from(seconds)));
    }
    let until = rfc2822::DateTimeParser::new().parse_timestamp(value.trim());
    Some(until.ok()?.duration_since(now).max(SignedDuration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::{SignedDuration, Timestamp, pause};

    #[test]
    fn a_pause_is_seconds_or_a_date() {
        let now = Timestamp::from_second(784_111_777).expect("in range");
        let seconds = |value| pause(value, now).map(|pause| pause.as_secs());
        assert_eq!(seconds("120"), Some(120));
        assert_eq!(seconds(" 0 "), Some(0));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:50:37 GMT"), Some(60));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:40:37 GMT"), Some(0));
        for nothing in ["", "-1", "1.5", "soon", "99999999999"] {
            assert_eq!(pause(nothing, now), None, "{nothing}");
        }
        assert!(pause("4294967295", now) > Some(SignedDuration::from_hours(1)));
    }
}
