//! How many mailboxes one process can watch: memory of each, and how long until all are watched.
//!
//! `cargo bench --bench scale` prints figures; nothing here passes or fails by time. The server
//! speaks from a script, over real TLS on loopback, in this process; the program is another.

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

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use support::certificates::{Authority, ServerFiles};
use support::process::Home;
use support::wait_until;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// As an organisation would have them.
const MAILBOXES: u32 = 5000;

/// What the promise is: so much memory each, and all watched within so long.
const PROMISED_KIB: f64 = 40.0;
const PROMISED: Duration = Duration::from_mins(1);

/// Long enough for every mailbox to have been swept.
const REST: Duration = Duration::from_secs(80);

fn main() {
    allow_files();
    let server = Server::start();
    println!("idle mailboxes over TLS, one process, one scripted server on this machine:");
    let (alone, _) = watch(&server, 1);
    let (all, time) = watch(&server, MAILBOXES);
    let each = f64::from(all - alone) / f64::from(MAILBOXES - 1);
    show("mailboxes", MAILBOXES);
    show(
        "from the start until all wait in IDLE",
        format!("{time:.1?}"),
    );
    show(
        "  of what is promised",
        format!("{:.2}", time.as_secs_f64() / PROMISED.as_secs_f64()),
    );
    show("resident memory with one, KiB", alone);
    show("resident memory with all, KiB", all);
    show("each further one, KiB", format!("{each:.1}"));
    show(
        "  of what is promised",
        format!("{:.2}", each / PROMISED_KIB),
    );
    show(
        "most connections on their way at once",
        server.most_under_way(),
    );
}

fn show(name: &str, value: impl std::fmt::Display) {
    println!("  {name:<46} {value}");
}

/// Both sides have a file for each connection.
fn allow_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    setrlimit(Resource::Nofile, raised).unwrap();
}

/// The memory of the program when it has watched so many mailboxes for a while, and how long it
/// took until it watched them all.
fn watch(server: &Server, mailboxes: u32) -> (u32, Duration) {
    let home = Home::new(&server.config(mailboxes));
    server.counts.idle.store(0, Ordering::Relaxed);
    let began = Instant::now();
    let mut running = home.run();
    let idle = || server.counts.idle.load(Ordering::Relaxed);
    wait_until(Duration::from_mins(4), || {
        idle() >= mailboxes || !running.is_running()
    });
    assert!(
        idle() >= mailboxes,
        "{} of {mailboxes}\n{}",
        idle(),
        running.talk()
    );
    let time = began.elapsed();
    // Not a wait for luck: what is measured is the rest.
    wait_until(REST, || false);
    (running.memory_kib("VmRSS:"), time)
}

/// A server in which nothing ever happens.
struct Server {
    port: u16,
    folder: TempDir,
    authority: Authority,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    /// First IDLEs of a connection.
    idle: AtomicU32,
    under_way: AtomicU32,
    most_under_way: AtomicU32,
}

impl Server {
    fn start() -> Self {
        let folder = TempDir::with_prefix("scale-").unwrap();
        let authority = Authority::new(folder.path());
        let ServerFiles { certificate, key } = authority.certify(&["localhost"]);
        let tls = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from_pem_file(certificate).unwrap()],
                PrivateKeyDer::from_pem_file(key).unwrap(),
            )
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let counts = Arc::new(Counts::default());
        let theirs = Arc::clone(&counts);
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                while let Ok((tcp, _)) = listener.accept().await {
                    let (acceptor, counts) = (acceptor.clone(), Arc::clone(&theirs));
                    tokio::spawn(async move {
                        counts.enter();
                        if let Ok(tls) = acceptor.accept(tcp).await {
                            // A client that is gone ends it.
                            serve(tls, &counts).await.ok();
                        }
                    });
                }
            });
        });
        Self {
            port,
            folder,
            authority,
            counts,
        }
    }

    fn most_under_way(&self) -> u32 {
        self.counts.most_under_way.load(Ordering::Relaxed)
    }

    fn config(&self, mailboxes: u32) -> String {
        let mut config = String::new();
        for number in 0..mailboxes {
            writeln!(
                config,
                "[[mailbox]]\nname = \"m{number}\"\naddress = \"m{number}@example.org\"\n\
                 accounts = [\"facebook\"]\nfolders = [\"INBOX\"]\npassword = {{ value = \"x\" }}\n\
                 imap = {{ host = \"localhost\", port = {}, login = \"m{number}\", ca_file = {:?} }}",
                self.port,
                self.authority.ca_file().display().to_string()
            )
            .unwrap();
        }
        config
    }
}

impl Counts {
    fn enter(&self) {
        let now = self.under_way.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_under_way.fetch_max(now, Ordering::Relaxed);
    }

    fn leave(&self) {
        self.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn serve(wire: impl AsyncRead + AsyncWrite + Unpin, counts: &Counts) -> std::io::Result<()> {
    let mut wire = BufReader::with_capacity(512, wire);
    say(
        &mut wire,
        "* OK [CAPABILITY IMAP4rev1 IDLE SASL-IR AUTH=PLAIN] ready\r\n",
    )
    .await?;
    let (mut idle, mut has_idled) = (String::new(), false);
    loop {
        let mut line = String::new();
        if wire.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let (tag, command) = line
            .trim_end()
            .split_once(' ')
            .unwrap_or((line.trim_end(), ""));
        let answer = match command.split(' ').next().unwrap_or_default() {
            "AUTHENTICATE" => {
                counts.leave();
                format!("{tag} OK [CAPABILITY IMAP4rev1 IDLE] in\r\n")
            }
            "EXAMINE" => format!(
                "* 3 EXISTS\r\n* OK [UIDVALIDITY 7]\r\n* OK [UIDNEXT 4]\r\n{tag} OK [READ-ONLY]\r\n"
            ),
            "IDLE" => {
                tag.clone_into(&mut idle);
                if !std::mem::replace(&mut has_idled, true) {
                    counts.idle.fetch_add(1, Ordering::Relaxed);
                }
                "+ idling\r\n".to_owned()
            }
            "" => format!("{idle} OK\r\n"),
            "UID" if command.starts_with("UID SEARCH") => format!("* SEARCH\r\n{tag} OK\r\n"),
            "UID" => format!("* 3 FETCH (UID 3)\r\n{tag} OK\r\n"),
            _ => format!("{tag} OK\r\n"),
        };
        say(&mut wire, &answer).await?;
    }
}

async fn say(
    wire: &mut BufReader<impl AsyncRead + AsyncWrite + Unpin>,
    text: &str,
) -> std::io::Result<()> {
    wire.get_mut().write_all(text.as_bytes()).await?;
    wire.get_mut().flush().await
}
