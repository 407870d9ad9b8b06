//! `sustained check --prove` for a Maildir: a marked file, and how soon the watch that `run` uses
//! reports that it has looked.
//!
//! The sweep is put off for that time, so that only inotify can be the reason. The file is taken
//! away again.

use std::fs;
use std::io;
use std::path::Path;

use jiff::SignedDuration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Duration, Instant, timeout};

use super::mailbox::{ARM, shown};
use super::marked::Marked;
use super::prove::Interrupt;
use super::report::Checks;
use crate::config::{Mailbox, Maildir};
use crate::mail::{FolderName, FolderRef};
use crate::source::{Feed, Pace, Report, maildir};

/// What inotify tells of, it tells of at once.
const TOLD_WITHIN: Duration = Duration::from_secs(10);

/// The first look goes through everything that is there.
const FIRST_LOOK: Duration = Duration::from_mins(2);

/// Later than anybody waits for here.
const NO_SWEEP: Duration = Duration::from_hours(1);

pub(super) async fn prove(
    checks: &mut Checks,
    mailbox: &Mailbox,
    there: &Maildir,
    folder: &FolderName,
    interrupt: &Interrupt,
) {
    let name = |what: &str| format!("mailbox {}: {folder} {what}", mailbox.name);
    let path = match maildir::resolve(&there.path, folder) {
        Ok(Some(path)) => path,
        Ok(None) => return checks.skip(name("is heard"), "there is no such folder"),
        Err(error) => {
            let action = "name a Maildir that this user may read";
            return checks.fail(name("is heard"), error, action);
        }
    };
    let marked = Marked::new(&mailbox.addresses);
    // The wait ends with an interrupt; what is written is written whole or not at all.
    let heard = tokio::select! {
        heard = hear(mailbox, there, folder, &path, &marked) => Some(heard),
        () = interrupt.wanted() => None,
    };
    let is_put = !matches!(heard, Some(Ok(Heard::NeverLooked) | Err(_)));
    match heard {
        None => {}
        Some(Ok(Heard::After(took))) => {
            let observed = format!("told of {} after it was put there", shown(took));
            checks.pass(name("by inotify"), observed);
        }
        Some(Ok(Heard::NotTold)) => checks.warn(
            name("by inotify"),
            "not told of: is this a network file system? The sweep finds what comes",
            ARM,
        ),
        Some(Ok(Heard::NeverLooked)) => {
            let observed = format!("not looked through within {} s", FIRST_LOOK.as_secs());
            let action = "see whether its disk is well: `sustained run` needs as long at its start";
            checks.fail(name("is heard"), observed, action);
        }
        Some(Err(error)) => checks.warn(
            name("by inotify"),
            format!("the test message could not be put there: {error}"),
            "run it as somebody who may write there, such as the user of the mail server",
        ),
    }
    let action = format!(
        "look for it and delete it: its subject is “{}”",
        Marked::SUBJECT
    );
    match take_away(&path, &marked) {
        // An interrupt may have come before anything was put there.
        Ok(0) if is_put && !interrupt.is_there() => {
            let observed = "the test message is not where it was put: a mail program moved it";
            checks.fail(name("left as it was"), observed, &action);
        }
        Ok(0) => {}
        Ok(_) => checks.pass(name("left as it was"), "the test message is gone"),
        Err(error) => checks.fail(name("left as it was"), error, &action),
    }
}

/// What came of a message.
enum Heard {
    After(Duration),
    NotTold,
    /// The folder was not even looked through before, and nothing was put there.
    NeverLooked,
}

/// How long after the file was put there the folder was looked at.
async fn hear(
    mailbox: &Mailbox,
    there: &Maildir,
    folder: &FolderName,
    path: &Path,
    marked: &Marked,
) -> io::Result<Heard> {
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
        if !looked(&mut reports, FIRST_LOOK).await {
            return Ok(Heard::NeverLooked);
        }
        put(path, marked)?;
        let start = Instant::now();
        Ok(if looked(&mut reports, TOLD_WITHIN).await {
            Heard::After(start.elapsed())
        } else {
            Heard::NotTold
        })
    };
    tokio::select! {
        proved = proof => proved,
        never = watched => match never {},
    }
}

/// Waits until the folder was looked at.
async fn looked(reports: &mut mpsc::Receiver<Report>, within: Duration) -> bool {
    let next = async {
        loop {
            match reports.recv().await {
                Some(Report::Heard { taken, .. }) => {
                    // Whoever asked goes on when it is answered, and nothing else is wanted.
                    return taken.send(()).is_ok();
                }
                Some(Report::Arrival { taken, .. }) => drop(taken.send(())),
                Some(Report::Unheard { .. } | Report::Absent | Report::CatchingUp(_)) => {}
                None => return false,
            }
        }
    };
    timeout(within, next).await.unwrap_or(false)
}

/// Delivers as mail servers do: written beside, then put there whole.
fn put(folder: &Path, marked: &Marked) -> io::Result<()> {
    let beside = folder.join("tmp").join(&marked.mark);
    fs::write(&beside, &marked.text)?;
    fs::rename(&beside, folder.join("new").join(&marked.mark))
}

/// Removes the file wherever it lies in the folder, and says how many there were. A mail program
/// may move it from one place to the next, and add flags, at the same moment.
fn take_away(folder: &Path, marked: &Marked) -> io::Result<u32> {
    let mut removed = 0;
    for place in ["tmp", "new", "cur", "new", "cur"] {
        for entry in fs::read_dir(folder.join(place))? {
            let entry = entry?;
            if !entry
                .file_name()
                .to_string_lossy()
                .starts_with(&marked.mark)
            {
                continue;
            }
            match fs::remove_file(entry.path()) {
                Ok(()) => removed += 1,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(removed)
}
