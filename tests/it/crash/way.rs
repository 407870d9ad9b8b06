//! The whole way of Meta's three mails, in a home that outlives any crash: what is sent is kept,
//! and what became of it can be checked.
//!
//! The submission step and the mail server that takes alerts are no part of the program: they keep
//! what reached them, whatever becomes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OpenFlags};
use sustained::mail::Digest;

use crate::support::dovecot::{Dovecot, LOGIN, PASSWORD};
use crate::support::meta::Meta;
use crate::support::process::{Home, Running};
use crate::support::smtp_sink::SmtpSink;
use crate::support::step::Step;
use crate::support::{PATIENCE, log, wait_until};

/// The kinds of mail, in the order in which Meta sends them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Notification,
    Code,
    Decision,
}

pub const KINDS: [Kind; 3] = [Kind::Notification, Kind::Code, Kind::Decision];

impl Kind {
    /// The type of its event in the record.
    fn event(self) -> &'static str {
        match self {
            Self::Notification => "notification.received",
            Self::Code => "code.received",
            Self::Decision => "decision.received",
        }
    }
}

/// A mail is written a while before it is moved, as by a delivery agent that syncs: it is whole at
/// once.
const WRITTEN_AGO: Duration = Duration::from_secs(10);

enum Source {
    Maildir(PathBuf),
    Dovecot(Box<Dovecot>),
}

/// The home, who writes to it, and what it did.
pub struct Way {
    pub home: Home,
    pub step: Step,
    meta: Meta,
    sink: SmtpSink,
    source: Source,
    /// What was sent, by digest.
    sent: Vec<(String, Kind)>,
    /// What is written and not yet delivered.
    written: Vec<Vec<u8>>,
}

impl Way {
    /// From a Maildir: no time is lost on the way.
    pub fn from_maildir() -> Self {
        let home = Home::empty();
        let maildir = home.path().join("Maildir");
        for place in ["new", "cur", "tmp"] {
            fs::create_dir_all(maildir.join(place)).unwrap();
        }
        let mailbox = format!("maildir = {:?}", maildir.display().to_string());
        Self::of(home, Source::Maildir(maildir), &mailbox)
    }

    /// From a real server; `None` if there is none.
    pub fn from_dovecot() -> Option<Self> {
        let dovecot = Dovecot::start()?;
        let mailbox = format!(
            "imap = {{ host = \"localhost\", port = {}, login = \"{LOGIN}\", ca_file = {:?} }}\n\
             password = {{ value = \"{PASSWORD}\" }}\nfolders = [\"INBOX\"]",
            dovecot.port(),
            dovecot.ca_file().display().to_string(),
        );
        Some(Self::of(
            Home::empty(),
            Source::Dovecot(Box::new(dovecot)),
            &mailbox,
        ))
    }

    fn of(home: Home, source: Source, mailbox: &str) -> Self {
        let (step, meta, sink) = (Step::new(&home), Meta::new(), SmtpSink::start(&[]));
        let config = format!(
            "[[mailbox]]\nname = \"me\"\naddress = \"{LOGIN}\"\naccounts = [\"facebook\"]\n\
             {mailbox}\n\n[[alert]]\nat_most = 1000\n\
             url = \"smtp://localhost:{}/?to={LOGIN}&from={LOGIN}\"\n\n\
             [watch]\nsweep = \"1 s\"\n\n{}\n{}",
            sink.port(),
            step.table(),
            meta.pinned_keys(),
        );
        home.write("config/sustained/config.toml", &config);
        Self {
            home,
            step,
            meta,
            sink,
            source,
            sent: Vec::new(),
            written: Vec::new(),
        }
    }

    /// Sends the next mail of this kind.
    pub fn send(&mut self, kind: Kind) {
        self.write(kind);
        self.deliver_written();
    }

    /// Writes the next mail of this kind, to be delivered later: its digest is known then.
    pub fn write(&mut self, kind: Kind) {
        let raw = match kind {
            Kind::Notification => self.meta.notification(),
            Kind::Code => self.meta.code(&(482_000 + self.sent.len()).to_string()),
            Kind::Decision => self.meta.decision(),
        };
        self.sent.push((Digest::of(&raw).to_string(), kind));
        self.written.push(raw);
    }

    /// Delivers what is written, in its order.
    pub fn deliver_written(&mut self) {
        let first = self.sent.len() - self.written.len();
        for (number, raw) in self.written.drain(..).enumerate() {
            match &self.source {
                Source::Maildir(maildir) => deliver(maildir, first + number, &raw, WRITTEN_AGO),
                Source::Dovecot(dovecot) => dovecot.deliver("INBOX", &raw),
            }
        }
    }

