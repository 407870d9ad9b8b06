//! The whole way: the real daemon, systemd's own socket activation, and a program behind it.

use super::*;
use crate::support::shows;

/// systemd-socket-activate in the place of the .socket unit; ended on drop with what it started.
struct Unit(Child);

impl Unit {
    /// Listens at `socket` and starts `submit-here` for each connection; `None` if systemd's
    /// program is not installed.
    fn listen(socket: &Path, program: &Path) -> Option<Self> {
        use std::os::unix::process::CommandExt as _;
        let mut command = Command::new("systemd-socket-activate");
        command
            .args(["--accept", "--inetd", "--listen"])
            .arg(socket)
            .args([PROGRAM, "submit-here", "--"])
            .arg(program)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0);
        let Ok(child) = command.spawn() else {
            missing("systemd-socket-activate", "systemd");
            return None;
        };
        assert!(wait_until(PATIENCE, || socket.exists()));
        Some(Self(child))
    }
}

impl Drop for Unit {
    fn drop(&mut self) {
        kill_process_group(Pid::from_child(&self.0), Signal::KILL).ok();
        self.0.wait().ok();
    }
}

/// A home with a Maildir, whose codes go to a socket.
struct Journey {
    home: Home,
    meta: Meta,
    socket: PathBuf,
}

impl Journey {
    fn new() -> Self {
        let (home, meta) = (Home::empty(), Meta::new());
        let socket = home.path().join("submit.sock");
        let maildir = home.path().join("Maildir");
        for place in ["new", "cur", "tmp"] {
            fs::create_dir_all(maildir.join(place)).unwrap();
        }
        let config = format!(
            "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\naccounts = [\"facebook\"]\n\
             maildir = {:?}\n[[alert]]\nurl = \"stdout:\"\n[submission]\n\
             command = [{PROGRAM:?}, \"submit-via\", {:?}]\n{}",
            maildir.display().to_string(),
            socket.display().to_string(),
            meta.pinned_keys()
        );
        home.write("config/sustained/config.toml", &config);
        Self { home, meta, socket }
    }

    fn deliver(&self, code: &str) {
        let maildir = self.home.path().join("Maildir");
        let draft = maildir.join("tmp").join(code);
        fs::write(&draft, self.meta.code(code)).unwrap();
        fs::rename(draft, maildir.join("new").join(code)).unwrap();
    }
}

#[test]
fn a_code_waits_for_the_socket_and_is_typed_by_the_program_behind_it() {
    let journey = Journey::new();
    let step = Step::new(&journey.home);
    let running = journey.home.run();
    journey.deliver("482913");
    running.wait_for_line("asks to try again later", PATIENCE);
    let program = journey.home.path().join("step.sh");
    let Some(_unit) = Unit::listen(&journey.socket, &program) else {
        return;
    };
    assert!(Step::has_code(&step.wait_for(1), "482913"));
    log::wait_for(&journey.home, "submission.accepted");
    assert!(
        !shows(&running.talk(), "482913"),
        "the code stands in the log"
    );
}

#[test]
fn a_refusal_comes_back_with_its_reason_and_a_broken_unit_is_a_doubt() {
    let journey = Journey::new();
    let refuses = program(
        journey.home.path(),
        "read letter; case $letter in *482913*) echo 'code 482913 is wrong' >&2; exit 3;; esac\n\
         kill -9 $PPID",
    );
    let Some(_unit) = Unit::listen(&journey.socket, &refuses) else {
        return;
    };
    let running = journey.home.run();
    journey.deliver("482913");
    let failed = log::wait_for(&journey.home, "submission.failed");
    assert_eq!(failed["reason"], "code •••• is wrong");
    journey.deliver("771204");
    let doubtful = log::wait_for(&journey.home, "submission.doubtful");
    let reason = doubtful["reason"].as_str().unwrap();
    assert!(reason.contains("may or may not have typed"), "{reason}");
    assert!(
        !shows(&running.talk(), "771204"),
        "the code stands in the log"
    );
}
