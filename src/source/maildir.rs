//! A Maildir on this machine: watched by inotify, and swept.
//!
//! A Maildir has no UIDs. What came while nobody watched is told by the inode's change time,
//! which moves when a file is put into `new/` or `cur/`, whatever date the file itself bears.
//! INTERNALDATE is the file's modification time, as in Dovecot. Reading the same file again is
//! harmless: the other end knows messages by their content.
//!
//! On a network file system the events of other machines never come; the sweep finds what they
//! bring. Of this machine's clock it is asked how long a file has been unchanged, and whether a
//! cursor lies in a time to come. Files are touched in a thread of their own only.

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

mod disk;
mod folder;
mod look;

pub use folder::{names, resolve};

use disk::{Disk, Panicked};
use folder::PLACES;
use look::{Claim, Found, Look, SETTLED, SLACK, SOME};

/// There is one numbering of change times.
const VALIDITY: UidValidity = UidValidity(1);

/// After trouble with the folder it is tried again this often.
const PAUSE: Duration = Duration::from_secs(15);

/// Without inotify a folder is looked at this often: a code lives minutes.
const POLL: Duration = Duration::from_secs(15);

/// Watches one folder of the Maildir at `root` until the task is ended.
pub async fn watch(root: PathBuf, mut pace: Pace, feed: Feed) -> Infallible {
    loop {
        let mut path = root.clone();
        let Err(trouble) = visit(&mut path, &mut pace, &feed).await;
        match trouble {
            Trouble::Absent => feed.absent().await,
            // It is opened again; there is nothing to tell.
            Trouble::MadeAnew => {}
            trouble => {
                let why = format!("{}: {trouble}", path.display());
                feed.unheard(why, trouble.needs_person()).await;
            }
        }
        sleep(PAUSE).await;
    }
}

#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("{0}; it must be a Maildir (with new/ and cur/) that this program may read")]
    Folder(#[from] io::Error),
    #[error("there is no folder {0}")]
    NoFolder(FolderName),
    #[error("there is no thread to read it with: {0}")]
    NoThread(io::Error),
    #[error(transparent)]
    Panicked(#[from] Panicked),
    #[error(transparent)]
    NotTaken(#[from] NotTaken),
    #[error("there is no such folder, and need not be")]
    Absent,
    #[error("the folder was made anew")]
    MadeAnew,
}

impl Trouble {
    /// Whether the person has to do something.
    fn needs_person(&self) -> bool {
        matches!(self, Self::Folder(_) | Self::NoFolder(_))
    }
}

/// Finds the folder and watches it until there is trouble. `path` is what the trouble is with: the
/// Maildir, then the folder in it.
async fn visit(path: &mut PathBuf, pace: &mut Pace, feed: &Feed) -> Result<Infallible, Trouble> {
    let disk = Disk::start(path, feed).map_err(Trouble::NoThread)?;
    let folder = feed.folder().folder.clone();
    let (root, name) = (path.clone(), folder.clone());
    match disk.ask(move || resolve(&root, &name)).await?? {
        Some(found) => *path = found,
        None if folder.0.starts_with('\\') => {
            // One that was there before is not gone because the Maildir cannot be read.
            if feed.heard_at().is_some() {
                let root = path.clone();
                disk.ask(move || fs::read_dir(root)).await??;
            }
            return Err(Trouble::Absent);
        }
        None => return Err(Trouble::NoFolder(folder)),
    }
    attend(&disk, path, pace, feed).await
}

async fn attend(
    disk: &Disk,
    path: &Path,
    pace: &mut Pace,
    feed: &Feed,
) -> Result<Infallible, Trouble> {
    // Watched before it is read: what comes in between is seen twice rather than never.
    let folder = path.to_owned();
    let watched = disk.ask(move || watches_on(&folder)).await?;
    let mut events = match watched.and_then(|watched| watched.into_event_stream([0; 4096])) {
        Ok(events) => Some(events),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(error.into()),
        Err(error) => {
            warn!(path = %path.display(), "no inotify ({error}): looking by the clock");
            None
        }
    };
    let identity = identity(disk, path).await?;
    let mut look = Look::into(path.to_owned());
    info!(
        mailbox = %feed.folder().mailbox, folder = %feed.folder().folder,
        inotify = events.is_some(), "watching"
    );
    loop {
        // Deleted and made again, it is watched by nobody.
        if self::identity(disk, path).await? != identity {
            return Err(Trouble::MadeAnew);
        }
        look = sweep(disk, look, pace, feed).await?;
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

fn watches_on(path: &Path) -> io::Result<Inotify> {
    let inotify = Inotify::init()?;
    for place in PLACES {
        let arrivals = WatchMask::CREATE | WatchMask::MOVED_TO | WatchMask::CLOSE_WRITE;
        inotify
            .watches()
            .add(path.join(place), arrivals | WatchMask::ONLYDIR)?;
    }
    Ok(inotify)
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
async fn identity(disk: &Disk, path: &Path) -> Result<[(u64, u64); 2], Trouble> {
    let places = PLACES.map(|place| path.join(place));
    let identity = |place: &PathBuf| {
        let metadata = fs::metadata(place)?;
        Ok::<_, io::Error>((metadata.dev(), metadata.ino()))
    };
    let identities = move || Ok::<_, io::Error>([identity(&places[0])?, identity(&places[1])?]);
    Ok(disk.ask(identities).await??)
}

/// Looks at every file that is not dealt with.
async fn sweep(disk: &Disk, mut look: Look, pace: &Pace, feed: &Feed) -> Result<Look, Trouble> {
    let (first, read_to) = reach(pace, feed);
    let seen;
    (look, seen) = disk
        .ask(move || look.files(first, read_to).map(|seen| (look, seen)))
        .await??;
    let (of, mut files) = (seen.found.len(), seen.found.into_iter());
    while files.len() > 0 {
        if of > SOME {
            let done = of - files.len();
            feed.catching_up(Backlog { done, of }).await;
        }
        let claim;
        (look, files, claim) = disk
            .ask(move || {
                let claim = look.next_claim(&mut files)?;
                Ok::<_, io::Error>((look, files, claim))
            })
            .await??;
        if let Some(Claim {
            found,
            raw,
            truncated,
        }) = claim
        {
            let arrival = arrival(feed, &found, raw, truncated);
            // Not behind it: other files may bear the same second, or wait.
            let after = at(found.changed.0.min(seen.up_to).max(read_to));
            feed.deliver(arrival, after).await?;
            look.done(&found);
        }
    }
    feed.heard(at(seen.up_to.max(read_to)), false).await?;
    Ok(look)
}

/// From which second on files are looked at, and up to which everything was dealt with.
fn reach(pace: &Pace, feed: &Feed) -> (i64, i64) {
    let now = Timestamp::now();
    let cursor = feed.cursor().map(|cursor| i64::from(cursor.uid_next.0));
    // A cursor in a time to come is a clock's that was set back since, nobody knows when.
    if let Some(read_to) = cursor.filter(|second| *second <= now.as_second()) {
        return (read_to.saturating_sub(SLACK), read_to);
    }
    let first = now.saturating_sub(pace.lookback).unwrap_or_default();
    (first.as_second(), first.as_second())
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
