//! Who may use whom: no arrow points up, and rooms at one height do not know each other.

use super::scan::{Source, Token};

/// Every room of `src`, the highest last, with the rooms that it may use.
const ROOMS: [(&str, &[&str]); 14] = [
    ("mail", &[]),
    ("case", &["mail"]),
    ("config", &["mail", "case"]),
    ("store", &["mail", "case"]),
    ("http", &["config"]),
    ("oauth", &["mail", "config", "http"]),
    ("source", &["mail", "case", "config", "oauth"]),
    ("dkim", &["mail", "config"]),
    ("outlet", &["mail", "case", "config", "http"]),
    ("record", &["mail", "case", "store"]),
    ("engine", &["mail", "case", "store", "record"]),
    ("daemon", &BELOW_DAEMON),
    ("web", &EVERY),
    ("cli", &EVERY),
];

const BELOW_DAEMON: [&str; 11] = [
    "mail", "case", "config", "http", "oauth", "store", "source", "dkim", "outlet", "record",
    "engine",
];

const EVERY: [&str; 14] = [
    "mail", "case", "config", "http", "oauth", "store", "source", "dkim", "outlet", "record",
    "engine", "daemon", "web", "cli",
];

/// The two files that tie the rooms together.
const EXEMPT: [&str; 2] = ["src/main.rs", "src/lib.rs"];

/// Uses of rooms that the table does not allow.
fn forbidden_uses(sources: &[Source]) -> Vec<String> {
    let mut violations = Vec::new();
    for source in sources
        .iter()
        .filter(|source| !EXEMPT.contains(&source.path.as_str()))
    {
        let module = module_of(&source.path);
        let room = module[0].as_str();
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            violations.push(format!(
                "{}: the room `{room}` is not in the table",
                source.path
            ));
            continue;
        };
        for (used, line) in rooms_used(&source.tokens(), &module) {
            if used != room && !allowed.contains(&used.as_str()) {
                violations.push(format!("{}:{line}: `{room}` uses `{used}`", source.path));
            }
        }
    }
    violations
}

/// The module path that a file of `src` has inside the crate.
fn module_of(path: &str) -> Vec<String> {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs");
    inner
        .trim_end_matches("/mod")
        .split('/')
        .map(str::to_owned)
        .collect()
}

/// What stands directly below the crate's root in each path, with its line.
fn rooms_used(tokens: &[Token<'_>], module: &[String]) -> Vec<(String, usize)> {
    let mut used = Vec::new();
    let mut depth = 0;
    // Modules written inside the file, with the depth of braces that they stand at.
    let mut inline: Vec<(usize, String)> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                inline.retain(|(outer, _)| *outer < depth);
            }
            "mod" if text(tokens, at + 2) == "{" => {
                inline.push((depth, tokens[at + 1].text.to_owned()));
            }
            "crate" | "super" | "self" if at == 0 || text(tokens, at - 1) != "::" => {
                let mut here = module.to_vec();
                here.extend(inline.iter().map(|(_, name)| name.clone()));
                follow(tokens, at, here, &mut used);
            }
            _ => {}
        }
    }
    used
}

/// Follows one path, and each branch of a group in it, down to its first name below the root.
fn follow(tokens: &[Token<'_>], at: usize, mut here: Vec<String>, used: &mut Vec<(String, usize)>) {
    let Some(token) = tokens.get(at) else {
        return;
    };
    match token.text {
        "crate" => here.clear(),
        "super" => {
            here.pop();
        }
        "self" => {}
        "{" => {
            for branch in branches(tokens, at) {
                follow(tokens, branch, here.clone(), used);
            }
            return;
        }
        name => {
            // A `*` at the root is every room at once, and no table allows it.
            if here.is_empty() {
                used.push((name.to_owned(), token.line));
            }
            return;
        }
    }
    if text(tokens, at + 1) == "::" {
        follow(tokens, at + 2, here, used);
    } else if here.is_empty() && text(tokens, at + 1) == "as" {
        used.push(("crate".to_owned(), token.line));
    }
}

/// Where the branches of the group begin that opens at `open`.
fn branches(tokens: &[Token<'_>], open: usize) -> Vec<usize> {
    let mut starts = vec![open + 1];
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "{" => depth += 1,
            "}" => depth -= 1,
            "," if depth == 1 => starts.push(at + 1),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    starts.retain(|at| text(tokens, *at) != "}");
    starts
}

fn text<'a>(tokens: &[Token<'a>], at: usize) -> &'a str {
    tokens.get(at).map_or("", |token| token.text)
}

#[cfg(test)]
mod tests {
    use super::super::scan::sources;
    use super::super::{assert_none, breaches};
    use super::{ROOMS, forbidden_uses};

    #[test]
    fn no_room_uses_one_above_or_beside_it() {
        assert_none(&forbidden_uses(&sources(&["src"])));
    }

    #[test]
    fn a_forbidden_use_is_seen_in_every_spelling() {
        let up = [
            ("src/mail/code.rs", "use crate::case::Case;"),
            ("src/mail/mod.rs", "use super::case;"),
            ("src/mail/code.rs", "use super::super::{mail::Uid, store};"),
            ("src/mail/code.rs", "use super::{super::store::Store, Uid};"),
            (
                "src/store/mod.rs",
                "use crate::{\n    mail::{Uid, Digest},\n    outlet,\n};",
            ),
            ("src/case/mod.rs", "fn f() { crate::engine::run(); }"),
            ("src/case/mod.rs", "use crate::*;"),
            ("src/case/mod.rs", "use crate as everything;"),
            ("src/case/mod.rs", "mod tests { use super::super::store; }"),
            ("src/dkim.rs", "impl From<crate::case::Event> for A {}"),
            ("src/attic/mod.rs", "fn nothing() {}"),
        ];
        for (path, text) in up {
            assert_eq!(breaches(forbidden_uses, path, text), 1, "{path}: {text}");
        }
    }

    #[test]
    fn an_allowed_use_is_no_breach() {
        let down = [
            (
                "src/case/mod.rs",
                "use crate::mail::{self, Uid}; use super::mail; use self::event;",
            ),
            (
                "src/case/mod.rs",
                "pub(crate) fn f() { let x = super::mail::X; }",
            ),
            (
                "src/mail/code.rs",
                "use super::Uid; mod tests { use super::Code; }",
            ),
            (
                "src/mail/code.rs",
                "mod tests { mod deep {} use super::super::Uid; }",
            ),
            (
                "src/mail/code.rs",
                "// crate::store\nconst A: &str = \"crate::store::Store\";",
            ),
            (
                "src/cli/run.rs",
                "use crate::{daemon, engine::Engine, web};",
            ),
            ("src/main.rs", "use crate::cli;"),
        ];
        for (path, text) in down {
            assert_eq!(breaches(forbidden_uses, path, text), 0, "{path}: {text}");
        }
    }

    #[test]
    fn the_table_points_down_only() {
        for (at, (room, allowed)) in ROOMS.iter().enumerate().filter(|(_, (_, a))| a.len() < 12) {
            for name in *allowed {
                let place = ROOMS.iter().position(|(other, _)| other == name).unwrap();
                assert!(place < at, "`{room}` points up to `{name}`");
            }
        }
    }
}
