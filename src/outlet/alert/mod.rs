//! Telling the person: one file a channel, and the words they all use.
//!
//! A channel sends what it is given, once.
//!
//! SECURITY: no alert holds a code. Text of a mail is escaped before it stands in one.

mod ntfy;
mod smtp;
mod stdout;
mod words;

use crate::case::effect::{Alert, Attempt};
use crate::config::secret::{Secret, SecretSource};
use crate::config::{AlertChannel, AlertTarget};

use super::Format;
use words::Words;

/// The configured channels.
#[derive(Debug)]
pub(super) struct Channels {
    channels: Vec<AlertChannel>,
    format: Format,
}

impl Channels {
    pub(super) fn new(channels: &[AlertChannel], format: Format) -> Self {
        Self {
            channels: channels.to_vec(),
            format,
        }
    }

    /// Sends an alert through the channel it names.
    pub(super) async fn tell(&self, alert: &Alert) -> Attempt {
        let Some(channel) = self
            .channels
            .iter()
            .find(|found| found.name == alert.channel)
        else {
            return Attempt::Rejected("the channel is not configured any more".to_owned());
        };
        let words = Words::of(alert);
        match &channel.target {
            AlertTarget::Stdout => stdout::write(&words, self.format),
            AlertTarget::Ntfy {
                host,
                port,
                tls,
                topic,
                token,
            } => {
                let server = ntfy::Server {
                    host,
                    port: *port,
                    tls: *tls,
                    topic,
                };
                match read(token.as_ref()).await {
                    Ok(token) => ntfy::publish(&server, token.as_ref(), &words).await,
                    Err(why) => Attempt::TryLater(why),
                }
            }
            AlertTarget::Smtp(settings) => {
                let password = settings.login.as_ref().map(|(_, password)| password);
                match read(password).await {
                    Ok(password) => smtp::send(settings, password.as_ref(), &words).await,
                    Err(why) => Attempt::TryLater(why),
                }
            }
        }
    }
}

/// Reads a channel's secret where it is kept, at each alert: it may have been changed since.
async fn read(source: Option<&SecretSource>) -> Result<Option<Secret>, String> {
    let Some(source) = source.cloned() else {
        return Ok(None);
    };
    tokio::task::spawn_blocking(move || source.read())
        .await
        .map_err(|error| error.to_string())?
        .map(Some)
        .map_err(|error| error.to_string())
}
