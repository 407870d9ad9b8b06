//! A real Cyrus as a child process: own folder, own port, own password file, own databases.
//!
//! Cyrus refuses to run as root: as root, its processes change to Debian's `mail`. `idled` tells
//! an IDLE of new mail at once; without it, imapd looks by itself once a minute.
//!
//! Its packages cannot be installed beside Dovecot's, so `./test` unpacks them: the programs are
//! named by whole paths, and the libraries are told to the loader.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::server::{LOGIN, Owner, PASSWORD, Plan, Server, feed, folder, libraries, root_of};
use super::{PATIENCE, skipped, wait_until};

const MASTER: &str = "usr/lib/cyrus/bin/master";
const SET_PASSWORD: &str = "usr/sbin/saslpasswd2";

/// Starts a server with INBOX and a special-use `\Junk` folder; `None` if Cyrus is not installed.
pub fn start() -> Option<Server> {
    let Some(root) = root_of(MASTER) else {
        skipped("Cyrus is missing: ./test unpacks it");
        return None;
    };
    let Some(passwords) = root_of(SET_PASSWORD) else {
        skipped("saslpasswd2 is missing: ./test unpacks it");
        return None;
    };
    let owner = Owner::of_the_machine();
    let folder = folder("cyrus-");
    let path = folder.path();
    for name in ["state", "state/socket", "mail", "proc", "lock"] {
        let name = path.join(name);
        fs::create_dir(&name).unwrap();
        owner.give(&name);
    }
    let libraries = libraries(&root, "");
    let mut setting = Command::new(passwords.join(SET_PASSWORD));
    // The realm is imapd.conf's `servername`.
    setting.args(["-p", "-c", "-u", "localhost", "-f"]);
    setting.arg(path.join("passwords")).arg(LOGIN);
    feed(setting.env("LD_LIBRARY_PATH", &libraries), PASSWORD);
    owner.give(&path.join("passwords"));
    let fill = |text: &str| {
        text.replace("@DIR@", &path.display().to_string())
            .replace("@BIN@", &bin(&root))
            .replace("@USER@", &owner.user)
            .replace("@GROUP@", &owner.group)
    };
    let imapd = path.join("imapd.conf");
    fs::write(&imapd, fill(include_str!("cyrus-imapd.conf"))).unwrap();
    let settings = path.join("cyrus.conf");
    let command = [
        root.join(MASTER).into(),
        "-D".into(),
        "-C".into(),
        imapd.into(),
        "-M".into(),
        settings.clone().into(),
        "-p".into(),
        path.join("master.pid").into(),
    ];
    let plan = Plan {
        command: command.to_vec(),
        libraries,
        settings: (settings, fill(include_str!("cyrus.conf"))),
    };
    let server = Server::start(folder, plan);
    // The folders are made by the first login. Two at once, as of a program with two folders, could
    // find the one folder and not yet the other.
    let mut client = server.client();
    let made = wait_until(PATIENCE, || {
        let folders = client.command("LIST \"\" *").unwrap();
        folders.iter().any(|line| line.ends_with(" Junk"))
    });
    assert!(made, "cyrus makes no folders:\n{}", server.log());
    Some(server)
}

fn bin(root: &Path) -> String {
    let master = root.join(MASTER);
    master.parent().unwrap().display().to_string()
}

#[cfg(test)]
mod tests {
    use super::super::server::LOGIN;
    use super::super::wire::Wire;

    const MAIL: &[u8] = b"From: a@example.org\r\nSubject: Hi\r\n\r\nHello.\r\n";

    #[test]
    fn cyrus_wakes_an_idle_client_and_keeps_its_mail() {
        let Some(mut cyrus) = super::start() else {
            return;
        };
        let mut client = cyrus.client();
        let folders = client.command("LIST \"\" * RETURN (SPECIAL-USE)").unwrap();
        // Lower case, as Cyrus keeps it: attributes are names without case.
        assert!(
            folders.iter().any(|line| line.contains("\\junk")),
            "{folders:?}"
        );
        client.command("SELECT INBOX").unwrap();
        client.begin("IDLE").unwrap();
        client.lines_until("+ ").unwrap();
        cyrus.deliver("INBOX", MAIL);
        client.lines_until("* 1 EXISTS").unwrap();
        cyrus.restart();
        let selected = cyrus.client().command("SELECT INBOX").unwrap();
        assert!(selected.contains(&"* 1 EXISTS".to_owned()), "{selected:?}");
    }

    #[test]
    fn cyrus_refuses_a_wrong_password() {
        let Some(cyrus) = super::start() else {
            return;
        };
        let mut client = Wire::in_plain_text(cyrus.port()).unwrap();
        let refused = client.command(&format!("LOGIN {LOGIN} wrong")).unwrap();
        assert!(refused.last().unwrap().contains(" NO "), "{refused:?}");
    }
}
