//! A conversation with an IMAP server: each command checked to its own tagged answer.
//!
//! Of async-imap only the connection and the parser are used: its high-level calls take a tagged
//! NO and a closed connection for success (chatmail/async-imap#146). Commands are written here
//! and never pass through that library, which would log them. The session is taken by value: one
//! that failed cannot be used again. It does not know what is asked for, or why.
//!
//! SECURITY: all that a server sends is hostile. `guard` bounds it, every wait has a deadline, and
//! its text is escaped and cut before it stands in an error.

use std::fmt::{self, Debug};
use std::time::Duration;

use async_imap::Client;
use imap_proto::{MailboxDatum, Response, ResponseCode, Status};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout};
use tracing::debug;
use zeroize::Zeroizing;

use crate::mail::{Uid, UidValidity, plain};

use super::guard::Guard;

mod answer;
mod fetch;
mod idle;
mod placed;

pub use answer::{Capabilities, ImapError};
pub use fetch::{Body, FromField, Head};
pub use idle::Wake;
pub use placed::Given;

use answer::{
    Done, End, Step, can_be_opened, capabilities_in, closed, is_readable, lost, nothing_more,
    refused, silent, special_use_of, step, traced, within, words,
};
pub(super) use answer::{passing, quoted};

/// A server that says nothing for this long within a command is gone. Dovecot speaks every few
/// seconds during a long search.
const SILENCE: Duration = Duration::from_mins(1);

/// A command may take this long in all, whatever is said in between: a search through the header
/// fields of a hundred thousand messages that were never indexed.
const LONGEST_COMMAND: Duration = Duration::from_mins(10);

/// A command that needs no work of the server is answered in this time, or the server is gone;
/// unless the session is told another time.
const PROMPT: Duration = Duration::from_secs(15);

/// More folders than this are no answer.
const MOST_FOLDERS: usize = 100_000;

/// What was said, for whoever runs with --verbose. It is written from parsed values: no byte of a
/// sign-in, of a literal or of a server's text can be in it.
const PROTOCOL: &str = "sustained::protocol";

/// What a connection is made of.
pub trait Wire: AsyncRead + AsyncWrite + Unpin + Debug + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Debug + Send> Wire for T {}

/// A folder that was selected for reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selected {
    /// Its UIDVALIDITY; zero where the server gives none.
    pub uid_validity: UidValidity,
    /// Its UIDNEXT, where the server gives one.
    pub uid_next: Option<Uid>,
    /// How many messages it holds.
    pub exists: u32,
}

/// One connection to a server.
pub struct Session {
    client: Client<Guard<Box<dyn Wire>>>,
    last_tag: u32,
    exists: u32,
    /// How often the server announced EXISTS, and how often it had when we last looked: one that
    /// came in between, in whatever command's answer, is a wake-up (jonhoo/rust-imap#263).
    announced: u32,
    looked: u32,
    /// The server told of another folder since we last looked there (RFC 5465).
    stirred: bool,
    /// How long an answer may take that needs no work of the server.
    prompt: Duration,
}

/// What a sign-in says when the server asks for more: its words in, ours out.
pub(super) type Conversation<'a> =
    &'a mut (dyn FnMut(Option<&str>) -> Result<Zeroizing<String>, ImapError> + Send);

