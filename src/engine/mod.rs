//! The one writer: takes an input, asks the pure rooms what it means, commits, and gives orders.
//!
//! Plain synchronous code on a thread of its own. It knows no socket, no server and no outlet: it
//! gets values in and gives [`Order`]s out. One input is one step, told the time once.
//!
//! INVARIANTS: an order leaves only after its `started` is on disk, but for the one alert that says
//! that nothing can be written; whoever waits for a message is answered only after the commit that
//! holds it.

mod arming;
mod configure;
mod effects;
mod hearing;
mod intake;
mod listening;
mod notes;
mod orders;
mod reading;
mod reminders;
mod scripts;
mod sender;
mod telling;
mod time;
mod trouble;
mod unrecorded;

use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc::UnboundedSender, oneshot};

use crate::case::Policy;
use crate::case::effect::{Attempt, EffectId, Order};
use crate::mail::authenticity::Authenticity;
use crate::mail::{Arrival, Cursor, FolderRef, MailboxName};
use crate::record::{Record, RecordError};
use crate::store::{Proof, Store, StoreError};

pub use arming::{Armed, Arming};
pub use configure::Settings;
pub use listening::Listening;
pub use notes::{FormNote, Note, Noted};
pub use scripts::{Script, Told};

use effects::{Look, Work};
use hearing::{Hearing, Unwritten};
use telling::Given;
use time::Rest;
use trouble::Trouble;
use unrecorded::Unrecorded;

/// The name of the submission step among the outlets.
pub const SUBMISSION: &str = "submission";

/// The name of whoever proves senders among the outlets.
const PROOF: &str = "proof";

/// The engine looks at the clock at least this often.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Trouble that ends the engine, and with it the process: waiting does not help against it.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The files beside it.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// What can come in.
#[derive(Debug)]
pub enum Input {
    /// A message was fetched and its sender examined.
    Arrival {
        /// Where it was found.
        folder: FolderRef,
        /// The message.
        arrival: Arrival,
        /// The verdict on its sender.
        authenticity: Authenticity,
        /// The cursor behind it.
        after: Cursor,
        /// Answered once it is committed; dropped unanswered if it could not be.
        taken: oneshot::Sender<()>,
    },
    /// A folder was provably heard, and everything below the cursor looked at.
    Heard {
        /// Which folder.
        folder: FolderRef,
        /// What is proved.
        proof: Proof,
        /// Answered once it is committed.
        taken: oneshot::Sender<()>,
    },
    /// A folder cannot be heard.
    Unheard {
        /// Which folder.
        folder: FolderRef,
        /// What stands in the way, as a sentence for the person.
        why: String,
        /// Whether waiting will not help: the person has to do something.
        needs_person: bool,
    },
    /// A folder does not exist, and need not.
    Absent {
        /// Which folder.
        folder: FolderRef,
    },
    /// It was asked again who sent a message.
    Examined {
        /// The effect of asking.
        effect: EffectId,
        /// The verdict.
        authenticity: Authenticity,
    },
    /// An outlet tried.
    Attempted {
        /// Which effect.
        effect: EffectId,
        /// How it went.
        attempt: Attempt,
    },
    /// A script of the person's waits for a code.
    Wait {
        /// Which code, and where it is told.
        script: Script,
    },
    /// Somebody wants to know which folders are not provably heard.
    Unproved {
        /// Of which mailbox; `None` for all.
        mailbox: Option<MailboxName>,
        /// Since when a proof counts; `None` for one that is as young as sweeps make it.
        since: Option<Timestamp>,
        /// The folders that there is no such proof of; `None` if there is no folder to hear.
        unproved: UnboundedSender<Option<Vec<FolderRef>>>,
    },
    /// The person presses Send now.
    Arm {
        /// What they expect.
        arming: Arming,
        /// Answered once it is committed, or with what stands against it.
        armed: UnboundedSender<Armed>,
    },
    /// The person says something of their objection.
    Note {
        /// What.
        note: Note,
        /// Answered once it is committed, or with what stands against it.
        noted: UnboundedSender<Noted>,
    },
    /// The form in the person's browser was sent, or what came of it.
    Form {
        /// What.
        form: FormNote,
        /// As with `Note`.
        noted: UnboundedSender<Noted>,
    },
    /// The configuration was changed, and this is what it means now.
    Configure(Settings),
    /// It was changed and cannot be taken on: the one before stays in force.
    Refused {
        /// Why, in the words of the log.
        why: String,
    },
    /// The machine's clock was set.
    ClockSet {
        /// By how much, forward.
        by: SignedDuration,
    },
    /// The machine slept.
    Slept {
        /// For how long.
        by: SignedDuration,
    },
    /// Begin no more attempts; those under way may still end.
    Finish,
    /// End after everything before this.
    Stop,
}

