//! A program on a terminal of its own: what is sent to it, and what a person sees of that.
//!
//! It knows the few orders that this program gives to a terminal, and fails at any other.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use super::{PATIENCE, wait_until};

/// What of the program is on the terminal; the rest is where its command says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// Standard input, too.
    All,
    /// Standard output and standard error.
    Both,
    /// Standard error alone.
    Error,
}

/// A program on a terminal; killed on drop.
pub struct Terminal {
    child: Child,
    keyboard: File,
    /// So many bytes of what was sent were answered.
    answered: usize,
    sent: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

/// A command for a terminal of the kind that everybody has, in a place where UTF-8 is written.
pub fn usual(mut command: Command) -> Command {
    command
        .env("TERM", "xterm-256color")
        .env("LANG", "C.UTF-8")
        .stdin(Stdio::null());
    command
}

impl Terminal {
    /// Starts a command on a terminal so many columns wide.
    pub fn start(mut command: Command, columns: u16, on: On) -> Self {
        let near = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&near).unwrap();
        unlockpt(&near).unwrap();
        let name = ptsname(&near, vec![]).unwrap().into_string().unwrap();
        let far = OpenOptions::new()
            .read(true)
            .write(true)
            .open(name)
            .unwrap();
        let size = Winsize {
            ws_row: 50,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&near, size).unwrap();
        if on == On::All {
            command.stdin(far.as_fd().try_clone_to_owned().unwrap());
        }
        if on != On::Error {
            command.stdout(far.as_fd().try_clone_to_owned().unwrap());
        }
        command.stderr(far);
        let child = command.spawn().unwrap();
        // The command holds the terminal, too: its end would never be seen.
        drop(command);
        let sent = Arc::<Mutex<Vec<u8>>>::default();
        let (ours, mut near) = (Arc::clone(&sent), File::from(near));
        let keyboard = near.try_clone().unwrap();
        let reader = thread::spawn(move || {
            let mut some = [0; 4096];
            // A terminal whose other end is closed is an error to read from.
            while let Ok(length @ 1..) = near.read(&mut some) {
                ours.lock().unwrap().extend_from_slice(&some[..length]);
            }
        });
        Self {
            child,
            keyboard,
            answered: 0,
            sent,
            reader: Some(reader),
        }
    }

    /// What the program wants to read.
    pub fn stdin(&mut self) -> std::process::ChildStdin {
        self.child.stdin.take().unwrap()
    }

    /// Everything that was sent to the terminal so far.
    pub fn sent(&self) -> String {
        String::from_utf8_lossy(&self.sent.lock().unwrap()).into_owned()
    }

    /// Types a line once these words were sent after those that the last one answered.
    pub fn answer(&mut self, words: &str, line: &str) {
        let from = self.answered;
        let found = || {
            self.sent()[from..]
                .find(words)
                .map(|at| from + at + words.len())
        };
        let there = wait_until(PATIENCE, || found().is_some());
        assert!(there, "{words:?} was not sent: {:?}", self.sent());
        self.answered = found().unwrap();
        writeln!(self.keyboard, "{line}").unwrap();
    }

    /// Whether the terminal shows what is typed.
    pub fn shows_typing(&self) -> bool {
        let modes = tcgetattr(&self.keyboard).unwrap().local_modes;
        modes.contains(LocalModes::ECHO)
    }

    /// Waits until these words were sent.
    pub fn wait_for(&self, words: &str) {
        let there = wait_until(PATIENCE, || self.sent().contains(words));
        assert!(there, "{words:?} was not sent: {:?}", self.sent());
    }

    /// Asks the program to end, as the terminal does at Ctrl-C.
    pub fn interrupt(&self) {
        kill_process(Pid::from_child(&self.child), Signal::INT).unwrap();
    }

    /// Asks the program to end, as the terminal does at Ctrl-\.
    pub fn quit(&self) {
        kill_process(Pid::from_child(&self.child), Signal::QUIT).unwrap();
    }

    /// Waits for the program's end; then everything was sent.
    pub fn wait(&mut self) -> ExitStatus {
        let ended = wait_until(PATIENCE, || self.child.try_wait().unwrap().is_some());
        assert!(ended, "it does not end: {:?}", self.sent());
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        self.child.wait().unwrap()
    }

    /// Runs a command to its end, and gives what was sent to the terminal.
    pub fn show(command: Command, columns: u16) -> String {
        let mut terminal = Self::start(usual(command), columns, On::Both);
        terminal.wait();
        terminal.sent()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// What is sent without the orders for colours and the like (ECMA-48, 8.3.117). Whatever else is an
/// order stays.
pub fn uncoloured(sent: &str) -> String {
    let mut parts = sent.split("\u{1b}[");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let parameters = part.find(|c: char| !c.is_ascii_digit() && c != ';');
        match parameters.map(|at| part.split_at(at)) {
            Some((_, rest)) if rest.starts_with('m') => text.push_str(&rest[1..]),
            _ => text.extend(["\u{1b}[", part]),
        }
    }
    text
}

/// What a person sees at the end, line by line, of what was sent.
pub fn seen(sent: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    let (mut row, mut column) = (0, 0);
    let sent = uncoloured(sent);
    let mut letters = sent.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\r' => column = 0,
            '\n' => {
                row += 1;
                lines.resize(lines.len().max(row + 1), String::new());
            }
            '\u{1b}' => {
                let mut order: String = letters.by_ref().skip(1).take(1).collect();
                while !order.ends_with(char::is_alphabetic) {
                    order.extend(letters.next());
                }
                match order.as_str() {
                    "2K" => lines[row].clear(),
                    "K" | "0K" => lines[row] = lines[row].chars().take(column).collect(),
                    "1A" => row -= 1,
                    _ => panic!("an order that no person sees through: {order:?}"),
                }
            }
            letter => {
                let mut line: Vec<char> = lines[row].chars().collect();
                line.resize(line.len().max(column + 1), ' ');
                line[column] = letter;
                lines[row] = line.into_iter().collect();
                column += 1;
            }
        }
    }
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{seen, uncoloured};

    #[test]
    fn what_is_cleared_is_not_seen() {
        assert_eq!(seen("a\r\nbar 10 %\r\u{1b}[2Kb\r\n"), ["a", "b"]);
        assert_eq!(seen("long text\rshort\u{1b}[K"), ["short"]);
        assert_eq!(seen("\u{1b}[1m\u{1b}[31mred\u{1b}[0m"), ["red"]);
        assert_eq!(seen("bar\r\u{1b}[2K"), [] as [&str; 0]);
        assert_eq!(uncoloured("a\u{1b}]0;owned\u{7}"), "a\u{1b}]0;owned\u{7}");
        assert_eq!(uncoloured("a\u{1b}[2Jb"), "a\u{1b}[2Jb");
    }
}
