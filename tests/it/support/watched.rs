//! One mailbox watched by the real program, with a submission step: what most journeys need.

use super::meta::Meta;
use super::process::{Home, Running};
use super::step::Step;
use super::{PATIENCE, log, wait_until};

/// What a test says of its mailbox. The other settings are the same for all.
pub struct Mailbox<'a> {
    /// The inside of `imap = { … }`.
    pub imap: String,
    /// What lets the program in: [`password`], or an issuer's table.
    pub access: String,
    /// What stands in `folders`.
    pub folders: &'a [&'a str],
    /// How often it is looked at. An hour, and only a wake-up explains a wake-up.
    pub sweep: &'a str,
}

impl Mailbox<'_> {
    /// The inbox of a server that speaks plain text on this port.
    pub fn in_plain_text(port: u16, login: &str) -> Self {
        Self {
            imap: format!(r#"host = "127.0.0.1", port = {port}, tls = "none", login = "{login}""#),
            access: password(super::server::PASSWORD),
            folders: &["INBOX"],
            sweep: "10 min",
        }
    }

    /// A home with this mailbox and a submission step, where nothing runs yet.
    pub fn home(&self, meta: &Meta) -> (Home, Step) {
        let home = Home::empty();
        let step = Step::new(&home);
        let Self {
            imap,
            access,
            folders,
            sweep,
        } = self;
        let config = format!(
            "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\naccounts = [\"facebook\"]\n\
             imap = {{ {imap} }}\n{access}\nfolders = {folders:?}\n\n\
             [[alert]]\nurl = \"stdout:\"\n\n[watch]\nsweep = \"{sweep}\"\ndeaf_after = \"2 h\"\n\n\
             {}\n{}",
            step.table(),
            meta.pinned_keys(),
        );
        home.write("config/sustained/config.toml", &config);
        (home, step)
    }
}

/// The `password` key.
pub fn password(password: &str) -> String {
    format!("password = {{ value = {password:?} }}")
}

/// A running program, its home, and the step that it hands codes to.
pub struct Watched {
    pub home: Home,
    pub step: Step,
    pub running: Running,
}

impl Watched {
    /// Starts the program, which knows `meta`'s keys.
    pub fn start(meta: &Meta, mailbox: &Mailbox) -> Self {
        let (home, step) = mailbox.home(meta);
        let running = home.run();
        Self {
            home,
            step,
            running,
        }
    }

    /// Waits until so many lines of the program's log have `part` in them.
    pub fn wait_until_said(&self, part: &str, count: usize) {
        let said = || {
            let lines = self.running.stderr();
            lines.iter().filter(|line| line.contains(part)).count() >= count
        };
        assert!(wait_until(PATIENCE, said), "{}", self.running.talk());
    }

    /// Waits for the `count`th hand-over, which is of this code.
    pub fn hands_over(&self, code: &str, count: usize) {
        let there = wait_until(PATIENCE, || self.step.handed_over().len() >= count);
        assert!(there, "{}", self.running.talk());
        let handed = self.step.wait_for(count);
        assert!(Step::has_code(&handed, code), "another code");
        log::wait_for_count(&self.home, "submission.accepted", count);
    }

    /// Runs a verb beside the program, to its good end.
    pub fn run(&self, args: &[&str]) -> String {
        let config = self.home.config();
        let args = [args, &["--config", config.to_str().unwrap()]].concat();
        let output = self.home.output(&args, b"");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {said}{error}");
        said
    }
}
