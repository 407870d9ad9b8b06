//! The submission step: a program of the person's that gets the code on its standard input.
//!
//! It runs the program once, bounded in time and output, and reads its exit code as qmail and
//! sysexits have it: 0 done, 75 or 111 later, anything else never. It does not know what the
//! program does.
//!
//! SECURITY: the code is in the one JSON object on standard input, never in an argument or the
//! environment, and is blotted out of whatever the program says. The program's output is hostile.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use rustix::process::{Pid, Signal, kill_process_group};
use serde::Serialize;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::case::effect::{Attempt, MessageSummary, Submission};
use crate::config;
use crate::mail::authenticity::Authenticity;
use crate::mail::{Code, plain};

/// What is kept of each of the program's outputs; the rest is read and dropped, so that a program
/// that talks a lot does not stand still.
const OUTPUT_KEPT: usize = 64 * 1024;

/// How long its output is waited for after the program has ended: something it started may hold
/// the pipe open.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// The only variables the program sees. It may show a window or speak to the session's bus;
/// systemd's credentials are none of its business.
const ENVIRONMENT: [&str; 9] = [
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "TZ",
    "XDG_RUNTIME_DIR",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "DBUS_SESSION_BUS_ADDRESS",
];

/// "Try again later": `EX_TEMPFAIL` of sysexits, and qmail's word for the same.
const LATER: [i32; 2] = [75, 111];

/// The configured program.
#[derive(Debug)]
pub(super) struct Step {
    command: Vec<String>,
    limit: Duration,
}

/// What the program reads: the contract's object, in its order.
#[derive(Serialize)]
struct HandOver<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: &'a str,
    mailbox: &'a str,
    account: &'static str,
    code: &'a str,
    received_at: Timestamp,
    expires_at: Timestamp,
    authenticity: &'a Authenticity,
    message: &'a MessageSummary,
}

impl Step {
    pub(super) fn new(settings: &config::Submission) -> Self {
        Self {
            command: settings.command.clone(),
            limit: Duration::try_from(settings.timeout).unwrap_or(Duration::ZERO),
        }
    }

    /// Runs the program with this code, once.
    pub(super) async fn hand_over(&self, submission: &Submission) -> Attempt {
        let left = submission.expires_at.duration_since(Timestamp::now());
        let limit = self
            .limit
            .min(Duration::try_from(left).unwrap_or(Duration::ZERO));
        if limit.is_zero() {
            return Attempt::Rejected("the code expired before it could be handed over".to_owned());
        }
        let object = match object(submission) {
            Ok(object) => object,
            Err(error) => return Attempt::Rejected(format!("the hand-over: {error}")),
        };
        let mut child = match self.start() {
            Ok(child) => child,
            // Nothing was begun, and nothing will be until somebody mends it.
            Err(why) => return Attempt::Rejected(why),
        };
        let group = child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw);
        let ended = timeout(limit, run(&mut child, &object)).await;
        if let Some(group) = group {
            // Whatever the program left running has no business any more; it may be gone already.
            kill_process_group(group, Signal::KILL).ok();
        }
        match ended {
            Err(_) => Attempt::Unknown(format!(
                "the submission step did not end within {} s: it may or may not have used the code",
                limit.as_secs()
            )),
            Ok(Err(error)) => Attempt::Unknown(format!("the submission step was lost: {error}")),
            Ok(Ok((status, words))) => judge(status, &words, &submission.code),
        }
    }

    fn start(&self) -> Result<Child, String> {
        let Some((program, arguments)) = self.command.split_first() else {
            return Err("submission.command is empty".to_owned());
        };
        let refused = |why: &str| format!("{program} {why}; correct submission.command");
        match std::fs::metadata(Path::new(program)) {
            Err(error) => return Err(refused(&format!("cannot be run: {error}"))),
            // Whoever may change it could have every code.
            Ok(found) if found.permissions().mode() & 0o002 != 0 => {
                return Err(refused("may be changed by anybody and is not run"));
            }
            Ok(_) => {}
        }
        let kept = ENVIRONMENT
            .iter()
            .filter_map(|name| Some((name, std::env::var_os(name)?)));
        Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(kept)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| refused(&format!("cannot be run: {error}")))
    }
}

