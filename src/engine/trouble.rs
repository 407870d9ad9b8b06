//! Trouble that may pass: a disk that is full, read-only or failing, a database that is held.
//!
//! It ends nothing. It is told once, the step that met it is taken again after a pause, and what
//! nobody would bring again waits in memory meanwhile: how an attempt went, above all. Nothing
//! begins before what waits is written. It does not know what a step is for.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tracing::{error, info};

use crate::mail::FolderRef;
use crate::record::RecordError;
use crate::store::StoreError;

use super::{Armed, Engine, EngineError, Input};

/// Somebody who frees some space should not wait for long, and a disk that is full is not made
/// better by knocking.
const PAUSE: Duration = Duration::from_secs(3);

/// Trouble with one thing that is written to.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    /// What was said of it; nothing where all is well.
    told: Vec<String>,
    /// Not before this is it tried again.
    again_at: Option<Instant>,
    /// When it began; kept until somebody has asked how long it lasted.
    since: Option<Instant>,
}

impl Trouble {
    pub(super) fn is_there(&self) -> bool {
        !self.told.is_empty()
    }

    /// What was said of it last, while it is there.
    pub(super) fn why(&self) -> Option<&str> {
        self.told.last().map(String::as_str)
    }

    /// How long it has lasted by now, or did last if nobody has asked since it ended.
    pub(super) fn lasted(&self) -> SignedDuration {
        let lasted = self.since.map_or(Duration::ZERO, |since| since.elapsed());
        SignedDuration::try_from(lasted).unwrap_or(SignedDuration::MAX)
    }

    /// How long it lasted, once after its end.
    pub(super) fn take_ended(&mut self) -> Option<SignedDuration> {
        let lasted = self.lasted();
        let has_ended = !self.is_there() && self.since.take().is_some();
        has_ended.then_some(lasted)
    }

    fn is_waiting(&self) -> bool {
        self.again_at.is_some_and(|at| Instant::now() < at)
    }

    /// The same trouble again is no news. One disk can be two troubles in turn: writing to it and
    /// opening a file on it.
    fn met(&mut self, why: String) {
        self.again_at = Some(Instant::now() + PAUSE);
        self.since.get_or_insert_with(Instant::now);
        if !self.told.contains(&why) {
            error!("{why}; trying again until it can be written");
            self.told.push(why);
        }
    }

    fn is_over(&mut self, what: &str) {
        self.again_at = None;
        if !std::mem::take(&mut self.told).is_empty() {
            info!("{what} can be written again: the trouble is over");
        }
    }
}

