//! A wall around a piece of work: if it panics, it alone has failed.
//!
//! What a server or a mail says goes through parsers of others, and one of them may panic on it.
//! Whoever waits behind the wall decides what that means.

use tokio::task::JoinSet;

/// Does `work` in a task of its own, which is ended when nobody waits for it any more; `None` if
/// it panicked.
pub(super) async fn walled<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    let mut wall = JoinSet::new();
    wall.spawn(work);
    // Nobody else can end it: an error is its panic.
    wall.join_next().await?.ok()
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::walled;

    #[tokio::test]
    async fn a_panic_stays_behind_the_wall_and_everything_else_comes_through() {
        assert_eq!(walled(async { 7 }).await, Some(7));
        let fails = async { assert_eq!(1, 2, "what a parser does on hostile bytes") };
        assert_eq!(walled(fails).await, None);
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_is_ended() {
        let (held, mut is_held) = oneshot::channel::<()>();
        let endless = walled(async move {
            let _held = held;
            std::future::pending::<()>().await;
        });
        tokio::select! {
            biased;
            _ = endless => {}
            () = tokio::task::yield_now() => {}
        }
        assert!((&mut is_held).await.is_err());
    }
}
