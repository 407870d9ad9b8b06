//! Watches one folder on one server: connects, catches up, waits, and begins again after trouble.
//!
//! It owns nothing but a session and the cursor it was last given. IDLE is a hint; the sweep, a
//! round trip of its own on every turn, is the proof. Every end of a connection goes through one
//! place, a panic inside the protocol library included.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use tokio::time::{Instant, sleep, sleep_until};
use tracing::{debug, info};

use crate::case::retry;
use crate::config::{Imap, Tls};
use crate::mail::{Arrival, FolderName, MessageRef, Uid, envelope, plain};
use crate::source::{Feed, NotTaken};

use super::connect::{Trust, connect};
use super::cursor::{Look, behind, look};
use super::login::sign_in;
use super::session::{Body, Head, ImapError, Selected, Session, Wake};
use super::utf7::utf7;

/// Without IDLE the folder is looked at this often: a code lives minutes.
const POLL: Duration = Duration::from_secs(15);

/// After a connection or a message the next look comes this soon, and each further one twice as
/// late: where one mail of Meta's came the next is near, and a server may have answered from a
/// view that lacked what came in the same moment.
const FIRST_LOOK: Duration = Duration::from_secs(1);

/// A connection that lived this long was a good one: the next failure begins a new count.
const STABLE: Duration = Duration::from_mins(1);

/// A folder that the server has under no name is asked for again this often.
const ABSENT: Duration = Duration::from_hours(1);

/// Heads asked for in one command while catching up.
const HEADS_AT_ONCE: usize = 100;

/// How often to look, and how far back at the first time.
#[derive(Debug, Clone, Copy)]
pub struct Tempo {
    /// The folder is looked at this often, whatever IDLE says.
    pub sweep: Duration,
    /// How far back the first look goes.
    pub lookback: SignedDuration,
}

/// The identity of a server and login, for [`crate::mail::FolderRef`].
#[must_use]
pub fn origin_of(imap: &Imap) -> String {
    format!("imap://{}@{}:{}", imap.login, imap.host, imap.port)
}

/// Watches the feed's folder until the task is ended.
pub async fn watch(imap: Imap, tempo: Tempo, terms: Vec<String>, feed: Feed) {
    let mut tries = 0;
    loop {
        let began = Instant::now();
        // A task of its own is the wall: a hostile server can make the parser panic, and that is
        // one failed connection (imap-proto 0.17 at `INTERNALDATE NIL`).
        let attended = tokio::spawn(attend(imap.clone(), tempo, terms.clone(), feed.clone()));
        // Ends with this task, too.
        let ended = AbortOnDrop(attended).join().await;
        tries = if began.elapsed() > STABLE {
            1
        } else {
            tries + 1
        };
        debug!(mailbox = %feed.folder().mailbox, tries, ?ended, "connection ended");
        let until = Instant::now() + pause_after(&ended, tries);
        // Said again while it lasts: a source that waits is alive, and knows that it is deaf.
        while Instant::now() < until {
            match &ended {
                Ended::Absent => feed.absent().await,
                Ended::Trouble(error) => {
                    let needs_person = matches!(error, ImapError::NeedsPerson(_));
                    feed.unheard(format!("{}: {error}", imap.host), needs_person)
                        .await;
                }
            }
            sleep_until(until.min(Instant::now() + STABLE)).await;
        }
    }
}

fn pause_after(ended: &Ended, tries: u32) -> Duration {
    let jitter = fastrand::u8(..);
    let pause = match ended {
        Ended::Absent => return ABSENT,
        Ended::Trouble(ImapError::NeedsPerson(_)) => retry::refused(jitter),
        Ended::Trouble(_) => retry::connection(tries, jitter),
    };
    Duration::try_from(pause).unwrap_or(STABLE)
}

/// Why a connection ended.
#[derive(Debug)]
enum Ended {
    Trouble(ImapError),
    /// The server has no folder of that special use.
    Absent,
}

