//! A server that speaks from a script: literal bytes out, expected lines in, all of it recorded.
//!
//! It is for what a real server does not do on demand: tagged NO, silence, a literal of 268 MB, a
//! line without end. Plain text on a free loopback port, plain threads, so that it runs beside
//! anything. One script stands for one connection, in the order of connecting.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::transcript::{Record, masked};

/// How much of one of the server's messages a transcript shows.
const SHOWN: usize = 160;

/// One step of a script.
#[derive(Clone)]
pub enum Step {
    /// Says these bytes.
    Send(Vec<u8>, usize),
    /// Says these bytes again and again, until the client hangs up.
    Babble(Vec<u8>),
    /// Waits for a line that has these words after its tag, or at its beginning.
    Expect(String),
    /// Both of these: waits for a command and says the bytes.
    Answer(String, Vec<u8>),
    /// Closes the connection.
    Close,
    /// Keeps the connection open and says nothing more.
    Hold,
}

/// Says `bytes`. `TAG` at the beginning of a line becomes the tag of the last command.
pub fn send(bytes: impl AsRef<[u8]>) -> Step {
    send_repeated(bytes, 1)
}

/// Says `bytes` so many times, for lines and literals that would not fit into a test's memory.
pub fn send_repeated(bytes: impl AsRef<[u8]>, times: usize) -> Step {
    Step::Send(bytes.as_ref().to_vec(), times)
}

/// Says `bytes` again and again, until the client hangs up.
pub fn babble(bytes: impl AsRef<[u8]>) -> Step {
    Step::Babble(bytes.as_ref().to_vec())
}

/// Waits for a line that begins with `words`, before or after a tag; letter case does not matter.
pub fn expect(words: &str) -> Step {
    Step::Expect(words.to_owned())
}

/// Waits for a command and answers it: [`expect`] and [`send`] in one line.
pub fn answer(words: &str, bytes: impl AsRef<[u8]>) -> Step {
    Step::Answer(words.to_owned(), bytes.as_ref().to_vec())
}

/// Closes the connection.
pub fn close() -> Step {
    Step::Close
}

/// Keeps the connection open, silently, until the client or the test ends it.
pub fn hold() -> Step {
    Step::Hold
}

/// A running server; ends on drop, and fails the test if the client left a script unnoticed.
pub struct ImapScript {
    port: u16,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<()>>,
}

/// What the test and the server's threads both see.
struct Shared {
    record: Mutex<Record>,
    changed: Condvar,
}

impl ImapScript {
    /// Starts a server that follows one script a connection and repeats the last one for ever.
    pub fn start(scripts: Vec<Vec<Step>>) -> Self {
        Self::listen(scripts, true)
    }

    /// Starts a server that refuses connections when every script has been given out.
    pub fn start_then_refuse(scripts: Vec<Vec<Step>>) -> Self {
        Self::listen(scripts, false)
    }

    fn listen(scripts: Vec<Vec<Step>>, repeat: bool) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            record: Mutex::new(Record::of_server(!scripts.is_empty())),
            changed: Condvar::new(),
        });
        let theirs = Arc::clone(&shared);
        let listener = thread::spawn(move || accept(listener, &scripts, repeat, &theirs));
        Self {
            port,
            shared,
            listener: Some(listener),
        }
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How many connections there have been.
    pub fn connections(&self) -> usize {
        self.shared.record().connections.len()
    }

    /// Every line that the client sent, secrets included, of all connections in order of time.
    pub fn client_lines(&self) -> Vec<String> {
        self.shared.record().client_lines()
    }

    /// Waits until the client's lines are such; fails with the transcript if they never are.
    pub fn wait_for(&self, deadline: Duration, condition: impl Fn(&[String]) -> bool) {
        self.wait(deadline, |record| condition(&record.client_lines()));
    }

    /// Waits until `count` connections have followed their scripts to the last step.
    pub fn wait_for_completed(&self, count: usize, deadline: Duration) {
        self.wait(deadline, |record| record.completed >= count);
    }

    /// Waits until there have been `count` connections.
    pub fn wait_for_connections(&self, count: usize, deadline: Duration) {
        self.wait(deadline, |record| record.connections.len() >= count);
    }

    /// Waits until the client has ended `count` connections, as it must when a server is hostile.
    pub fn wait_for_hang_ups(&self, count: usize, deadline: Duration) {
        self.wait(deadline, |record| record.hang_ups >= count);
    }

    /// What both sides said, with passwords masked.
    pub fn transcript(&self) -> String {
        self.shared.record().transcript()
    }

    /// How the client left a script, if it did; a test that asks knows about it.
    pub fn deviation(&self) -> Option<String> {
        self.shared.record().deviation.take()
    }

    fn wait(&self, deadline: Duration, condition: impl Fn(&Record) -> bool) {
        let end = Instant::now() + deadline;
        let mut record = self.shared.record();
        loop {
            if condition(&record) {
                return;
            }
            let left = end.saturating_duration_since(Instant::now());
            let deviation = record.deviation.take();
            if deviation.is_some() || left.is_zero() {
                let why = deviation.unwrap_or("it did not happen in time".to_owned());
                let transcript = record.transcript();
                drop(record);
                panic!("{why}\n{transcript}");
            }
            record = self.shared.changed.wait_timeout(record, left).unwrap().0;
        }
    }
}

