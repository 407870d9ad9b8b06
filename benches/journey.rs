//! How fast the program hears a code, how fast it catches up, and how much memory it holds.
//!
//! `cargo bench` prints figures and ratios against a bare client on the same machine and servers;
//! nothing here passes or fails by time. Quote medians and ratios: machines differ.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr
)]
// The tests' support is shared; not every part of it is needed here.
#![allow(dead_code, unused_imports)]

#[path = "../tests/it/support/mod.rs"]
mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use support::PATIENCE;
use support::dovecot::{Dovecot, LOGIN, PASSWORD};
use support::meta::Meta;
use support::process::{Home, Running};
use support::wire::Wire;
use sustained::mail::{Wordings, envelope};

/// Codes that are heard; enough for a steady median, few enough for a minute.
const CODES: u32 = 100;

/// Messages of other people in the folder that is caught up on.
const BACKLOG: u32 = 50_000;

/// Turns of each side in the catch-up.
const TURNS: usize = 5;

fn main() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("--step") {
        // The submission step of the first figure: it says that it was started, and no more.
        let socket = arguments.next().unwrap();
        UnixStream::connect(socket)
            .unwrap()
            .write_all(b"x")
            .unwrap();
        return;
    }
    hear();
    catch_up();
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn show(name: &str, times: &[Duration]) -> Duration {
    let middle = median(times.to_vec());
    let (least, most) = (times.iter().min().unwrap(), times.iter().max().unwrap());
    println!("  {name:<46} median {middle:>9.2?}   min {least:>9.2?}   max {most:>9.2?}");
    middle
}

fn ratio(name: &str, ours: Duration, theirs: Duration) {
    println!(
        "  {name:<46} {:.2}",
        ours.as_secs_f64() / theirs.as_secs_f64()
    );
}

// --- From EXISTS to the start of the submission command. -----------------------------------------

/// A server that announces a message when it is told to, and says when it did.
struct Announcer {
    port: u16,
    announce: Sender<Vec<u8>>,
    announced: Receiver<Instant>,
}

impl Announcer {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (announce, messages) = channel::<Vec<u8>>();
        let (say, announced) = channel();
        thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            stream.set_nodelay(true).unwrap();
            serve(stream, &messages, &say);
        });
        Self {
            port,
            announce,
            announced,
        }
    }

    /// Announces `message` and returns when EXISTS was written.
    fn announce(&self, message: Vec<u8>) -> Instant {
        self.announce.send(message).unwrap();
        self.announced.recv().unwrap()
    }
}

/// Speaks as much IMAP as both clients use. One message is there at a time: the newest.
fn serve(mut stream: TcpStream, messages: &Receiver<Vec<u8>>, say: &Sender<Instant>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let (mut count, mut raw) = (0, Vec::new());
    stream
        .write_all(b"* OK [CAPABILITY IMAP4rev1 IDLE] ready\r\n")
        .unwrap();
    let mut idle_tag = String::new();
    while let Some(Ok(line)) = lines.next() {
        let (tag, command) = line.split_once(' ').unwrap_or(("", line.as_str()));
        let answer = match command {
            "DONE" => format!("{idle_tag} OK\r\n").into_bytes(),
            "IDLE" => {
                tag.clone_into(&mut idle_tag);
                stream.write_all(b"+ idling\r\n").unwrap();
                let Ok(message) = messages.recv() else { return };
                (raw, count) = (message, count + 1);
                stream
                    .write_all(format!("* {count} EXISTS\r\n").as_bytes())
                    .unwrap();
                say.send(Instant::now()).unwrap();
                continue;
            }
            _ if command.starts_with("LOGIN") => {
                format!("{tag} OK [CAPABILITY IMAP4rev1 IDLE] in\r\n").into_bytes()
            }
            _ if command.starts_with("EXAMINE") => {
                format!("* 0 EXISTS\r\n* OK [UIDVALIDITY 7]\r\n* OK [UIDNEXT 1]\r\n{tag} OK\r\n")
                    .into_bytes()
            }
            _ if command.contains("HEADER.FIELDS") => {
                let from = "From: \"Facebook\" <security@facebookmail.com>\r\n\r\n";
                format!(
                    "* {count} FETCH (UID {count} RFC822.SIZE {} BODY[HEADER.FIELDS (FROM)] \
                     {{{}}}\r\n{from})\r\n{tag} OK\r\n",
                    raw.len(),
                    from.len()
                )
                .into_bytes()
            }
            _ if command.contains("BODY.PEEK[]") => {
                let now = jiff::Timestamp::now()
                    .strftime("%d-%b-%Y %H:%M:%S +0000")
                    .to_string();
                let start = format!(
                    "* {count} FETCH (UID {count} INTERNALDATE \"{now}\" BODY[] {{{}}}\r\n",
                    raw.len()
                );
                [
                    start.as_bytes(),
                    &raw,
                    format!(")\r\n{tag} OK\r\n").as_bytes(),
                ]
                .concat()
            }
            _ => format!("{tag} OK\r\n").into_bytes(),
        };
        stream.write_all(&answer).unwrap();
    }
}

