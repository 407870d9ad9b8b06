//! A folder on an IMAP server (RFC 9051), watched over one connection.
//!
//! `connect` reaches the server (`tls`, `starttls`), `login` signs in (`scram`), `gate` says when.
//! `session` is the only place that speaks the protocol, `guard` bounds what the server may send.
//! `watcher` keeps a mailbox watched, `attend` is one connection, `line` one folder on it, `cursor`
//! what to ask for. `certificate` looks at a server for `sustained check`, `doubt` says what is
//! wrong with what it shows. None of them knows what a message means.

mod attend;
mod certificate;
mod connect;
mod cursor;
mod doubt;
mod folder;
mod gate;
mod guard;
mod line;
mod login;
mod scram;
mod session;
mod starttls;
mod tls;
mod watcher;

pub use certificate::{Certificate, certificate};
pub use connect::{addresses, connect, knock};
pub use folder::{names, resolve};
pub use gate::Gate;
pub use login::{Credentials, sign_in};
pub use session::{Capabilities, Given, ImapError, Selected, Session, Wake};
pub use tls::Trust;
pub use watcher::{Account, origin_of, watch};
