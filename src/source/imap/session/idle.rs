//! Waiting for the server to say that something came: IDLE, and NOTIFY for other folders.
//!
//! What it says is a hint. Silence proves nothing, and who waits here has to look all the same.

use std::pin::pin;

use tokio::time::{Instant, sleep_until};
use zeroize::Zeroizing;

use super::answer::{Done, End, ImapError, Step, closed, lost, nothing_more, quoted, step};
use super::{SILENCE, Session};

/// Why waiting in IDLE ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// Something came into the selected folder.
    Mail,
    /// Something came into another folder that the server was asked to tell of.
    Elsewhere,
    /// The time was up.
    Quiet,
    /// The server does not want to IDLE.
    Refused,
}

impl Session {
    /// Asks the server to tell of new messages in `others` while another folder is selected
    /// (RFC 5465). `false` if it does not want to.
    ///
    /// # Errors
    /// If the connection fails.
    pub async fn notify(mut self, others: &[&str]) -> Result<(Self, bool), ImapError> {
        let names: Vec<_> = others
            .iter()
            .map(|name| quoted(name))
            .collect::<Result<_, _>>()?;
        let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
        let events = "(MessageNew MessageExpunge)";
        let line = format!(
            "NOTIFY SET (SELECTED-DELAYED {events}) (MAILBOXES ({}) {events})",
            names.join(" ")
        );
        let done = self.command(&line, SILENCE, |_| {}).await?;
        Ok((self, done.end == End::Ok))
    }

    /// Waits in IDLE (RFC 2177) until something comes, `until` is there or `interrupted` is ready.
    /// Whatever ends it, IDLE is over when this returns, and its end was answered with OK.
    ///
    /// # Errors
    /// If the connection fails; a server that closes it during IDLE is an error, too.
    pub async fn idle(
        mut self,
        until: Instant,
        interrupted: impl Future<Output = ()>,
    ) -> Result<(Self, Wake), ImapError> {
        let news = self.news();
        if news != Wake::Quiet {
            return Ok((self, news));
        }
        let tag = self.send("IDLE").await?;
        let end = Instant::now() + self.prompt;
        loop {
            let within = end.saturating_duration_since(Instant::now());
            match self.receive(within, |answer| step(answer, &tag)).await? {
                Step::Asked(_) => break,
                Step::Ended(Done { end: End::Ok, .. }) => return Ok((self, Wake::Quiet)),
                Step::Ended(_) => return Ok((self, Wake::Refused)),
                Step::Other => {}
            }
        }
        let mut interrupted = pin!(interrupted);
        // Outlook announces EXISTS before the continuation (Webklex/php-imap#258): look, then wait.
        while self.news() == Wake::Quiet {
            let answer = tokio::select! {
                // In this order: what has come counts before the time that is up.
                biased;
                answer = self.client.read_response() => answer,
                () = &mut interrupted => break,
                () = sleep_until(until) => break,
            };
            let answer = answer.map_err(|error| lost(&error))?.ok_or_else(closed)?;
            self.note(answer.parsed())?;
            if let Step::Ended(_) = step(answer.parsed(), &tag) {
                return Ok((self, Wake::Quiet));
            }
            // A server that never stops talking must not put the sweep off.
            if Instant::now() >= until {
                break;
            }
        }
        self.write(Zeroizing::new("DONE\r\n".to_owned())).await?;
        self.finish(&tag, self.prompt, |_| {}, nothing_more)
            .await?
            .only_ok("IDLE")?;
        let news = self.news();
        Ok((self, news))
    }

    /// What the server told of other folders up to now is looked at.
    pub fn heed(&mut self) {
        self.stirred = false;
    }

    /// What was announced and not yet looked at.
    fn news(&self) -> Wake {
        if self.announced != self.looked {
            Wake::Mail
        } else if self.stirred {
            Wake::Elsewhere
        } else {
            Wake::Quiet
        }
    }
}
