//! A folder on an IMAP server (RFC 9051), watched over one connection.
//!
//! `connect` reaches the server, `login` signs in, `session` is the only place that speaks the
//! protocol, `guard` bounds what the server may send, `cursor` decides what to ask for, `watcher`
//! puts them together. None of them knows what a message means.

mod connect;
mod cursor;
mod guard;
mod login;
mod session;
mod utf7;
mod watcher;

pub use connect::{Trust, connect};
pub use login::sign_in;
pub use session::{Capabilities, ImapError, Selected, Session};
pub use watcher::{Tempo, origin_of, resolve, watch};
