//! What is watched, since when it is proved to be heard, and the cases: what the daemon has put on
//! record of itself.
//!
//! It reads the database beside the daemon; it does not ask the daemon, and works without one. How
//! it is shown is the matter of who shows it.

mod case;
mod channel;
mod span;
mod verdict;
mod zone;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

pub use case::{Case, spelled};
pub use channel::Channel;
pub use span::{days_away, span};
pub use verdict::{Todo, Tone, capitalized};
pub use zone::zone_name;

use crate::case::effect::Effect;
use crate::mail::Product;
use crate::store::{EffectRow, FolderRow, Objection, Store, StoreError};

/// A folder whose last proof is older than this is not called heard, even if nobody has called it
/// deaf: then the daemon itself hangs. Its watchdog waits as long.
const FRESH_SECONDS: i64 = 900;

/// An alert that was given up longer ago is history, which the log and the page keep.
const UNDELIVERED_SINCE: SignedDuration = SignedDuration::from_hours(24 * 30);

/// A proof may be so much younger than the moment at which it is looked at: clocks are corrected.
const AHEAD_SECONDS: i64 = 60;

/// How many of the alerts that were not delivered are named, and how many are counted.
const UNDELIVERED_SHOWN: usize = 5;
const UNDELIVERED_COUNTED: u32 = 1000;

/// How everything is.
#[derive(Debug, Serialize)]
pub struct Status {
    /// What is said first: whether all is well.
    pub verdict: String,
    /// How that is meant.
    #[serde(skip)]
    pub tone: Tone,
    /// What the person has to do, the most urgent first.
    pub needs_you: Vec<Todo>,
    /// A daemon holds the state folder.
    pub running: bool,
    /// It does, and every folder is provably heard.
    pub healthy: bool,
    /// Every folder that the configuration in force watches, or watched last, and that there is.
    pub folders: Vec<Folder>,
    /// Every case, the oldest first.
    pub cases: Vec<Case>,
    /// What is objected for and nothing came of yet.
    pub awaited: Vec<Awaited>,
    /// Messages whose sender nobody could prove yet.
    pub pending: usize,
    /// Alerts of the last 30 days that did not reach the person, the newest first.
    pub undelivered: Vec<Undelivered>,
    /// The channels that had something to tell lately.
    pub channels: Vec<Channel>,
    /// The configuration was refused at the last reload, and why: the one before is in force.
    pub configuration_refused: Option<String>,
}

/// How it is with one folder.
#[derive(Debug, Serialize)]
pub struct Folder {
    /// The mailbox's name.
    pub mailbox: String,
    /// The folder's name; a server's word.
    pub folder: String,
    /// Which server or Maildir.
    pub origin: String,
    /// It is provably heard.
    pub heard: bool,
    /// The last proof.
    pub heard_at: Option<Timestamp>,
    /// How long ago that was.
    pub heard_seconds_ago: Option<i64>,
    /// What stands in the way of the next proof, if that is known.
    pub trouble: Option<String>,
    /// The person was told that it is deaf: the last proof before that, or the start.
    pub deaf_since: Option<Timestamp>,
    /// How often the sweep found what the server should have announced.
    pub missed: u32,
}

/// Accounts that one objection covers, and of which nothing came yet.
#[derive(Debug, Serialize)]
pub struct Awaited {
    /// The mailbox's name.
    pub mailbox: String,
    /// The accounts.
    pub accounts: Vec<Product>,
}

/// An alert that did not reach the person.
#[derive(Debug, Serialize)]
pub struct Undelivered {
    /// The channel.
    pub outlet: String,
    /// What the channel's service said.
    pub why: String,
}

/// How everything is at `now`, as it is on record; `running` says whether a daemon is at work.
///
/// # Errors
/// If the database cannot be read.
pub fn status(store: &Store, running: bool, now: Timestamp) -> Result<Status, StoreError> {
    let folders: Vec<Folder> = store
        .folders()?
        .into_iter()
        .filter(|row| row.watched && !row.absent)
        .map(|row| folder(row, running, now))
        .collect();
    let cases = store.cases()?.into_iter();
    let cases = cases.map(|row| Case::of(store, row, now));
    let cases = cases.collect::<Result<Vec<_>, _>>()?;
    let in_force = store.in_force()?;
    let since = now - UNDELIVERED_SINCE;
    let given_up = store.failed_effects(since, crate::engine::SUBMISSION, UNDELIVERED_COUNTED)?;
    let is_asked = |effect: &&EffectRow| matches!(effect.what, Effect::Prove { .. });
    let open = [store.due()?, store.started()?].concat();
    let undelivered = given_up.iter().take(UNDELIVERED_SHOWN);
    let undelivered = undelivered.map(|(outlet, _, why)| Undelivered {
        outlet: outlet.clone(),
        why: why.clone(),
    });
    let status = Status {
        verdict: String::new(),
        tone: Tone::Plain,
        needs_you: vec![],
        pending: open.iter().filter(is_asked).count(),
        running,
        healthy: running && !folders.is_empty() && folders.iter().all(|folder| folder.heard),
        awaited: awaited(in_force.objections, &cases),
        cases,
        undelivered: undelivered.collect(),
        channels: channel::channels(&open, &given_up, store.last_delivered()?),
        folders,
        // The next start reads it anew.
        configuration_refused: in_force.refused.filter(|_| running),
    };
    Ok(status.judged(now))
}

/// The objections that have no case.
fn awaited(objections: Vec<Objection>, cases: &[Case]) -> Vec<Awaited> {
    let is_awaited = |(mailbox, accounts): &Objection| {
        let mut keys = cases.iter().map(|case| &case.row.key);
        !keys.any(|key| key.mailbox == *mailbox && accounts.contains(&key.account))
    };
    let awaited = objections.into_iter().filter(is_awaited);
    let awaited = awaited.map(|(mailbox, accounts)| Awaited {
        mailbox: mailbox.0,
        accounts,
    });
    awaited.collect()
}

fn folder(row: FolderRow, running: bool, now: Timestamp) -> Folder {
    let ago = row.heard_at.map(|at| now.duration_since(at).as_secs());
    // One from the future is a proof by a clock that was set back since.
    let fresh = ago.is_some_and(|ago| (-AHEAD_SECONDS..=FRESH_SECONDS).contains(&ago));
    let ago = ago.map(|ago| ago.max(0));
    Folder {
        mailbox: row.folder.mailbox.0,
        folder: row.folder.folder.0,
        origin: row.folder.origin,
        heard: running && fresh && row.deaf_since.is_none(),
        heard_at: row.heard_at,
        heard_seconds_ago: ago,
        // Without a daemon nothing is tried.
        trouble: row.trouble.filter(|_| running),
        deaf_since: row.deaf_since,
        missed: row.missed,
    }
}
