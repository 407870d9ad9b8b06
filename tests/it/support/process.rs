//! The real program as a child process, in a home of its own.
//!
//! A [`Home`] is what outlives the process: configuration and state. Start, kill and start again
//! in the same home, and the test sees what a crash leaves.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::wait_until;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_sustained");

/// A configuration and a state folder that nobody else uses.
pub struct Home {
    folder: TempDir,
}

impl Home {
    /// A home without a configuration.
    pub fn empty() -> Self {
        let folder = TempDir::with_prefix("sustained-").unwrap();
        for name in ["config", "config/sustained", "state"] {
            let path = folder.path().join(name);
            fs::create_dir(&path).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o700)).unwrap();
        }
        Self { folder }
    }

    /// A home with this configuration, which only its owner can read.
    pub fn new(config: &str) -> Self {
        let home = Self::empty();
        home.write("config/sustained/config.toml", config);
        home
    }

    /// The home's folder, for what else a test needs.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The configuration file.
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("config/sustained/config.toml")
    }

    /// The state folder.
    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// Writes a file that only its owner can read, and returns its path.
    pub fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// A command of the program that sees this home and nothing of the machine's own.
    pub fn command(&self, args: &[&str]) -> Command {
        let home = self.folder.path();
        let mut command = Command::new(PROGRAM);
        command.args(args).current_dir(home);
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", home);
        command.env("XDG_CONFIG_HOME", home.join("config"));
        command.env("STATE_DIRECTORY", self.state());
        command
    }

    /// Starts the daemon with this home's configuration.
    pub fn run(&self) -> Running {
        let config = self.config();
        Running::start(self.command(&["run", "--config", config.to_str().unwrap()]))
    }

    /// Runs a verb to its end, with `input` on its standard input.
    pub fn output(&self, args: &[&str], input: &[u8]) -> Output {
        let mut command = self.command(args);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        // In a thread: a verb may print more than a pipe holds before it has read everything.
        let writer = thread::spawn(move || stdin.write_all(&input).ok());
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        output
    }
}

/// A running process; killed on drop.
pub struct Running {
    child: Child,
    stdout: Capture,
    stderr: Capture,
}

impl Running {
    /// Starts a command and collects what it prints.
    pub fn start(mut command: Command) -> Self {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = Capture::of(child.stdout.take().unwrap());
        let stderr = Capture::of(child.stderr.take().unwrap());
        Self {
            child,
            stdout,
            stderr,
        }
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its memory in KiB by one of the kernel's measures: `VmRSS` now, `VmHWM` at the most.
    pub fn memory_kib(&self, measure: &str) -> u32 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with(measure));
        let kib = line.and_then(|line| line.split_whitespace().nth(1));
        kib.unwrap().parse().unwrap()
    }

    /// The lines printed to standard output so far.
    pub fn stdout(&self) -> Vec<String> {
        self.stdout.lines()
    }

    /// The lines printed to standard error so far.
    pub fn stderr(&self) -> Vec<String> {
        self.stderr.lines()
    }

    /// Everything printed so far, for the message of a failed test.
    pub fn talk(&self) -> String {
        let (stdout, stderr) = (self.stdout().join("\n"), self.stderr().join("\n"));
        format!("standard output:\n{stdout}\nstandard error:\n{stderr}")
    }

    /// Waits for a line with `part` in it on either output, and returns the line.
    pub fn wait_for_line(&self, part: &str, deadline: Duration) -> String {
        let mut found = None;
        wait_until(deadline, || {
            let lines = [self.stdout(), self.stderr()].concat();
            found = lines.into_iter().find(|line| line.contains(part));
            found.is_some()
        });
        found.unwrap_or_else(|| panic!("no line says {part:?}\n{}", self.talk()))
    }

    /// Whether the process is still there.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for the process to end by itself; afterwards everything it printed is collected.
    pub fn wait(&mut self, deadline: Duration) -> ExitStatus {
        let ended = wait_until(deadline, || !self.is_running());
        assert!(ended, "it does not end\n{}", self.talk());
        self.stdout.finish();
        self.stderr.finish();
        self.child.wait().unwrap()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Asks the process to end, as systemd does, and waits until it has.
    pub fn stop(&mut self, deadline: Duration) -> ExitStatus {
        self.signal(Signal::TERM);
        self.wait(deadline)
    }

    /// Ends the process as a power cut does: at once, wherever it is.
    pub fn kill9(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Lines of one output, collected while the process runs.
struct Capture {
    lines: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
}

impl Capture {
    fn of(output: impl Read + Send + 'static) -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let ours = Arc::clone(&lines);
        let reader = thread::spawn(move || {
            let mut output = BufReader::new(output);
            let mut line = Vec::new();
            while output
                .read_until(b'\n', &mut line)
                .is_ok_and(|length| length > 0)
            {
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                ours.lock().unwrap().push(text);
                line.clear();
            }
        });
        Self {
            lines,
            reader: Some(reader),
        }
    }

    fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// Waits for the end of the output, unless a grandchild still holds it open.
    fn finish(&mut self) {
        let Some(reader) = self.reader.take() else {
            return;
        };
        if wait_until(Duration::from_secs(1), || reader.is_finished()) {
            reader.join().unwrap();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::Command;
    use std::time::Duration;

    use super::super::PATIENCE;
    use super::{Home, PROGRAM, Running};

    fn shell(script: &str) -> Running {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Running::start(command)
    }

    #[test]
    fn what_a_process_says_is_heard_while_it_runs() {
        let mut running = shell("echo one; echo two >&2; exec sleep 60");
        assert_eq!(running.wait_for_line("on", PATIENCE), "one");
        assert_eq!(running.wait_for_line("tw", PATIENCE), "two");
        assert!(running.is_running() && running.pid() > 0);
        assert_eq!(running.stop(PATIENCE).signal(), Some(15));
        assert_eq!((running.stdout().len(), running.stderr().len()), (1, 1));
    }

    #[test]
    fn a_process_that_will_not_end_is_killed() {
        let mut running = shell("trap '' TERM; echo ready; while :; do sleep 1; done");
        running.wait_for_line("ready", PATIENCE);
        let stop = std::panic::AssertUnwindSafe(|| running.stop(Duration::from_millis(50)));
        assert!(std::panic::catch_unwind(stop).is_err());
        let mut running = shell("exec sleep 60");
        running.kill9();
        assert!(!running.is_running());
    }

    #[test]
    fn a_home_is_private_and_the_program_runs_in_it() {
        let home = Home::new("# nothing\n");
        let mode = |path| std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(path).unwrap());
        assert_eq!(mode(home.config()) & 0o777, 0o600);
        assert_eq!(mode(home.state()) & 0o777, 0o700);
        let command = home.command(&["read", "-"]);
        assert_eq!(command.get_program(), PROGRAM);
        assert_eq!(command.get_current_dir(), Some(home.path()));
        // Whatever it says, it ends, and its input was taken off our hands.
        home.output(&["--help"], &vec![b'x'; 100_000]);
        home.run().wait(PATIENCE);
    }
}
