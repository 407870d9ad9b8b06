//! The barest IMAP client: it sends a line and gives back what came, up to the tagged reply.
//!
//! The tests look at a server through it, and the program is compared with it. It checks nothing.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// A server that says nothing for so long has failed the test.
const SILENCE: Duration = Duration::from_secs(20);

/// Both sides of a connection, with or without TLS.
trait Duplex: Read + Write + Send {}
impl<T: Read + Write + Send> Duplex for T {}

/// One connection to an IMAP server.
pub struct Wire {
    stream: BufReader<Box<dyn Duplex>>,
    tag: u32,
    /// The server's first line.
    pub greeting: String,
}

impl Wire {
    /// Connects with TLS, trusting only `ca_file`, and reads the greeting.
    pub fn over_tls(name: &str, port: u16, ca_file: &Path) -> io::Result<Self> {
        let mut roots = RootCertStore::empty();
        let pem = fs::read(ca_file)?;
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            roots.add(certificate.unwrap()).unwrap();
        }
        let config = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let tls = ClientConnection::new(Arc::new(config), name).unwrap();
        let stream = StreamOwned::new(tls, connect(port)?);
        Self::greeted(Box::new(stream))
    }

    /// Connects in plain text and reads the greeting.
    pub fn in_plain_text(port: u16) -> io::Result<Self> {
        Self::greeted(Box::new(connect(port)?))
    }

    fn greeted(stream: Box<dyn Duplex>) -> io::Result<Self> {
        let mut wire = Self {
            stream: BufReader::new(stream),
            tag: 0,
            greeting: String::new(),
        };
        wire.greeting = wire.line()?;
        Ok(wire)
    }

    /// Sends a line as it stands, without a tag.
    pub fn send(&mut self, line: &str) -> io::Result<()> {
        let stream = self.stream.get_mut();
        stream.write_all(format!("{line}\r\n").as_bytes())?;
        stream.flush()
    }

    /// The next line, without its end; an error at the end of the stream.
    pub fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        if self.stream.read_until(b'\n', &mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }

    /// Sends a tagged command without waiting for anything, and returns its tag.
    pub fn begin(&mut self, command: &str) -> io::Result<String> {
        self.tag += 1;
        let tag = format!("w{}", self.tag);
        self.send(&format!("{tag} {command}"))?;
        Ok(tag)
    }

    /// Sends a command and returns every line up to its tagged reply, which is the last one.
    pub fn command(&mut self, command: &str) -> io::Result<Vec<String>> {
        let tag = self.begin(command)?;
        self.lines_until(&format!("{tag} "))
    }

    /// Logs in; panics if the server does not let it in.
    pub fn sign_in(&mut self, login: &str, password: &str) -> io::Result<()> {
        let answer = self.command(&format!("LOGIN \"{login}\" \"{password}\""))?;
        assert!(answer.last().unwrap().contains(" OK "), "{answer:?}");
        Ok(())
    }

    /// Puts a message of plain text into `folder`; panics if the server does not take it.
    pub fn append(&mut self, folder: &str, raw: &[u8]) -> io::Result<()> {
        let text = str::from_utf8(raw).unwrap();
        let tag = self.begin(&format!("APPEND \"{folder}\" {{{}}}", raw.len()))?;
        self.lines_until("+ ")?;
        self.send(text)?;
        let answer = self.lines_until(&format!("{tag} "))?;
        assert!(answer.last().unwrap().contains(" OK "), "{answer:?}");
        Ok(())
    }

    /// Every line up to the first that begins with `start`, which is the last one.
    pub fn lines_until(&mut self, start: &str) -> io::Result<Vec<String>> {
        let mut lines = Vec::new();
        loop {
            let line = self.line()?;
            let is_last = line.starts_with(start);
            lines.push(line);
            if is_last {
                return Ok(lines);
            }
        }
    }
}

fn connect(port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(SILENCE))?;
    Ok(stream)
}
