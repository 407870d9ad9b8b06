//! A Maildir on this machine: watched by inotify, and swept.
//!
//! A Maildir has no UIDs. What came while nobody watched is told by the inode's change time,
//! which moves when a file is put into `new/` or `cur/`, whatever date the file itself bears.
//! INTERNALDATE is the file's modification time, as in Dovecot. Reading the same file again is
//! harmless: the other end knows messages by their content.
//!
//! On a network file system the events of other machines never come; the sweep finds what they
//! bring. Nothing is measured by this machine's clock but how long a file has been unchanged.

use std::convert::Infallible;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use inotify::{EventMask, EventOwned, EventStream, Inotify, WatchMask};
use jiff::Timestamp;
use tokio::time::sleep;
use tracing::{info, warn};

use crate::mail::{Arrival, Cursor, FolderName, MessageRef, Uid, UidValidity};

use super::{Backlog, Feed, NotTaken, Pace};

mod folder;
mod look;

pub use folder::resolve;

use folder::PLACES;
use look::{Found, Look, SETTLED, read};

/// Cursors count seconds; a file may come within the second that was just read.
const OVERLAP: i64 = 2;

/// There is one numbering of change times.
const VALIDITY: UidValidity = UidValidity(1);

/// After trouble with the folder it is tried again this often.
const PAUSE: Duration = Duration::from_secs(15);

/// Without inotify a folder is looked at this often: a code lives minutes.
const POLL: Duration = Duration::from_secs(15);

/// How far a look has come is said every so many messages.
const SOME: usize = 100;

/// Watches one folder of the Maildir at `root` until the task is ended.
pub async fn watch(root: PathBuf, mut pace: Pace, feed: Feed) -> Infallible {
    loop {
        match resolve(&root, &feed.folder().folder) {
            Ok(Some(path)) => {
                let Err(why) = attend(&path, &mut pace, &feed).await;
                if let Some((why, needs_person)) = why.told(&path) {
                    feed.unheard(why, needs_person).await;
                }
            }
            Ok(None) if feed.folder().folder.0.starts_with('\\') => feed.absent().await,
            Ok(None) => {
                let FolderName(name) = &feed.folder().folder;
                let why = format!("{}: there is no folder {name}", root.display());
                feed.unheard(why, true).await;
            }
            Err(error) => {
                let why = Trouble::Folder(error);
                if let Some((why, needs_person)) = why.told(&root) {
                    feed.unheard(why, needs_person).await;
                }
            }
        }
        sleep(PAUSE).await;
    }
}

