//! One folder on a connection: opened, looked through, and how far.
//!
//! It is told when to look. The cursor passes a message only when it was taken in, or judged none
//! of ours by its From; one that the server announces and cannot give holds it back.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use tokio::time::Instant;
use tracing::warn;

use crate::mail::{Arrival, Cursor, FolderName, MessageRef, Uid, envelope, plain};
use crate::source::{Backlog, Feed};

use super::cursor::{Look, advance, look};
use super::session::{Body, FromField, Head, ImapError, Selected, Session, passing};
use super::watcher::{Account, Ended};

/// Heads asked for in one command while catching up.
const HEADS_AT_ONCE: usize = 100;

/// A message that is announced and cannot be fetched is asked for again for so long. Some servers
/// announce first and have the message a moment later (postalsys/emailengine#210); some never do.
const GRACE: Duration = Duration::from_mins(10);

/// How far before the last proof a look by date goes back: INTERNALDATE may be older than the
/// moment at which a message came into the folder.
const SLACK: SignedDuration = SignedDuration::from_hours(48);

/// A folder that is watched on a connection.
#[derive(Debug)]
pub(super) struct Line {
    feed: Feed,
    /// The server's name for it.
    pub(super) name: String,
    selected: Selected,
    /// The first UID that is not dealt with; it holds on this connection even where the server
    /// gives no UIDVALIDITY.
    next: Uid,
    /// The highest UID that was seen.
    highest: Uid,
    /// The first message that the server announces and cannot give, and since when.
    held: Option<(Uid, Instant)>,
}

impl Line {
    /// Opens the folder and looks through what came while nobody watched.
    pub(super) async fn open(
        session: Session,
        name: String,
        feed: Feed,
        account: &Account,
    ) -> Result<(Session, Self), Ended> {
        let (session, selected) = examine(session, &name, &feed.folder().folder).await?;
        let mut line = Self {
            feed,
            name,
            selected,
            next: Uid(1),
            highest: Uid(0),
            held: None,
        };
        let session = line.catch_up(session, account).await?;
        Ok((session, line))
    }

    /// Opens the folder anew, which makes the server look again whatever view it had, and looks.
    pub(super) async fn reopen(
        &mut self,
        session: Session,
        account: &Account,
    ) -> Result<Session, Ended> {
        let folder = &self.feed.folder().folder;
        let (session, selected) = examine(session, &self.name, folder).await?;
        self.selected = selected;
        self.catch_up(session, account).await
    }

    /// The folder's feed.
    pub(super) fn feed(&self) -> &Feed {
        &self.feed
    }

    /// Whether a message is waited for that the server has announced.
    pub(super) fn waits(&self) -> bool {
        self.held.is_some()
    }

    async fn catch_up(&mut self, session: Session, account: &Account) -> Result<Session, Ended> {
        let since = self.since(account.pace.lookback);
        let Selected {
            uid_validity,
            uid_next,
            ..
        } = self.selected;
        let (from, day) = match look(self.feed.cursor(), uid_validity, uid_next, since) {
            Look::At(from) => {
                self.next = from;
                return Ok(self.sweep(session, false).await?.0);
            }
            Look::Search(from) => (Some(from), None),
            Look::SearchSince(day) => (None, Some(day)),
        };
        self.next = from.unwrap_or(Uid(1));
        let before = self.held.take();
        // The end first: what comes while the search runs is behind it and is seen by the next
        // sweep.
        let (session, highest) = session.highest_uid().await?;
        let (mut session, uids) = session.search(from, day, &account.terms).await?;
        let uids: Vec<Uid> = uids.into_iter().collect();
        for (chunk, some) in uids.chunks(HEADS_AT_ONCE).enumerate() {
            let (done, of) = (chunk * HEADS_AT_ONCE, uids.len());
            self.feed.catching_up(Backlog { done, of }).await;
            let set: Vec<String> = some.iter().map(|uid| uid.0.to_string()).collect();
            let heads;
            (session, heads) = session.heads(&set.join(","), Uid(1)).await?;
            let asked: BTreeSet<Uid> = some.iter().copied().collect();
            let heads = heads
                .into_iter()
                .filter(|head| asked.contains(&head.uid))
                .collect();
            session = self.take_claims(session, heads, before).await?;
        }
        self.pass(highest.max(uids.last().copied()));
        self.feed.heard(self.cursor(), false).await?;
        Ok(session)
    }

