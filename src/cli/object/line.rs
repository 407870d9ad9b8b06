//! What `object` has with the daemon: it says that a code is expected, waits for it, and has put on
//! record what became of the form.
//!
//! The daemon hands the code over once, and is told what became of it. SECURITY: a code is in no
//! error and no log line; the line it comes in is wiped.

use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use super::super::arm;
use super::super::code::{ask, no_code};
use super::super::exit::{Exit, Stopped};
use crate::case::FormStep;
use crate::case::effect::Attempt;
use crate::config::Mailbox;
use crate::daemon::{Reply, Request, socket};
use crate::mail::{Code, Digest, Product};
use crate::outlet::script::Answer;
use crate::record;

/// The daemon answers after one commit; a disk may be slow.
const PATIENCE: Duration = Duration::from_secs(30);

/// A letter with a code is shorter.
const LETTER: usize = 8 * 1024;

/// The way to the daemon, for one objection.
pub(super) struct Line {
    pub(super) state_dir: PathBuf,
    pub(super) mailbox: Mailbox,
    pub(super) account: Product,
}

/// A code that is waited for.
pub(super) struct Waiting {
    connection: BufReader<UnixStream>,
    line: Zeroizing<Vec<u8>>,
}

/// What of the letter is needed.
#[derive(Deserialize)]
struct Letter {
    code: String,
}

impl Line {
    /// Says that a code is expected for so long, and waits until every folder is proved to be
    /// heard.
    pub(super) async fn expect_code(&self, duration: SignedDuration) -> Result<(), Stopped> {
        let (folder, mailbox) = (self.state_dir.clone(), self.mailbox.clone());
        let account = Some(self.account);
        let armed = spawn_blocking(move || {
            let until = arm::until(duration);
            let since = arm::expect_code(&folder, &[&mailbox], account, until)?;
            arm::prove(&folder, &[&mailbox], since)
        });
        armed.await.map_err(|error| broken(&error))?
    }

    /// Puts on record what became of the form, with the picture of the page.
    pub(super) async fn record(
        &self,
        became: FormStep,
        picture: Option<Vec<u8>>,
    ) -> Result<Option<Digest>, Stopped> {
        let state_dir = self.state_dir.clone();
        let (mailbox, account) = (self.mailbox.name.0.clone(), self.account);
        let recorded = spawn_blocking(move || {
            let kept = picture.map(|png| record::keep_screenshot(&state_dir, &png));
            let screenshot = kept
                .transpose()
                .map_err(|error| Stopped::new(Exit::TryAgain, error))?;
            let request = Request::Form {
                mailbox,
                account,
                became,
                screenshot,
            };
            match serde_json::from_str(&ask(&state_dir, &request, PATIENCE)?) {
                Ok(Reply::Noted { .. }) => Ok(screenshot),
                Ok(Reply::Refused { why }) => Err(Stopped::new(Exit::Unavailable, why)),
                _ => Err(Stopped::new(Exit::Unavailable, "the daemon did not answer")),
            }
        });
        recorded.await.map_err(|error| broken(&error))?
    }

    /// Begins to wait for a code.
    pub(super) async fn wait_for_code(&self, wait: Duration) -> Result<Waiting, Stopped> {
        let request = Request::Code {
            mailbox: Some(self.mailbox.name.0.clone()),
            // Not every code says which product it is for, and this one was just asked for.
            account: None,
            wait_seconds: u32::try_from(wait.as_secs().max(1)).unwrap_or(u32::MAX),
        };
        let mut line = serde_json::to_vec(&request).map_err(|e| Stopped::new(Exit::Failed, e))?;
        line.push(b'\n');
        let mut stream = UnixStream::connect(socket(&self.state_dir))
            .await
            .map_err(|error| gone(&error))?;
        stream
            .write_all(&line)
            .await
            .map_err(|error| gone(&error))?;
        Ok(Waiting {
            connection: BufReader::new(stream),
            line: Zeroizing::new(Vec::with_capacity(LETTER)),
        })
    }
}

impl Waiting {
    /// The code, or why there is none. It may be asked again after it was given up.
    pub(super) async fn code(&mut self) -> Result<Code, Stopped> {
        let read = self.connection.read_until(b'\n', &mut self.line);
        read.await.map_err(|error| gone(&error))?;
        match serde_json::from_slice(&self.line) {
            Ok(Letter { code }) => Ok(Code::new(code)),
            Err(_) => Err(no_code(&String::from_utf8_lossy(&self.line))),
        }
    }

    /// Says what became of the code.
    pub(super) async fn answer(mut self, attempt: Attempt) {
        if let Ok(mut line) = serde_json::to_vec(&Answer::from(attempt)) {
            line.push(b'\n');
            // A daemon that is gone finds the hand-over begun when it starts, and tells the person.
            drop(self.connection.get_mut().write_all(&line).await);
        }
    }
}

fn gone(error: &std::io::Error) -> Stopped {
    let why = format!("the daemon does not answer: {error}");
    Stopped::new(Exit::NotListening, why)
}

fn broken(error: &tokio::task::JoinError) -> Stopped {
    Stopped::new(Exit::Failed, error)
}
