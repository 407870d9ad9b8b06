//! The configuration as a person meets it: what is taken, what is refused, and in which words.
//!
//! Nothing here knows how the file is read. SECURITY: every refusal is searched for the secret
//! that stands in these files.

mod alert;
mod browser;
mod channels;
mod example;
mod heartbeat;
mod schema;
mod secret;
mod status;
mod submission;
mod tried;
mod unclosed;
mod unfit;

use std::fs::{self, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use sustained::config::secret::SecretSource;
use sustained::config::{
    Access, Config, ConfigError, Problem, Resolver, Security, Source, load, parse,
};
use sustained::mail::Product;
use tempfile::TempDir;

/// The secret of every file here. It must stand in no error.
const SECRET: &str = "hunter2";

/// A mailbox to which a case adds keys, or another table.
const MAILBOX: &str = "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\n\
                       accounts = [\"facebook\"]\n";

/// The rest of a mailbox on a server.
const SERVER: &str = "imap = { host = \"imap.example.org\", login = \"me\" }\n\
                      password = { env = \"X\" }\n";

/// Where the texts pretend to stand.
fn path() -> &'static Path {
    Path::new("/home/me/config.toml")
}

/// A whole configuration, and `more` after it.
fn whole(more: &str) -> String {
    format!("{MAILBOX}{SERVER}{more}")
}

/// What `text` means.
fn read(text: &str) -> Config {
    parse(text, path()).unwrap_or_else(|error| panic!("{text}\n{error}"))
}

/// `text` is refused with `expected` in the words, and without the secret.
fn check(text: &str, expected: &str) {
    let error = parse(text, path()).expect_err(text);
    let words = error.to_string();
    assert!(words.contains(expected), "{text}\ngives\n{words}");
    assert!(!words.contains(SECRET), "{text}\ngives\n{words}");
    assert!(
        !format!("{error:?}").contains(SECRET),
        "{text}\ngives\n{error:?}"
    );
    assert!(words.starts_with("/home/me/config.toml:"), "{words}");
    assert!(!error.is_permission());
}

#[test]
fn what_is_not_written_has_its_default() {
    let config = read(&whole(""));
    assert_eq!(config.path, path());
    let mailbox = &config.mailboxes[0];
    assert_eq!(mailbox.name.0, "me");
    assert_eq!(mailbox.addresses, ["me@example.org"]);
    assert_eq!(mailbox.accounts, [Product::Facebook]);
    assert_eq!(mailbox.lookback, SignedDuration::from_hours(60 * 24));
    let Source::Imap(imap) = &mailbox.source else {
        panic!("not on a server");
    };
    assert_eq!((imap.host.as_str(), imap.port), ("imap.example.org", 993));
    assert_eq!(
        (imap.tls, imap.ca_file.as_ref()),
        (Security::Implicit, None)
    );
    let folders: Vec<&str> = imap.folders.iter().map(|f| f.0.as_str()).collect();
    assert_eq!(folders, ["INBOX", "\\Junk"]);
    assert_eq!(config.authenticity.resolver, Resolver::System);
    assert!(config.submission.is_none() && config.alerts.is_empty());
    assert_eq!(config.watch.sweep, SignedDuration::from_secs(60));
    assert_eq!(config.watch.deaf_after, SignedDuration::from_mins(10));
}

#[test]
fn files_are_found_beside_the_configuration() {
    let text = format!(
        "{MAILBOX}imap = {{ host = \"127.0.0.1\", login = \"me\", ca_file = \"ca.pem\" }}\n\
         password = {{ file = \"secret\" }}\n\
         {}maildir = \"/var/mail/me\"\n",
        MAILBOX.replace("\"me\"", "\"local\"")
    );
    let config = read(&text);
    let Source::Imap(imap) = &config.mailboxes[0].source else {
        panic!("not on a server");
    };
    assert_eq!(imap.ca_file.as_deref(), Some(Path::new("/home/me/ca.pem")));
    assert!(
        matches!(&imap.access, Access::Password(SecretSource::File(file))
            if file == Path::new("/home/me/secret"))
    );
    let Source::Maildir(maildir) = &config.mailboxes[1].source else {
        panic!("not a maildir");
    };
    assert_eq!(maildir.path, Path::new("/var/mail/me"));
    let folders: Vec<&str> = maildir.folders.iter().map(|name| name.0.as_str()).collect();
    assert_eq!(folders, ["INBOX", "\\Junk"]);
}