impl From<ImapError> for Ended {
    fn from(error: ImapError) -> Self {
        Self::Trouble(error)
    }
}

impl From<NotTaken> for Ended {
    fn from(error: NotTaken) -> Self {
        Self::Trouble(ImapError::TryLater(error.to_string()))
    }
}

struct AbortOnDrop(tokio::task::JoinHandle<Ended>);

impl AbortOnDrop {
    async fn join(mut self) -> Ended {
        (&mut self.0).await.unwrap_or_else(|_| {
            Ended::Trouble(ImapError::Broken(
                "the server sent something that this program cannot read".to_owned(),
            ))
        })
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// One connection, from the address to its end.
async fn attend(imap: Imap, tempo: Tempo, terms: Vec<String>, feed: Feed) -> Ended {
    match attend_until_trouble(&imap, tempo, &terms, &feed).await {
        Ok(never) => match never {},
        Err(ended) => ended,
    }
}

async fn attend_until_trouble(
    imap: &Imap,
    tempo: Tempo,
    terms: &[String],
    feed: &Feed,
) -> Result<std::convert::Infallible, Ended> {
    let trust = match imap.tls {
        Tls::Implicit => Some(Trust::load(imap)?),
        Tls::None => None,
    };
    let (session, before) = connect(imap, trust.as_ref()).await?;
    let source = imap.password.clone();
    let password = tokio::task::spawn_blocking(move || source.read())
        .await
        .map_err(|error| ImapError::Broken(error.to_string()))?
        .map_err(|error| ImapError::NeedsPerson(error.to_string()))?;
    let (session, capabilities) = sign_in(session, before, &imap.login, &password).await?;
    drop(password);
    let (session, name) = resolve(session, &feed.folder().folder).await?;
    let Some(name) = name else {
        return Err(Ended::Absent);
    };
    let (session, selected) = open(session, &name, &feed.folder().folder).await?;
    let mut session = catch_up(session, selected, tempo, terms, feed).await?;
    info!(
        mailbox = %feed.folder().mailbox, folder = %feed.folder().folder, idle = capabilities.idle,
        "watching"
    );
    let mut idle = capabilities.idle;
    let mut pause = FIRST_LOOK;
    loop {
        let wake;
        (session, wake) = if idle {
            session.idle(Instant::now() + pause).await?
        } else {
            sleep(pause.min(POLL)).await;
            (session, Wake::Quiet)
        };
        pause = match wake {
            Wake::Mail => FIRST_LOOK,
            Wake::Quiet | Wake::Refused => (pause * 2).min(tempo.sweep),
        };
        if wake == Wake::Refused {
            info!(mailbox = %feed.folder().mailbox, "IDLE is refused: looking by the clock");
            idle = false;
        }
        // IDLE's end was a round trip, but only NOOP makes a server look again.
        if wake != Wake::Mail {
            session = session.noop().await?;
        }
        session = sweep(session, selected, feed).await?;
    }
}

/// The server's name for a configured folder: the name itself, or the folder marked with a
/// special use such as `\Junk` (RFC 6154). `None` if the server marks none so.
///
/// # Errors
/// If the connection fails.
pub async fn resolve(
    session: Session,
    folder: &FolderName,
) -> Result<(Session, Option<String>), ImapError> {
    if !folder.0.starts_with('\\') {
        return Ok((session, Some(utf7(&folder.0))));
    }
    let (session, folders) = session.list().await?;
    let name = folders
        .into_iter()
        .find(|(_, special_use)| special_use.is_some_and(|s| s.eq_ignore_ascii_case(&folder.0)))
        .map(|(name, _)| name);
    Ok((session, name))
}

/// Selects the folder, or says which folders there are.
async fn open(
    session: Session,
    name: &str,
    folder: &FolderName,
) -> Result<(Session, Selected), ImapError> {
    let (session, selected) = session.examine(name).await?;
    match selected {
        Ok(selected) => Ok((session, selected)),
        Err(words) => {
            let (_, folders) = session.list().await?;
            let names: Vec<String> = folders.iter().map(|(name, _)| plain(name)).collect();
            Err(ImapError::NeedsPerson(format!(
                "the folder {folder} cannot be opened ({words}); correct `folders`: the server has \
                 {}",
                names.join(", ")
            )))
        }
    }
}

/// Looks through what came while nobody watched.
async fn catch_up(
    session: Session,
    selected: Selected,
    tempo: Tempo,
    terms: &[String],
    feed: &Feed,
) -> Result<Session, Ended> {
    let since = Timestamp::now()
        .saturating_sub(tempo.lookback)
        .unwrap_or(Timestamp::UNIX_EPOCH);
    // SEARCH compares days in the server's time zone, whatever it is (RFC 9051, 6.4.4): a day more.
    let since = TimeZone::UTC
        .to_datetime(since)
        .date()
        .yesterday()
        .unwrap_or_default();
    let (session, found) = match look(
        feed.cursor(),
        selected.uid_validity,
        selected.uid_next,
        since,
    ) {
        Look::At(_) => return sweep(session, selected, feed).await,
        Look::Search(from) => (session, (Some(from), None)),
        Look::SearchSince(day) => (session, (None, Some(day))),
    };
    let (from, day) = found;
    // The end first: what comes while the search runs is behind it and is seen by the next sweep.
    let (session, highest) = session.highest_uid().await?;
    let (mut session, uids) = session.search(from, day, terms).await?;
    let uids: Vec<Uid> = uids.into_iter().collect();
    for some in uids.chunks(HEADS_AT_ONCE) {
        let set: Vec<String> = some.iter().map(|uid| uid.0.to_string()).collect();
        let heads;
        (session, heads) = session.heads(&set.join(","), Uid(1)).await?;
        let asked: BTreeSet<Uid> = some.iter().copied().collect();
        let heads = heads
            .into_iter()
            .filter(|head| asked.contains(&head.uid))
            .collect();
        session = take_claims(session, heads, selected, feed).await?;
    }
    let seen = highest.max(uids.last().copied());
    feed.heard(behind(feed.cursor(), selected.uid_validity, seen))
        .await?;
    Ok(session)
}

/// Looks at everything behind the cursor. With the round trips before and in it, the folder is
/// proved to be heard.
async fn sweep(session: Session, selected: Selected, feed: &Feed) -> Result<Session, Ended> {
    let next = behind(feed.cursor(), selected.uid_validity, None).uid_next;
    let (session, heads) = session.heads_from(next).await?;
    let seen = heads.last().map(|head| head.uid);
    let session = take_claims(session, heads, selected, feed).await?;
    feed.heard(behind(feed.cursor(), selected.uid_validity, seen))
        .await?;
    Ok(session)
}

/// Fetches the messages that claim to be Meta's and gives each away before the next is fetched.
async fn take_claims(
    mut session: Session,
    heads: Vec<Head>,
    selected: Selected,
    feed: &Feed,
) -> Result<Session, Ended> {
    for head in heads
        .into_iter()
        .filter(|head| envelope::claims_to_be_meta(&head.from))
    {
        let body;
        (session, body) = session.body(&head).await?;
        // Gone since its head was seen: somebody deleted or moved it.
        let Some(Body {
            internal_date,
            raw,
            truncated,
        }) = body
        else {
            continue;
        };
        let after = behind(feed.cursor(), selected.uid_validity, Some(head.uid));
        let arrival = Arrival {
            at: MessageRef {
                mailbox: feed.folder().mailbox.clone(),
                folder: feed.folder().folder.clone(),
                uid_validity: selected.uid_validity,
                uid: head.uid,
            },
            internal_date: internal_date.unwrap_or_else(Timestamp::now),
            raw,
            truncated,
        };
        feed.deliver(arrival, after).await?;
    }
    Ok(session)
}
