//! When a folder counts as deaf, with a clock that the test moves: a sleep is not the server's
//! fault, and a folder that vanishes is missed. And an arming that nobody waits for is not made.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};

use jiff::{SignedDuration, Timestamp};
use sustained::case::effect::{EffectId, Notice, Order};
use sustained::case::{Channel, Policy, Types};
use sustained::engine::{Armed, Arming, Engine, EngineError, Input, Listening, Settings};
use sustained::mail::{Cursor, FolderName, FolderRef, MailboxName, Uid, UidValidity, Wordings};
use sustained::record::Record;
use sustained::store::{Proof, Store};
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::{oneshot, watch};

/// When the engine starts.
const START: i64 = 1_800_000_000;
const DEAF_AFTER: i64 = 60;
/// So much time passes between two looks; more at once would be a clock that was set.
const TICK: i64 = 2;

/// An engine that watches one folder and tells through one channel.
struct Judge {
    state: TempDir,
    clock: Arc<AtomicI64>,
    inbox: Sender<Input>,
    orders: UnboundedReceiver<(EffectId, Order)>,
    engine: JoinHandle<Result<(), EngineError>>,
    folder: FolderRef,
}

impl Judge {
    fn new() -> Self {
        let state = TempDir::with_prefix("judge-").unwrap();
        let folder = FolderRef {
            mailbox: MailboxName("me".to_owned()),
            origin: "imap://me@localhost:993".to_owned(),
            folder: FolderName("\\Junk".to_owned()),
        };
        let settings = Settings {
            policies: BTreeMap::from([(folder.mailbox.clone(), Policy::of_nobody())]),
            channels: vec![Channel {
                name: "phone".to_owned(),
                types: Types::default(),
                quiet: None,
                may_hold_code: false,
                at_most: 100,
            }],
            watched: vec![folder.clone()],
            deaf_after: SignedDuration::from_secs(DEAF_AFTER),
            gap_after: SignedDuration::from_hours(100),
            expected: BTreeMap::new(),
            listening: watch::channel(Listening::Unproved).0,
            wordings: Wordings::built_in(),
        };
        let store = Store::open(&state.path().join("sustained.db")).unwrap();
        let record = Record::open(state.path()).unwrap();
        let (given, orders) = unbounded_channel();
        let now = Timestamp::from_second(START).unwrap();
        let engine = Engine::start(store, record, settings, Some(given), now).unwrap();
        let clock = Arc::new(AtomicI64::new(START));
        let (inbox, inputs) = channel();
        let told = Arc::clone(&clock);
        let now = move || Timestamp::from_second(told.load(Ordering::SeqCst)).unwrap();
        Self {
            state,
            clock,
            inbox,
            orders,
            engine: thread::spawn(move || engine.run(&inputs, now)),
            folder,
        }
    }

    fn send(&self, input: Input) {
        self.inbox.send(input).unwrap();
    }

    /// Waits until the engine has taken all that was sent, and has looked at the clock since.
    fn settle(&self) {
        for _ in 0..2 {
            let (unproved, mut answer) = unbounded_channel();
            self.send(Input::Unproved {
                mailbox: None,
                since: None,
                unproved,
            });
            answer.blocking_recv().unwrap();
        }
    }

    /// The clock goes on, as clocks do.
    fn pass(&self, seconds: i64) {
        for _ in 0..seconds / TICK {
            self.jump(TICK);
        }
    }

    fn jump(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
        self.settle();
    }

    fn hear(&self) {
        let (taken, answer) = oneshot::channel();
        let at = Timestamp::from_second(self.clock.load(Ordering::SeqCst)).unwrap();
        let cursor = Cursor {
            uid_validity: UidValidity(1),
            uid_next: Uid(2),
        };
        self.send(Input::Heard {
            folder: self.folder.clone(),
            proof: Proof {
                cursor,
                at,
                missed: 0,
            },
            taken,
        });
        answer.blocking_recv().unwrap();
    }

    /// The engine's word that the folder is deaf, if it was given: since when, and why.
    fn verdict(&mut self) -> Option<(i64, String)> {
        self.settle();
        let (_, order) = self.orders.try_recv().ok()?;
        match order {
            Order::Alert(alert) => match alert.notice {
                Notice::Deaf { since, why } => Some((since.as_second() - START, why)),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    fn end(self) {
        self.send(Input::Stop);
        self.engine.join().unwrap().unwrap();
    }
}

#[test]
fn a_sleep_is_not_held_against_the_server() {
    let mut judge = Judge::new();
    judge.hear();
    judge.pass(20);
    judge.jump(8 * 3600);
    judge.send(Input::Slept {
        by: SignedDuration::from_hours(8),
    });
    judge.pass(20);
    assert_eq!(
        judge.verdict(),
        None,
        "the connection is only just found dead"
    );
    // The time in which it was awake counts, and the last proof is what is told.
    judge.pass(24);
    let why = "the server does not answer".to_owned();
    assert_eq!(judge.verdict(), Some((0, why)));
    judge.end();
}

#[test]
fn a_sleep_excuses_nothing_after_the_next_proof() {
    let mut judge = Judge::new();
    judge.hear();
    judge.jump(8 * 3600);
    // Heard again before anybody has noticed the sleep.
    judge.hear();
    judge.send(Input::Slept {
        by: SignedDuration::from_hours(8),
    });
    judge.pass(DEAF_AFTER - 4);
    assert_eq!(judge.verdict(), None);
    judge.pass(6);
    assert!(judge.verdict().is_some());
    judge.end();
}

#[test]
fn a_folder_that_was_never_there_is_not_missed_and_one_that_vanishes_is() {
    let mut judge = Judge::new();
    let absent = || Input::Absent {
        folder: judge.folder.clone(),
    };
    judge.send(absent());
    judge.pass(2 * DEAF_AFTER);
    let gone = absent();
    assert_eq!(judge.verdict(), None);
    judge.hear();
    judge.send(gone);
    judge.pass(DEAF_AFTER + 4);
    let (_, why) = judge.verdict().expect("it is missed");
    assert!(
        why.contains("any more") && why.contains("`folders`"),
        "{why}"
    );
    judge.end();
}

#[test]
fn an_arming_that_nobody_waits_for_any_more_is_not_made() {
    let judge = Judge::new();
    let arm = |armed| Input::Arm {
        arming: Arming {
            mailboxes: vec![judge.folder.mailbox.clone()],
            account: None,
            until: Timestamp::from_second(START + 900).unwrap(),
        },
        armed,
    };
    // As where the engine hung for so long that the person was told it had not been done.
    judge.send(arm(unbounded_channel().0));
    let (armed, mut answer) = unbounded_channel();
    judge.send(arm(armed));
    let armed = answer.blocking_recv();
    assert!(matches!(armed, Some(Armed::Since(_))), "{armed:?}");
    judge.settle();
    let record = fs::read_to_string(judge.state.path().join("decisions.jsonl")).unwrap();
    assert_eq!(record.matches("\"mailbox.armed\"").count(), 1, "{record}");
    judge.end();
}
