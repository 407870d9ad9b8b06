//! What the real IMAP servers of the tests share: where their files are, whom these belong to, a
//! free port, processes that end with the test, and one whole [`Server`] in plain text.
//!
//! SECURITY: every server listens on loopback only, and all of its processes end with the test:
//! when [`Processes`] is dropped, or when the pipe to them closes because the test is gone.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Permissions};
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tempfile::TempDir;

use super::wire::Wire;
use super::{PATIENCE, wait_until};

/// The login name of every [`Server`].
pub const LOGIN: &str = "me";

/// The password of every server; any other is refused.
pub const PASSWORD: &str = "correct-horse";

/// Another process may take the free port before a server does; so often in a row it does not.
pub const PORT_TRIES: u32 = 5;

/// A server, with a watchman in its process group that ends the group when the pipe closes.
/// The pipe moves away from descriptor 0 because a shell gives its background jobs /dev/null.
const WATCHED: &str =
    r#"exec 3<&0 </dev/null; (cat <&3 >/dev/null; kill -9 0) & exec "$0" "$@" 3<&-"#;

/// Where `./test` unpacks the packages that cannot be installed beside each other.
const UNPACKED: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/servers");

/// The root folder under which Debian's `program` is: unpacked by `./test`, or the machine's own.
pub fn root_of(program: &str) -> Option<PathBuf> {
    [UNPACKED, "/"]
        .map(PathBuf::from)
        .into_iter()
        .find(|root| root.join(program).is_file())
}

/// The folders of libraries under `root`, for `LD_LIBRARY_PATH`; `further` are looked into last.
pub fn libraries(root: &Path, further: &str) -> OsString {
    let mut folders = Vec::new();
    for library in ["usr/lib", "lib"].map(|name| root.join(name)) {
        let entries = fs::read_dir(&library).into_iter().flatten().flatten();
        // Debian has a folder for each architecture, such as x86_64-linux-gnu.
        let of_architecture = entries
            .map(|entry| entry.path())
            .filter(|path| path.to_string_lossy().contains("-linux-gnu"));
        folders.extend(of_architecture);
        folders.push(library);
    }
    folders.push(root.join(further));
    std::env::join_paths(folders).unwrap()
}

/// Runs a command to its good end, with `input` on its standard input.
pub fn feed(command: &mut Command, input: &str) {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success(), "{command:?} fails");
}

/// A folder that a server's other users can pass through.
pub fn folder(prefix: &str) -> TempDir {
    let folder = TempDir::with_prefix(prefix).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
    folder
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// Whom the mail belongs to.
pub struct Owner {
    /// Whether the tests run as root, and the owner is somebody else.
    pub is_root: bool,
    pub user: String,
    pub group: String,
    pub uid: u32,
    pub gid: u32,
}

impl Owner {
    /// As root, Debian's `mail`; else whoever runs us.
    pub fn of_the_machine() -> Self {
        let is_root = id("-u", None) == "0";
        let user = is_root.then_some("mail");
        Self {
            is_root,
            user: id("-un", user),
            group: id("-gn", user),
            uid: id("-u", user).parse().unwrap(),
            gid: id("-g", user).parse().unwrap(),
        }
    }

    /// Gives a file or folder to the mail's owner.
    pub fn give(&self, path: &Path) {
        if fs::metadata(path).unwrap().uid() != self.uid {
            chown(path, Some(self.uid), Some(self.gid)).unwrap();
        }
    }
}

fn id(flag: &str, user: Option<&str>) -> String {
    let output = Command::new("id").arg(flag).args(user).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A server's processes, ended at once on drop.
pub struct Processes {
    leader: Child,
}

impl Processes {
    /// Starts `command` in a process group of its own; what it prints is added to `log`.
    pub fn start(command: &[impl AsRef<OsStr>], libraries: &OsStr, log: &Path) -> Self {
        let log = File::options().create(true).append(true).open(log).unwrap();
        let leader = Command::new("sh")
            .args(["-c", WATCHED])
            .args(command)
            .env("LD_LIBRARY_PATH", libraries)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .process_group(0)
            .spawn()
            .unwrap();
        Self { leader }
    }

    /// Waits until the server `answers`; `false` if it ended instead.
    pub fn run_until(&mut self, answers: impl Fn() -> bool) -> bool {
        let mut ended = false;
        wait_until(PATIENCE, || {
            ended = self.leader.try_wait().unwrap().is_some();
            ended || answers()
        });
        !ended
    }

    /// Asks the server to end, as an init system does, and waits until it has.
    pub fn end(mut self) {
        kill_process(Pid::from_child(&self.leader), Signal::TERM).ok();
        wait_until(PATIENCE, || {
            self.leader.try_wait().is_ok_and(|end| end.is_some())
        });
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        kill_process_group(Pid::from_child(&self.leader), Signal::KILL).ok();
        self.leader.wait().ok();
    }
}

/// How a server is started.
pub struct Plan {
    pub command: Vec<OsString>,
    /// Its `LD_LIBRARY_PATH`.
    pub libraries: OsString,
    /// The file that says on which port it listens, and its text with `@PORT@` in it.
    pub settings: (PathBuf, String),
}

/// A running server in plain text, ended on drop.
pub struct Server {
    plan: Plan,
    port: u16,
    processes: Option<Processes>,
    // Last, so that the processes are gone before their folder is.
    folder: TempDir,
}

impl Server {
    /// Starts a server whose files are in `folder`, and waits until it answers.
    pub fn start(folder: TempDir, plan: Plan) -> Self {
        let mut server = Self {
            plan,
            port: 0,
            processes: None,
            folder,
        };
        let started = (0..PORT_TRIES).any(|_| {
            server.port = free_port();
            server.run()
        });
        assert!(started, "the server does not start:\n{}", server.log());
        server
    }

    /// The IMAP port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What the server has printed.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Ends the server as a power cut does: no BYE; the port refuses connections, the mail stays.
    pub fn stop(&mut self) {
        self.processes = None;
        let gone = wait_until(PATIENCE, || Wire::in_plain_text(self.port).is_err());
        assert!(gone, "the server does not end:\n{}", self.log());
    }

    /// Starts a stopped server again, on the same port and with the same mail.
    pub fn restart(&mut self) {
        self.stop();
        // Old connections may hold the port for a moment.
        let started = wait_until(PATIENCE, || self.run());
        assert!(started, "the server does not start again:\n{}", self.log());
    }

    /// A connection of the barest client, logged in.
    pub fn client(&self) -> Wire {
        let mut wire = Wire::in_plain_text(self.port).unwrap();
        wire.sign_in(LOGIN, PASSWORD).unwrap();
        wire
    }

    /// Puts a message into `folder`.
    pub fn deliver(&self, folder: &str, raw: &[u8]) {
        self.client().append(folder, raw).unwrap();
    }

    /// Runs the program until it answers; `false` if it ended instead.
    fn run(&mut self) -> bool {
        let (path, text) = &self.plan.settings;
        fs::write(path, text.replace("@PORT@", &self.port.to_string())).unwrap();
        let log = self.folder.path().join("log");
        let mut processes = Processes::start(&self.plan.command, &self.plan.libraries, &log);
        let runs = processes.run_until(|| Wire::in_plain_text(self.port).is_ok());
        self.processes = runs.then_some(processes);
        runs
    }
}