impl Engine {
    /// Takes a step, unless trouble stands in its way that may pass: then `None`, nothing was
    /// written, and the same step has to be taken again.
    ///
    /// # Errors
    /// If waiting does not help.
    pub(super) fn attempt<T>(
        &mut self,
        step: impl FnOnce(&mut Self) -> Result<T, EngineError>,
    ) -> Result<Option<T>, EngineError> {
        let before = self.store.rows_written();
        match step(self) {
            Ok(done) => {
                // Only what was written shows that writing is possible.
                if self.store.rows_written() > before {
                    self.trouble.is_over("the database");
                }
                Ok(Some(done))
            }
            Err(EngineError::Store(StoreError::Busy(why))) => {
                let path = self.store.path().display();
                self.trouble.met(format!("cannot write {path}: {why}"));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether nothing is to be tried for now.
    pub(super) fn is_waiting(&self) -> bool {
        self.trouble.is_waiting()
    }

    /// Takes an input, or puts it by until it can be taken.
    pub(super) fn take_or_keep(&mut self, input: Input, now: Timestamp) -> Result<(), EngineError> {
        // What waits goes first: an end that overtakes its beginning would be forgotten.
        let must_wait = self.is_waiting() || !self.kept.is_empty();
        if must_wait && !self.needs_no_disk(&input) {
            self.keep(input);
            return Ok(());
        }
        match self.attempt(|engine| engine.take(&input, now))? {
            Some(()) => input.answer(),
            None => self.keep(input),
        }
        Ok(())
    }

    fn keep(&mut self, input: Input) {
        if let Input::Arm { armed, .. } = input {
            let why = self.trouble.why().unwrap_or_default();
            // Who armed may have gone.
            armed.send(Armed::NotNow(why.to_owned())).ok();
            return;
        }
        // What stands in a folder's way is a state: the last word counts.
        if input.is_obstacle() {
            let is_older = |kept: &Input| kept.is_obstacle() && kept.folder() == input.folder();
            self.kept.retain(|kept| !is_older(kept));
        }
        self.kept.push_back(input);
    }

    /// Whether taking it writes nothing. A folder in which nothing is new goes on being heard: a
    /// disk that is full is no reason to sign in again everywhere.
    fn needs_no_disk(&self, input: &Input) -> bool {
        let is_in_order = |folder| !self.kept.iter().any(|kept| kept.folder() == Some(folder));
        match input {
            Input::Heard { folder, proof, .. } => {
                is_in_order(folder) && self.is_as_before(folder, *proof)
            }
            Input::Unheard {
                folder,
                needs_person: false,
                ..
            } => is_in_order(folder),
            Input::Attempted { effect, .. } => effect.is_unrecorded(),
            Input::Unproved { .. }
            | Input::ClockSet { .. }
            | Input::Slept { .. }
            | Input::Finish
            | Input::Stop => true,
            _ => false,
        }
    }

    /// After the pause: connects anew and takes what was put by, in its order. If that is not yet
    /// possible, what somebody brings again is let go of unanswered; the rest is one report of
    /// each outlet at work and one of each folder.
    pub(super) fn try_again(&mut self, now: Timestamp) -> Result<(), EngineError> {
        let nothing_waits = self.trouble.again_at.is_none() && self.kept.is_empty();
        if nothing_waits || self.is_waiting() {
            return Ok(());
        }
        self.trouble.again_at = None;
        let mut can_write = self.attempt(|engine| Ok(engine.store.reopen()?))?.is_some();
        // Rows are counted by each connection for itself.
        self.look = None;
        while can_write && let Some(input) = self.kept.pop_front() {
            can_write = self.attempt(|engine| engine.take(&input, now))?.is_some();
            if can_write {
                input.answer();
            } else {
                self.kept.push_front(input);
            }
        }
        if !can_write {
            self.kept.retain(|input| !input.is_brought_again());
        }
        Ok(())
    }

    /// The last thing the engine does: writes what waits, if that is possible at all.
    ///
    /// # Errors
    /// If it is not. Attempts whose end is not written are doubtful at the next start.
    pub(super) fn end(&mut self, now: Timestamp) -> Result<(), EngineError> {
        if self.trouble.is_there() {
            self.store.reopen()?;
        }
        while let Some(input) = self.kept.pop_front() {
            self.take(&input, now)?;
            input.answer();
        }
        self.write_proofs()?;
        // There is no later time to wait for.
        self.copying.again_at = None;
        self.copy()
    }

    /// Brings the files up to date. They are copies of what is committed: their trouble is told and
    /// holds nothing up.
    pub(super) fn copy(&mut self) -> Result<(), EngineError> {
        if self.copying.is_waiting() {
            return Ok(());
        }
        match self.record.catch_up(&self.store) {
            Ok(()) => {
                self.copying.is_over("the decision log");
                Ok(())
            }
            Err(error @ RecordError::Io { .. }) => {
                self.copying.met(format!("cannot write {error}"));
                Ok(())
            }
            Err(RecordError::Store(error)) => Err(error.into()),
            // Waiting mends no file that somebody changed.
            Err(error) => Err(error.into()),
        }
    }
}

impl Input {
    /// Whoever waits for it learns that it is on disk.
    fn answer(self) {
        if let Self::Arrival { taken, .. } | Self::Heard { taken, .. } = self {
            // The watcher may have gone; what it waited for is on disk all the same.
            taken.send(()).ok();
        }
    }

    /// Whether it comes again by itself if nobody answers.
    fn is_brought_again(&self) -> bool {
        matches!(self, Self::Arrival { .. } | Self::Heard { .. })
    }

    /// The folder that it is about, if it is a report of a source.
    fn folder(&self) -> Option<&FolderRef> {
        match self {
            Self::Arrival { folder, .. }
            | Self::Heard { folder, .. }
            | Self::Unheard { folder, .. }
            | Self::Absent { folder } => Some(folder),
            _ => None,
        }
    }

    /// Whether it says that a folder cannot be heard.
    fn is_obstacle(&self) -> bool {
        matches!(self, Self::Unheard { .. } | Self::Absent { .. })
    }
}
