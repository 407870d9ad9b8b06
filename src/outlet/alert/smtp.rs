//! Alerts as mail, through the person's own mail server (only user of lettre).
//!
//! It does not queue: a server that is away means try later. Retries carry the same Message-ID,
//! so that a mail that arrives twice is seen to be one.
//!
//! SECURITY: talks to the one server that the configuration names, with its login; plain text
//! only to loopback. It never writes to an address of Meta's: an alert must not become a reply.
//! Hostile: what the server answers, which is shown escaped and cut.

use std::time::{Duration, SystemTime};

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use tokio::time::timeout;

use crate::case::effect::{Alert, Attempt};
use crate::config::{self, Security};
use crate::http::AGENT;
use crate::mail::escape;
use crate::outlet::redact::{REASON_SHOWN, SHOWN};
use crate::outlet::unready::{Unready, read_secret};

use super::words::Words;

/// One command and its reply.
const COMMAND: Duration = Duration::from_secs(30);

/// The whole delivery: a mail server may take its time at each of some eight steps.
const DELIVERY: Duration = Duration::from_mins(2);

/// Domains of Meta's, and all below them.
const METAS_DOMAINS: [&str; 14] = [
    "facebookmail.com",
    "facebook.com",
    "fb.com",
    "fb.me",
    "messenger.com",
    "instagram.com",
    "threads.net",
    "threads.com",
    "whatsapp.com",
    "whatsapp.net",
    "meta.com",
    "metamail.com",
    "meta.ai",
    "oculus.com",
];

/// One mail server, and who writes to whom.
#[derive(Debug)]
pub struct Smtp {
    config: config::Smtp,
    from: Mailbox,
    to: Mailbox,
}

impl Smtp {
    /// A mail server and a pair of addresses.
    ///
    /// # Errors
    /// A sentence, where an address is none or the receiver is Meta.
    pub fn new(config: &config::Smtp) -> Result<Self, String> {
        let mailbox = |text: &str| {
            text.parse::<Mailbox>()
                .map_err(|error| format!("{} is no mail address: {error}", escape(text, SHOWN)))
        };
        let (from, to) = (mailbox(&config.from)?, mailbox(&config.to)?);
        if is_metas(to.email.domain()) {
            return Err(format!(
                "{} is an address of Meta's: alerts go to the person, never to Meta",
                escape(&config.to, SHOWN)
            ));
        }
        Ok(Self {
            config: config.clone(),
            from,
            to,
        })
    }

    /// Delivers the alert to the mail server.
    pub async fn tell(&self, alert: &Alert, words: &Words) -> Attempt {
        let mail = match self.mail(alert, words) {
            Ok(mail) => mail,
            Err(error) => return Attempt::Rejected(format!("writing the mail: {error}")),
        };
        let host = &self.config.host;
        match timeout(DELIVERY, self.deliver(mail)).await {
            Ok(attempt) => attempt,
            Err(_) => Attempt::later(format!(
                "{host} did not take the mail within {} s",
                DELIVERY.as_secs()
            )),
        }
    }

    /// Whether the server answers and takes the login; no mail is written.
    pub(super) async fn reach(&self) -> Result<String, String> {
        let host = &self.config.host;
        let transport = match self.transport().await {
            Ok(transport) => transport,
            Err(unready) => return Err(unready.to_string()),
        };
        let login = match &self.config.login {
            Some(_) => " and takes the login",
            None => "",
        };
        match timeout(DELIVERY, transport.test_connection()).await {
            Ok(Ok(true)) => Ok(format!("{host} is reached{login}")),
            Ok(Ok(false)) => Err(format!("{host} is reached and wants no mail now")),
            Ok(Err(error)) => Err(format!(
                "{host}: {}",
                escape(&error.to_string(), REASON_SHOWN)
            )),
            Err(_) => Err(format!(
                "{host} did not answer within {} s",
                DELIVERY.as_secs()
            )),
        }
    }

