//! The text of a first configuration. Pure.
//!
//! SECURITY: what the person said is quoted as TOML wants it; the password stands elsewhere.

use std::path::Path;

use super::answers::{Access, Answers, Server, Source};
use crate::mail::Product;

/// The configuration, with a word on each part.
pub(super) fn text(answers: &Answers) -> String {
    let accounts: Vec<String> = answers
        .accounts
        .iter()
        .map(|account| quoted(Product::name(*account)))
        .collect();
    format!(
        "# What sustained runs on. config.example.toml explains every key; `sustained check` tries \
         all\n# of this.\n\n[[mailbox]]\nname = {}\n\n# The address that Meta knows: a code counts \
         only if it was sent there.\naddress = {}\naccounts = [{}]\n{}\n# How you are told. Repeat \
         it for each way; `sustained check --alert` tries them.\n[[alert]]\nurl = {}\n\n\
         # A code is told to you, or goes to a script that waits (`sustained code`). A program of\n\
         # yours can take it as well:\n#[submission]\n\
         #command = [\"/usr/local/bin/type-the-code\"]\n\n\
         # What `sustained object` fills into Meta's form, in your browser:\n#[object]\n\
         #country = \"Germany\"\n#impact = \"How this processing impacts me: …\"\n",
        quoted(&answers.name),
        quoted(&answers.address),
        accounts.join(", "),
        source(answers),
        quoted(&answers.alert),
    )
}

fn source(answers: &Answers) -> String {
    let server = match &answers.source {
        Source::Maildir(folder) => return format!("maildir = {}\n", quoted_path(folder)),
        Source::Server(server) => server,
    };
    format!("imap = {{ {} }}\n{}\n", imap(server), access(answers))
}

fn imap(server: &Server) -> String {
    let host = server
        .host
        .as_ref()
        .map(|host| format!("host = {}", quoted(host)));
    let port = server.port.map(|port| format!("port = {port}"));
    let file = server.ca_file.as_deref();
    let ca_file = file.map(|file| format!("ca_file = {}", quoted_path(file)));
    let login = Some(format!("login = {}", quoted(&server.login)));
    let keys: Vec<String> = [host, port, ca_file, login].into_iter().flatten().collect();
    keys.join(", ")
}

fn access(answers: &Answers) -> String {
    match &answers.access {
        Access::Nobody => String::new(),
        Access::Password(_) if answers.credential => format!(
            "# systemd gives it to the service: LoadCredential= in the unit.\n\
             password = {{ credential = {} }}\n",
            quoted(&answers.secret_name())
        ),
        Access::Password(_) => format!(
            "# The password stands in a file of its own, beside this one.\n\
             password = {{ file = {} }}\n",
            quoted(&answers.secret_name())
        ),
        Access::PasswordFile(file) => format!("password = {{ file = {} }}\n", quoted_path(file)),
        Access::Tokens { issuer, client_id } => format!(
            "# Tokens in the place of a password: `sustained init --oauth {issuer}` asks anew.\n\
             oauth = {{ provider = {}, client_id = {} }}\n",
            quoted(issuer),
            quoted(client_id)
        ),
    }
}

fn quoted_path(path: &Path) -> String {
    quoted(&path.display().to_string())
}

/// As TOML's basic string; JSON quotes the same way, but for DEL.
fn quoted(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.replace('\u{7f}', "\\u007f")
}
