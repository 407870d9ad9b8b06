//! Puts the rooms together and keeps them running: start, stop, and what systemd is told.
//!
//! Sockets live on one thread; the engine has another. What connects them is a channel each way
//! with an answer, so nothing more is fetched before the last message is on disk. It decides
//! nothing about mail.
//!
//! Stop order: sources (nothing new), outlets (what was begun ends), engine (what ended is
//! written).

mod clock;
mod files;
mod heartbeat;
mod prover;
mod sources;
mod state_dir;
mod watchdog;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc as engine_channel;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use sd_notify::NotifyState;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::{info, warn};

use prover::Prover;
pub use sources::folders_of;
use sources::{Shared, Watched, paces, watched};
pub use state_dir::{StateDir, database};
use watchdog::Life;

use crate::case::effect::{EffectId, Order};
use crate::case::{CodePolicy, Policy};
use crate::config::Config;
use crate::dkim::DkimError;
use crate::engine::{Engine, EngineError, Input, Listening, Settings};
use crate::mail::{FolderRef, Wordings};
use crate::outlet::{Format, OutletError, Outlets};
use crate::record::{Record, RecordError};
use crate::source::Report;
use crate::store::{Proof, Store, StoreError};

/// How long a stop waits for what was begun beyond the submission's own limit.
const LAST_ATTEMPTS: Duration = Duration::from_secs(10);

/// A proof that comes by so much later than a sweep is long leaves a gap on record.
const GRACE: jiff::SignedDuration = jiff::SignedDuration::from_secs(30);

/// How long a code is good for where no submission step says otherwise.
const CODE_LIFETIME: jiff::SignedDuration = jiff::SignedDuration::from_mins(15);

/// Why the daemon did not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The state folder cannot be used.
    #[error("the state folder {path}: {source}; it must belong to the user that runs this program")]
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

/// Runs until `stop` is ready.
///
/// # Errors
/// If it cannot start, or what must survive cannot be written.
pub async fn run(
    config: &Config,
    state_dir: &StateDir,
    format: Format,
    stop: impl Future<Output = ()>,
) -> Result<(), DaemonError> {
    let store = Store::open(&database(&state_dir.path))?;
    let record = Record::open(&state_dir.path)?;
    let wordings = Arc::clone(&config.wordings);
    let prover = Arc::new(Prover::new(config)?);
    let outlets = Arc::new(Outlets::new(config, format)?);
    let watched = watched(config, &store)?;
    files::allow_for(watched.iter().flat_map(Watched::folders).count());

    let (orders, given) = mpsc::unbounded_channel();
    let (slept, _) = watch::channel(0);
    let settings = settings_of(config, &watched, wordings);
    let paces = paces(config, &settings, &slept);
    let heartbeat = heartbeat::of(config, &settings);
    let engine = Engine::start(store, record, settings, orders, Timestamp::now())?;
    let (inbox, inputs) = engine_channel::channel();
    let (ended, mut engine_ended) = oneshot::channel();
    let thread = thread::spawn(move || {
        let result = engine.run(&inputs, Timestamp::now);
        // Nobody waits for it any more only if the daemon itself is gone.
        ended.send(()).ok();
        result
    });
    let life = Life::new(watched.iter().flat_map(Watched::folders));
    let mut sources = JoinSet::new();
    let shared = Shared::of(config, &state_dir.path);
    for (mailbox, pace) in watched.into_iter().zip(paces) {
        for (folder, reports) in mailbox.reports {
            let (inbox, prover, life) = (inbox.clone(), Arc::clone(&prover), life.clone());
            sources.spawn(take_reports(folder, reports, inbox, prover, life));
        }
        sources.spawn(shared.source(mailbox.mailbox, mailbox.feeds, pace));
    }
    sources.spawn(clock::watch(slept, inbox.clone()));
    sources.spawn(heartbeat);
    let at_work = tokio::spawn(carry_out(given, outlets, prover, inbox.clone()));
    let fed = tokio::spawn(watchdog::feed(life));
    watchdog::tell(&[NotifyState::Ready]);
    info!(mailboxes = config.mailboxes.len(), "started");

    tokio::select! {
        () = stop => {}
        _ = &mut engine_ended => {}
    }
    watchdog::tell(&[NotifyState::Stopping]);
    fed.abort();
    sources.shutdown().await;
    // If the engine is gone, both sends fail and the join below says why.
    drop(inbox.send(Input::Finish));
    if timeout(longest_attempt(config), at_work).await.is_err() {
        warn!("stopped while an attempt was under way: it will be reported as doubtful");
    }
    drop(inbox.send(Input::Stop));
    let result = thread.join().map_err(|_| DaemonError::Panicked)?;
    info!("stopped");
    Ok(result?)
}

