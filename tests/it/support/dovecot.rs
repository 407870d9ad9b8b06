//! A real Dovecot as a child process: own folder, own port, own certificate, own Maildir.
//!
//! It works as root (its login processes then run as Debian's `dovenull`) and as any other user.
//! SECURITY: it listens on loopback only, and its whole process group ends with the test: when
//! [`Dovecot`] is dropped, or when the pipe to it closes because the test process is gone.
//!
//! New mail wakes an IDLE after 0.5 s. That is Dovecot's own pause after the first inotify event
//! (`NOTIFY_DELAY_MSECS` in its mailbox-watch.c); no setting changes it.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;

use super::certificates::{Authority, ServerFiles};
pub use super::server::PASSWORD;
use super::server::{self, Owner, PORT_TRIES, Processes, free_port};
use super::wire::Wire;
use super::{PATIENCE, missing, wait_until};
pub use options::{Options, Tls};

mod options;

/// The one login name with mail. Every other name is let in as well, to the same mail.
pub const LOGIN: &str = "me@example.org";

/// A running server, ended on drop.
pub struct Dovecot {
    program: PathBuf,
    authority: Authority,
    server: ServerFiles,
    options: Options,
    owner: Owner,
    port: u16,
    processes: Option<Processes>,
    delivered: AtomicU64,
    // Last, so that the processes are gone before their folder is.
    folder: TempDir,
}

impl Dovecot {
    /// Starts a server with IDLE and a Junk folder; `None` if Dovecot is not installed.
    pub fn start() -> Option<Self> {
        Self::with(Options::default())
    }

    /// Starts a server that differs from the usual one by `options`.
    pub fn with(options: Options) -> Option<Self> {
        let Some(program) = installed() else {
            missing("dovecot", "dovecot-imapd");
            return None;
        };
        let folder = server::folder("dovecot-");
        let owner = Owner::of_the_machine();
        for name in ["mail", "home"] {
            let path = folder.path().join(name);
            fs::create_dir(&path).unwrap();
            owner.give(&path);
        }
        let authority = Authority::new(folder.path());
        let server = authority.certify(options.names);
        let mut dovecot = Self {
            program,
            authority,
            server,
            options,
            owner,
            port: 0,
            processes: None,
            delivered: AtomicU64::new(0),
            folder,
        };
        let started = (0..PORT_TRIES).any(|_| {
            dovecot.port = free_port();
            dovecot.run()
        });
        assert!(started, "dovecot does not start:\n{}", dovecot.log());
        Some(dovecot)
    }

    /// The IMAPS port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The certificate to trust, for `imap.ca_file`.
    pub fn ca_file(&self) -> &Path {
        self.authority.ca_file()
    }

    /// The SHA-256 of the server's certificate, for `imap.fingerprint`.
    pub fn fingerprint(&self) -> String {
        let certificate = CertificateDer::from_pem_file(&self.server.certificate).unwrap();
        data_encoding::HEXLOWER.encode(&Sha256::digest(certificate))
    }

    /// Everything that the server has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Ends the server; the port refuses connections, the mail stays.
    pub fn stop(&mut self) {
        // Politely: Dovecot then tells its clients BYE and leaves its files whole.
        if let Some(processes) = self.processes.take() {
            processes.end();
        }
    }

    /// Starts a stopped server again, on the same port and with the same mail.
    pub fn restart(&mut self) {
        self.stop();
        // Old connections may hold the port for a moment.
        let started = wait_until(PATIENCE, || self.run());
        assert!(started, "dovecot does not start again:\n{}", self.log());
    }

    /// A connection of the barest client, logged in.
    pub fn client(&self) -> Wire {
        let mut wire = self.greeted("localhost").unwrap();
        wire.sign_in(LOGIN, PASSWORD).unwrap();
        wire
    }

    fn greeted(&self, name: &str) -> io::Result<Wire> {
        if self.options.tls == Tls::Implicit {
            Wire::over_tls(name, self.port, self.ca_file())
        } else {
            Wire::in_plain_text(self.port)
        }
    }

    /// Puts a message into `folder` as a delivery agent does; it is taken in now.
    pub fn deliver(&self, folder: &str, raw: &[u8]) {
        self.write(folder, raw, None);
    }

    /// Puts a message into `folder` whose INTERNALDATE is `received`.
    pub fn deliver_at(&self, folder: &str, raw: &[u8], received: Timestamp) {
        self.write(folder, raw, Some(received));
    }

