//! Puts the rooms together and keeps them running: start, serve, stop.
//!
//! Sockets live on one thread; the engine has another. What connects them is a channel each way
//! with an answer, so nothing more is fetched before the last message is on disk. It decides
//! nothing about mail.
//!
//! Stop order: sources (nothing new), outlets (what was begun ends), engine (what ended is
//! written).

mod aside;
mod attempts;
mod clock;
mod files;
mod health;
mod heartbeat;
mod integrity;
mod mailboxes;
mod plan;
mod prover;
mod reload;
mod reports;
mod request;
mod settings;
mod signals;
mod socket;
mod sources;
mod state_dir;
pub mod status;
mod status_line;
mod view;
mod watchdog;

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc as engine_channel;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use sd_notify::NotifyState;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{info, warn};

pub use aside::note;
use attempts::{Means, carry_out};
use health::Health;
use integrity::Look;
use mailboxes::{Expected, Mailboxes, Resumed};
use plan::Plan;
use reload::Prepared;
use reports::Taker;
pub use request::{Reply, Request};
use settings::settings_of;
pub use signals::Requests;
pub use socket::socket;
use sources::Sources;
pub use state_dir::{StateDir, database};
pub use view::{Backlogs, Shown, View};
use watchdog::tell;

use crate::config::Config;
use crate::dkim::DkimError;
use crate::engine::{Engine, EngineError, Input, Listening};
use crate::outlet::{Format, OutletError};
use crate::record::{Record, RecordError};
use crate::store::{Store, StoreError};

/// How long a stop waits for what was begun. The unit's `TimeoutStopSec` is a little longer.
const LAST_ATTEMPTS: Duration = Duration::from_secs(10);

/// How long systemd waits for the first proof of every folder: a laptop without a network must
/// start, too. The unit's `TimeoutStartSec` is longer.
const FIRST_PROOFS: Duration = Duration::from_secs(15);

