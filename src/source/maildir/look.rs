//! One look into a folder of a Maildir: which files are new and whole, and how far that goes.
//!
//! SECURITY: it reads files below the configured folder and changes none. File names and contents
//! are hostile; only regular files are opened.

use std::collections::{BTreeMap, BTreeSet, HashSet, btree_set};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::mail::envelope;
use crate::source::{BEGINNING_OF_LARGER, LARGEST_MESSAGE};

use super::folder::PLACES;

/// A file that was written in its place is whole when it has not changed for so long.
pub(super) const SETTLED: Duration = Duration::from_secs(2);

/// Behind a cursor the first look goes back so many seconds: a clock that ran ahead when the
/// cursor was written and was set right since, be it by the hours of a time zone, has put it past
/// what came afterwards.
pub(super) const SLACK: i64 = 48 * 60 * 60;

/// One turn of reading passes so many files at most.
pub(super) const SOME: usize = 100;

/// The most bytes of a header that are read to see who it claims to be from.
const LONGEST_HEAD: u64 = 64 * 1024;

/// A file that has to be looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    /// When it was put here, by the file system's clock.
    pub(super) changed: (i64, i64),
    path: PathBuf,
    /// When it was written, seconds since 1970.
    pub(super) received: i64,
    size: u64,
    /// What tells it from every other file, wherever it is moved.
    key: u64,
}

/// A file that claims to be Meta's.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) found: Found,
    pub(super) raw: Vec<u8>,
    /// There is more than `raw`.
    pub(super) truncated: bool,
}

/// What is known of one folder since its watch began.
#[derive(Debug)]
pub(super) struct Look {
    path: PathBuf,
    hasher: RandomState,
    /// Files that are dealt with. Change times alone would not do: a file server's clock may be
    /// set back.
    known: HashSet<u64>,
    /// Files that may be half-written, and since when they have been as they are.
    unsettled: BTreeMap<u64, Instant>,
    /// Names that were moved here or closed after writing: their files are whole.
    finished: BTreeSet<OsString>,
    is_first: bool,
}

/// What a look found.
#[derive(Debug)]
pub(super) struct Seen {
    /// The oldest first.
    pub(super) found: BTreeSet<Found>,
    /// Everything that was put here before this second was seen, by the file system's clock; never
    /// a time to come.
    pub(super) up_to: i64,
}

impl Look {
    pub(super) fn into(path: PathBuf) -> Self {
        Self {
            path,
            hasher: RandomState::new(),
            known: HashSet::new(),
            unsettled: BTreeMap::new(),
            finished: BTreeSet::new(),
            is_first: true,
        }
    }

    /// The file of that name is whole.
    pub(super) fn finish(&mut self, name: &OsStr) {
        self.finished.insert(without_flags(name));
    }

    /// Files may be half-written: look again soon.
    pub(super) fn is_unsettled(&self) -> bool {
        !self.unsettled.is_empty()
    }

    /// What is here and not dealt with. At the first look, files that were put here before `first`
    /// are none of ours; everything up to `read_to` was dealt with, as far as the clock was right.
    pub(super) fn files(&mut self, first: i64, read_to: i64) -> io::Result<Seen> {
        let now = Timestamp::now().as_second();
        let (mut found, mut waiting) = (BTreeSet::new(), BTreeMap::new());
        let mut here = HashSet::new();
        let (mut up_to, mut held) = (read_to, i64::MAX);
        for place in PLACES {
            let place = self.path.join(place);
            // Asked before the folder is listed: what comes later changes it later.
            up_to = up_to.max(fs::metadata(&place)?.mtime());
            for (path, name, metadata) in messages(&place)? {
                let written = (metadata.mtime(), metadata.mtime_nsec());
                let key = self.hasher.hash_one((&name, metadata.len(), written));
                here.insert(key);
                if self.is_first && metadata.ctime() < first {
                    self.known.insert(key);
                }
                if self.known.contains(&key) {
                    continue;
                }
                if !self.is_whole(&name, &metadata, key) {
                    let since = self.unsettled.get(&key).copied();
                    waiting.insert(key, since.unwrap_or_else(Instant::now));
                    held = held.min(metadata.ctime());
                    continue;
                }
                found.insert(Found {
                    changed: (metadata.ctime(), metadata.ctime_nsec()),
                    path,
                    received: metadata.mtime(),
                    size: metadata.len(),
                    key,
                });
            }
        }
        self.known.retain(|key| here.contains(key));
        self.unsettled = waiting;
        self.finished.clear();
        self.is_first = false;
        let up_to = up_to.min(held).min(now);
        Ok(Seen { found, up_to })
    }

    /// Reads until there is one that claims to be Meta's, past [`SOME`] others at most.
    pub(super) fn next_claim(
        &mut self,
        files: &mut btree_set::IntoIter<Found>,
    ) -> io::Result<Option<Claim>> {
        for found in files.take(SOME) {
            if let Some((raw, truncated)) = read(&found)? {
                return Ok(Some(Claim {
                    found,
                    raw,
                    truncated,
                }));
            }
            self.done(&found);
        }
        Ok(None)
    }

    /// It is dealt with, wherever it moves from now on.
    pub(super) fn done(&mut self, found: &Found) {
        self.known.insert(found.key);
    }

    /// Whether nobody writes to it any more. A file that is written aside and then moved changes
    /// once more by that, so its change time is behind its modification time.
    fn is_whole(&self, name: &OsStr, metadata: &Metadata, key: u64) -> bool {
        let written = (metadata.mtime(), metadata.mtime_nsec());
        let changed = (metadata.ctime(), metadata.ctime_nsec());
        let age = Timestamp::now().as_second() - metadata.ctime();
        let unchanged = self.unsettled.get(&key).map(Instant::elapsed);
        changed != written
            || self.finished.contains(name)
            || age > i64::try_from(SETTLED.as_secs()).unwrap_or(i64::MAX)
            || unchanged.is_some_and(|time| time >= SETTLED)
    }
}

/// The files in a place that may be messages, by their names without flags.
fn messages(place: &Path) -> io::Result<Vec<(PathBuf, OsString, Metadata)>> {
    let mut messages = Vec::new();
    for entry in fs::read_dir(place)? {
        let entry = entry?;
        let name = without_flags(&entry.file_name());
        // Names with a dot before them are other programs' drafts.
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        match entry.metadata() {
            Ok(metadata) if metadata.is_file() => messages.push((entry.path(), name, metadata)),
            Ok(_) => {}
            // Moved to cur/ or deleted since the folder was listed: seen there, or gone.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(messages)
}

/// A Maildir name is `unique:2,flags` (the flags change, the unique part does not).
fn without_flags(name: &OsStr) -> OsString {
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
