//! Takes the messages of `sustained check --prove` out of a folder again: those and no others.
//!
//! A message is taken away only after its own Message-ID was read under a UID that did not exist
//! before it was put there. One that is not found is said to be somewhere else, not to be gone.

use std::time::Duration;

use tokio::time::interval;

use super::marked::Marked;
use super::prove::{Begun, Place};
use super::report::Checks;
use crate::mail::Uid;
use crate::source::imap::{Capabilities, ImapError, Session};

/// A connection that was lost is made again this often.
const TRIES: u32 = 3;

/// A message that the server has taken and does not show yet is looked for this often, a second
/// apart.
const LOOKS: u32 = 5;

const PAUSE: Duration = Duration::from_secs(1);

/// What became of the messages in a folder, the worst that happened to any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Left {
    Gone,
    /// Marked as deleted, since the server cannot throw away one alone.
    Marked,
    /// Google keeps in "All Mail" what is thrown away, and shows no trash.
    Kept,
    /// Not found where it was put.
    Lost,
}

/// # Errors
/// Why it is not known what became of them.
pub(super) async fn take_away(
    place: Place,
    begun: Vec<Begun>,
    session: Option<(Session, Capabilities)>,
) -> Result<Checks, String> {
    let mut session = session;
    let mut last = String::new();
    let mut tries = interval(PAUSE);
    for _ in 0..TRIES {
        tries.tick().await;
        let (hand, capabilities) = match session.take() {
            Some(hand) => hand,
            None => match place.connect().await {
                Ok(hand) => hand,
                Err(error) => {
                    last = error.to_string();
                    continue;
                }
            },
        };
        match remove_all(hand, capabilities, &begun).await {
            Ok((left, older)) => return Ok(told(&place, left, &older)),
            Err(error) => last = error.to_string(),
        }
    }
    Err(last)
}

fn told(place: &Place, left: Left, older: &[Uid]) -> Checks {
    let mut checks = Checks::default();
    let name = place.name("left as it was");
    let subject = format!("its subject is “{}”", Marked::SUBJECT);
    match left {
        Left::Gone => checks.pass(name, "the test messages are gone"),
        Left::Marked => checks.warn(
            name,
            "the test messages are marked as deleted; this server cannot throw away one alone",
            "your mail program does it when it cleans up",
        ),
        Left::Kept => checks.fail(
            name,
            "Google shows no trash here, and would keep what is thrown away",
            &format!("delete it yourself: {subject}"),
        ),
        Left::Lost => checks.fail(
            name,
            "a test message is not where it was put: a rule may have moved it, or it comes late",
            &format!("look for it and delete it: {subject}"),
        ),
    }
    if !older.is_empty() {
        let observed = match older.len() {
            1 => "one of a test that was cut off still lies there".to_owned(),
            count => format!("{count} of tests that were cut off still lie there"),
        };
        let action = format!("delete it yourself: {subject}");
        checks.warn(place.name("older test messages"), observed, &action);
    }
    checks
}

async fn remove_all(
    mut session: Session,
    capabilities: Capabilities,
    begun: &[Begun],
) -> Result<(Left, Vec<Uid>), ImapError> {
    let mut worst = Left::Gone;
    for one in begun {
        let left;
        (session, left) = remove(session, capabilities, one).await?;
        worst = worst.max(left);
    }
    let mut older = Vec::new();
    if let Some(one) = begun.first() {
        (session, older) = find_older(session, begun, &one.folder).await?;
    }
    session.logout().await;
    Ok((worst, older))
}

/// What tests left there that were ended before they could clean up. Nothing proves that such a
/// message is this program's, so it is named and left.
async fn find_older(
    session: Session,
    begun: &[Begun],
    folder: &str,
) -> Result<(Session, Vec<Uid>), ImapError> {
    let (session, selected) = session.examine(folder).await?;
    selected.map_err(ImapError::NeedsPerson)?;
    let (session, found) = session
        .search(None, None, &[Marked::SENDER.to_owned()])
        .await?;
    let is_older = |id: &str| Marked::is_one(id) && begun.iter().all(|one| one.id != id);
    session.bearing_such(&found, is_older).await
}

async fn remove(
    session: Session,
    capabilities: Capabilities,
    begun: &Begun,
) -> Result<(Session, Left), ImapError> {
    let (mut session, selected) = session.select(&begun.folder).await?;
    let selected = selected.map_err(ImapError::NeedsPerson)?;
    if selected.uid_validity != begun.uid_validity {
        // Its messages have other numbers now: none of them is touched.
        return Ok((session, Left::Lost));
    }
    let uids;
    (session, uids) = find(session, begun).await?;
    let [uid] = *uids else {
        return Ok((session, Left::Lost));
    };
    if capabilities.is_google {
        return remove_from_google(session, begun, uid).await;
    }
    session = session.remove(uid, capabilities.uidplus).await?;
    if !capabilities.uidplus {
        return Ok((session, Left::Marked));
    }
    let (session, still) = session.noop().await?.bearing(&begun.id, begun.from).await?;
    let left = if still.is_empty() {
        Left::Gone
    } else {
        Left::Lost
    };
    Ok((session, left))
}

/// Looks for it for some seconds: a server may have taken it and not show it yet.
async fn find(session: Session, begun: &Begun) -> Result<(Session, Vec<Uid>), ImapError> {
    let mut session = session;
    let mut looks = interval(PAUSE);
    let mut uids = Vec::new();
    for _ in 0..LOOKS {
        looks.tick().await;
        session = session.noop().await?;
        (session, uids) = session.bearing(&begun.id, begun.from).await?;
        if !uids.is_empty() {
            break;
        }
    }
    Ok((session, uids))
}

/// A folder of Google's is a label: what is thrown away there stays in "All Mail". From the trash
/// it goes for good (support.google.com/mail/answer/7401).
async fn remove_from_google(
    session: Session,
    begun: &Begun,
    uid: Uid,
) -> Result<(Session, Left), ImapError> {
    let (session, folders) = session.list().await?;
    let trash = folders
        .into_iter()
        .find(|(_, special_use)| *special_use == Some("\\Trash"));
    let Some((trash, _)) = trash else {
        return Ok((session, Left::Kept));
    };
    let session = session.move_to(uid, &trash).await?;
    let (session, selected) = session.select(&trash).await?;
    selected.map_err(ImapError::NeedsPerson)?;
    let (session, highest) = session.highest_uid().await?;
    // It came last, or close to it.
    let from = Uid(highest.map_or(1, |uid| uid.0.saturating_sub(RECENT).max(1)));
    let (session, uids) = session.bearing(&begun.id, from).await?;
    match *uids {
        [uid] => Ok((session.remove(uid, true).await?, Left::Gone)),
        _ => Ok((session, Left::Lost)),
    }
}

/// So many messages may have come into the trash since.
const RECENT: u32 = 50;
