//! Starts the WebDriver program and ends it, and the browser with it.
//!
//! It does not know what the driver is asked to do.
//!
//! SECURITY: starts the one program that the caller names, without a shell, in a process group of
//! its own, with the few environment variables of every program here. The driver listens on
//! loopback, where every program of this machine may talk to it while it runs; it checks the Host
//! field itself, so that no web page can. Hostile: nothing.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{self, AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStdout};
use tokio::time::timeout;

use super::super::process::{Group, alone};
use super::super::program;
use super::BrowserError;
use crate::mail::escape;

/// A driver starts within a second; a loaded small machine takes some more.
const START: Duration = Duration::from_secs(20);

/// All that a driver says before it names its port fits in here, in bytes.
const FIRST_WORDS: u64 = 16 * 1024;

/// A driver chooses its port first and takes it then: it ends where somebody was faster (one start
/// of some hundred, with four browsers starting at a time).
const TRIES: u8 = 3;

/// How many characters of a program's name are shown.
const NAME_SHOWN: usize = 120;

/// The drivers that are looked for, in this order.
const KNOWN: [&str; 2] = ["chromedriver", "geckodriver"];

/// Whose browser a driver is for: each is told in words of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Make {
    /// Chromium and what is built of it, by chromedriver.
    Chromium,
    /// Firefox, by geckodriver.
    Firefox,
}

/// A running driver. When it goes out of scope, it is killed with the browser it started.
pub struct Driver {
    /// Goes out of scope first: the group is killed while its number is still the child's. The
    /// browser stays in its driver's group (seen with chromedriver 156 and geckodriver 0.37).
    _group: Group,
    _child: Child,
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

impl Make {
    /// The make that `driver` is for, by its file's name.
    #[must_use]
    pub fn of(driver: &Path) -> Self {
        let name = driver.file_name().unwrap_or_default();
        if name.as_encoded_bytes().ends_with(b"geckodriver") {
            Self::Firefox
        } else {
            Self::Chromium
        }
    }

    /// What the driver is started with; what it logs at a finer level holds what is typed.
    fn arguments(self, running: Option<SocketAddr>) -> Vec<String> {
        match self {
            // Chromium's address is named with the session.
            Self::Chromium => ["--port=0", "--log-level=SEVERE"].map(str::to_owned).into(),
            Self::Firefox => {
                let mut arguments = vec!["--port=0".to_owned(), "--log=info".to_owned()];
                if let Some(address) = running {
                    arguments.push("--connect-existing".to_owned());
                    arguments.push(format!("--marionette-host={}", address.ip()));
                    arguments.push(format!("--marionette-port={}", address.port()));
                }
                arguments
            }
        }
    }

    /// What the driver says before the number of the port it chose.
    fn port_follows(self) -> &'static str {
        match self {
            // Since version 77.
            Self::Chromium => "started successfully on port ",
            Self::Firefox => "Listening on 127.0.0.1:",
        }
    }
}

impl Driver {
    /// Starts the driver at `path` on a free port and waits until it listens; with `running`, it
    /// is to drive the browser that can be driven at that address.
    ///
    /// # Errors
    /// The program cannot be started, or does not say in time where it listens.
    pub async fn start(path: &Path, running: Option<SocketAddr>) -> Result<Self, BrowserError> {
        for _ in 0..TRIES {
            if let Some(driver) = Self::start_once(path, running).await? {
                return Ok(driver);
            }
        }
        Err(BrowserError::NeedsUser(format!(
            "{} ended without saying where it listens: is it a chromedriver or a geckodriver?",
            escape(&path.to_string_lossy(), NAME_SHOWN)
        )))
    }

    /// As [`Self::start`]; `None` if the program ended at once.
    async fn start_once(
        path: &Path,
        running: Option<SocketAddr>,
    ) -> Result<Option<Self>, BrowserError> {
        let (make, name) = (Make::of(path), escape(&path.to_string_lossy(), NAME_SHOWN));
        let mut command = alone(path);
        command
            .args(make.arguments(running))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| {
            BrowserError::NeedsUser(format!(
                "{name} could not be started: {error}; install the driver of your browser \
                 (Debian's chromium-driver), or name where it is"
            ))
        })?;
        let group = Group::of(&child);
        let silent = || {
            let seconds = START.as_secs();
            BrowserError::NeedsUser(format!(
                "{name} did not say within {seconds} s where it listens: is it a chromedriver or \
                 a geckodriver?"
            ))
        };
        let mut stdout = BufReader::new(child.stdout.take().ok_or_else(silent)?);
        let Some(port) = timeout(START, port(&mut stdout, make))
            .await
            .map_err(|_| silent())?
        else {
            return Ok(None);
        };
        // A driver that nobody listens to stands still once the pipe is full: Firefox's says much.
        // The task ends with the driver.
        tokio::spawn(async move { io::copy(&mut stdout, &mut io::sink()).await });
        Ok(Some(Self {
            _group: group,
            _child: child,
            port,
        }))
    }

    /// Where it listens on loopback.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

/// Reads on until the driver names its port; `None` when it ends or talks of something else.
async fn port(stdout: &mut BufReader<ChildStdout>, make: Make) -> Option<u16> {
    let mut lines = stdout.take(FIRST_WORDS).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some((_, number)) = line.split_once(make.port_follows()) {
            return number.trim_end_matches('.').parse().ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Make;

    #[test]
    fn a_driver_tells_its_browser() {
        let check = |driver: &str, make| assert_eq!(Make::of(Path::new(driver)), make, "{driver}");
        check("/usr/bin/chromedriver", Make::Chromium);
        check("/opt/geckodriver", Make::Firefox);
        check("/snap/bin/firefox.geckodriver", Make::Firefox);
        check("/opt/geckodriver/msedgedriver", Make::Chromium);
    }
}
