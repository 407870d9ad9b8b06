//! `[status]` -> where the status page listens, and what lets somebody look at it.
//!
//! It opens no socket. SECURITY: anybody who reaches the page sees whose objections there are, so
//! beyond this machine it is shown for a token only.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use toml::Spanned;

use super::file::StatusTable;
use super::meaning::{noted, path, secret};
use super::problem::Problems;
use super::secret::SecretSource;

/// A page that shows how everything is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusPage {
    /// Where it listens.
    pub listen: Listen,
    /// What whoever looks at it must know; always there where `listen` is not this machine.
    pub token: Option<SecretSource>,
}

/// Where something listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// An address and a port; with port 0 the system chooses one.
    Tcp(SocketAddr),
    /// A Unix socket.
    Unix(PathBuf),
}

/// What the table means; `None` if something in it is wrong, and then it is noted.
pub(super) fn status(
    table: Spanned<StatusTable>,
    base: &Path,
    problems: &mut Problems<'_>,
) -> Option<StatusPage> {
    let (header, table) = (table.span(), table.into_inner());
    let token = table.token.map(|token| secret(token, base, problems));
    let Some(listen) = table.listen else {
        let what = "`listen` is missing; it is an address with a port, such as \
                    \"127.0.0.1:8787\", or \"unix:/path\"";
        problems.add(header, what);
        return None;
    };
    let at = listen.span();
    let listen = noted(address(listen.get_ref(), base), at.clone(), problems)?;
    if let Listen::Tcp(address) = &listen
        && !address.ip().is_loopback()
        && token.is_none()
    {
        let what = "an address that is not this very machine's wants a token, such as token = { \
                    file = \"/etc/sustained/status-token\" }";
        problems.add(at, what);
        return None;
    }
    match token {
        Some(token) => token.map(|token| StatusPage {
            listen,
            token: Some(token),
        }),
        None => Some(StatusPage {
            listen,
            token: None,
        }),
    }
}

fn address(text: &str, base: &Path) -> Result<Listen, String> {
    if let Some(socket) = text.strip_prefix("unix:") {
        return Ok(Listen::Unix(path(socket, base)?));
    }
    text.parse().map(Listen::Tcp).map_err(|_| {
        "`listen` is an IP address with a port, such as \"127.0.0.1:8787\" or \"[::1]:8787\", or \
         \"unix:/path\""
            .to_owned()
    })
}
