//! `sustained check --prove`: a marked message goes into every folder; how long until it is heard?
//!
//! Once while we wait in IDLE, once by looking alone, as the sweep does. It is taken away again,
//! whatever happened, and also when the person interrupts. What happens to it in a Maildir stands
//! in `prove_maildir`.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, interval};

use super::mailbox::{remedy, shown};
use super::marked::Marked;
use super::prove_maildir;
use super::report::Checks;
use crate::config::{self, Config, Imap, Mailbox, Source};
use crate::mail::{FolderName, Uid};
use crate::source::imap::{
    self, Capabilities, Credentials, ImapError, Removal, Session, Trust, Wake,
};

/// A server that has not announced a message by then does not announce it.
const ANNOUNCED_WITHIN: Duration = Duration::from_secs(30);

/// A message that looking has not found by then is not found.
const FOUND_WITHIN: Duration = Duration::from_mins(1);

/// A look every so often, as after `sustained arm` but a little faster: a person waits.
const LOOK: Duration = Duration::from_secs(1);

/// So much may the clocks differ: INTERNALDATE counts whole seconds, and a server may take one.
const CLOCKS: SignedDuration = SignedDuration::from_secs(5);

/// With so much between the clocks a code that is good is taken for one that is not.
const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(5);

pub(super) async fn prove(checks: &mut Checks, config: &Config, only: Option<&str>) {
    let is_meant = |mailbox: &&Mailbox| only.is_none_or(|name| name == mailbox.name.0);
    let meant: Vec<&Mailbox> = config.mailboxes.iter().filter(is_meant).collect();
    if meant.is_empty() {
        let names: Vec<&str> = config
            .mailboxes
            .iter()
            .map(|one| one.name.0.as_str())
            .collect();
        let observed = format!("none has that name; there are: {}", names.join(", "));
        checks.fail("mailbox", observed, "name one of these, or none for all");
    }
    for mailbox in meant {
        match &mailbox.source {
            Source::Maildir(maildir) => prove_maildir::prove(checks, mailbox, maildir).await,
            Source::Imap(imap) => {
                // A folder that cannot be told has no tokens in it; a password needs none.
                let state_dir = config::state_dir().unwrap_or_default();
                let mut proof = Proof {
                    checks,
                    mailbox,
                    imap,
                    credentials: Credentials::of(imap, &mailbox.name, &state_dir),
                    knows_clock: false,
                };
                if let Err(error) = proof.all().await {
                    let name = format!("mailbox {}: server", mailbox.name);
                    checks.fail(name, &error, remedy(&error));
                }
            }
        }
        if checks.is_interrupted() {
            return;
        }
    }
}

/// A mailbox on a server that is being proved.
struct Proof<'a> {
    checks: &'a mut Checks,
    mailbox: &'a Mailbox,
    imap: &'a Imap,
    credentials: Credentials,
    knows_clock: bool,
}

