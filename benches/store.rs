//! What a commit costs, and that a store of a million events is as quick as one of a thousand.
//!
//! `cargo bench --bench store` prints figures; nothing here passes or fails by time. The baseline
//! of a commit is a bare insert of the same bytes with the same pragmas: what the disk takes.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr
)]
// The tests' support is shared; not every part of it is needed here.
#![allow(dead_code, unused_imports)]

#[path = "../tests/it/support/mod.rs"]
mod support;

use std::fmt::Display;
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::{Connection, params};
use support::PATIENCE;
use support::process::Home;
use sustained::case::effect::{Effect, Notice};
use sustained::case::{Case, CaseKey, Event, State};
use sustained::mail::authenticity::Authenticity;
use sustained::mail::{
    Arrival, Cursor, Digest, Doubt, FolderName, FolderRef, MailboxName, MessageRef, Product, Uid,
    UidValidity,
};
use sustained::store::{Begin, Consequence, End, Planned, Proved, Store};
use tempfile::TempDir;

/// A store as anybody has it, and one that nobody will have.
const SMALL: u32 = 1_000;
const LARGE: u32 = 1_000_000;

/// Commits that are measured.
const COMMITS: u32 = 300;

/// The size of a mail of Meta's, more or less.
const MAIL: usize = 8 * 1024;

/// Starts and looks of which the quickest counts: the others met something else at work.
const TRIES: u32 = 5;

fn main() {
    println!("commits:");
    let bare = bare_inserts();
    let small = Filled::with(SMALL);
    let message = small.commits();
    show("bare inserts of a mail a second", per_second(bare));
    show("messages taken in a second", per_second(message));
    show("  a message in bare inserts", ratio(message, bare));
    println!("a million events against a thousand:");
    let began = Instant::now();
    let large = Filled::with(LARGE);
    show("filling took", format!("{:.1?}", began.elapsed()));
    let size = std::fs::metadata(large.database()).unwrap().len() >> 20;
    show("the database, MiB", size);
    compare("opening the store", small.opening(), large.opening());
    compare("from start to `started`", small.start(), large.start());
    compare("status", small.status(), large.status());
    compare("taking a message in", message, large.commits());
    let began = Instant::now();
    Store::check(&large.database()).unwrap();
    show(
        "looking through all of it, beside",
        format!("{:.1?}", began.elapsed()),
    );
}

fn show(name: &str, value: impl Display) {
    println!("  {name:<40} {value}");
}

fn compare(name: &str, small: Duration, large: Duration) {
    show(
        name,
        format!("{small:>9.2?} {large:>9.2?}  {}", ratio(large, small)),
    );
}

fn ratio(one: Duration, other: Duration) -> String {
    format!("x {:.2}", one.as_secs_f64() / other.as_secs_f64())
}

fn per_second(each: Duration) -> String {
    format!("{:.0}", 1.0 / each.as_secs_f64())
}

/// The quickest of some tries.
fn quickest(mut what: impl FnMut()) -> Duration {
    let tries = (0..TRIES).map(|_| {
        let began = Instant::now();
        what();
        began.elapsed()
    });
    tries.min().unwrap()
}

/// What a commit of a mail's bytes takes with the store's pragmas and nothing else.
fn bare_inserts() -> Duration {
    let folder = TempDir::with_prefix("store-").unwrap();
    let database = Connection::open(folder.path().join("bare.db")).unwrap();
    database.pragma_update(None, "journal_mode", "WAL").unwrap();
    database.pragma_update(None, "synchronous", "FULL").unwrap();
    database.pragma_update(None, "cache_size", -256).unwrap();
    let table = "CREATE TABLE message (digest TEXT PRIMARY KEY, raw BLOB) STRICT";
    database.execute(table, []).unwrap();
    let mut number = 0;
    quickest(|| {
        for _ in 0..COMMITS {
            let raw = mail(number);
            let digest = Digest::of(&raw).to_string();
            let insert = "INSERT INTO message VALUES (?1, ?2)";
            database.execute(insert, params![digest, raw]).unwrap();
            number += 1;
        }
    }) / COMMITS
}

/// A home whose store holds so many events.
struct Filled {
    home: Home,
    events: u32,
}

impl Filled {
    fn with(events: u32) -> Self {
        let home = Home::empty();
        let maildir = home.path().join("Maildir");
        for place in ["new", "cur", "tmp"] {
            std::fs::create_dir_all(maildir.join(place)).unwrap();
        }
        home.write(
            "config/sustained/config.toml",
            &format!(
                "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\n\
                 accounts = [\"facebook\"]\nmaildir = {:?}\n",
                maildir.display().to_string()
            ),
        );
        let filled = Self { home, events };
        // The real schema, made by the store itself; one real message and its case.
        settle(&mut filled.store(), 0);
        let mut database = Connection::open(filled.database()).unwrap();
        let transaction = database.transaction().unwrap();
        fill(&transaction, events);
        transaction.commit().unwrap();
        filled.copy_record();
        filled
    }

