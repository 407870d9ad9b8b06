//! The state folder: whose it is, whether it may be written, how much room there is, and whether
//! the database in it can be read. Nothing is written.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rustix::fs::{Access, access, statvfs};

use super::disk::look;
use super::report::Checks;
use crate::config;
use crate::daemon::{StateDir, database};
use crate::store::{Store, StoreError};

/// With less room than this the next mail may not be written down, in bytes.
const TOO_LITTLE: u64 = 16 * 1024 * 1024;

/// With less room than this somebody should look: a year's evidence is some megabytes, but the
/// disk is not this program's alone.
const LITTLE: u64 = 256 * 1024 * 1024;

const MEGABYTE: u64 = 1024 * 1024;

pub(super) async fn check(checks: &mut Checks) {
    let path = match config::state_dir() {
        Ok(path) => path,
        Err(error) => {
            return checks.fail("state folder", error, "set STATE_DIRECTORY or HOME");
        }
    };
    let there = path.clone();
    if let Some(found) = look(move || checked(&there)).await {
        checks.append(found);
    } else {
        let observed = format!("{}: the file system does not answer", path.display());
        let action = "see whether its disk is well: nothing is recorded without it";
        checks.fail("state folder", observed, action);
    }
}

fn checked(path: &Path) -> Checks {
    let mut checks = Checks::default();
    check_folder(&mut checks, path);
    check_room(&mut checks, path);
    check_database(&mut checks, &database(path));
    checks
}

fn check_database(checks: &mut Checks, database: &Path) {
    if !database.exists() {
        return;
    }
    match Store::open_for_reading(database).and_then(|store| store.folders()) {
        Ok(folders) => checks.pass("database", format!("{} folders known", folders.len())),
        Err(error) => {
            let action = match &error {
                StoreError::Busy(_) => "see whether its disk is full or failing; try again",
                StoreError::FromNewerVersion { .. } => "install the newer release",
                StoreError::FromOlderVersion { .. } => "systemctl restart sustained",
                StoreError::Unusable { .. }
                | StoreError::Foreign(_)
                | StoreError::Damaged(_)
                | StoreError::Broken(_) => "move it away, or put a copy of it back",
            };
            checks.fail("database", error, action);
        }
    }
}

fn check_folder(checks: &mut Checks, path: &Path) {
    let name = "state folder";
    let shown = path.display();
    let action = "make it a folder that belongs to the user of `sustained run`";
    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return checks.pass(name, format!("{shown} will be made"));
        }
        Err(error) => return checks.fail(name, format!("{shown}: {error}"), action),
    };
    let mode = found.permissions().mode() & 0o7777;
    if !found.is_dir() {
        checks.fail(name, format!("{shown} is no folder"), action);
    } else if let Err(error) = access(path, Access::WRITE_OK | Access::EXEC_OK) {
        checks.fail(name, format!("{shown} cannot be written: {error}"), action);
    } else if mode & 0o077 != 0 {
        let observed = format!("{shown} has mode {mode:04o}: others of this machine may look");
        checks.warn(name, observed, &format!("run: chmod 700 {shown}"));
    } else {
        let held = if StateDir::is_held(path) {
            ", a daemon is running on it"
        } else {
            ""
        };
        checks.pass(name, format!("{shown}, mode {mode:04o}{held}"));
    }
}

/// The room where the folder is, or will be.
fn check_room(checks: &mut Checks, path: &Path) {
    let name = "free space";
    let Some(there) = path.ancestors().find(|path| path.exists()) else {
        return;
    };
    let disk = match statvfs(there) {
        Ok(disk) => disk,
        Err(error) => return checks.skip(name, format!("{}: {error}", there.display())),
    };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let observed = format!("{} MB where {} is", free / MEGABYTE, path.display());
    let action = "free some space there: a mail that cannot be written down is not acted on";
    // Some file systems count no files at all.
    if free < TOO_LITTLE || (disk.f_files > 0 && disk.f_favail == 0) {
        checks.fail(name, observed, action);
    } else if free < LITTLE {
        checks.warn(name, observed, action);
    } else {
        checks.pass(name, observed);
    }
}
