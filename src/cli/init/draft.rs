//! The text of a first configuration. Pure.
//!
//! SECURITY: what the person said is quoted as TOML wants it; the password stands elsewhere.

use std::net::SocketAddr;
use std::path::Path;

use super::alert::{Alert, PASSWORD_NAME, TOKEN_NAME};
use super::answers::{Access, Answers, Server, Source};
use crate::mail::Product;

/// The configuration, with a word on each part.
pub(super) fn text(answers: &Answers) -> String {
    format!(
        "# What sustained runs on; `sustained check` tries all of it. Every key is explained by\n\
         # `man sustained.toml`, where the manual is installed, and `sustained config schema`.\n\n\
         [[mailbox]]\nname = {}\n\n# The address that Meta knows: a code counts only if it was \
         sent there.\naddress = {}\naccounts = [{}]\n{}\n# How you are told. Repeat it for each \
         way; `sustained check --alert` tries them.\n{}\n{}\
         # A code is told to you, or goes to a script that waits (`sustained code`). A program of\n\
         # yours can take it as well:\n#[submission]\n\
         #command = [\"/usr/local/bin/type-the-code\"]\n\n\
         # What `sustained object` fills into Meta's form, in your browser:\n#[object]\n\
         #country = \"Germany\"\n#impact = \"How this processing impacts me: …\"\n",
        quoted(&answers.name),
        quoted(&answers.address),
        list(
            answers
                .accounts
                .iter()
                .map(|account| Product::name(*account))
        ),
        source(answers),
        alert_table(&answers.alert, answers.credential),
        resolver(answers.resolver),
    )
}

/// A configuration of nothing but a server and what opens it, to be tried by.
pub(super) fn of_server(server: &Server, way: &Access) -> String {
    let (folders, way) = (of_folders(&server.folders), access(way, "secret", false));
    let keys = format!("imap = {{ {} }}\n{way}{folders}", imap(server));
    of_something("me@example.org", &keys)
}

/// A configuration of nothing but an alert for the person with this address, to be tried by.
pub(super) fn of_alert(way: &Alert, address: &str) -> String {
    let alert = alert_table(way, false);
    of_something(address, &format!("maildir = \"/\"\n{alert}"))
}

/// A configuration of nothing but a Maildir's folders, to be tried by.
pub(super) fn of_maildir(folders: &[String]) -> String {
    let keys = format!("maildir = \"/\"\n{}", of_folders(folders));
    of_something("me@example.org", &keys)
}

fn of_something(address: &str, keys: &str) -> String {
    let address = quoted(address);
    format!("[[mailbox]]\nname = \"me\"\naddress = {address}\naccounts = [\"facebook\"]\n{keys}")
}

fn source(answers: &Answers) -> String {
    match &answers.source {
        Source::Maildir(maildir) => format!(
            "maildir = {}\n{}",
            quoted_path(&maildir.path),
            of_folders(&maildir.folders)
        ),
        Source::Server(server) => {
            let folders = of_folders(&server.folders);
            let way = access(&answers.access, &answers.secret_name(), answers.credential);
            format!("imap = {{ {} }}\n{folders}\n{way}", imap(server))
        }
    }
}

fn of_folders(folders: &[String]) -> String {
    if folders.is_empty() {
        return String::new();
    }
    format!("folders = [{}]\n", list(folders.iter().map(String::as_str)))
}

fn imap(server: &Server) -> String {
    let file = server.ca_file.as_deref();
    let texts = [
        ("host", server.host.as_deref().map(quoted)),
        ("port", server.port.map(|port| port.to_string())),
        ("tls", server.tls.as_deref().map(quoted)),
        ("ca_file", file.map(quoted_path)),
        ("fingerprint", server.fingerprint.as_deref().map(quoted)),
        ("login", Some(quoted(&server.login))),
    ];
    let keys = texts
        .into_iter()
        .filter_map(|(key, value)| Some(format!("{key} = {}", value?)));
    keys.collect::<Vec<_>>().join(", ")
}

/// The key that lets the program in. A secret of ours has this name, for systemd or as a file.
fn access(way: &Access, name: &str, credential: bool) -> String {
    match way {
        Access::Nobody => String::new(),
        Access::Password(_) | Access::PasswordFile(_) if credential => format!(
            "# systemd gives it to the service: LoadCredential= in the unit.\n\
             password = {{ credential = {} }}\n",
            quoted(name)
        ),
        Access::Password(_) => format!(
            "# The password stands in a file of its own, beside this one.\n\
             password = {{ file = {} }}\n",
            quoted(name)
        ),
        Access::PasswordFile(file) => format!("password = {{ file = {} }}\n", quoted_path(file)),
        Access::PasswordCommand(words) => {
            let words = list(words.iter().map(String::as_str));
            format!("# A program prints the password.\npassword = {{ command = [{words}] }}\n")
        }
        Access::Tokens {
            issuer,
            client_id,
            client_secret,
        } => {
            let file = client_secret.as_deref().map(quoted_path);
            let secret = file.map(|file| format!(", client_secret = {{ file = {file} }}"));
            format!(
                "# Tokens in the place of a password: `sustained init --oauth {issuer}` asks \
                 anew.\noauth = {{ provider = {}, client_id = {}{} }}\n",
                quoted(issuer),
                quoted(client_id),
                secret.unwrap_or_default()
            )
        }
    }
}

fn resolver(server: Option<SocketAddr>) -> String {
    let Some(server) = server else {
        return String::new();
    };
    format!("# Who is asked for Meta's keys.\n[authenticity]\nresolver = \"{server}\"\n\n")
}

/// An alert with the places of its secrets, which systemd gives to the service as credentials.
fn alert_table(alert: &Alert, credential: bool) -> String {
    let secret = |key: &str, name: &str, file: Option<&Path>| match file {
        None => String::new(),
        Some(_) if credential => format!("{key} = {{ credential = {} }}\n", quoted(name)),
        Some(file) => format!("{key} = {{ file = {} }}\n", quoted_path(file)),
    };
    format!(
        "[[alert]]\nurl = {}\n{}{}",
        quoted(&alert.url),
        secret("token", TOKEN_NAME, alert.secrets.token.as_deref()),
        secret("password", PASSWORD_NAME, alert.secrets.password.as_deref()),
    )
}

fn list<'a>(items: impl Iterator<Item = &'a str>) -> String {
    items.map(quoted).collect::<Vec<_>>().join(", ")
}

fn quoted_path(path: &Path) -> String {
    quoted(&path.display().to_string())
}

/// As TOML's basic string; JSON quotes the same way, but for DEL.
fn quoted(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.replace('\u{7f}', "\\u007f")
}
