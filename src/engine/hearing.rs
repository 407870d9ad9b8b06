//! Whether a folder is provably heard, and telling the person when it is not.
//!
//! Proofs come in as inputs; this file never asks a server. A folder is deaf when its last proof
//! is too old, or when its server wants something of the person.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use tracing::{info, warn};

use crate::case::Event;
use crate::mail::{Cursor, FolderRef};
use crate::store::{FolderRow, Proof, StoreError};

use super::{Engine, EngineError};

/// Proofs are written together, this long after the first of them: thousands of folders prove
/// themselves every minute, and a crash that loses some seconds of proof loses nothing else.
const WRITTEN_AFTER: SignedDuration = SignedDuration::from_secs(5);

/// After a time without proof, such as at a start, somebody may be looking: the first proofs are
/// written so soon.
const WRITTEN_SOON: SignedDuration = SignedDuration::from_millis(500);

/// Without proof for so long a folder is one that somebody may be looking for. It is a third of
/// the time after which `status` no longer calls it heard.
const MISSED: SignedDuration = SignedDuration::from_mins(5);

/// Nobody is called deaf so soon after the time of day has jumped.
const JUDGED_AFTER: SignedDuration = SignedDuration::from_secs(5);

/// Said of a folder that was there before: its mail may go where nobody looks.
const GONE: &str = "there is no such folder any more: if it is right that it is gone, take \
                    it out of `folders`";

/// What is known of one watched folder.
#[derive(Debug, Clone)]
pub(super) struct Hearing {
    /// The last proof; the start of the program where there is none.
    heard_at: Timestamp,
    /// So much of the time since then is not held against the server.
    excused: SignedDuration,
    /// The last proof, be it by an earlier run of the program.
    pub(super) proof: Option<(Option<Cursor>, Timestamp)>,
    /// Messages of interest since the last proof.
    found: u32,
    /// The person was told that it is deaf: the last proof before that.
    pub(super) deaf_since: Option<Timestamp>,
    /// What stands in the way, if the server said so.
    trouble: Option<String>,
    /// There is no such folder: it cannot be deaf.
    pub(super) absent: bool,
}

impl Hearing {
    /// Goes on from what is stored. The time the program did not run is not held against the
    /// server: deafness is counted from the start.
    pub(super) fn resume(row: Option<FolderRow>, now: Timestamp) -> Self {
        let proof = row
            .as_ref()
            .and_then(|row| row.heard_at.map(|at| (row.cursor, at)));
        Self {
            heard_at: now,
            excused: SignedDuration::ZERO,
            proof,
            found: 0,
            deaf_since: row.and_then(|row| row.deaf_since),
            trouble: None,
            absent: false,
        }
    }
}

/// Proofs and troubles that are not yet written.
#[derive(Debug, Default)]
pub(super) struct Unwritten {
    proofs: BTreeMap<FolderRef, Proof>,
    /// What stands in the way of folders, each said after its proof above.
    troubles: BTreeMap<FolderRef, String>,
    due: Option<Timestamp>,
}

impl Engine {
    /// A folder was heard, and everything below the cursor looked at.
    pub(super) fn heard(&mut self, folder: &FolderRef, heard: Proof) -> Result<(), StoreError> {
        let before = self.hearing.get(folder).cloned();
        let written = self.note_proof(folder, heard);
        // What is not on disk is not so: the next proof has to lead to the same.
        if let (Err(_), Some(before)) = (&written, before) {
            self.hearing.insert(folder.clone(), before);
        }
        written
    }

    fn note_proof(&mut self, folder: &FolderRef, heard: Proof) -> Result<(), StoreError> {
        let Proof { cursor, at, .. } = heard;
        let is_as_before = self.is_as_before(folder, heard);
        let Some(hearing) = self.hearing.get_mut(folder) else {
            return Ok(());
        };
        let before = hearing.proof.replace((Some(cursor), at));
        let gap = before
            .map(|(_, from)| from)
            .filter(|from| at.duration_since(*from) > self.settings.gap_after);
        let found = std::mem::take(&mut hearing.found);
        hearing.heard_at = at;
        hearing.excused = SignedDuration::ZERO;
        hearing.absent = false;
        if hearing.trouble.take().is_some() {
            info!(mailbox = %folder.mailbox, folder = %folder.folder, "heard again");
        }
        let deaf_since = hearing.deaf_since.take();
        let is_missed = before.is_some_and(|(_, from)| at.duration_since(from) > MISSED);
        self.put_off(folder, heard, is_missed);
        // A cursor that moves must be on disk before the source goes on from it.
        if !is_as_before {
            self.write_proofs()?;
        }
        if let Some(since) = deaf_since {
            self.note_hearing(folder, Event::Heard { since }, at, None)?;
        }
        if let Some(from) = gap {
            let until = at;
            info!(
                mailbox = %folder.mailbox, folder = %folder.folder, %from, %until, found,
                "was not provably heard for a while; looked through, nothing is missed"
            );
            self.note_hearing(folder, Event::Gap { from, until, found }, at, None)?;
        }
        Ok(())
    }

