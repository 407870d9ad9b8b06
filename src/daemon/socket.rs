//! The Unix socket in the state folder, for scripts: they wait for a code, or say what the person
//! knows of their objection. One connection, one line of JSON, one answer.
//!
//! It decides nothing: what is asked goes to the engine as an input.
//!
//! SECURITY: who may connect is who may enter the state folder, and of those the daemon's own user
//! and root alone. Hostile: the line, how long it is, and a script that never reads.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tracing::{info, warn};

use super::request::{Reply, Request};
use crate::case::effect::{Attempt, EffectId};
use crate::engine::{Armed, Arming, FormNote, Input, Note, Noted, Script, Told};
use crate::mail::{FolderRef, MailboxName, Product};
use crate::outlet::script;

/// Scripts that may be connected at once.
const MOST: usize = 32;

/// A request is one line, sent at once; the longest names thousands of mailboxes.
const REQUEST_LIMIT: u64 = 1024 * 1024;
const REQUEST_WITHIN: Duration = Duration::from_secs(10);

/// A mailbox that is not heard for so long while a script waits is told to be so: the daemon may
/// have started just now.
const HEARD_WITHIN: Duration = Duration::from_secs(30);

/// An arming is one commit. Whoever asks for it waits a little longer.
const ARMED_WITHIN: Duration = Duration::from_secs(20);

/// How often a proof is asked for: the engine answers in microseconds.
const LOOK: Duration = Duration::from_millis(100);

/// The socket in a state folder.
#[must_use]
pub fn socket(state_dir: &Path) -> PathBuf {
    state_dir.join("socket")
}

/// Serves scripts until it is over, and then those that have a code to their end. A socket that
/// cannot be made is told and done without: codes still go to the submission step.
pub(super) async fn serve(path: PathBuf, inbox: Sender<Input>, mut is_over: watch::Receiver<bool>) {
    let (listener, own) = match listen(&path) {
        Ok(listening) => listening,
        Err(error) => {
            warn!(path = %path.display(), %error, "no socket for scripts: `sustained code` fails");
            return;
        }
    };
    let places = Arc::new(Semaphore::new(MOST));
    let mut scripts = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else {
                    // Out of files for a while, most likely.
                    sleep(LOOK).await;
                    continue;
                };
                if !is_ours(&stream, own) {
                    continue;
                }
                let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                    turn_away(&stream);
                    continue;
                };
                let inbox = inbox.clone();
                scripts.spawn(async move {
                    attend(stream, &inbox).await;
                    drop(place);
                });
            }
            Some(_) = scripts.join_next() => {}
            () = ends(&mut is_over) => break,
        }
    }
    while scripts.join_next().await.is_some() {}
}

/// Listens; with the number of the user who does.
fn listen(path: &Path) -> io::Result<(UnixListener, u32)> {
    // What a killed daemon left; the state folder is held, so nobody listens there.
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok((listener, fs::metadata(path)?.uid()))
}

async fn ends(is_over: &mut watch::Receiver<bool>) {
    // Without a daemon it is over, too.
    drop(is_over.wait_for(|over| *over).await);
}

fn is_ours(stream: &UnixStream, own: u32) -> bool {
    let Ok(peer) = stream.peer_cred() else {
        return false;
    };
    peer.uid() == own || peer.uid() == 0
}

/// Says at once that there is no place: the line fits into any socket's buffer.
fn turn_away(stream: &UnixStream) {
    let why = format!("{MOST} scripts are connected already: let one end, and try again");
    if let Ok(mut line) = serde_json::to_vec(&Reply::Refused { why }) {
        line.push(b'\n');
        // A script that went away does not want to know.
        drop(stream.try_write(&line));
    }
}

async fn attend(stream: UnixStream, inbox: &Sender<Input>) {
    let mut connection = BufReader::new(stream);
    let mut line = String::new();
    let mut bounded = (&mut connection).take(REQUEST_LIMIT);
    let read = timeout(REQUEST_WITHIN, bounded.read_line(&mut line)).await;
    if !matches!(read, Ok(Ok(1..))) {
        return;
    }
    let reply = match serde_json::from_str(&line) {
        Ok(request) => answer(request, &mut connection, inbox).await,
        Err(error) => Some(Reply::Refused {
            why: format!("this is no request: {error}"),
        }),
    };
    if let Some(reply) = reply
        && let Ok(mut line) = serde_json::to_vec(&reply)
    {
        line.push(b'\n');
        // A script that went away does not want to know.
        drop(timeout(REQUEST_WITHIN, connection.write_all(&line)).await);
    }
}

