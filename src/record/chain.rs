//! `decisions.jsonl`, as it is written: each line names the one before it.
//!
//! The file may be moved away, deleted or cut while it is open; the chain goes on in a new one. It
//! does not know what a line says.
//!
//! SECURITY: it never builds on half a line, and never cuts off a whole one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tracing::warn;

use super::{RecordError, head, rotated, tail, whole};

/// `prev` of the first line.
pub(super) const BEFORE_THE_FIRST: &str =
    "0000000000000000000000000000000000000000000000000000000000000000";

/// A line, as the next one names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The number of its event.
    pub seq: i64,
    /// The SHA-256 of its bytes without the line's end, in hex.
    pub sha256: String,
}

impl Link {
    /// The link that a line is; `None` if it is no line of a decision log.
    pub(super) fn of(line: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Numbered {
            seq: i64,
        }
        let Numbered { seq } = serde_json::from_slice(line).ok()?;
        Some(Self {
            seq,
            sha256: digest_of(line),
        })
    }
}

/// The SHA-256 of a line, as the next one names it.
pub(super) fn digest_of(line: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(line))
}

/// The open file, and how long it was when it was last looked at.
#[derive(Debug)]
struct Open {
    file: File,
    length: u64,
}

/// The end of the chain, where lines are added.
#[derive(Debug)]
pub(super) struct Chain {
    path: PathBuf,
    /// `None` until the file is opened anew.
    open: Option<Open>,
    /// The last line that is on disk.
    last: Option<Link>,
    /// What `decisions.head` says.
    head: Option<Link>,
}

impl Chain {
    /// Finds the end of the chain of the log at `path`; makes the file if need be.
    pub fn open(path: PathBuf) -> Result<Self, RecordError> {
        let head = head::read(&path).map_err(|source| {
            let path = head::path_of(&path);
            match source.kind() {
                io::ErrorKind::InvalidData => RecordError::Foreign { path },
                _ => RecordError::io(&path, source),
            }
        })?;
        let mut chain = Self {
            path,
            open: None,
            last: head.clone(),
            head,
        };
        chain.open = Some(chain.reopen()?);
        Ok(chain)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the next line follows.
    pub fn end(&self) -> Link {
        self.last.clone().unwrap_or_else(|| Link {
            seq: 0,
            sha256: BEFORE_THE_FIRST.to_owned(),
        })
    }

    /// Adds whole lines that follow `after`, the last of which is `last`, and has them on disk.
    ///
    /// It adds none if the chain does not end there any more, or if somebody deletes the file
    /// meanwhile: the caller looks at [`Self::end`] again.
    pub fn append(&mut self, after: &Link, lines: &str, last: Link) -> Result<(), RecordError> {
        // Taken out: after an error the file is looked at anew.
        let open = match self.open.take() {
            Some(open) if self.is_in_place(&open)? => open,
            _ => self.reopen()?,
        };
        if self.end() != *after {
            self.open = Some(open);
            return Ok(());
        }
        let Open { file, length } = open;
        let names =
            write_through(&file, lines.as_bytes()).inspect_err(|_| take_back(&file, length));
        if names.map_err(|source| RecordError::io(&self.path, source))? == 0 {
            return Ok(());
        }
        self.last = Some(last);
        self.open = Some(Open {
            file,
            length: length + lines.len() as u64,
        });
        self.write_head()
    }

    /// Brings `decisions.head` up to date.
    pub fn write_head(&mut self) -> Result<(), RecordError> {
        let Some(last) = self.last.as_ref().filter(|_| self.last != self.head) else {
            return Ok(());
        };
        head::write(&self.path, last)
            .map_err(|source| RecordError::io(&head::path_of(&self.path), source))?;
        self.head.clone_from(&self.last);
        Ok(())
    }

    /// Whether the open file is still the one under its name, and as long as it was left.
    fn is_in_place(&self, open: &Open) -> Result<bool, RecordError> {
        let named = match fs::metadata(&self.path) {
            Ok(named) => named,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(source) => return Err(RecordError::io(&self.path, source)),
        };
        let ours = open.file.metadata();
        let ours = ours.map_err(|source| RecordError::io(&self.path, source))?;
        let id = |file: &fs::Metadata| (file.dev(), file.ino(), file.len());
        Ok(id(&named) == id(&ours) && ours.len() == open.length)
    }

    /// Opens or makes the file, and finds out where the chain goes on. A last line that was cut off
    /// is taken away: its event is still in the table and is written again.
    fn reopen(&mut self) -> Result<Open, RecordError> {
        let io = |source| RecordError::io(&self.path, source);
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&self.path)
            .map_err(io)?;
        whole::sync_folder_of(&self.path).map_err(io)?;
        let tail = tail::cut(&file).map_err(io)?;
        self.last = match tail.line {
            Some(line) => Some(self.end_behind(&line)?),
            None => self.end_of_rotated().map_err(io)?,
        };
        Ok(Open {
            file,
            length: tail.length,
        })
    }

    /// The end of the chain where the file is new or was emptied: what was written last, or the
    /// end of a rotated file where a crash kept its last lines from being known.
    fn end_of_rotated(&self) -> io::Result<Option<Link>> {
        let rotated = rotated::last_link(&self.path)?;
        let number = |link: &Option<Link>| link.as_ref().map(|link| link.seq);
        if number(&rotated) > number(&self.last) {
            return Ok(rotated);
        }
        Ok(self.last.clone())
    }

    /// The end of the chain in a file that ends with `line`.
    fn end_behind(&self, line: &[u8]) -> Result<Link, RecordError> {
        let path = self.path.display();
        match (Link::of(line), &self.last) {
            (Some(found), None) => Ok(found),
            // A crash fell between the line and its head.
            (Some(found), Some(known)) if found.seq > known.seq => Ok(found),
            (Some(found), Some(known)) if found.seq < known.seq => {
                warn!(%path, from = found.seq + 1, "lines are missing at the end: written again");
                Ok(found)
            }
            (found, Some(known)) => {
                if found.as_ref() != Some(known) {
                    // The chain goes on from the line that was written, so that this stays visible.
                    warn!(%path, "the last line is not the one that was written: see `log verify`");
                }
                Ok(known.clone())
            }
            (None, None) => Err(RecordError::Foreign {
                path: self.path.clone(),
            }),
        }
    }
}

/// Writes through to the disk, and says how many names the file has: none if it was deleted.
fn write_through(mut file: &File, bytes: &[u8]) -> io::Result<u64> {
    file.write_all(bytes)?;
    file.sync_data()?;
    Ok(file.metadata()?.nlink())
}

/// Cuts off what a full or broken disk took only in part.
fn take_back(file: &File, length: u64) {
    let is_longer = file.metadata().is_ok_and(|now| now.len() > length);
    // If even this fails, the torn tail is found when the file is opened anew.
    if is_longer {
        file.set_len(length).ok();
    }
}