    fn database(&self) -> std::path::PathBuf {
        self.home.state().join("sustained.db")
    }

    fn store(&self) -> Store {
        Store::open(&self.database()).unwrap()
    }

    /// Lets the daemon bring the files up to date, which a store of this size has long behind it.
    fn copy_record(&self) {
        let running = self.home.run();
        running.wait_for_line("started", Duration::from_mins(10));
    }

    fn opening(&self) -> Duration {
        quickest(|| drop(self.store()))
    }

    fn start(&self) -> Duration {
        quickest(|| {
            let running = self.home.run();
            running.wait_for_line("started", PATIENCE);
        })
    }

    fn status(&self) -> Duration {
        quickest(|| {
            let output = self.home.output(&["status", "--json"], b"");
            assert!(!output.stdout.is_empty());
        })
    }

    /// What taking one message in takes.
    fn commits(&self) -> Duration {
        let mut store = self.store();
        let mut number = self.events;
        let all = quickest(|| {
            for _ in 0..COMMITS {
                number += 1;
                take_in(&mut store, number);
            }
        });
        // Nothing stays open, or every start would begin with it.
        settle(&mut store, number + 1);
        all / COMMITS
    }
}

fn mail(number: u32) -> Vec<u8> {
    let mut raw = format!("Subject: {number}\r\n\r\n").into_bytes();
    raw.resize(MAIL, b'x');
    raw
}

/// A whole step: message, event, case, effect and cursor.
fn take_in(store: &mut Store, number: u32) {
    let raw = mail(number);
    let message = Digest::of(&raw);
    let mailbox = MailboxName("me".to_owned());
    let folder = FolderRef {
        mailbox: mailbox.clone(),
        origin: "bench".to_owned(),
        folder: FolderName("INBOX".to_owned()),
    };
    let now = Timestamp::now();
    let arrival = Arrival {
        at: MessageRef {
            mailbox: mailbox.clone(),
            folder: folder.folder.clone(),
            uid_validity: UidValidity(1),
            uid: Uid(number + 1),
        },
        internal_date: now,
        raw,
        truncated: false,
    };
    let doubt = Doubt::UnknownWording;
    let effect = Effect::Alert(Notice::Unclear { doubt });
    let consequence = Consequence {
        folder,
        event: Event::Unclear { message, doubt },
        at: now,
        case: Some((
            CaseKey {
                mailbox,
                account: Product::Facebook,
                campaign: "2024-06-01".to_owned(),
            },
            Case {
                state: State::Notified,
                ..Case::new(vec![])
            },
        )),
        because: vec![],
        links: vec![],
        effects: vec![Planned {
            outlet: "stdout-1".to_owned(),
            effect,
            begin: Begin::At(now),
        }],
    };
    let authenticity = Authenticity::unproven(None, "a bench");
    let sender = Proved {
        authenticity: &authenticity,
        handover: None,
    };
    let cursor = Cursor {
        uid_validity: UidValidity(1),
        uid_next: Uid(number + 2),
    };
    store
        .take_in(&arrival, &sender, &consequence, cursor)
        .unwrap();
}

/// Takes one more in, and does at once all that is due.
fn settle(store: &mut Store, number: u32) {
    take_in(store, number);
    for effect in store.due().unwrap() {
        store.start(effect.id).unwrap();
        let now = Timestamp::now();
        store.settle(effect.id, End::Done, "", now, None).unwrap();
    }
}

/// Copies of the first event and its effect, in one transaction: the rows are what the store
/// writes, and a million commits would measure the disk for hours.
fn fill(database: &Connection, events: u32) {
    database
        .execute(
            "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?1)
             INSERT INTO event (at, mailbox, folder, case_id, message, name, detail, because, links)
             SELECT at, mailbox, folder, case_id, message, name, detail, because, links
             FROM number, event WHERE event.id = 1",
            [events],
        )
        .unwrap();
    database
        .execute(
            "INSERT INTO effect (event_id, outlet, what, state, tries, next_at, ended_at)
             SELECT event.id, outlet, what, state, tries, next_at, ended_at + event.id
             FROM event, (SELECT * FROM effect WHERE id = 1) WHERE event.id > 1",
            [],
        )
        .unwrap();
}