    /// Looks at everything behind the cursor. With the round trips before and in it, the folder is
    /// proved to be heard. Returns whether there was anything new; `was_silent` if the server had
    /// every chance to announce it and did not.
    pub(super) async fn sweep(
        &mut self,
        session: Session,
        was_silent: bool,
    ) -> Result<(Session, bool), Ended> {
        let (session, heads) = session.heads_from(self.next).await?;
        let seen = heads.last().map(|head| head.uid);
        let is_new = seen.is_some_and(|seen| seen > self.highest);
        let before = self.held.take();
        let session = self.take_claims(session, heads, before).await?;
        self.pass(seen);
        self.feed.heard(self.cursor(), was_silent && is_new).await?;
        Ok((session, is_new))
    }

    /// Fetches the messages that claim to be Meta's and gives each away before the next is
    /// fetched. `before` is what was held when this look began; a look may have several such parts.
    async fn take_claims(
        &mut self,
        mut session: Session,
        heads: Vec<Head>,
        before: Option<(Uid, Instant)>,
    ) -> Result<Session, Ended> {
        for head in heads {
            match &head.from {
                FromField::Whole(from) if !envelope::claims_to_be_meta(from) => continue,
                FromField::Awaited => {
                    self.hold(head.uid, before);
                    continue;
                }
                FromField::Whole(_) | FromField::TooLong => {}
            }
            let body;
            (session, body) = session.body(&head).await?;
            match body {
                Some(body) => self.deliver(head.uid, body).await?,
                // Not there yet, or gone since its head was seen: the next look tells.
                None => self.hold(head.uid, before),
            }
        }
        Ok(session)
    }

    async fn deliver(&mut self, uid: Uid, body: Body) -> Result<(), Ended> {
        let Body {
            internal_date,
            raw,
            truncated,
        } = body;
        let arrival = Arrival {
            at: MessageRef {
                mailbox: self.feed.folder().mailbox.clone(),
                folder: self.feed.folder().folder.clone(),
                uid_validity: self.selected.uid_validity,
                uid,
            },
            internal_date: internal_date.unwrap_or_else(Timestamp::now),
            raw,
            truncated,
        };
        self.pass(Some(uid));
        self.feed.deliver(arrival, self.cursor()).await?;
        Ok(())
    }

    /// Waits for a message that the server announces and cannot give, unless that took too long.
    fn hold(&mut self, uid: Uid, before: Option<(Uid, Instant)>) {
        let since = match before {
            Some((held, since)) if held == uid => since,
            _ => Instant::now(),
        };
        if since.elapsed() > GRACE {
            warn!(
                mailbox = %self.feed.folder().mailbox, folder = %self.feed.folder().folder,
                uid = uid.0, "the server announces a message and never gives it: passed over"
            );
        } else if self.held.is_none() {
            self.held = Some((uid, since));
        }
    }

    fn pass(&mut self, seen: Option<Uid>) {
        self.highest = self.highest.max(seen.unwrap_or(Uid(0)));
        self.next = advance(self.next, seen, self.held.map(|(uid, _)| uid));
    }

    fn cursor(&self) -> Cursor {
        Cursor {
            uid_validity: self.selected.uid_validity,
            uid_next: self.next,
        }
    }

    /// The day from which on messages are looked for where UIDs say nothing. Before the last proof
    /// everything was looked at.
    fn since(&self, lookback: SignedDuration) -> Date {
        let now = Timestamp::now();
        let first = now.saturating_sub(lookback).unwrap_or_default();
        let proved = self
            .feed
            .heard_at()
            .and_then(|at| at.checked_sub(SLACK).ok())
            .unwrap_or(first);
        // SEARCH compares days in the server's time zone, whatever it is (RFC 9051, 6.4.4): a day
        // more.
        let day = TimeZone::UTC.to_datetime(proved.max(first)).date();
        day.yesterday().unwrap_or_default()
    }
}

/// Selects the folder, or says which folders there are.
async fn examine(
    session: Session,
    name: &str,
    folder: &FolderName,
) -> Result<(Session, Selected), ImapError> {
    let (session, selected) = session.examine(name).await?;
    let words = match selected {
        Ok(selected) => return Ok((session, selected)),
        Err(words) => words,
    };
    if let Some(passing) = passing(&words) {
        let why = format!("the folder {folder} cannot be opened just now: {words}");
        return Err(passing.error(why));
    }
    let (_, folders) = session.list().await?;
    let names: Vec<String> = folders.iter().map(|(name, _)| plain(name)).collect();
    Err(ImapError::NeedsPerson(format!(
        "the folder {folder} cannot be opened ({words}); correct `folders`: the server has {}",
        names.join(", ")
    )))
}
