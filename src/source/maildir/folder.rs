//! Where a folder of a Maildir is: the Maildir itself, `.Name` beside its `new` (Maildir++), or a
//! Maildir below it that is called `Name`.
//!
//! It only looks which folders there are.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::mail::FolderName;
use crate::source::junk::called_junk;
use crate::source::utf7::{meant, utf7};

/// Where a Maildir keeps its messages; `tmp` holds half-written ones.
pub(super) const PLACES: [&str; 2] = ["new", "cur"];

/// The path of `folder` in the Maildir at `root`; `None` if there is no such folder.
///
/// # Errors
/// If the Maildir cannot be read.
pub fn resolve(root: &Path, folder: &FolderName) -> io::Result<Option<PathBuf>> {
    if folder.0 == "INBOX" {
        return Ok(Some(root.to_owned()));
    }
    if folder.0.starts_with('\\') {
        // That the Maildir itself cannot be read is said for its inbox.
        let names = folders(root).unwrap_or_default();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let found = called_junk(&names).filter(|_| folder.is_for_junk());
        return Ok(found.map(|name| root.join(name)));
    }
    // A name is not a way out of the Maildir.
    if folder
        .0
        .split('/')
        .any(|part| part.is_empty() || part == "..")
    {
        return Ok(None);
    }
    let name = utf7(&folder.0);
    // In Maildir++ the parts of a name are divided by dots.
    let dotted = format!(".{}", name.replace('/', "."));
    let candidates = [dotted, name, folder.0.clone()].map(|name| root.join(name));
    Ok(candidates.into_iter().find(|path| is_maildir(path)))
}

/// The names of the Maildir's folders, as the configuration has them.
#[must_use]
pub fn names(root: &Path) -> Vec<String> {
    // That it cannot be read is said where a folder is looked for.
    let names = folders(root).unwrap_or_default();
    let names = names.iter().filter_map(|name| {
        let dotted = name.strip_prefix('.').map(|name| name.replace('.', "/"));
        meant(dotted.as_ref().unwrap_or(name))
    });
    std::iter::once("INBOX".to_owned()).chain(names).collect()
}

/// The names of all folders of the Maildir, but for itself.
fn folders(root: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        if let Ok(name) = entry.file_name().into_string()
            && is_maildir(&entry.path())
        {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn is_maildir(path: &Path) -> bool {
    PLACES.iter().all(|place| path.join(place).is_dir())
}
