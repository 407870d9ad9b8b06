//! A marked message, put into one folder of a server twice: heard once by IDLE, once by looking
//! alone, as the sweep does.
//!
//! Nothing here is cut off in the middle of a command: an interrupt ends a wait, and no more.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, interval};

use super::mailbox::{ARM, remedy, shown};
use super::marked::Marked;
use super::prove::{Begun, Interrupt, Notes, Place};
use super::report::Checks;
use crate::mail::{Uid, UidValidity};
use crate::source::imap::{self, Capabilities, Given, ImapError, Session, Wake};

/// A server that has not announced a message by then does not announce it.
const ANNOUNCED_WITHIN: Duration = Duration::from_secs(30);

/// A message that looking has not found by then is not found.
const FOUND_WITHIN: Duration = Duration::from_mins(1);

/// A look every so often, a little faster than after `sustained arm`: a person waits.
const LOOK: Duration = Duration::from_secs(1);

/// So much may the clocks differ: INTERNALDATE counts whole seconds, and a server may take some.
const CLOCKS: SignedDuration = SignedDuration::from_secs(5);

/// With so much between the clocks a code that is good is taken for one that is not.
const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(5);

/// What was found, and the connection that messages were put there by, if it still holds: the one
/// that takes them away need not sign in again.
pub(super) type Heard = (Checks, Option<(Session, Capabilities)>);

pub(super) async fn hear(place: Place, notes: Notes, interrupt: Interrupt) -> Heard {
    let mut hearing = Hearing {
        place,
        notes,
        interrupt,
        checks: Checks::default(),
        hand: None,
        knows_clock: false,
    };
    if let Err(error) = hearing.all().await {
        let name = hearing.place.name("is heard");
        hearing.checks.fail(name, &error, remedy(&error));
    }
    (hearing.checks, hearing.hand)
}

struct Hearing {
    place: Place,
    notes: Notes,
    interrupt: Interrupt,
    checks: Checks,
    /// Puts messages there: nobody tells himself of news.
    hand: Option<(Session, Capabilities)>,
    knows_clock: bool,
}

/// The folder as it was before a message was put there.
#[derive(Debug, Clone, Copy)]
struct Before<'a> {
    name: &'a str,
    uid_validity: UidValidity,
    /// What comes from now on has no smaller UID.
    next: Uid,
}

impl Hearing {
    async fn all(&mut self) -> Result<(), ImapError> {
        let (session, capabilities) = self.place.connect().await?;
        let (session, found) = imap::resolve(session, &self.place.folder).await?;
        let Some(found) = found else {
            let name = self.place.name("is heard");
            self.checks.skip(name, "the server marks no folder so");
            return Ok(());
        };
        let (session, selected) = session.examine(&found).await?;
        if let Err(words) = selected {
            let name = self.place.name("is heard");
            self.checks.fail(name, words, "correct `folders`");
            return Ok(());
        }
        self.hand = Some(self.place.connect().await?);
        let session = self.by_idle(session, capabilities.idle, &found).await?;
        let session = if self.interrupt.is_there() {
            session
        } else {
            self.by_looking(session, &found).await?
        };
        session.logout().await;
        Ok(())
    }

    /// The server announces it, and the look behind that finds it.
    async fn by_idle(
        &mut self,
        session: Session,
        is_offered: bool,
        found: &str,
    ) -> Result<Session, ImapError> {
        let name = self.place.name("by IDLE");
        if !is_offered {
            self.checks.skip(name, "the server does not offer it");
            return Ok(session);
        }
        let (session, before) = open(session, found).await?;
        let marked = Marked::new(&self.place.addresses);
        let interrupt = self.interrupt.clone();
        let listened = listen(session, before.next, &marked, &interrupt);
        let (listened, put) = tokio::join!(listened, self.put(before, &marked));
        let (session, wake, announced) = listened?;
        let given = match put? {
            Ok(given) => given,
            Err(words) => {
                self.not_put(name, &words);
                return Ok(session);
            }
        };
        let (session, uid) = match announced {
            Some((uid, _)) => (session, Some(uid)),
            None => look(session.noop().await?, before.next, &marked).await?,
        };
        match (announced, wake, uid) {
            (Some((_, at)), ..) => {
                let took = at.saturating_duration_since(given.instant);
                let observed = format!("announced {} after it was put there", shown(took));
                self.checks.pass(name, observed);
            }
            (None, Wake::Refused, _) => {
                let observed = "offered and refused: found by the sweep alone";
                self.checks.warn(name, observed, ARM);
            }
            (None, _, _) if self.interrupt.is_there() => {}
            (None, ..) => {
                let observed = format!(
                    "not announced within {} s: the sweep alone finds what comes",
                    ANNOUNCED_WITHIN.as_secs()
                );
                self.checks.warn(name, observed, ARM);
            }
        }
        match uid {
            Some(uid) => self.clock(session, uid, given.at).await,
            None => Ok(session),
        }
    }

