//! An HTTP server on loopback that answers by a script and keeps what it was sent.
//!
//! It does not check anything: tests look at what it kept.
//!
//! SECURITY: listens on 127.0.0.1, port 0; for tests only.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// One request.
#[derive(Debug, Clone)]
pub struct Received {
    /// Method and path, as in `POST /topic`.
    pub line: String,
    /// Header fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Received {
    /// The value of a header field; empty where it is missing.
    pub fn header(&self, name: &str) -> &str {
        let field = self.headers.iter().find(|(field, _)| field == name);
        field.map_or("", |(_, value)| value)
    }
}

/// One answer, whole, as it goes over the wire; without one the connection stays as it is.
#[derive(Debug, Clone)]
pub struct Reply(Option<Vec<u8>>);

impl Reply {
    /// A status and a body.
    pub fn new(status: u16, body: &str) -> Self {
        Self::with_field(status, "X-Sink: 1", body)
    }

    /// A status, one more header field and a body.
    pub fn with_field(status: u16, field: &str, body: &str) -> Self {
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} Scripted\r\nContent-Length: {length}\r\n{field}\r\n\
             Connection: close\r\n\r\n{body}"
        );
        Self::raw(&head)
    }

    /// These bytes, after which the connection ends.
    pub fn raw(bytes: &str) -> Self {
        Self(Some(bytes.as_bytes().to_vec()))
    }

    /// The request is read, and nothing follows.
    pub fn never() -> Self {
        Self(None)
    }
}

/// The server; it ends with the test process.
pub struct HttpSink {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

impl HttpSink {
    /// Starts it. Each request gets the next of `replies`, the last one for ever.
    pub fn start(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let received = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&received);
        std::thread::spawn(move || {
            let mut unanswered = Vec::new();
            for (turn, stream) in listener.incoming().flatten().enumerate() {
                let reply = &replies[turn.min(replies.len() - 1)];
                // A client that hangs up early is the client's affair.
                let _ = serve(&stream, reply, &kept);
                if reply.0.is_none() {
                    unanswered.push(stream);
                }
            }
        });
        Self { address, received }
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// What was sent so far: a request is kept before it is answered.
    pub fn received(&self) -> Vec<Received> {
        self.received
            .lock()
            .expect("no thread panics with the lock")
            .clone()
    }
}

fn serve(stream: &TcpStream, reply: &Reply, kept: &Mutex<Vec<Received>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let line = line
        .rsplit_once(" HTTP/")
        .map_or("", |(line, _)| line)
        .to_owned();
    let mut headers = Vec::new();
    loop {
        let mut field = String::new();
        reader.read_line(&mut field)?;
        let Some((name, value)) = field.split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8_lossy(&body).into_owned();
    let request = Received {
        line,
        headers,
        body,
    };
    kept.lock()
        .expect("no thread panics with the lock")
        .push(request);
    let mut stream = stream;
    stream.write_all(reply.0.as_deref().unwrap_or_default())
}