#[test]
fn plain_text_goes_to_this_machine_only() {
    let server = |host: &str| {
        format!(
            "{MAILBOX}imap = {{ host = \"{host}\", login = \"me\", tls = \"none\" }}\n\
             password = {{ env = \"X\" }}\n"
        )
    };
    for near in ["localhost", "127.0.0.1", "::1", "[::1]"] {
        let Source::Imap(imap) = read(&server(near)).mailboxes.remove(0).source else {
            panic!("not on a server");
        };
        assert_eq!((imap.tls, imap.port), (Security::None, 143));
    }
    for far in [
        "imap.example.org",
        "10.0.0.1",
        "localhost.example.org",
        "0.0.0.0",
    ] {
        check(&server(far), "everybody on the way reads the password");
    }
    check(
        &format!(
            "{MAILBOX}imap = {{ host = \"::1\", login = \"m\", tls = \"none\", ca_file = \"a\" }}\n\
             password = {{ env = \"X\" }}\n"
        ),
        "without TLS there is nothing to check",
    );
}

#[test]
fn a_mailbox_that_cannot_work_is_refused() {
    check("", "there is no mailbox to watch");
    check("[mailbox]\nname = \"me\"\n", "double brackets");
    check("[[mailbox]]\nname = \"a b\"\n", "a name has 1 to 64");
    check(
        "[[mailbox]]\naddress = \"me\"\n",
        "a mail address has one @",
    );
    check("[[mailbox]]\naddress = []\n", "the list is empty");
    check(
        "[[mailbox]]\naddress = 5\n",
        "expected text between quotes, found integer `5`",
    );
    check(
        "[[mailbox]]\naccounts = [\"facebok\"]\n",
        "did you mean \"facebook\"?",
    );
    check("[[mailbox]]\naccounts = []\n", "no account is named");
    check(
        "[[mailbox]]\naccounts = [\"threads\", \"threads\"]\n",
        "named twice",
    );
    check(
        "[[mailbox]]\naccounts = \"facebook\"\n",
        "expected a list in square brackets",
    );
    check(
        "[[mailbox]]\nlookback = \"60\"\n",
        "a duration is a number and a unit",
    );
    check(
        "[[mailbox]]\nlookback = \"-1 day\"\n",
        "longer than nothing",
    );
    check("[[mailbox]]\nlookback = \"2 months\"\n", "write days");
    check(
        "[[mailbox]]\nname = \"a\"\nname = \"b\"\n",
        "for the second time",
    );
    check(MAILBOX, "nothing says where the mailbox is");
    check(&whole("maildir = \"/m\"\n"), "keep imap or maildir");
    check(
        &format!("{MAILBOX}maildir = \"/m\"\npassword = {{ env = \"X\" }}\n"),
        "belongs to imap",
    );
    check(&whole("folders = []\n"), "no folder is named");
    check(&whole("folders = [\"INBOX\", \"inbox\"]\n"), "named twice");
    check(
        &whole("folders = [\"a\\r\\nb\"]\n"),
        "no control characters",
    );
    check(&(whole("") + &whole("")), "two mailboxes named `me`");
    let twin = whole("").replacen("\"me\"", "\"you\"", 1);
    let what = "the mailboxes `me` and `you` watch the same folder INBOX";
    check(&(whole("") + &twin), what);
}

