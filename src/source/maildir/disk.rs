//! A thread for the files of one folder, because a file system may not answer.
//!
//! Where the server behind it is gone (NFS, sshfs), a call returns when it is back, and nothing
//! ends it before. That holds up this thread and nobody else; what waits for it says so.

use std::io;
use std::path::Path;
use std::slice;
use std::sync::mpsc;
use std::thread;

use tokio::sync::oneshot;

use crate::source::Feed;
use crate::source::patience::patiently;

type Job = Box<dyn FnOnce() + Send>;

/// Work on a file system ended on an error of ours.
#[derive(Debug, thiserror::Error)]
#[error("an internal error of this program, which is worth a report")]
pub(super) struct Panicked;

/// The thread. It ends when this is dropped, behind what it is at.
#[derive(Debug)]
pub(super) struct Disk {
    jobs: mpsc::Sender<Job>,
    feed: Feed,
    /// What is said while it does not answer.
    hangs: String,
}

impl Disk {
    /// Starts it, for the files below `root`.
    pub(super) fn start(root: &Path, feed: &Feed) -> io::Result<Self> {
        let (jobs, given) = mpsc::channel::<Job>();
        thread::Builder::new()
            .name("maildir".to_owned())
            .spawn(move || given.into_iter().for_each(|job| job()))?;
        Ok(Self {
            jobs,
            feed: feed.clone(),
            hangs: format!("{}: the file system does not answer", root.display()),
        })
    }

    /// Does `work` there, however long that takes.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Panicked> {
        let (done, answer) = oneshot::channel();
        // Whoever asked may be gone: then nobody wants to know.
        let job = move || drop(done.send(work()));
        self.jobs.send(Box::new(job)).map_err(|_| Panicked)?;
        let feeds = slice::from_ref(&self.feed);
        let answer = patiently(answer, feeds, &self.hangs).await;
        answer.map_err(|_| Panicked)
    }
}
