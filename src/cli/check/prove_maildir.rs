//! `sustained check --prove` for a Maildir: a marked file, and how soon the watch that `run` uses
//! reports that it has looked.
//!
//! The sweep is put off for that time, so that only inotify can be the reason. The file is taken
//! away again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Duration, Instant, timeout};

use super::mailbox::shown;
use super::marked::Marked;
use super::prove::interrupted;
use super::report::Checks;
use crate::config::{Mailbox, Maildir};
use crate::mail::{FolderName, FolderRef};
use crate::source::{Feed, Pace, Report, maildir};

/// What inotify tells of, it tells of at once.
const TOLD_WITHIN: Duration = Duration::from_secs(10);

/// Later than anybody waits for here.
const NO_SWEEP: Duration = Duration::from_hours(1);

pub(super) async fn prove(checks: &mut Checks, mailbox: &Mailbox, there: &Maildir) {
    for folder in &there.folders {
        let name = |what: &str| format!("mailbox {}: {folder} {what}", mailbox.name);
        let path = match maildir::resolve(&there.path, folder) {
            Ok(Some(path)) => path,
            Ok(None) => {
                checks.skip(name("is proved"), "there is no such folder");
                continue;
            }
            Err(error) => {
                let action = "name a Maildir that this user may read";
                checks.fail(name("is proved"), error, action);
                continue;
            }
        };
        let marked = Marked::new(&mailbox.addresses);
        let heard = tokio::select! {
            heard = hear(mailbox, there, folder, (&path, &marked)) => heard,
            () = interrupted() => {
                checks.interrupt();
                Ok(None)
            }
        };
        match heard {
            _ if checks.is_interrupted() => {}
            Ok(Some(took)) => {
                let observed = format!("told of {} after it was put there", shown(took));
                checks.pass(name("by inotify"), observed);
            }
            Ok(None) => checks.warn(
                name("by inotify"),
                "not told of: is this a network file system? The sweep finds what comes",
                "before you press Send, run `sustained arm`: then it looks every 3 s",
            ),
            Err(error) => {
                let observed = format!("the test message could not be put there: {error}");
                checks.warn(
                    name("by inotify"),
                    observed,
                    "nothing to do if it is not yours",
                );
                continue;
            }
        }
        match take_away(&path, &marked) {
            Ok(()) => checks.pass(name("left as it was"), "the test message is gone"),
            Err(error) => {
                let action = format!("delete it yourself: its subject is “{}”", Marked::SUBJECT);
                checks.fail(name("left as it was"), error, &action);
            }
        }
        if checks.is_interrupted() {
            return;
        }
    }
}

/// How long after the file was put there the folder was looked at; `None` if it was not.
async fn hear(
    mailbox: &Mailbox,
    there: &Maildir,
    folder: &FolderName,
    (path, marked): (&Path, &Marked),
) -> io::Result<Option<Duration>> {
    let at = FolderRef {
        mailbox: mailbox.name.clone(),
        origin: format!("maildir:{}", there.path.display()),
        folder: folder.clone(),
    };
    // Held until the end: a pace whose senders are gone is one of a program that stops.
    let (_expect, expected) = watch::channel(None);
    let (_sleep, slept) = watch::channel(0);
    let pace = Pace::new(NO_SWEEP, SignedDuration::ZERO, expected, slept);
    let (sender, mut reports) = mpsc::channel(1);
    let watched = maildir::watch(
        there.path.clone(),
        pace,
        Feed::new(at, (None, None), sender),
    );
    let proof = async {
        if !looked(&mut reports).await {
            return Ok(None);
        }
        put(path, marked)?;
        let start = Instant::now();
        Ok(looked(&mut reports).await.then(|| start.elapsed()))
    };
    tokio::select! {
        proved = proof => proved,
        never = watched => match never {},
    }
}

/// Waits until the folder was looked at.
async fn looked(reports: &mut mpsc::Receiver<Report>) -> bool {
    let next = async {
        loop {
            match reports.recv().await {
                Some(Report::Heard { taken, .. }) => {
                    // Whoever asked goes on when it is answered, and nothing else is wanted.
                    return taken.send(()).is_ok();
                }
                Some(Report::Arrival { taken, .. }) => drop(taken.send(())),
                Some(Report::Unheard { .. } | Report::Absent) => {}
                None => return false,
            }
        }
    };
    timeout(TOLD_WITHIN, next).await.unwrap_or(false)
}

/// Delivers as mail servers do: written beside, then put there whole.
fn put(folder: &Path, marked: &Marked) -> io::Result<()> {
    let beside = folder.join("tmp").join(&marked.mark);
    fs::write(&beside, &marked.text)?;
    fs::rename(&beside, folder.join("new").join(&marked.mark))
}

/// The file may have been looked at by a mail program meanwhile, which moves it and adds flags.
fn take_away(folder: &Path, marked: &Marked) -> io::Result<()> {
    for place in ["tmp", "new", "cur"] {
        let place: PathBuf = folder.join(place);
        for entry in fs::read_dir(&place)? {
            let entry = entry?;
            if entry
                .file_name()
                .to_string_lossy()
                .starts_with(&marked.mark)
            {
                fs::remove_file(entry.path())?;
            }
        }
    }
    Ok(())
}
