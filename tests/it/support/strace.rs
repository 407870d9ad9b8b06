//! System calls of a running program that fail, or kill it, on demand: Debian's `strace`.
//!
//! It follows one thread: calls are counted for each thread by itself, and a count must not depend
//! on what the others do meanwhile.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::process::Running;
use super::{PATIENCE, missing, skipped, wait_until};

const STRACE: &str = "/usr/bin/strace";

/// Whether it is there; says so if not.
pub fn is_installed() -> bool {
    let is_there = Path::new(STRACE).exists();
    if !is_there {
        missing("strace", "strace");
    }
    is_there
}

/// A `strace` at work; the program goes on undisturbed when it is dropped.
pub struct Strace {
    child: Child,
}

impl Strace {
    /// Holds on to one thread of a program, until the thread is gone; `None` if the system does
    /// not allow that.
    pub fn attach(thread: u32, options: &[String], log: &Path) -> Option<Self> {
        let child = Command::new(STRACE)
            .args(["-qq", "-p", &thread.to_string(), "-o"])
            .arg(log)
            .args(options)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut strace = Self { child };
        wait_until(PATIENCE, || is_traced(thread) || strace.has_ended());
        // It may have been killed at once.
        if strace.has_ended() && is_there(thread) {
            skipped("strace may not hold on to a running program (kernel.yama.ptrace_scope)");
            return None;
        }
        Some(strace)
    }

    fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }
}

/// A command that is traced from its beginning, in its first thread only; the program is the
/// test's own child, with `strace` beside it.
pub fn traced(program: &Command, options: &[String], log: &Path) -> Command {
    let mut command = Command::new(STRACE);
    command.args(["-D", "-qq", "-o"]).arg(log).args(options);
    command.arg(program.get_program()).args(program.get_args());
    let envs = program.get_envs();
    command
        .env_clear()
        .envs(envs.filter_map(|(name, value)| Some((name, value?))));
    command
}

impl Drop for Strace {
    fn drop(&mut self) {
        // Asked politely it lets go; killed it would leave the program stopped.
        kill_process(Pid::from_child(&self.child), Signal::TERM).ok();
        self.child.wait().ok();
    }
}

fn is_there(thread: u32) -> bool {
    // One that was killed and not yet waited for has no memory any more.
    fs::read_to_string(format!("/proc/{thread}/status"))
        .is_ok_and(|status| status.contains("VmRSS:"))
}

fn is_traced(thread: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{thread}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("TracerPid:"));
    line.is_some_and(|line| !line.ends_with("\t0"))
}

/// The thread of the one writer: the only one beside the first that bears the program's name once
/// the database was looked through.
pub fn writing_thread(running: &Running) -> u32 {
    let mut threads = Vec::new();
    let is_alone = wait_until(PATIENCE, || {
        threads = unnamed_threads(running.pid());
        threads.len() == 1
    });
    assert!(is_alone, "{threads:?}\n{}", running.talk());
    threads[0]
}

fn unnamed_threads(pid: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten();
    let tasks = tasks.flatten().map(|entry| entry.path());
    let is_unnamed = |path: &PathBuf| {
        fs::read_to_string(path.join("comm")).is_ok_and(|name| name.trim_end() == "sustained")
    };
    let number = |path: PathBuf| path.file_name()?.to_str()?.parse().ok();
    tasks
        .filter(is_unnamed)
        .filter_map(number)
        .filter(|thread| *thread != pid)
        .collect()
}

/// How often each of `calls` stands in a log.
pub fn counted<'a>(log: &Path, calls: &[&'a str]) -> Vec<(&'a str, u32)> {
    let text = fs::read_to_string(log).unwrap();
    let count = |call: &str| {
        let begin = format!("{call}(");
        text.lines().filter(|line| line.starts_with(&begin)).count()
    };
    calls
        .iter()
        .map(|call| (*call, u32::try_from(count(call)).unwrap()))
        .collect()
}
