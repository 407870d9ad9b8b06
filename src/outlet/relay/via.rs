//! The daemon's side: takes the letter to a socket and ends as the program behind it ended.
//!
//! It knows nothing of the program. SECURITY: hostile is whatever answers at the socket.

use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process;
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};
use zeroize::Zeroizing;

use super::{Answer, GREETING, LARGEST_ANSWER, LARGEST_LETTER, REFUSED, TRY_LATER};

/// systemd starts the unit within this time or says that it cannot.
const GREETED_WITHIN: Duration = Duration::from_secs(10);

/// How a hand-over ended.
#[derive(Debug)]
pub enum End {
    /// It is known: the exit status, and what belongs on standard error.
    Known(u8, String),
    /// The letter is over there, and nobody knows what became of it.
    Doubt,
}

/// Takes the letter that `input` holds to the socket at `path`, and waits for its answer as long
/// as it takes: the daemon ends this process when it is too long.
pub fn via(path: &Path, input: impl Read) -> End {
    let place = path.display();
    let letter = match letter(input) {
        Ok(letter) => letter,
        Err(error) => return End::Known(REFUSED, format!("standard input: {error}")),
    };
    let mut connection = match greeted(path) {
        Ok(connection) => connection,
        Err(error) => {
            let remedy = "see systemctl status sustained-submit.socket";
            return End::Known(TRY_LATER, format!("{place}: {error}; {remedy}"));
        }
    };
    // Its end of line goes last: what is not written whole starts nothing.
    if let Err(error) = connection.get_mut().write_all(&letter) {
        return End::Known(TRY_LATER, format!("{place}: {error}"));
    }
    match answer(&mut connection) {
        Some(Answer {
            exit: Some(exit),
            stderr,
        }) => End::Known(exit, stderr),
        Some(Answer { exit: None, .. }) | None => End::Doubt,
    }
}

/// Ends this process in a way that no program chooses: whoever started it sees that it was cut off
/// and takes nothing for granted.
pub fn end_in_doubt() -> ! {
    // Not an abort: that could leave the code in a core dump.
    kill_process(getpid(), Signal::KILL).ok();
    process::abort()
}

/// The one line of the letter.
fn letter(input: impl Read) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut letter = Zeroizing::new(Vec::with_capacity(64 * 1024));
    input.take(LARGEST_LETTER + 1).read_to_end(&mut letter)?;
    let end = letter.iter().position(|byte| *byte == b'\n');
    let is_too_long = letter.len() as u64 > LARGEST_LETTER;
    if is_too_long || end.is_none_or(|end| end + 1 != letter.len()) {
        let what = "it must be one line of JSON, as the daemon writes it";
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    Ok(letter)
}

/// A connection whose other side is there. Nothing was sent yet.
fn greeted(path: &Path) -> io::Result<BufReader<UnixStream>> {
    let connection = UnixStream::connect(path)?;
    connection.set_read_timeout(Some(GREETED_WITHIN))?;
    let mut connection = BufReader::new(connection);
    let mut greeting = Vec::new();
    let mut bounded = connection.by_ref().take(GREETING.len() as u64);
    bounded.read_until(b'\n', &mut greeting)?;
    if greeting != GREETING {
        let what = if greeting.is_empty() {
            "the unit behind it does not start"
        } else {
            "something else than `sustained submit-here` is behind it"
        };
        return Err(io::Error::other(what));
    }
    connection.get_ref().set_read_timeout(None)?;
    Ok(connection)
}

/// The answer, if there is a whole one.
fn answer(connection: &mut BufReader<UnixStream>) -> Option<Answer> {
    let mut line = Zeroizing::new(Vec::with_capacity(4096));
    let mut bounded = connection.take(LARGEST_ANSWER);
    bounded.read_until(b'\n', &mut line).ok()?;
    // Cut off, it is no JSON.
    serde_json::from_slice(&line).ok()
}