    /// Sends a code that Meta sent and the Maildir received so many seconds ago.
    pub fn send_code_of(&mut self, seconds_ago: u32) {
        let number = self.sent.len();
        let code = (482_000 + number).to_string();
        let raw = self.meta.code_signed_ago(seconds_ago.into(), &code);
        self.sent.push((Digest::of(&raw).to_string(), Kind::Code));
        if let Source::Maildir(maildir) = &self.source {
            deliver(
                maildir,
                number,
                &raw,
                Duration::from_secs(seconds_ago.into()),
            );
        }
    }

    /// Gives the step another ending (shell).
    pub fn step_ends(&mut self, ending: &str) {
        self.step = Step::ending(&self.home, ending);
    }

    /// Replaces words of the configuration.
    pub fn configure(&self, written: &str, wanted: &str) {
        let config = fs::read_to_string(self.home.config()).unwrap();
        assert!(config.contains(written), "{config}");
        let config = config.replacen(written, wanted, 1);
        self.home.write("config/sustained/config.toml", &config);
    }

    /// How many of the alerts that reached the person have these words.
    pub fn alerts_with(&self, words: &str) -> usize {
        // Without the line breaks of quoted-printable (RFC 2045, 6.7).
        let mails = self.sink.mails().into_iter();
        let whole = mails.map(|mail| mail.replace("=\r\n", "").replace("=\n", ""));
        whole.filter(|mail| mail.contains(words)).count()
    }

    /// How many alerts reached the person, those that came twice counted twice.
    pub fn alerts(&self) -> usize {
        self.sink.mails().len()
    }

    /// Empties the state folder.
    pub fn forget(&self) {
        fs::remove_dir_all(self.home.state()).unwrap();
        fs::create_dir(self.home.state()).unwrap();
    }

    /// Waits until all that was sent so far has come to its end as far as anybody outside sees, or
    /// the program is gone; says whether it is still there.
    pub fn goes_on(&self, running: &mut Running) -> bool {
        let seen = |event: &str| {
            log::types(&self.home)
                .iter()
                .filter(|e| *e == event)
                .count()
        };
        let sent = |kind| self.sent.iter().filter(|(_, of)| *of == kind).count();
        let all = || {
            let recorded = KINDS.iter().all(|kind| seen(kind.event()) >= sent(*kind));
            let ended = ["accepted", "doubtful", "failed"]
                .map(|end| seen(&format!("submission.{end}")))
                .iter()
                .sum::<usize>();
            // Of the first notification and of every decision the person is told.
            let alerts = sent(Kind::Decision) + sent(Kind::Notification).min(1);
            recorded && ended >= sent(Kind::Code) && self.told().len() >= alerts
        };
        let mut is_running = true;
        let came = wait_until(PATIENCE, || {
            is_running = running.is_running();
            all() || !is_running
        });
        assert!(came, "{:?}\n{}", log::types(&self.home), running.talk());
        is_running
    }

    /// A life that nobody disturbs, until nothing is left to do; then everything is checked.
    pub fn finish(&self) {
        let mut running = self.home.run();
        self.settle(&mut running);
        assert!(running.stop(PATIENCE).success(), "{}", running.talk());
        self.check();
    }

    /// Waits until all that was sent led to its event and nothing is left to do.
    pub fn settle(&self, running: &mut Running) {
        running.wait_for_line("started", PATIENCE);
        let is_quiet = || {
            self.database().is_some_and(|database| {
                number(
                    &database,
                    "SELECT count(*) FROM effect WHERE state IN ('due', 'started')",
                ) == Some(0)
                    && Self::arrived(&database).len() == self.digests().len()
            })
        };
        let came = wait_until(PATIENCE, is_quiet);
        assert!(came, "{}\n{}", self.left(), running.talk());
    }

    /// What is missing, for the message of a failed test.
    fn left(&self) -> String {
        let Some(database) = self.database() else {
            return "no database".to_owned();
        };
        let arrived = Self::arrived(&database);
        let lost = |(number, (digest, kind)): (usize, &(String, Kind))| {
            (!arrived.contains_key(digest)).then(|| format!("mail {} ({kind:?})", number + 1))
        };
        let lost: Vec<String> = self.sent.iter().enumerate().filter_map(lost).collect();
        let open = "SELECT id || ' ' || outlet || ' ' || state || ' ' || note FROM effect
             WHERE state IN ('due', 'started')";
        let open = strings(&database, open);
        let read = strings(
            &database,
            "SELECT folder || ' to ' || uid_next FROM mailbox",
        );
        format!("lost: {lost:?}\nopen: {open:?}\nread: {read:?}")
    }

