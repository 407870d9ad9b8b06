//! Files that are there whole or not at all, whenever the power goes.
//!
//! It does not know what is in them.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The end of a name under which a file is still being written.
pub(super) const PART: &str = ".part";

/// Puts a file in place that only its owner can read, or replaces the one that is there. What a
/// crash left half written is overwritten.
pub(super) fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let half = half_of(path);
    let written = write_and_rename(&half, path, bytes);
    if written.is_err() {
        // The first error is the one to tell; a full disk wants the space back.
        fs::remove_file(&half).ok();
    }
    written
}

fn write_and_rename(half: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(half)?;
    file.write_all(bytes)?;
    // Before the rename: a name must not be on disk earlier than what it names.
    file.sync_all()?;
    fs::rename(half, path)
}

fn half_of(path: &Path) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(PART);
    name.into()
}

/// Writes the names in the folder of `path` to disk: a file that was made or renamed there keeps
/// its name.
pub(super) fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}
