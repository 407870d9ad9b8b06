//! How the daemon is: which folders were heard, which alert channels work.
//!
//! It is noted here by those who see it and read by those who tell systemd; nothing is decided by
//! it but when the start is over. It holds no address and no word of a mail.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::Instant;
use tracing::info;

use crate::mail::{FolderRef, MailboxName};
use crate::source::Backlog;

/// So many messages from before take a while, which is worth a line.
const MANY: usize = 200;

/// How it stands with one folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hearing {
    /// Nothing was said of it yet.
    Awaited,
    /// Its last report was a proof.
    Heard,
    /// Its last report was trouble.
    Unheard,
    /// There is no such folder, and need not be.
    Absent,
}

/// What is known of every watched folder and every alert channel.
#[derive(Debug, Clone, Default)]
pub(super) struct Health(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    folders: BTreeMap<FolderRef, Folder>,
    /// Folders without a first proof that are not absent either.
    awaited: usize,
    /// Whether each alert channel took the last alert.
    channels: BTreeMap<String, bool>,
    is_ready: bool,
    /// The last reload was refused.
    is_refused: bool,
}

#[derive(Debug)]
struct Folder {
    /// The last sign of life of whoever watches it.
    at: Instant,
    hearing: Hearing,
    is_awaited: bool,
    /// It was there once, and has to be there.
    was_there: bool,
    /// How far it has come with what came while nobody watched.
    backlog: Option<Backlog>,
}

/// All of it in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Summary {
    /// The start is over.
    pub(super) is_ready: bool,
    /// The last reload was refused.
    pub(super) is_refused: bool,
    /// Folders that there are.
    pub(super) folders: usize,
    /// Those of them that have not given their first proof yet.
    pub(super) awaited: usize,
    /// Those of them that are heard.
    pub(super) heard: usize,
    /// Alert channels that did not take the last alert.
    pub(super) broken_channels: usize,
    /// Of the messages that came while nobody watched, those that were looked at, and all.
    pub(super) looked_through: usize,
    pub(super) to_look_through: usize,
}

impl Health {
    /// From now on these are the folders and the alert channels. What is known of those that stay
    /// is kept.
    pub(super) fn watch(&self, folders: &[FolderRef], channels: &[String]) {
        let mut state = self.state();
        let mut known = std::mem::take(&mut state.folders);
        for folder in folders {
            let new = || Folder {
                at: Instant::now(),
                hearing: Hearing::Awaited,
                is_awaited: true,
                was_there: false,
                backlog: None,
            };
            let entry = known.remove(folder).unwrap_or_else(new);
            state.folders.insert(folder.clone(), entry);
        }
        state.awaited = state.folders.values().filter(|it| it.is_awaited).count();
        let known = std::mem::take(&mut state.channels);
        let channel = |name: &String| (name.clone(), known.get(name).copied().unwrap_or(true));
        state.channels = channels.iter().map(channel).collect();
        self.0.changed.notify_waiters();
    }

    /// What is known of a folder counts for nothing any more: it is watched anew.
    pub(super) fn forget(&self, folder: &FolderRef) {
        self.state().folders.remove(folder);
    }

    /// A folder was heard before this program began.
    pub(super) fn was_there(&self, folder: &FolderRef) {
        if let Some(entry) = self.state().folders.get_mut(folder) {
            entry.was_there = true;
        }
    }

    /// Whoever watches a folder gave a sign of life; `hearing` if that says how it stands.
    pub(super) fn sign(&self, folder: &FolderRef, hearing: Option<Hearing>) {
        let mut state = self.state();
        let Some(entry) = state.folders.get_mut(folder) else {
            return;
        };
        entry.at = Instant::now();
        let Some(hearing) = hearing else {
            return;
        };
        if entry.backlog.take().is_some() {
            self.0.changed.notify_waiters();
        }
        entry.was_there |= hearing == Hearing::Heard;
        let has_vanished = entry.was_there && hearing == Hearing::Absent;
        let hearing = if has_vanished {
            Hearing::Unheard
        } else {
            hearing
        };
        if hearing == entry.hearing {
            return;
        }
        entry.hearing = hearing;
        let is_answer = matches!(hearing, Hearing::Heard | Hearing::Absent);
        if is_answer && std::mem::take(&mut entry.is_awaited) {
            state.awaited -= 1;
        }
        self.0.changed.notify_waiters();
    }

    /// A folder has come so far with what came while nobody watched.
    pub(super) fn catches_up(&self, folder: &FolderRef, backlog: Backlog) {
        let mut state = self.state();
        let Some(entry) = state.folders.get_mut(folder) else {
            return;
        };
        entry.at = Instant::now();
        if entry.backlog.replace(backlog).is_none() && backlog.of >= MANY {
            info!(
                mailbox = %folder.mailbox, folder = %folder.folder, messages = backlog.of,
                "catching up"
            );
        }
        self.0.changed.notify_waiters();
    }

