//! The configuration, read anew while everything runs.
//!
//! It is read and checked as a whole first: one that is wrong changes nothing. Of one that is
//! right the difference is applied. What does not change: the state folder, the file that is read,
//! and the form of the output. SECURITY: what is refused goes to the log with the words that the
//! start would have used, which show no secret.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use sd_notify::NotifyState;
use tracing::{error, info};

use crate::config::{self, Config, ConfigError};
use crate::engine::Input;
use crate::mail::MailboxName;
use crate::outlet::{Format, Outlets};
use crate::store::{Store, StoreError};

use super::attempts::Means;
use super::mailboxes::Resumed;
use super::plan::Plan;
use super::prover::Prover;
use super::settings::settings_of;
use super::state_dir::database;
use super::view::View;
use super::watchdog::tell;
use super::{Daemon, DaemonError, files, heartbeat};

/// A configuration that can be run on, with what was made of it. Nothing is acted on yet.
pub(super) struct Prepared {
    pub(super) config: Config,
    pub(super) means: Means,
}

impl Prepared {
    /// Makes of `config` what can fail.
    pub(super) fn of(config: Config, format: Format) -> Result<Self, DaemonError> {
        let prover = Prover::new(&config)?;
        let outlets = Outlets::new(&config, format)?;
        let means = Means { prover, outlets };
        Ok(Self { config, means })
    }

    /// Reads the configuration at `path`, or says the first thing that is wrong.
    pub(super) fn read(path: &Path, format: Format) -> Result<Self, String> {
        let config = config::load(path).map_err(|error| first_problem(&error))?;
        Self::of(config, format).map_err(|error| error.to_string())
    }
}

/// A log line is for one problem; `sustained check` shows them all.
fn first_problem(error: &ConfigError) -> String {
    let ConfigError::Invalid { path, problems, .. } = error else {
        return error.to_string();
    };
    let [first, others @ ..] = problems.as_slice() else {
        return error.to_string();
    };
    // The number stands before the words, which may be cut where they are shown.
    let more = match others.len() {
        0 => String::new(),
        count => format!(", and {count} more"),
    };
    format!(
        "line {}, column {} of {}{more}: {}",
        first.line(),
        first.column(),
        path.display(),
        first.in_short()
    )
}

impl Daemon {
    /// Begins to read the configuration anew.
    pub(super) fn read_anew(&mut self) {
        // At the start systemd waits for the first proofs and nothing else.
        if self.is_ready {
            match NotifyState::monotonic_usec_now() {
                Ok(now) => tell(&[NotifyState::Reloading, now]),
                Err(_) => tell(&[NotifyState::Reloading]),
            }
        }
        let (path, format) = (self.config_path.clone(), self.format);
        self.reading
            .spawn_blocking(move || Prepared::read(&path, format));
    }

    /// The configuration was read: takes it on, or keeps the one there is.
    pub(super) async fn finish_reload(&mut self, read: Option<Result<Prepared, String>>) {
        let internal = || Err("reading it ended on an internal error".to_owned());
        let refused = match read.unwrap_or_else(internal) {
            Ok(prepared) => {
                let taken_on = self.take_on(prepared).await;
                taken_on.err().map(|error| error.to_string())
            }
            Err(why) => Some(why),
        };
        self.health.refuse(refused.is_some());
        if let Some(why) = refused {
            error!(
                file = %self.config_path.display(),
                "configuration refused at reload, still running with the old one: {why}"
            );
            // Without an engine the daemon is about to end.
            drop(self.inbox.send(Input::Refused { why }));
        }
        if self.is_ready {
            tell(&[NotifyState::Ready]);
        }
    }

    /// Applies the difference. If it fails, nothing has changed.
    async fn take_on(&mut self, prepared: Prepared) -> Result<(), StoreError> {
        let Prepared { config, means } = prepared;
        let plans = Plan::all(&config);
        let folders: Vec<_> = plans.iter().flat_map(Plan::folders).collect();
        let goes_on = |plan: &Plan| self.mailboxes.go_by(plan, &self.health);
        let (kept, fresh): (Vec<Plan>, Vec<Plan>) = plans.into_iter().partition(goes_on);
        // What a source reported last may not be in the store yet. Then some is read twice, and
        // what was read twice is known by its content.
        let store = Store::open_for_reading(&database(&self.state_dir))?;
        let resumed = fresh.into_iter().map(|plan| Resumed::from(plan, &store));
        let resumed = resumed.collect::<Result<Vec<_>, _>>()?;

        let before = self.mailboxes.count();
        let kept: BTreeSet<MailboxName> = kept.into_iter().map(|plan| plan.name).collect();
        let (started, stopped) = (resumed.len(), before - kept.len());
        self.mailboxes.stop_all_but(&kept, &self.health).await;
        let view = View::of(&config, &folders, &self.listening);
        let settings = settings_of(&config, folders, &self.expected, &self.listening);
        self.expected = settings.expected.clone();
        self.health
            .watch(&settings.watched, &settings.channel_names());
        files::allow_for(settings.watched.len());
        self.means.send_replace(Arc::new(means));
        self.heartbeat.shutdown().await;
        self.heartbeat
            .spawn(heartbeat::of(&config, &self.listening));
        self.shown.send_replace(view);
        // Without an engine the daemon is about to end.
        drop(self.inbox.send(Input::Configure(settings)));
        self.mailboxes.start(resumed, &self.expected);
        info!(
            kept = kept.len(),
            stopped, started, "configuration reloaded"
        );
        Ok(())
    }
}