    /// Nothing lost, nothing twice, everything told, and the record whole.
    pub fn check(&self) {
        let database = self.database().unwrap();
        let integrity: String = database
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(integrity, "ok");
        let arrived = Self::arrived(&database);
        for digest in self.digests() {
            assert_eq!(
                arrived.get(&digest),
                Some(&1),
                "{digest} led to its event once"
            );
        }
        self.check_hand_overs(&database);
        let told = self.told();
        for id in strings(
            &database,
            "SELECT DISTINCT event_id FROM effect WHERE outlet <> 'submission'",
        ) {
            assert!(told.contains(&id), "nobody was told of event {id}");
        }
        let events = number(&database, "SELECT count(*) FROM event").unwrap();
        let verified = self.home.output(&["log", "verify", "--json"], b"");
        assert_eq!(
            String::from_utf8_lossy(&verified.stdout),
            format!("{{\"intact\":true,\"lines\":{events}}}\n")
        );
    }

    /// At most once each; what is called done was done; a doubtful one is told.
    fn check_hand_overs(&self, database: &Connection) {
        let mut begun: BTreeMap<String, u32> = BTreeMap::new();
        for handed in self.step.handed_over() {
            *begun
                .entry(handed["message"]["id"].to_string())
                .or_default() += 1;
            *begun.entry(handed["id"].to_string()).or_default() += 1;
        }
        assert!(
            begun.values().all(|times| *times == 1),
            "begun twice: {begun:?}"
        );
        let count = |state: &str| {
            let sql = "SELECT count(*) FROM effect WHERE outlet = 'submission' AND state = ";
            number(database, &format!("{sql}'{state}'")).unwrap()
        };
        let events = |name: &str| {
            number(
                database,
                &format!("SELECT count(*) FROM event WHERE name = '{name}'"),
            )
            .unwrap()
        };
        assert_eq!(count("done"), events("submission_accepted"));
        assert_eq!(count("doubtful"), events("submission_doubtful"));
        assert_eq!(count("failed"), events("submission_rejected"));
        let handed = i64::try_from(begun.len() / 2).unwrap();
        assert!(handed >= count("done"), "one is called done that was not");
        assert!(
            handed <= count("done") + count("doubtful"),
            "one was handed over and nobody knows"
        );
    }

    /// The numbers of the events that the person was told of.
    fn told(&self) -> BTreeSet<String> {
        let id = |mail: &String| {
            let line = mail
                .lines()
                .find(|line| line.starts_with("Message-ID: <me-"))?;
            let end = line.find(".sustained@")?;
            Some(line["Message-ID: <me-".len()..end].to_owned())
        };
        self.sink.mails().iter().filter_map(id).collect()
    }

    /// The digests of all that was written.
    pub fn digests(&self) -> BTreeSet<String> {
        self.sent.iter().map(|(digest, _)| digest.clone()).collect()
    }

    /// How many events say that a message came, by digest.
    fn arrived(database: &Connection) -> BTreeMap<String, u32> {
        let sql = "SELECT message FROM event
             WHERE name IN ('notification', 'code_arrived', 'decision', 'unclear')";
        let mut found = BTreeMap::new();
        for digest in strings(database, sql) {
            *found.entry(digest).or_default() += 1;
        }
        found
    }

    /// The database beside the program, for one look: recovery after a crash is the program's.
    fn database(&self) -> Option<Connection> {
        let path = self.home.state().join("sustained.db");
        let database = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).ok()?;
        database.busy_timeout(PATIENCE).unwrap();
        Some(database)
    }
}

fn number(database: &Connection, sql: &str) -> Option<i64> {
    database.query_row(sql, [], |row| row.get(0)).ok()
}

fn strings(database: &Connection, sql: &str) -> Vec<String> {
    let Ok(mut statement) = database.prepare(sql) else {
        // The program has not made its tables yet.
        return vec![];
    };
    let text = |row: &rusqlite::Row<'_>| {
        let value: rusqlite::types::Value = row.get(0)?;
        Ok(match value {
            rusqlite::types::Value::Integer(number) => number.to_string(),
            rusqlite::types::Value::Text(text) => text,
            other => format!("{other:?}"),
        })
    };
    statement.query_map([], text).unwrap().flatten().collect()
}

fn deliver(maildir: &Path, number: usize, raw: &[u8], ago: Duration) {
    let name = format!("{number:06}.mail");
    let draft = maildir.join("tmp").join(&name);
    fs::write(&draft, raw).unwrap();
    let file = File::options().append(true).open(&draft).unwrap();
    file.set_modified(SystemTime::now() - ago).unwrap();
    fs::rename(draft, maildir.join("new").join(name)).unwrap();
}
