//! `sustained log verify`: whether the log is as it was written, and its evidence with it.
//!
//! It reads files, and the database beside a log; it asks nobody and writes nothing.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::super::exit::{Exit, Stopped};
use super::super::print::{self, Form};
use super::super::{Globals, state_dir};
use super::proof::{Proofs, Prover};
use super::unreadable;
use crate::daemon::{StateDir, database};
use crate::mail::plain_sentence;
use crate::record::{self, Entries, RecordError, Verified};
use crate::store::Store;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Logs in the order that they were written in, rotated ones first [default: the log of the
    /// state folder and the rotated files beside it]
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Check the kept messages, too: each is there, unchanged, and proved by its keys; asks nobody
    #[arg(long)]
    evidence: bool,
}

/// What does not hold, and where.
#[derive(Debug, Serialize)]
pub(super) struct Failure {
    pub(super) file: PathBuf,
    pub(super) line: usize,
    pub(super) why: String,
}

impl Failure {
    fn sentence(&self) -> String {
        let Self { file, line, why } = self;
        plain_sentence(&format!("{}, line {line}: {why}", file.display()))
    }
}

/// The answer.
#[derive(Debug, Serialize)]
struct Answer {
    intact: bool,
    /// `None` if the chain is broken.
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<usize>,
    /// The number of the first event, if what came before it is not at hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    begins_at: Option<i64>,
    /// How many kept messages were looked at; `None` if that was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<usize>,
    /// The first failure in one sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failures: Vec<Failure>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

pub(super) fn verify(
    globals: &Globals,
    arguments: &Arguments,
    file: Option<&Path>,
) -> Result<Exit, Stopped> {
    let (files, log) = files(arguments, file)?;
    let mut answer = Answer {
        intact: false,
        lines: None,
        begins_at: None,
        evidence: None,
        why: None,
        failures: vec![],
        notes: vec![],
    };
    match record::verify(&files, &log) {
        Ok(verified) => answer.take_chain(&verified, &log)?,
        Err(error) => answer.take_error(error)?,
    }
    if arguments.evidence {
        let proofs = proofs(globals, &files)?;
        answer.evidence = Some(proofs.checked);
        answer.failures.extend(proofs.failures);
        answer.notes.extend(proofs.notes);
    }
    answer.intact = answer.failures.is_empty();
    answer.why = answer.failures.first().map(Failure::sentence);
    answer.show(globals.form())
}

/// The files that are asked for, else those of the state folder; and the log that they belong to.
fn files(arguments: &Arguments, file: Option<&Path>) -> Result<(Vec<PathBuf>, PathBuf), Stopped> {
    if let Some(last) = arguments.files.last() {
        return Ok((arguments.files.clone(), last.clone()));
    }
    if let Some(file) = file {
        return Ok((vec![file.to_owned()], file.to_owned()));
    }
    let log = record::log_in(&state_dir()?);
    let files = record::files(&log).map_err(|error| unreadable(&log, &error))?;
    if files.is_empty() && !record::was_written(&log) {
        let why = format!("{} is not there; nothing was recorded yet?", log.display());
        return Err(Stopped::new(Exit::Unavailable, why));
    }
    Ok((files, log))
}

fn proofs(globals: &Globals, files: &[PathBuf]) -> Result<Proofs, Stopped> {
    let mut prover = Prover::new(globals)?;
    for entry in Entries::of(files) {
        match entry {
            Ok(entry) => prover.check(&entry),
            // Named as a break of the chain.
            Err(RecordError::Broken { .. }) => {}
            Err(error) => return Err(Stopped::new(Exit::Unavailable, error)),
        }
    }
    Ok(prover.into_proofs())
}

impl Answer {
    fn take_error(&mut self, error: RecordError) -> Result<(), Stopped> {
        let RecordError::Broken { path, line, why } = error else {
            return Err(Stopped::new(Exit::Unavailable, error));
        };
        self.failures.push(Failure {
            file: path,
            line,
            why,
        });
        Ok(())
    }

    fn take_chain(&mut self, verified: &Verified, log: &Path) -> Result<(), Stopped> {
        self.lines = Some(verified.lines);
        self.begins_at = verified.first.filter(|first| *first > 1);
        if let Some(first) = self.begins_at {
            self.notes.push(format!(
                "begins at event {first}: verify it together with the file before"
            ));
        }
        let state = log.parent().unwrap_or(Path::new("."));
        let is_running = StateDir::is_held(state);
        if let Some(line) = verified.torn.filter(|_| !is_running) {
            self.failures.push(Failure {
                file: log.to_owned(),
                line,
                why: "it is cut off; if a crash did that, `sustained run` writes it again".into(),
            });
        }
        let is_log_of_state = log == record::log_in(state);
        if is_log_of_state && !is_running && database(state).exists() {
            self.compare_with_database(verified, log, &database(state))?;
        }
        let is_written_to = log.extension().is_some_and(|end| end == "jsonl");
        if is_written_to && verified.head.is_none() && verified.lines > 0 {
            let why = "there is no decisions.head beside it: lines cut off at its end, and a \
                       change of its last line, would not be seen";
            self.notes.push(why.to_owned());
        }
        Ok(())
    }

    /// What the database has beyond the end: not written yet, or cut off.
    fn compare_with_database(
        &mut self,
        verified: &Verified,
        log: &Path,
        database: &Path,
    ) -> Result<(), Stopped> {
        let newest = Store::open_for_reading(database).and_then(|store| store.newest_event());
        let newest = newest.map_err(|error| Stopped::new(Exit::Unavailable, error))?;
        let last = verified.last.as_ref().map_or(0, |last| last.seq);
        if newest > last && verified.head.is_some() {
            let why =
                format!("the database goes on to event {newest}: `sustained run` writes the rest");
            self.notes.push(why);
        } else if newest > last {
            let why = format!(
                "lines are missing after event {last}: the database goes on to event {newest}"
            );
            self.failures.push(Failure {
                file: log.to_owned(),
                line: verified.lines + 1,
                why,
            });
        }
        Ok(())
    }

    fn show(&self, form: Form) -> Result<Exit, Stopped> {
        if form == Form::Json {
            print::object(self)?;
        } else {
            for note in &self.notes {
                print::line(&plain_sentence(&format!("note: {note}")))?;
            }
            if let Some(checked) = self.evidence {
                print::line(&format!("evidence: {checked} messages checked"))?;
            }
            if let Some(lines) = self.lines.filter(|_| self.intact) {
                print::line(&format!("intact: {lines} lines, each names the one before"))?;
            }
        }
        for failure in &self.failures {
            print::talk(&format!("sustained: {}", failure.sentence()));
        }
        Ok(if self.intact {
            Exit::Done
        } else {
            Exit::BadData
        })
    }
}
