//! Tells the person, through one of the channels they configured; a file a channel.
//!
//! It does not decide what is worth telling, and does not try again: each channel makes one try
//! and says how it went. All channels say the same words, which are [`words`]'.
//!
//! SECURITY: talks to the servers that the configuration names, starts the programs that it names
//! (and `notify-send`), and writes to standard output. Hostile: subject and sender of the mail an
//! alert is about, and what servers and programs answer.

mod apprise;
pub mod desktop;
mod discord;
pub mod exec;
mod fit;
mod gotify;
pub mod json;
mod matrix;
mod ntfy;
mod pushover;
pub mod sentences;
pub mod service;
mod slack;
pub mod smtp;
pub mod stdout;
mod telegram;
pub mod words;

use crate::case::effect::{Alert, Attempt};
use crate::config::{AlertChannel, AlertTarget};
use crate::http::{self, Server, Terms};

use super::{OutletError, program};
use exec::Exec;
use json::Json;
use service::Service;
use smtp::Smtp;
use stdout::Stdout;
use words::Words;

/// One configured way to tell the person.
#[derive(Debug)]
pub struct Channel {
    /// Its configured name.
    pub name: String,
    /// Whether a code may stand in what it gives.
    pub may_hold_code: bool,
    route: Route,
}

#[derive(Debug)]
enum Route {
    Stdout(Stdout),
    Desktop,
    Exec(Exec),
    Json(Json),
    Service(Box<Service>),
    Smtp(Box<Smtp>),
}

impl Channel {
    /// The channel that `config` describes; `stdout` is shared by all channels that write there.
    ///
    /// # Errors
    /// A channel that could never reach anybody, or must not be used.
    pub fn new(config: &AlertChannel, stdout: &Stdout) -> Result<Self, OutletError> {
        let unusable = |reason: String| OutletError::Channel {
            channel: config.name.clone(),
            reason,
        };
        let route = match &config.target {
            AlertTarget::Stdout => Route::Stdout(stdout.clone()),
            AlertTarget::Desktop => Route::Desktop,
            AlertTarget::Exec(program) => Route::Exec(Exec::new(program).map_err(unusable)?),
            AlertTarget::Service(service) => {
                Route::Service(Box::new(Service::new(service).map_err(unusable)?))
            }
            AlertTarget::Json { endpoint, secret } => {
                Route::Json(Json::new(endpoint, secret.clone()))
            }
            AlertTarget::Smtp(server) => {
                Route::Smtp(Box::new(Smtp::new(server).map_err(unusable)?))
            }
        };
        Ok(Self {
            name: config.name.clone(),
            may_hold_code: config.may_hold_code,
            route,
        })
    }

    /// Looks whether what an alert needs is there, and sends none: the program, the secrets, the
    /// server. Returns what was seen.
    ///
    /// # Errors
    /// What is missing.
    pub async fn reach(&self) -> Result<String, String> {
        match &self.route {
            Route::Stdout(_) => Ok("standard output".to_owned()),
            Route::Desktop => {
                let found = program::check(desktop::NOTIFY_SEND);
                found.map(|path| path.display().to_string())
            }
            Route::Exec(program) => program.reach(),
            Route::Json(json) => json.reach().await,
            Route::Service(service) => service.reach().await,
            Route::Smtp(smtp) => smtp.reach().await,
        }
    }

    /// Makes one try to tell the person.
    pub async fn tell(&self, alert: &Alert) -> Attempt {
        let words = Words::of(alert);
        match &self.route {
            Route::Stdout(stdout) => stdout.tell(alert, &words).await,
            Route::Desktop => desktop::tell(alert, &words).await,
            Route::Exec(program) => program.tell(alert, &words).await,
            Route::Json(json) => json.tell(alert, &words).await,
            Route::Service(service) => service.tell(alert, &words).await,
            Route::Smtp(smtp) => smtp.tell(alert, &words).await,
        }
    }
}

/// Whether a channel's server answers; nothing is sent.
async fn reach(server: &Server) -> Result<String, String> {
    let reached = http::reach(server, &Terms::default()).await;
    let seen = format!("{} is reached", server.host);
    reached.map(|()| seen).map_err(|error| error.to_string())
}
