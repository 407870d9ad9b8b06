//! The ways to tell the person, as the program runs on them.
//!
//! It knows neither what was written nor what is sent. SECURITY: secrets stand here as places, or
//! in a form that cannot be printed.

use jiff::SignedDuration;

use super::secret::SecretSource;
use super::{Endpoint, Security, Tls};
use crate::case::{Quiet, Types};

/// One way to tell the person.
#[derive(Debug, Clone)]
pub struct AlertChannel {
    /// Its name in logs and in the store, unique; never a secret.
    pub name: String,
    /// What it is.
    pub target: AlertTarget,
    /// The types of alert it tells.
    pub types: Types,
    /// The hours in which alerts wait that can wait.
    pub quiet: Option<Quiet>,
    /// Whether the code itself may stand in an alert: its owner alone reads along.
    pub may_hold_code: bool,
    /// How many alerts an hour it tells.
    pub at_most: u32,
}

/// How many alerts an hour a channel tells at most, unless it says otherwise.
const AT_MOST: u32 = 20;

impl AlertChannel {
    /// A channel that tells everything, at any hour, and no code.
    #[must_use]
    pub fn new(name: String, target: AlertTarget) -> Self {
        Self {
            name,
            target,
            types: Types::default(),
            quiet: None,
            may_hold_code: false,
            at_most: AT_MOST,
        }
    }
}

/// What an alert channel is.
#[derive(Debug, Clone)]
pub enum AlertTarget {
    /// `stdout:`
    Stdout,
    /// `desktop:`
    Desktop,
    /// `exec:`
    Exec(Exec),
    /// `smtp://…` (STARTTLS) or `smtps://…` (TLS from the first byte)
    Smtp(Smtp),
    /// `json://HOST[:PORT]/PATH`
    Json {
        /// Where each alert is posted.
        endpoint: Endpoint,
        /// What it is signed with.
        secret: SecretSource,
    },
    /// A service that speaks HTTP.
    Service(Service),
}

impl AlertTarget {
    /// Where the secrets are that it needs.
    #[must_use]
    pub fn secrets(&self) -> Vec<&SecretSource> {
        match self {
            Self::Stdout | Self::Desktop | Self::Exec(_) => Vec::new(),
            Self::Json { secret, .. } => vec![secret],
            Self::Smtp(smtp) => smtp.login.iter().map(|(_, password)| password).collect(),
            Self::Service(service) => service.protocol.secrets(),
        }
    }
}

/// A program that is handed each alert.
#[derive(Debug, Clone)]
pub struct Exec {
    /// The program and its arguments; the alert comes on its standard input.
    pub command: Vec<String>,
    /// How long one run may take.
    pub timeout: SignedDuration,
}

/// A service that takes alerts over HTTP.
#[derive(Debug, Clone)]
pub struct Service {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Plain HTTP, only ever to loopback.
    pub tls: Tls,
    /// How it is spoken to.
    pub protocol: Protocol,
}

/// How a service is spoken to, and what it wants to know.
#[derive(Debug, Clone)]
pub enum Protocol {
    /// `ntfy://HOST[:PORT]/TOPIC`
    Ntfy {
        /// The topic.
        topic: String,
        /// An access token, if the server wants one.
        token: Option<SecretSource>,
    },
    /// `gotify://HOST[:PORT]`
    Gotify {
        /// An application's token.
        token: SecretSource,
    },
    /// `tgram://CHAT_ID` or `tgram://HOST[:PORT]/CHAT_ID`
    Telegram {
        /// A chat's number, or a channel's `@name`.
        chat: String,
        /// The bot's token.
        token: SecretSource,
    },
    /// `matrix://HOST[:PORT]/ROOM_ID`
    Matrix {
        /// The room's id, which begins with `!`.
        room: String,
        /// An access token.
        token: SecretSource,
    },
    /// `slack:` or `slack://HOST[:PORT]`
    Slack {
        /// The webhook's address or its path.
        webhook: SecretSource,
    },
    /// `discord:` or `discord://HOST[:PORT]`
    Discord {
        /// The webhook's address or its path.
        webhook: SecretSource,
    },
    /// `pover:` or `pover://HOST[:PORT]`
    Pushover {
        /// The application's token.
        token: SecretSource,
        /// The person's user key.
        user: SecretSource,
    },
    /// `apprise://HOST[:PORT]/KEY`
    Apprise {
        /// What the server keeps the person's services under.
        key: String,
    },
}

impl Protocol {
    /// Where the secrets are that it needs.
    #[must_use]
    pub fn secrets(&self) -> Vec<&SecretSource> {
        match self {
            Self::Ntfy { token, .. } => token.iter().collect(),
            Self::Gotify { token } | Self::Telegram { token, .. } | Self::Matrix { token, .. } => {
                vec![token]
            }
            Self::Slack { webhook } | Self::Discord { webhook } => vec![webhook],
            Self::Pushover { token, user } => vec![token, user],
            Self::Apprise { .. } => Vec::new(),
        }
    }
}

/// How to reach a mail server that takes alerts.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// Login name and where its password is.
    pub login: Option<(String, SecretSource)>,
    /// The sender's address.
    pub from: String,
    /// The receiver's address.
    pub to: String,
}