    fn write(&self, folder: &str, raw: &[u8], received: Option<Timestamp>) {
        let maildir = self.maildir(folder);
        let name = self.next_name();
        let draft = maildir.join("tmp").join(&name);
        fs::write(&draft, raw).unwrap();
        self.owner.give(&draft);
        if let Some(received) = received {
            // Dovecot takes INTERNALDATE from the file's time of modification.
            let file = File::options().append(true).open(&draft).unwrap();
            file.set_modified(SystemTime::try_from(received).unwrap())
                .unwrap();
        }
        fs::rename(&draft, maildir.join("new").join(&name)).unwrap();
    }

    /// Puts `count` small messages of no interest into `folder`, as old mail that was seen.
    pub fn fill(&self, folder: &str, count: u32) {
        let seen = self.maildir(folder).join("cur");
        for number in 0..count {
            let raw = format!(
                "From: Shop <news@shop.example>\r\nTo: <{LOGIN}>\r\nSubject: Offer {number}\r\n\
                 Message-ID: <{number}@shop.example>\r\n\r\nNothing to see here.\r\n"
            );
            let path = seen.join(format!("{}:2,S", self.next_name()));
            fs::write(&path, raw).unwrap();
            self.owner.give(&path);
        }
    }

    /// How many messages lie in `folder`, deleted ones that were not thrown away included.
    pub fn count(&self, folder: &str) -> usize {
        let maildir = self.maildir(folder);
        let count = |place: &str| fs::read_dir(maildir.join(place)).unwrap().count();
        count("new") + count("cur")
    }

    /// A file name that no other delivery has, later in the order of names than all before.
    fn next_name(&self) -> String {
        let number = self.delivered.fetch_add(1, Ordering::Relaxed);
        let now = Timestamp::now().as_second();
        format!("{now}.M{number:06}P1.sustained")
    }

    /// The Maildir of `folder`, made if it is not there yet.
    fn maildir(&self, folder: &str) -> PathBuf {
        let mail = self.folder.path().join("mail");
        let maildir = match folder {
            "INBOX" => mail,
            other => mail.join(format!(".{}", other.replace('/', "."))),
        };
        for path in [
            &maildir,
            &maildir.join("tmp"),
            &maildir.join("cur"),
            &maildir.join("new"),
        ] {
            if fs::create_dir(path).is_ok() {
                self.owner.give(path);
            }
        }
        maildir
    }

    /// Runs the program until it answers; `false` if it ended instead.
    fn run(&mut self) -> bool {
        let folder = self.folder.path();
        let settings = folder.join("dovecot.conf");
        fs::write(&settings, self.settings()).unwrap();
        let command = [
            self.program.as_os_str(),
            OsStr::new("-F"),
            OsStr::new("-c"),
            settings.as_os_str(),
        ];
        let mut processes = Processes::start(&command, OsStr::new(""), &folder.join("log"));
        let runs = processes.run_until(|| self.greeted(self.options.names[0]).is_ok());
        self.processes = runs.then_some(processes);
        runs
    }

    fn capability(&self) -> &'static str {
        match (self.options.idle, self.options.uidplus) {
            (true, true) => "",
            (false, true) => "imap_capability = IMAP4rev1 SASL-IR LITERAL+ ID ENABLE UIDPLUS",
            (true, false) => "imap_capability = IMAP4rev1 SASL-IR LITERAL+ ID ENABLE IDLE",
            (false, false) => "imap_capability = IMAP4rev1 SASL-IR LITERAL+ ID ENABLE",
        }
    }

    fn settings(&self) -> String {
        let junk = self
            .options
            .junk
            .map(|name| folder_setting(name, "special_use = \\Junk"));
        let further = self
            .options
            .folders
            .iter()
            .map(|name| folder_setting(name, ""));
        let folders: String = junk.into_iter().chain(further).collect();
        let tokens = match &self.options.tokens {
            None => String::new(),
            Some(address) => {
                let path = self.folder.path().join("tokens.conf");
                let said = format!("tokeninfo_url = {address}\nusername_attribute = email\n");
                fs::write(&path, said).unwrap();
                let path = path.display();
                format!(
                    "passdb {{\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  \
                     args = {path}\n}}\n"
                )
            }
        };
        let owner = &self.owner;
        // Login processes never run as root, and Debian's package brings users for all of it.
        let (internal, login) = if owner.is_root {
            (["dovecot", "dovecot"], "dovenull")
        } else {
            (
                [owner.user.as_str(), owner.group.as_str()],
                owner.user.as_str(),
            )
        };
        [
            ("@DIR@", self.folder.path().display().to_string()),
            (
                "@CERTIFICATE@",
                self.server.certificate.display().to_string(),
            ),
            ("@KEY@", self.server.key.display().to_string()),
            ("@INTERNAL_USER@", internal[0].to_owned()),
            ("@INTERNAL_GROUP@", internal[1].to_owned()),
            ("@LOGIN_USER@", login.to_owned()),
            ("@MAIL_UID@", owner.uid.to_string()),
            ("@MAIL_GID@", owner.gid.to_string()),
            ("@PASSWORD@", PASSWORD.to_owned()),
            ("@PORT@", self.port.to_string()),
            ("@SSL@", yes_if(self.options.tls != Tls::None, "required")),
            (
                "@LISTENER_SSL@",
                yes_if(self.options.tls == Tls::Implicit, "yes"),
            ),
            ("@PLAIN@", yes_if(self.options.tls != Tls::None, "yes")),
            ("@MECHANISMS@", self.options.mechanisms.to_owned()),
            ("@TOKENS@", tokens),
            ("@CAPABILITY@", self.capability().to_owned()),
            ("@FOLDERS@", folders),
        ]
        .into_iter()
        .fold(
            include_str!("dovecot.conf").to_owned(),
            |text, (name, value)| text.replace(name, &value),
        )
    }
}