impl Drop for ImapScript {
    fn drop(&mut self) {
        let mut record = self.shared.record();
        record.stopped = true;
        for connection in &record.connections {
            connection.shutdown(Shutdown::Both).ok();
        }
        let unnoticed = record
            .deviation
            .take()
            .map(|why| (why, record.transcript()));
        let is_listening = record.is_listening;
        drop(record);
        if is_listening {
            // A last connection wakes the listener.
            TcpStream::connect(("127.0.0.1", self.port)).ok();
        }
        if let Some(listener) = self.listener.take() {
            listener.join().ok();
        }
        if let Some((why, transcript)) = unnoticed
            && !thread::panicking()
        {
            panic!("{why}\n{transcript}");
        }
    }
}

impl Shared {
    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap()
    }

    /// Changes the record and wakes who waits for it.
    fn note(&self, change: impl FnOnce(&mut Record)) {
        change(&mut self.record());
        self.changed.notify_all();
    }
}

/// Gives each connection its script and a thread.
fn accept(listener: TcpListener, scripts: &[Vec<Step>], repeat: bool, shared: &Arc<Shared>) {
    let mut threads = Vec::new();
    let mut listener = Some(listener);
    for number in 0.. {
        let script = scripts.get(number).or(scripts.last().filter(|_| repeat));
        let (Some(script), Some(listening)) = (script, &listener) else {
            break;
        };
        let Ok((stream, _)) = listening.accept() else {
            break;
        };
        if shared.record().stopped {
            break;
        }
        if !repeat && number + 1 == scripts.len() {
            // Before the first byte, so that a client that was served is refused from then on.
            listener = None;
        }
        let ours = stream.try_clone().unwrap();
        let is_listening = listener.is_some();
        shared.note(|record| {
            record.connections.push(ours);
            record.is_listening = is_listening;
        });
        let mut connection = Connection {
            number: number + 1,
            stream: BufReader::new(stream),
            tag: String::from("TAG"),
            shared: Arc::clone(shared),
        };
        let script = script.clone();
        threads.push(thread::spawn(move || connection.follow(&script)));
    }
    drop(listener);
    for thread in threads {
        thread.join().ok();
    }
}

/// One connection on its way through its script.
struct Connection {
    number: usize,
    stream: BufReader<TcpStream>,
    tag: String,
    shared: Arc<Shared>,
}

impl Connection {
    /// Takes one step after the other; a client that hangs up or deviates ends it.
    fn follow(&mut self, script: &[Step]) {
        for step in script {
            let goes_on = match step {
                Step::Send(bytes, times) => self.send(bytes, *times),
                Step::Babble(bytes) => {
                    while self.send(bytes, 1000) {}
                    false
                }
                Step::Expect(words) => self.expect(words),
                Step::Answer(words, bytes) => self.expect(words) && self.send(bytes, 1),
                Step::Close => {
                    self.say(false, "(closes)".to_owned());
                    self.hang_up();
                    true
                }
                Step::Hold => {
                    self.shared.note(|record| record.completed += 1);
                    while self.line().is_some() {}
                    return;
                }
            };
            if !goes_on {
                self.hang_up();
                return;
            }
        }
        self.shared.note(|record| record.completed += 1);
        self.hang_up();
    }

    fn send(&mut self, bytes: &[u8], times: usize) -> bool {
        let bytes = tagged(bytes, self.tag.as_bytes());
        let mut said = String::from_utf8_lossy(&bytes).escape_debug().to_string();
        if said.len() > SHOWN {
            said = format!(
                "{}… ({} bytes)",
                &said[..said.floor_char_boundary(SHOWN)],
                bytes.len()
            );
        }
        if times != 1 {
            said = format!("{said} x {times}");
        }
        self.say(false, said);
        let is_sent = (0..times).all(|_| self.stream.get_mut().write_all(&bytes).is_ok());
        if !is_sent {
            self.client_is_gone();
        }
        is_sent
    }

    fn expect(&mut self, words: &str) -> bool {
        let Some(line) = self.line() else {
            return false;
        };
        if let Some((tag, command)) = line.split_once(' ')
            && begins(command, words)
        {
            tag.clone_into(&mut self.tag);
            return true;
        }
        if begins(&line, words) {
            return true;
        }
        let why = format!(
            "connection {}: expected {words:?}, the client sent {:?}",
            self.number,
            masked(&line)
        );
        self.shared.note(|record| record.deviation = Some(why));
        false
    }

