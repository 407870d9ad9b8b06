//! How fast the program hears a code, how fast it catches up, and how much memory it holds.
//!
//! `cargo bench` prints figures and ratios against a bare client on the same machine and servers;
//! nothing here passes or fails by time. Quote medians and ratios: machines differ.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr
)]
// The tests' support is shared; not every part of it is needed here.
#![allow(dead_code, unused_imports)]

#[path = "../tests/it/support/mod.rs"]
mod support;

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use inotify::{Inotify, WatchMask};
use support::PATIENCE;
use support::dovecot::{Dovecot, LOGIN, Options, PASSWORD, Tls};
use support::meta::Meta;
use support::process::{Home, Running};
use support::wire::Wire;
use sustained::mail::{Wordings, envelope};

/// Codes that are heard; enough for a steady median, few enough for a minute.
const CODES: u32 = 60;

/// Messages of other people in the folder that is caught up on.
const BACKLOG: u32 = 50_000;

/// Turns of each side in the catch-up.
const TURNS: usize = 5;

fn main() {
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

/// Passes bytes between a client and Dovecot, and says when `* n EXISTS` was written.
struct Relay {
    port: u16,
    announced: Receiver<Instant>,
}

impl Relay {
    fn to(dovecot: &Dovecot) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, server) = (listener.local_addr().unwrap().port(), dovecot.port());
        let (say, announced) = channel();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = TcpStream::connect(("127.0.0.1", server)).unwrap();
                client.set_nodelay(true).unwrap();
                server.set_nodelay(true).unwrap();
                let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                thread::spawn(move || pass(from, to, |_| {}));
                let say = say.clone();
                thread::spawn(move || {
                    pass(server, client, |bytes| {
                        // The first EXISTS of a selected folder is no news, and nobody waits then.
                        if bytes.windows(7).any(|window| window == b" EXISTS") {
                            say.send(Instant::now()).ok();
                        }
                    });
                });
            }
        });
        Self { port, announced }
    }

    /// Forgets what was announced before now.
    fn settle(&self) {
        while self.announced.try_recv().is_ok() {}
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, look: impl Fn(&[u8])) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        look(&bytes[..count]);
        if to.write_all(&bytes[..count]).is_err() {
            return;
        }
    }
}

fn hear() {
    let options = Options {
        tls: Tls::None,
        ..Options::default()
    };
    let Some(dovecot) = Dovecot::with(options) else {
        return;
    };
    println!("from Dovecot's EXISTS to the submission command, {CODES} codes, DKIM key pinned:");
    let meta = Meta::new();
    let codes: Vec<Vec<u8>> = (0..2 * CODES)
        .map(|n| meta.code(&(482_000 + n).to_string()))
        .collect();
    let (theirs, mine) = codes.split_at(CODES as usize);
    let bare = show(
        "bare client: EXISTS to the message's last byte",
        &bare_times(&dovecot, theirs),
    );
    let (times, running, _home) = our_times(&dovecot, &meta, mine);
    let ours = show("sustained: EXISTS to the command's start", &times);
    ratio("sustained / bare client", ours, bare);
    let synced = show("one synced write of 4 KiB, for comparison", &synced_times());
    ratio(
        "sustained / bare client that syncs once",
        ours,
        bare + synced,
    );
    println!(
        "  {:<46} {} KiB",
        "resident memory afterwards, plain text",
        running.memory_kib("VmRSS:")
    );
    println!();
}

fn bare_times(dovecot: &Dovecot, codes: &[Vec<u8>]) -> Vec<Duration> {
    let relay = Relay::to(dovecot);
    let mut client = Wire::in_plain_text(relay.port).unwrap();
    client
        .command(&format!("LOGIN {LOGIN} {PASSWORD}"))
        .unwrap();
    client.command("EXAMINE INBOX").unwrap();
    let mut times = Vec::new();
    for (number, code) in codes.iter().enumerate() {
        let tag = client.begin("IDLE").unwrap();
        client.lines_until("+").unwrap();
        relay.settle();
        dovecot.deliver("INBOX", code);
        client
            .lines_until(&format!("* {} EXISTS", number + 1))
            .unwrap();
        let began = relay.announced.recv().unwrap();
        client.send("DONE").unwrap();
        client.lines_until(&tag).unwrap();
        client
            .command(&format!(
                "UID FETCH {} (UID INTERNALDATE BODY.PEEK[])",
                number + 1
            ))
            .unwrap();
        times.push(began.elapsed());
    }
    times
}

/// What the disk makes of the least that a commit needs.
fn synced_times() -> Vec<Duration> {
    let home = Home::empty();
    let mut file = fs::File::create(home.path().join("synced")).unwrap();
    let write = |_| {
        let began = Instant::now();
        file.write_all(&[7; 4096]).unwrap();
        file.sync_data().unwrap();
        began.elapsed()
    };
    (0..CODES).map(write).collect()
}

/// The submission step: a program that does nothing, in a file of its own. The kernel says when
/// the file is opened to be run.
struct Started {
    path: String,
    inotify: Inotify,
}

impl Started {
    fn new(home: &Home) -> Self {
        let path = home.path().join("step");
        fs::copy("/bin/true", &path).unwrap();
        let inotify = Inotify::init().unwrap();
        inotify.watches().add(&path, WatchMask::OPEN).unwrap();
        Self {
            path: path.display().to_string(),
            inotify,
        }
    }

    /// Waits for the next start.
    fn wait(&mut self) -> Instant {
        let mut events = [0; 1024];
        let there = self
            .inotify
            .read_events_blocking(&mut events)
            .unwrap()
            .count();
        assert!(there > 0);
        Instant::now()
    }
}

fn our_times(dovecot: &Dovecot, meta: &Meta, codes: &[Vec<u8>]) -> (Vec<Duration>, Running, Home) {
    let relay = Relay::to(dovecot);
    let home = Home::empty();
    let mut started = Started::new(&home);
    let config = format!(
        "[[mailbox]]\nname = \"me\"\naddress = \"{LOGIN}\"\naccounts = [\"facebook\"]\n\
         imap = {{ host = \"127.0.0.1\", port = {}, tls = \"none\", login = \"{LOGIN}\" }}\n\
         password = {{ value = \"{PASSWORD}\" }}\nfolders = [\"INBOX\"]\nlookback = \"1 s\"\n\n\
         [submission]\ncommand = [{:?}]\n{}",
        relay.port,
        started.path,
        meta.pinned_keys(),
    );
    // The codes of the bare client's turn are caught up on first.
    home.write("config/sustained/config.toml", &config);
    let running = home.run();
    running.wait_for_line("watching", PATIENCE);
    // A code that comes while the last one is still put on record would wait for that.
    let recorded = |count: usize| support::log::wait_for_count(&home, "submission.accepted", count);
    recorded(codes.len());
    while let Ok(events) = started.inotify.read_events(&mut [0; 1024]) {
        drop(events);
    }
    let times = (codes.len()..)
        .zip(codes)
        .map(|(before, code)| {
            recorded(before);
            relay.settle();
            dovecot.deliver("INBOX", code);
            let began = relay.announced.recv().unwrap();
            started.wait().duration_since(began)
        })
        .collect();
    (times, running, home)
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
        running.memory_kib("VmRSS:")
    );
    running.stop(PATIENCE);
    time
}
