//! The status page of the real program: what it shows, to whom, and that nothing that is asked of
//! it is the daemon's trouble.

mod access;
mod bounds;
mod browsing;
mod calendar;
mod chrome;
mod many;
mod metrics;
mod pictures;
mod saying;
mod story;

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::support::PATIENCE;
use crate::support::log;
use crate::support::place::Place;
use crate::support::process::Running;

/// Its digits must be on no page.
const CODE: &str = "482913";

/// A mailbox and its page.
struct Site {
    place: Place,
    running: Running,
    address: SocketAddr,
}

impl Site {
    /// A page that is open to this machine.
    fn open() -> Self {
        Self::with("listen = \"127.0.0.1:0\"")
    }

    /// A page with these keys.
    fn with(status: &str) -> Self {
        Self::on(Place::new("accounts = [\"facebook\"]"), status)
    }

    /// The page of a place.
    fn on(place: Place, status: &str) -> Self {
        configure(&place, status);
        let running = place.run();
        let address = address(&running, 1);
        Self {
            place,
            running,
            address,
        }
    }

    /// What a GET gets.
    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[])
    }

    /// What a request gets, with these fields beside Host.
    fn ask(&self, method: &str, path: &str, fields: &[&str]) -> Answer {
        self.say(&request(method, path, &self.address.to_string(), fields))
    }

    /// What these bytes get.
    fn say(&self, request: &str) -> Answer {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        converse(stream, request)
    }

    /// A notification, a code and a decision, each on record before the next comes.
    fn whole_story(&self) {
        let place = &self.place;
        place.deliver("1", &place.meta.notification());
        log::wait_for(&place.home, "notification.received");
        place.deliver("2", &place.meta.code(CODE));
        log::wait_for(&place.home, "submission.accepted");
        place.deliver("3", &place.meta.decision());
        log::wait_for(&place.home, "decision.received");
    }
}

/// Adds a `[status]` table.
fn configure(place: &Place, status: &str) {
    let mut config = fs::read_to_string(place.home.config()).unwrap();
    write!(config, "\n[status]\n{status}\n").unwrap();
    fs::write(place.home.config(), config).unwrap();
}

/// Where the page is for the `nth` time.
fn address(running: &Running, nth: usize) -> SocketAddr {
    let mut found = None;
    crate::support::wait_until(PATIENCE, || {
        let lines = running.stderr();
        let said = lines
            .iter()
            .filter_map(|line| line.split_once("at=http://"));
        found = said
            .map(|(_, rest)| rest.trim_end_matches('/').parse().unwrap())
            .nth(nth - 1);
        found.is_some()
    });
    found.unwrap_or_else(|| panic!("no status page\n{}", running.talk()))
}

fn request(method: &str, path: &str, host: &str, fields: &[&str]) -> String {
    let host = format!("Host: {host}");
    let fields = [&[host.as_str()], fields].concat().join("\r\n");
    format!("{method} {path} HTTP/1.1\r\n{fields}\r\n\r\n")
}

/// One answer.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    /// The value of a field; empty where it is missing.
    fn field(&self, name: &str) -> &str {
        let fields = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut named = fields.filter(|(field, _)| field.eq_ignore_ascii_case(name));
        named.next().map_or("", |(_, value)| value)
    }

    /// The paths that its links lead to.
    fn links(&self) -> Vec<String> {
        let links = self.body.split("href=\"").skip(1);
        let ends = links.filter_map(|rest| rest.split('"').next());
        ends.map(str::to_owned).collect()
    }
}

/// Sends a request and reads until the connection ends.
fn converse(mut stream: impl Read + Write, request: &str) -> Answer {
    // Who refuses a request may not read all of it.
    stream.write_all(request.as_bytes()).ok();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).ok();
    // A picture is no text; what a test looks for in one is.
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    Answer {
        status: status.unwrap_or(0),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}