/// Why the daemon did not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The state folder cannot be used.
    #[error("the state folder {path}: {source}; {}", state_dir::remedy(.source))]
    StateFolder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another daemon works on the same state.
    #[error("another `sustained run` works on {0}: stop it, or use another state folder")]
    Locked(PathBuf),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The files beside it.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The engine ended.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Senders cannot be proved.
    #[error(transparent)]
    Dkim(#[from] DkimError),
    /// An outlet cannot be used.
    #[error(transparent)]
    Outlet(#[from] OutletError),
    /// A bug: the engine's thread ended in a panic.
    #[error("the engine stopped on an internal error; nothing that was committed is lost")]
    Panicked,
}

/// Runs until it is asked to stop. Who shows how everything is finds out in `shown` by what.
///
/// # Errors
/// If it cannot start, or what must survive cannot be written.
pub async fn run(
    config: Config,
    state_dir: &StateDir,
    format: Format,
    requests: &Requests,
    shown: &Shown,
) -> Result<(), DaemonError> {
    let mut daemon = Daemon::start(config, state_dir, format, shown.clone())?;
    daemon.serve(requests).await;
    daemon.stop().await
}

/// The engine on a thread of its own, and the word of its end.
fn set_to_work(
    engine: Engine,
    inputs: engine_channel::Receiver<Input>,
) -> (
    thread::JoinHandle<Result<(), EngineError>>,
    oneshot::Receiver<()>,
) {
    let (ended, engine_ended) = oneshot::channel();
    let thread = thread::spawn(move || {
        let result = engine.run(&inputs, Timestamp::now);
        // Nobody waits for it any more only if the daemon itself is gone.
        ended.send(()).ok();
        result
    });
    (thread, engine_ended)
}

/// Everything that runs.
struct Daemon {
    config_path: PathBuf,
    state_dir: PathBuf,
    format: Format,
    mailboxes: Mailboxes,
    expected: Expected,
    means: watch::Sender<Arc<Means>>,
    health: Health,
    /// systemd was told that the start is over.
    is_ready: bool,
    /// The configuration, while it is read anew.
    reading: JoinSet<Result<Prepared, String>>,
    /// What looks after the clock and systemd.
    around: JoinSet<()>,
    /// Scripts, and whether their time is over.
    scripts: JoinHandle<()>,
    is_over: watch::Sender<bool>,
    /// Whether everything is heard, and who tells it to a monitoring service.
    listening: watch::Sender<Listening>,
    heartbeat: JoinSet<()>,
    shown: watch::Sender<Option<View>>,
    at_work: JoinHandle<()>,
    inbox: engine_channel::Sender<Input>,
    engine: thread::JoinHandle<Result<(), EngineError>>,
    engine_ended: oneshot::Receiver<()>,
    /// The database is looked through, and this is found to be broken.
    look: Look,
    damage: Option<StoreError>,
}

impl Daemon {
    fn start(
        config: Config,
        state_dir: &StateDir,
        format: Format,
        Shown { view, backlogs }: Shown,
    ) -> Result<Self, DaemonError> {
        let state_dir = state_dir.path.clone();
        let store = Store::open(&database(&state_dir))?;
        let record = Record::open(&state_dir)?;
        let Prepared { config, means } = Prepared::of(config, format)?;
        let plans = Plan::all(&config);
        let folders: Vec<_> = plans.iter().flat_map(Plan::folders).collect();
        let resumed = plans.into_iter().map(|plan| Resumed::from(plan, &store));
        let resumed = resumed.collect::<Result<Vec<_>, _>>()?;
        let listening = watch::channel(Listening::Unproved).0;
        let health = Health::default();
        view.send_replace(View::of(&config, &folders, &listening));
        let settings = settings_of(&config, folders, &Expected::new(), &listening);
        let expected = settings.expected.clone();
        health.watch(&settings.watched, &settings.channel_names());
        files::allow_for(settings.watched.len());

        let (orders, given) = mpsc::unbounded_channel();
        let engine = Engine::start(store, record, settings, Some(orders), Timestamp::now())?;
        let (inbox, inputs) = engine_channel::channel();
        let (engine, engine_ended) = set_to_work(engine, inputs);
        let mut heartbeat = JoinSet::new();
        heartbeat.spawn(heartbeat::of(&config, &listening));
        let (means, in_force) = watch::channel(Arc::new(means));
        let (slept, _) = watch::channel(0);
        let mut around = JoinSet::new();
        around.spawn(clock::watch(slept.clone(), inbox.clone()));
        around.spawn(watchdog::feed(health.clone()));
        around.spawn(status_line::keep(health.clone()));
        around.spawn(view::keep(health.clone(), backlogs));
        let (is_over, over) = watch::channel(false);
        let scripts = tokio::spawn(socket::serve(socket(&state_dir), inbox.clone(), over));
        let work = carry_out(given, in_force.clone(), health.clone(), inbox.clone());
        let taker = Taker {
            inbox: inbox.clone(),
            means: in_force,
            health: health.clone(),
        };
        let mut mailboxes = Mailboxes::new(Sources::new(state_dir.clone()), taker, slept);
        mailboxes.start(resumed, &expected);
        info!(mailboxes = mailboxes.count(), "started");
        Ok(Self {
            look: Look::through(database(&state_dir)),
            damage: None,
            config_path: config.path,
            state_dir,
            format,
            mailboxes,
            expected,
            means,
            health,
            is_ready: false,
            reading: JoinSet::new(),
            around,
            scripts,
            is_over,
            listening,
            heartbeat,
            shown: view,
            at_work: tokio::spawn(work),
            inbox,
            engine,
            engine_ended,
        })
    }

    /// Does what is asked for until that is to stop, or the engine ends.
    async fn serve(&mut self, requests: &Requests) {
        let health = self.health.clone();
        let starting = timeout(FIRST_PROOFS, health.all_answered());
        tokio::pin!(starting);
        loop {
            tokio::select! {
                () = requests.for_stop() => return,
                _ = &mut self.engine_ended => return,
                damage = self.look.damage() => {
                    self.damage = Some(damage);
                    return;
                }
                // In time or not: what is still not heard, the status line says.
                _ = &mut starting, if !self.is_ready => {
                    self.is_ready = true;
                    self.health.ready();
                    tell(&[NotifyState::Ready]);
                }
                () = requests.for_reload(), if self.reading.is_empty() => self.read_anew(),
                Some(read) = self.reading.join_next() => self.finish_reload(read.ok()).await,
            }
        }
    }

    async fn stop(mut self) -> Result<(), DaemonError> {
        let deadline = Instant::now() + LAST_ATTEMPTS;
        self.around.shutdown().await;
        self.heartbeat.shutdown().await;
        tell(&[NotifyState::Stopping]);
        tell(&[NotifyState::Status("stopping: what has begun may end")]);
        let none = BTreeSet::new();
        self.mailboxes.stop_all_but(&none, &self.health).await;
        // If the engine is gone, both sends fail and the join below says why.
        drop(self.inbox.send(Input::Finish));
        self.is_over.send_replace(true);
        let last = async { tokio::join!(&mut self.at_work, &mut self.scripts) };
        if timeout_at(deadline, last).await.is_err() {
            // Ends the submission command, too, with everything it started.
            self.at_work.abort();
            self.scripts.abort();
            warn!("stopped while an attempt was under way: it will be reported as doubtful");
        }
        drop(self.inbox.send(Input::Stop));
        let result = self.engine.join().map_err(|_| DaemonError::Panicked)?;
        info!("stopped");
        match self.damage {
            Some(damage) => Err(damage.into()),
            None => Ok(result?),
        }
    }
}
