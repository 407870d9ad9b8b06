//! The folders to watch: one that is not there is asked for again, or refused.
//!
//! It opens nothing on a server.

use std::path::Path;

use super::super::exit::Stopped;
use super::super::print::talk;
use super::answers::Server;
use super::questions::{Question, ask, can_be_asked_again, wrong};
use super::trial;
use crate::config;
use crate::mail::{FolderName, plain_sentence};
use crate::source::maildir;

/// More names than that help nobody to choose.
const MOST_SHOWN: usize = 20;

/// The flag that names them.
pub(super) const FLAG: &str = "--folders";

const FOLDERS: Question<'_> = Question {
    text: "the folders to watch, with commas between:",
    flag: FLAG,
    usual: Some("INBOX,\\Junk"),
    shown: str::to_owned,
};

/// Nothing is wrong with a mailbox that has no folder for spam.
pub(super) fn may_be_missing(folder: &FolderName) -> bool {
    folder.0.starts_with('\\') && folder.is_for_junk()
}

/// What is said of a folder that cannot be opened.
pub(super) fn not_there(folder: &FolderName, why: &str, there: &[String]) -> String {
    let names: Vec<&str> = there.iter().map(String::as_str).collect();
    let nearest = config::did_you_mean(&folder.0, &names, '"');
    let shown = names.get(..MOST_SHOWN).unwrap_or(&names).join(", ");
    let more = if names.len() > MOST_SHOWN {
        ", …"
    } else {
        ""
    };
    let why = why.trim_end_matches('.');
    plain_sentence(&format!(
        "{folder}: {why}; {nearest}there are {shown}{more}"
    ))
}

/// The person's answer, for the folders of a server.
pub(super) async fn asked(server: &Server) -> Result<Vec<String>, Stopped> {
    ask_by(|folders| {
        let server = Server {
            folders: folders.to_owned(),
            ..server.clone()
        };
        let meant = trial::meant_server(&server, &trial::later());
        meant.map(drop).map_err(|refused| refused.why())
    })
    .await
}

/// The folders of a Maildir, all of which are there.
pub(super) async fn of_maildir(path: &Path, named: &[String]) -> Result<Vec<String>, Stopped> {
    let Err(why) = are_in(path, named) else {
        return Ok(named.to_owned());
    };
    if !can_be_asked_again() {
        return Err(wrong(FLAG, &named.join(","), &why));
    }
    talk(&why);
    ask_by(|folders| are_in(path, folders)).await
}

fn are_in(path: &Path, folders: &[String]) -> Result<(), String> {
    let mut missing = Vec::new();
    for folder in trial::meant_folders(folders)? {
        match maildir::resolve(path, &folder) {
            Ok(found) if found.is_some() || may_be_missing(&folder) => {}
            Ok(_) => {
                let why = "there is no such folder";
                missing.push(not_there(&folder, why, &maildir::names(path)));
            }
            Err(error) => missing.push(format!("{folder}: {error}")),
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(missing.join("; "))
}

async fn ask_by(check: impl Fn(&[String]) -> Result<(), String>) -> Result<Vec<String>, Stopped> {
    ask(FOLDERS, |said| {
        let folders: Vec<String> = said.split(',').map(|name| name.trim().to_owned()).collect();
        check(&folders).map(|()| folders)
    })
    .await
}
