//! A real Courier as a child process: its own login daemon, password file, port and Maildir.
//!
//! Courier has fixed places for its login daemon's socket and settings (/run/courier and
//! /etc/courier). So it runs in a mount namespace of its own, where these places are the test's,
//! and in a process namespace, because couriertcpd leaves its process group: whatever it started
//! ends with the namespace's first process, and that with the test.
//!
//! It needs root: the namespace does, and `imaplogin` changes to the mail's owner (in a namespace
//! of an ordinary user it may not: "setgroups: Operation not permitted").
//!
//! IDLE here is Courier looking by itself, every second instead of every minute. It can be told
//! of new mail at once only by Gamin's daemon, which outlives a test. Because that is not there,
//! Courier says "* OK [ALERT] Filesystem notification initialization error" before its reply to
//! LOGIN, as it does to people whose server lacks it.
//!
//! Folders lie below INBOX and have no special use. EXAMINE tells no UIDNEXT.
//!
//! Its packages cannot be installed beside Dovecot's, so `./test` unpacks them.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use data_encoding::BASE64;
use sha2::{Digest as _, Sha256};

use super::server::{LOGIN, Owner, PASSWORD, Plan, Server, folder, libraries, root_of};
use super::{missing, skipped};

/// The junk folder's name; it has no special use.
pub const JUNK: &str = "INBOX.Junk";

const IMAPD: &str = "usr/bin/imapd";
/// Dovecot and Cyrus have programs named imapd too; this one is Courier's alone.
const LISTENER: &str = "usr/sbin/couriertcpd";
const TABLES: &str = "usr/lib/courier/courier-authlib/makedatprog";

/// Starts a server with INBOX and [`JUNK`]; `None` if Courier is not installed or we are not root.
pub fn start() -> Option<Server> {
    let installed = root_of(LISTENER).filter(|root| root.join(IMAPD).is_file());
    let Some(root) = installed else {
        missing("courier", "courier-imap");
        return None;
    };
    let owner = Owner::of_the_machine();
    if !owner.is_root {
        skipped("Courier changes to the mail's owner: run as root");
        return None;
    }
    let folder = folder("courier-");
    let path = folder.path();
    for name in ["", "/.Junk"] {
        make_maildir(&path.join(format!("home/Maildir{name}")), &owner);
    }
    let libraries = libraries(&root, "usr/lib/courier-authlib");
    let etc = path.join("etc");
    fs::create_dir_all(etc.join("courier")).unwrap();
    for name in ["passwd", "group"] {
        fs::copy(Path::new("/etc").join(name), etc.join(name)).unwrap();
    }
    let modules = "authmodulelist=\"authuserdb\"\ndaemons=1\n";
    fs::write(etc.join("courier/authdaemonrc"), modules).unwrap();
    let hash = BASE64.encode(&Sha256::digest(PASSWORD));
    let home = path.join("home");
    let tables = [
        (
            "userdb",
            format!(
                "uid={}|gid={}|home={}",
                owner.uid,
                owner.gid,
                home.display()
            ),
        ),
        ("userdbshadow", format!("imappw={{SHA256}}{hash}")),
    ];
    for (name, fields) in tables {
        let mut making = Command::new(root.join(TABLES));
        making.env("LD_LIBRARY_PATH", &libraries).arg("-");
        making.arg(etc.join("courier").join(format!("{name}.new")));
        making.arg(etc.join("courier").join(format!("{name}.dat")));
        make_table(&mut making, &fields);
    }
    let script = path.join("start.sh");
    let text = include_str!("courier.sh")
        .replace("@DIR@", &path.display().to_string())
        .replace("@ROOT@", root.to_str().unwrap().trim_end_matches('/'));
    let unshare = "unshare --mount --pid --fork --kill-child sh -e";
    let command = unshare.split(' ').map(Into::into);
    let plan = Plan {
        command: command.chain([script.clone().into()]).collect(),
        libraries,
        settings: (script, text),
    };
    Some(Server::start(folder, plan))
}

fn make_maildir(maildir: &Path, owner: &Owner) {
    for name in ["tmp", "cur", "new"] {
        let path = maildir.join(name);
        fs::create_dir_all(&path).unwrap();
        owner.give(&path);
    }
    owner.give(maildir);
}

/// Makes a table of one line, of [`LOGIN`].
fn make_table(command: &mut Command, fields: &str) {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    write!(stdin, "{LOGIN}\t{fields}\n.\n").unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success(), "makedatprog fails");
}

#[cfg(test)]
mod tests {
    use super::JUNK;

    const MAIL: &[u8] = b"From: a@example.org\r\nSubject: Hi\r\n\r\nHello.\r\n";

    #[test]
    fn courier_wakes_an_idle_client_and_keeps_its_mail() {
        let Some(mut courier) = super::start() else {
            return;
        };
        let mut client = courier.client();
        let folders = client.command("LIST \"\" *").unwrap();
        assert!(
            folders.iter().any(|line| line.contains(JUNK)),
            "{folders:?}"
        );
        client.command("SELECT INBOX").unwrap();
        client.begin("IDLE").unwrap();
        client.lines_until("+ ").unwrap();
        courier.deliver("INBOX", MAIL);
        client.lines_until("* 1 EXISTS").unwrap();
        courier.restart();
        let selected = courier.client().command("SELECT INBOX").unwrap();
        assert!(selected.contains(&"* 1 EXISTS".to_owned()), "{selected:?}");
    }
}
