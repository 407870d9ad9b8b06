//! What can go wrong with the database, by what can be done about it.
//!
//! It does not know what was being done: whoever asked says that.

use std::io;
use std::path::{Path, PathBuf};

/// Trouble with the database, by what can be done about it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another program holds it, or its disk is full, read-only or failing: it may pass.
    #[error("the database cannot be used now: {0}")]
    Busy(String),
    /// It cannot be used as it is.
    #[error("{path} cannot be used: {why}; it is never replaced: move it away or restore a copy")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What `SQLite` says.
        why: String,
    },
    /// A newer release wrote it.
    #[error(
        "the database has schema version {found}, this release knows {known}: use the newer release"
    )]
    FromNewerVersion {
        /// Its version.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// An older release wrote it, and only reading was asked for.
    #[error(
        "the database has schema version {found}, this release reads {known}: restart the daemon \
         of this release, which brings it forward (systemctl restart sustained)"
    )]
    FromOlderVersion {
        /// Its version.
        found: i64,
        /// The version that is read here.
        known: i64,
    },
    /// A stored value is not what this program writes.
    #[error("the database holds a value this program did not write: {0}")]
    Foreign(String),
    /// It turned out to be damaged while it was used.
    #[error(
        "the database is damaged: {0}; it is never replaced: move sustained.db away or restore a \
         copy"
    )]
    Damaged(String),
    /// Anything else that `SQLite` says: a bug or a broken disk.
    #[error("database: {0}")]
    Broken(String),
}

impl StoreError {
    pub(super) fn unusable(path: &Path, why: impl Into<String>) -> Self {
        Self::Unusable {
            path: path.to_owned(),
            why: why.into(),
        }
    }

    /// What an error says of the file as a whole, where nothing but the file can be at fault.
    pub(super) fn of_file(path: &Path, error: &rusqlite::Error) -> Self {
        match remedy_of(error) {
            Some(remedy) => Self::Busy(format!("{}: {error}; {remedy}", path.display())),
            None => Self::unusable(path, error.to_string()),
        }
    }

    /// What the system says when the file cannot be made.
    pub(super) fn of_system(path: &Path, error: &io::Error) -> Self {
        use io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        let remedy = match error.kind() {
            StorageFull | QuotaExceeded => "free some space on its disk",
            ReadOnlyFilesystem => "make the state folder writable",
            _ => return Self::unusable(path, error.to_string()),
        };
        Self::Busy(format!("{}: {error}; {remedy}", path.display()))
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        match (remedy_of(&error), error.sqlite_error_code()) {
            (Some(remedy), _) => Self::Busy(format!("{error}; {remedy}")),
            (None, Some(DatabaseCorrupt | NotADatabase)) => Self::Damaged(error.to_string()),
            (None, _) => Self::Broken(error.to_string()),
        }
    }
}

/// What helps against trouble that may pass.
fn remedy_of(error: &rusqlite::Error) -> Option<&'static str> {
    use rusqlite::ErrorCode::{
        CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, ReadOnly, SystemIoFailure,
    };
    match error.sqlite_error_code()? {
        DiskFull => Some("free some space on the disk of the state folder"),
        ReadOnly | CannotOpen => Some("make the state folder writable"),
        SystemIoFailure => Some("see the system's log about the disk of the state folder"),
        DatabaseBusy | DatabaseLocked => Some("another program holds it"),
        _ => None,
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Foreign(error.to_string())
    }
}
