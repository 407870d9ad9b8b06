//! A name server on loopback that says what a test tells it to, and remembers what it was asked.
//!
//! It knows TXT records and the few ways in which a server fails (RFC 1035, 4); nothing else.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// What the server says about one name.
#[derive(Debug, Clone)]
pub enum Reply {
    /// These TXT records.
    Text(Vec<String>),
    /// These TXT records, but by TCP only: by UDP the answer is cut off.
    LongText(Vec<String>),
    /// SERVFAIL.
    Failure,
    /// Nothing at all.
    Silence,
    /// Bytes that are no answer.
    Garbage,
    /// An answer that is cut off, by TCP, too.
    CutOff,
}

impl Reply {
    /// One TXT record.
    pub fn text(record: impl Into<String>) -> Self {
        Self::Text(vec![record.into()])
    }
}

/// A running server; it stops when dropped. Names it was not told about do not exist.
pub struct DnsServer {
    address: SocketAddr,
    script: Arc<Script>,
    threads: Vec<JoinHandle<()>>,
}

struct Script {
    replies: Mutex<BTreeMap<String, Reply>>,
    questions: Mutex<Vec<String>>,
    stopped: AtomicBool,
}

impl DnsServer {
    /// Starts a server on a free port.
    pub fn start(replies: impl IntoIterator<Item = (String, Reply)>) -> Self {
        let (udp, tcp) = bind();
        let address = udp.local_addr().unwrap();
        let script = Arc::new(Script {
            replies: Mutex::new(replies.into_iter().collect()),
            questions: Mutex::default(),
            stopped: AtomicBool::new(false),
        });
        let (one, other) = (Arc::clone(&script), Arc::clone(&script));
        let threads = vec![
            std::thread::spawn(move || one.serve_udp(&udp)),
            std::thread::spawn(move || other.serve_tcp(&tcp)),
        ];
        Self {
            address,
            script,
            threads,
        }
    }

    /// Where it listens, by UDP and TCP.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on it says this about a name.
    pub fn answer(&self, name: &str, reply: Reply) {
        let mut replies = self.script.replies.lock().unwrap();
        replies.insert(name.to_owned(), reply);
    }

    /// The names it was asked for, in order, repeated questions included.
    pub fn questions(&self) -> Vec<String> {
        self.script.questions.lock().unwrap().clone()
    }
}

impl Drop for DnsServer {
    fn drop(&mut self) {
        self.script.stopped.store(true, Ordering::SeqCst);
        // Wakes the threads out of their waiting.
        if let Ok(socket) = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)) {
            let _ = socket.send_to(&[], self.address);
        }
        drop(TcpStream::connect(self.address));
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// A port that is free for both protocols.
fn bind() -> (UdpSocket, TcpListener) {
    loop {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()) {
            return (udp, tcp);
        }
    }
}

impl Script {
    fn serve_udp(&self, socket: &UdpSocket) {
        let mut buffer = [0; 1500];
        while let Ok((length, client)) = socket.recv_from(&mut buffer) {
            if self.stopped.load(Ordering::SeqCst) {
                return;
            }
            if let Some(reply) = self.answer(&buffer[..length], false) {
                let _ = socket.send_to(&reply, client);
            }
        }
    }

    fn serve_tcp(&self, listener: &TcpListener) {
        while let Ok((mut stream, _)) = listener.accept() {
            if self.stopped.load(Ordering::SeqCst) {
                return;
            }
            let mut length = [0; 2];
            if stream.read_exact(&mut length).is_err() {
                continue;
            }
            let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
            if stream.read_exact(&mut question).is_err() {
                continue;
            }
            if let Some(reply) = self.answer(&question, true) {
                let length = u16::try_from(reply.len()).unwrap().to_be_bytes();
                let _ = stream.write_all(&[&length[..], &reply].concat());
            }
        }
    }

    fn answer(&self, question: &[u8], tcp: bool) -> Option<Vec<u8>> {
        let (name, end) = read_name(question)?;
        self.questions.lock().unwrap().push(name.clone());
        let replies = self.replies.lock().unwrap();
        let (records, code, cut) = match replies.get(&name) {
            Some(Reply::Text(records)) => (records.as_slice(), 0, false),
            Some(Reply::LongText(records)) if tcp => (records.as_slice(), 0, false),
            Some(Reply::LongText(_) | Reply::CutOff) => (&[][..], 0, true),
            Some(Reply::Failure) => (&[][..], 2, false),
            Some(Reply::Silence) => return None,
            Some(Reply::Garbage) => return Some([&question[..2], &[0x81, 0x80, 0xff]].concat()),
            None => (&[][..], 3, false),
        };
        let mut out = question.get(..2)?.to_vec();
        // A response, recursion desired and available; cut off or not (RFC 1035, 4.1.1).
        out.extend([0x81 | u8::from(cut) << 1, 0x80 | code, 0, 1]);
        out.extend(u16::try_from(records.len()).ok()?.to_be_bytes());
        out.extend([0, 0, 0, 0]);
        out.extend(question.get(12..end + 4)?);
        for record in records {
            let strings: Vec<u8> = record
                .as_bytes()
                .chunks(255)
                .flat_map(|part| [&[u8::try_from(part.len()).unwrap()], part].concat())
                .collect();
            // The question's name, TXT, IN, five minutes.
            out.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 1, 44]);
            out.extend(u16::try_from(strings.len()).ok()?.to_be_bytes());
            out.extend(strings);
        }
        Some(out)
    }
}

/// The name that is asked for, and where it ends.
fn read_name(question: &[u8]) -> Option<(String, usize)> {
    let mut labels = Vec::new();
    let mut at = 12;
    loop {
        let length = usize::from(*question.get(at)?);
        at += 1;
        if length == 0 {
            return Some((labels.join("."), at));
        }
        labels.push(String::from_utf8_lossy(question.get(at..at + length)?).into_owned());
        at += length;
    }
}
