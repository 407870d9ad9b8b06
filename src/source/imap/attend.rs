//! One connection, from the address to its end: signs in, opens the folders, waits and looks.
//!
//! It watches one folder, or several where the server tells of those that are not selected
//! (RFC 5465) or allows too few connections. IDLE is a hint; the sweep, a round trip of its own on
//! every turn, is the proof.

use std::convert::Infallible;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use crate::source::Feed;
use crate::source::patience::patiently;

use super::connect::connect;
use super::folder::resolve;
use super::line::Line;
use super::login::sign_in;
use super::session::{Capabilities, ImapError, Session, Wake};
use super::watcher::{Account, Ended};

/// Without IDLE the folder is looked at this often: a code lives minutes.
const POLL: Duration = Duration::from_secs(15);

/// After a connection or a message the next look comes this soon, and each further one twice as
/// late: where one mail of Meta's came the next is near, and a server may have answered from a
/// view that lacked what came in the same moment.
const FIRST_LOOK: Duration = Duration::from_secs(1);

/// A folder is opened anew this often: a server may have made it anew, or show an old view of it.
const REOPEN: Duration = Duration::from_mins(10);

/// So many finds in a row that IDLE should have announced, and it is not waited for any more on
/// this connection. One may come in the very moment between two waits.
const MUTE: u32 = 2;

/// A connection at work.
struct Watch<'a> {
    account: &'a mut Account,
    /// Connections in a row before this one on which the server never answered in time.
    slow: u32,
    lines: Vec<Line>,
    /// Folders that the server does not have.
    absent: Vec<Feed>,
    idle: bool,
    /// Finds in a row that IDLE should have announced.
    unannounced: u32,
    pause: Duration,
    reopened: Instant,
    /// When the folders that are not selected were last looked at.
    visited: Instant,
}

/// Watches the feeds' folders until there is trouble. If one connection is not enough for all, it
/// says so by `alone` and watches the first. `turns` counts how often the server answered in time,
/// `slow` the connections before on which it never did.
pub(super) async fn attend(
    account: &mut Account,
    slow: u32,
    mut feeds: Vec<Feed>,
    alone: oneshot::Sender<()>,
    turns: &mut u32,
) -> Result<Infallible, Ended> {
    // The way there needs much more memory than the waiting behind it.
    let (session, capabilities) = Box::pin(arrive(account, &feeds)).await?;
    if shares(account, capabilities, feeds.len()) {
        drop(alone);
    } else {
        feeds.truncate(1);
        // The watcher is gone only when this task is ended, too.
        alone.send(()).ok();
    }
    let mut watch = Watch {
        account,
        slow,
        lines: Vec::new(),
        absent: feeds,
        idle: capabilities.idle,
        unannounced: 0,
        pause: FIRST_LOOK,
        reopened: Instant::now(),
        visited: Instant::now(),
    };
    let mut session = Box::pin(watch.open(session, capabilities)).await?;
    loop {
        session = watch.turn(session).await?;
        *turns += 1;
    }
}

