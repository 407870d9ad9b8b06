//! `sustained check --prove`: a marked message goes into every folder; how long until it is heard?
//!
//! It says which mailboxes and folders are proved and keeps the order: hear, take away, show. What
//! was begun is noted before it is begun, and the taking away goes by those notes whatever ended
//! the hearing: trouble, a panic of the protocol library, the person. How a message is heard stands
//! in `hear`, how it is taken away in `take_away`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use super::hear::hear;
use super::marked::Marked;
use super::prove_maildir;
use super::report::{Checks, GARBLED, Shown};
use super::take_away::take_away;
use crate::cli::ends::Ends;
use crate::cli::exit::Stopped;
use crate::config::{self, Config, Imap, Mailbox, Source};
use crate::mail::{FolderName, MailboxName, Uid, UidValidity};
use crate::source::imap::{self, Capabilities, Credentials, ImapError, Session, Trust};
use crate::source::walled;

/// Hearing one folder, all the waiting for announcements included.
const HEARD_WITHIN: Duration = Duration::from_mins(4);

/// Taking away what was put into one folder.
const TAKEN_AWAY_WITHIN: Duration = Duration::from_mins(2);

/// Whether the person has had enough. It is looked at where nothing is cut off by it.
#[derive(Debug, Clone)]
pub(super) struct Interrupt(watch::Receiver<u32>);

impl Interrupt {
    /// Listens for the signals that end a program.
    fn listen() -> Self {
        let (count, counted) = watch::channel(0);
        // Without it the program ends as programs do.
        if let Ok(mut ends) = Ends::heard() {
            tokio::spawn(async move {
                loop {
                    ends.heard_now().await;
                    count.send_modify(|count| *count += 1);
                }
            });
        }
        Self(counted)
    }

    /// Whether it has come.
    pub(super) fn is_there(&self) -> bool {
        *self.0.borrow() > 0
    }

    /// Ready when it is there.
    pub(super) async fn wanted(&self) {
        self.times(1).await;
    }

    /// Ready when the person insists: then nothing is waited for any more.
    async fn insisted(&self) {
        self.times(2).await;
    }

    async fn times(&self, times: u32) {
        let mut count = self.0.clone();
        if count.wait_for(|count| *count >= times).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// A mailbox on a server, and one of its folders.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) mailbox: MailboxName,
    pub(super) addresses: Vec<String>,
    pub(super) imap: Imap,
    pub(super) credentials: Credentials,
    pub(super) folder: FolderName,
}

impl Place {
    pub(super) async fn connect(&self) -> Result<(Session, Capabilities), ImapError> {
        let (session, before) = imap::connect(&self.imap, &Trust::default()).await?;
        imap::sign_in(session, before, &self.imap, &self.credentials).await
    }

    pub(super) fn name(&self, what: &str) -> String {
        format!("mailbox {}: {} {what}", self.mailbox, self.folder)
    }
}

/// A message that may lie in a folder: noted before it is put there.
#[derive(Debug, Clone)]
pub(super) struct Begun {
    /// The folder's name on the server, and its numbering.
    pub(super) folder: String,
    pub(super) uid_validity: UidValidity,
    /// Its UID is not below this one.
    pub(super) from: Uid,
    /// Its Message-ID.
    pub(super) id: String,
}

/// Everything that was begun and is not known to be undone.
#[derive(Debug, Clone, Default)]
pub(super) struct Notes(Arc<Mutex<Vec<Begun>>>);

impl Notes {
    pub(super) fn begin(&self, begun: Begun) {
        self.list().push(begun);
    }

    /// The server did not take it.
    pub(super) fn forget(&self, id: &str) {
        self.list().retain(|begun| begun.id != id);
    }

    fn all(&self) -> Vec<Begun> {
        self.list().clone()
    }

    fn list(&self) -> MutexGuard<'_, Vec<Begun>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) async fn prove(
    checks: &mut Checks,
    config: &Config,
    only: Option<&str>,
    shown: Shown<'_>,
) -> Result<(), Stopped> {
    let is_meant = |mailbox: &&Mailbox| only.is_none_or(|name| name == mailbox.name.0);
    let meant: Vec<&Mailbox> = config.mailboxes.iter().filter(is_meant).collect();
    if meant.is_empty() {
        let names: Vec<&str> = config
            .mailboxes
            .iter()
            .map(|one| one.name.0.as_str())
            .collect();
        let observed = format!("none has that name; there are: {}", names.join(", "));
        checks.fail("mailbox", observed, "name one of these, or none for all");
    }
    // A state folder that cannot be told has no tokens in it; a password needs none.
    let state_dir = config::state_dir().unwrap_or_default();
    let interrupt = Interrupt::listen();
    for mailbox in meant {
        let folders = match &mailbox.source {
            Source::Imap(imap) => &imap.folders,
            Source::Maildir(maildir) => &maildir.folders,
        };
        for folder in folders {
            match &mailbox.source {
                Source::Maildir(there) => {
                    prove_maildir::prove(checks, mailbox, there, folder, &interrupt).await;
                }
                Source::Imap(imap) => {
                    let place = Place {
                        mailbox: mailbox.name.clone(),
                        addresses: mailbox.addresses.clone(),
                        imap: imap.clone(),
                        credentials: Credentials::of(imap, &mailbox.name, &state_dir),
                        folder: folder.clone(),
                    };
                    prove_folder(checks, place, &interrupt).await;
                }
            }
            checks.show(shown)?;
            if interrupt.is_there() {
                checks.fail("interrupted", "the rest was not tried", "run it again");
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Each half has a wall around it: a hostile server can make the parser panic.
async fn prove_folder(checks: &mut Checks, place: Place, interrupt: &Interrupt) {
    let notes = Notes::default();
    let heard = hear(place.clone(), notes.clone(), interrupt.clone());
    let session = match walled(timeout(HEARD_WITHIN, heard)).await {
        Some(Ok((found, session))) => {
            checks.append(found);
            session
        }
        Some(Err(_)) => {
            let observed = format!("not done within {} s", HEARD_WITHIN.as_secs());
            checks.fail(place.name("is heard"), observed, "try again later");
            None
        }
        None => {
            checks.garbled(place.name("is heard"));
            None
        }
    };
    let begun = notes.all();
    if begun.is_empty() {
        return;
    }
    let left = take_away(place.clone(), begun, session);
    let found = tokio::select! {
        left = walled(timeout(TAKEN_AWAY_WITHIN, left)) => left,
        () = interrupt.insisted() => Some(Ok(Err("interrupted".to_owned()))),
    };
    match found {
        Some(Ok(Ok(found))) => checks.append(found),
        Some(Ok(Err(why))) => still_there(checks, &place, &why),
        Some(Err(_)) => still_there(checks, &place, "the server did not answer in time"),
        None => still_there(checks, &place, GARBLED),
    }
}

fn still_there(checks: &mut Checks, place: &Place, why: &str) {
    let observed = format!("a test message may still be there: {why}");
    let action = format!("delete it yourself: its subject is “{}”", Marked::SUBJECT);
    checks.fail(place.name("left as it was"), observed, &action);
}
