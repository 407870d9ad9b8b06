//! Who hears the code for `object`: the daemon that runs, or one of its own for as long as it
//! takes.
//!
//! It decides nothing; with a daemon of its own everything is as with the other.

use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::net::UnixStream;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, interval};

use super::super::exit::{Exit, Stopped};
use super::super::run::stopped;
use super::super::runtime;
use crate::case::effect::Effect;
use crate::case::{State, filed_under};
use crate::config::{Config, Mailbox};
use crate::daemon::{self, Requests, StateDir, database, socket};
use crate::mail::{Outcome, Product};
use crate::outlet::Format;
use crate::store::{EffectRow, Store};

/// A daemon listens to scripts within milliseconds; a large log takes seconds.
const START: Duration = Duration::from_secs(30);

/// Alerts that could not be given so long will not be given before the next `sustained run`.
const ALERTS: Duration = Duration::from_secs(30);

/// Between two looks whether something has come.
const LOOK: Duration = Duration::from_millis(100);

/// Meta's answer may have been there a moment before the page said that the objection is filed.
const A_MOMENT: SignedDuration = SignedDuration::from_secs(60);

fn is_alert(effect: &EffectRow) -> bool {
    matches!(effect.what, Effect::Alert(_))
}

/// Whoever hears the code.
pub(super) struct Watch {
    state_dir: PathBuf,
    own: Option<Own>,
}

/// A daemon of our own.
struct Own {
    requests: Requests,
    thread: JoinHandle<Result<(), Stopped>>,
}

impl Watch {
    /// The daemon that runs, or one that is started now.
    pub(super) async fn begin(
        config: &Config,
        state_dir: &Path,
        format: Format,
    ) -> Result<Self, Stopped> {
        let mut watch = Self {
            state_dir: state_dir.to_owned(),
            own: None,
        };
        if !StateDir::is_held(state_dir) {
            let held = StateDir::hold(state_dir).map_err(stopped)?;
            let (config, requests) = (config.clone(), Requests::default());
            let asked = requests.clone();
            let thread = thread::spawn(move || {
                let shown = daemon::Shown::default();
                let run = daemon::run(config, &held, format, &asked, &shown);
                runtime()?.block_on(run).map_err(stopped)
            });
            watch.own = Some(Own { requests, thread });
        }
        let end = Instant::now() + START;
        let mut look = interval(LOOK);
        while UnixStream::connect(socket(state_dir)).await.is_err() {
            if watch.has_ended() || Instant::now() >= end {
                watch.end().await?;
                let why = "the daemon does not answer: see what `sustained run` says";
                return Err(Stopped::new(Exit::NotListening, why));
            }
            look.tick().await;
        }
        Ok(watch)
    }

    /// Whether it watches for this objection alone.
    pub(super) fn is_own(&self) -> bool {
        self.own.is_some()
    }

    fn has_ended(&self) -> bool {
        self.own
            .as_ref()
            .is_some_and(|own| own.thread.is_finished())
    }

    /// What Meta answers within so much time, if it does.
    pub(super) async fn answer(
        &self,
        mailbox: &Mailbox,
        account: Product,
        within: Duration,
    ) -> Result<Option<Outcome>, Stopped> {
        let unavailable = |error| Stopped::new(Exit::Unavailable, error);
        let store = Store::open_for_reading(&database(&self.state_dir)).map_err(unavailable)?;
        let account = filed_under(account, &mailbox.linked);
        let earliest = Timestamp::now().saturating_sub(A_MOMENT);
        let earliest = earliest.unwrap_or(Timestamp::MIN);
        let end = Instant::now() + within;
        let mut look = interval(LOOK);
        loop {
            let cases = store
                .cases_of(&mailbox.name, account)
                .map_err(unavailable)?;
            let answered = cases.iter().find_map(|row| match row.case.state {
                State::Decided { outcome, at } if at >= earliest => Some(outcome),
                _ => None,
            });
            if answered.is_some() || self.has_ended() || Instant::now() >= end {
                return Ok(answered);
            }
            look.tick().await;
        }
    }

    /// Ends the daemon, if it is our own, when it has told the person what there is to tell.
    pub(super) async fn end(self) -> Result<(), Stopped> {
        let Some(own) = self.own else {
            return Ok(());
        };
        if let Ok(store) = Store::open_for_reading(&database(&self.state_dir)) {
            let end = Instant::now() + ALERTS;
            let mut look = interval(LOOK);
            // A database that cannot be read is the daemon's to tell.
            while !own.thread.is_finished()
                && Instant::now() < end
                && store.due().is_ok_and(|due| due.iter().any(is_alert))
            {
                look.tick().await;
            }
        }
        own.requests.stop();
        let ended = spawn_blocking(|| own.thread.join()).await;
        let broke = || Stopped::new(Exit::Failed, "the watcher broke");
        ended.map_err(|_| broke())?.map_err(|_| broke())?
    }
}
