//! The state folder: made for its owner only, and held against a second daemon.
//!
//! It does not know what is kept in it, but for the database's name.

use std::fs::{DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::DaemonError;

/// The state folder, held against a second daemon for as long as this lives.
#[derive(Debug)]
pub struct StateDir {
    pub(super) path: PathBuf,
    _lock: File,
}

impl StateDir {
    /// Makes the folder if need be and takes hold of it.
    ///
    /// # Errors
    /// If it cannot be made or another daemon holds it.
    pub fn hold(path: &Path) -> Result<Self, DaemonError> {
        let unusable = |source| DaemonError::StateFolder {
            path: path.to_owned(),
            source,
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(unusable)?;
        let lock = File::create(lock_file(path)).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(DaemonError::Locked(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }

    /// Whether a daemon holds the folder at `path`.
    #[must_use]
    pub fn is_held(path: &Path) -> bool {
        let Ok(lock) = File::open(lock_file(path)) else {
            return false;
        };
        matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock))
    }
}

/// What helps when the state folder cannot be used.
pub(super) fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::ReadOnlyFilesystem => {
            "it must be writable: see how its file system is mounted, or use another state folder"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space on its disk",
        _ => "it must belong to the user that runs this program",
    }
}

/// The database in a state folder.
#[must_use]
pub fn database(state_dir: &Path) -> PathBuf {
    state_dir.join("sustained.db")
}

fn lock_file(state_dir: &Path) -> PathBuf {
    state_dir.join("lock")
}
