//! Hands a code to the submission command: one JSON object on its standard input, then EOF.
//!
//! It does not know what the command does with the code, and it never tries twice: what a try
//! meant is `case`'s to say. A command that leaves programs behind (a browser for the person)
//! leaves them running when it ends by itself; at the time limit its whole process group goes.
//!
//! SECURITY: starts the one program that the configuration names, without a shell, in its own
//! process group, in `/`, with the few environment variables of [`KEPT_VARIABLES`]. The code
//! leaves through standard input alone. Hostile: what the program writes, how much of it, and
//! how long it takes.

use std::io::{self, ErrorKind};
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStderr, ChildStdin};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::redact::{REASON_SHOWN, SHOWN, blot};
use super::{letter, program};
use crate::case::effect::{Attempt, Submission};
use crate::mail::escape;

/// What the command keeps of the daemon's environment: where programs, the person's files, their
/// language and their screen are. `CREDENTIALS_DIRECTORY`, `STATE_DIRECTORY`, `NOTIFY_SOCKET` and
/// whatever else a service manager hands the daemon are not the command's business.
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

/// How much of the command's standard error is kept; its first line is all that is used.
const STDERR_KEPT: usize = 64 * 1024;

/// How long the pipe of a command that has ended is still read. Everything it wrote is already in
/// there; only a program it left behind can keep the pipe open.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A killed process is gone at once, unless it hangs in the kernel: then tokio reaps it later.
const REAP: Duration = Duration::from_secs(2);

/// `EX_TEMPFAIL` of sysexits(3) and the "later" of qmail-command(8).
const TRY_LATER: [i32; 2] = [75, 111];

/// The submission command.
#[derive(Debug, Clone)]
pub struct Command {
    program: String,
    arguments: Vec<String>,
    limit: Duration,
}

impl Command {
    /// A program with its arguments, and how long a run may take; `None` where there is none.
    #[must_use]
    pub fn new(command: &[String], limit: Duration) -> Option<Self> {
        let (program, arguments) = command.split_first()?;
        Some(Self {
            program: program.clone(),
            arguments: arguments.to_vec(),
            limit,
        })
    }

    /// Runs the command once for `submission`.
    ///
    /// Exit status 0 means done, 75 and 111 mean try again, everything else means refused. A run
    /// that was cut off, by its time limit or by a signal, may have done its work: nobody knows.
    pub async fn hand_over(&self, submission: &Submission) -> Attempt {
        let digits = submission.code.reveal();
        let (letter, left) = match letter::of(submission) {
            Ok(written) => written,
            Err(reason) => return Attempt::Rejected(reason),
        };
        let mut run = match self.start() {
            Ok(run) => run,
            Err(attempt) => return attempt,
        };
        let limit = self.limit.min(left);
        let mut errors = Zeroizing::new(Vec::with_capacity(STDERR_KEPT));
        match run.converse(&letter, &mut errors, limit).await {
            Some(Ok(status)) => self.judge(status, &errors, digits),
            Some(Err(_)) => Attempt::Unknown(format!(
                "nobody knows how {} ended; it may or may not have typed the code",
                self.name()
            )),
            None => {
                run.stop().await;
                Attempt::Unknown(self.cut_off(limit))
            }
        }
    }

    /// Starts the program, or says why nothing was begun.
    fn start(&self) -> Result<Run, Attempt> {
        let path = program::find(&self.program).map_err(Attempt::Rejected)?;
        let mut command = tokio::process::Command::new(&path);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(
                KEPT_VARIABLES
                    .iter()
                    .filter_map(|name| Some((name, std::env::var_os(name)?))),
            )
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            // Nothing reads it: what is not kept cannot fill a pipe, nor the memory.
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let child = command.spawn().map_err(|error| self.not_started(&error))?;
        let group = Group::of(&child);
        Ok(Run { group, child })
    }

