//! A Maildir as a source: its folders, files that move, are half-written or come by another
//! machine, and folders that are made anew.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use rusqlite::Connection;

use crate::support::meta::Meta;
use crate::support::process::{Home, Running};
use crate::support::step::Step;
use crate::support::strace::{self, Strace};
use crate::support::{PATIENCE, log, missing, wait_until};

const CODE: &str = "482913";

/// A home that watches a Maildir of its own.
struct Watched {
    home: Home,
    step: Step,
    meta: Meta,
}

impl Watched {
    fn new(folders: &str) -> Self {
        Self::with_sweep(folders, "10 min")
    }

    fn with_sweep(folders: &str, sweep: &str) -> Self {
        let home = Home::empty();
        let (step, meta) = (Step::new(&home), Meta::new());
        let maildir = home.path().join("Maildir");
        make(&maildir);
        let config = format!(
            "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\naccounts = [\"facebook\"]\n\
             maildir = {:?}\n{folders}\n\n[[alert]]\nurl = \"stdout:\"\n\n\
             [watch]\nsweep = \"{sweep}\"\ndeaf_after = \"2 h\"\n\n{}\n{}",
            maildir.display().to_string(),
            step.table(),
            meta.pinned_keys(),
        );
        home.write("config/sustained/config.toml", &config);
        Self { home, step, meta }
    }

    fn maildir(&self) -> PathBuf {
        self.home.path().join("Maildir")
    }

    fn run(&self) -> Running {
        let running = self.home.run();
        running.wait_for_line("watching", PATIENCE);
        running
    }

    fn hands_over(&self, running: &Running, code: &str, count: usize) {
        let there = wait_until(PATIENCE, || self.step.handed_over().len() >= count);
        assert!(there, "{}", running.talk());
        assert!(
            Step::has_code(&self.step.wait_for(count), code),
            "another code"
        );
    }
}

fn make(maildir: &Path) {
    for place in ["new", "cur", "tmp"] {
        fs::create_dir_all(maildir.join(place)).unwrap();
    }
}

/// Written aside and then moved, as delivery agents do.
fn deliver(maildir: &Path, name: &str, raw: &[u8]) {
    fs::write(maildir.join("tmp").join(name), raw).unwrap();
    fs::rename(
        maildir.join("tmp").join(name),
        maildir.join("new").join(name),
    )
    .unwrap();
}

#[test]
fn junk_is_watched_under_the_names_that_programs_give_it() {
    for (folder, name) in [
        (".Junk", "\\\\Junk"),
        (".INBOX.Spam", "\\\\Junk"),
        ("Spam", "\\\\Junk"),
        (".Courrier ind&AOk-sirable", "\\\\Junk"),
        (".Meta.Objections", "Meta/Objections"),
    ] {
        let watched = Watched::new(&format!("folders = [\"INBOX\", \"{name}\"]"));
        let folder = watched.maildir().join(folder);
        make(&folder);
        let running = watched.run();
        deliver(&folder, "1.code", &watched.meta.code(CODE));
        watched.hands_over(&running, CODE, 1);
        let recorded = log::wait_for(&watched.home, "code.received");
        assert_eq!(recorded["folder"], name.replace("\\\\", "\\"));
    }
}

#[test]
fn a_folder_that_is_not_there_is_said_unless_it_is_for_junk() {
    let watched = Watched::new("folders = [\"INBOX\", \"\\\\Junk\", \"../elsewhere\"]");
    make(&watched.home.path().join("elsewhere"));
    let running = watched.run();
    running.wait_for_line("there is no folder ../elsewhere", PATIENCE);
    let deaf = log::wait_for(&watched.home, "mailbox.deaf");
    assert_eq!(deaf["folder"], "../elsewhere");
    assert_eq!(log::types(&watched.home), ["mailbox.deaf"]);
}

#[test]
fn a_file_that_is_written_in_its_place_is_read_when_it_is_whole() {
    let watched = Watched::new("");
    let running = watched.run();
    let code = watched.meta.code(CODE);
    let (first, rest) = code.split_at(code.len() - 40);
    let mut file = File::create(watched.maildir().join("new/1.code")).unwrap();
    file.write_all(first).unwrap();
    // Something else comes meanwhile and is seen at once.
    deliver(&watched.maildir(), "2.code", &watched.meta.code("771204"));
    watched.hands_over(&running, "771204", 1);
    file.write_all(rest).unwrap();
    drop(file);
    let codes = |count| log::wait_for_count(&watched.home, "code.received", count);
    codes(2);
    assert_eq!(
        log::types(&watched.home)
            .iter()
            .filter(|event| *event == "code.received")
            .count(),
        2
    );
    assert!(
        !log::types(&watched.home)
            .iter()
            .any(|event| event.starts_with("mail."))
    );
}

#[test]
fn a_draft_of_another_program_is_no_message() {
    let watched = Watched::new("");
    let running = watched.run();
    let new = watched.maildir().join("new");
    // As file synchronisers write: under a name with a dot, then renamed.
    fs::write(
        new.join(".syncthing.1.code.tmp"),
        watched.meta.code("771204"),
    )
    .unwrap();
    deliver(&watched.maildir(), "2.code", &watched.meta.code(CODE));
    watched.hands_over(&running, CODE, 1);
    fs::rename(new.join(".syncthing.1.code.tmp"), new.join("1.code")).unwrap();
    log::wait_for_count(&watched.home, "code.received", 2);
}

