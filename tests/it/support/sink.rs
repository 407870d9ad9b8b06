//! Servers that take what an alert sends: one for HTTP, one for SMTP, on ports of their own.
//!
//! They keep what they are told, byte for byte, and answer as the test says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use super::{PATIENCE, wait_until};

/// A listening server and what it was told, one text a connection.
pub struct Sink {
    port: u16,
    told: Arc<Mutex<Vec<String>>>,
}

impl Sink {
    /// An HTTP server that answers each request with the next of `statuses`, the last for ever.
    pub fn http(statuses: &'static [&'static str]) -> Self {
        Self::start(move |number, stream| {
            let status = statuses[number.min(statuses.len() - 1)];
            http(stream, status)
        })
    }

    /// A mail server that answers DATA's end with the next of `answers`, the last for ever.
    pub fn smtp(answers: &'static [&'static str]) -> Self {
        Self::start(move |number, stream| smtp(stream, answers[number.min(answers.len() - 1)]))
    }

    fn start(serve: impl Fn(usize, TcpStream) -> String + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let told = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&told);
        thread::spawn(move || {
            for (number, stream) in listener.incoming().flatten().enumerate() {
                let text = serve(number, stream);
                keep.lock().unwrap().push(text);
            }
        });
        Self { port, told }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// What was told so far.
    pub fn told(&self) -> Vec<String> {
        self.told.lock().unwrap().clone()
    }

    /// Waits until a text that holds `part` was told, and returns it.
    pub fn wait_for(&self, part: &str) -> String {
        let find = || self.told().into_iter().find(|text| text.contains(part));
        assert!(
            wait_until(PATIENCE, || find().is_some()),
            "no {part} in {:?}",
            self.told()
        );
        find().unwrap()
    }
}

/// Reads one request and returns it, head and body.
fn http(mut stream: TcpStream, status: &str) -> String {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap_or(0) > 0 {}
    let length = head
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length: ")?
                .parse()
                .ok()
        })
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok();
    let answer =
        format!("HTTP/1.1 {status}\r\nlocation: /elsewhere\r\ncontent-length: 2\r\n\r\nok");
    stream.write_all(answer.as_bytes()).ok();
    format!("{head}{}", String::from_utf8_lossy(&body))
}

/// Takes one mail and returns the client's lines.
fn smtp(mut stream: TcpStream, answer: &str) -> String {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let mut told = String::new();
    let mut in_data = false;
    stream.write_all(b"220 sink\r\n").ok();
    while let Some(Ok(line)) = lines.next() {
        told.push_str(&line);
        told.push('\n');
        let say = match line.as_str() {
            "." if in_data => {
                in_data = false;
                answer
            }
            _ if in_data => continue,
            "DATA" => {
                in_data = true;
                "354 go on"
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").ok();
                break;
            }
            _ => "250 ok",
        };
        stream.write_all(format!("{say}\r\n").as_bytes()).ok();
    }
    told
}