    fn mail(&self, alert: &Alert, words: &Words) -> Result<Message, lettre::error::Error> {
        let header = |name, value: &str| {
            HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
        };
        Message::builder()
            .from(self.from.clone())
            .to(self.to.clone())
            .subject(format!("sustained: {}", words.title))
            .date(SystemTime::now())
            .message_id(Some(self.message_id(&alert.id)))
            .user_agent(AGENT.to_owned())
            // RFC 3834, 5: no responder answers this. The second asks Exchange for the same.
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header("X-Auto-Response-Suppress", "All"))
            .header(ContentType::TEXT_PLAIN)
            .body(words.letter(alert))
    }

    /// The same alert has the same Message-ID, whenever it is sent (RFC 5322, 3.6.4).
    fn message_id(&self, alert: &str) -> String {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        let id: String = alert
            .chars()
            .map(|c| if is_plain(c) { c } else { '-' })
            .collect();
        format!("<{id}.sustained@{}>", self.from.email.domain())
    }

    async fn deliver(&self, mail: Message) -> Attempt {
        let transport = match self.transport().await {
            Ok(transport) => transport,
            Err(unready) => return unready.into(),
        };
        match transport.send(mail).await {
            Ok(_) => Attempt::Accepted,
            Err(error) => self.judge(&error),
        }
    }

    async fn transport(&self) -> Result<AsyncSmtpTransport<Tokio1Executor>, Unready> {
        let config = &self.config;
        let (host, tls) = match config.security {
            Security::None => (self.loopback().await?, Tls::None),
            Security::StartTls => (config.host.clone(), Tls::Required(self.roots().await?)),
            Security::Implicit => (config.host.clone(), Tls::Wrapper(self.roots().await?)),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(config.port)
            .timeout(Some(COMMAND))
            .tls(tls);
        if let Some((login, source)) = &config.login {
            let password = read_secret(source, "the mail server's password").await?;
            let password = password.reveal().to_owned();
            builder = builder.credentials(Credentials::new(login.clone(), password));
        }
        Ok(builder.build())
    }

    /// The system's roots, read now and forgotten after the delivery: see `http`.
    async fn roots(&self) -> Result<TlsParameters, Unready> {
        let host = self.config.host.clone();
        match tokio::task::spawn_blocking(move || TlsParameters::new(host)).await {
            Ok(Ok(parameters)) => Ok(parameters),
            Ok(Err(error)) => Err(Unready::TryLater(format!("TLS cannot be set up: {error}"))),
            Err(error) => Err(Unready::TryLater(format!("TLS cannot be set up: {error}"))),
        }
    }

    /// The server's address, where plain text to it stays on this machine.
    async fn loopback(&self) -> Result<String, Unready> {
        let host = &self.config.host;
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let addresses = tokio::net::lookup_host((bare, self.config.port)).await;
        let mut addresses = addresses.map_err(|error| {
            Unready::TryLater(format!("the name {host} was not resolved: {error}"))
        })?;
        match addresses.find(|address| address.ip().is_loopback()) {
            Some(address) => Ok(address.ip().to_string()),
            None => Err(Unready::Rejected(format!(
                "{host} is not on this machine, and plain text is for this machine only: use \
                 STARTTLS or TLS"
            ))),
        }
    }

    fn judge(&self, error: &lettre::transport::smtp::Error) -> Attempt {
        let host = &self.config.host;
        let said = escape(&error.to_string(), REASON_SHOWN);
        if !error.is_permanent() {
            return Attempt::later(format!("{host}: {said}"));
        }
        // RFC 4954, 6: 530 and 534 ask for another way to log in, 535 refuses login or password.
        let code = error.status().map(u16::from);
        if matches!(code, Some(530 | 534 | 535)) {
            return Attempt::Rejected(format!(
                "{host} refused the login: check login and password of this channel ({said})"
            ));
        }
        Attempt::Rejected(format!("{host} refused the mail: {said}"))
    }
}

/// Whether mail to `domain` ends up with Meta.
fn is_metas(domain: &str) -> bool {
    let domain = domain.trim_end_matches('.').to_ascii_lowercase();
    METAS_DOMAINS.iter().any(|metas| {
        domain
            .strip_suffix(metas)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::is_metas;

    #[test]
    fn metas_domains_and_all_below_them_are_known() {
        for domain in [
            "facebook.com",
            "support.Facebook.com",
            "facebookmail.com.",
            "meta.com",
        ] {
            assert!(is_metas(domain), "{domain}");
        }
        for domain in ["example.org", "notfacebook.com", "meta.com.example.org"] {
            assert!(!is_metas(domain), "{domain}");
        }
    }
}
