//! The decision log and the evidence as files: `decisions.jsonl` and `evidence/<sha256>.eml`, with
//! the keys that prove it in a `.toml` beside.
//!
//! Both are copies, written from the event table after the commit and brought up to date at every
//! start; the table is the truth. It does not decide what is worth recording: every event is.
//!
//! SECURITY: it writes below the state folder, readable by its owner only. A line holds names,
//! digests and words of our own tables, never text of a mail and never a code; the bytes of a
//! code mail are no evidence and are not copied.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::case::Event;
use crate::mail::Digest;
use crate::store::{EventRow, KeyRow, Store, StoreError};

/// `prev` of the first line.
const BEFORE_THE_FIRST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

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

/// One line of `decisions.jsonl`.
#[derive(Debug, Serialize)]
struct Line<'a> {
    seq: i64,
    at: String,
    #[serde(rename = "type")]
    kind: &'static str,
    mailbox: &'a str,
    #[serde(flatten)]
    facts: Map<String, Value>,
    prev: &'a str,
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

/// Checks the hash chain of a `decisions.jsonl` and returns how many lines it has.
///
/// # Errors
/// `Broken` with the first line that does not fit.
pub fn verify(path: &Path) -> Result<usize, RecordError> {
    let io = |source| RecordError::Io {
        path: path.to_owned(),
        source,
    };
    let mut before = BEFORE_THE_FIRST.to_owned();
    let mut lines = 0;
    for line in BufReader::new(File::open(path).map_err(io)?).lines() {
        let line = line.map_err(io)?;
        lines += 1;
        let broken = |why: &str| RecordError::Broken {
            path: path.to_owned(),
            line: lines,
            why: why.to_owned(),
        };
        let value: Value =
            serde_json::from_str(&line).map_err(|_| broken("it is not a JSON object"))?;
        if value.get("prev").and_then(Value::as_str) != Some(before.as_str()) {
            return Err(broken(
                "its `prev` is not the SHA-256 of the line before it",
            ));
        }
        before = digest_of(&line);
    }
    Ok(lines)
}

/// The event as one line of JSON, without the line's end.
#[must_use]
pub fn line_of(row: &EventRow, keys: &[KeyRow], prev: &str) -> String {
    let line = Line {
        seq: row.id,
        at: row.at.to_string(),
        kind: type_name(&row.event),
        mailbox: &row.mailbox.0,
        facts: facts_of(row, keys),
        prev,
    };
    // Serialising maps with string keys and plain values cannot fail; an empty object would show.
    serde_json::to_string(&line).unwrap_or_else(|_| "{}".to_owned())
}

/// The contract's type for an event, and the record's own where the contract has none.
#[must_use]
pub fn type_name(event: &Event) -> &'static str {
    match event {
        Event::Notification { .. } => "notification.received",
        Event::CodeArrived { .. } => "code.received",
        Event::Decision { .. } => "decision.received",
        Event::Unclear { .. } => "mail.unclear",
        Event::Forged { .. } => "mail.forged",
        Event::Pending { .. } => "mail.pending",
        Event::Unproven { .. } => "mail.unproven",
        Event::Armed { .. } => "mailbox.armed",
        Event::CodeAsked { .. } => "code.asked",
        Event::CodeTaken { .. } => "code.taken",
        Event::SubmissionAccepted { .. } => "submission.accepted",
        Event::SubmissionRejected { .. } => "submission.failed",
        Event::SubmissionDoubtful { .. } => "submission.doubtful",
        Event::Reminded { .. } => "reminder.due",
        Event::Noted { .. } => "case.noted",
        Event::Deaf { .. } => "mailbox.deaf",
        Event::Heard { .. } => "mailbox.heard",
        Event::Gap { .. } => "mailbox.gap",
    }
}

/// Keys in the form that the configuration pins them in.
fn pinned(keys: &[KeyRow]) -> String {
    let head = "# The keys that prove the message beside this file, as they were when it came.\n\
                # Without DNS: sustained read --keys THIS.toml THE.eml\n\
                [authenticity.pinned_keys]\n";
    // A key record is printable (RFC 6376, 3.2): what JSON quotes so, TOML reads so.
    let lines = keys
        .iter()
        .map(|key| format!("{} = {}\n", json!(key.name), json!(key.record)));
    head.to_owned() + &lines.collect::<Vec<_>>().concat()
}

fn facts_of(row: &EventRow, keys: &[KeyRow]) -> Map<String, Value> {
    let mut facts = Map::new();
    facts.insert("folder".to_owned(), json!(row.folder));
    if let Some(case) = &row.case {
        facts.insert("account".to_owned(), json!(case.account));
        facts.insert("campaign".to_owned(), json!(case.campaign));
    }
    // The event's own fields under their own names; its tag is the line's `type`.
    if let Ok(Value::Object(detail)) = serde_json::to_value(&row.event) {
        facts.extend(detail.into_iter().filter(|(name, _)| name != "event"));
    }
    if let Some(digest) = evidence_of(&row.event) {
        facts.insert(
            "evidence".to_owned(),
            json!(format!("evidence/{digest}.eml")),
        );
    }
    if let Some(authenticity) = &row.authenticity {
        facts.insert("authenticity".to_owned(), json!(authenticity));
    }
    if !keys.is_empty() {
        let keys = keys.iter().map(|key| (key.name.clone(), json!(key.record)));
        facts.insert("keys".to_owned(), Value::Object(keys.collect()));
    }
    if !row.links.is_empty() {
        facts.insert("links".to_owned(), json!(row.links));
    }
    if !row.because.is_empty() {
        facts.insert("because".to_owned(), json!(row.because));
    }
    facts
}

/// The message that is copied as evidence of an event.
fn evidence_of(event: &Event) -> Option<Digest> {
    match event {
        Event::Notification { message, .. }
        | Event::Decision { message, .. }
        | Event::Unclear { message, .. } => Some(*message),
        Event::CodeArrived { .. }
        | Event::Forged { .. }
        | Event::Pending { .. }
        | Event::Unproven { .. }
        | Event::Armed { .. }
        | Event::CodeAsked { .. }
        | Event::CodeTaken { .. }
        | Event::SubmissionAccepted { .. }
        | Event::SubmissionRejected { .. }
        | Event::SubmissionDoubtful { .. }
        | Event::Reminded { .. }
        | Event::Noted { .. }
        | Event::Deaf { .. }
        | Event::Heard { .. }
        | Event::Gap { .. } => None,
    }
}

fn digest_of(line: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(line.as_bytes()))
}

fn sequence_of(line: &str) -> Option<i64> {
    serde_json::from_str::<Value>(line)
        .ok()?
        .get("seq")?
        .as_i64()
}

/// Cuts off what stands behind the last line's end; returns that line and its number.
fn cut_torn_tail(file: &mut File) -> io::Result<Option<(usize, String)>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut bytes)?;
    let whole = bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |end| end + 1);
    if whole < bytes.len() {
        file.set_len(whole as u64)?;
        bytes.truncate(whole);
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(text
        .lines()
        .enumerate()
        .last()
        .map(|(index, line)| (index + 1, line.to_owned())))
}