    /// The client's next line, recorded; `None` when it has hung up.
    fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        match self.stream.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => {
                self.client_is_gone();
                None
            }
            Ok(_) => {
                let line = String::from_utf8_lossy(&line).trim_end().to_owned();
                self.say(true, line.clone());
                Some(line)
            }
        }
    }

    fn client_is_gone(&self) {
        self.say(false, "(the client is gone)".to_owned());
        self.shared.note(|record| record.hang_ups += 1);
    }

    fn say(&self, from_client: bool, text: String) {
        self.shared
            .note(|record| record.add(self.number, from_client, text));
    }

    fn hang_up(&self) {
        self.stream.get_ref().shutdown(Shutdown::Both).ok();
    }
}

/// `bytes` with `TAG ` replaced where a line begins with it.
fn tagged(bytes: &[u8], tag: &[u8]) -> Vec<u8> {
    let mut said = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_prefix(b"TAG ") {
            Some(rest) => said.extend([tag, b" ", rest].concat()),
            None => said.extend(line),
        }
    }
    said
}

fn begins(line: &str, words: &str) -> bool {
    line.get(..words.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(words))
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::time::Duration;

    use super::super::PATIENCE;
    use super::super::wire::Wire;
    use super::{ImapScript, answer, close, expect, hold, send, send_repeated};

    #[test]
    fn a_script_is_followed_and_recorded() {
        let server = ImapScript::start(vec![
            vec![
                send("* OK hi\r\n"),
                answer("LOGIN", "TAG NO not yet\r\n"),
                expect("IDLE"),
                send_repeated("+ idling\r\n", 2),
                answer("DONE", "TAG OK\r\n"),
                close(),
            ],
            vec![send("* OK again\r\n"), hold()],
        ]);
        let mut client = Wire::in_plain_text(server.port()).unwrap();
        assert_eq!(
            client.command("login me s3cret").unwrap(),
            ["w1 NO not yet"]
        );
        client.begin("IDLE").unwrap();
        client.lines_until("+").unwrap();
        client.lines_until("+").unwrap();
        client.send("DONE").unwrap();
        client.lines_until("w2 OK").unwrap();
        assert!(client.line().is_err());
        server.wait_for_completed(1, PATIENCE);

        let mut client = Wire::in_plain_text(server.port()).unwrap();
        let third = Wire::in_plain_text(server.port()).unwrap();
        assert_eq!(third.greeting, "* OK again");
        client.send("s3cret").unwrap();
        server.wait_for(PATIENCE, |lines| {
            lines.last().is_some_and(|line| line == "s3cret")
        });
        server.wait_for_connections(3, PATIENCE);
        drop(third);
        server.wait_for_hang_ups(1, PATIENCE);
        assert_eq!(server.connections(), 3);
        assert_eq!(
            server.client_lines()[..3],
            ["w1 login me s3cret", "w2 IDLE", "DONE"]
        );
        let transcript = server.transcript();
        assert!(!transcript.contains("s3cret"), "{transcript}");
        assert!(transcript.contains("1 C: w1 login ••••"), "{transcript}");
    }

    #[test]
    fn a_server_refuses_when_its_scripts_are_used_up() {
        let server = ImapScript::start_then_refuse(vec![vec![send("* BYE full\r\n")]]);
        let client = Wire::in_plain_text(server.port()).unwrap();
        assert_eq!(client.greeting, "* BYE full");
        server.wait_for_completed(1, PATIENCE);
        assert!(Wire::in_plain_text(server.port()).is_err());
    }

    #[test]
    fn a_client_that_leaves_the_script_fails_the_test() {
        let script = vec![vec![send("* OK hi\r\n"), expect("NOOP")]];
        let server = ImapScript::start(script.clone());
        let mut client = Wire::in_plain_text(server.port()).unwrap();
        client.begin("LOGIN me s3cret").unwrap();
        let wait = || server.wait_for(PATIENCE, |_| false);
        let message = *catch_unwind(AssertUnwindSafe(wait))
            .unwrap_err()
            .downcast::<String>()
            .unwrap();
        assert!(message.contains("expected \"NOOP\""), "{message}");
        assert!(!message.contains("s3cret"), "{message}");

        let server = ImapScript::start(script.clone());
        let mut client = Wire::in_plain_text(server.port()).unwrap();
        client.command("STATUS INBOX (MESSAGES)").unwrap_err();
        assert!(catch_unwind(AssertUnwindSafe(|| drop(server))).is_err());

        let server = ImapScript::start(script);
        let never = || server.wait_for(Duration::ZERO, |lines| !lines.is_empty());
        assert!(catch_unwind(AssertUnwindSafe(never)).is_err());
        assert_eq!(server.deviation(), None);
    }
}
