//! Reaching a server: addresses, TCP, the way to TLS, the greeting.
//!
//! It knows no password. SECURITY: plain text goes to loopback only, which `config` has checked
//! and this file checks again, since everything behind it trusts the connection.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use crate::config::{Imap, Security};

use super::session::{Capabilities, ImapError, Session};
use super::starttls::ask_for_tls;
use super::tls::Trust;

/// One address may take this long before the next is tried.
const CONNECT: Duration = Duration::from_secs(10);

/// Keep-alive probes after a minute of silence, every fifteen seconds: a connection that a router
/// has forgotten ends within two minutes even where nothing is sent.
const KEEPALIVE: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_mins(1))
    .with_interval(Duration::from_secs(15));

/// What was sent and is not acknowledged for this long ends the connection (RFC 5482).
const UNANSWERED: Duration = Duration::from_secs(30);

/// Connects and reads the greeting; returns what the server can do before the sign-in.
///
/// # Errors
/// `Outage` if the server cannot be reached, `NeedsPerson` if its certificate is not believed.
pub async fn connect(imap: &Imap, trust: &Trust) -> Result<(Session, Capabilities), ImapError> {
    let (mut tcp, address) = reach(&imap.host, imap.port).await?;
    let (session, capabilities) = match imap.tls {
        Security::Implicit => {
            let tls = trust.handshake(tcp, imap).await?;
            Session::greeted(Box::new(tls)).await?
        }
        Security::StartTls => {
            ask_for_tls(&mut tcp).await?;
            let tls = trust.handshake(tcp, imap).await?;
            // What it said it could do before TLS may have been anybody's word.
            (Session::secured(Box::new(tls)), None)
        }
        Security::None if address.ip().is_loopback() => Session::greeted(Box::new(tcp)).await?,
        Security::None => {
            return Err(ImapError::NeedsPerson(format!(
                "{} is not on this machine: it is not spoken to in plain text",
                imap.host
            )));
        }
    };
    match capabilities {
        Some(capabilities) => Ok((session, capabilities)),
        None => session.capability().await,
    }
}

/// Tries the host's addresses one after the other.
async fn reach(host: &str, port: u16) -> Result<(TcpStream, SocketAddr), ImapError> {
    let addresses = timeout(CONNECT, lookup_host((host, port)))
        .await
        .map_err(|_| ImapError::Outage(format!("the address of {host} is not found in time")))?
        .map_err(|error| ImapError::Outage(format!("the address of {host}: {error}")))?;
    let mut last = format!("{host} has no address");
    for address in addresses {
        match timeout(CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(tcp)) => {
                prepare(&tcp).map_err(|error| ImapError::Outage(error.to_string()))?;
                return Ok((tcp, address));
            }
            Ok(Err(error)) => last = format!("port {port} cannot be reached: {error}"),
            Err(_) => last = format!("port {port} does not answer"),
        }
    }
    Err(ImapError::Outage(last))
}

fn prepare(tcp: &TcpStream) -> io::Result<()> {
    // Without it a command of two segments waits for the answer to the first.
    tcp.set_nodelay(true)?;
    let socket = SockRef::from(tcp);
    socket.set_tcp_keepalive(&KEEPALIVE)?;
    socket.set_tcp_user_timeout(Some(UNANSWERED))
}
