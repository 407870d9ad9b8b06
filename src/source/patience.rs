//! Waiting that shows itself: what a source waits for is said for as long as it waits.
//!
//! A source that says nothing looks like one that hangs, and systemd ends the whole program for
//! that.

use std::pin::pin;
use std::time::Duration;

use tokio::time::timeout;

use super::Feed;

/// Waiting for longer than this is worth a word.
const LONG: Duration = Duration::from_secs(10);

/// Trouble that lasts is said again this often.
pub(super) const REMINDER: Duration = Duration::from_mins(1);

/// Waits for `work` and says meanwhile, once it takes long, that `why` keeps `feeds` from being
/// heard.
pub(super) async fn patiently<T>(work: impl Future<Output = T>, feeds: &[Feed], why: &str) -> T {
    let mut work = pin!(work);
    let mut patience = LONG;
    loop {
        if let Ok(done) = timeout(patience, &mut work).await {
            return done;
        }
        for feed in feeds {
            feed.unheard(why.to_owned(), false).await;
        }
        patience = REMINDER;
    }
}
