//! The decision log and the evidence as files: `decisions.jsonl` and `evidence/<sha256>.eml`, with
//! the keys that prove it in a `.toml` beside.
//!
//! Both are copies, written from the event table after the commit and brought up to date at every
//! start; the table is the truth. It does not decide what is worth recording: every event is.
//!
//! SECURITY: it writes below the state folder, readable by its owner only. A line holds names,
//! digests and words of our own tables, never text of a mail and never a code; the bytes of a
//! code mail are no evidence and are not copied.

mod chain;
mod evidence;
mod line;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::store::{Store, StoreError};

use chain::{BEFORE_THE_FIRST, cut_torn_tail, digest_of, sequence_of};
use evidence::pinned;
use line::evidence_of;

pub use chain::verify;
pub use line::{line_of, type_name};

/// Trouble with the files.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A file cannot be read or written.
    #[error("{path}: {source}; free some space or make the state folder writable")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A line was changed, removed or put in.
    #[error("{path}, line {line}: {why}")]
    Broken {
        /// The file.
        path: PathBuf,
        /// The line, counted from one.
        line: usize,
        /// What does not fit.
        why: String,
    },
    /// The event table cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The files in one state folder.
#[derive(Debug)]
pub struct Record {
    path: PathBuf,
    evidence: PathBuf,
    file: File,
    last_event: i64,
    last_line: String,
}

impl Record {
    /// Opens or makes the files in `state_dir`. A last line that a crash cut off is taken away: its
    /// event is still in the table and is written again.
    ///
    /// # Errors
    /// If a file cannot be opened, or the last line is not one that this program wrote.
    pub fn open(state_dir: &Path) -> Result<Self, RecordError> {
        let path = state_dir.join("decisions.jsonl");
        let evidence = state_dir.join("evidence");
        let io = |source| RecordError::Io {
            path: path.clone(),
            source,
        };
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&evidence)
            .map_err(|source| RecordError::Io {
                path: evidence.clone(),
                source,
            })?;
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&path)
            .map_err(io)?;
        let last = cut_torn_tail(&mut file).map_err(io)?;
        let (last_event, last_line) = match last {
            None => (0, BEFORE_THE_FIRST.to_owned()),
            Some((number, line)) => {
                let seq = sequence_of(&line).ok_or_else(|| RecordError::Broken {
                    path: path.clone(),
                    line: number,
                    why: "it is not a line of the decision log".to_owned(),
                })?;
                (seq, digest_of(&line))
            }
        };
        Ok(Self {
            path,
            evidence,
            file,
            last_event,
            last_line,
        })
    }

    /// Writes every event that the files do not hold yet.
    ///
    /// # Errors
    /// If the table cannot be read or a file not be written; what is missing is written next time.
    pub fn catch_up(&mut self, store: &Store) -> Result<(), RecordError> {
        for row in store.events_after(self.last_event)? {
            let keys = match row.event.message() {
                Some(digest) => store.keys_of(digest)?,
                None => vec![],
            };
            if let Some(digest) = evidence_of(&row.event) {
                self.keep(&format!("{digest}.eml"), &store.message(digest)?.raw)?;
                if !keys.is_empty() {
                    self.keep(&format!("{digest}.toml"), pinned(&keys).as_bytes())?;
                }
            }
            let line = line_of(&row, &keys, &self.last_line);
            let io = |source| RecordError::Io {
                path: self.path.clone(),
                source,
            };
            self.file
                .write_all(format!("{line}\n").as_bytes())
                .map_err(io)?;
            self.last_event = row.id;
            self.last_line = digest_of(&line);
        }
        Ok(())
    }

    fn keep(&self, name: &str, bytes: &[u8]) -> Result<(), RecordError> {
        let path = self.evidence.join(name);
        let io = |source| RecordError::Io {
            path: path.clone(),
            source,
        };
        if path.exists() {
            return Ok(());
        }
        // Renamed into place: a file under its final name is always whole.
        let half = self.evidence.join(format!("{name}.part"));
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&half)
            .map_err(io)?;
        file.write_all(bytes)
            .and_then(|()| file.sync_all())
            .map_err(io)?;
        fs::rename(&half, &path).map_err(io)
    }
}
