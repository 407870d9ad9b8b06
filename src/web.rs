//! The status page: how everything is, for a browser, a calendar, a monitoring service.
//!
//! It reads the database beside the engine, as `sustained status` does, and can change nothing:
//! there is no way from here to the engine, and every request but GET and HEAD is refused. What
//! becomes of it is its own trouble: a page that fails, hangs or is asked for too often takes
//! neither the daemon's thread nor its disk.
//!
//! SECURITY: listens where `[status]` says, nowhere unless it does. Hostile: every request, and
//! every text of a mail or a server on the page, which has one way onto it (`html`).

mod access;
mod answer;
mod calendar;
mod card;
mod health;
mod html;
mod message;
mod metrics;
mod moment;
mod page;
mod picture;
mod ready;
mod routes;
mod server;
mod story;
mod verdict;

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tracing::{error, info};

use crate::config::Listen;
use crate::daemon::View;

use access::Access;
use routes::Site;
use server::Listener;

/// A port that is taken, or a token that is not there yet, may be right a little later.
const AGAIN: Duration = Duration::from_secs(10);

/// Serves the page by what `shown` says, and by what it says next, until nobody says anything any
/// more. It ends nothing and fails nobody: what stands in its way is logged.
pub async fn serve(mut shown: watch::Receiver<Option<View>>, state_dir: PathBuf) {
    let mut page = JoinSet::new();
    loop {
        let view = shown.borrow_and_update().clone();
        // The old one lets its port go before the new one wants it.
        page.shutdown().await;
        if let Some(view) = view {
            page.spawn(open(view, state_dir.clone()));
        }
        if shown.changed().await.is_err() {
            return;
        }
    }
}

/// Listens as soon as that is possible, and serves.
async fn open(view: View, state_dir: PathBuf) {
    let mut told = None;
    loop {
        match prepare(&view, &state_dir).await {
            Ok((listener, site)) => {
                info!(at = %listener.address(), "status page");
                return server::serve(listener, site).await;
            }
            Err(why) if told.as_ref() == Some(&why) => {}
            Err(why) => {
                error!("there is no status page, and it is tried again: {why}");
                told = Some(why);
            }
        }
        sleep(AGAIN).await;
    }
}

async fn prepare(view: &View, state_dir: &std::path::Path) -> Result<(Listener, Site), String> {
    let is_local = match view.page.listen {
        Listen::Tcp(_) => true,
        // No page of another site can reach a file.
        Listen::Unix(_) => false,
    };
    let access = Access::new(view.page.token.clone(), is_local).await?;
    let listener = Listener::bind(&view.page.listen)?;
    let site = Site::new(access, view.clone(), state_dir.to_owned());
    Ok((listener, site))
}
