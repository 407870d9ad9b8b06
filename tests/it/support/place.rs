//! One mailbox in a Maildir, watched by the real program with a submission step: what a test needs
//! that is not about the network.

use std::fs;
use std::path::{Path, PathBuf};

use super::PATIENCE;
use super::meta::Meta;
use super::process::{Home, Running};
use super::step::Step;

/// A home, its Maildir, its step, and Meta.
pub struct Place {
    pub home: Home,
    pub step: Step,
    pub meta: Meta,
}

impl Place {
    /// A mailbox with these keys, and a step that takes every code.
    pub fn new(mailbox: &str) -> Self {
        Self::ending(mailbox, "exit 0")
    }

    /// A step that ends as it is told (shell).
    pub fn ending(mailbox: &str, ending: &str) -> Self {
        let home = Home::empty();
        let step = Step::ending(&home, ending);
        let table = step.table().to_owned();
        Self::with(home, step, mailbox, &table)
    }

    /// No submission step: the person is told that a code waits.
    pub fn without_step(mailbox: &str) -> Self {
        let home = Home::empty();
        let step = Step::new(&home);
        Self::with(home, step, mailbox, "")
    }

    /// Puts another mailbox before the one that there is: `you`, with a Maildir of its own.
    pub fn add_another(&self) {
        let maildir = self.home.path().join("Other");
        make(&maildir);
        let config = fs::read_to_string(self.home.config()).unwrap();
        let other = format!(
            "[[mailbox]]\nname = \"you\"\naddress = \"you@example.org\"\n\
             accounts = [\"facebook\"]\nmaildir = {:?}\n\n",
            maildir.display().to_string()
        );
        fs::write(self.home.config(), config + "\n" + &other).unwrap();
    }

    /// No program as the submission step, but what `tables` says.
    pub fn with_tables(mailbox: &str, tables: &str) -> Self {
        let home = Home::empty();
        let step = Step::new(&home);
        Self::with(home, step, mailbox, tables)
    }

    fn with(home: Home, step: Step, mailbox: &str, tables: &str) -> Self {
        let meta = Meta::new();
        let maildir = home.path().join("Maildir");
        make(&maildir);
        let config = format!(
            "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\n{mailbox}\n\
             maildir = {:?}\n\n[[alert]]\nurl = \"stdout:\"\n\n\
             [watch]\nsweep = \"1 s\"\ndeaf_after = \"2 h\"\n\n{tables}\n{}",
            maildir.display().to_string(),
            meta.pinned_keys(),
        );
        home.write("config/sustained/config.toml", &config);
        Self { home, step, meta }
    }

    /// Starts the program and waits until it watches.
    pub fn run(&self) -> Running {
        let running = self.home.run();
        running.wait_for_line("watching", PATIENCE);
        running
    }

    /// Written aside and then moved, as delivery agents do.
    pub fn deliver(&self, name: &str, raw: &[u8]) {
        let path =
            |place: &str| -> PathBuf { self.home.path().join("Maildir").join(place).join(name) };
        fs::write(path("tmp"), raw).unwrap();
        fs::rename(path("tmp"), path("new")).unwrap();
    }
}

/// An empty Maildir.
fn make(maildir: &Path) {
    for part in ["new", "cur", "tmp"] {
        fs::create_dir_all(maildir.join(part)).unwrap();
    }
}