    /// Why the program could not be started, and what to do.
    fn not_started(&self, error: &io::Error) -> Attempt {
        let name = self.name();
        let short_of = [
            Errno::AGAIN,
            Errno::NOMEM,
            Errno::MFILE,
            Errno::NFILE,
            Errno::TXTBSY,
        ];
        let errno = error.raw_os_error().map(Errno::from_raw_os_error);
        if errno.is_some_and(|errno| short_of.contains(&errno)) {
            return Attempt::TryLater(format!("{name} could not be started just now: {error}"));
        }
        Attempt::Rejected(match error.kind() {
            ErrorKind::NotFound => format!(
                "{name} could not be started: it, or the interpreter its first line names, is not \
                 there; correct submission.command in the configuration"
            ),
            ErrorKind::PermissionDenied => {
                format!("{name} could not be started: make it executable for this user")
            }
            _ => format!("{name} could not be started: {error}; correct submission.command"),
        })
    }

    /// What the end of the program means.
    fn judge(&self, status: ExitStatus, errors: &[u8], digits: &str) -> Attempt {
        let name = self.name();
        let Some(exit) = status.code() else {
            let signal = status.signal().unwrap_or_default();
            return Attempt::Unknown(format!(
                "{name} was ended by signal {signal}; it may or may not have typed the code"
            ));
        };
        if exit == 0 {
            return Attempt::Accepted;
        }
        let said = first_line(errors, digits);
        if TRY_LATER.contains(&exit) {
            let plain = || format!("{name} asked to be tried again (exit status {exit})");
            return Attempt::TryLater(said.unwrap_or_else(plain));
        }
        Attempt::Rejected(said.unwrap_or_else(|| format!("{name} exited with status {exit}")))
    }

    /// What is known of a run that was stopped after `limit`.
    fn cut_off(&self, limit: Duration) -> String {
        let name = self.name();
        let doubt = "it may or may not have typed the code";
        if limit < self.limit {
            return format!("{name} did not finish before the code expired; {doubt}");
        }
        let seconds = limit.as_secs_f64();
        format!("{name} did not finish within {seconds} s; {doubt}")
    }

    /// The program's name, fit to be shown.
    fn name(&self) -> String {
        escape(&self.program, SHOWN)
    }
}

/// One run of the program.
struct Run {
    /// Goes out of scope first: the group is killed while its number is still the child's.
    group: Group,
    child: Child,
}

impl Run {
    /// Feeds the program, listens to it and waits for its end; `None` at the time limit.
    async fn converse(
        &mut self,
        letter: &[u8],
        errors: &mut Vec<u8>,
        limit: Duration,
    ) -> Option<io::Result<ExitStatus>> {
        let (stdin, stderr) = (self.child.stdin.take(), self.child.stderr.take());
        let talk = async { tokio::join!(feed(stdin, letter), listen(stderr, errors)) };
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

/// Writes the letter and closes the pipe. A command need not read it: what it did is told by its
/// exit status, so a closed pipe is no error.
async fn feed(stdin: Option<ChildStdin>, letter: &[u8]) {
    if let Some(mut stdin) = stdin {
        let _ = stdin.write_all(letter).await;
    }
}

/// Reads standard error to its end, keeping the beginning, so that the command never blocks.
async fn listen(stderr: Option<ChildStderr>, kept: &mut Vec<u8>) {
    let Some(mut stderr) = stderr else { return };
    let mut piece = Zeroizing::new([0; 4096]);
    while let Ok(length @ 1..) = stderr.read(&mut piece[..]).await {
        let room = STDERR_KEPT - kept.len();
        kept.extend_from_slice(&piece[..length.min(room)]);
    }
}

/// The first line with something on it, without the code and fit to be shown.
fn first_line(errors: &[u8], digits: &str) -> Option<String> {
    let text = Zeroizing::new(String::from_utf8_lossy(errors).into_owned());
    // The code may be broken over lines: it goes before the lines are told apart.
    let clean = blot(&text, digits);
    let line = clean.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(escape(line, REASON_SHOWN))
}

/// The child's process group; killed when this goes out of scope, unless the child was reaped.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
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
