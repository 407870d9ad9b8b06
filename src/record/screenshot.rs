//! The picture of a page as evidence: `evidence/<sha256>.png`.
//!
//! Whoever took it puts it in place before the event that names it is written; it does not know
//! what is to be seen there.
//!
//! SECURITY: it writes below the state folder, readable by its owner only.

use std::path::Path;

use super::RecordError;
use super::whole::{put, sync_folder_of};
use crate::mail::Digest;

/// Where a picture is kept, seen from the state folder.
#[must_use]
pub fn screenshot_of(digest: Digest) -> String {
    format!("evidence/{digest}.png")
}

/// Puts a picture (PNG) among the evidence in `state_dir`, where a record was opened before. It is
/// on disk afterwards.
///
/// # Errors
/// If the file cannot be written.
pub fn keep_screenshot(state_dir: &Path, png: &[u8]) -> Result<Digest, RecordError> {
    let digest = Digest::of(png);
    let path = state_dir.join(screenshot_of(digest));
    put(&path, png).map_err(|source| RecordError::io(&path, source))?;
    sync_folder_of(&path).map_err(|source| RecordError::io(&path, source))?;
    Ok(digest)
}
