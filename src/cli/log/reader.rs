//! Reads a log line by line while it may be written, rotated away or emptied.
//!
//! It hands on whole lines and does not know what they say. Bytes that are no text are handed on as
//! replacement characters.

use std::fs::{self, File, Metadata};
use std::io::{self, BufRead as _, BufReader, Seek as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use super::super::exit::Stopped;
use super::unreadable;

/// What takes a line.
type Take<'a> = &'a mut dyn FnMut(&str) -> Result<(), Stopped>;

/// Hands on every whole line of a file.
pub(super) fn each_line(path: &Path, take: Take<'_>) -> Result<(), Stopped> {
    let mut reading = Reading::open(path).map_err(|error| unreadable(path, &error))?;
    reading.lines(path, take)
}

/// A log that is followed under its name.
pub(super) struct Follower {
    path: PathBuf,
    /// `None` while it is not there.
    reading: Option<Reading>,
}

/// An open file, read up to a place in it.
struct Reading {
    file: BufReader<File>,
    /// Device and number: a new file under the same name has others.
    id: (u64, u64),
    /// How many bytes of whole lines were read.
    whole: u64,
    /// The last of them.
    last: Vec<u8>,
    /// The beginning of a line that is being written.
    half: Vec<u8>,
}

impl Follower {
    pub(super) fn open(path: &Path) -> Result<Self, Stopped> {
        let mut follower = Self {
            path: path.to_owned(),
            reading: None,
        };
        follower.reopen()?;
        Ok(follower)
    }

    pub(super) fn is_there(&self) -> bool {
        self.reading.is_some()
    }

    /// Hands on what is there now.
    pub(super) fn read(&mut self, take: Take<'_>) -> Result<(), Stopped> {
        match &mut self.reading {
            Some(reading) => reading.lines(&self.path, take),
            None => Ok(()),
        }
    }

    /// Hands on what was written since: in the file that was read, and in one that took its place.
    pub(super) fn go_on(&mut self, take: Take<'_>) -> Result<(), Stopped> {
        let io = |error| unreadable(&self.path, &error);
        if let Some(reading) = &mut self.reading {
            reading.step_back().map_err(io)?;
        }
        let named = match fs::metadata(&self.path) {
            Ok(named) => Some(id_of(&named)),
            // Rotated away, and the next event is not written yet.
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(io(error)),
        };
        // After the look at the name: nothing is written to a file that was moved before.
        self.read(take)?;
        if named.is_some() && named != self.reading.as_ref().map(|reading| reading.id) {
            self.reopen()?;
            self.read(take)?;
        }
        Ok(())
    }

    fn reopen(&mut self) -> Result<(), Stopped> {
        match Reading::open(&self.path) {
            Ok(reading) => self.reading = Some(reading),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unreadable(&self.path, &error)),
        }
        Ok(())
    }
}

impl Reading {
    fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        Ok(Self {
            id: id_of(&file.metadata()?),
            file: BufReader::new(file),
            whole: 0,
            last: Vec::new(),
            half: Vec::new(),
        })
    }

    fn lines(&mut self, path: &Path, take: Take<'_>) -> Result<(), Stopped> {
        loop {
            self.file
                .read_until(b'\n', &mut self.half)
                .map_err(|error| unreadable(path, &error))?;
            if !self.half.ends_with(b"\n") {
                return Ok(());
            }
            self.whole += self.half.len() as u64;
            take(String::from_utf8_lossy(&self.half).trim_end_matches('\n'))?;
            self.last = std::mem::take(&mut self.half);
        }
    }

    /// Goes back to the beginning of a file that was emptied, and to the beginning of half a line
    /// that was taken back. What was read last must still stand where it was read: an emptied file
    /// may have grown again meanwhile.
    fn step_back(&mut self) -> io::Result<()> {
        let length = self.file.get_ref().metadata()?.len();
        let mut last = vec![0; self.last.len()];
        let start = self.whole - self.last.len() as u64;
        let is_same = length >= self.whole
            && self.file.get_ref().read_exact_at(&mut last, start).is_ok()
            && last == self.last;
        if is_same && length >= self.whole + self.half.len() as u64 {
            return Ok(());
        }
        if !is_same {
            self.whole = 0;
            self.last.clear();
        }
        self.half.clear();
        self.file.seek(io::SeekFrom::Start(self.whole))?;
        Ok(())
    }
}

fn id_of(file: &Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}