#[test]
fn a_server_that_cannot_work_is_refused() {
    let imap = |keys: &str| format!("{MAILBOX}password = {{ env = \"X\" }}\nimap = {{ {keys} }}\n");
    check(&imap(""), "`host` is missing");
    check(&imap("host = \"h.org\""), "`login` is missing");
    check(&imap("host = \"https://h.org\""), "a host is a name");
    check(&imap("host = \"h.org\", login = \"a\\nb\""), "a login name");
    check(&imap("host = \"h.org\", login = \"\""), "a login name");
    check(
        &imap("host = \"h.org\", login = \"a\", port = 0"),
        "from 1 to 65535",
    );
    check(&imap("port = 70000"), "expected a number from 0 to 65535");
    check(&imap("port = \"993\""), "expected a number from 0 to 65535");
    let tls = "unknown word \"ssl\"; known are implicit, starttls, none";
    check(&imap("tls = \"ssl\""), tls);
    // What stands on a line with a secret is not repeated.
    let server = SERVER.lines().next().unwrap();
    let line = format!("{MAILBOX}oauth = {{ provider = \"{SECRET}\" }}\n{server}\n");
    check(&line, "unknown word here; known are ");
    check(
        &imap("host = \"h.org\", fingerprint = \"ab:cd\""),
        "64 hexadecimal digits",
    );
    let text = format!("{MAILBOX}imap = {{ host = \"h.org\", login = \"a\" }}\n");
    check(&text, "`password` is missing");
}

#[test]
fn a_known_provider_fills_in_what_was_left_out_and_nothing_else() {
    let server = |imap: &str| {
        let text = format!("{MAILBOX}password = {{ env = \"X\" }}\nimap = {{ {imap} }}\n");
        let config = parse(&text, path()).unwrap();
        match &config.mailboxes[0].source {
            Source::Imap(imap) => (imap.host.clone(), imap.port, imap.tls),
            Source::Maildir(_) => panic!("an IMAP server was written"),
        }
    };
    let gmail = "imap.gmail.com".to_owned();
    let found = server("login = \"me@gmail.com\"");
    assert_eq!(found, (gmail.clone(), 993, Security::Implicit));
    let found = server("login = \"me@gmail.com\", host = \"h.org\", tls = \"starttls\"");
    assert_eq!(found, ("h.org".to_owned(), 143, Security::StartTls));
    let found = server("login = \"me@proton.me\"");
    assert_eq!(found, ("127.0.0.1".to_owned(), 1143, Security::StartTls));
    let found = server("login = \"me\", host = \"127.0.0.1\"");
    assert_eq!(found, ("127.0.0.1".to_owned(), 993, Security::Implicit));
    let found = server("login = \"me@gmail.com\", tls = \"starttls\"");
    assert_eq!(
        found,
        (gmail, 143, Security::StartTls),
        "not Gmail's own port"
    );
    let text = format!("{MAILBOX}password = {{ env = \"X\" }}\nimap = {{ login = \"me@h.org\" }}");
    check(&text, "`host` is missing");
}

