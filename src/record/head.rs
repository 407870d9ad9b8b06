//! `decisions.head`: the number and the SHA-256 of the line that was written last.
//!
//! It lets a new file go on where a rotated one ended, and shows lines that are missing at the end,
//! which no hash chain can.
//!
//! It is replaced after the line is on disk, and never before. Where a crash falls between the two,
//! the line itself says more, in the log or in a rotated file beside it. Only if that was moved out
//! of sight before the next start is the same line written once more, at the beginning of the new
//! file; `verify` takes the two for one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::chain::Link;
use super::whole::{put, sync_folder_of};

/// The head of a log: beside it, as `decisions.head` is beside `decisions.jsonl`.
pub(super) fn path_of(log: &Path) -> PathBuf {
    log.with_extension("head")
}

/// What the head of a log says; `None` if there is none.
pub(super) fn read(log: &Path) -> io::Result<Option<Link>> {
    let text = match fs::read_to_string(path_of(log)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(Some(serde_json::from_str(&text)?))
}

/// Writes the head of a log.
pub(super) fn write(log: &Path, link: &Link) -> io::Result<()> {
    let path = path_of(log);
    put(
        &path,
        format!("{}\n", serde_json::to_string(link)?).as_bytes(),
    )?;
    sync_folder_of(&path)
}