fn yes_if(holds: bool, yes: &str) -> String {
    if holds { yes } else { "no" }.to_owned()
}

fn folder_setting(name: &str, special_use: &str) -> String {
    format!("  mailbox \"{name}\" {{\n    auto = subscribe\n    {special_use}\n  }}\n")
}

/// The server's program. Debian keeps it where the PATH of an ordinary user does not look.
fn installed() -> Option<PathBuf> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join("dovecot"))
        .find(|program| program.is_file())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::wire::Wire;
    use super::{Dovecot, LOGIN, Options};

    const MAIL: &[u8] = b"From: a@example.org\r\nSubject: Hi\r\n\r\nHello.\r\n";

    #[test]
    fn dovecot_wakes_an_idle_client_over_tls() {
        let Some(dovecot) = Dovecot::start() else {
            return;
        };
        let mut client = dovecot.client();
        let folders = client.command("LIST \"\" * RETURN (SPECIAL-USE)").unwrap();
        assert!(
            folders.iter().any(|line| line.contains("\\Junk")),
            "{folders:?}"
        );
        client.command("SELECT INBOX").unwrap();
        let idle = client.begin("IDLE").unwrap();
        client.lines_until("+ ").unwrap();
        dovecot.deliver("INBOX", MAIL);
        client.lines_until("* 1 EXISTS").unwrap();
        client.send("DONE").unwrap();
        client.lines_until(&format!("{idle} OK")).unwrap();
    }

    #[test]
    fn a_delivery_keeps_its_date_and_its_folder() {
        let Some(dovecot) = Dovecot::start() else {
            return;
        };
        let received: Timestamp = "2024-06-01T10:00:00Z".parse().unwrap();
        dovecot.deliver_at("Junk", MAIL, received);
        dovecot.fill("Junk", 3);
        let mut client = dovecot.client();
        let selected = client.command("SELECT Junk").unwrap();
        assert!(selected.contains(&"* 4 EXISTS".to_owned()), "{selected:?}");
        let all = client.command("FETCH 1:* INTERNALDATE").unwrap().concat();
        assert!(all.contains("01-Jun-2024 "), "{all}");
        let fresh = client.command("UID SEARCH UNSEEN").unwrap();
        assert_eq!(fresh[0].split(' ').count(), 3, "{fresh:?}");
    }

    #[test]
    fn mail_and_port_outlive_a_restart() {
        let Some(mut dovecot) = Dovecot::start() else {
            return;
        };
        let port = dovecot.port();
        dovecot.deliver("INBOX", MAIL);
        let mut before = dovecot.client();
        dovecot.stop();
        assert!(before.command("NOOP").is_err() || before.command("NOOP").is_err());
        assert!(Wire::in_plain_text(port).is_err());
        dovecot.restart();
        assert_eq!(dovecot.port(), port);
        let selected = dovecot.client().command("SELECT INBOX").unwrap();
        assert!(selected.contains(&"* 1 EXISTS".to_owned()), "{selected:?}");
    }

    #[test]
    fn a_server_can_hide_idle_and_show_a_wrong_name() {
        let Some(dovecot) = Dovecot::with(Options {
            idle: false,
            names: &["mail.elsewhere.example"],
            folders: &["Archive"],
            ..Options::default()
        }) else {
            return;
        };
        let (port, ca_file) = (dovecot.port(), dovecot.ca_file());
        assert!(Wire::over_tls("localhost", port, ca_file).is_err());
        let mut client = Wire::over_tls("mail.elsewhere.example", port, ca_file).unwrap();
        let refused = client.command(&format!("LOGIN {LOGIN} wrong")).unwrap();
        assert!(
            refused
                .last()
                .unwrap()
                .contains(" NO [AUTHENTICATIONFAILED]"),
            "{refused:?}"
        );
        let capability = client.command("CAPABILITY").unwrap();
        assert!(!capability[0].contains("IDLE"), "{capability:?}");
    }
}
