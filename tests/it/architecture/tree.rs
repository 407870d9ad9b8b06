//! The tree as a whole: nothing in it belongs to one machine, and its map fits it.

use std::path::Path;

use super::scan::{files, root};

/// What a reader can hold in mind on the first day.
const MAP_LINES: usize = 150;

/// The registry that everyone has; no other is a source of ours.
const REGISTRY: &str = concat!("registry", "+https://github.com/rust-lang/crates.io-index");

/// What stands in a file only because of the machine it was written on. Put together from parts,
/// so that this file does not breach its own rule.
const OF_ONE_MACHINE: [&str; 6] = [
    concat!("/", "root", "/"),
    concat!("/", "work", "/"),
    concat!("index.", "crates.io"),
    concat!("static.", "crates.io"),
    concat!("registry", "+http"),
    concat!("sparse", "+http"),
];

/// Lines of one file that belong to one machine.
fn machine_traces(name: &str, text: &str) -> Vec<String> {
    let mut violations = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = if name.ends_with("Cargo.lock") {
            line.replace(REGISTRY, "")
        } else {
            line.to_owned()
        };
        for trace in OF_ONE_MACHINE.iter().filter(|trace| line.contains(**trace)) {
            violations.push(format!("{name}:{}: {trace}", index + 1));
        }
    }
    violations
}

/// What the map says that is not so, and which folders of `src` it leaves out.
fn map_errors(map: &str, folders: &[String], files: &[String]) -> Vec<String> {
    let mut violations = Vec::new();
    let lines = map.lines().count();
    if lines > MAP_LINES {
        violations.push(format!("{lines} lines, {MAP_LINES} are allowed"));
    }
    let is_of_path = |c: char| c.is_alphanumeric() || "_-./".contains(c);
    let names: Vec<&str> = map
        .split(|c| !is_of_path(c))
        .map(|name| name.trim_end_matches('.'))
        .collect();
    for folder in folders {
        // A drawn tree names the folder alone, a sentence may name its whole path.
        let last = folder.rsplit('/').next().unwrap_or(folder);
        let is_named = |name: &&str| {
            let name = name.trim_end_matches(|c| c != '/').trim_end_matches('/');
            name == last || name.ends_with(&format!("/{last}"))
        };
        if !names.iter().any(is_named) {
            violations.push(format!("does not name {folder}/"));
        }
    }
    for name in names {
        let is_file = [".rs", ".sql", ".service"]
            .iter()
            .any(|end| name.ends_with(end));
        let is_there = |file: &String| file == name || file.ends_with(&format!("/{name}"));
        if is_file && !files.iter().any(is_there) {
            violations.push(format!("names {name}, which is not there"));
        }
    }
    violations
}

/// Every file of the tree that is ours, by its path from the package's root.
fn tree() -> Vec<String> {
    let others = ["target", ".git", "fuzz/corpus", "fuzz/artifacts"];
    let is_ours = |folder: &Path| !others.iter().any(|other| folder.ends_with(other));
    let files = files(root(), &is_ours);
    let names = files.iter().map(|path| path.strip_prefix(root()).unwrap());
    // In a second working tree `.git` is a file, and it is git's own.
    let names = names.filter(|name| *name != Path::new(".git"));
    names
        .map(|name| name.to_str().unwrap().to_owned())
        .collect()
}

/// The folders of `src` among `files`.
fn folders_of_source(files: &[String]) -> Vec<String> {
    let below = files.iter().filter(|name| name.starts_with("src/"));
    let folders = below
        .filter_map(|name| name.rsplit_once('/'))
        .map(|(folder, _)| folder);
    let mut folders: Vec<String> = folders
        .filter(|folder| *folder != "src")
        .map(str::to_owned)
        .collect();
    folders.dedup();
    folders
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::super::support::is_ci;
    use super::super::assert_none;
    use super::super::scan::root;
    use super::{folders_of_source, machine_traces, map_errors, tree};

    #[test]
    fn nothing_in_the_tree_belongs_to_one_machine() {
        let mut violations = Vec::new();
        let mut read = 0;
        for name in tree() {
            // What is not text has no lines to look at.
            if let Ok(text) = fs::read_to_string(root().join(&name)) {
                read += 1;
                violations.extend(machine_traces(&name, &text));
            }
        }
        assert!(read > 10, "only {read} text files found");
        assert_none(&violations);
    }

    #[test]
    fn the_map_of_the_house_is_true() {
        let Ok(map) = fs::read_to_string(root().join("ARCHITECTURE.md")) else {
            assert!(!is_ci(), "ARCHITECTURE.md is missing");
            eprintln!("SKIPPED: ARCHITECTURE.md is missing");
            return;
        };
        let files = tree();
        let folders = folders_of_source(&files);
        assert!(!folders.is_empty());
        assert_none(&map_errors(&map, &folders, &files));
    }

    #[test]
    fn a_trace_of_a_machine_is_seen() {
        let home = format!("see {}root{}notes", '/', '/');
        assert_eq!(machine_traces("README.md", &home).len(), 1);
        let official = format!("source = \"{}\"", super::REGISTRY);
        assert_eq!(machine_traces("Cargo.lock", &official).len(), 0);
        let mirror = format!("source = \"{}+https://mirror.example/index\"", "sparse");
        assert_eq!(machine_traces("Cargo.lock", &mirror).len(), 1);
    }

    #[test]
    fn an_untrue_map_is_seen() {
        let files = ["src/lib.rs", "src/mail/code.rs", "src/source/imap/a.rs"].map(str::to_owned);
        let folders = folders_of_source(&files);
        let errors = |map| map_errors(map, &folders, &files);
        assert_eq!(
            errors("├── mail/ reads: code.rs\n├── source/\n│ ├── imap/ a.rs.\n"),
            [""; 0]
        );
        assert_eq!(errors("`src/mail/code.rs`, src/source/imap/a.rs."), [""; 0]);
        assert_eq!(
            errors("mail/ code.rs\n"),
            ["does not name src/source/imap/"]
        );
        assert_eq!(
            errors("mail/gone.rs imap/a.rs"),
            ["names mail/gone.rs, which is not there"]
        );
        assert_eq!(map_errors(&"a\n".repeat(151), &[], &files).len(), 1);
    }
}
