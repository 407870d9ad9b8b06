//! A mailbox that is a Maildir: whether each of its folders is there and can be read.

use std::fs;
use std::io;
use std::path::Path;

use super::disk::look;
use super::mailbox::name;
use super::report::Checks;
use crate::config::{Mailbox, Maildir};
use crate::mail::FolderName;
use crate::source::maildir;

pub(super) async fn check(checks: &mut Checks, mailbox: &Mailbox, there: &Maildir) {
    let action = "name a Maildir (with new/ and cur/) that this user may read";
    let shown = there.path.display();
    for folder in &there.folders {
        let name = name(mailbox, &format!("folder {folder}"));
        let (root, wanted) = (there.path.clone(), folder.clone());
        match look(move || read(&root, &wanted)).await {
            None => {
                let observed = format!("{shown}: the file system does not answer");
                let action = "see whether the server behind it is well, and its mount";
                checks.fail(name, observed, action);
                // Another folder would keep another thread.
                return;
            }
            Some(Ok(Some(found))) => checks.pass(name, found),
            Some(Ok(None)) => {
                let action = "make it, or take it out of `folders`";
                checks.warn(name, format!("{shown} has no such folder"), action);
            }
            Some(Err(error)) => checks.fail(name, format!("{shown}: {error}"), action),
        }
    }
}

/// The folder, if there is one, once both of its places could be read.
fn read(root: &Path, folder: &FolderName) -> io::Result<Option<String>> {
    let Some(path) = maildir::resolve(root, folder)? else {
        return Ok(None);
    };
    for place in ["new", "cur"] {
        fs::read_dir(path.join(place))?;
    }
    Ok(Some(path.display().to_string()))
}
