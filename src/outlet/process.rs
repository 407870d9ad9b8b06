//! Runs a program for an outlet: something on its standard input, a time limit, how it ended.
//!
//! It does not know what the program is for or what its end means to whoever waits. A program that
//! leaves others behind (a browser for the person) leaves them running when it ends by itself; at
//! the time limit its whole process group goes.
//!
//! SECURITY: starts the one program that the configuration names, without a shell, in its own
//! process group, in `/`, with the few environment variables of [`KEPT_VARIABLES`]. Hostile: what
//! the program writes, how much of it, and how long it takes.

use std::io::{self, ErrorKind};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStderr, ChildStdin};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::program;
use super::redact::{REASON_SHOWN, SHOWN};
use super::unready::Unready;
use crate::mail::escape;

/// What a program keeps of the daemon's environment: where programs, the person's files, their
/// language and their screen are. `CREDENTIALS_DIRECTORY`, `STATE_DIRECTORY`, `NOTIFY_SOCKET` and
/// whatever else a service manager hands the daemon are not the program's business.
pub const KEPT_VARIABLES: [&str; 10] = [
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "TZ",
    "XDG_RUNTIME_DIR",
    "DISPLAY",
    "XAUTHORITY",
    "WAYLAND_DISPLAY",
    "DBUS_SESSION_BUS_ADDRESS",
];

/// How much of the program's standard error is kept; its first line is all that is used.
const STDERR_KEPT: usize = 64 * 1024;

/// How long the pipe of a program that has ended is still read. Everything it wrote is already in
/// there; only a program it left behind can keep the pipe open.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A killed process is gone at once, unless it hangs in the kernel: then tokio reaps it later.
const REAP: Duration = Duration::from_secs(2);

/// `EX_TEMPFAIL` of sysexits(3) and the "later" of qmail-command(8).
pub const TRY_LATER: [i32; 2] = [75, 111];

/// A program and its arguments, as the configuration names them.
#[derive(Debug, Clone)]
pub struct Program {
    name: String,
    arguments: Vec<String>,
    /// What to correct in the configuration where the program cannot be started.
    setting: &'static str,
}

/// How a program ended.
#[derive(Debug)]
pub enum End {
    /// By itself, with this status and these words on standard error.
    Exited(i32, Zeroizing<Vec<u8>>),
    /// By a signal.
    Signal(i32),
    /// Nobody knows.
    Lost,
    /// It was killed at the time limit.
    CutOff,
}

impl Program {
    /// The program of `command`, which stands in the configuration under `setting`; `None` where
    /// the list is empty.
    #[must_use]
    pub fn new(command: &[String], setting: &'static str) -> Option<Self> {
        let (name, arguments) = command.split_first()?;
        Some(Self {
            name: name.clone(),
            arguments: arguments.to_vec(),
            setting,
        })
    }

    /// Runs the program once with `input` on its standard input, and kills it after `limit`, or
    /// when the future is dropped.
    ///
    /// # Errors
    /// Why nothing was begun.
    pub async fn run(&self, input: &[u8], limit: Duration) -> Result<End, Unready> {
        let mut run = self.start()?;
        let end = match run.converse(input, limit).await {
            Some((Ok(status), errors)) => match status.code() {
                Some(exit) => End::Exited(exit, errors),
                None => End::Signal(status.signal().unwrap_or_default()),
            },
            Some((Err(_), _)) => End::Lost,
            None => {
                run.stop().await;
                End::CutOff
            }
        };
        Ok(end)
    }

    /// Looks whether the program could be started, and does not.
    ///
    /// # Errors
    /// A sentence with what is missing.
    pub fn check(&self) -> Result<PathBuf, String> {
        program::check(&self.name)
    }

    /// The program's name, fit to be shown.
    #[must_use]
    pub fn name(&self) -> String {
        escape(&self.name, SHOWN)
    }

    /// Starts the program, or says why nothing was begun.
    fn start(&self) -> Result<Run, Unready> {
        let path = program::find(&self.name).map_err(Unready::Rejected)?;
        let mut command = alone(&path);
        command.args(&self.arguments);
        Run::start(command).map_err(|error| self.not_started(&error))
    }

    /// Why the program could not be started, and what to do.
    fn not_started(&self, error: &io::Error) -> Unready {
        let (name, setting) = (self.name(), self.setting);
        let short_of = [
            Errno::AGAIN,
            Errno::NOMEM,
            Errno::MFILE,
            Errno::NFILE,
            Errno::TXTBSY,
        ];
        let errno = error.raw_os_error().map(Errno::from_raw_os_error);
        if errno.is_some_and(|errno| short_of.contains(&errno)) {
            return Unready::TryLater(format!("{name} could not be started just now: {error}"));
        }
        Unready::Rejected(match error.kind() {
            ErrorKind::NotFound => format!(
                "{name} could not be started: it, or the interpreter its first line names, is not \
                 there; correct {setting} in the configuration"
            ),
            ErrorKind::PermissionDenied => {
                format!("{name} could not be started: make it executable for this user")
            }
            _ => format!("{name} could not be started: {error}; correct {setting}"),
        })
    }
}