/// Does what is asked; `None` where the answer was a code.
async fn answer(
    request: Request,
    connection: &mut BufReader<UnixStream>,
    inbox: &Sender<Input>,
) -> Option<Reply> {
    let seconds = |seconds: u32| Duration::from_secs(seconds.into());
    Some(match request {
        Request::Code {
            mailbox,
            account,
            wait_seconds,
        } => {
            let wanted = (mailbox.map(MailboxName), account);
            return wait_for_code(connection, wanted, seconds(wait_seconds), inbox).await;
        }
        Request::Prove {
            mailbox,
            since,
            wait_seconds,
        } => {
            let mailbox = mailbox.map(MailboxName);
            prove(inbox, mailbox.as_ref(), since, seconds(wait_seconds)).await
        }
        Request::Arm {
            mailboxes,
            account,
            until,
        } => {
            let arming = Arming {
                mailboxes: mailboxes.into_iter().map(MailboxName).collect(),
                account,
                until,
            };
            arm(inbox, arming).await
        }
        Request::Note {
            mailbox,
            account,
            word,
            on,
        } => {
            let note = Note {
                mailbox: mailbox.map(MailboxName),
                account,
                word,
                on,
            };
            take_note(inbox, |noted| Input::Note { note, noted }).await
        }
        Request::Form {
            mailbox,
            account,
            became,
            screenshot,
        } => {
            let form = FormNote {
                mailbox: MailboxName(mailbox),
                account,
                step: became,
                screenshot,
            };
            take_note(inbox, |noted| Input::Form { form, noted }).await
        }
    })
}

async fn prove(
    inbox: &Sender<Input>,
    mailbox: Option<&MailboxName>,
    since: Timestamp,
    wait: Duration,
) -> Reply {
    match wait_for_proof(inbox, mailbox, Some(since), wait).await {
        Some(folders) if folders.is_empty() => Reply::Proved,
        Some(folders) => Reply::Unproved {
            folders: folders.iter().map(name).collect(),
        },
        None => Reply::NotWatched,
    }
}

fn name(folder: &FolderRef) -> String {
    format!("{} {}", folder.mailbox, folder.folder)
}

async fn arm(inbox: &Sender<Input>, arming: Arming) -> Reply {
    let (armed, mut answer) = mpsc::unbounded_channel();
    // Without an engine nobody answers.
    drop(inbox.send(Input::Arm { arming, armed }));
    // Whoever is told that nothing is armed must not be armed later: a closed channel sees to that.
    match timeout(ARMED_WITHIN, answer.recv()).await {
        Ok(Some(Armed::Since(at))) => Reply::Armed { at },
        Ok(Some(Armed::Unknown(mailbox))) => Reply::Unknown { mailbox: mailbox.0 },
        Ok(Some(Armed::NotNow(why))) => Reply::Refused { why },
        Ok(None) | Err(_) => not_written(),
    }
}

async fn take_note(
    inbox: &Sender<Input>,
    input: impl FnOnce(mpsc::UnboundedSender<Noted>) -> Input,
) -> Reply {
    let (noted, mut answer) = mpsc::unbounded_channel();
    // Without an engine nobody answers.
    drop(inbox.send(input(noted)));
    match answer.recv().await {
        Some(Ok(key)) => Reply::Noted {
            mailbox: key.mailbox.0,
            account: key.account,
        },
        Some(Err(why)) => Reply::Refused { why },
        None => not_written(),
    }
}

fn not_written() -> Reply {
    Reply::Refused {
        why: "the program is about to end, or cannot write".to_owned(),
    }
}

