//! Finds the program that a configuration names, and refuses one that others could have exchanged.
//!
//! It starts nothing and does not ask whether the program works; starting it says that.
//!
//! SECURITY: looks at names and modes of files and directories; of a script that is checked it
//! reads the first line. Whoever may write to a program that is handed codes gets the codes.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use super::redact::SHOWN;
use crate::mail::escape;

/// The right of every user of the machine to write.
const BY_OTHERS: u32 = 0o002;

/// In a directory with this bit (`/tmp`) only a file's owner may exchange it.
const STICKY: u32 = 0o1000;

/// Linux reads no more of a script's first line, in bytes.
const LONGEST_FIRST_LINE: u64 = 256;

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

/// [`find`], and whether what is there could be started: a file that may be executed, and with its
/// interpreter, where it is a script.
///
/// # Errors
/// A sentence with what to do.
pub fn check(program: &str) -> Result<PathBuf, String> {
    let path = find(program)?;
    executable(&path)?;
    for part in first_line(&path) {
        let there = locate(&part).and_then(|part| executable(&part));
        there.map_err(|why| {
            let name = escape(&path.to_string_lossy(), SHOWN);
            format!("{name} cannot be started, since its first line names what is not there: {why}")
        })?;
    }
    Ok(path)
}

/// What starting a file would find out.
///
/// # Errors
/// A sentence with what is missing.
pub fn executable(path: &Path) -> Result<(), String> {
    let name = escape(&path.to_string_lossy(), SHOWN);
    let found = fs::metadata(path).map_err(|error| format!("{name}: {error}"))?;
    // Root may execute what anybody may, and nothing else.
    let is_executable = access(path, Access::EXEC_OK).is_ok();
    if !found.is_file() || !is_executable {
        return Err(format!(
            "{name} is not a program (chmod +x makes a script one)"
        ));
    }
    Ok(())
}

/// The programs that the first line of a script names (`execve(2)`): its interpreter, and what
/// `env` is to look for. None for every other file, and for one that may be executed and not read.
fn first_line(path: &Path) -> Vec<String> {
    let names = beginning(path).unwrap_or_default();
    let mut words = names.split_whitespace();
    let Some(interpreter) = words.next() else {
        return Vec::new();
    };
    let mut programs = vec![interpreter.to_owned()];
    if interpreter.ends_with("/env") {
        // Options and variables come first.
        let is_program = |word: &&str| !word.starts_with('-') && !word.contains('=');
        programs.extend(words.find(is_program).map(str::to_owned));
    }
    programs
}

fn beginning(path: &Path) -> Option<String> {
    let mut beginning = Vec::new();
    let file = fs::File::open(path).ok()?;
    file.take(LONGEST_FIRST_LINE)
        .read_to_end(&mut beginning)
        .ok()?;
    let line = beginning
        .strip_prefix(b"#!")?
        .split(|byte| *byte == b'\n')
        .next()?;
    Some(String::from_utf8_lossy(line).into_owned())
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
