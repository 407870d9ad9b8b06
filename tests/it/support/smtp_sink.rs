//! A mail server on loopback that answers by a script and keeps what it was sent.
//!
//! It speaks just enough of RFC 5321 for one delivery a connection, and no TLS.
//!
//! SECURITY: listens on 127.0.0.1, port 0; for tests only.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// The server; it ends with the test process.
pub struct SmtpSink {
    address: SocketAddr,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default, Clone)]
struct Kept {
    commands: Vec<String>,
    mails: Vec<String>,
}

impl SmtpSink {
    /// Starts a server that takes every mail, except that a command beginning with the first of
    /// a pair of `answers` gets the second (`("RCPT", "550 no such person")`). The end of a mail
    /// is the command `.`.
    pub fn start(answers: &'static [(&'static str, &'static str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let kept = Arc::new(Mutex::new(Kept::default()));
        let shared = Arc::clone(&kept);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that hangs up early is the client's affair.
                let _ = serve(&stream, answers, &shared);
            }
        });
        Self { address, kept }
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The commands so far: each is kept before it is answered.
    pub fn commands(&self) -> Vec<String> {
        self.kept
            .lock()
            .expect("no thread panics with the lock")
            .commands
            .clone()
    }

    /// The mails so far, as sent; each is kept before it is answered for.
    pub fn mails(&self) -> Vec<String> {
        self.kept
            .lock()
            .expect("no thread panics with the lock")
            .mails
            .clone()
    }
}

fn serve(
    mut stream: &TcpStream,
    answers: &[(&str, &str)],
    kept: &Mutex<Kept>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    stream.write_all(b"220 sink.example ESMTP\r\n")?;
    let mut mail: Option<String> = None;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let command = line.trim_end().to_owned();
        if let Some(text) = mail.as_mut().filter(|_| command != ".") {
            text.push_str(&line);
            continue;
        }
        let mut kept = kept.lock().expect("no thread panics with the lock");
        kept.commands.push(command.clone());
        kept.mails.extend(mail.take());
        drop(kept);
        let scripted = answers
            .iter()
            .find(|(begins, _)| command.starts_with(begins));
        let answer = scripted.map_or_else(|| usual(&command), |(_, answer)| answer);
        if answer.starts_with("354") {
            mail = Some(String::new());
        }
        stream.write_all(format!("{answer}\r\n").as_bytes())?;
        if command.starts_with("QUIT") {
            return Ok(());
        }
    }
}

fn usual(command: &str) -> &'static str {
    match command.split(' ').next().unwrap_or_default() {
        "EHLO" => "250-sink.example\r\n250-8BITMIME\r\n250 AUTH PLAIN",
        "AUTH" => "235 welcome",
        "DATA" => "354 go on",
        "QUIT" => "221 bye",
        _ => "250 fine",
    }
}