    /// Looking finds it, with nothing announced.
    async fn by_looking(&mut self, session: Session, found: &str) -> Result<Session, ImapError> {
        let name = self.place.name("by the sweep");
        let (mut session, before) = open(session, found).await?;
        let marked = Marked::new(&self.place.addresses);
        let given = match self.put(before, &marked).await? {
            Ok(given) => given,
            Err(words) => {
                self.not_put(name, &words);
                return Ok(session);
            }
        };
        let mut looks = interval(LOOK);
        while given.instant.elapsed() < FOUND_WITHIN && !self.interrupt.is_there() {
            looks.tick().await;
            session = session.noop().await?;
            let uid;
            (session, uid) = look(session, before.next, &marked).await?;
            if let Some(uid) = uid {
                let took = given.instant.elapsed();
                let observed = format!(
                    "a look finds it, {} after it was put there; `run` looks once a minute, or as \
                     `watch.sweep` says",
                    shown(took)
                );
                self.checks.pass(name, observed);
                return self.clock(session, uid, given.at).await;
            }
        }
        if !self.interrupt.is_there() {
            let observed = format!("not found within {} s", FOUND_WITHIN.as_secs());
            let action = "nothing in this folder is heard: does a rule move mail out of it?";
            self.checks.fail(name, observed, action);
        }
        Ok(session)
    }

    /// Puts the message there. Returns the server's words if it does not take it.
    async fn put(
        &mut self,
        before: Before<'_>,
        marked: &Marked,
    ) -> Result<Result<Given, String>, ImapError> {
        let (hand, capabilities) = match self.hand.take() {
            Some(hand) => hand,
            None => self.place.connect().await?,
        };
        self.notes.begin(Begun {
            folder: before.name.to_owned(),
            uid_validity: before.uid_validity,
            from: before.next,
            id: marked.id.clone(),
        });
        let (hand, put) = hand.append(before.name, &marked.text).await?;
        if put.is_err() {
            self.notes.forget(&marked.id);
        }
        self.hand = Some((hand, capabilities));
        Ok(put)
    }

    fn not_put(&mut self, name: String, words: &str) {
        let observed = format!("the test message was not taken: {words}");
        let action = "let this login write there: what is for reading only cannot be proved so";
        self.checks.warn(name, observed, action);
    }

    /// How far the server's clock is from ours, once.
    async fn clock(
        &mut self,
        session: Session,
        uid: Uid,
        given: Timestamp,
    ) -> Result<Session, ImapError> {
        if self.knows_clock {
            return Ok(session);
        }
        let (session, date) = session.internal_date(uid).await?;
        let Some(date) = date else {
            return Ok(session);
        };
        self.knows_clock = true;
        let name = self.place.name("the server's clock");
        let apart = date.duration_since(given);
        let word = if apart.is_negative() {
            "behind"
        } else {
            "ahead of"
        };
        let observed = format!("{} s {word} this machine's", apart.unsigned_abs().as_secs());
        let action = "set the wrong one right: a code's lifetime is counted by both";
        if apart.abs() <= CLOCKS {
            self.checks.pass(name, "as this machine's");
        } else if apart.abs() < CLOCKS_APART {
            self.checks.warn(name, observed, action);
        } else {
            self.checks.fail(name, observed, action);
        }
        Ok(session)
    }
}

/// Waits in IDLE until the message is announced: other mail may be announced before it. Returns how
/// the last wait ended, and the message with the moment at which it was told of.
async fn listen(
    mut session: Session,
    from: Uid,
    marked: &Marked,
    interrupt: &Interrupt,
) -> Result<(Session, Wake, Option<(Uid, Instant)>), ImapError> {
    let until = Instant::now() + ANNOUNCED_WITHIN;
    loop {
        let wake;
        (session, wake) = session.idle(until, interrupt.wanted()).await?;
        let at = Instant::now();
        if wake != Wake::Mail {
            return Ok((session, wake, None));
        }
        let uid;
        (session, uid) = look(session.noop().await?, from, marked).await?;
        if let Some(uid) = uid {
            return Ok((session, wake, Some((uid, at))));
        }
        if at >= until || interrupt.is_there() {
            return Ok((session, Wake::Quiet, None));
        }
    }
}

/// The message's UID, if it is there.
async fn look(
    session: Session,
    from: Uid,
    marked: &Marked,
) -> Result<(Session, Option<Uid>), ImapError> {
    let (session, uids) = session.bearing(&marked.id, from).await?;
    Ok((session, uids.first().copied()))
}

/// Opens the folder, as it was before a message was put there.
async fn open(session: Session, name: &str) -> Result<(Session, Before<'_>), ImapError> {
    let (session, selected) = session.examine(name).await?;
    let selected = selected.map_err(ImapError::NeedsPerson)?;
    let (session, highest) = session.highest_uid().await?;
    let before = Before {
        name,
        uid_validity: selected.uid_validity,
        next: Uid(highest.map_or(1, |uid| uid.0.saturating_add(1))),
    };
    Ok((session, before))
}
