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
//! Courier's IDLE (`IMAP_ENHANCEDIDLE`) learns of new mail from Gamin's daemon, which runs in the
//! namespace too. Without that daemon, IDLE looks by itself (`IMAP_IDLE_TIMEOUT`, a minute), a
//! sign-in takes seconds longer, and "* OK [ALERT] Filesystem notification initialization error"
//! comes before the reply to LOGIN.
//!
//! Folders lie below INBOX and have no special use. EXAMINE tells no UIDNEXT.
//!
//! A refused password is answered after five seconds, which no setting changes.
//!
//! Its packages cannot be installed beside Dovecot's, so `./test` unpacks them.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use data_encoding::BASE64;
use sha2::{Digest as _, Sha256};

use super::server::{LOGIN, Owner, PASSWORD, Plan, Server, feed, folder, libraries, root_of};
use super::skipped;

/// The junk folder's name; it has no special use.
pub const JUNK: &str = "INBOX.Junk";

const IMAPD: &str = "usr/bin/imapd";
/// Dovecot and Cyrus have programs named imapd too; this one is Courier's alone.
const LISTENER: &str = "usr/sbin/couriertcpd";
const TABLES: &str = "usr/lib/courier/courier-authlib/makedatprog";

/// Starts a server with INBOX and [`JUNK`]; `None` if Courier is not installed or cannot run here.
pub fn start() -> Option<Server> {
    let installed = root_of(LISTENER).filter(|root| root.join(IMAPD).is_file());
    let Some(root) = installed else {
        skipped("Courier is missing: ./test unpacks it");
        return None;
    };
    if !may_unshare() {
        skipped("Courier needs namespaces: run as root, in a container with CAP_SYS_ADMIN");
        return None;
    }
    let owner = Owner::of_the_machine();
    let folder = folder("courier-");
    let path = folder.path();
    for name in ["", "/.Junk"] {
        make_maildir(&path.join(format!("home/Maildir{name}")), &owner);
    }
    let libraries = libraries(&root, "usr/lib/courier-authlib");
    write_etc(path, &owner, &root, &libraries);
    let script = path.join("start.sh");
    let text = include_str!("courier.sh")
        .replace("@DIR@", &path.display().to_string())
        .replace("@UID@", &owner.uid.to_string())
        .replace("@GID@", &owner.gid.to_string())
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

/// Whether namespaces can be made here.
fn may_unshare() -> bool {
    let try_it = Command::new("unshare")
        .args(["--mount", "--pid", "--fork", "true"])
        .output();
    try_it.is_ok_and(|output| output.status.success())
}

fn make_maildir(maildir: &Path, owner: &Owner) {
    for name in ["tmp", "cur", "new"] {
        let path = maildir.join(name);
        fs::create_dir_all(&path).unwrap();
        owner.give(&path);
    }
    owner.give(maildir);
}

/// Writes the folder that takes the place of /etc: the users, and the one who has mail.
fn write_etc(folder: &Path, owner: &Owner, root: &Path, libraries: &OsStr) {
    let courier = folder.join("etc/courier");
    fs::create_dir_all(&courier).unwrap();
    for name in ["passwd", "group"] {
        fs::copy(Path::new("/etc").join(name), folder.join("etc").join(name)).unwrap();
    }
    let modules = "authmodulelist=\"authuserdb\"\ndaemons=1\n";
    fs::write(courier.join("authdaemonrc"), modules).unwrap();
    let home = folder.join("home").display().to_string();
    let person = format!("uid={}|gid={}|home={home}", owner.uid, owner.gid);
    let hash = BASE64.encode(&Sha256::digest(PASSWORD));
    let password = format!("imappw={{SHA256}}{hash}");
    for (name, fields) in [("userdb", person), ("userdbshadow", password)] {
        let mut table = Command::new(root.join(TABLES));
        table.env("LD_LIBRARY_PATH", libraries).arg("-");
        table.arg(courier.join(format!("{name}.new")));
        table.arg(courier.join(format!("{name}.dat")));
        feed(&mut table, &format!("{LOGIN}\t{fields}\n.\n"));
    }
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