    /// The folders that are catching up, and how far they have come.
    pub(super) fn backlogs(&self) -> Vec<(FolderRef, Backlog)> {
        let state = self.state();
        let folders = state.folders.iter();
        let backlog = |(at, folder): (&FolderRef, &Folder)| Some((at.clone(), folder.backlog?));
        folders.filter_map(backlog).collect()
    }

    /// An alert was given to a channel, which took it or did not.
    pub(super) fn tried(&self, channel: &str, took: bool) {
        let mut state = self.state();
        if let Some(works) = state.channels.get_mut(channel)
            && std::mem::replace(works, took) != took
        {
            self.0.changed.notify_waiters();
        }
    }

    /// The start is over.
    pub(super) fn ready(&self) {
        self.state().is_ready = true;
        self.0.changed.notify_waiters();
    }

    /// A reload was refused, or was not.
    pub(super) fn refuse(&self, is_refused: bool) {
        self.state().is_refused = is_refused;
        self.0.changed.notify_waiters();
    }

    /// Whether a mailbox is of no use as it is: none of its folders is heard, nor about to be.
    pub(super) fn is_deaf(&self, mailbox: &MailboxName) -> bool {
        let state = self.state();
        let mut own = state
            .folders
            .iter()
            .filter(|(at, _)| at.mailbox == *mailbox);
        own.all(|(_, folder)| matches!(folder.hearing, Hearing::Unheard | Hearing::Absent))
    }

    /// A folder whose source gave no sign of life for so long: it hangs.
    pub(super) fn lifeless(&self, longest: Duration) -> Option<FolderRef> {
        let state = self.state();
        let mut folders = state.folders.iter();
        let lifeless = folders.find(|(_, folder)| folder.at.elapsed() > longest);
        lifeless.map(|(folder, _)| folder.clone())
    }

    /// All of it in numbers.
    pub(super) fn summary(&self) -> Summary {
        let state = self.state();
        let count = |hearing: Hearing| {
            let folders = state.folders.values();
            folders.filter(|folder| folder.hearing == hearing).count()
        };
        let backlogs = || state.folders.values().filter_map(|folder| folder.backlog);
        Summary {
            is_ready: state.is_ready,
            is_refused: state.is_refused,
            folders: state.folders.len() - count(Hearing::Absent),
            awaited: state.awaited,
            heard: count(Hearing::Heard),
            broken_channels: state.channels.values().filter(|works| !**works).count(),
            looked_through: backlogs().map(|backlog| backlog.done).sum(),
            to_look_through: backlogs().map(|backlog| backlog.of).sum(),
        }
    }

    /// The next change after this call, also one that comes before anybody waits for it.
    pub(super) fn changed(&self) -> Notified<'_> {
        self.0.changed.notified()
    }

    /// Waits until every folder has given its first proof, or is absent.
    pub(super) async fn all_answered(&self) {
        loop {
            let changed = self.changed();
            if self.state().awaited == 0 {
                return;
            }
            changed.await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use crate::mail::{FolderName, FolderRef, MailboxName};

    use super::{Health, Hearing, Summary};

    fn folder(name: &str) -> FolderRef {
        FolderRef {
            mailbox: MailboxName("me".to_owned()),
            origin: String::new(),
            folder: FolderName(name.to_owned()),
        }
    }

    #[test]
    fn trouble_is_no_first_proof_and_takes_none_back() {
        let (health, folders) = (Health::default(), [folder("INBOX"), folder("Junk")]);
        health.watch(&folders, &[]);
        let check = |awaited, heard, folders| {
            let summary = health.summary();
            let found = (summary.awaited, summary.heard, summary.folders);
            assert_eq!(found, (awaited, heard, folders));
        };
        check(2, 0, 2);
        let note = |at: usize, hearing| health.sign(&folders[at], Some(hearing));
        note(0, Hearing::Unheard);
        check(2, 0, 2);
        note(0, Hearing::Heard);
        note(1, Hearing::Absent);
        check(0, 1, 1);
        assert!(!health.is_deaf(&folders[0].mailbox));
        note(0, Hearing::Unheard);
        check(0, 0, 1);
        assert!(health.is_deaf(&folders[0].mailbox));
        // It was there once.
        health.was_there(&folders[1]);
        note(1, Hearing::Absent);
        check(0, 0, 2);
    }

    #[test]
    fn what_stays_watched_keeps_what_is_known_of_it() {
        let (health, channels) = (Health::default(), ["phone".to_owned()]);
        let [stays, goes, comes] = ["a", "b", "c"].map(folder);
        health.watch(&[stays.clone(), goes], &channels);
        health.sign(&stays, Some(Hearing::Heard));
        health.tried("phone", false);
        health.tried("no channel of ours", false);
        health.watch(&[stays.clone(), comes], &channels);
        let expected = Summary {
            folders: 2,
            awaited: 1,
            heard: 1,
            broken_channels: 1,
            ..Summary::default()
        };
        assert_eq!(health.summary(), expected);
        health.forget(&stays);
        health.watch(&[stays], &[]);
        let summary = health.summary();
        assert_eq!((summary.awaited, summary.broken_channels), (1, 0));
    }
}
