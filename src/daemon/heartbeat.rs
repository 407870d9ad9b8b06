//! Tells a monitoring service, again and again, that every folder is provably heard.
//!
//! The alarm is the service's: it is raised when nothing comes any more, whatever the reason, a
//! machine without power among them. So nothing is told while one folder is deaf or not proved,
//! and there is no second try: the next sign of life comes when it is due. It decides nothing
//! about hearing, and no failure of its own ends anything.
//!
//! A sign of life is a GET of the service's address, as healthchecks.io, Uptime Kuma and others
//! take it. When a folder turns deaf, `/fail` behind the path is told once, which healthchecks.io
//! understands (<https://healthchecks.io/docs/signaling_failures/>) and takes for an alarm at
//! once; to others it is an address that they do not know.
//!
//! SECURITY: talks to the one server that the configuration names and says nothing to it. Its
//! address is a secret: neither path nor query is in any log line. Hostile: the answer, of which
//! the status is looked at.

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until};
use tracing::{debug, warn};

use crate::config::{Config, Endpoint, Heartbeat};
use crate::engine::Listening;
use crate::http::{self, Method, Server};

/// What is told.
#[derive(Debug, Clone, Copy)]
enum Sign {
    Alive,
    Deaf,
}

/// Beats as `config` says until the task is ended; ends at once where it says nothing.
pub(super) fn of(
    config: &Config,
    listening: &watch::Sender<Listening>,
) -> impl Future<Output = ()> + use<> {
    let heartbeat = config.heartbeat.clone();
    // Only where somebody listens does the engine look.
    let beats = heartbeat.map(|heartbeat| beat(heartbeat, listening.subscribe()));
    async {
        if let Some(beats) = beats {
            beats.await;
        }
    }
}

async fn beat(heartbeat: Heartbeat, mut listening: watch::Receiver<Listening>) {
    let every = heartbeat.every.unsigned_abs();
    let mut next = Instant::now();
    let mut is_alarmed = false;
    loop {
        let state = *listening.borrow_and_update();
        let is_due = Instant::now() >= next;
        match state {
            Listening::Until(until) if is_due && Timestamp::now() < until => {
                (next, is_alarmed) = (Instant::now() + every, false);
                tell(&heartbeat, Sign::Alive).await;
            }
            Listening::Deaf if !is_alarmed => {
                is_alarmed = true;
                tell(&heartbeat, Sign::Deaf).await;
            }
            _ => tokio::select! {
                () = sleep_until(next), if !is_due => {}
                changed = listening.changed() => {
                    if changed.is_err() {
                        return;
                    }
                }
            },
        }
    }
}

/// Tells it once; what goes wrong is logged.
async fn tell(heartbeat: &Heartbeat, sign: Sign) {
    match ask(heartbeat, sign).await {
        Ok(()) => debug!(?sign, "heartbeat"),
        Err(why) => warn!(?sign, "the heartbeat was not taken: {why}"),
    }
}

async fn ask(heartbeat: &Heartbeat, sign: Sign) -> Result<(), String> {
    let source = heartbeat.url.clone();
    // A file may lie on a slow disk, and a command may ask a key ring.
    let url = spawn_blocking(move || source.read())
        .await
        .map_err(|error| error.to_string())?
        .map_err(|error| error.to_string())?;
    let endpoint = Endpoint::of_secret(&url)?;
    let (method, endpoint) = match sign {
        Sign::Alive => (Method::GET, endpoint),
        Sign::Deaf => (Method::POST, endpoint.with("/fail")),
    };
    let server = Server::from(&endpoint);
    let answered = http::request(&server, (method, &endpoint.path), &[], String::new()).await;
    let status = answered.map_err(|error| error.to_string())?.status;
    if status.is_success() {
        return Ok(());
    }
    Err(format!("{} answered {status}", endpoint.host))
}
