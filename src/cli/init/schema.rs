//! The first line of what is written, by which editors find the schema to complete and check it.
//!
//! It names a file that is there: an editor needs no network for it.

use std::env;
use std::path::{Path, PathBuf};

/// What the schema is called, as in the package.
const NAME: &str = "config.schema.json";

/// Where editors find the schema.
pub(super) struct Schema {
    /// The first line of the configuration.
    pub(super) line: String,
    /// The file that has to be written first.
    pub(super) missing: Option<PathBuf>,
}

impl Schema {
    /// For a configuration in this folder.
    pub(super) fn of(folder: &Path) -> Self {
        let beside = folder.join(NAME);
        let (place, missing) = match of_the_package() {
            Some(file) => (format!("file://{}", file.display()), None),
            None if beside.exists() => (format!("./{NAME}"), None),
            None => (format!("./{NAME}"), Some(beside)),
        };
        let line = format!("#:schema {place}\n");
        Self { line, missing }
    }
}

/// The one that came with this program, which is renewed together with it.
fn of_the_package() -> Option<PathBuf> {
    let program = env::current_exe().ok()?;
    // As the Filesystem Hierarchy Standard lays things out below /usr and /usr/local.
    let prefix = program.parent()?.parent()?;
    let file = prefix.join("share/doc/sustained/examples").join(NAME);
    file.is_file().then_some(file)
}
