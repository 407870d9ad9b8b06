//! Alerts by mail.
//!
//! It marks its mails as automatic (RFC 3834), so that nothing answers them. It does not know the
//! mailbox that is watched. SECURITY: nothing is ever sent to an address of Meta's; plain text
//! goes to loopback only, which `config` has checked.

use std::time::Duration;

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};

use crate::case::effect::Attempt;
use crate::config::secret::Secret;
use crate::config::{Smtp, SmtpSecurity};

use super::words::Words;

/// The whole exchange may take this long.
const LIMIT: Duration = Duration::from_secs(30);

/// Meta's domains: an alert to one of them could only be a mistake, and would be an answer.
const NEVER_TO: [&str; 8] = [
    "facebook.com",
    "facebookmail.com",
    "fb.com",
    "instagram.com",
    "meta.com",
    "metamail.com",
    "threads.net",
    "whatsapp.com",
];

/// Nobody should answer an alert: RFC 3834, and Exchange's own word for it.
const AUTOMATIC: [(&str, &str); 2] = [
    ("Auto-Submitted", "auto-generated"),
    ("X-Auto-Response-Suppress", "All"),
];

/// Sends the alert as a mail.
pub(super) async fn send(settings: &Smtp, password: Option<&Secret>, words: &Words) -> Attempt {
    let domain = settings.to.rsplit('@').next().unwrap_or_default();
    let is_metas = |meta: &str| domain == meta || domain.ends_with(&format!(".{meta}"));
    if NEVER_TO.iter().any(|meta| is_metas(meta)) {
        return Attempt::Rejected(format!("an alert is never sent to {domain}"));
    }
    let message = match message(settings, words) {
        Ok(message) => message,
        Err(error) => return Attempt::Rejected(format!("the alert's addresses: {error}")),
    };
    let transport = match transport(settings, password) {
        Ok(transport) => transport,
        Err(why) => return Attempt::TryLater(format!("{}: {why}", settings.host)),
    };
    match transport.send(message).await {
        Ok(_) => Attempt::Accepted,
        Err(error) if error.is_permanent() => {
            Attempt::Rejected(format!("{} refuses: {error}", settings.host))
        }
        Err(error) => Attempt::TryLater(format!("{}: {error}", settings.host)),
    }
}

fn message(settings: &Smtp, words: &Words) -> Result<Message, Box<dyn std::error::Error>> {
    let (_, domain) = settings.from.rsplit_once('@').ok_or("from is no address")?;
    let mut message = Message::builder()
        .from(settings.from.parse()?)
        .to(settings.to.parse()?)
        .subject(format!("sustained: {} ({})", words.title, words.mailbox))
        // The same for every try, so that one that was delivered unheard shows as a copy.
        .message_id(Some(format!("<sustained.{}@{domain}>", words.id)))
        .user_agent(concat!("sustained/", env!("CARGO_PKG_VERSION")).to_owned())
        .header(ContentType::TEXT_PLAIN)
        .body(format!("{}\n\n{}\n{}\n", words.text, words.kind, words.at))?;
    for (name, value) in AUTOMATIC {
        let name = HeaderName::new_from_ascii_str(name);
        message
            .headers_mut()
            .insert_raw(HeaderValue::new(name, value.to_owned()));
    }
    Ok(message)
}

fn transport(
    settings: &Smtp,
    password: Option<&Secret>,
) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
    let parameters =
        || TlsParameters::new(settings.host.clone()).map_err(|error| format!("no TLS: {error}"));
    let tls = match settings.security {
        SmtpSecurity::Implicit => Tls::Wrapper(parameters()?),
        SmtpSecurity::StartTls => Tls::Required(parameters()?),
        SmtpSecurity::None => Tls::None,
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
        .port(settings.port)
        .tls(tls)
        .timeout(Some(LIMIT));
    if let (Some((login, _)), Some(password)) = (&settings.login, password) {
        let password = password.reveal().to_owned();
        builder = builder.credentials(Credentials::new(login.clone(), password));
    }
    Ok(builder.build())
}
