//! The lines of logs, one after the other, each with its file and number.
//!
//! It does not know what a line has to say.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::RecordError;
use super::tail::MAX_LINE;

/// The whole lines of one file.
pub(super) struct Lines {
    file: BufReader<File>,
    line: Vec<u8>,
    /// The file ends in the middle of a line.
    is_torn: bool,
}

impl Lines {
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            file: BufReader::new(File::open(path)?),
            line: Vec::new(),
            is_torn: false,
        })
    }

    /// The next line without its end. Too long a line is invalid data.
    pub fn next_line(&mut self) -> io::Result<Option<&[u8]>> {
        self.line.clear();
        let most = MAX_LINE as u64 + 1;
        let read = (&mut self.file)
            .take(most)
            .read_until(b'\n', &mut self.line)?;
        if self.line.pop_if(|last| *last == b'\n').is_some() {
            return Ok(Some(&self.line));
        }
        if read as u64 == most {
            let why = "it is longer than any line of the decision log";
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        self.is_torn = read > 0;
        Ok(None)
    }
}

/// One line, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The file.
    pub path: PathBuf,
    /// Its number in the file, counted from one.
    pub number: usize,
    /// Its bytes, without the line's end.
    pub line: Vec<u8>,
}

/// The lines of several files, in their order.
pub struct Entries<'a> {
    files: std::slice::Iter<'a, PathBuf>,
    open: Option<(&'a Path, Lines, usize)>,
    /// A file that ends in the middle of a line, and that line's number.
    pub torn: Option<(&'a Path, usize)>,
}

impl<'a> Entries<'a> {
    /// The lines of these files.
    #[must_use]
    pub fn of(files: &'a [PathBuf]) -> Self {
        Self {
            files: files.iter(),
            open: None,
            torn: None,
        }
    }
}

impl Iterator for Entries<'_> {
    type Item = Result<Entry, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Some((path, lines, number)) = &mut self.open else {
                let path = self.files.next()?;
                match Lines::open(path) {
                    Ok(lines) => self.open = Some((path, lines, 0)),
                    Err(source) => return Some(Err(RecordError::io(path, source))),
                }
                continue;
            };
            *number += 1;
            match lines.next_line() {
                Ok(Some(line)) => {
                    return Some(Ok(Entry {
                        path: path.to_owned(),
                        number: *number,
                        line: line.to_owned(),
                    }));
                }
                Ok(None) => {
                    if lines.is_torn {
                        self.torn = Some((path, *number));
                    }
                    self.open = None;
                }
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    let broken = RecordError::broken(path, *number, error.to_string());
                    self.open = None;
                    return Some(Err(broken));
                }
                Err(source) => {
                    let error = RecordError::io(path, source);
                    self.open = None;
                    return Some(Err(error));
                }
            }
        }
    }
}
