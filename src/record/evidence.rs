//! What is kept beside the decision log: `evidence/<sha256>.eml`, the bytes of a message; `.toml`,
//! the keys that prove it; `.json`, what it was judged to be.
//!
//! It does not know what is evidence. SECURITY: no name is made of a message's words.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::RecordError;
use super::whole::{PART, put, sync_folder_of};
use crate::mail::Digest;
use crate::store::KeyRow;

/// What a line says about a message itself.
const VERDICT: [&str; 9] = [
    "type",
    "message",
    "outcome",
    "doubt",
    "effective",
    "received_at",
    "taken_at",
    "authenticity",
    "because",
];

/// The folder of the evidence.
#[derive(Debug)]
pub(super) struct Evidence {
    folder: PathBuf,
}

impl Evidence {
    /// Makes the folder if need be, and takes away what a crash left half written.
    pub fn open(folder: PathBuf) -> Result<Self, RecordError> {
        let io = |source| RecordError::io(&folder, source);
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .map_err(io)?;
        remove_parts(&folder).map_err(io)?;
        Ok(Self { folder })
    }

    /// Keeps a message, its keys and its verdict. It is on disk after [`Self::sync`].
    pub fn keep(
        &self,
        message: Digest,
        raw: &[u8],
        keys: &[KeyRow],
        line: &str,
    ) -> Result<(), RecordError> {
        self.put(&format!("{message}.eml"), raw)?;
        if !keys.is_empty() {
            self.put(&format!("{message}.toml"), pinned(keys).as_bytes())?;
        }
        let line: Value = serde_json::from_str(line).unwrap_or_default();
        let verdict = format!("{}\n", Value::Object(verdict_of(&line)));
        self.put(&format!("{message}.json"), verdict.as_bytes())
    }

    /// Has on disk under which names the files stand.
    pub fn sync(&self) -> Result<(), RecordError> {
        sync_folder_of(&self.folder.join("any"))
            .map_err(|source| RecordError::io(&self.folder, source))
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), RecordError> {
        let path = self.folder.join(name);
        // A file under its final name is whole, and what was judged first stays.
        if path.exists() {
            return Ok(());
        }
        put(&path, bytes).map_err(|source| RecordError::io(&path, source))
    }
}

/// The part of a line that is kept with its message as the verdict.
#[must_use]
pub fn verdict_of(line: &Value) -> Map<String, Value> {
    VERDICT
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), line.get(name)?.clone())))
        .collect()
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

fn remove_parts(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_part = path
            .file_name()
            .is_some_and(|name| name.to_str().is_some_and(|name| name.ends_with(PART)));
        if is_part {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}
