//! Finds the program that a configuration names, and refuses one that others could have exchanged.
//!
//! It starts nothing and does not ask whether the program works; starting it says that.
//!
//! SECURITY: looks at names and modes of files and directories, opens none. Whoever may write to a
//! program that is handed codes gets the codes.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::redact::SHOWN;
use crate::mail::escape;

/// The right of every user of the machine to write.
const BY_OTHERS: u32 = 0o002;

/// In a directory with this bit (`/tmp`) only a file's owner may exchange it.
const STICKY: u32 = 0o1000;

/// Where `program` is: an absolute path as it stands, a bare name looked up in `PATH`.
///
/// A file that is not there, or cannot be looked at, is left to the start, which says why.
///
/// # Errors
/// A sentence with what to do: a relative path, a name that `PATH` does not know, a file that
/// every user of the machine may write to or exchange.
pub fn find(program: &str) -> Result<PathBuf, String> {
    let path = locate(program)?;
    let name = escape(&path.to_string_lossy(), SHOWN);
    let mode = |path: &Path| fs::metadata(path).map_or(0, |is| is.permissions().mode());
    if mode(&path) & BY_OTHERS != 0 {
        return Err(format!(
            "{name} is refused: every user of this machine may write to it; see whether it is \
             still what you wrote, then take that right away (chmod o-w)"
        ));
    }
    let behind_links = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
    let is_open = |mode: u32| mode & BY_OTHERS != 0 && mode & STICKY == 0;
    let places = [path.parent(), behind_links.parent()];
    if places
        .into_iter()
        .flatten()
        .any(|place| is_open(mode(place)))
    {
        return Err(format!(
            "{name} is refused: every user of this machine may exchange it, because its directory \
             is writable by all; take that right away (chmod o-w)"
        ));
    }
    Ok(path)
}

fn locate(program: &str) -> Result<PathBuf, String> {
    let path = Path::new(program);
    if path.is_absolute() {
        return Ok(path.to_owned());
    }
    let name = escape(program, SHOWN);
    if program.contains('/') {
        return Err(format!("{name} is a relative path: write the whole path"));
    }
    let places = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&places)
        .filter(|place| place.is_absolute())
        .map(|place| place.join(program))
        .find(|path| path.is_file())
        .ok_or_else(|| format!("{name} was not found in PATH: write its whole path"))
}