#[test]
fn the_other_tables_are_checked_too() {
    check(
        &whole("[submission]\n"),
        "`command`, `webhook` or `browser` is missing",
    );
    check(
        &whole("[submission]\ncommand = []\n"),
        "the whole path of a program",
    );
    check(
        &whole("[submission]\ncommand = [\"type\"]\n"),
        "the whole path of a program",
    );
    check(
        &whole("[submission]\ncommand = \"/bin/x\"\n"),
        "expected a list",
    );
    check(
        &whole("[submission]\ncommand = [\"/x\"]\ntimeout = \"0 s\"\n"),
        "longer than nothing",
    );
    check(
        &whole("[authenticity]\nresolver = \"dns.org\"\n"),
        "a name server is an IP address",
    );
    let bare = read(&whole("[authenticity]\nresolver = \"127.0.0.1\"\n"));
    let expected = Resolver::Server(SocketAddr::from(([127, 0, 0, 1], 53)));
    assert_eq!(bare.authenticity.resolver, expected);
    let pinned = |line: &str| whole(&format!("[authenticity.pinned_keys]\n{line}\n"));
    check(
        &pinned("\"a.example.org\" = \"p=x\""),
        "selector._domainkey.domain",
    );
    check(&pinned("\"a._domainkey.b\" = \"x\""), "its key after p=");
    let twice = "\"a._domainkey.b\" = \"p=x\"\n\"A._domainkey.B.\" = \"p=x\"";
    check(&pinned(twice), "pinned twice");
    let sweep = |sweep: &str| whole(&format!("[watch]\nsweep = \"{sweep}\"\n"));
    check(&sweep("10 min"), "longer than `sweep`");
    check(&sweep("601 s"), "at most 10 min");
    check(&whole("garbage\n"), "expected `=`");
    let config = read(&pinned("\"A._domainKey.b\" = \"p=x\""));
    let expected = ("a._domainkey.b".to_owned(), "p=x".to_owned());
    assert_eq!(config.authenticity.pinned_keys, [expected]);
}

#[test]
fn everything_that_is_wrong_is_told_at_once_in_the_order_of_the_file() {
    let text = "[watch]\nsweep = \"x\"\n[[mailbox]]\nname = \"a b\"\naddress = \"a\"\n\
                lookback = \"x\"\n[[alert]]\nurl = \"x\"\n";
    let Err(ConfigError::Invalid { problems, .. }) = parse(text, path()) else {
        panic!("it must be refused");
    };
    let lines: Vec<usize> = problems.iter().map(Problem::line).collect();
    assert_eq!(lines, [2, 3, 3, 4, 5, 6, 8]);
}

/// A file `name` with `text` and `mode` in a folder of its own.
fn file(name: &str, text: &str, mode: u32) -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join(name);
    fs::write(&path, text).expect("written");
    fs::set_permissions(&path, Permissions::from_mode(mode)).expect("changed");
    (folder, path)
}

#[test]
fn a_file_with_secrets_is_for_its_owner_only() {
    let secret = whole("[[alert]]\nurl = \"ntfy://h.org/t\"\ntoken = { value = \"hunter2\" }\n");
    for (text, mode, refused) in [
        (secret.as_str(), 0o600, false),
        (&secret, 0o640, false),
        (&secret, 0o644, true),
        (&whole(""), 0o644, false),
        (&whole(""), 0o666, true),
    ] {
        let (_folder, path) = file("config.toml", text, mode);
        let error = load(&path).err();
        assert_eq!(error.is_some(), refused, "mode {mode:o}: {error:?}");
        if let Some(error) = error {
            let words = error.to_string();
            assert!(error.is_permission());
            assert!(words.contains(&format!("has mode {mode:04o}")), "{words}");
            assert!(
                words.ends_with(&format!("chmod 600 {}", path.display())),
                "{words}"
            );
            assert!(!words.contains(SECRET));
        }
    }
}

#[test]
fn a_file_that_cannot_be_read_is_told_apart() {
    let folder = TempDir::new().expect("a temporary folder");
    let error = load(&folder.path().join("config.toml")).expect_err("not there");
    assert!(matches!(&error, ConfigError::NotFound { looked } if looked.len() == 1));
    let expected = format!(
        "there is no configuration: looked for {}; run `sustained init`, or name another file \
         with --config",
        folder.path().join("config.toml").display()
    );
    assert_eq!(error.to_string(), expected);
    let error = load(folder.path()).expect_err("a folder");
    assert!(matches!(error, ConfigError::Unreadable { .. }) && !error.is_permission());
    let (_folder, path) = file("config.toml", "", 0o600);
    fs::write(&path, b"name = \"\xff\"").expect("written");
    let error = load(&path).expect_err("not text").to_string();
    assert!(error.contains("save it as UTF-8 text"), "{error}");
    let error = ConfigError::not_found().to_string();
    assert!(error.contains("/etc/sustained/config.toml"), "{error}");
}