    /// Whether a proof says nothing but that all is as it was at the last one: nothing waits for
    /// it to be on disk.
    pub(super) fn is_as_before(&self, folder: &FolderRef, proof: Proof) -> bool {
        let Some(hearing) = self.hearing.get(folder) else {
            return true;
        };
        let is_near = |from| proof.at.duration_since(from) <= self.settings.gap_after;
        let before = hearing.proof;
        before.is_some_and(|(cursor, from)| cursor == Some(proof.cursor) && is_near(from))
            && !hearing.absent
            && hearing.deaf_since.is_none()
    }

    /// A message of interest was taken in.
    pub(super) fn found_one(&mut self, folder: &FolderRef) {
        if let Some(hearing) = self.hearing.get_mut(folder) {
            hearing.found = hearing.found.saturating_add(1);
        }
    }

    fn put_off(&mut self, folder: &FolderRef, proof: Proof, is_missed: bool) {
        let before = self
            .unwritten
            .proofs
            .get(folder)
            .map_or(0, |proof| proof.missed);
        let missed = before.saturating_add(proof.missed);
        self.unwritten
            .proofs
            .insert(folder.clone(), Proof { missed, ..proof });
        // Who has just armed waits for the proof.
        let expected = self.settings.expected.get(&folder.mailbox);
        let is_expected =
            expected.is_some_and(|until| until.borrow().is_some_and(|u| proof.at < u));
        let after = if is_expected {
            SignedDuration::ZERO
        } else if is_missed {
            WRITTEN_SOON
        } else {
            WRITTEN_AFTER
        };
        self.unwritten.troubles.remove(folder);
        self.write_within(after, proof.at);
    }

    fn write_within(&mut self, after: SignedDuration, now: Timestamp) {
        let due = now.saturating_add(after).unwrap_or(now);
        self.unwritten.due = Some(self.unwritten.due.map_or(due, |other| other.min(due)));
    }

    /// Writes the proofs that are due; returns when the next ones are.
    pub(super) fn write_due_proofs(
        &mut self,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        if self.unwritten.due.is_some_and(|due| due <= now) {
            self.write_proofs()?;
        }
        Ok(self.unwritten.due)
    }

    /// Writes all proofs there are, and what was said after them.
    pub(super) fn write_proofs(&mut self) -> Result<(), StoreError> {
        self.store.heard(&self.unwritten.proofs)?;
        // They are counted: not a second time.
        self.unwritten.proofs.clear();
        self.store.note_troubles(&self.unwritten.troubles)?;
        self.unwritten = Unwritten::default();
        Ok(())
    }

    /// The clock was set by so much: what is measured from now on must not depend on it. Proofs
    /// that came since it was set bear its new time already.
    pub(super) fn clock_was_set(&mut self, by: SignedDuration, now: Timestamp) {
        let moved = |at: Timestamp| {
            let moved = at.saturating_add(by).unwrap_or(at);
            let is_older = if by.is_negative() {
                at > now
            } else {
                moved <= now
            };
            if is_older { moved } else { at }
        };
        for hearing in self.hearing.values_mut() {
            hearing.heard_at = moved(hearing.heard_at);
            hearing.proof = hearing.proof.map(|(cursor, at)| (cursor, moved(at)));
        }
        self.next_deaf = None;
        self.next_published = None;
    }

    /// So much time has passed in which no server could have been heard: the machine slept, or
    /// nothing could be written. It is not held against the servers.
    pub(super) fn excuse(&mut self, by: SignedDuration, now: Timestamp) {
        for hearing in self.hearing.values_mut() {
            // A proof may have come since.
            let since_heard = now
                .duration_since(hearing.heard_at)
                .max(SignedDuration::ZERO);
            hearing.excused = hearing.excused.saturating_add(by).min(since_heard);
        }
        self.next_deaf = None;
    }