impl Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The connection's own form would show what the server sent.
        f.debug_struct("Session")
            .field("exists", &self.exists)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Reads the greeting. The capabilities it may carry are returned.
    ///
    /// # Errors
    /// If the server does not greet, turns us away, or says that we are signed in already: on a
    /// connection of ours that can only be somebody else's doing.
    pub async fn greeted(wire: Box<dyn Wire>) -> Result<(Self, Option<Capabilities>), ImapError> {
        let mut session = Self::secured(wire);
        let greeting = session
            .receive(PROMPT, |answer| match answer {
                Response::Data {
                    status: Status::Ok,
                    outcome,
                } => Ok(capabilities_in(outcome.code.as_ref())),
                Response::Data {
                    status: Status::PreAuth,
                    ..
                } => Err("the server claims that somebody is signed in already"),
                _ => Err("the server did not greet as IMAP servers do"),
            })
            .await?;
        match greeting {
            Ok(capabilities) => Ok((session, capabilities)),
            Err(why) => Err(ImapError::Broken(why.to_owned())),
        }
    }

    /// Goes on with a connection on which the greeting and STARTTLS are done.
    #[must_use]
    pub fn secured(wire: Box<dyn Wire>) -> Self {
        Self {
            client: Client::new(Guard::new(wire, is_readable)),
            last_tag: 0,
            exists: 0,
            announced: 0,
            looked: 0,
            stirred: false,
            prompt: PROMPT,
        }
    }

    /// From now on what needs no work of the server is answered within `prompt`, or it is gone.
    pub fn expect_answers_within(&mut self, prompt: Duration) {
        self.prompt = prompt;
    }

    /// Asks what the server can do (RFC 9051, 6.1.1).
    ///
    /// # Errors
    /// If the server does not answer with OK.
    pub async fn capability(mut self) -> Result<(Self, Capabilities), ImapError> {
        let mut found = Capabilities::default();
        self.command("CAPABILITY", PROMPT, |answer| {
            if let Response::Capabilities(list) = answer {
                found = answer::capabilities_of(list);
            }
        })
        .await?
        .only_ok("CAPABILITY")?;
        Ok((self, found))
    }

    /// Signs in. `line` is the whole command without its tag, `shown` the part of it that may stand
    /// in a trace; `converse` is asked for what the server gets when it wants more. Returns the
    /// server's words if it refuses.
    pub(super) async fn sign_in(
        mut self,
        line: Zeroizing<String>,
        shown: &str,
        converse: Conversation<'_>,
    ) -> Result<Result<(Self, Option<Capabilities>), String>, ImapError> {
        let tag = self.tag();
        debug!(target: PROTOCOL, "C: {tag} {shown} (hidden)");
        self.write(Zeroizing::new(format!("{tag} {}\r\n", *line)))
            .await?;
        let more = |words: Option<&str>| {
            let answer = converse(words)?;
            debug!(target: PROTOCOL, "C: (hidden)");
            Ok(Some(Zeroizing::new(format!("{}\r\n", *answer))))
        };
        let done = self.finish(&tag, SILENCE, |_| {}, more).await?;
        match done.end {
            End::Ok => Ok(Ok((self, done.capabilities))),
            End::No | End::Bad => Ok(Err(done.text)),
        }
    }

    /// The names of the folders that can be opened, each with its special use such as `\Junk`
    /// (RFC 6154).
    ///
    /// # Errors
    /// If the server does not answer with OK.
    pub async fn list(mut self) -> Result<(Self, Vec<(String, Option<&'static str>)>), ImapError> {
        let mut found = Vec::new();
        self.command("LIST \"\" \"*\"", SILENCE, |answer| {
            if let Response::MailboxData(MailboxDatum::List(data)) = answer
                && found.len() <= MOST_FOLDERS
                && data.name_attributes.iter().all(can_be_opened)
            {
                let special_use = data.name_attributes.iter().find_map(special_use_of);
                found.push((data.name.clone().into_owned(), special_use));
            }
        })
        .await?
        .only_ok("LIST")?;
        within(found.len(), MOST_FOLDERS, "folders")?;
        Ok((self, found))
    }

    /// Selects a folder for reading only (RFC 9051, 6.3.3): nothing there can be changed by us.
    /// `name` is in the server's encoding. `None` if the server will not open it.
    ///
    /// # Errors
    /// If the connection fails.
    pub async fn examine(self, name: &str) -> Result<(Self, Result<Selected, String>), ImapError> {
        self.open("EXAMINE", name).await
    }

    async fn open(
        mut self,
        command: &str,
        name: &str,
    ) -> Result<(Self, Result<Selected, String>), ImapError> {
        let mut selected = Selected {
            uid_validity: UidValidity(0),
            uid_next: None,
            exists: 0,
        };
        let line = format!("{command} {}", *quoted(name)?);
        // What was said of another folder does not hold for this one.
        self.exists = 0;
        self.stirred = false;
        let done = self
            .command(&line, SILENCE, |answer| {
                if let Response::Data {
                    status: Status::Ok,
                    outcome,
                } = answer
                {
                    match outcome.code {
                        Some(ResponseCode::UidValidity(n)) => {
                            selected.uid_validity = UidValidity(n);
                        }
                        Some(ResponseCode::UidNext(n)) => selected.uid_next = Some(Uid(n)),
                        _ => {}
                    }
                }
            })
            .await?;
        selected.exists = self.exists;
        match done.end {
            End::Ok => Ok((self, Ok(selected))),
            End::No => Ok((self, Err(done.text))),
            End::Bad => Err(refused(command, &done)),
        }
    }

    /// A round trip: with its OK the folder is proved to be heard, and everything that came up to
    /// then is announced (RFC 9051, 6.1.2).
    ///
    /// # Errors
    /// If the server does not answer with OK.
    pub async fn noop(mut self) -> Result<Self, ImapError> {
        self.command("NOOP", self.prompt, |_| {})
            .await?
            .only_ok("NOOP")?;
        Ok(self)
    }

    /// Says good-bye. What the server answers changes nothing any more.
    pub async fn logout(mut self) {
        if self.send("LOGOUT").await.is_ok() {
            // The answer is BYE and then the end of the connection: both are expected errors here.
            drop(self.receive(Duration::from_secs(1), |_| {}).await);
        }
    }

    /// Sends a command and reads to its tagged answer.
    async fn command(
        &mut self,
        line: &str,
        silence: Duration,
        on: impl FnMut(&Response<'_>),
    ) -> Result<Done, ImapError> {
        let tag = self.send(line).await?;
        self.finish(&tag, silence, on, nothing_more).await
    }

    fn tag(&mut self) -> String {
        self.last_tag += 1;
        format!("S{}", self.last_tag)
    }

    /// Sends a command that holds no secret.
    async fn send(&mut self, line: &str) -> Result<String, ImapError> {
        let tag = self.tag();
        debug!(target: PROTOCOL, "C: {tag} {}", plain(line));
        self.write(Zeroizing::new(format!("{tag} {line}\r\n")))
            .await?;
        Ok(tag)
    }

    /// One write for one line: four small ones are four TLS records.
    async fn write(&mut self, line: Zeroizing<String>) -> Result<(), ImapError> {
        let wire = self.client.get_mut();
        let written = timeout(self.prompt, async {
            wire.write_all(line.as_bytes()).await?;
            wire.flush().await
        });
        match written.await {
            Err(_) => Err(silent()),
            Ok(Err(error)) => Err(lost(&error)),
            Ok(Ok(())) => Ok(()),
        }
    }

    /// Reads to the tagged answer. `on` is shown everything before it, `more` is asked for the
    /// whole line that the server gets when it wants more of the command.
    async fn finish(
        &mut self,
        tag: &str,
        silence: Duration,
        mut on: impl FnMut(&Response<'_>),
        mut more: impl FnMut(Option<&str>) -> Result<Option<Zeroizing<String>>, ImapError>,
    ) -> Result<Done, ImapError> {
        let end = Instant::now() + LONGEST_COMMAND;
        loop {
            let within = silence.min(end.saturating_duration_since(Instant::now()));
            let step = self.receive(within, |answer| {
                let step = step(answer, tag);
                if let Step::Other = step {
                    on(answer);
                }
                step
            });
            match step.await? {
                Step::Ended(done) => return Ok(done),
                Step::Asked(words) => {
                    if let Some(line) = more(words.as_deref())? {
                        self.write(line).await?;
                    }
                }
                Step::Other => {}
            }
        }
    }

    /// Reads one answer and gives what `on` makes of it.
    async fn receive<T>(
        &mut self,
        within: Duration,
        on: impl FnOnce(&Response<'_>) -> T,
    ) -> Result<T, ImapError> {
        // What is there already would be read before the time is looked at.
        if within.is_zero() {
            return Err(silent());
        }
        let answer = timeout(within, self.client.read_response())
            .await
            .map_err(|_| silent())?;
        let answer = answer.map_err(|error| lost(&error))?.ok_or_else(closed)?;
        self.note(answer.parsed())?;
        Ok(on(answer.parsed()))
    }

    /// Takes note of what any answer may tell beside the command it belongs to (RFC 9051, 7).
    fn note(&mut self, answer: &Response<'_>) -> Result<(), ImapError> {
        debug!(target: PROTOCOL, "S: {}", traced(answer));
        match answer {
            // Nobody asks for STATUS here: it tells of another folder (RFC 5465, 5).
            Response::MailboxData(MailboxDatum::Status { .. }) => self.stirred = true,
            Response::MailboxData(MailboxDatum::Exists(count)) => {
                self.exists = *count;
                self.announced = self.announced.wrapping_add(1);
            }
            Response::Expunge(_) => self.exists = self.exists.saturating_sub(1),
            Response::Data {
                status: Status::Bye,
                outcome,
            } => {
                let words = words(outcome.information.as_deref());
                return Err(ImapError::Outage(format!(
                    "the server said good-bye: {words}"
                )));
            }
            _ => {}
        }
        Ok(())
    }
}