#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("{0}; it must be a Maildir (with new/ and cur/) that this program may read")]
    Folder(#[from] io::Error),
    #[error(transparent)]
    NotTaken(#[from] NotTaken),
    #[error("the folder was made anew")]
    MadeAnew,
}

impl Trouble {
    /// What is said, and whether the person has to do something.
    fn told(&self, path: &Path) -> Option<(String, bool)> {
        let needs_person = match self {
            Self::Folder(_) => true,
            Self::NotTaken(_) => false,
            // It is opened again; there is nothing to tell.
            Self::MadeAnew => return None,
        };
        Some((format!("{}: {self}", path.display()), needs_person))
    }
}

async fn attend(path: &Path, pace: &mut Pace, feed: &Feed) -> Result<Infallible, Trouble> {
    // Watched before it is read: what comes in between is seen twice rather than never.
    let mut events = match events_of(path) {
        Ok(events) => Some(events),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(error.into()),
        Err(error) => {
            warn!(path = %path.display(), "no inotify ({error}): looking by the clock");
            None
        }
    };
    let identity = identity(path)?;
    let mut look = Look::into(path.to_owned());
    info!(
        mailbox = %feed.folder().mailbox, folder = %feed.folder().folder,
        inotify = events.is_some(), "watching"
    );
    loop {
        // Deleted and made again, it is watched by nobody.
        if self::identity(path)? != identity {
            return Err(Trouble::MadeAnew);
        }
        sweep(&mut look, pace, feed).await?;
        let wait = pace.beat(Timestamp::now(), 0).sweep;
        let wait = match (&events, look.is_unsettled()) {
            (_, true) => wait.min(SETTLED),
            (Some(_), false) => wait,
            (None, false) => wait.min(POLL),
        };
        tokio::select! {
            event = next_of(events.as_mut()) => note(event?, events.as_mut(), &mut look)?,
            // The sweep: whatever inotify says.
            () = sleep(wait) => {}
            () = pace.changed() => {}
        }
    }
}

type Events = EventStream<[u8; 4096]>;

fn events_of(path: &Path) -> io::Result<Events> {
    let inotify = Inotify::init()?;
    for place in PLACES {
        let arrivals = WatchMask::CREATE | WatchMask::MOVED_TO | WatchMask::CLOSE_WRITE;
        inotify
            .watches()
            .add(path.join(place), arrivals | WatchMask::ONLYDIR)?;
    }
    inotify.into_event_stream([0; 4096])
}

/// The next event; never one where there is no inotify.
async fn next_of(events: Option<&mut Events>) -> io::Result<EventOwned> {
    match events {
        Some(events) => {
            let ended = || Err(io::Error::other("inotify has ended"));
            events.next().await.unwrap_or_else(ended)
        }
        None => std::future::pending().await,
    }
}

/// Takes note of an event and of all that are there already: one look is for all of them.
fn note(event: EventOwned, events: Option<&mut Events>, look: &mut Look) -> io::Result<()> {
    let mut note = |event: EventOwned| {
        let is_whole = EventMask::MOVED_TO | EventMask::CLOSE_WRITE;
        if let Some(name) = event.name.filter(|_| event.mask.intersects(is_whole)) {
            look.finish(&name);
        }
    };
    note(event);
    let Some(events) = events else {
        return Ok(());
    };
    while let Some(Some(event)) = events.next().now_or_never() {
        note(event?);
    }
    Ok(())
}

/// What the folder's places are on the disk.
fn identity(path: &Path) -> io::Result<[(u64, u64); 2]> {
    let identity = |place: &str| {
        let metadata = fs::metadata(path.join(place))?;
        Ok::<_, io::Error>((metadata.dev(), metadata.ino()))
    };
    Ok([identity(PLACES[0])?, identity(PLACES[1])?])
}

/// Looks at every file that is not dealt with.
async fn sweep(look: &mut Look, pace: &Pace, feed: &Feed) -> Result<(), Trouble> {
    let read_to = feed.cursor().map_or_else(
        || {
            let first = Timestamp::now().saturating_sub(pace.lookback);
            first.unwrap_or_default().as_second()
        },
        |cursor| i64::from(cursor.uid_next.0),
    );
    let seen = look.files(read_to.saturating_sub(OVERLAP))?;
    let of = seen.found.len();
    for (done, found) in seen.found.iter().enumerate() {
        if of > SOME && done % SOME == 0 {
            feed.catching_up(Backlog { done, of }).await;
        }
        if let Some((raw, truncated)) = read(found)? {
            let arrival = arrival(feed, found, raw, truncated);
            // Not behind it: other files may bear the same second, or wait.
            let after = at(found.changed.0.min(seen.up_to).max(read_to));
            feed.deliver(arrival, after).await?;
        }
        look.done(found);
    }
    feed.heard(at(seen.up_to.max(read_to)), false).await?;
    Ok(())
}

fn arrival(feed: &Feed, found: &Found, raw: Vec<u8>, truncated: bool) -> Arrival {
    Arrival {
        at: MessageRef {
            mailbox: feed.folder().mailbox.clone(),
            folder: feed.folder().folder.clone(),
            uid_validity: VALIDITY,
            uid: at(found.changed.0).uid_next,
        },
        internal_date: Timestamp::from_second(found.received).unwrap_or_default(),
        raw,
        truncated,
    }
}

/// The cursor that stands for everything before `second`.
fn at(second: i64) -> Cursor {
    Cursor {
        uid_validity: VALIDITY,
        uid_next: Uid(u32::try_from(second).unwrap_or(0)),
    }
}
