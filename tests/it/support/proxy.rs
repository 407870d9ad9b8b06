//! A wire that fails on demand: bytes between a client and a server, which it can freeze, cut,
//! delay, split into single bytes and hold up at a command. It reorders nothing.
//!
//! Plain threads on loopback; it ends with the test.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use super::PATIENCE;

/// A running proxy.
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    server: u16,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
// Each is a switch of its own.
#[allow(clippy::struct_excessive_bools)]
struct State {
    /// Both ends of each open connection.
    open: BTreeMap<usize, [TcpStream; 2]>,
    made: usize,
    /// Connections up to this number pass nothing any more and never end.
    frozen_up_to: usize,
    one_by_one: bool,
    delay: Duration,
    /// A client's bytes that hold these are held up.
    hold_at: Option<&'static str>,
    is_holding: bool,
    /// Behind a server's bytes that hold the first, the second are added.
    inject: Option<(&'static str, &'static str)>,
    /// What the server announces by itself is swallowed.
    is_mute: bool,
    stopped: bool,
}

/// Whose bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    Client,
    Server,
}

impl Proxy {
    /// Listens on a free port of loopback and connects on to `server`.
    pub fn to(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            server,
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let theirs = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming() {
                if theirs.state().stopped {
                    return;
                }
                theirs.connect(client.unwrap());
            }
        });
        Self { port, shared }
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How many connections there have been.
    pub fn made(&self) -> usize {
        self.shared.state().made
    }

    /// The connections that are there pass nothing from now on, and do not end: what a router does
    /// that has forgotten them, but for the acknowledgements, which make it worse.
    pub fn freeze(&self) {
        self.shared.change(|state| state.frozen_up_to = state.made);
    }

    /// Ends all connections that are there.
    pub fn cut(&self) {
        self.shared.change(|state| {
            for stream in std::mem::take(&mut state.open).into_values().flatten() {
                stream.shutdown(Shutdown::Both).ok();
            }
        });
    }

    /// Each byte goes in a segment of its own.
    pub fn split(&self) {
        self.shared.change(|state| state.one_by_one = true);
    }

    /// Everything arrives so much later.
    pub fn delay(&self, by: Duration) {
        self.shared.change(|state| state.delay = by);
    }

    /// What the client sends is held up as soon as `command` is in it.
    pub fn hold_at(&self, command: &'static str) {
        self.shared.change(|state| state.hold_at = Some(command));
    }

    /// Waits until something is held up.
    pub fn wait_until_held(&self) {
        let state = self.shared.state();
        let waits = |state: &mut State| !state.is_holding;
        let waited = self
            .shared
            .changed
            .wait_timeout_while(state, PATIENCE, waits);
        let (state, ended) = waited.unwrap();
        assert!(!ended.timed_out(), "{:?} never came", state.hold_at);
    }

    /// Lets what is held up go on.
    pub fn release(&self) {
        self.shared.change(|state| {
            state.hold_at = None;
            state.is_holding = false;
        });
    }

    /// From now on the server announces nothing: EXISTS and RECENT are swallowed, except where a
    /// folder is opened.
    pub fn mute(&self) {
        self.shared.change(|state| state.is_mute = true);
    }

    /// From now on `addition` follows what the server sends with `words` in it, in one write.
    pub fn inject(&self, words: &'static str, addition: &'static str) {
        self.shared
            .change(|state| state.inject = Some((words, addition)));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
        self.shared.change(|state| state.stopped = true);
        // A last connection wakes the listener.
        TcpStream::connect(("127.0.0.1", self.port)).ok();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changed.notify_all();
    }

    fn connect(self: &Arc<Self>, client: TcpStream) {
        // A server that is not there turns the client away.
        let Ok(server) = TcpStream::connect(("127.0.0.1", self.server)) else {
            return;
        };
        for stream in [&client, &server] {
            stream.set_nodelay(true).unwrap();
        }
        let mut number = 0;
        self.change(|state| {
            state.made += 1;
            number = state.made;
            let ends = [client.try_clone().unwrap(), server.try_clone().unwrap()];
            state.open.insert(number, ends);
        });
        let back = [server.try_clone().unwrap(), client.try_clone().unwrap()];
        for (from, [source, sink]) in [(From::Client, [client, server]), (From::Server, back)] {
            let shared = Arc::clone(self);
            thread::spawn(move || shared.pass(number, from, source, &sink));
        }
    }

    /// Passes bytes on until either end is gone.
    fn pass(&self, number: usize, from: From, mut source: TcpStream, sink: &TcpStream) {
        let mut bytes = vec![0; 16 * 1024];
        while let Ok(count @ 1..) = source.read(&mut bytes) {
            let mut passed = bytes[..count].to_vec();
            match from {
                From::Client => self.hold(&passed),
                From::Server => self.add(&mut passed),
            }
            if from == From::Server && self.state().is_mute {
                silence(&mut passed);
            }
            if !self.is_frozen(number) && self.write(&passed, sink).is_err() {
                break;
            }
        }
        if !self.is_frozen(number) {
            self.change(|state| drop(state.open.remove(&number)));
            source.shutdown(Shutdown::Both).ok();
            sink.shutdown(Shutdown::Both).ok();
        }
    }

    fn is_frozen(&self, number: usize) -> bool {
        number <= self.state().frozen_up_to
    }

    fn hold(&self, bytes: &[u8]) {
        let mut state = self.state();
        let is_meant = state.hold_at.is_some_and(|command| holds(bytes, command));
        if is_meant && !state.is_holding {
            state.is_holding = true;
            self.changed.notify_all();
            drop(self.changed.wait_while(state, |state| state.is_holding));
        }
    }

    fn add(&self, bytes: &mut Vec<u8>) {
        if let Some((words, addition)) = self.state().inject
            && holds(bytes, words)
        {
            bytes.extend_from_slice(addition.as_bytes());
        }
    }

    fn write(&self, bytes: &[u8], mut sink: &TcpStream) -> std::io::Result<()> {
        let state = self.state();
        let (one_by_one, delay) = (state.one_by_one, state.delay);
        drop(
            self.changed
                .wait_timeout_while(state, delay, |state| !state.stopped),
        );
        if one_by_one {
            bytes.iter().try_for_each(|byte| sink.write_all(&[*byte]))
        } else {
            sink.write_all(bytes)
        }
    }
}

fn silence(bytes: &mut Vec<u8>) {
    if holds(bytes, "UIDVALIDITY") {
        return;
    }
    let announces = |line: &[u8]| line.ends_with(b" EXISTS\r\n") || line.ends_with(b" RECENT\r\n");
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    *bytes = lines
        .filter(|line| !announces(line))
        .flatten()
        .copied()
        .collect();
}

fn holds(bytes: &[u8], words: &str) -> bool {
    bytes
        .windows(words.len())
        .any(|window| window == words.as_bytes())
}
