//! Keeps a mailbox watched: one connection after the other, and pauses between them that fit what
//! went wrong.
//!
//! It owns nothing but the feeds and their cursors. Every end of a connection goes through one
//! place, a panic inside the protocol library included.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tracing::debug;

use crate::case::retry;
use crate::config::Imap;
use crate::mail::MailboxName;
use crate::source::patience::REMINDER;
use crate::source::{Feed, NotTaken, Pace, walled};

use super::attend::attend;
use super::gate::{Gate, Refusal};
use super::login::Credentials;
use super::session::ImapError;
use super::tls::Trust;

/// A connection on which the folder was proved to be heard over this time was a good one: the next
/// failure begins a new count.
const STABLE: Duration = Duration::from_mins(1);

/// A folder that the server has under no name is asked for again this often.
const ABSENT: Duration = Duration::from_mins(10);

/// Everything that watching one account takes.
#[derive(Debug, Clone)]
pub struct Account {
    /// The mailbox this is.
    pub mailbox: MailboxName,
    /// The server, and how to sign in.
    pub imap: Arc<Imap>,
    /// What lets us in.
    pub credentials: Credentials,
    /// Whose certificates are believed.
    pub trust: Trust,
    /// How often to look.
    pub pace: Pace,
    /// What a search looks for in From.
    pub terms: Arc<[String]>,
    /// Whose turn it is.
    pub gate: Gate,
}

impl Account {
    /// See [`origin_of`].
    pub(super) fn origin(&self) -> String {
        origin_of(&self.imap)
    }
}

/// The identity of a server and login, for [`crate::mail::FolderRef`].
#[must_use]
pub fn origin_of(imap: &Imap) -> String {
    format!("imap://{}@{}:{}", imap.login, imap.host, imap.port)
}

/// Watches the feeds' folders until the task is ended.
#[must_use]
pub fn watch(
    mut account: Account,
    mut feeds: Vec<Feed>,
) -> Pin<Box<dyn Future<Output = Infallible> + Send>> {
    Box::pin(async move {
        let mut others = JoinSet::new();
        let (mut tries, mut slow) = (0, 0);
        loop {
            feeds.iter().for_each(Feed::begin);
            account.pace.heed();
            let (alone, is_alone) = oneshot::channel();
            let attended = attend_until_trouble(account.clone(), slow, feeds.clone(), alone);
            let spread = async {
                // Said once a connection is there, and only if it is for the first folder alone.
                if feeds.len() > 1 && is_alone.await.is_ok() {
                    for feed in feeds.split_off(1) {
                        others.spawn(watch(account.clone(), vec![feed]));
                    }
                }
            };
            // A hostile server can make the parser panic, and that is one failed connection
            // (imap-proto 0.17 at `INTERNALDATE NIL`).
            let (attended, ()) = tokio::join!(walled(attended), spread);
            let (ended, turns) = attended.unwrap_or_else(|| {
                let why = "the server sent something that this program cannot read";
                (Ended::Trouble(ImapError::Broken(why.to_owned())), 0)
            });
            slow = if turns > 0 { 0 } else { slow + 1 };
            let was_stable = feeds.iter().any(|feed| feed.proved_for() > STABLE);
            tries = if was_stable { 1 } else { tries + 1 };
            debug!(mailbox = %account.mailbox, tries, ?ended, "connection ended");
            pause(&account, &feeds, &ended, tries).await;
        }
    })
}

/// Waits before the next connection, and says meanwhile why there is none.
async fn pause(account: &Account, feeds: &[Feed], ended: &Ended, tries: u32) {
    let now = Instant::now();
    let mut until = ended.until(tries);
    let mut pace = account.pace.clone();
    // Not all at the same moment: a server that is back has thousands of mailboxes.
    let early = f64::from(fastrand::u8(..)) / 1024.0;
    // Said again while it lasts: a source that waits is alive, and knows that it is deaf.
    while Instant::now() < until {
        for feed in feeds {
            match ended {
                Ended::Absent => feed.absent().await,
                Ended::Trouble(error) => unheard(account, feed, error, error.needs_person()).await,
                Ended::Refused(refusal) => {
                    unheard(account, feed, &refusal.error, !refusal.is_doubted).await;
                }
            }
        }
        // What is due at once while watching is due at once here, too, unless the server asked for
        // patience.
        if ended.is_passing() {
            let sweep = pace.beat(Timestamp::now(), 0).sweep;
            until = until.min(now + sweep.mul_f64(1.0 - early));
        }
        tokio::select! {
            () = sleep_until(until.min(Instant::now() + REMINDER)) => {}
            () = pace.changed() => {
                if ended.may_be_mended() {
                    return;
                }
            }
        }
    }
}

async fn unheard(account: &Account, feed: &Feed, error: &ImapError, needs_person: bool) {
    let why = format!("{}: {error}", account.imap.host);
    feed.unheard(why, needs_person).await;
}

/// Why a connection ended.
#[derive(Debug)]
pub(super) enum Ended {
    Trouble(ImapError),
    /// The sign-in was refused, now or a moment ago.
    Refused(Refusal),
    /// The server has no folder of that special use.
    Absent,
}

impl Ended {
    /// The server or the way there is in trouble and asked for nothing: knocking again harms
    /// nobody.
    fn is_passing(&self) -> bool {
        let passing =
            |error: &ImapError| matches!(error, ImapError::Outage(_) | ImapError::Broken(_));
        matches!(self, Self::Trouble(error) if passing(error))
    }

    /// What changes the pace may end it: a certificate is not valid before the clock is set, and a
    /// person who arms has just mended something.
    fn may_be_mended(&self) -> bool {
        matches!(self, Self::Trouble(ImapError::NeedsPerson(_)))
    }

    /// When to connect again after `tries` failures in a row.
    fn until(&self, tries: u32) -> Instant {
        let jitter = fastrand::u8(..);
        let pause = match self {
            Self::Absent => return Instant::now() + ABSENT,
            Self::Refused(refusal) => return refusal.until,
            Self::Trouble(ImapError::Limit(_) | ImapError::Throttled(_)) => {
                retry::throttled(tries, jitter)
            }
            Self::Trouble(error) if error.needs_person() => retry::refused(jitter),
            Self::Trouble(_) => retry::connection(tries, jitter),
        };
        Instant::now() + Duration::try_from(pause).unwrap_or(STABLE)
    }
}

impl From<ImapError> for Ended {
    fn from(error: ImapError) -> Self {
        Self::Trouble(error)
    }
}

impl From<NotTaken> for Ended {
    fn from(error: NotTaken) -> Self {
        Self::Trouble(ImapError::Outage(error.to_string()))
    }
}

/// One connection, from the address to its end, and how often it was waited and looked on it.
async fn attend_until_trouble(
    mut account: Account,
    slow: u32,
    feeds: Vec<Feed>,
    alone: oneshot::Sender<()>,
) -> (Ended, u32) {
    let mut turns = 0;
    match attend(&mut account, slow, feeds, alone, &mut turns).await {
        Ok(never) => match never {},
        Err(ended) => (ended, turns),
    }
}