fn hear() {
    println!("from EXISTS to the submission command, {CODES} codes, DKIM key pinned:");
    let meta = Meta::new();
    let codes: Vec<Vec<u8>> = (0..CODES)
        .map(|n| meta.code(&(482_000 + n).to_string()))
        .collect();
    let bare = show(
        "bare client: EXISTS to the message's last byte",
        &bare_times(&codes),
    );
    let started = show("a process started and heard of", &start_times());
    let (times, running, _home) = our_times(&meta, &codes);
    let ours = show("sustained: EXISTS to the command's start", &times);
    ratio("sustained / bare client", ours, bare);
    ratio(
        "sustained / (bare client + a process)",
        ours,
        bare + started,
    );
    println!(
        "  {:<46} {} KiB",
        "resident memory afterwards, plain text",
        resident_kib(&running)
    );
    println!();
}

fn bare_times(codes: &[Vec<u8>]) -> Vec<Duration> {
    let server = Announcer::start();
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let until = |reader: &mut BufReader<TcpStream>, start: &str| {
        let mut line = Vec::new();
        while !line.starts_with(start.as_bytes()) {
            line.clear();
            reader.read_until(b'\n', &mut line).unwrap();
        }
    };
    until(&mut reader, "*");
    stream.write_all(b"a LOGIN me x\r\n").unwrap();
    until(&mut reader, "a ");
    stream.write_all(b"b EXAMINE INBOX\r\n").unwrap();
    until(&mut reader, "b ");
    let mut times = Vec::new();
    for (number, code) in codes.iter().enumerate() {
        stream.write_all(b"c IDLE\r\n").unwrap();
        until(&mut reader, "+");
        let began = server.announce(code.clone());
        until(&mut reader, "* ");
        stream.write_all(b"DONE\r\n").unwrap();
        until(&mut reader, "c ");
        let fetch = format!(
            "d UID FETCH {} (UID INTERNALDATE BODY.PEEK[])\r\n",
            number + 1
        );
        stream.write_all(fetch.as_bytes()).unwrap();
        until(&mut reader, "d ");
        times.push(began.elapsed());
    }
    times
}

/// What starting the step costs by itself, from the same kind of process.
fn start_times() -> Vec<Duration> {
    let folder = tempfile::TempDir::new().unwrap();
    let (socket, listener) = step_socket(folder.path());
    (0..CODES)
        .map(|_| {
            let began = Instant::now();
            let mut child = std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--step", &socket])
                .spawn()
                .unwrap();
            let time = heard_of_step(&listener, began);
            child.wait().unwrap();
            time
        })
        .collect()
}

fn step_socket(folder: &Path) -> (String, UnixListener) {
    let path = folder.join("step");
    (
        path.display().to_string(),
        UnixListener::bind(path).unwrap(),
    )
}

fn heard_of_step(listener: &UnixListener, began: Instant) -> Duration {
    let (mut stream, _) = listener.accept().unwrap();
    stream.read_exact(&mut [0]).unwrap();
    began.elapsed()
}