/// The first line of `errors` with something on it, fit to be shown. `clean` takes out what must
/// not be shown on, before the lines are told apart: a code may be broken over lines.
pub fn first_line(errors: &[u8], clean: impl FnOnce(&str) -> String) -> Option<String> {
    let text = Zeroizing::new(String::from_utf8_lossy(errors).into_owned());
    let clean = clean(&text);
    let line = clean.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(escape(line, REASON_SHOWN))
}

/// A program in a process group of its own, in `/`, with the few variables that are kept; it is
/// killed when nobody holds it any more.
pub(super) fn alone(path: &Path) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(path);
    command
        .env_clear()
        .envs(
            KEPT_VARIABLES
                .iter()
                .filter_map(|name| Some((name, std::env::var_os(name)?))),
        )
        .current_dir("/")
        .process_group(0)
        .kill_on_drop(true);
    command
}

/// One run of a program. Dropped before the program's end, it takes the whole group with it.
pub(super) struct Run {
    /// Goes out of scope first: the group is killed while its number is still the child's.
    group: Group,
    child: Child,
}

impl Run {
    /// Starts `command` in a process group of its own.
    pub(super) fn start(mut command: tokio::process::Command) -> io::Result<Self> {
        command
            .process_group(0)
            .kill_on_drop(true)
            .stdin(Stdio::piped())
            // Nothing reads it: what is not kept cannot fill a pipe, nor the memory.
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let child = command.spawn()?;
        let group = Group::of(&child);
        Ok(Self { group, child })
    }

    /// Feeds the program, listens to it and waits for its end, which is returned with what it said
    /// on standard error; `None` at the time limit.
    pub(super) async fn converse(
        &mut self,
        input: &[u8],
        limit: Duration,
    ) -> Option<(io::Result<ExitStatus>, Zeroizing<Vec<u8>>)> {
        // It never grows: what is moved in memory leaves a copy behind.
        let mut errors = Zeroizing::new(Vec::with_capacity(STDERR_KEPT));
        let status = self.end(input, &mut errors, limit).await?;
        Some((status, errors))
    }

    async fn end(
        &mut self,
        input: &[u8],
        errors: &mut Vec<u8>,
        limit: Duration,
    ) -> Option<io::Result<ExitStatus>> {
        let (stdin, stderr) = (self.child.stdin.take(), self.child.stderr.take());
        let talk = async { tokio::join!(feed(stdin, input), listen(stderr, errors)) };
        tokio::pin!(talk);
        let (status, may_hear_more) = timeout(limit, async {
            tokio::select! {
                status = self.child.wait() => (status, true),
                _ = &mut talk => (self.child.wait().await, false),
            }
        })
        .await
        .ok()?;
        if status.is_ok() {
            self.group.release();
        }
        let has_reason = status.as_ref().is_ok_and(|status| !status.success());
        if may_hear_more && has_reason {
            let _ = timeout(LAST_WORDS, &mut talk).await;
        }
        Some(status)
    }

    /// Kills the program and everything it started.
    async fn stop(&mut self) {
        self.group.kill();
        if let Ok(Ok(_)) = timeout(REAP, self.child.wait()).await {
            self.group.release();
        }
    }
}

/// Writes the input and closes the pipe. A program need not read it: what it did is told by its
/// exit status, so a closed pipe is no error.
async fn feed(stdin: Option<ChildStdin>, input: &[u8]) {
    if let Some(mut stdin) = stdin {
        let _ = stdin.write_all(input).await;
    }
}

/// Reads standard error to its end, keeping the beginning, so that the program never blocks.
async fn listen(stderr: Option<ChildStderr>, kept: &mut Vec<u8>) {
    let Some(mut stderr) = stderr else { return };
    let mut piece = Zeroizing::new([0; 4096]);
    while let Ok(length @ 1..) = stderr.read(&mut piece[..]).await {
        let room = STDERR_KEPT - kept.len();
        kept.extend_from_slice(&piece[..length.min(room)]);
    }
}

/// The child's process group; killed when this goes out of scope, unless the child was reaped.
pub(super) struct Group(Option<Pid>);

impl Group {
    pub(super) fn of(child: &Child) -> Self {
        let pid = child.id().and_then(|id| i32::try_from(id).ok());
        Self(pid.and_then(Pid::from_raw))
    }

    /// The child was reaped: its number may soon be somebody else's.
    fn release(&mut self) {
        self.0 = None;
    }

    fn kill(&self) {
        if let Some(pid) = self.0 {
            // It fails only where nobody is left to be killed.
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}
