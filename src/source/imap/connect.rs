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
    let addresses = addresses(&imap.host, imap.port).await?;
    let (mut tcp, address) = reach(&addresses, imap.port).await?;
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

/// The addresses of a host, as many as the system knows.
///
/// # Errors
/// `Outage` if there is none, or nobody answers for the name.
pub async fn addresses(host: &str, port: u16) -> Result<Vec<SocketAddr>, ImapError> {
    let found = timeout(CONNECT, lookup_host((host, port)))
        .await
        .map_err(|_| ImapError::Outage(format!("the address of {host} is not found in time")))?
        .map_err(|error| ImapError::Outage(format!("the address of {host}: {error}")))?;
    let found: Vec<SocketAddr> = found.collect();
    if found.is_empty() {
        return Err(ImapError::Outage(format!("{host} has no address")));
    }
    Ok(found)
}

/// Opens a connection to one address of a server, says nothing and hangs up.
///
/// # Errors
/// `Outage` if it does not answer.
pub async fn knock(address: SocketAddr) -> Result<(), ImapError> {
    reach(&[address], address.port()).await.map(drop)
}

/// Connects to look at the certificate, and as far as that goes: no command is given.
///
/// # Errors
/// As [`connect`], but that nothing is believed or doubted here.
pub(super) async fn connect_for_tls(imap: &Imap) -> Result<TcpStream, ImapError> {
    let addresses = addresses(&imap.host, imap.port).await?;
    let (mut tcp, _) = reach(&addresses, imap.port).await?;
    if imap.tls == Security::StartTls {
        ask_for_tls(&mut tcp).await?;
    }
    Ok(tcp)
}

/// Tries the addresses one after the other.
async fn reach(addresses: &[SocketAddr], port: u16) -> Result<(TcpStream, SocketAddr), ImapError> {
    let mut last = format!("port {port} cannot be reached");
    for address in addresses {
        match timeout(CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(tcp)) => {
                prepare(&tcp).map_err(|error| ImapError::Outage(error.to_string()))?;
                return Ok((tcp, *address));
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
