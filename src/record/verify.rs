//! Checks the hash chain of logs and names the first line that does not fit.
//!
//! A chain shows what was changed, removed, put in or moved before its last line. What happened to
//! its end is held against `decisions.head`, where it is at hand. It does not look at evidence.

use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::chain::{BEFORE_THE_FIRST, Link, digest_of};
use super::entries::{Entries, Entry};
use super::{RecordError, head};

/// What holds of some logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many lines they have.
    pub lines: usize,
    /// The number of the first event; `None` if there is no line.
    pub first: Option<i64>,
    /// The last line; `None` if there is none.
    pub last: Option<Link>,
    /// What `decisions.head` says was written last; `None` where it is not at hand.
    pub head: Option<Link>,
    /// The last file ends in the middle of this line: it is being written, or a crash cut it off.
    pub torn: Option<usize>,
}

/// A line whose fields that make the chain were read.
#[derive(Debug)]
struct Linked {
    entry: Entry,
    seq: i64,
    prev: String,
    sha256: String,
}

/// Checks the chain through `files`, in their order. It must reach the end of `log`, the one that a
/// program writes, if a head beside that says where its end is.
///
/// # Errors
/// `Broken` with the first line that does not fit.
pub fn verify(files: &[PathBuf], log: &Path) -> Result<Verified, RecordError> {
    // Read before the lines: a program that runs meanwhile only adds to them.
    let head = head_of(log)?;
    let mut found = Verified {
        lines: 0,
        first: None,
        last: None,
        head: head.clone(),
        torn: None,
    };
    let mut lines = Linking::of(files);
    let mut before: Option<Linked> = None;
    while let Some(line) = lines.next()? {
        found.lines += 1;
        match &before {
            None => begins(&line)?,
            Some(before) if line.follows(before) => {}
            // A crash between a line and its head, and the file moved elsewhere before the next
            // start: the same line is written again. It is one event.
            Some(before) if line.entry.number == 1 && line.entry.line == before.entry.line => {}
            Some(before) => {
                // What cannot be read after a misfit confirms nothing.
                let next = lines.next().ok().flatten();
                return Err(misfit(before, &line, next.as_ref(), head.as_ref()));
            }
        }
        if let Some(head) = &head
            && line.contradicts(head, before.as_ref())
        {
            return Err(
                line.broken("it is not the line that was written: decisions.head names another")
            );
        }
        found.first = found.first.or(Some(line.seq));
        before = Some(line);
    }
    found.last = before.as_ref().map(Linked::link);
    if let Some((path, number)) = lines.torn() {
        if files.last().is_none_or(|last| last != path) {
            return Err(RecordError::broken(path, number, "it is cut off"));
        }
        found.torn = Some(number);
    }
    reaches(&found, before.as_ref(), log)?;
    Ok(found)
}

/// The head beside a log that is being written. A rotated one ends before it.
fn head_of(log: &Path) -> Result<Option<Link>, RecordError> {
    if log.extension().is_none_or(|end| end != "jsonl") {
        return Ok(None);
    }
    head::read(log).map_err(|source| match source.kind() {
        io::ErrorKind::InvalidData => {
            let why = "it is not what this program writes";
            RecordError::broken(&head::path_of(log), 1, why)
        }
        _ => RecordError::io(&head::path_of(log), source),
    })
}

/// A log begins with the first event or, where the file before it is not at hand, with another.
fn begins(line: &Linked) -> Result<(), RecordError> {
    match (line.seq, line.prev == BEFORE_THE_FIRST) {
        (1, true) | (2.., false) => Ok(()),
        (1, false) => Err(line.broken("it was changed: before the first event there is nothing")),
        (_, _) => Err(line.broken("it was changed: its number cannot be that of the first line")),
    }
}

/// Lines at the end that were written and are not there.
fn reaches(found: &Verified, last: Option<&Linked>, log: &Path) -> Result<(), RecordError> {
    let Some(head) = &found.head else {
        return Ok(());
    };
    let seq = last.map_or(0, |last| last.seq);
    if seq >= head.seq {
        return Ok(());
    }
    // Where the log was just begun, the end of the file before it is missing.
    let (path, number) = last.map_or((log, 0), |last| {
        (last.entry.path.as_path(), last.entry.number)
    });
    let why = format!(
        "lines are missing from here to event {}: decisions.head says that they were written",
        head.seq
    );
    Err(RecordError::broken(path, number + 1, why))
}

/// Names the line that is to blame where `line` does not follow `before`. The line after both, or
/// the head, tells whether `line` itself is as it was written.
fn misfit(
    before: &Linked,
    line: &Linked,
    next: Option<&Linked>,
    head: Option<&Link>,
) -> RecordError {
    let is_confirmed = match next {
        Some(next) => next.prev == line.sha256,
        None => head.is_some_and(|head| head.sha256 == line.sha256),
    };
    if line.entry.line == before.entry.line {
        return line.broken("it was put in: it is the line before it once more");
    }
    if line.entry.number == 1 && line.seq <= before.seq {
        let why = format!(
            "it comes after event {} of the file before: give the files in their order",
            before.seq
        );
        return line.broken(&why);
    }
    if is_confirmed && line.prev == before.prev {
        return before.broken("it was put in: the line after it follows the one before it");
    }
    if is_confirmed && line.seq <= before.seq + 1 {
        return before.broken("it was changed: the line after it names another SHA-256");
    }
    if line.seq > before.seq + 1 {
        let why = format!(
            "lines are missing before it: it is event {}, and the line before it is event {}",
            line.seq, before.seq
        );
        return line.broken(&why);
    }
    if line.seq <= before.seq {
        let why = format!(
            "it was put in or moved: it comes after event {}",
            before.seq
        );
        return line.broken(&why);
    }
    line.broken("it was changed: its `prev` is not the SHA-256 of the line before it")
}

impl Linked {
    fn read(entry: Entry) -> Result<Self, RecordError> {
        #[derive(Deserialize)]
        struct Fields {
            seq: i64,
            prev: String,
        }
        let Ok(Fields { seq, prev }) = serde_json::from_slice(&entry.line) else {
            let why = "it is not a line of the decision log";
            return Err(RecordError::broken(&entry.path, entry.number, why));
        };
        Ok(Self {
            seq,
            prev,
            sha256: digest_of(&entry.line),
            entry,
        })
    }

    fn link(&self) -> Link {
        Link {
            seq: self.seq,
            sha256: self.sha256.clone(),
        }
    }

    fn follows(&self, before: &Self) -> bool {
        self.prev == before.sha256 && self.seq > before.seq
    }

    /// Whether it takes the place of the line that the head names.
    fn contradicts(&self, head: &Link, before: Option<&Self>) -> bool {
        let is_it = self.seq == head.seq;
        let is_beyond = self.seq > head.seq && before.is_some_and(|line| line.seq < head.seq);
        is_beyond || (is_it && self.sha256 != head.sha256)
    }

    fn broken(&self, why: &str) -> RecordError {
        RecordError::broken(&self.entry.path, self.entry.number, why)
    }
}

/// The lines of some logs, read as links.
struct Linking<'a> {
    entries: Entries<'a>,
}

impl<'a> Linking<'a> {
    fn of(files: &'a [PathBuf]) -> Self {
        Self {
            entries: Entries::of(files),
        }
    }

    fn next(&mut self) -> Result<Option<Linked>, RecordError> {
        let entry = self.entries.next().transpose()?;
        entry.map(Linked::read).transpose()
    }

    fn torn(&self) -> Option<(&'a Path, usize)> {
        self.entries.torn
    }
}
