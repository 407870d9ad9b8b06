//! The mailboxes that are watched: started, left alone, and stopped.
//!
//! A mailbox has a task that keeps its source running, and one for each folder that takes what the
//! source reports. They end together. What happens in one mailbox, a panic included, is trouble of
//! that mailbox: it is said, and watching begins anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tracing::error;

use crate::mail::{FolderRef, MailboxName};
use crate::source::{Feed, Pace, Report, walled};
use crate::store::{Store, StoreError};

use super::health::Health;
use super::plan::Plan;
use super::reports::Taker;
use super::sources::Sources;

/// Before a source that failed on an error of ours begins anew.
const PAUSE: Duration = Duration::from_secs(15);

/// Until when a code is expected, by mailbox.
pub(super) type Expected = BTreeMap<MailboxName, watch::Sender<Option<Timestamp>>>;

/// A mailbox that is about to be watched, with the lines to its source: one a folder.
pub(super) struct Resumed {
    plan: Plan,
    feeds: Vec<Feed>,
    reports: Vec<(FolderRef, mpsc::Receiver<Report>)>,
}

impl Resumed {
    /// Goes on from what is stored of each folder.
    pub(super) fn from(plan: Plan, store: &Store) -> Result<Self, StoreError> {
        let (mut feeds, mut reports) = (Vec::new(), Vec::new());
        for folder in plan.folders() {
            let row = store.folder(&folder)?;
            let read = row.map_or((None, None), |row| (row.cursor, row.heard_at));
            let (sender, receiver) = mpsc::channel(1);
            feeds.push(Feed::new(folder.clone(), read, sender));
            reports.push((folder, receiver));
        }
        Ok(Self {
            plan,
            feeds,
            reports,
        })
    }
}

/// The mailboxes that are watched now.
pub(super) struct Mailboxes {
    sources: Sources,
    taker: Taker,
    /// Counts how often the machine slept.
    slept: watch::Sender<u32>,
    running: BTreeMap<MailboxName, Watching>,
}

/// One of them. Dropped, it is not watched any more.
struct Watching {
    plan: Arc<Plan>,
    tasks: JoinSet<()>,
}

impl Mailboxes {
    /// None yet.
    pub(super) fn new(sources: Sources, taker: Taker, slept: watch::Sender<u32>) -> Self {
        Self {
            sources,
            taker,
            slept,
            running: BTreeMap::new(),
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.running.len()
    }

    /// Whether nothing has to be done for `plan`: its mailbox is watched by just this, and heard.
    /// One that is not heard has nothing to lose, and what stood in its way may be gone, such as a
    /// wrong password in a file.
    pub(super) fn go_by(&self, plan: &Plan, health: &Health) -> bool {
        let watching = self.running.get(&plan.name);
        watching.is_some_and(|watching| *watching.plan == *plan) && !health.is_deaf(&plan.name)
    }

    /// Stops the mailboxes that are not among `kept`, and waits until they have stopped.
    pub(super) async fn stop_all_but(&mut self, kept: &BTreeSet<MailboxName>, health: &Health) {
        let stopped = self.running.extract_if(.., |name, _| !kept.contains(name));
        for (_, mut watching) in stopped.collect::<Vec<_>>() {
            watching.tasks.shutdown().await;
            for folder in watching.plan.folders() {
                health.forget(&folder);
            }
        }
        self.sources.forget_refusals();
    }

    /// Begins to watch mailboxes; a mailbox has its place in `expected`.
    pub(super) fn start(&mut self, resumed: Vec<Resumed>, expected: &Expected) {
        for Resumed {
            plan,
            feeds,
            reports,
        } in resumed
        {
            let Some(expected) = expected.get(&plan.name) else {
                continue;
            };
            let (expected, slept) = (expected.subscribe(), self.slept.subscribe());
            let pace = Pace::new(plan.sweep, plan.lookback, expected, slept);
            let plan = Arc::new(plan);
            let mut tasks = JoinSet::new();
            for feed in feeds.iter().filter(|feed| feed.heard_at().is_some()) {
                self.taker.health.was_there(feed.folder());
            }
            for (folder, reports) in reports {
                tasks.spawn(self.taker.clone().take(folder, reports));
            }
            let sources = self.sources.clone();
            tasks.spawn(keep_watching(sources, Arc::clone(&plan), feeds, pace));
            let watching = Watching { plan, tasks };
            self.running.insert(watching.plan.name.clone(), watching);
        }
    }
}

/// Keeps a mailbox's source running. A panic in a connection is a failed connection already (in
/// `source::imap`); what comes through to here is one elsewhere in a source, which would otherwise
/// be a mailbox that nobody watches and nobody misses. It goes on from the cursors that the feeds
/// hold.
async fn keep_watching(sources: Sources, plan: Arc<Plan>, feeds: Vec<Feed>, pace: Pace) {
    loop {
        let source = sources.watch(&plan, feeds.clone(), pace.clone());
        let has_panicked = walled(source).await.is_none();
        error!(
            mailbox = %plan.name, has_panicked,
            "watching it ended on an internal error, which is worth a report; it begins anew"
        );
        for feed in &feeds {
            let why = "an internal error of this program; it begins anew";
            feed.unheard(why.to_owned(), false).await;
        }
        sleep(PAUSE).await;
    }
}
