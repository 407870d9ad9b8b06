//! A wall around a piece of work: if it panics, it alone has failed.
//!
//! What a server or a mail says goes through parsers of others, and one of them may panic on it.
//! Whoever waits behind the wall decides what that means.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// Does `work`; `None` if it panicked.
pub async fn walled<T>(work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    poll_fn(|context| {
        // It is not gone on with after a panic: what that left half done is seen by nobody.
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        polled.map_or(Poll::Ready(None), |polled| polled.map(Some))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::walled;

    #[tokio::test]
    async fn a_panic_stays_behind_the_wall_and_everything_else_comes_through() {
        assert_eq!(walled(async { 7 }).await, Some(7));
        let fails = async { assert_eq!(1, 2, "what a parser does on hostile bytes") };
        assert_eq!(walled(fails).await, None);
    }
}
