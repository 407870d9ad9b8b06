//! The files of a first configuration: each whole and for whom it is meant, or none of them.
//!
//! SECURITY: a secret is readable for its owner alone from the moment that its file is there.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::super::config::SCHEMA;
use super::super::exit::{Exit, Stopped};
use super::answers::{Access, Answers};
use super::draft;
use super::schema::Schema;

/// Who may read what is written.
const FOR_ITS_OWNER: u32 = 0o600;
const FOR_EVERYBODY: u32 = 0o644;

/// Who may look into a folder that is made for it.
const FOLDER_FOR_EVERYBODY: u32 = 0o755;

/// What was written.
pub(super) struct Written {
    pub(super) config: PathBuf,
    pub(super) secret: Option<PathBuf>,
    pub(super) schema: Option<PathBuf>,
}

/// A file that is not there yet.
struct New {
    path: PathBuf,
    bytes: Zeroizing<Vec<u8>>,
    mode: u32,
    /// What helps beside moving away a file that is there already.
    advice: String,
}

/// Writes the configuration last: it must not name what is not there.
pub(super) fn write(answers: &Answers, path: &Path) -> Result<Written, Stopped> {
    let folder = path.parent().unwrap_or(Path::new("."));
    make(folder, answers.credential).map_err(|error| not_set_up(folder, &error, ""))?;
    let schema = Schema::of(folder);
    let mut files = Vec::new();
    let mut secret = None;
    if let Access::Password(password) = &answers.access {
        let file = folder.join(answers.secret_name());
        files.push(New {
            path: file.clone(),
            bytes: password.as_line(),
            mode: FOR_ITS_OWNER,
            advice: format!(
                "; a password in it is taken with --password-file {}",
                file.display()
            ),
        });
        secret = Some(file);
    }
    if let Some(file) = &schema.missing {
        files.push(New {
            path: file.clone(),
            bytes: SCHEMA.as_bytes().to_vec().into(),
            mode: FOR_EVERYBODY,
            advice: String::new(),
        });
    }
    files.push(New {
        path: path.to_owned(),
        bytes: (schema.line + &draft::text(answers)).into_bytes().into(),
        // The service's user is made up at its start, and there is no secret in the file then.
        mode: if answers.credential {
            FOR_EVERYBODY
        } else {
            FOR_ITS_OWNER
        },
        advice: String::new(),
    });
    put_all(&files)?;
    Ok(Written {
        config: path.to_owned(),
        secret,
        schema: schema.missing,
    })
}

/// Writes every file, in this order, or none.
fn put_all(files: &[New]) -> Result<(), Stopped> {
    for (at, file) in files.iter().enumerate() {
        if let Err(error) = put_new(file) {
            for written in &files[..at] {
                // They are ours, and nobody would look for them. Of two faults the first is told.
                drop(fs::remove_file(&written.path));
            }
            return Err(not_set_up(&file.path, &error, &file.advice));
        }
    }
    Ok(())
}

fn not_set_up(path: &Path, error: &io::Error, advice: &str) -> Stopped {
    let path = path.display();
    let exit = match error.kind() {
        io::ErrorKind::AlreadyExists
        | io::ErrorKind::PermissionDenied
        | io::ErrorKind::ReadOnlyFilesystem => Exit::NotPermitted,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Exit::TryAgain,
        _ => Exit::Unavailable,
    };
    let why = match error.kind() {
        io::ErrorKind::AlreadyExists => {
            format!("{path} is there already and is not overwritten: move it away{advice}")
        }
        _ => format!("{path}: {error}"),
    };
    Stopped::new(exit, format!("{why}. Nothing was set up"))
}

/// Makes the folders that are missing; those that are there stay as they are.
fn make(folder: &Path, is_for_everybody: bool) -> io::Result<()> {
    let missing: Vec<&Path> = folder.ancestors().take_while(|one| !one.exists()).collect();
    DirBuilder::new()
        .recursive(true)
        .mode(FOLDER_FOR_EVERYBODY)
        .create(folder)?;
    if is_for_everybody {
        // Whatever root's umask takes away.
        for made in missing {
            fs::set_permissions(made, Permissions::from_mode(FOLDER_FOR_EVERYBODY))?;
        }
    }
    Ok(())
}

/// A file that was not there before, whole or not at all.
fn put_new(
    New {
        path, bytes, mode, ..
    }: &New,
) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(*mode)
        .open(path)?;
    // Whatever the umask took away.
    file.set_permissions(Permissions::from_mode(*mode))
        .and_then(|()| file.write_all(bytes))
        .and_then(|()| file.sync_all())
        .inspect_err(|_| {
            // The person hears of the first fault; a second would say the same.
            drop(fs::remove_file(path));
        })
}