    /// A folder's server cannot be heard.
    pub(super) fn unheard(
        &mut self,
        folder: &FolderRef,
        why: String,
        needs_person: bool,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        let Some(hearing) = self.hearing.get_mut(folder) else {
            return Ok(());
        };
        // One line each time the trouble changes; the same trouble again is no news.
        if hearing.trouble.as_ref() != Some(&why) {
            warn!(mailbox = %folder.mailbox, folder = %folder.folder, "{why}");
            self.unwritten.troubles.insert(folder.clone(), why.clone());
            hearing.trouble = Some(why);
            // With a server thousands of folders are in trouble at once.
            self.write_within(WRITTEN_SOON, now);
        }
        if needs_person {
            self.tell_deaf(folder, now)?;
        }
        Ok(())
    }

    /// The server has no such folder. One that was heard before is missed.
    pub(super) fn absent(&mut self, folder: &FolderRef, now: Timestamp) -> Result<(), EngineError> {
        let Some(hearing) = self.hearing.get_mut(folder) else {
            return Ok(());
        };
        if hearing.proof.is_some() {
            return self.unheard(folder, GONE.to_owned(), false, now);
        }
        if !hearing.absent {
            self.store.note_absent(folder)?;
            info!(mailbox = %folder.mailbox, folder = %folder.folder, "there is no such folder");
        }
        hearing.absent = true;
        Ok(())
    }

    /// Tells the person of every folder whose last proof is too old; returns when the next one is.
    pub(super) fn find_deaf(&mut self, now: Timestamp) -> Result<Option<Timestamp>, EngineError> {
        // A sleep, or a clock that was set: which of the two comes in as an input soon.
        if self.rest.has_jumped(now) {
            self.next_deaf = now.saturating_add(JUDGED_AFTER).ok();
        }
        // A proof only puts it off: with thousands of folders there is no looking at each of them
        // for every input.
        if self.next_deaf.is_some_and(|next| now < next) {
            return Ok(self.next_deaf);
        }
        // As `excuse` will say when it is over.
        let stuck = self.trouble.lasted();
        let mut next: Option<Timestamp> = None;
        let folders: Vec<FolderRef> = self.hearing.keys().cloned().collect();
        for folder in folders {
            let Some(hearing) = self.hearing.get(&folder) else {
                continue;
            };
            if hearing.deaf_since.is_some() || hearing.absent {
                continue;
            }
            let excused = hearing.excused.saturating_add(stuck);
            let deaf_at = hearing
                .heard_at
                .saturating_add(self.settings.deaf_after.saturating_add(excused))
                .unwrap_or(Timestamp::MAX);
            if deaf_at <= now {
                self.tell_deaf(&folder, now)?;
            } else {
                next = Some(next.map_or(deaf_at, |next| next.min(deaf_at)));
            }
        }
        let latest = now.saturating_add(self.settings.deaf_after).ok();
        self.next_deaf = next.or(latest);
        Ok(self.next_deaf)
    }

    fn tell_deaf(&mut self, folder: &FolderRef, now: Timestamp) -> Result<(), EngineError> {
        let Some(hearing) = self.hearing.get(folder) else {
            return Ok(());
        };
        if hearing.deaf_since.is_some() {
            return Ok(());
        }
        let since = hearing.heard_at;
        let why = hearing
            .trouble
            .clone()
            .unwrap_or_else(|| "the server does not answer".to_owned());
        self.note_hearing(folder, Event::Deaf { since, why }, now, Some(since))?;
        if let Some(hearing) = self.hearing.get_mut(folder) {
            hearing.deaf_since = Some(since);
        }
        Ok(())
    }

    fn note_hearing(
        &mut self,
        folder: &FolderRef,
        event: Event,
        at: Timestamp,
        deaf_since: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let policy = self.policy(&folder.mailbox);
        let is_news = self.is_news(folder, &event);
        let mut consequence = self.consequence(folder.clone(), event, None, &policy, at);
        if !is_news {
            consequence.effects.clear();
        }
        self.store.note_hearing(deaf_since, &consequence)
    }

    /// Whether the person should be told. A wrong password makes every folder of a mailbox deaf:
    /// the first says so, and the last that is heard again says that it is over. A folder that is
    /// gone speaks for itself alone. All are logged.
    fn is_news(&self, folder: &FolderRef, event: &Event) -> bool {
        let is_gone = |hearing: &Hearing| hearing.trouble.as_deref() == Some(GONE);
        let mut others = self.hearing.iter().filter(|(other, hearing)| {
            other.mailbox == folder.mailbox
                && *other != folder
                && hearing.deaf_since.is_some()
                && !is_gone(hearing)
        });
        match event {
            Event::Deaf { why, .. } => {
                !others.any(|(_, hearing)| hearing.trouble.as_ref() == Some(why))
            }
            _ => others.next().is_none(),
        }
    }
}