/// The one writer.
#[derive(Debug)]
pub struct Engine {
    store: Store,
    record: Record,
    settings: Settings,
    /// `None` once no more attempts are begun.
    orders: Option<UnboundedSender<(EffectId, Order)>>,
    /// The attempts that are under way.
    at_work: BTreeMap<EffectId, Work>,
    /// What the channels gave lately.
    given: Given,
    /// Scripts that wait for a code.
    scripts: Vec<Script>,
    hearing: BTreeMap<FolderRef, Hearing>,
    unwritten: Unwritten,
    /// Before this no folder can be deaf that is not known to be.
    next_deaf: Option<Timestamp>,
    /// Before this no reminder is due; `None` if the cases have to be asked.
    next_reminder: Option<Timestamp>,
    /// Before this it is not published again whether everything is heard.
    next_published: Option<Timestamp>,
    /// The sources know until when a code is expected.
    is_announced: bool,
    rest: Rest,
    /// What the last look at the open effects found, if it began none.
    look: Option<Look>,
    /// With the database; with the files beside it.
    trouble: Trouble,
    copying: Trouble,
    /// What could not be written yet.
    kept: VecDeque<Input>,
    unrecorded: Unrecorded,
}

impl Engine {
    /// Starts on what the last run left: attempts it began and did not end become doubtful, and
    /// the files are brought up to date. Without a line for `orders` no attempt is begun.
    ///
    /// # Errors
    /// If the database or the files cannot be written.
    pub fn start(
        mut store: Store,
        record: Record,
        settings: Settings,
        orders: Option<UnboundedSender<(EffectId, Order)>>,
        now: Timestamp,
    ) -> Result<Self, EngineError> {
        store.watch_only(&settings.watched)?;
        store.put_in_force(&settings.objections())?;
        store.forget_troubles()?;
        let hearing = settings
            .watched
            .iter()
            .map(|folder| Ok((folder.clone(), Hearing::resume(store.folder(folder)?, now))))
            .collect::<Result<_, StoreError>>()?;
        let rest = Rest::at(now.max(last_try(&store)?));
        let mut engine = Self {
            store,
            record,
            settings,
            orders,
            at_work: BTreeMap::new(),
            given: Given::default(),
            scripts: vec![],
            hearing,
            unwritten: Unwritten::default(),
            next_deaf: None,
            next_reminder: None,
            next_published: None,
            is_announced: false,
            rest,
            look: None,
            trouble: Trouble::default(),
            copying: Trouble::default(),
            kept: VecDeque::new(),
            unrecorded: Unrecorded::default(),
        };
        engine.doubt_what_was_cut_off(now)?;
        engine.copy()?;
        Ok(engine)
    }