impl Proof<'_> {
    async fn all(&mut self) -> Result<(), ImapError> {
        let (mut session, capabilities) = self.connect().await?;
        for folder in &self.imap.folders {
            let found;
            (session, found) = imap::resolve(session, folder).await?;
            let Some(found) = found else {
                let name = self.name(folder, "is proved");
                self.checks.skip(name, "the server marks no folder so");
                continue;
            };
            let heard = self.folder(session, capabilities, folder, &found);
            match heard.await? {
                Some(next) => session = next,
                None => return Ok(()),
            }
        }
        session.logout().await;
        Ok(())
    }

    /// Proves one folder, and leaves it as it was; `None` if the person interrupted.
    async fn folder(
        &mut self,
        session: Session,
        capabilities: Capabilities,
        folder: &FolderName,
        found: &str,
    ) -> Result<Option<Session>, ImapError> {
        let (first, second) = (
            Marked::new(&self.mailbox.addresses),
            Marked::new(&self.mailbox.addresses),
        );
        let heard = async {
            let session = self
                .by_idle(session, capabilities.idle, (folder, found), &first)
                .await?;
            self.by_looking(session, (folder, found), &second).await
        };
        let heard = tokio::select! {
            heard = heard => Some(heard),
            () = interrupted() => None,
        };
        for marked in [&first, &second] {
            self.take_away(folder, found, marked).await;
        }
        if heard.is_none() {
            self.checks.interrupt();
        }
        heard.transpose()
    }

    /// The server announces it, and the look behind that reads it.
    async fn by_idle(
        &mut self,
        session: Session,
        is_offered: bool,
        (folder, found): (&FolderName, &str),
        marked: &Marked,
    ) -> Result<Session, ImapError> {
        let name = self.name(folder, "by IDLE");
        if !is_offered {
            self.checks.skip(name, "the server does not offer it");
            return Ok(session);
        }
        let (session, before) = open(session, found).await?;
        let (start, begun) = (Instant::now(), Timestamp::now());
        let idle = session.idle(start + ANNOUNCED_WITHIN, std::future::pending());
        let (idled, put) = tokio::join!(idle, self.put(found, marked));
        let (session, wake) = idled?;
        let took = start.elapsed();
        if let Err(words) = put? {
            self.not_put(name, &words);
            return Ok(session);
        }
        let (session, uid) = look(session, before, marked).await?;
        match (wake, uid) {
            (Wake::Mail, Some(_)) => {
                let observed = format!("announced {} after it was put there", shown(took));
                self.checks.pass(name, observed);
            }
            (Wake::Refused, _) => {
                let observed = "offered and refused: found by the sweep alone";
                self.checks.warn(name, observed, "nothing to do");
            }
            (_, Some(_)) => {
                let observed = format!(
                    "not announced within {} s: the sweep alone finds what comes",
                    ANNOUNCED_WITHIN.as_secs()
                );
                let action = "before you press Send, run `sustained arm`: then it looks every 3 s";
                self.checks.warn(name, observed, action);
            }
            (_, None) => {
                let observed = "announced, and not there when it was looked for";
                self.checks
                    .warn(name, observed, "nothing to do: the sweep below looks again");
            }
        }
        match uid {
            Some(uid) => self.clock(session, uid, begun).await,
            None => Ok(session),
        }
    }

    /// Looking finds it, with nothing announced.
    async fn by_looking(
        &mut self,
        session: Session,
        (folder, found): (&FolderName, &str),
        marked: &Marked,
    ) -> Result<Session, ImapError> {
        let name = self.name(folder, "by the sweep");
        let (mut session, before) = open(session, found).await?;
        let (start, begun) = (Instant::now(), Timestamp::now());
        if let Err(words) = self.put(found, marked).await? {
            self.not_put(name, &words);
            return Ok(session);
        }
        let mut looks = interval(LOOK);
        while start.elapsed() < FOUND_WITHIN {
            looks.tick().await;
            session = session.noop().await?;
            let uid;
            (session, uid) = look(session, before, marked).await?;
            if let Some(uid) = uid {
                let observed = format!("found {} after it was put there", shown(start.elapsed()));
                self.checks.pass(name, observed);
                return self.clock(session, uid, begun).await;
            }
        }
        let observed = format!("not found within {} s", FOUND_WITHIN.as_secs());
        let action = "nothing in this folder is heard: does the server show it to others only?";
        self.checks.fail(name, observed, action);
        Ok(session)
    }

    /// How far the server's clock is from ours, once for a mailbox.
    async fn clock(
        &mut self,
        session: Session,
        uid: Uid,
        begun: Timestamp,
    ) -> Result<Session, ImapError> {
        if self.knows_clock {
            return Ok(session);
        }
        let (session, date) = session.internal_date(uid).await?;
        let Some(date) = date else {
            return Ok(session);
        };
        self.knows_clock = true;
        let name = format!("mailbox {}: server's clock", self.mailbox.name);
        let apart = date.duration_since(begun);
        let word = if apart.is_negative() {
            "behind"
        } else {
            "before"
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

    /// Puts the message there over a connection of its own: nobody tells himself of news. The
    /// server's words if it does not take it.
    async fn put(&self, found: &str, marked: &Marked) -> Result<Result<(), String>, ImapError> {
        let (session, _) = self.connect().await?;
        let (session, put) = session.append(found, &marked.text).await?;
        session.logout().await;
        Ok(put)
    }

    fn not_put(&mut self, name: String, words: &str) {
        let observed = format!("the test message was not taken: {words}");
        let action = "nothing to do if the folder is for reading only";
        self.checks.warn(name, observed, action);
    }

    /// Takes the message away, if it is there.
    async fn take_away(&mut self, folder: &FolderName, found: &str, marked: &Marked) {
        let action = format!("delete it yourself: its subject is “{}”", Marked::SUBJECT);
        let name = self.name(folder, "left as it was");
        match self.remove(found, marked).await {
            Ok(None) => {}
            Ok(Some(Removal::Gone)) => self.checks.pass(name, "the test message is gone"),
            Ok(Some(Removal::InTrash)) => {
                self.checks.pass(name, "the test message is in the trash");
            }
            Ok(Some(Removal::Marked)) => {
                let observed = "the test message is marked as deleted; this server cannot throw \
                                away one alone";
                self.checks.warn(
                    name,
                    observed,
                    "your mail program does it when it cleans up",
                );
            }
            Err(error) => {
                let observed = format!("the test message may still be there: {error}");
                self.checks.fail(name, observed, &action);
            }
        }
    }

    async fn remove(&self, found: &str, marked: &Marked) -> Result<Option<Removal>, ImapError> {
        let (session, capabilities) = self.connect().await?;
        let (session, folders) = session.list().await?;
        let trash = folders
            .iter()
            .find(|(_, special_use)| *special_use == Some("\\Trash"))
            .map(|(name, _)| name.as_str());
        let session = session.select(found).await?;
        let (mut session, uids) = session.with_message_id(&marked.id).await?;
        let mut removal = None;
        for uid in uids {
            let removed;
            (session, removed) = session.remove(uid, capabilities, trash).await?;
            removal = Some(removed);
        }
        session.logout().await;
        Ok(removal)
    }

    async fn connect(&self) -> Result<(Session, Capabilities), ImapError> {
        let (session, before) = imap::connect(self.imap, &Trust::default()).await?;
        imap::sign_in(session, before, self.imap, &self.credentials).await
    }

    fn name(&self, folder: &FolderName, what: &str) -> String {
        format!("mailbox {}: {folder} {what}", self.mailbox.name)
    }
}

/// Opens the folder; what comes from now on has a UID that is not below the one returned.
async fn open(session: Session, found: &str) -> Result<(Session, Uid), ImapError> {
    let (session, selected) = session.examine(found).await?;
    selected
        .map_err(|words| ImapError::NeedsPerson(format!("{found} cannot be opened: {words}")))?;
    let (session, highest) = session.highest_uid().await?;
    Ok((
        session,
        Uid(highest.map_or(1, |uid| uid.0.saturating_add(1))),
    ))
}

/// The message's UID, if it is there.
async fn look(
    session: Session,
    from: Uid,
    marked: &Marked,
) -> Result<(Session, Option<Uid>), ImapError> {
    let (mut session, heads) = session.heads_from(from).await?;
    let is_ours = heads.iter().any(|head| {
        let from = head.from.as_deref().unwrap_or_default();
        String::from_utf8_lossy(from).contains(Marked::SENDER)
    });
    if !is_ours {
        return Ok((session, None));
    }
    let uids;
    (session, uids) = session.with_message_id(&marked.id).await?;
    Ok((session, uids.first().copied()))
}

/// Ready when the person has had enough.
pub(super) async fn interrupted() {
    let wait = |kind| async move {
        match signal(kind) {
            Ok(mut signal) => drop(signal.recv().await),
            // Without it the program ends as programs do.
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = wait(SignalKind::interrupt()) => {}
        () = wait(SignalKind::terminate()) => {}
    }
}
