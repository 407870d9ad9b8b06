//! One home for each third-party crate, so that replacing one is the work of one file.

use super::scan::{Source, Token};

/// Crates, and the only places that may name them: a folder with its slash, or a file.
const HOMES: [(&str, &[&str]); 26] = [
    ("mailparse", &["src/mail/agreement.rs"]),
    ("mail_parser", &["src/mail/mime.rs"]),
    ("aho_corasick", &["src/mail/lexicon.rs"]),
    ("html5gum", &["src/mail/tag.rs", "src/mail/redact/page.rs"]),
    ("unicode_normalization", &["src/mail/"]),
    ("mail_auth", &["src/dkim.rs", "src/dkim/"]),
    ("async_imap", &["src/source/imap/session.rs"]),
    (
        "imap_proto",
        &["src/source/imap/session.rs", "src/source/imap/session/"],
    ),
    ("inotify", &["src/source/maildir.rs"]),
    ("rusqlite", &["src/store/"]),
    (
        "rustix",
        &[
            "src/outlet/process.rs",
            // Whether this user may execute a file.
            "src/outlet/program.rs",
            "src/outlet/relay/",
            // Whether root runs it: Chromium's sandbox does not work for root. Firefox's lock.
            "src/outlet/browser/start.rs",
            "src/daemon/clock.rs",
            "src/daemon/files.rs",
            // Who may write to a folder, and how much room there is.
            "src/cli/check/state.rs",
            // Whether root asks.
            "src/cli/mod.rs",
            // A terminal that does not show the password that is typed, and how wide one is.
            "src/cli/init/questions.rs",
            "src/cli/print/screen.rs",
        ],
    ),
    (
        "ring",
        &[
            "src/source/imap/scram.rs",
            "src/source/imap/login.rs",
            "src/source/imap/tls.rs",
            "src/source/imap/certificate.rs",
            "src/oauth/consent.rs",
            // HMAC-SHA256, which the standard prescribes.
            "src/outlet/signature.rs",
            // The same, to compare without telling how much was right.
            "src/web/access.rs",
        ],
    ),
    ("lettre", &["src/outlet/alert/smtp.rs"]),
    ("hyper", &["src/http.rs", "src/web/server.rs"]),
    ("hyper_util", &["src/http.rs", "src/web/server.rs"]),
    ("http_body_util", &["src/http.rs", "src/web/server.rs"]),
    ("clap", &["src/cli/"]),
    ("anstyle", &["src/cli/print/screen.rs"]),
    ("unicode_width", &["src/cli/print/text.rs"]),
    ("indicatif", &["src/cli/print/bar.rs"]),
    ("clap_complete", &["src/cli/completions.rs"]),
    ("clap_mangen", &["src/cli/manual.rs", "src/cli/manual/"]),
    (
        "toml",
        &[
            "src/config/",
            "src/mail/wordings.rs",
            "src/mail/wordings/",
            "src/outlet/browser/recipe.rs",
        ],
    ),
    ("strsim", &["src/config/"]),
    (
        "sd_notify",
        &["src/daemon.rs", "src/daemon/", "src/outlet/relay/here.rs"],
    ),
    ("tracing_subscriber", &["src/main.rs", "src/cli/"]),
];

/// Crates that any room may name. The lints keep those that act out of `mail` and `case`.
const FREE: [&str; 16] = [
    "data_encoding",
    "fastrand",
    "futures_util",
    "jiff",
    "log",
    "rustls_native_certs",
    "serde",
    "serde_json",
    "sha2",
    "socket2",
    "thiserror",
    "tokio",
    "tokio_rustls",
    "tracing",
    "zeroize",
    "sustained",
];

/// Third-party crates that are named away from home.
fn strays(sources: &[Source]) -> Vec<String> {
    let mut violations = Vec::new();
    for source in sources {
        let tokens = source.tokens();
        for (at, token) in tokens.iter().enumerate() {
            let Some((name, homes)) = HOMES.iter().find(|(name, _)| *name == token.text) else {
                continue;
            };
            if !is_named(&tokens, at) {
                continue;
            }
            let at_home = homes.iter().any(|home| {
                source.path == *home || (home.ends_with('/') && source.path.starts_with(home))
            });
            if !at_home {
                let home = homes.join(", ");
                let line = token.line;
                violations.push(format!("{}:{line}: `{name}` lives in {home}", source.path));
            }
        }
    }
    violations
}

/// Whether the word at `at` names a crate: not a module or field of ours by the same name.
fn is_named(tokens: &[Token<'_>], at: usize) -> bool {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text);
    let before = |steps: usize| at.checked_sub(steps).map_or("", text);
    // `a::toml` is ours, `::toml` is the crate, whatever stands before it.
    let is_inner = before(1) == "::" && before(2).ends_with(|c: char| c.is_alphanumeric());
    let opens_path = text(at + 1) == "::" && !is_inner && before(1) != ".";
    opens_path || ["use", "crate"].contains(&before(1))
}

/// Dependencies of a `Cargo.toml` that stand in neither table.
fn homeless(manifest: &str) -> Vec<String> {
    let dependencies = manifest.split("\n[dependencies]\n").nth(1).unwrap_or("");
    let dependencies = dependencies.split("\n[").next().unwrap_or("");
    dependencies
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, _)| name.replace('-', "_"))
        .filter(|name| !FREE.contains(&name.as_str()))
        .filter(|name| !HOMES.iter().any(|(home, _)| home == name))
        .map(|name| format!("Cargo.toml: `{name}` has neither a home nor leave to be anywhere"))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::scan::{root, sources};
    use super::super::{assert_none, breaches};
    use super::{homeless, strays};

    #[test]
    fn every_third_party_crate_stays_at_home() {
        assert_none(&strays(&sources(&["src"])));
    }

    #[test]
    fn every_dependency_has_a_home_or_is_free() {
        let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
        assert!(manifest.contains("\n[dependencies]\n"));
        assert_none(&homeless(&manifest));
    }

    #[test]
    fn a_stray_crate_is_seen() {
        let away = [
            ("src/mail/code.rs", "use mail_parser::Message;"),
            ("src/mail/mime.rs", "fn f() { ::hyper::get() }"),
            ("src/engine.rs", "use rusqlite;"),
            (
                "src/source/imap/login.rs",
                "async fn f(s: async_imap::Session<T>) {}",
            ),
            ("src/store_room.rs", "use rusqlite::Connection;"),
            ("src/web/mod.rs", "#[derive(clap::Parser)] struct A;"),
        ];
        for (path, text) in away {
            assert_eq!(breaches(strays, path, text), 1, "{path}: {text}");
        }
    }

    #[test]
    fn a_crate_at_home_and_a_name_alike_are_no_breach() {
        let fine = [
            ("src/store/query.rs", "use rusqlite::Connection;"),
            ("src/mail/wordings.rs", "fn f() { toml::from_str(x) }"),
            (
                "src/cli/run.rs",
                "use crate::config::toml::read; let toml = a.toml;",
            ),
        ];
        for (path, text) in fine {
            assert_eq!(breaches(strays, path, text), 0, "{path}: {text}");
        }
    }

    #[test]
    fn a_dependency_without_a_home_is_seen() {
        let manifest =
            "[package]\n\n[dependencies]\nserde = \"1\"\nleft-pad = \"1\"\n\n[x]\na = 1\n";
        assert_eq!(homeless(manifest).len(), 1);
    }
}
