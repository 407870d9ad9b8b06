//! The decision log and the evidence as files: `decisions.jsonl` and `evidence/`.
//!
//! Both are copies, written from the event table after the commit and brought up to date at every
//! start; the table is the truth. What was written last stands in `decisions.head`, so that the
//! chain goes on in a new file where the old one was rotated away. It does not decide what is worth
//! recording: every event is.
//!
//! SECURITY: it writes below the state folder, readable by its owner only. A line holds names,
//! digests and words of our own tables, never text of a mail and never a code; the bytes of a
//! code mail are no evidence and are not copied. Pictures of pages come from whoever sees to it
//! that no code is on them.

mod chain;
mod entries;
mod evidence;
mod head;
mod line;
mod rotated;
mod screenshot;
mod tail;
mod verify;
mod whole;

use std::io;
use std::path::{Path, PathBuf};

use crate::store::{EventRow, Store, StoreError};

use chain::{Chain, digest_of};
use evidence::Evidence;
use line::evidence_of;

pub use chain::Link;
pub use entries::{Entries, Entry};
pub use evidence::verdict_of;
pub use line::{line_of, type_name};
pub use rotated::files;
pub use screenshot::{keep_screenshot, screenshot_of};
pub use verify::{Verified, verify};

/// How many events are read and written at once: a log may have a million.
const PAGE: u32 = 200;

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
    /// A file does not end with what this program wrote.
    #[error(
        "{path} is not as this program left it: restore it, or move every decisions.* away, and \
         the log is written anew from the database"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The log knows events that the database does not have.
    #[error(
        "{path} goes up to event {last}, which the database does not have: it belongs to another \
         database; move every decisions.* away, and the log is written anew from this one"
    )]
    Ahead {
        /// The file.
        path: PathBuf,
        /// The last event in it.
        last: i64,
    },
    /// The event table cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RecordError {
    fn io(path: &Path, source: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            source,
        }
    }

    fn broken(path: &Path, line: usize, why: impl Into<String>) -> Self {
        Self::Broken {
            path: path.to_owned(),
            line,
            why: why.into(),
        }
    }
}

/// The decision log in a state folder.
#[must_use]
pub fn log_in(state_dir: &Path) -> PathBuf {
    state_dir.join("decisions.jsonl")
}

/// Whether a program ever wrote the log at `path`, wherever its files are now.
#[must_use]
pub fn was_written(path: &Path) -> bool {
    head::path_of(path).exists()
}

/// The files in one state folder.
#[derive(Debug)]
pub struct Record {
    chain: Chain,
    evidence: Evidence,
}

/// Some lines that follow each other, and the last of them.
struct Lines {
    text: String,
    last: Link,
}

impl Record {
    /// Opens or makes the files in `state_dir`. A last line that a crash cut off is taken away: its
    /// event is still in the table and is written again.
    ///
    /// # Errors
    /// If a file cannot be opened, or the last line is not one that this program wrote.
    pub fn open(state_dir: &Path) -> Result<Self, RecordError> {
        Ok(Self {
            evidence: Evidence::open(state_dir.join("evidence"))?,
            chain: Chain::open(log_in(state_dir))?,
        })
    }

    /// Writes every event that the files do not hold yet, and has them on disk. It may be called
    /// again after any error.
    ///
    /// # Errors
    /// If the table cannot be read or a file not be written; what is missing is written next time.
    pub fn catch_up(&mut self, store: &Store) -> Result<(), RecordError> {
        loop {
            self.chain.write_head()?;
            let end = self.chain.end();
            // The last event that was written comes first: it must be there.
            let mut rows = store.events_from(end.seq, PAGE)?;
            if end.seq > 0 {
                if rows.first().is_none_or(|row| row.id != end.seq) {
                    return Err(RecordError::Ahead {
                        path: self.chain.path().to_owned(),
                        last: end.seq,
                    });
                }
                rows.remove(0);
            }
            if rows.is_empty() {
                return Ok(());
            }
            let lines = self.lines_of(&rows, store, &end)?;
            self.chain.append(&end, &lines.text, lines.last)?;
        }
    }

    /// The lines of some events, whose evidence is on disk when they are written.
    fn lines_of(
        &self,
        rows: &[EventRow],
        store: &Store,
        after: &Link,
    ) -> Result<Lines, RecordError> {
        let mut lines = Lines {
            text: String::new(),
            last: after.clone(),
        };
        let mut names_evidence = false;
        for row in rows {
            let keys = match row.event.message() {
                Some(digest) => store.keys_of(digest)?,
                None => vec![],
            };
            let kept = match evidence_of(&row.event) {
                Some(digest) => Some((digest, store.message(digest)?)),
                None => None,
            };
            let taken_at = kept.as_ref().map(|(_, message)| message.taken_at);
            let line = line_of(row, &keys, taken_at, &lines.last.sha256);
            if let Some((digest, message)) = kept {
                self.evidence.keep(digest, &message.raw, &keys, &line)?;
                names_evidence = true;
            }
            lines.last = Link {
                seq: row.id,
                sha256: digest_of(line.as_bytes()),
            };
            lines.text.push_str(&line);
            lines.text.push('\n');
        }
        if names_evidence {
            self.evidence.sync()?;
        }
        Ok(lines)
    }
}
