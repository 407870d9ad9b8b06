//! The files that a rotation put beside the log: `decisions.jsonl.1`, `decisions.jsonl-20261128`.
//!
//! Compressed ones are not read, and what a person called otherwise is not looked for.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::chain::Link;
use super::entries::Lines;
use super::tail::tail_of;

/// How many lines of a rotated file are looked at for a number to sort it by: more than one, so
/// that a damaged first line does not hide the file from a check.
const LOOKED_AT: usize = 100;

/// The log at `path` and what a rotation put beside it, in the order that they were written in.
/// Files of such names that hold no line of a log are left out; the log itself is not.
///
/// # Errors
/// If the folder or a file in it cannot be read.
pub fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for file in beside(path)? {
        if let Some(first) = first_number(&file)? {
            found.push((first, file));
        }
    }
    found.sort();
    let mut files: Vec<PathBuf> = found.into_iter().map(|(_, file)| file).collect();
    if path.exists() {
        files.push(path.to_owned());
    }
    Ok(files)
}

/// The last line of the newest rotated file, if there is one.
pub(super) fn last_link(path: &Path) -> io::Result<Option<Link>> {
    let mut newest: Option<Link> = None;
    for file in beside(path)? {
        let tail = tail_of(&File::open(file)?)?;
        let link = tail.line.and_then(|line| Link::of(&line));
        if link.as_ref().map(|link| link.seq) > newest.as_ref().map(|link| link.seq) {
            newest = link;
        }
    }
    Ok(newest)
}

fn beside(path: &Path) -> io::Result<Vec<PathBuf>> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Ok(Vec::new());
    };
    let name = name.to_string_lossy();
    let mut found = Vec::new();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let is_rotated = entry
            .file_name()
            .to_str()
            .and_then(|other| other.strip_prefix(name.as_ref()))
            .is_some_and(is_mark);
        if is_rotated && entry.path().is_file() {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// `.1`, `-20261128`, `.2026-11-28`
fn is_mark(end: &str) -> bool {
    let number = end.strip_prefix(['.', '-']);
    number.is_some_and(|number| {
        number.starts_with(|c: char| c.is_ascii_digit())
            && number.chars().all(|c| c.is_ascii_digit() || c == '-')
    })
}

fn first_number(path: &Path) -> io::Result<Option<i64>> {
    let mut lines = Lines::open(path)?;
    for _ in 0..LOOKED_AT {
        match lines.next_line() {
            Ok(Some(line)) => {
                if let Some(link) = Link::of(line) {
                    return Ok(Some(link.seq));
                }
            }
            Ok(None) => return Ok(None),
            // Too long to be a line: no log.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::is_mark;

    #[test]
    fn rotated_files_are_known_by_their_names() {
        for end in [
            ".1",
            ".12",
            "-20261128",
            "-20261128-1700000000",
            ".2026-11-28",
        ] {
            assert!(is_mark(end), "{end}");
        }
        for end in ["", ".", ".gz", ".1.gz", "-", ".part", "1", ".old", "~"] {
            assert!(!is_mark(end), "{end}");
        }
    }
}