fn longest_attempt(config: &Config) -> Duration {
    let step = config
        .submission
        .as_ref()
        .map(|submission| submission.timeout);
    let step = step
        .and_then(|limit| Duration::try_from(limit).ok())
        .unwrap_or_default();
    step + LAST_ATTEMPTS
}

fn settings_of(config: &Config, watched: &[Watched], wordings: Arc<Wordings>) -> Settings {
    let submission = config.submission.as_ref();
    let policies: BTreeMap<_, _> = config
        .mailboxes
        .iter()
        .map(|mailbox| {
            let policy = Policy {
                accounts: mailbox.accounts.clone(),
                codes: submission.map_or(CodePolicy::TellThePerson, |_| CodePolicy::HandOver),
                code_lifetime: submission.map_or(CODE_LIFETIME, |step| step.code_lifetime),
            };
            (mailbox.name.clone(), policy)
        })
        .collect();
    Settings {
        policies,
        channels: config
            .alerts
            .iter()
            .map(|channel| channel.name.clone())
            .collect(),
        watched: watched.iter().flat_map(Watched::folders).collect(),
        deaf_after: config.watch.deaf_after,
        gap_after: config.watch.sweep + GRACE,
        expected: config
            .mailboxes
            .iter()
            .map(|mailbox| (mailbox.name.clone(), watch::channel(None).0))
            .collect(),
        listening: watch::channel(Listening::Unproved).0,
        wordings,
    }
}

/// Hands a source's reports to the engine, each message with the verdict on its sender.
async fn take_reports(
    folder: FolderRef,
    mut reports: mpsc::Receiver<Report>,
    inbox: engine_channel::Sender<Input>,
    prover: Arc<Prover>,
    life: Life,
) {
    while let Some(report) = reports.recv().await {
        life.sign(&folder);
        let folder = folder.clone();
        let input = match report {
            Report::Arrival {
                arrival,
                after,
                taken,
            } => {
                let authenticity = prover.prove(&folder.mailbox, &arrival).await;
                Input::Arrival {
                    folder,
                    arrival,
                    authenticity,
                    after,
                    taken,
                }
            }
            Report::Heard {
                cursor,
                at,
                missed,
                taken,
            } => Input::Heard {
                folder,
                proof: Proof {
                    cursor,
                    at,
                    missed: u32::from(missed),
                },
                taken,
            },
            Report::Unheard { why, needs_person } => Input::Unheard {
                folder,
                why,
                needs_person,
            },
            Report::Absent => Input::Absent { folder },
        };
        if inbox.send(input).is_err() {
            return;
        }
    }
}

/// Carries orders out, each in a task of its own, until no more are given and the last has ended.
async fn carry_out(
    mut given: mpsc::UnboundedReceiver<(EffectId, Order)>,
    outlets: Arc<Outlets>,
    prover: Arc<Prover>,
    inbox: engine_channel::Sender<Input>,
) {
    let mut attempts = JoinSet::new();
    loop {
        tokio::select! {
            order = given.recv() => match order {
                Some((effect, order)) => {
                    let (outlets, prover) = (Arc::clone(&outlets), Arc::clone(&prover));
                    let inbox = inbox.clone();
                    attempts.spawn(async move {
                        let input = match order {
                            Order::Prove(proving) => Input::Examined {
                                effect,
                                authenticity: prover.prove_again(&proving).await,
                            },
                            Order::Submit(submission) => Input::Attempted {
                                effect,
                                attempt: outlets.submit(submission).await,
                            },
                            Order::Alert(alert) => Input::Attempted {
                                effect,
                                attempt: outlets.tell(alert).await,
                            },
                        };
                        // Without an engine the attempt stays `started`, hence doubtful.
                        drop(inbox.send(input));
                    });
                }
                None => break,
            },
            Some(_) = attempts.join_next() => {}
        }
    }
    while attempts.join_next().await.is_some() {}
}