    /// Takes inputs until `Stop` or until nobody can send any more. Trouble that may pass is sat
    /// out.
    ///
    /// # Errors
    /// If the database or the files are unusable, or at the end what waits cannot be written.
    pub fn run(
        mut self,
        inbox: &Receiver<Input>,
        clock: impl Fn() -> Timestamp,
    ) -> Result<(), EngineError> {
        loop {
            self.try_again(clock())?;
            self.tell_of_trouble(clock());
            let mut wake_at = None;
            if !self.is_waiting() {
                wake_at = self.attempt(|engine| engine.work_off(clock()))?.flatten();
                self.attempt(Self::announce_expected)?;
            }
            self.publish_listening(clock());
            match inbox.recv_timeout(wait_until(wake_at, clock())) {
                Ok(Input::Stop) | Err(RecvTimeoutError::Disconnected) => return self.end(clock()),
                Ok(input) => self.take_or_keep(input, clock())?,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// One input, one commit.
    fn take(&mut self, input: &Input, now: Timestamp) -> Result<(), EngineError> {
        // What comes in is held against the clock as it is; what is under way goes on as it began.
        let latest = self.rest.latest(now);
        match input {
            Input::Arrival {
                folder,
                arrival,
                authenticity,
                after,
                ..
            } => self.take_in(folder, arrival, authenticity.clone(), *after, now)?,
            Input::Heard { folder, proof, .. } => self.heard(folder, *proof)?,
            Input::Unheard {
                folder,
                why,
                needs_person,
            } => self.unheard(folder, why.clone(), *needs_person, now)?,
            Input::Absent { folder } => self.absent(folder, now)?,
            Input::Examined {
                effect,
                authenticity,
            } => self.examined(*effect, authenticity.clone(), latest)?,
            Input::Attempted { effect, attempt } => self.attempted(*effect, attempt, latest)?,
            Input::Wait { script } => self.wait(script, latest)?,
            Input::Unproved {
                mailbox,
                since,
                unproved,
            } => {
                let oldest = now.saturating_sub(self.settings.gap_after).unwrap_or(now);
                let folders = self.unproved(mailbox.as_ref(), since.unwrap_or(oldest));
                // Who asked may have gone.
                unproved.send(folders).ok();
            }
            Input::Arm { arming, armed } => {
                // Who has gone was told that nothing is armed, and asks anew.
                if !armed.is_closed() {
                    armed.send(self.arm(arming, now)?).ok();
                }
            }
            Input::Note { note, noted } => {
                // Who said it may have gone; it is on record all the same.
                noted.send(self.note(note, latest)?).ok();
            }
            Input::Form { form, noted } => {
                noted.send(self.form(form, latest)?).ok();
            }
            Input::Configure(settings) => self.configure(settings, now)?,
            Input::Refused { why } => self.store.note_refused(why)?,
            Input::ClockSet { by } => self.clock_was_set(*by, now),
            Input::Slept { by } => self.excuse(*by, now),
            Input::Finish => {
                self.orders = None;
                // Scripts that wait learn that nothing comes any more.
                self.scripts.clear();
            }
            Input::Stop => {}
        }
        Ok(())
    }

    fn may_hold_code(&self, channel: &str) -> bool {
        let mut channels = self.settings.channels.iter();
        channels.any(|one| one.name == channel && one.may_hold_code)
    }

    fn policy(&self, mailbox: &MailboxName) -> Policy {
        self.settings
            .policies
            .get(mailbox)
            .cloned()
            .unwrap_or_else(Policy::of_nobody)
    }
}

/// When the last try of a hand-over is due that is still open: the clock has been there.
fn last_try(store: &Store) -> Result<Timestamp, StoreError> {
    let open = store.due()?.into_iter();
    let tries = open.filter(|effect| effect.outlet == SUBMISSION);
    let last = tries.map(|effect| effect.next_at).max();
    Ok(last.unwrap_or(Timestamp::MIN))
}

fn wait_until(wake_at: Option<Timestamp>, now: Timestamp) -> Duration {
    wake_at
        .map_or(LONGEST_WAIT, |at| {
            Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO)
        })
        .min(LONGEST_WAIT)
}