fn object(submission: &Submission) -> serde_json::Result<Zeroizing<Vec<u8>>> {
    let mut object = Zeroizing::new(serde_json::to_vec(&HandOver {
        kind: "code.received",
        id: &submission.id,
        mailbox: &submission.mailbox.0,
        account: submission.account.name(),
        code: submission.code.reveal(),
        received_at: submission.received_at,
        expires_at: submission.expires_at,
        authenticity: &submission.authenticity,
        message: &submission.message,
    })?);
    object.push(b'\n');
    Ok(object)
}

/// Feeds the program, reads what it says, and waits for its end.
async fn run(child: &mut Child, object: &[u8]) -> std::io::Result<(ExitStatus, Vec<u8>)> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let feed = async {
        if let Some(mut stdin) = stdin {
            // A program that ends without reading says how it went by its exit code.
            stdin.write_all(object).await.ok();
        }
    };
    let mut words = Vec::new();
    let mut dropped = Vec::new();
    let talk = async { tokio::join!(keep(stderr, &mut words), keep(stdout, &mut dropped)) };
    let status = {
        tokio::pin!(talk);
        let ended = async { tokio::join!(feed, child.wait()).1 };
        tokio::pin!(ended);
        tokio::select! {
            status = &mut ended => {
                timeout(LAST_WORDS, &mut talk).await.ok();
                status?
            }
            _ = &mut talk => ended.await?,
        }
    };
    Ok((status, words))
}

/// Reads to the end and keeps the beginning.
async fn keep(stream: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>) {
    let Some(mut stream) = stream else { return };
    let mut piece = [0; 4096];
    // An output that cannot be read any more has ended.
    while let Ok(read @ 1..) = stream.read(&mut piece).await {
        let room = OUTPUT_KEPT.saturating_sub(kept.len()).min(read);
        kept.extend_from_slice(piece.get(..room).unwrap_or_default());
    }
}

fn judge(status: ExitStatus, words: &[u8], code: &Code) -> Attempt {
    let reason = || {
        let words = String::from_utf8_lossy(words);
        let first = words.lines().map(str::trim).find(|line| !line.is_empty());
        first.map(|line| plain(&blotted(line, code)))
    };
    match (status.code(), status.signal()) {
        (Some(0), _) => Attempt::Accepted,
        (Some(exit), _) if LATER.contains(&exit) => Attempt::TryLater(
            reason().unwrap_or_else(|| "the submission step asks to try again later".to_owned()),
        ),
        (Some(exit), _) => Attempt::Rejected(
            reason().unwrap_or_else(|| format!("the submission step ended with status {exit}")),
        ),
        (None, signal) => Attempt::Unknown(format!(
            "the submission step was killed by signal {}: it may or may not have used the code",
            signal.unwrap_or_default()
        )),
    }
}

/// `text` with every digit of the code blotted out where its digits stand in order, whatever
/// blanks or dashes stand between them.
fn blotted(text: &str, code: &Code) -> String {
    let code: Vec<char> = code.reveal().chars().collect();
    let mut shown: Vec<char> = text.chars().collect();
    let mut start = 0;
    while start < shown.len() {
        if let Some(places) = places_of(&code, &shown, start) {
            for place in places {
                if let Some(character) = shown.get_mut(place) {
                    *character = '•';
                }
            }
        }
        start += 1;
    }
    shown.into_iter().collect()
}

/// Where the code's characters stand in `text` from `start` on, if they do.
fn places_of(code: &[char], text: &[char], start: usize) -> Option<Vec<usize>> {
    let mut places = Vec::with_capacity(code.len());
    let mut at = start;
    for wanted in code {
        // A few characters between two digits of a code still show it.
        let skipped = text
            .iter()
            .skip(at)
            .take(3)
            .position(|found| found == wanted || found.is_alphanumeric())?;
        at += skipped;
        if text.get(at) != Some(wanted) {
            return None;
        }
        places.push(at);
        at += 1;
    }
    Some(places)
}

#[cfg(test)]
mod tests {
    use super::{Code, blotted};

    #[test]
    fn a_code_is_blotted_out_however_it_is_spaced() {
        let check = |text: &str, shown: &str| {
            let code = Code::new("482913".to_owned());
            assert!(blotted(text, &code) == shown, "not blotted as expected");
        };
        check("code 482913 refused", "code •••••• refused");
        check("48 29 13, 482-913.", "•• •• ••, •••-•••.");
        check("4482913", "4••••••");
        check("48291", "48291");
        check("", "");
    }
}
