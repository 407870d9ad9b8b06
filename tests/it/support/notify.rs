//! What the program tells systemd, heard on a socket of the test's own.

use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use super::process::{Home, Running};
use super::{PATIENCE, wait_until};

/// What ends the listening; the program never says it.
const END: &[u8] = b"END";

/// A service manager that only listens.
pub struct Systemd {
    socket: PathBuf,
    said: Arc<Mutex<Vec<String>>>,
    listener: Option<JoinHandle<()>>,
}

impl Systemd {
    /// Listens in this home.
    pub fn of(home: &Home) -> Self {
        let socket = home.path().join("notify");
        let said = Arc::<Mutex<Vec<String>>>::default();
        let (receiver, ours) = (UnixDatagram::bind(&socket).unwrap(), Arc::clone(&said));
        let listener = thread::spawn(move || {
            let mut message = [0; 1024];
            while let Ok(length) = receiver.recv(&mut message) {
                let message = &message[..length];
                if message == END {
                    return;
                }
                let text = String::from_utf8_lossy(message).trim_end().to_owned();
                ours.lock().unwrap().push(text);
            }
        });
        Self {
            socket,
            said,
            listener: Some(listener),
        }
    }

    /// Starts the daemon of a home, with a watchdog.
    pub fn run(&self, home: &Home) -> Running {
        let config = home.config();
        let mut command = home.command(&["run", "--config", config.to_str().unwrap()]);
        command.env("NOTIFY_SOCKET", &self.socket);
        command.env("WATCHDOG_USEC", "200000");
        Running::start(command)
    }

    /// Everything that was said so far, a message a line, without the watchdog's food.
    pub fn said(&self) -> Vec<String> {
        let said = self.said.lock().unwrap();
        let news = said.iter().filter(|message| *message != "WATCHDOG=1");
        news.cloned().collect()
    }

    /// How often the watchdog was fed.
    pub fn fed(&self) -> usize {
        let said = self.said.lock().unwrap();
        said.iter().filter(|said| *said == "WATCHDOG=1").count()
    }

    /// Whether a message with these words came.
    pub fn has_heard(&self, words: &str) -> bool {
        self.said().iter().any(|message| message.contains(words))
    }

    /// Waits until `count` messages with these words came.
    pub fn wait_for(&self, words: &str, count: usize) {
        let came = || {
            let said = self.said();
            said.iter().filter(|said| said.contains(words)).count() >= count
        };
        // The longest that may be waited for is the start, which is bounded to 15 s.
        let there = wait_until(2 * PATIENCE, came);
        assert!(there, "no {words:?} among {:#?}", self.said());
    }

    /// Waits until the status line has these words in it.
    pub fn wait_for_status(&self, words: &str) {
        let is_said = || {
            let said = self.said();
            let last = said.iter().rev().find(|said| said.starts_with("STATUS="));
            last.is_some_and(|last| last.contains(words))
        };
        let there = wait_until(2 * PATIENCE, is_said);
        assert!(there, "the status is not {words:?}: {:#?}", self.said());
    }
}

impl Drop for Systemd {
    fn drop(&mut self) {
        let sent = UnixDatagram::unbound().and_then(|socket| socket.send_to(END, &self.socket));
        if let Some(listener) = self.listener.take()
            && sent.is_ok()
        {
            listener.join().ok();
        }
    }
}