fn our_times(meta: &Meta, codes: &[Vec<u8>]) -> (Vec<Duration>, Running, Home) {
    let server = Announcer::start();
    let home = Home::empty();
    let (socket, listener) = step_socket(home.path());
    let exe = std::env::current_exe().unwrap().display().to_string();
    let config = format!(
        "[[mailbox]]\nname = \"me\"\naddress = \"{LOGIN}\"\naccounts = [\"facebook\"]\n\
         imap = {{ host = \"127.0.0.1\", port = {}, tls = \"none\", login = \"me\" }}\n\
         password = {{ value = \"x\" }}\nfolders = [\"INBOX\"]\n\n\
         [submission]\ncommand = [{exe:?}, \"--step\", {socket:?}]\n{}",
        server.port,
        meta.pinned_keys(),
    );
    home.write("config/sustained/config.toml", &config);
    let running = home.run();
    running.wait_for_line("watching", PATIENCE);
    let times = codes
        .iter()
        .map(|code| {
            let began = server.announce(code.clone());
            heard_of_step(&listener, began)
        })
        .collect();
    (times, running, home)
}

fn resident_kib(running: &Running) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", running.pid())).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

// --- Catching up. --------------------------------------------------------------------------------

fn catch_up() {
    let Some(dovecot) = Dovecot::start() else {
        return;
    };
    println!("catching up on {BACKLOG} messages with 5 of Meta's, Dovecot over TLS:");
    let meta = Meta::new();
    for part in 0..5 {
        dovecot.fill("INBOX", BACKLOG / 5);
        let mail = if part == 4 {
            meta.decision()
        } else {
            meta.notification()
        };
        dovecot.deliver("INBOX", &mail);
    }
    // Dovecot reads every header once and keeps what SEARCH needs: neither side pays for that.
    bare_catch_up(&dovecot);
    let (mut bare, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        bare.push(bare_catch_up(&dovecot));
        ours.push(our_catch_up(&dovecot, &meta));
    }
    let bare = show("bare client: SELECT, SEARCH, FETCH", &bare);
    let ours = show("sustained: from its start to `watching`", &ours);
    ratio("sustained / bare client", ours, bare);
    let log = dovecot.log();
    let last = log
        .lines()
        .rev()
        .find(|line| line.contains("body_count="))
        .unwrap_or_default();
    let count = last
        .split_whitespace()
        .find(|word| word.starts_with("body_count="));
    println!(
        "  {:<46} {}",
        "bodies that sustained downloaded",
        count.unwrap_or("?")
    );
}

fn bare_catch_up(dovecot: &Dovecot) -> Duration {
    let began = Instant::now();
    let mut client: Wire = dovecot.client();
    client.command("SELECT INBOX").unwrap();
    let since = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(61 * 24);
    let terms: Vec<String> = envelope::search_terms(&Wordings::built_in())
        .iter()
        .map(|term| format!("FROM \"{term}\""))
        .collect();
    let (last, others) = terms.split_last().unwrap();
    let or: Vec<String> = others.iter().map(|term| format!("OR {term}")).collect();
    let since = since.strftime("SINCE %-d-%b-%Y");
    let search = format!("UID SEARCH {since} {} {last}", or.join(" "));
    let found = client.command(&search).unwrap();
    let uids = found
        .iter()
        .find_map(|line| line.strip_prefix("* SEARCH "))
        .unwrap()
        .to_owned();
    for uid in uids.split_whitespace() {
        client
            .command(&format!("UID FETCH {uid} (UID INTERNALDATE BODY.PEEK[])"))
            .unwrap();
    }
    began.elapsed()
}

fn our_catch_up(dovecot: &Dovecot, meta: &Meta) -> Duration {
    let config = format!(
        "[[mailbox]]\nname = \"me\"\naddress = \"{LOGIN}\"\naccounts = [\"facebook\"]\n\
         imap = {{ host = \"localhost\", port = {}, login = \"{LOGIN}\", ca_file = {:?} }}\n\
         password = {{ value = \"{PASSWORD}\" }}\nfolders = [\"INBOX\"]\n{}",
        dovecot.port(),
        dovecot.ca_file().display().to_string(),
        meta.pinned_keys(),
    );
    let home = Home::new(&config);
    let began = Instant::now();
    let mut running = home.run();
    running.wait_for_line("watching", Duration::from_mins(2));
    let time = began.elapsed();
    println!(
        "  {:<46} {} KiB",
        "resident memory, one mailbox over TLS",
        resident_kib(&running)
    );
    running.stop(PATIENCE);
    time
}
