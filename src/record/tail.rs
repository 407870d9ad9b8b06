//! The last whole line of a file, read from its end: a log may have a million lines.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// How much is read at once; most lines are shorter.
const BLOCK: usize = 8 * 1024;

/// No line is longer: it names links and words of one message, which has a mebibyte at the most.
pub(super) const MAX_LINE: usize = 16 * 1024 * 1024;

/// Where whole lines end in a file, and the last of them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tail {
    /// How many bytes are whole lines.
    pub length: u64,
    /// The last line without its end.
    pub line: Option<Vec<u8>>,
}

/// Finds the last whole line.
pub(super) fn tail_of(file: &File) -> io::Result<Tail> {
    let Some(end) = last_newline(file, file.metadata()?.len())? else {
        return Ok(Tail {
            length: 0,
            line: None,
        });
    };
    let start = last_newline(file, end)?.map_or(0, |before| before + 1);
    let length = usize::try_from(end - start).unwrap_or(usize::MAX);
    if length > MAX_LINE {
        let why = "its last line is longer than any line of the decision log";
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    let mut line = vec![0; length];
    file.read_exact_at(&mut line, start)?;
    Ok(Tail {
        length: end + 1,
        line: Some(line),
    })
}

/// Finds the last whole line, and cuts off what stands behind it.
pub(super) fn cut(file: &File) -> io::Result<Tail> {
    let tail = tail_of(file)?;
    if file.metadata()?.len() > tail.length {
        file.set_len(tail.length)?;
    }
    Ok(tail)
}

/// Where the last line feed before `end` stands.
fn last_newline(file: &File, end: u64) -> io::Result<Option<u64>> {
    let mut end = end;
    let mut block = [0; BLOCK];
    while end > 0 {
        let start = end.saturating_sub(BLOCK as u64);
        let length = usize::try_from(end - start).unwrap_or(BLOCK);
        let read = block.get_mut(..length).unwrap_or_default();
        file.read_exact_at(read, start)?;
        if let Some(at) = read.iter().rposition(|byte| *byte == b'\n') {
            return Ok(Some(start + at as u64));
        }
        end = start;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::{BLOCK, Tail, cut};

    fn check(text: &str, length: usize, line: Option<&str>) {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let expected = Tail {
            length: length as u64,
            line: line.map(|line| line.as_bytes().to_owned()),
        };
        assert_eq!(cut(&file).unwrap(), expected, "{} bytes", text.len());
        assert_eq!(file.metadata().unwrap().len(), length as u64);
    }

    #[test]
    fn the_last_whole_line_is_found_and_a_torn_one_cut_off() {
        check("", 0, None);
        check("torn", 0, None);
        check("\n", 1, Some(""));
        check("one\n", 4, Some("one"));
        check("one\ntwo\nto", 8, Some("two"));
    }

    #[test]
    fn lines_are_found_across_the_borders_of_blocks() {
        for length in [BLOCK - 2, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7] {
            let line = "x".repeat(length);
            check(&format!("{line}\n"), length + 1, Some(&line));
            check(&format!("a\n{line}\n"), length + 3, Some(&line));
            check(&format!("a\n{line}"), 2, Some("a"));
        }
    }
}
