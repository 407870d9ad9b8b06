//! `mail` and `case` decide, and so they neither act nor ask: they are given bytes and the time.
//!
//! Clippy's lists (clippy.toml) name single calls; this rule names the modules they stand in.

use super::scan::Source;

/// The rooms that decide.
const PURE: [&str; 2] = ["src/mail/", "src/case/"];

/// Modules of `std` that act, wait, or know the machine.
const ACTING: [&str; 6] = ["env", "fs", "net", "os", "process", "thread"];

/// Crates that act, wait, talk, or answer differently every time.
const ACTING_CRATES: [&str; 6] = [
    "fastrand",
    "log",
    "socket2",
    "tokio",
    "tokio_rustls",
    "tracing",
];

/// What each pure room's `mod.rs` has to deny, so that clippy looks at it at all.
const DENIED: &str =
    "#![deny(clippy::disallowed_macros, clippy::disallowed_methods, clippy::disallowed_types)]";

/// Names of acting modules and crates in pure rooms.
fn deeds(sources: &[Source]) -> Vec<String> {
    let mut violations = Vec::new();
    let is_pure = |source: &&Source| PURE.iter().any(|room| source.path.starts_with(room));
    for source in sources.iter().filter(is_pure) {
        let tokens = source.tokens();
        for (at, token) in tokens.iter().enumerate() {
            let text = |at: usize| tokens.get(at).map_or("", |token| token.text);
            let place = format!("{}:{}", source.path, token.line);
            if token.text == "std" && text(at + 1) == "::" {
                let named =
                    first_names(&tokens[at + 2..].iter().map(|t| t.text).collect::<Vec<_>>());
                for name in named.iter().filter(|name| ACTING.contains(&name.as_str())) {
                    violations.push(format!("{place}: std::{name} acts"));
                }
            }
            let begins_path = at == 0 || !["::", "."].contains(&text(at - 1));
            if begins_path && text(at + 1) == "::" && ACTING_CRATES.contains(&token.text) {
                violations.push(format!("{place}: {} acts", token.text));
            }
        }
    }
    violations
}

/// The first name of a path, or of each branch where the path opens with a group.
fn first_names(path: &[&str]) -> Vec<String> {
    if path.first() != Some(&"{") {
        return path
            .first()
            .map(|name| (*name).to_owned())
            .into_iter()
            .collect();
    }
    let mut depth = 0;
    let mut names = Vec::new();
    for pair in path.windows(2) {
        match pair[0] {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if depth == 1 && ["{", ","].contains(&pair[0]) {
            names.push(pair[1].to_owned());
        }
    }
    names
}

/// Pure rooms whose `mod.rs` does not deny the lists.
fn unguarded(sources: &[Source]) -> Vec<String> {
    let mut violations = Vec::new();
    for room in PURE {
        let path = format!("{room}mod.rs");
        let source = sources.iter().find(|source| source.path == path);
        if !source.is_some_and(|source| dense(&source.code).contains(&dense(DENIED))) {
            violations.push(format!("{path} does not say {DENIED}"));
        }
    }
    for source in sources
        .iter()
        .filter(|source| source.path.starts_with("src/"))
    {
        if source.code.contains("allow(clippy::disallowed") {
            violations.push(format!("{}: allows what the lists forbid", source.path));
        }
    }
    violations
}

/// Code as it reads however it is laid out.
fn dense(code: &str) -> String {
    code.split_whitespace()
        .collect::<String>()
        .replace(",)", ")")
}

#[cfg(test)]
mod tests {
    use super::super::scan::{Source, sources};
    use super::super::{assert_none, breaches};
    use super::{DENIED, deeds, unguarded};

    #[test]
    fn what_decides_neither_acts_nor_asks() {
        assert_none(&deeds(&sources(&["src"])));
    }

    #[test]
    fn clippy_watches_what_decides() {
        assert_none(&unguarded(&sources(&["src"])));
    }

    #[test]
    fn a_deed_is_seen() {
        let acts = [
            ("src/mail/code.rs", "use std::fs;"),
            (
                "src/mail/code.rs",
                "use std::{fmt, io::{self, Read}, net::TcpStream};",
            ),
            ("src/case/retry.rs", "fn f() { ::std::process::exit(1) }"),
            (
                "src/case/retry.rs",
                "async fn f() { tokio::task::yield_now().await }",
            ),
        ];
        for (path, text) in acts {
            assert_eq!(breaches(deeds, path, text), 1, "{path}: {text}");
        }
        let fine = "use std::{fmt, collections::{BTreeMap, fs}}; // std::fs\nlet a = b.log::<C>();";
        assert_eq!(breaches(deeds, "src/mail/code.rs", fine), 0);
        assert_eq!(breaches(deeds, "src/store/mod.rs", "use std::fs;"), 0);
    }

    #[test]
    fn a_room_without_its_guard_is_seen() {
        let room = |name: &str, text: &str| Source::new(&format!("src/{name}/mod.rs"), text);
        let mail = room("mail", DENIED);
        assert_eq!(unguarded(&[mail, room("case", DENIED)]).len(), 0);
        assert_eq!(
            unguarded(&[room("mail", DENIED), room("case", "")]).len(),
            1
        );
        let lax = format!("{DENIED}\n#[allow(clippy::disallowed_methods)]\nfn f() {{}}\n");
        assert_eq!(
            unguarded(&[room("mail", DENIED), room("case", &lax)]).len(),
            1
        );
    }
}
