//! Alerts as lines on standard output, for a terminal, a journal or a program that reads them.
//!
//! It does not know who reads. One alert is one line, written at once.
//!
//! SECURITY: writes to one open file and nowhere else; every word was made fit for a terminal
//! before it comes here. A reader that is gone or stalls is hostile enough: neither may stop the
//! program.

use std::fs::File;
use std::io::{IsTerminal as _, Write};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::case::effect::{Alert, Attempt};
use crate::outlet::Format;

use super::words::Words;

/// A reader that has not made room for one line by then has stalled.
const PATIENCE: Duration = Duration::from_secs(20);

/// Takes away what a terminal shows in its last line (ECMA-48, 8.3.41).
const CLEARED: &[u8] = b"\r\x1b[K";

/// Standard output, shared by all alerts.
#[derive(Debug, Clone)]
pub struct Stdout {
    format: Format,
    /// `None`: the process's own standard output. Held by whoever writes, also by a write that
    /// hangs, so that at most one thread ever waits for a reader that stalls.
    file: Arc<Mutex<Option<File>>>,
}

impl Stdout {
    /// Lines of `format` for `file`, or for standard output where there is none.
    #[must_use]
    pub fn new(format: Format, file: Option<File>) -> Self {
        Self {
            format,
            file: Arc::new(Mutex::new(file)),
        }
    }

    /// Writes the alert's line. A closed or stalled reader may come back: try later.
    pub async fn tell(&self, alert: &Alert, words: &Words) -> Attempt {
        let mut line = match self.format {
            Format::Human => words.line(alert),
            Format::Json => match words.json(alert) {
                Ok(json) => json,
                Err(error) => return Attempt::Rejected(format!("writing JSON: {error}")),
            },
        };
        line.push('\n');
        let file = Arc::clone(&self.file);
        let written = timeout(PATIENCE, async move {
            let mut file = file.lock_owned().await;
            // A full pipe blocks the one who writes: not the thread that holds every connection.
            tokio::task::spawn_blocking(move || write(&mut file, line.as_bytes())).await
        });
        match written.await {
            Ok(Ok(Ok(()))) => Attempt::Accepted,
            Ok(Ok(Err(error))) => Attempt::later(format!("standard output: {error}")),
            Ok(Err(error)) => Attempt::later(format!("standard output: {error}")),
            Err(_) => Attempt::later("nobody reads standard output".to_owned()),
        }
    }
}

/// Writes past the library's buffer, so that a line is written whole or its error seen.
fn write(file: &mut Option<File>, line: &[u8]) -> std::io::Result<()> {
    let file = match file {
        Some(file) => file,
        None => file.insert(File::from(std::io::stdout().as_fd().try_clone_to_owned()?)),
    };
    // How far the catching up has come may stand in the line, where both are one terminal's.
    if file.is_terminal() && std::io::stderr().is_terminal() {
        return file.write_all(&[CLEARED, line].concat());
    }
    file.write_all(line)
}
