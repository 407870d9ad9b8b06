//! The person's own wordings: a folder of language files beside the ones that are built in.
//!
//! It reads files; what stands in them is `mail`'s business. SECURITY: whoever may write these
//! files can have a mail taken for what it is not, so nobody else may.

use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use super::ConfigError;
use crate::mail::Wordings;

/// A larger file is no language: the largest that is built in has some thirty kilobytes.
const MAX_FILE: u64 = 1024 * 1024;

/// The built-in wordings with those of a folder's `.toml` files, in the order of their names.
///
/// # Errors
///
/// [`ConfigError::Unreadable`] and [`ConfigError::Unsafe`] for a file or the folder,
/// [`ConfigError::Wordings`] with file, line and reason for what a file says.
pub(super) fn load(folder: &Path) -> Result<Arc<Wordings>, ConfigError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| ConfigError::Unreadable { path, source }
    };
    safe(folder)?;
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable(folder))? {
        paths.push(entry.map_err(unreadable(folder))?.path());
    }
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "toml")
    });
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        safe(&path)?;
        let text = own_text(&path).map_err(unreadable(&path))?;
        files.push((path.display().to_string(), text));
    }
    let wordings = Wordings::with(&files).map_err(ConfigError::Wordings)?;
    Ok(Arc::new(wordings))
}

/// The text of a file of the person's own, which is bounded.
///
/// # Errors
/// It cannot be read, is no text, or is larger than a mebibyte.
pub fn own_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let file = fs::File::open(path)?;
    file.take(MAX_FILE + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_FILE {
        return Err(io::Error::other("it is larger than 1 MiB"));
    }
    Ok(text)
}

fn safe(path: &Path) -> Result<(), ConfigError> {
    let metadata = fs::metadata(path).map_err(|source| ConfigError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o002 == 0 {
        return Ok(());
    }
    Err(ConfigError::Unsafe {
        path: path.to_owned(),
        mode,
    })
}