/// Connects and signs in when it is this connection's turn.
async fn arrive(account: &Account, feeds: &[Feed]) -> Result<(Session, Capabilities), Ended> {
    let origin = account.origin();
    if let Some(refusal) = account.gate.refusal(&origin) {
        return Err(Ended::Refused(refusal));
    }
    let host = &account.imap.host;
    let others = format!("{host}: connections of other mailboxes are on their way, one by one");
    // Held until the way ends, here or by an error.
    let _turn = patiently(account.gate.turn(host), feeds, &others).await;
    let (session, before) = connect(&account.imap, &account.trust).await?;
    match sign_in(session, before, &account.imap, &account.credentials).await {
        Ok(signed_in) => {
            account.gate.took(&origin);
            Ok(signed_in)
        }
        Err(error @ (ImapError::Refused(_) | ImapError::Revoked(_))) => {
            Err(Ended::Refused(account.gate.refused(&origin, error)))
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether one connection is for all folders.
fn shares(account: &Account, capabilities: Capabilities, folders: usize) -> bool {
    let few = account
        .imap
        .provider
        .and_then(|provider| provider.connections);
    capabilities.notify || few.is_some_and(|few| usize::from(few) <= folders)
}

impl Watch<'_> {
    /// Opens every folder that there is, and looks through what came while nobody watched.
    async fn open(
        &mut self,
        session: Session,
        capabilities: Capabilities,
    ) -> Result<Session, Ended> {
        let mut session = self.find(session).await?;
        if self.lines.is_empty() {
            return Err(Ended::Absent);
        }
        if let [first, others @ ..] = &mut *self.lines
            && !others.is_empty()
        {
            if capabilities.notify {
                let names: Vec<&str> = others.iter().map(|line| line.name.as_str()).collect();
                let is_agreed;
                (session, is_agreed) = session.notify(&names).await?;
                if !is_agreed {
                    warn!(
                        mailbox = %self.account.mailbox,
                        "the server offers NOTIFY and refuses it: looking by the clock"
                    );
                }
            }
            session = first.reopen(session, self.account).await?;
        }
        for line in &self.lines {
            info!(
                mailbox = %self.account.mailbox, folder = %line.feed().folder().folder,
                idle = capabilities.idle, notify = capabilities.notify, "watching"
            );
        }
        Ok(session)
    }

    /// Opens the folders that were not there before.
    async fn find(&mut self, mut session: Session) -> Result<Session, Ended> {
        for feed in std::mem::take(&mut self.absent) {
            let name;
            (session, name) = resolve(session, &feed.folder().folder).await?;
            if let Some(name) = name {
                let line;
                (session, line) = Line::open(session, name, feed, self.account).await?;
                self.lines.push(line);
            } else {
                feed.absent().await;
                self.absent.push(feed);
            }
        }
        Ok(session)
    }

    /// Waits once, and looks.
    async fn turn(&mut self, mut session: Session) -> Result<Session, Ended> {
        let beat = self.account.pace.beat(Timestamp::now(), self.slow);
        session.expect_answers_within(beat.answer);
        let longest = self.longest_wait(beat.sweep);
        let wait = self.pause.min(longest);
        let wake;
        (session, wake) = self.wait(session, wait).await?;
        self.pause = match wake {
            Wake::Mail => FIRST_LOOK,
            Wake::Quiet | Wake::Elsewhere | Wake::Refused => (self.pause * 2).min(longest),
        };
        // IDLE's end was a round trip, but only NOOP makes a server look again.
        if wake != Wake::Mail {
            session = session.noop().await?;
        }
        let was_silent = self.idle && wake == Wake::Quiet && wait == longest && !beat.is_armed;
        let is_new;
        (session, is_new) = self.look(session, was_silent).await?;
        self.judge_idle(wake, was_silent && is_new);
        let is_due = self.visited.elapsed() + FIRST_LOOK >= beat.sweep;
        if wake == Wake::Elsewhere || is_due || self.lines.iter().any(Line::waits) {
            session = self.visit_others(session).await?;
        }
        Ok(session)
    }

    /// The next look comes after this time at the latest.
    fn longest_wait(&self, sweep: Duration) -> Duration {
        let provider = self.account.imap.provider;
        let renew = provider.and_then(|provider| provider.renew_idle);
        let longest = match (self.idle, renew) {
            (true, Some(renew)) => sweep.min(Duration::from_secs(u64::from(renew))),
            (true, None) => sweep,
            (false, _) => sweep.min(POLL),
        };
        // A message that is announced and not there yet is asked for again soon.
        if self.lines.iter().any(Line::waits) {
            longest.min(POLL)
        } else {
            longest
        }
    }

    async fn wait(
        &mut self,
        session: Session,
        wait: Duration,
    ) -> Result<(Session, Wake), ImapError> {
        if self.idle {
            let until = Instant::now() + wait;
            let (session, wake) = session.idle(until, self.account.pace.changed()).await?;
            if wake == Wake::Refused {
                info!(mailbox = %self.account.mailbox, "IDLE is refused: looking by the clock");
                self.idle = false;
            }
            Ok((session, wake))
        } else {
            tokio::select! {
                () = sleep(wait) => {}
                () = self.account.pace.changed() => {}
            }
            Ok((session, Wake::Quiet))
        }
    }

    /// Looks at the selected folder.
    async fn look(&mut self, session: Session, was_silent: bool) -> Result<(Session, bool), Ended> {
        let Some(first) = self.lines.first_mut() else {
            return Err(Ended::Absent);
        };
        first.sweep(session, was_silent).await
    }

    /// Looks at the folders that are not selected, and at those that were not there.
    async fn visit_others(&mut self, mut session: Session) -> Result<Session, Ended> {
        let is_old = self.reopened.elapsed() >= REOPEN;
        session.heed();
        self.visited = Instant::now();
        if is_old {
            self.reopened = Instant::now();
        }
        // One that was there before may only have been left out of one list.
        let is_missed = self.absent.iter().any(|feed| feed.heard_at().is_some());
        if is_old || is_missed {
            session = self.find(session).await?;
        } else {
            for feed in &self.absent {
                feed.absent().await;
            }
        }
        let [first, others @ ..] = &mut *self.lines else {
            return Ok(session);
        };
        for line in others.iter_mut() {
            session = line.reopen(session, self.account).await?;
        }
        if is_old || !others.is_empty() {
            session = first.reopen(session, self.account).await?;
        }
        Ok(session)
    }

    /// A server that takes IDLE and says nothing is worse than one that refuses it.
    fn judge_idle(&mut self, wake: Wake, missed: bool) {
        if wake == Wake::Mail {
            self.unannounced = 0;
        }
        if !missed {
            return;
        }
        self.unannounced += 1;
        if self.unannounced >= MUTE {
            warn!(
                mailbox = %self.account.mailbox,
                "IDLE is mute: the server does not announce what comes; looking by the clock"
            );
            self.idle = false;
        }
    }
}
