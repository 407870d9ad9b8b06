//! Listens, reads requests within bounds, and writes answers with what stands in all of them.
//!
//! It does not know what is asked for. SECURITY: a connection is one request; its head must come
//! within seconds and be small, its body is never read, so many may be open at once. Hostile:
//! whoever connects.

use std::convert::Infallible;
use std::fs;
use std::io::{self, ErrorKind};
use std::net::TcpListener as Bound;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::{Domain, SockAddr, Socket, Type};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use zeroize::Zeroizing;

use crate::config::Listen;

use super::answer::{Answer, Asked};
use super::routes::Site;

/// A browser opens six at once.
const MOST: usize = 32;

/// How long the head of a request may take, and how long a whole connection.
const HEAD: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(30);

/// The largest head of a request, in bytes; what is sent by browsers and monitors is far smaller.
const LARGEST_HEAD: usize = 16 * 1024;

/// Out of files for a while, most likely.
const PAUSE: Duration = Duration::from_millis(200);

/// Who may use a Unix socket: the owner, and the group that its folder belongs to.
const SOCKET_MODE: u32 = 0o660;

/// What stands in every answer. Nothing is loaded but our own style sheet, nothing runs, no other
/// site frames, refers to or reads it, and nothing of it is kept.
const FIELDS: [(&str, &str); 7] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-store"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-frame-options", "DENY"),
];

/// A connection.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A socket that listens.
pub(super) enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener, SocketFile),
}

/// The file of a Unix socket, which goes with it.
pub(super) struct SocketFile {
    path: PathBuf,
    /// The file's device and number, so that no other's is taken away.
    identity: (u64, u64),
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|there| there == self.identity) {
            // One that stays is nobody's, and the next daemon takes its place.
            drop(fs::remove_file(&self.path));
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let there = fs::symlink_metadata(path)?;
    Ok((there.dev(), there.ino()))
}

impl Listener {
    /// Listens.
    ///
    /// # Errors
    /// A sentence on why that is not possible, and what to do.
    pub(super) fn bind(listen: &Listen) -> Result<Self, String> {
        match listen {
            Listen::Tcp(address) => {
                let bound = Bound::bind(address).and_then(|bound| {
                    bound.set_nonblocking(true)?;
                    TcpListener::from_std(bound)
                });
                let bound = bound.map_err(|error| {
                    let remedy = match error.kind() {
                        ErrorKind::PermissionDenied => {
                            "the unit must let it, with SocketBindAllow=; below port 1024 choose \
                             another"
                        }
                        _ => "see who listens there, or choose another port",
                    };
                    format!("{address}: {error}; {remedy}")
                })?;
                Ok(Self::Tcp(bound))
            }
            Listen::Unix(path) => {
                let place = path.display();
                let (listener, file) = unix(path).map_err(|error| {
                    format!("{place}: {error}; its folder must be this program's to write to")
                })?;
                Ok(Self::Unix(listener, file))
            }
        }
    }

    async fn accept(&self) -> io::Result<Box<dyn Stream>> {
        Ok(match self {
            Self::Tcp(listener) => Box::new(listener.accept().await?.0),
            Self::Unix(listener, _) => Box::new(listener.accept().await?.0),
        })
    }

    /// Where it listens, for people.
    pub(super) fn address(&self) -> String {
        match self {
            Self::Tcp(listener) => listener.local_addr().map_or_else(
                |error| error.to_string(),
                |address| format!("http://{address}/"),
            ),
            Self::Unix(_, file) => format!("unix:{}", file.path.display()),
        }
    }
}

/// A Unix socket, in the place of one that nobody listens at any more.
fn unix(path: &Path) -> io::Result<(UnixListener, SocketFile)> {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|there| there.file_type().is_socket());
    if is_socket {
        match knock(path) {
            Ok(()) => return Err(ErrorKind::AddrInUse.into()),
            // Nobody listens. Whatever else is said, somebody may.
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => fs::remove_file(path)?,
            Err(error) => return Err(error),
        }
    }
    let listener = UnixListener::bind(path)?;
    let file = SocketFile {
        path: path.to_owned(),
        identity: identity(path)?,
    };
    fs::set_permissions(path, fs::Permissions::from_mode(SOCKET_MODE))?;
    Ok((listener, file))
}

/// Whether somebody listens at a socket. It does not wait for a place in a queue that is full.
fn knock(path: &Path) -> io::Result<()> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.connect(&SockAddr::unix(path)?)
}

/// Serves for ever.
pub(super) async fn serve(listener: Listener, site: Site) {
    let site = Arc::new(site);
    let places = Arc::new(Semaphore::new(MOST));
    // They end with this task.
    let mut connections = JoinSet::new();
    loop {
        // A connection that has no place waits in the system's queue.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        // What has ended, in a panic or not, is forgotten.
        while connections.try_join_next().is_some() {}
        let Ok(stream) = listener.accept().await else {
            sleep(PAUSE).await;
            continue;
        };
        let site = Arc::clone(&site);
        connections.spawn(async move {
            converse(stream, site).await;
            drop(place);
        });
    }
}

/// One request and its answer.
async fn converse(stream: Box<dyn Stream>, site: Arc<Site>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let site = Arc::clone(&site);
        async move {
            let asked = asked(&request);
            Ok::<_, Infallible>(written(site.answer(&asked).await))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(LARGEST_HEAD)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // Who is slow, speaks something else or goes away is nobody's trouble but its own.
    drop(timeout(WHOLE, connection).await);
}

fn asked(request: &Request<Incoming>) -> Asked {
    let field = |name: HeaderName| {
        let value = request.headers().get(name)?;
        value.to_str().ok().map(str::to_owned)
    };
    Asked {
        is_read_only: [Method::GET, Method::HEAD].contains(request.method()),
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        host: field(HOST),
        authorization: field(AUTHORIZATION).map(Zeroizing::new),
    }
}

fn written(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    for (name, value) in FIELDS {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    for (name, value) in answer.fields {
        // Values are made of our own words and digits.
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}
