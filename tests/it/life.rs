//! The daemon's life: when it is ready, what it says of itself, how it takes on another
//! configuration, and how it ends.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use rustix::process::Signal;

use crate::support::dovecot::{Dovecot, LOGIN, Options, PASSWORD, Tls};
use crate::support::meta::Meta;
use crate::support::notify::Systemd;
use crate::support::process::{Home, Running};
use crate::support::proxy::Proxy;
use crate::support::step::Step;

mod ready;
mod reload;
mod stop;

const CODE: &str = "482913";

/// A home without a configuration yet, and what its daemon lives with.
struct Life {
    home: Home,
    meta: Meta,
    systemd: Systemd,
}

impl Life {
    fn new() -> Self {
        let home = Home::empty();
        let systemd = Systemd::of(&home);
        let meta = Meta::new();
        Self {
            home,
            meta,
            systemd,
        }
    }

    /// Writes the configuration: these tables, the key, and an alert to standard output.
    fn configure(&self, tables: &[&str]) {
        let keys = self.meta.pinned_keys();
        let text = format!(
            "{}\n[[alert]]\nurl = \"stdout:\"\n{keys}",
            tables.join("\n")
        );
        self.home.write("config/sustained/config.toml", &text);
    }

    fn run(&self) -> Running {
        self.systemd.run(&self.home)
    }

    /// Has the configuration read anew, and waits until the daemon is done with it.
    fn reload(&self, running: &Running) {
        let times = |words: &str| {
            let said = self.systemd.said();
            said.iter().filter(|said| said.contains(words)).count()
        };
        let ready = times("READY=1");
        running.signal(Signal::HUP);
        self.systemd.wait_for("READY=1", ready + 1);
    }

    /// A new Maildir in this home, and the table that watches it.
    fn maildir(&self, name: &str) -> Maildir {
        let path = self.home.path().join(name);
        for place in ["new", "cur", "tmp"] {
            fs::create_dir_all(path.join(place)).unwrap();
        }
        let table = format!(
            "[[mailbox]]\nname = \"{name}\"\naddress = \"{LOGIN}\"\naccounts = [\"facebook\"]\n\
             maildir = {:?}\nfolders = [\"INBOX\"]\n",
            path.display().to_string()
        );
        Maildir { path, table }
    }
}

/// A Maildir.
struct Maildir {
    path: PathBuf,
    table: String,
}

impl Maildir {
    /// Written a while before it is moved, as by a delivery agent that syncs: it is whole at once.
    fn deliver(&self, raw: &[u8]) {
        let name = format!("{:x}.test", fastrand::u64(..));
        let draft = self.path.join("tmp").join(&name);
        fs::write(&draft, raw).unwrap();
        let file = File::options().append(true).open(&draft).unwrap();
        let written = SystemTime::now() - Duration::from_secs(10);
        file.set_modified(written).unwrap();
        fs::rename(draft, self.path.join("new").join(name)).unwrap();
    }
}

/// A server in plain text behind a proxy that counts connections.
struct Server {
    dovecot: Dovecot,
    proxy: Proxy,
}

impl Server {
    fn start() -> Option<Self> {
        let options = Options {
            tls: Tls::None,
            ..Options::default()
        };
        let dovecot = Dovecot::with(options)?;
        let proxy = Proxy::to(dovecot.port());
        Some(Self { dovecot, proxy })
    }

    /// The table of a mailbox there.
    fn table(&self, name: &str, password: &str) -> String {
        format!(
            "[[mailbox]]\nname = \"{name}\"\naddress = \"{LOGIN}\"\naccounts = [\"facebook\"]\n\
             imap = {{ host = \"127.0.0.1\", port = {}, tls = \"none\", login = \"{LOGIN}\" }}\n\
             password = {{ {password} }}\nfolders = [\"INBOX\"]\n",
            self.proxy.port()
        )
    }

    /// The same with the right password.
    fn me(&self) -> String {
        self.table("me", &format!("value = {PASSWORD:?}"))
    }
}

/// A step by another name, which keeps what it is handed elsewhere.
fn second_step(home: &Home, ending: &str) -> Step {
    let place = home.path().join("second");
    fs::create_dir(&place).unwrap();
    Step::in_folder(&place, ending)
}
