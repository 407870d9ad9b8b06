//! Looks at a file system that may not answer.
//!
//! Where the server behind it is gone (NFS, sshfs), a call returns when it is back, and nothing
//! ends it before. The look is left to itself then, and the check goes on.

use std::panic::resume_unwind;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// A disk that was asleep needs some seconds.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// What was seen, or nothing if the file system did not answer in time.
pub(super) async fn look<T: Send + 'static>(at: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let looked = timeout(ANSWERS_WITHIN, spawn_blocking(at)).await.ok()?;
    Some(looked.unwrap_or_else(|panicked| resume_unwind(panicked.into_panic())))
}
