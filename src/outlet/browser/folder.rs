//! The person's own recipes: a folder of files that take the place of the built-in ones, or are
//! added to them.
//!
//! It reads files; what stands in them is `recipe`'s business. SECURITY: whoever may write these
//! files says which pages are Meta's and what is typed where, so nobody else may.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::recipe::{FILES, Fault, Recipes};
use crate::config::own_text;

/// The right of every user of the machine to write.
const BY_OTHERS: u32 = 0o002;

impl Recipes {
    /// The built-in recipes, with the `.toml` files of a folder, where there is one: a file takes
    /// the place of the built-in one of the same name, or is added.
    ///
    /// # Errors
    /// A file or the folder that cannot be read or that everybody may change, or a file that is no
    /// recipe.
    pub fn with(folder: Option<&Path>) -> Result<Cow<'static, Self>, Fault> {
        let Some(folder) = folder else {
            return Ok(Cow::Borrowed(Self::built_in()));
        };
        let mut files: BTreeMap<_, _> = FILES.map(|(name, text)| (name.into(), text.into())).into();
        files.extend(own(folder)?);
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(name, text): (&String, &String)| (name.as_str(), text.as_str()))
            .collect();
        // The built-in ones are tested: a fault is one of the folder's.
        let recipes = Self::read(&files).map_err(|fault| Fault {
            file: folder.join(&fault.file).display().to_string(),
            ..fault
        })?;
        Ok(Cow::Owned(recipes))
    }
}

/// The recipes in a folder, each with its file's name.
fn own(folder: &Path) -> Result<Vec<(String, String)>, Fault> {
    let at = |path: &Path| {
        let file = path.display().to_string();
        move |error: io::Error| Fault {
            file,
            reason: error.to_string(),
        }
    };
    check_rights(folder).map_err(at(folder))?;
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let path = entry.map_err(at(folder))?.path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        check_rights(&path).map_err(at(&path))?;
        let text = own_text(&path).map_err(at(&path))?;
        let name = path.file_name().unwrap_or_default();
        files.push((name.to_string_lossy().into_owned(), text));
    }
    Ok(files)
}

fn check_rights(path: &Path) -> io::Result<()> {
    if fs::metadata(path)?.permissions().mode() & BY_OTHERS == 0 {
        return Ok(());
    }
    Err(io::Error::other(
        "every user of this machine may change it, and with it what is typed where; take that \
         right away (chmod o-w)",
    ))
}
