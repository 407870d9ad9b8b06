//! A Maildir on this machine: watched by inotify, and swept.
//!
//! A Maildir has no UIDs. What is new is told by the inode's change time, which moves when a file
//! is put into `new/` or `cur/`, whatever date the file itself bears; INTERNALDATE is the file's
//! modification time, as Dovecot has it. Reading the same file again is harmless: the other end
//! knows messages by their content.
//!
//! SECURITY: it reads files below the configured folder and changes none. File names and contents
//! are hostile; only regular files are opened.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::StreamExt;
use inotify::{Inotify, WatchMask};
use jiff::Timestamp;
use tokio::time::sleep;

use crate::mail::{Arrival, Cursor, MessageRef, Uid, UidValidity, envelope};

use super::{BEGINNING_OF_LARGER, Feed, LARGEST_MESSAGE, NotTaken, Pace};

/// The two places where a Maildir keeps its messages; `tmp` holds half-written ones.
const PLACES: [&str; 2] = ["new", "cur"];

/// Cursors count seconds; a file may come within the second that was just read.
const OVERLAP: i64 = 2;

/// There is one numbering of change times.
const VALIDITY: UidValidity = UidValidity(1);

/// After trouble with the folder it is tried again this often.
const PAUSE: Duration = Duration::from_secs(15);

/// The most bytes of a header that are read to see who it claims to be from.
const LONGEST_HEAD: u64 = 64 * 1024;

/// A file that has to be looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Found {
    /// Seconds and nanoseconds: a file that was read half-written changes within the second.
    changed: (i64, i64),
    /// The part of the name before the flags: it stays when the file moves from `new` to `cur`.
    name: OsString,
    path: PathBuf,
    received: i64,
    size: u64,
}

/// Watches the Maildir at `path` until the task is ended.
pub async fn watch(path: PathBuf, mut pace: Pace, feed: Feed) {
    loop {
        if let Err(why) = attend(&path, &mut pace, &feed).await {
            let needs_person = matches!(why, Trouble::Folder(_));
            feed.unheard(format!("{}: {why}", path.display()), needs_person)
                .await;
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
}

async fn attend(path: &Path, pace: &mut Pace, feed: &Feed) -> Result<(), Trouble> {
    // Watched before it is read: what comes in between is seen twice rather than never.
    let inotify = Inotify::init()?;
    for place in PLACES {
        let arrivals = WatchMask::CREATE | WatchMask::MOVED_TO | WatchMask::CLOSE_WRITE;
        inotify
            .watches()
            .add(path.join(place), arrivals | WatchMask::ONLYDIR)?;
    }
    let mut stream = inotify.into_event_stream([0; 4096])?;
    let lookback = Timestamp::now()
        .saturating_sub(pace.lookback)
        .unwrap_or_default();
    let mut seen = BTreeSet::new();
    loop {
        sweep(path, lookback, &mut seen, feed).await?;
        tokio::select! {
            event = stream.next() => match event {
                Some(event) => drop(event?),
                None => return Ok(()),
            },
            // The sweep: whatever inotify says.
            () = sleep(pace.beat(Timestamp::now(), 0).sweep) => {}
            () = pace.changed() => {}
        }
    }
}

/// Looks at every file whose change time lies behind the cursor.
async fn sweep(
    path: &Path,
    lookback: Timestamp,
    seen: &mut BTreeSet<((i64, i64), OsString)>,
    feed: &Feed,
) -> Result<(), Trouble> {
    let began = Timestamp::now().as_second();
    let read_to = feed
        .cursor()
        .map_or(lookback.as_second(), |c| i64::from(c.uid_next.0) - OVERLAP);
    seen.retain(|(changed, _)| changed.0 >= read_to);
    for found in files(path, read_to)? {
        let key = (found.changed, found.name.clone());
        if seen.contains(&key) {
            continue;
        }
        if let Some((raw, truncated)) = read(&found)? {
            let arrival = Arrival {
                at: MessageRef {
                    mailbox: feed.folder().mailbox.clone(),
                    folder: feed.folder().folder.clone(),
                    uid_validity: VALIDITY,
                    uid: at(found.changed.0).uid_next,
                },
                internal_date: Timestamp::from_second(found.received).unwrap_or_default(),
                raw,
                truncated,
            };
            // Not behind it: other files may bear the same second.
            feed.deliver(arrival, at(found.changed.0)).await?;
        }
        seen.insert(key);
    }
    feed.heard(at(began), false).await?;
    Ok(())
}

/// The cursor that stands for everything before `second`.
fn at(second: i64) -> Cursor {
    Cursor {
        uid_validity: VALIDITY,
        uid_next: Uid(u32::try_from(second).unwrap_or(0)),
    }
}

/// The files whose change time is not before `read_to`, the oldest first.
fn files(path: &Path, read_to: i64) -> io::Result<BTreeSet<Found>> {
    let mut found = BTreeSet::new();
    for place in PLACES {
        for entry in fs::read_dir(path.join(place))? {
            let entry = entry?;
            let metadata = match entry.metadata() {
                Ok(metadata) => metadata,
                // Moved to cur/ or deleted since the folder was listed: seen there, or gone.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            if !metadata.is_file() || metadata.ctime() < read_to {
                continue;
            }
            found.insert(Found {
                changed: (metadata.ctime(), metadata.ctime_nsec()),
                name: without_flags(&entry.file_name()),
                path: entry.path(),
                received: metadata.mtime(),
                size: metadata.len(),
            });
        }
    }
    Ok(found)
}

/// A Maildir name is `unique:2,flags` (the flags change, the unique part does not).
fn without_flags(name: &std::ffi::OsStr) -> OsString {
    let text = name.to_string_lossy();
    text.split_once(":2,")
        .map_or_else(|| name.to_owned(), |(unique, _)| unique.into())
}

/// The bytes of a file that claims to be Meta's, and whether there are more; `None` for any other,
/// and for one that is gone.
fn read(found: &Found) -> io::Result<Option<(Vec<u8>, bool)>> {
    let mut file = match File::open(&found.path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut raw = Vec::new();
    file.by_ref().take(LONGEST_HEAD).read_to_end(&mut raw)?;
    if !envelope::claims_to_be_meta(head_of(&raw)) {
        return Ok(None);
    }
    let truncated = found.size > LARGEST_MESSAGE;
    let most = if truncated {
        BEGINNING_OF_LARGER
    } else {
        LARGEST_MESSAGE
    };
    file.take(most.saturating_sub(raw.len() as u64))
        .read_to_end(&mut raw)?;
    Ok(Some((raw, truncated)))
}

/// Everything before the first empty line.
fn head_of(raw: &[u8]) -> &[u8] {
    let end = |blank: &[u8]| raw.windows(blank.len()).position(|window| window == blank);
    let end = [end(b"\n\r\n"), end(b"\n\n")].into_iter().flatten().min();
    raw.get(..end.unwrap_or(raw.len())).unwrap_or_default()
}
