//! The other side: runs the program in this unit, with the letter on its standard input.
//!
//! One process is one hand-over. It does not judge how the program ended, and it keeps nothing.
//! When nobody waits for the answer any more (the daemon's time limit, a stop), the program's
//! whole process group goes, as it does where the daemon runs it itself.
//!
//! SECURITY: starts the one program that its unit names, without a shell. Hostile: what the
//! program writes and how much; whoever may connect may have it started.

use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream as Connection;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::process::Command;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::super::process::Run;
use super::super::program;
use super::{Answer, GREETING, LARGEST_LETTER, REFUSED, STDERR_KEPT, TRY_LATER};

/// The letter comes at once.
const LETTER_WITHIN: Duration = Duration::from_secs(10);

/// What systemd says to the process that it starts, and to nobody else.
const OF_SYSTEMD: [&str; 5] = [
    "LISTEN_FDS",
    "LISTEN_FDNAMES",
    "LISTEN_PID",
    "NOTIFY_SOCKET",
    "WATCHDOG_USEC",
];

/// Why nothing was handed over.
#[derive(Debug, thiserror::Error)]
pub enum HereError {
    /// It was not started as it must be.
    #[error("standard input: {0}; this is started by sustained-submit.socket for each connection")]
    NoConnection(io::Error),
    /// The connection ended before there was anything to do.
    #[error("no whole letter came; nothing was started")]
    NoLetter,
    /// The program was ended, because nobody waits for it any more.
    #[error("nobody waits for the program any more: it was ended")]
    Abandoned,
    /// The program has ended, and it could not be told.
    #[error("the answer could not be given: {0}")]
    Unanswered(io::Error),
}

/// Takes one letter from standard input, which is a connection, runs `command` with it, and
/// answers how that ended.
///
/// # Errors
/// [`HereError`]; the other side sees that no answer came.
pub async fn here(command: &[OsString]) -> Result<(), HereError> {
    let mut connection = BufReader::new(connection().map_err(HereError::NoConnection)?);
    let greeted = connection.get_mut().write_all(GREETING).await;
    greeted.map_err(|_| HereError::NoLetter)?;
    let letter = timeout(LETTER_WITHIN, letter(&mut connection)).await;
    let letter = letter.ok().flatten().ok_or(HereError::NoLetter)?;
    let answer = match start(command) {
        Ok(run) => tokio::select! {
            answer = answer(run, &letter) => answer,
            // The run is dropped, and its group with it.
            () = hung_up(&mut connection) => return Err(HereError::Abandoned),
        },
        Err(answer) => answer,
    };
    let mut line = Zeroizing::new(Vec::with_capacity(2 * STDERR_KEPT));
    serde_json::to_writer(&mut *line, &answer)
        .map_err(|error| HereError::Unanswered(error.into()))?;
    line.push(b'\n');
    let told = connection.get_mut().write_all(&line).await;
    told.map_err(HereError::Unanswered)
}

/// Standard input as what it is.
fn connection() -> io::Result<UnixStream> {
    // systemd passes the connection twice: the program must not inherit it, or the other side
    // would not see that this process is gone. It fails where there is none: then all is well.
    drop(sd_notify::listen_fds());
    let connection = Connection::from(io::stdin().as_fd().try_clone_to_owned()?);
    connection.peer_addr()?;
    connection.set_nonblocking(true)?;
    UnixStream::from_std(connection)
}

/// The letter with its end of line; `None` if it does not come whole.
async fn letter(connection: &mut BufReader<UnixStream>) -> Option<Zeroizing<Vec<u8>>> {
    let mut letter = Zeroizing::new(Vec::with_capacity(64 * 1024));
    let mut bounded = connection.take(LARGEST_LETTER);
    bounded.read_until(b'\n', &mut letter).await.ok()?;
    letter.ends_with(b"\n").then_some(letter)
}

/// Waits until the other side is gone. It has nothing more to say.
async fn hung_up(connection: &mut BufReader<UnixStream>) {
    let mut ignored = [0; 64];
    while let Ok(1..) = connection.read(&mut ignored).await {}
}

/// Starts the program, or says why nothing was begun.
fn start(command: &[OsString]) -> Result<Run, Answer> {
    let refused = |stderr: String| Answer {
        exit: Some(REFUSED),
        stderr,
    };
    let [program, arguments @ ..] = command else {
        return Err(refused("submit-here names no program".to_owned()));
    };
    let program = program.to_string_lossy();
    let path = program::find(&program).map_err(refused)?;
    let mut command = Command::new(path);
    command.args(arguments);
    for name in OF_SYSTEMD {
        command.env_remove(name);
    }
    Run::start(command).map_err(|error| {
        let may_pass = matches!(
            error.kind(),
            ErrorKind::WouldBlock | ErrorKind::OutOfMemory | ErrorKind::ExecutableFileBusy
        );
        Answer {
            exit: Some(if may_pass { TRY_LATER } else { REFUSED }),
            stderr: format!("{program} could not be started: {error}"),
        }
    })
}

/// Runs the program to its end. It has no limit here: the daemon hangs up at its own.
async fn answer(mut run: Run, letter: &[u8]) -> Answer {
    let ended = run.converse(letter, Duration::MAX).await;
    let (status, errors) = ended.unzip();
    let errors = errors.unwrap_or_default();
    let beginning = &errors[..errors.len().min(STDERR_KEPT)];
    Answer {
        exit: status.and_then(Result::ok).and_then(exit_of),
        stderr: String::from_utf8_lossy(beginning).into_owned(),
    }
}

fn exit_of(status: ExitStatus) -> Option<u8> {
    status.code().and_then(|code| u8::try_from(code).ok())
}
