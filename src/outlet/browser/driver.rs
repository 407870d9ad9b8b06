//! Starts the WebDriver program and ends it, and the browser with it.
//!
//! It does not know what the driver is asked to do.
//!
//! SECURITY: starts the one program that the caller names, without a shell, in a process group of
//! its own, with the few environment variables of every program here. The driver listens on
//! loopback, where every program of this machine may talk to it while it runs; it checks the Host
//! field itself, so that no web page can. Hostile: nothing.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStdout};
use tokio::time::timeout;

use super::super::process::{Group, alone};
use super::super::program;
use super::BrowserError;
use crate::mail::escape;

/// A driver starts within a second; a loaded small machine takes some more.
const START: Duration = Duration::from_secs(20);

/// What chromedriver says before the number of the port it chose (since version 77).
const PORT_FOLLOWS: &str = "started successfully on port ";

/// All that a driver says before that line fits in here, in bytes.
const FIRST_WORDS: u64 = 16 * 1024;

/// How many characters of a program's name are shown.
const NAME_SHOWN: usize = 120;

/// The drivers that are looked for, in this order.
const KNOWN: [&str; 2] = ["chromedriver", "geckodriver"];

/// A running driver. When it goes out of scope, it is killed with the browser it started.
pub struct Driver {
    /// Goes out of scope first: the group is killed while its number is still the child's. The
    /// browser stays in its driver's group (seen with chromedriver 156).
    _group: Group,
    _child: Child,
    /// Kept open: a driver that writes to a closed pipe is ended by it.
    _stdout: BufReader<ChildStdout>,
    port: u16,
}

/// Where the driver is that `named` names; without a name, the first that is found in `PATH`.
///
/// # Errors
/// A sentence with what to do: there is none, or it must not be used.
pub fn find(named: Option<&str>) -> Result<PathBuf, String> {
    if let Some(named) = named {
        return program::find(named);
    }
    let mut found = KNOWN.iter().filter_map(|known| program::find(known).ok());
    found.next().ok_or_else(|| {
        format!(
            "nothing to drive a browser with was found in PATH, neither {}: install one \
             (Debian's chromium-driver), or name it as browser.driver",
            KNOWN.join(" nor ")
        )
    })
}

impl Driver {
    /// Starts the driver `named`, a chromedriver, on a free port and waits until it listens.
    ///
    /// # Errors
    /// The program is not there, must not be used, or does not say in time where it listens.
    pub async fn start(named: Option<&str>) -> Result<Self, BrowserError> {
        let path = find(named).map_err(BrowserError::NeedsUser)?;
        let name = escape(&path.to_string_lossy(), NAME_SHOWN);
        let mut command = alone(&path);
        command
            // What it logs at a finer level holds what is typed.
            .args(["--port=0", "--log-level=SEVERE"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| {
            BrowserError::NeedsUser(format!(
                "{name} could not be started: {error}; install Debian's chromium-driver, or name \
                 the driver of your browser"
            ))
        })?;
        let group = Group::of(&child);
        let silent = || {
            let seconds = START.as_secs();
            BrowserError::NeedsUser(format!(
                "{name} did not say within {seconds} s where it listens: is it a chromedriver?"
            ))
        };
        let mut stdout = BufReader::new(child.stdout.take().ok_or_else(silent)?);
        let port = timeout(START, port(&mut stdout)).await.ok().flatten();
        Ok(Self {
            _group: group,
            _child: child,
            _stdout: stdout,
            port: port.ok_or_else(silent)?,
        })
    }

    /// Where it listens on loopback.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

/// Reads on until the driver names its port; `None` when it ends or talks of something else.
async fn port(stdout: &mut BufReader<ChildStdout>) -> Option<u16> {
    let mut lines = stdout.take(FIRST_WORDS).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some((_, number)) = line.split_once(PORT_FOLLOWS) {
            return number.trim_end_matches('.').parse().ok();
        }
    }
    None
}