#[test]
fn a_file_that_moves_and_gets_flags_is_read_once() {
    let watched = Watched::new("");
    let mut running = watched.run();
    let maildir = watched.maildir();
    deliver(&maildir, "1.code", &watched.meta.code(CODE));
    watched.hands_over(&running, CODE, 1);
    fs::rename(maildir.join("new/1.code"), maildir.join("cur/1.code:2,")).unwrap();
    fs::rename(
        maildir.join("cur/1.code:2,"),
        maildir.join("cur/1.code:2,S"),
    )
    .unwrap();
    assert!(running.stop(PATIENCE).success());
    let running = watched.run();
    deliver(&maildir, "2.code", &watched.meta.code("771204"));
    watched.hands_over(&running, "771204", 2);
    assert_eq!(watched.step.handed_over().len(), 2);
}

#[test]
fn a_maildir_that_is_made_anew_is_watched_anew() {
    let watched = Watched::with_sweep("", "2 s");
    let running = watched.run();
    let maildir = watched.maildir();
    // The inotify watch goes with the old one; the sweep notices.
    fs::rename(&maildir, watched.home.path().join("old")).unwrap();
    make(&maildir);
    deliver(&maildir, "1.code", &watched.meta.code(CODE));
    watched.hands_over(&running, CODE, 1);
    let lines = || running.stderr();
    let opened = || {
        lines()
            .iter()
            .filter(|line| line.contains("watching"))
            .count()
    };
    assert!(
        wait_until(2 * PATIENCE, || opened() == 2),
        "{}",
        running.talk()
    );
}

#[test]
fn a_clock_that_ran_ahead_hides_nothing_that_comes_after_it() {
    let watched = Watched::new("");
    let maildir = watched.maildir();
    // Something was put there, or taken away, while the clock was a year ahead.
    let ahead = SystemTime::now() + Duration::from_hours(366 * 24);
    let cur = File::open(maildir.join("cur")).unwrap();
    cur.set_modified(ahead).unwrap();
    let mut running = watched.run();
    deliver(&maildir, "1.code", &watched.meta.code(CODE));
    watched.hands_over(&running, CODE, 1);
    assert!(running.stop(PATIENCE).success());
    deliver(&maildir, "2.code", &watched.meta.code("771204"));
    let mut running = watched.run();
    watched.hands_over(&running, "771204", 2);
    assert!(running.stop(PATIENCE).success());

    // The program itself read by such a clock.
    let database = Connection::open(watched.home.state().join("sustained.db")).unwrap();
    let query = "UPDATE mailbox SET uid_next = uid_next + 31622400";
    database.execute(query, []).unwrap();
    drop(database);
    deliver(&maildir, "3.code", &watched.meta.code("305518"));
    let running = watched.run();
    watched.hands_over(&running, "305518", 3);
    assert_eq!(watched.step.handed_over().len(), 3, "each once");
}

#[test]
fn a_file_system_that_does_not_answer_keeps_nobody_else_waiting() {
    if !strace::is_installed() {
        return;
    }
    let watched = Watched::with_sweep("folders = [\"INBOX\", \"Far\"]", "2 s");
    let far = watched.maildir().join(".Far");
    make(&far);
    let mut running = watched.run();
    // As on a server that is gone: a call on that folder does not return.
    let path = |place| ["-P".to_owned(), far.join(place).display().to_string()];
    let mut options = [path("new"), path("cur")].concat();
    options.extend(["-f", "-e", "inject=all:delay_enter=600000000"].map(str::to_owned));
    let log = watched.home.path().join("calls");
    let Some(held) = Strace::attach(running.pid(), &options, &log) else {
        return;
    };
    let said = running.wait_for_line("the file system does not answer", PATIENCE);
    assert!(said.contains("WARN"), "{said}");
    deliver(&watched.maildir(), "1.code", &watched.meta.code(CODE));
    watched.hands_over(&running, CODE, 1);
    deliver(&far, "2.code", &watched.meta.code("771204"));
    drop(held);
    watched.hands_over(&running, "771204", 2);
    running.wait_for_line("heard again", PATIENCE);
    assert!(running.stop(PATIENCE).success());
}

#[test]
fn without_inotify_the_sweep_finds_what_comes_and_waits_until_it_is_whole() {
    if !Path::new("/usr/bin/strace").exists() {
        missing("strace", "strace");
        return;
    }
    // As on a network file system, where the events of other machines never come.
    let watched = Watched::with_sweep("", "2 s");
    let program = watched.home.command(&["run"]);
    let mut command = Command::new("/usr/bin/strace");
    // -D: the program is our child, and strace is beside it.
    command
        .args([
            "-D",
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            "trace=inotify_init1",
        ])
        .args(["-e", "inject=inotify_init1:error=EMFILE"])
        .arg(program.get_program())
        .args(program.get_args())
        .env_clear()
        .envs(
            program
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
    let running = Running::start(command);
    running.wait_for_line("no inotify", PATIENCE);
    let maildir = watched.maildir();
    deliver(&maildir, "1.code", &watched.meta.code(CODE));
    watched.hands_over(&running, CODE, 1);
    // Somebody writes slowly: longer than it takes to be called whole, never that long without
    // a byte.
    let code = watched.meta.code("771204");
    let mut file = File::create(maildir.join("new/2.code")).unwrap();
    for piece in code.chunks(code.len() / 30) {
        file.write_all(piece).unwrap();
        wait_until(Duration::from_millis(100), || false);
    }
    watched.hands_over(&running, "771204", 2);
    assert!(
        !log::types(&watched.home)
            .iter()
            .any(|event| event.starts_with("mail."))
    );
}
