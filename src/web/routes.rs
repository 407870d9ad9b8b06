//! Which path is what, and how a look at the database is kept from being anybody's trouble.
//!
//! SECURITY: two paths answer everybody, with numbers alone; all others whoever is admitted.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tracing::warn;

use crate::daemon::status::{Status, status};
use crate::daemon::{View, database};
use crate::engine::Listening;
use crate::mail::Digest;
use crate::store::{Store, StoreError};

use super::access::Access;
use super::answer::{Answer, Asked, PLAIN};
use super::page::Wanted;
use super::{calendar, message, metrics, page, picture, ready};

/// A look takes milliseconds; with a million events, or on a disk that hangs, longer.
const LOOK: Duration = Duration::from_secs(10);

/// What is said of a path that leads nowhere.
const NOTHING: &str = "There is no such page.";

/// The style sheet, which the page names.
const STYLE: &str = include_str!("style.css");

/// All that can be asked for.
pub(super) struct Site {
    access: Access,
    view: View,
    state_dir: PathBuf,
    /// Whoever looks into the database does so alone: the daemon has few threads for what blocks,
    /// and a look that hangs takes one of them and no more.
    turn: Arc<Semaphore>,
}

/// What a page is made of.
pub(super) struct Sight<'a> {
    pub(super) store: &'a Store,
    pub(super) state_dir: &'a Path,
    pub(super) status: Status,
    pub(super) now: Timestamp,
    /// By the engine's own word, every folder is provably heard.
    pub(super) is_heard: bool,
}

/// What is made of it.
type Render = fn(&Sight<'_>) -> Result<Answer, StoreError>;

impl Site {
    pub(super) fn new(access: Access, view: View, state_dir: PathBuf) -> Self {
        Self {
            access,
            view,
            state_dir,
            turn: Arc::new(Semaphore::new(1)),
        }
    }

    /// The answer to a request.
    pub(super) async fn answer(&self, asked: &Asked) -> Answer {
        if !asked.is_read_only {
            let why = "Nothing can be changed here.";
            return Answer::told(405, why).with("allow", "GET, HEAD");
        }
        let admitted = self.access.admit(asked);
        match asked.path.as_str() {
            "/livez" => Answer::new(PLAIN, "alive\n"),
            "/readyz" => {
                let names = admitted.is_ok();
                self.look(move |sight| Ok(ready::ready(sight, names))).await
            }
            path => match admitted {
                Ok(()) => self.inside(path, &asked.query).await,
                Err(refusal) => refusal,
            },
        }
    }

    /// What whoever is admitted gets.
    async fn inside(&self, path: &str, query: &str) -> Answer {
        let render: Render = match path {
            "/" => {
                let wanted = Wanted::of(query);
                return self.look(move |sight| page::page(sight, wanted)).await;
            }
            "/metrics" => metrics::metrics,
            "/calendar.ics" => |sight| Ok(calendar::calendar(sight)),
            // Browsers ask for one by themselves.
            "/favicon.ico" => {
                return Answer {
                    status: 204,
                    ..Answer::new(PLAIN, "")
                };
            }
            "/style.css" => return Answer::new("text/css; charset=utf-8", STYLE),
            _ => {
                return match path.strip_prefix("/picture/") {
                    Some(rest) => self.picture(rest).await,
                    None => self.message(path).await,
                };
            }
        };
        self.look(render).await
    }

    async fn picture(&self, rest: &str) -> Answer {
        let (digest, is_alone) = match rest.strip_suffix(".png") {
            Some(digest) => (digest, true),
            None => (rest, false),
        };
        let Some(digest) = Digest::from_hex(digest) else {
            return page::lost(NOTHING);
        };
        let render = if is_alone {
            picture::png
        } else {
            picture::page
        };
        self.look(move |sight| render(sight, digest)).await
    }

    async fn message(&self, path: &str) -> Answer {
        let nothing = || page::lost(NOTHING);
        let Some(rest) = path.strip_prefix("/message/") else {
            return nothing();
        };
        let (digest, is_raw) = match rest.strip_suffix("/raw") {
            Some(digest) => (digest, true),
            None => (rest, false),
        };
        let Some(digest) = Digest::from_hex(digest) else {
            return nothing();
        };
        let render = move |sight: &Sight<'_>| {
            Ok(if !sight.store.knows(digest, None)? {
                nothing()
            } else if is_raw {
                message::raw(sight, digest)?
            } else {
                message::page(sight, digest)?
            })
        };
        self.look(render).await
    }

    /// Looks into the database and makes an answer of it.
    async fn look(
        &self,
        render: impl FnOnce(&Sight<'_>) -> Result<Answer, StoreError> + Send + 'static,
    ) -> Answer {
        let (view, state_dir) = (self.view.clone(), self.state_dir.clone());
        let turn = Arc::clone(&self.turn);
        let looked = timeout(LOOK, async move {
            let turn = turn.acquire_owned().await;
            let looked = spawn_blocking(move || {
                let _turn = turn;
                let store = Store::open_for_reading(&database(&state_dir))?;
                render(&sight(&store, &state_dir, &view)?)
            });
            looked.await
        });
        match looked.await {
            Ok(Ok(Ok(answer))) => answer,
            Ok(Ok(Err(error))) => {
                warn!(%error, "the status page cannot be shown");
                Answer::told(503, "The database cannot be read now: see the log.")
            }
            Ok(Err(_)) => {
                warn!("the status page ended on an internal error");
                Answer::told(500, "This page ended on an internal error: see the log.")
            }
            Err(_) => Answer::told(503, "The database did not answer in time."),
        }
    }
}

fn sight<'a>(store: &'a Store, state_dir: &'a Path, view: &View) -> Result<Sight<'a>, StoreError> {
    let now = Timestamp::now();
    // This is the daemon.
    let mut status = status(store, true, now)?;
    let watched = view.watched.iter();
    let watched: BTreeSet<_> = watched
        .map(|one| (&one.mailbox.0, &one.origin, &one.folder.0))
        .collect();
    status
        .folders
        .retain(|one| watched.contains(&(&one.mailbox, &one.origin, &one.folder)));
    // The database is a little behind, and knows no folder that was never heard.
    let is_heard = match *view.listening.borrow() {
        Listening::Until(until) => now < until,
        Listening::Unproved | Listening::Deaf => false,
    };
    status.healthy = is_heard;
    Ok(Sight {
        store,
        state_dir,
        status: status.judged(now),
        now,
        is_heard,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use tokio::sync::watch;

    use super::{Access, Answer, PLAIN, Site, Store, View, database};
    use crate::config::{Listen, StatusPage};
    use crate::engine::Listening;

    #[tokio::test]
    #[expect(clippy::panic)] // That is what happens to the page here.
    async fn a_page_that_panics_is_its_own_trouble() {
        let folder = tempfile::tempdir().expect("a folder");
        drop(Store::open(&database(folder.path())).expect("a database"));
        let (_heard, listening) = watch::channel(Listening::Unproved);
        let view = View {
            page: StatusPage {
                listen: Listen::Unix(Path::new("/nonexistent").to_owned()),
                token: None,
            },
            watched: vec![],
            listening,
        };
        let access = Access::new(None, false).await.expect("no token");
        let site = Site::new(access, view, folder.path().to_owned());
        let fallen = site.look(|_| panic!("a fault of the page's own")).await;
        assert_eq!(fallen.status, 500);
        // Its turn is over: the next one has it.
        let well = site.look(|_| Ok(Answer::new(PLAIN, "well"))).await;
        assert_eq!(well.status, 200);
    }
}
