//! Where messages come from: an IMAP server or a Maildir, watched.
//!
//! A source knows arrivals and cursors and nothing of what a message means beyond "it claims to be
//! Meta's". It owns no state but the cursor it was last given: what it reports counts only once
//! the other end has answered.

pub mod imap;
mod junk;
pub mod maildir;
mod pace;
mod patience;
mod utf7;
mod wall;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::mail::{Arrival, Cursor, FolderRef};

pub use pace::Pace;
pub use wall::walled;

/// The most bytes of a message that are read. Meta's mails are some tens of kilobytes; what is
/// larger is set aside with its beginning.
pub const LARGEST_MESSAGE: u64 = 1024 * 1024;

/// What is kept of a message that is larger: enough for its header.
pub const BEGINNING_OF_LARGER: u64 = 64 * 1024;

/// What a source reports.
#[derive(Debug)]
pub enum Report {
    /// A message that claims to be Meta's.
    Arrival {
        /// The message.
        arrival: Arrival,
        /// The cursor behind it.
        after: Cursor,
        /// Answered when it is on disk.
        taken: oneshot::Sender<()>,
    },
    /// What came while nobody watched is being looked through, and there is much of it.
    CatchingUp(Backlog),
    /// The folder was provably heard, and everything below the cursor looked at.
    Heard {
        /// How far it was read.
        cursor: Cursor,
        /// When the proof was complete.
        at: Timestamp,
        /// Something was found that the server should have announced and did not.
        missed: bool,
        /// Answered when it is on disk.
        taken: oneshot::Sender<()>,
    },
    /// The folder cannot be heard.
    Unheard {
        /// What stands in the way, as a sentence for the person.
        why: String,
        /// Whether waiting will not help: the person has to do something.
        needs_person: bool,
    },
    /// The server has no such folder, and nothing is amiss with that: no Junk folder, no junk.
    Absent,
}

/// How far a folder's messages from before were looked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// So many.
    pub done: usize,
    /// Of so many.
    pub of: usize,
}

/// The other end did not take a report: it could not write, or it is stopping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the message could not be written down; it is fetched again")]
pub struct NotTaken;

/// A source's line to the rest of the program, with the cursor it was last given.
#[derive(Debug, Clone)]
pub struct Feed {
    folder: FolderRef,
    reports: mpsc::Sender<Report>,
    /// Shared with the connection, which may end in a panic.
    read: Arc<Mutex<Read>>,
}

/// How far a folder was read, as far as that is on disk.
#[derive(Debug, Clone, Copy)]
struct Read {
    cursor: Option<Cursor>,
    heard_at: Option<Timestamp>,
    /// The first and the last proof since the source began anew.
    proofs: Option<(Instant, Instant)>,
}

impl Feed {
    /// A line for `folder`, which was read up to `cursor` and last provably heard at `heard_at`.
    #[must_use]
    pub fn new(
        folder: FolderRef,
        (cursor, heard_at): (Option<Cursor>, Option<Timestamp>),
        reports: mpsc::Sender<Report>,
    ) -> Self {
        Self {
            folder,
            reports,
            read: Arc::new(Mutex::new(Read {
                cursor,
                heard_at,
                proofs: None,
            })),
        }
    }

    /// The folder this is about.
    #[must_use]
    pub fn folder(&self) -> &FolderRef {
        &self.folder
    }

    /// How far the folder was read, as far as it is on disk.
    #[must_use]
    pub fn cursor(&self) -> Option<Cursor> {
        self.read().cursor
    }

    /// The last proof that the folder was heard.
    #[must_use]
    pub fn heard_at(&self) -> Option<Timestamp> {
        self.read().heard_at
    }

    /// The source begins anew, such as on another connection.
    pub fn begin(&self) {
        self.read().proofs = None;
    }

    /// How long it has been proving that the folder is heard since it began.
    #[must_use]
    pub fn proved_for(&self) -> Duration {
        let proofs = self.read().proofs;
        proofs.map_or(Duration::ZERO, |(first, last)| last - first)
    }

    /// Gives a message away and waits until it is on disk.
    ///
    /// # Errors
    /// [`NotTaken`] if it is not; the cursor stays before it.
    pub async fn deliver(&self, arrival: Arrival, after: Cursor) -> Result<(), NotTaken> {
        let (taken, answer) = oneshot::channel();
        self.report(
            Report::Arrival {
                arrival,
                after,
                taken,
            },
            answer,
        )
        .await?;
        self.read().cursor = Some(after);
        Ok(())
    }

    /// Says that the folder was heard just now and looked through up to `cursor`; `missed` if that
    /// found something that the server should have announced.
    ///
    /// # Errors
    /// [`NotTaken`] if the cursor is not on disk.
    pub async fn heard(&self, cursor: Cursor, missed: bool) -> Result<(), NotTaken> {
        let (taken, answer) = oneshot::channel();
        let at = Timestamp::now();
        let heard = Report::Heard {
            cursor,
            at,
            missed,
            taken,
        };
        self.report(heard, answer).await?;
        let mut read = self.read();
        (read.cursor, read.heard_at) = (Some(cursor), Some(at));
        let now = Instant::now();
        read.proofs = Some((read.proofs.map_or(now, |(first, _)| first), now));
        Ok(())
    }

    /// Says how far the messages from before were looked through.
    pub async fn catching_up(&self, backlog: Backlog) {
        // The other end is gone only when the program stops.
        drop(self.reports.send(Report::CatchingUp(backlog)).await);
    }

    /// Says that the folder cannot be heard.
    pub async fn unheard(&self, why: String, needs_person: bool) {
        // The other end is gone only when the program stops.
        drop(
            self.reports
                .send(Report::Unheard { why, needs_person })
                .await,
        );
    }

    /// Says that there is no such folder to be heard.
    pub async fn absent(&self) {
        // The other end is gone only when the program stops.
        drop(self.reports.send(Report::Absent).await);
    }

    async fn report(&self, report: Report, answer: oneshot::Receiver<()>) -> Result<(), NotTaken> {
        self.reports.send(report).await.map_err(|_| NotTaken)?;
        answer.await.map_err(|_| NotTaken)
    }

    fn read(&self) -> MutexGuard<'_, Read> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
