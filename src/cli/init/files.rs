//! The files that a first configuration is made of: whole and for whom they are meant, or not at all.
//!
//! SECURITY: a secret is readable for its owner alone from the moment that its file is there.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::super::exit::{Exit, Stopped};
use super::answers::{Access, Answers};
use super::draft;

/// Who may read what is written.
const FOR_ITS_OWNER: u32 = 0o600;
const FOR_EVERYBODY: u32 = 0o644;

/// Who may look into a folder that is made for it.
const FOLDER_FOR_EVERYBODY: u32 = 0o755;

/// What was written.
pub(super) struct Written {
    pub(super) config: PathBuf,
    pub(super) secret: Option<PathBuf>,
}

/// Writes the secret first: a configuration must not name what is not there.
pub(super) fn write(answers: &Answers, path: &Path) -> Result<Written, Stopped> {
    let folder = path.parent().unwrap_or(Path::new("."));
    make(folder, answers.credential).map_err(|error| unwritten(folder, &error))?;
    let mut secret = None;
    if let Access::Password(password) = &answers.access {
        let file = folder.join(answers.secret_name());
        put_new(&file, &password.as_line(), FOR_ITS_OWNER)
            .map_err(|error| unwritten(&file, &error))?;
        secret = Some(file);
    }
    // The service's user is made up at its start, and there is no secret in the file then.
    let mode = if answers.credential {
        FOR_EVERYBODY
    } else {
        FOR_ITS_OWNER
    };
    if let Err(error) = put_new(path, draft::text(answers).as_bytes(), mode) {
        // The secret is ours, and nobody would look for it.
        secret.map(fs::remove_file);
        return Err(unwritten(path, &error));
    }
    let config = path.to_owned();
    Ok(Written { config, secret })
}

fn unwritten(path: &Path, error: &io::Error) -> Stopped {
    let path = path.display();
    let exit = match error.kind() {
        io::ErrorKind::AlreadyExists
        | io::ErrorKind::PermissionDenied
        | io::ErrorKind::ReadOnlyFilesystem => Exit::NotPermitted,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Exit::TryAgain,
        _ => Exit::Unavailable,
    };
    let why = match error.kind() {
        io::ErrorKind::AlreadyExists => format!(
            "{path} is there already and is not overwritten: move it away; a password in it is \
             taken with --password-file {path}"
        ),
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
fn put_new(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)?;
    // Whatever the umask took away.
    file.set_permissions(Permissions::from_mode(mode))
        .and_then(|()| file.write_all(bytes))
        .and_then(|()| file.sync_all())
        .inspect_err(|_| {
            // The person hears of the first fault; a second would say the same.
            drop(fs::remove_file(path));
        })
}
