//! The hash chain of `decisions.jsonl`: each line names the one before it.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::RecordError;

/// `prev` of the first line.
pub(super) const BEFORE_THE_FIRST: &str =
    "0000000000000000000000000000000000000000000000000000000000000000";

/// Checks the hash chain of a `decisions.jsonl` and returns how many lines it has.
///
/// # Errors
/// `Broken` with the first line that does not fit.
pub fn verify(path: &Path) -> Result<usize, RecordError> {
    let io = |source| RecordError::Io {
        path: path.to_owned(),
        source,
    };
    let mut before = BEFORE_THE_FIRST.to_owned();
    let mut lines = 0;
    for line in BufReader::new(File::open(path).map_err(io)?).lines() {
        let line = line.map_err(io)?;
        lines += 1;
        let broken = |why: &str| RecordError::Broken {
            path: path.to_owned(),
            line: lines,
            why: why.to_owned(),
        };
        let value: Value =
            serde_json::from_str(&line).map_err(|_| broken("it is not a JSON object"))?;
        if value.get("prev").and_then(Value::as_str) != Some(before.as_str()) {
            return Err(broken(
                "its `prev` is not the SHA-256 of the line before it",
            ));
        }
        before = digest_of(&line);
    }
    Ok(lines)
}

pub(super) fn digest_of(line: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(line.as_bytes()))
}

pub(super) fn sequence_of(line: &str) -> Option<i64> {
    serde_json::from_str::<Value>(line)
        .ok()?
        .get("seq")?
        .as_i64()
}

/// Cuts off what stands behind the last line's end; returns that line and its number.
pub(super) fn cut_torn_tail(file: &mut File) -> io::Result<Option<(usize, String)>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut bytes)?;
    let whole = bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |end| end + 1);
    if whole < bytes.len() {
        file.set_len(whole as u64)?;
        bytes.truncate(whole);
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(text
        .lines()
        .enumerate()
        .last()
        .map(|(index, line)| (index + 1, line.to_owned())))
}
