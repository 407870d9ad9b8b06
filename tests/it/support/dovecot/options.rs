//! What may differ from one test's Dovecot to the next.

/// What may differ from one test's server to the next.
pub struct Options {
    /// Announce IDLE.
    pub idle: bool,
    /// Announce UIDPLUS: that one message alone can be thrown away.
    pub uidplus: bool,
    /// The special-use `\Junk` folder's name, if there is to be one.
    pub junk: Option<&'static str>,
    /// Further folders.
    pub folders: &'static [&'static str],
    /// The names in the server's certificate.
    pub names: &'static [&'static str],
    /// TLS, or plain text for whoever has to look at the bytes.
    pub tls: Tls,
    /// How a client may sign in.
    pub mechanisms: &'static str,
    /// Tokens let in, too: where to ask whose one is.
    pub tokens: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            idle: true,
            uidplus: true,
            junk: Some("Junk"),
            folders: &[],
            names: &["localhost", "127.0.0.1"],
            tls: Tls::Implicit,
            mechanisms: "plain login",
            tokens: None,
        }
    }
}

/// How the server's port is protected.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    Implicit,
    /// Plain text until the client asks for TLS; nobody signs in before that.
    Starttls,
    None,
}
