//! Looks at a file system that may not answer.
//!
//! Where the server behind it is gone (NFS, sshfs), a call returns when it is back, and nothing
//! ends it before. The look has a thread of its own and is left to itself then, and the check goes
//! on.

use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

/// A disk that was asleep needs some seconds.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// What `work` saw, or nothing if the file system did not answer in time.
pub(super) async fn look<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (done, answer) = oneshot::channel();
    // Nobody waits for it any more, if it ends too late.
    let work = move || drop(done.send(work()));
    let looking = thread::Builder::new().name("look".to_owned()).spawn(work);
    looking.ok()?;
    timeout(ANSWERS_WITHIN, answer).await.ok()?.ok()
}
