//! `[status]`: open to this machine, and to others for a token only.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use sustained::config::secret::SecretSource;
use sustained::config::{ConfigError, Listen, StatusPage, load};

use super::{check, read, whole};

fn table(inside: &str) -> String {
    whole(&format!("[status]\n{inside}\n"))
}

fn page(inside: &str) -> StatusPage {
    read(&table(inside)).status.expect("there is one")
}

#[test]
fn it_is_off_unless_it_is_switched_on() {
    assert_eq!(read(&whole("")).status, None);
}

#[test]
fn it_listens_on_this_machine_and_beyond_it_for_a_token() {
    for address in ["127.0.0.1:8787", "[::1]:8787", "127.0.0.2:0"] {
        let page = page(&format!("listen = \"{address}\""));
        assert_eq!(page.listen, Listen::Tcp(address.parse().expect("one")));
        assert_eq!(page.token, None);
    }
    let guarded = page("listen = \"0.0.0.0:8787\"\ntoken = { file = \"/t\" }");
    assert_eq!(guarded.token, Some(SecretSource::File("/t".into())));
    let socket = page("listen = \"unix:/run/sustained/status.sock\"");
    let path = "/run/sustained/status.sock".into();
    assert_eq!(socket.listen, Listen::Unix(path));
}

#[test]
fn a_token_that_stands_in_the_file_is_nobody_elses_to_read() {
    let place = tempfile::tempdir().expect("a folder");
    let path = place.path().join("config.toml");
    let load_with = |token: &str| {
        let table = table(&format!("listen = \"127.0.0.1:1\"\ntoken = {token}"));
        std::fs::write(&path, table).expect("a file");
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("a mode");
        load(&path)
    };
    let open = load_with("{ value = \"hunter2\" }");
    assert!(matches!(open, Err(ConfigError::Unsafe { .. })), "{open:?}");
    assert!(load_with("{ file = \"token\" }").is_ok());
}

#[test]
fn a_page_that_would_be_open_to_all_or_nowhere_is_refused() {
    let check = |inside: &str, expected: &str| check(&table(inside), expected);
    check("", "`listen` is missing");
    check("listen = \"0.0.0.0:80\"", "wants a token");
    check("listen = \"192.168.1.2:80\"", "wants a token");
    check("listen = \"[::]:80\"", "wants a token");
    check("listen = \"localhost:80\"", "an IP address with a port");
    check("listen = \"127.0.0.1\"", "an IP address with a port");
    check("listen = \"unix:\"", "must not be empty");
    check("listen = 80", "text between quotes");
    check("listen = \"127.0.0.1:1\"\ntoken = \"hunter2\"", "a table");
    check("lisen = \"127.0.0.1:1\"", "did you mean `listen`?");
}
