//! Messages out of files, mbox files, Maildirs and standard input, one after the other.
//!
//! It knows how they are kept, not what they say.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::super::exit::{Exit, Stopped};
use super::super::print::Bar;
use crate::mail::plain;
use crate::source::LARGEST_MESSAGE;

/// Where a Maildir has its messages.
const PLACES: [&str; 2] = ["new", "cur"];

/// What is done with a message: its name, its bytes, whether there were more of them.
pub type Take<'a> = &'a mut dyn FnMut(&str, &[u8], bool) -> Result<(), Stopped>;

/// How many bytes there are to be read; 0 if nobody knows.
pub fn bytes(paths: &[PathBuf]) -> u64 {
    let size = |path: &PathBuf| {
        if path.is_dir() {
            let files = PLACES.map(|place| fs::read_dir(path.join(place)));
            let files = files.into_iter().flatten().flatten().flatten();
            let sizes = files.filter_map(|file| file.metadata().ok());
            Some(sizes.map(|file| file.len()).sum::<u64>())
        } else {
            fs::metadata(path).ok().map(|file| file.len())
        }
    };
    // A path that is not there is told of when its turn comes, and standard input has no size.
    let sizes: Option<Vec<u64>> = paths.iter().map(size).collect();
    sizes.map_or(0, |sizes| sizes.iter().sum())
}

/// Gives away every message of a path; `bar` counts the bytes.
pub fn each(path: &Path, bar: &Bar, take: Take<'_>) -> Result<(), Stopped> {
    let name = plain(&path.to_string_lossy());
    let unreadable = |error: io::Error| {
        let exit = match error.kind() {
            io::ErrorKind::PermissionDenied => Exit::NotPermitted,
            _ => Exit::Unavailable,
        };
        Stopped::new(exit, format!("{name}: {error}"))
    };
    if path == Path::new("-") {
        return of_stream(io::stdin().lock(), &name, take).map_err(|e| e.or(unreadable));
    }
    if !path.is_dir() {
        let file = File::open(path).map_err(unreadable)?;
        return of_stream(BufReader::new(bar.count(file)), &name, take)
            .map_err(|e| e.or(unreadable));
    }
    let mut files = Vec::new();
    for place in PLACES {
        for entry in fs::read_dir(path.join(place)).map_err(|_| {
            let why = format!("{name}: a folder without new/ and cur/ is no Maildir");
            Stopped::new(Exit::BadData, why)
        })? {
            files.push(entry.map_err(unreadable)?.path());
        }
    }
    files.sort();
    let mut first = None;
    for file in files {
        let name = plain(&file.to_string_lossy());
        // A pipe would be waited for; one that is gone was moved by a mail program meanwhile.
        let read = match fs::metadata(&file) {
            Ok(there) if !there.is_file() => continue,
            Ok(_) => File::open(&file).and_then(|opened| bounded(bar.count(opened))),
            Err(error) => Err(error),
        };
        match read {
            Ok((raw, truncated)) => take(&name, &raw, truncated)?,
            Err(error) => {
                let why = format!("{name}: {error}; the others are read");
                first.get_or_insert(Stopped::new(Exit::Unavailable, why));
            }
        }
    }
    first.map_or(Ok(()), Err)
}

/// A message, or an mbox: a stream whose first line begins with `From `.
fn of_stream(mut stream: impl BufRead, name: &str, take: Take<'_>) -> Result<(), Trouble> {
    if !stream.fill_buf()?.starts_with(b"From ") {
        let (raw, truncated) = bounded(stream)?;
        return Ok(take(name, &raw, truncated)?);
    }
    let mut messages = Mbox {
        stream,
        at_line: Vec::new(),
        begun: false,
    };
    let mut number = 0;
    while let Some((raw, truncated)) = messages.next_message()? {
        number += 1;
        take(&format!("{name}#{number}"), &raw, truncated)?;
    }
    Ok(())
}

/// Reads a message up to the bound; says whether there was more.
fn bounded(stream: impl Read) -> io::Result<(Vec<u8>, bool)> {
    let mut raw = Vec::new();
    stream.take(LARGEST_MESSAGE + 1).read_to_end(&mut raw)?;
    let truncated = raw.len() as u64 > LARGEST_MESSAGE;
    raw.truncate(usize::try_from(LARGEST_MESSAGE).unwrap_or(usize::MAX));
    Ok((raw, truncated))
}

/// Messages of an mbox file (RFC 4155, appendix A), one after the other.
struct Mbox<R> {
    stream: R,
    /// The line that was read last.
    at_line: Vec<u8>,
    begun: bool,
}

impl<R: BufRead> Mbox<R> {
    fn next_message(&mut self) -> io::Result<Option<(Vec<u8>, bool)>> {
        if !self.begun {
            self.begun = true;
            self.next_line()?;
        }
        if self.at_line.is_empty() {
            return Ok(None);
        }
        let mut raw = Vec::new();
        let mut truncated = false;
        let mut blank = false;
        while self.next_line()? && !(blank && self.at_line.starts_with(b"From ")) {
            blank = matches!(self.at_line.as_slice(), b"\n" | b"\r\n");
            // Writers of mbox put `>` before body lines that begin with `From `.
            let quoted = self
                .at_line
                .iter()
                .skip_while(|b| **b == b'>')
                .take(5)
                .eq(b"From ");
            let line = if quoted { self.at_line.get(1..) } else { None };
            let line = line.unwrap_or(&self.at_line);
            if raw.len() as u64 + line.len() as u64 > LARGEST_MESSAGE {
                truncated = true;
            } else {
                raw.extend_from_slice(line);
            }
        }
        Ok(Some((raw, truncated)))
    }

    /// Whether there was another line. A line longer than the bound is read in pieces.
    fn next_line(&mut self) -> io::Result<bool> {
        self.at_line.clear();
        let mut line = self.stream.by_ref().take(LARGEST_MESSAGE);
        Ok(line.read_until(b'\n', &mut self.at_line)? > 0)
    }
}

/// What can stop reading a stream.
enum Trouble {
    Io(io::Error),
    Stopped(Stopped),
}

impl Trouble {
    fn or(self, unreadable: impl Fn(io::Error) -> Stopped) -> Stopped {
        match self {
            Self::Io(error) => unreadable(error),
            Self::Stopped(stopped) => stopped,
        }
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Stopped> for Trouble {
    fn from(stopped: Stopped) -> Self {
        Self::Stopped(stopped)
    }
}