/// Waits for a code and hands it over; the reply where there is none.
async fn wait_for_code(
    connection: &mut BufReader<UnixStream>,
    (mailbox, account): (Option<MailboxName>, Option<Product>),
    wait: Duration,
    inbox: &Sender<Input>,
) -> Option<Reply> {
    let (told, mut tells) = mpsc::unbounded_channel();
    let left = SignedDuration::try_from(wait).unwrap_or(SignedDuration::ZERO);
    let script = Script {
        mailbox: mailbox.clone(),
        account,
        until: Timestamp::now()
            .saturating_add(left)
            .unwrap_or(Timestamp::MAX),
        told,
    };
    if inbox.send(Input::Wait { script }).is_err() {
        return Some(Reply::NotHeard);
    }
    let end = Instant::now() + wait;
    let reply = tokio::select! {
        told = tells.recv() => return hand_over(connection, told, inbox).await,
        () = is_gone(connection) => None,
        () = sleep_until(end) => Some(Reply::NoneInTime),
        () = stays_deaf(inbox, mailbox.as_ref(), wait.min(HEARD_WITHIN)) => Some(Reply::NotHeard),
    };
    // A code that was given in this very moment is on its way here, and its hand-over has begun.
    tells.close();
    if let Some(told) = tells.recv().await {
        return hand_over(connection, Some(told), inbox).await;
    }
    let is_heard = unproved(inbox, mailbox.as_ref(), None).await == Some(vec![]);
    reply.map(|reply| if is_heard { reply } else { Reply::NotHeard })
}

/// Ends when the folders were not all heard by then; never if they were.
async fn stays_deaf(inbox: &Sender<Input>, mailbox: Option<&MailboxName>, within: Duration) {
    if wait_for_proof(inbox, mailbox, None, within).await == Some(vec![]) {
        std::future::pending::<()>().await;
    }
}

/// The folders that there is no proof of when the time is over; `None` if there is none to hear.
async fn wait_for_proof(
    inbox: &Sender<Input>,
    mailbox: Option<&MailboxName>,
    since: Option<Timestamp>,
    within: Duration,
) -> Option<Vec<FolderRef>> {
    let end = Instant::now() + within;
    loop {
        let folders = unproved(inbox, mailbox, since).await;
        if folders.as_ref().is_none_or(Vec::is_empty) || Instant::now() >= end {
            return folders;
        }
        sleep(LOOK).await;
    }
}

async fn unproved(
    inbox: &Sender<Input>,
    mailbox: Option<&MailboxName>,
    since: Option<Timestamp>,
) -> Option<Vec<FolderRef>> {
    let (unproved, mut answer) = mpsc::unbounded_channel();
    let mailbox = mailbox.cloned();
    let asked = Input::Unproved {
        mailbox,
        since,
        unproved,
    };
    // Without an engine nothing is heard.
    drop(inbox.send(asked));
    answer.recv().await.flatten()
}

/// Ends when the script has closed its side. What it says before it has a code is not read.
async fn is_gone(connection: &mut BufReader<UnixStream>) {
    while matches!(connection.get_ref().readable().await, Ok(())) {
        match connection.get_ref().try_read(&mut [0; 64]) {
            Ok(1..) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Ok(0) | Err(_) => return,
        }
    }
}

async fn hand_over(
    connection: &mut BufReader<UnixStream>,
    told: Option<Told>,
    inbox: &Sender<Input>,
) -> Option<Reply> {
    match told {
        Some(Told::Code(effect, submission)) => {
            // What it said before it had the code is no answer.
            let early = connection.buffer().len();
            connection.consume(early);
            let mut end = End {
                effect,
                inbox,
                attempt: Attempt::Unknown("the hand-over to a script was cut off".to_owned()),
            };
            end.attempt = script::hand_over(&submission, connection).await;
            info!(id = %submission.id, "a script waited for the code");
            None
        }
        Some(Told::Ambiguous) => Some(Reply::Ambiguous),
        None => Some(Reply::NotHeard),
    }
}

/// How a hand-over ends; it is reported, whatever ends it: a panic and a stop, too.
struct End<'a> {
    effect: EffectId,
    inbox: &'a Sender<Input>,
    attempt: Attempt,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        let (effect, attempt) = (self.effect, self.attempt.clone());
        // Without an engine the attempt stays `started`, hence doubtful.
        drop(self.inbox.send(Input::Attempted { effect, attempt }));
    }
}
