//! What is built elsewhere is whole: all that is compiled in is in the crate and in the container's
//! build, and all that the Debian package names is in the tree or made for it.

use std::path::Path;

use serde_json::Value;

use super::scan::Source;

/// The files beside Rust's that are compiled into `source`, its tests left out.
fn embedded(source: &Source) -> Vec<String> {
    let lines = source.text.lines().take(source.lines_without_tests());
    let text = lines.collect::<Vec<_>>().join("\n");
    let calls = text.split("include_str!(").skip(1);
    let calls = calls.chain(text.split("include_bytes!(").skip(1));
    calls
        .filter_map(|rest| rest.split('"').nth(1))
        .map(|name| beside(&source.path, name))
        .collect()
}

/// The path of what `file` calls `name`, from the package's root.
fn beside(file: &str, name: &str) -> String {
    let mut folders: Vec<&str> = file.split('/').collect();
    folders.pop();
    for part in name.split('/') {
        if part == ".." {
            folders.pop();
        } else {
            folders.push(part);
        }
    }
    folders.join("/")
}

/// What of `needed` is neither in `taken` nor below one of its folders.
fn left_out(needed: &[String], taken: &[&str]) -> Vec<String> {
    let is_taken = |file: &String| taken.iter().any(|one| Path::new(file).starts_with(one));
    needed
        .iter()
        .filter(|file| !is_taken(file))
        .cloned()
        .collect()
}

/// What a container file copies from the tree.
fn copied(text: &str) -> Vec<&str> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("COPY "));
    let ours = lines.filter(|line| !line.contains("--from="));
    ours.flat_map(|line| {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        // The last one is where they go.
        words.pop();
        words
    })
    .collect()
}

/// Assets of the Debian package that are not in the tree, nor written by `script`.
fn without_origin(assets: &Value, script: &str, is_there: &dyn Fn(&str) -> bool) -> Vec<String> {
    let assets = assets.as_array().into_iter().flatten();
    let paths = assets.filter_map(|asset| asset[0].as_str());
    let is_made = |path: &str| match path.strip_prefix("target/release/") {
        Some("sustained") => true,
        // Pages are written below `$share/man`, and a compressed file under its plain name.
        Some(made) => {
            let name = made.trim_end_matches(".gz");
            let pages = "share/man";
            let name = if name.starts_with(pages) { pages } else { name };
            script.contains(&format!("${name}"))
        }
        None => is_there(path),
    };
    paths
        .filter(|path| !is_made(path))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::super::assert_none;
    use super::super::scan::{Source, root, sources};
    use super::{Value, copied, embedded, left_out, without_origin};

    /// What `cargo` says in the package's root.
    fn cargo(args: &[&str]) -> String {
        let mut cargo = Command::new(env!("CARGO"));
        let output = cargo.args(args).current_dir(root()).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{error}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Every file that the program is built from.
    fn built_from() -> Vec<String> {
        let sources = sources(&["src"]);
        let mut files: Vec<String> = sources.iter().flat_map(embedded).collect();
        assert!(files.len() > 30, "only {} files are embedded", files.len());
        files.extend(sources.into_iter().map(|source| source.path));
        files
    }

    #[test]
    fn the_crate_holds_all_that_is_compiled_in() {
        let list = [
            "package",
            "--list",
            "--offline",
            "--locked",
            "--allow-dirty",
        ];
        let list = cargo(&list);
        let list: Vec<&str> = list.lines().collect();
        assert_none(&left_out(&built_from(), &list));
    }

    #[test]
    fn the_container_is_built_from_all_that_is_compiled_in() {
        let text = fs::read_to_string(root().join("packaging/Containerfile")).unwrap();
        let copied = copied(&text);
        assert!(copied.contains(&"Cargo.lock"), "{copied:?}");
        assert_none(&left_out(&built_from(), &copied));
        let copied: Vec<String> = copied.into_iter().map(str::to_owned).collect();
        let ignored = fs::read_to_string(root().join(".dockerignore")).unwrap();
        let ignored: Vec<&str> = ignored.lines().collect();
        assert!(ignored.contains(&"target"), "{ignored:?}");
        assert_eq!(left_out(&copied, &ignored), copied);
    }

    #[test]
    fn the_debian_package_names_what_is_there_or_made() {
        let metadata = ["metadata", "--offline", "--no-deps", "--format-version=1"];
        let metadata: Value = serde_json::from_str(&cargo(&metadata)).unwrap();
        let assets = &metadata["packages"][0]["metadata"]["deb"]["assets"];
        assert!(assets.as_array().is_some_and(|all| all.len() > 5));
        let script = fs::read_to_string(root().join("packaging/build")).unwrap();
        let is_there = |path: &str| root().join(path).is_file();
        assert_none(&without_origin(assets, &script, &is_there));
    }

    #[test]
    fn the_changelog_begins_with_this_version_or_what_is_not_released() {
        let text = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
        let first = text.lines().find_map(|line| line.strip_prefix("## "));
        let released = concat!("[", env!("CARGO_PKG_VERSION"), "] - 20");
        let is_true = |heading: &str| heading == "[Unreleased]" || heading.starts_with(released);
        assert!(first.is_some_and(is_true), "{first:?}");
    }

    #[test]
    fn what_would_be_missing_is_seen() {
        let text = "const A: &str = include_str!(\n    \"../../a.json\");\n\
                    const B: &[u8] = include_bytes!(\"b/c.toml\");\n\
                    #[cfg(test)]\nmod tests {\n    const D: &str = include_str!(\"d\");\n}\n";
        let files = embedded(&Source::new("src/cli/x.rs", text));
        assert_eq!(files, ["a.json", "src/cli/b/c.toml"]);
        let copied = copied("COPY src tests ./\nCOPY --from=build /a.json /\n");
        assert_eq!(copied, ["src", "tests"]);
        assert_eq!(left_out(&files, &copied), ["a.json"]);
        let assets = serde_json::json!([
            ["target/release/sustained", "usr/bin/"],
            [
                "target/release/share/man/man1/*.1.gz",
                "usr/share/man/man1/"
            ],
            ["target/release/share/gone.fish", "usr/share/fish/"],
            ["gone.md", "usr/share/doc/"],
        ]);
        let script = "\"$program\" manual \"$share/man\"";
        let missing = without_origin(&assets, script, &|_| false);
        assert_eq!(missing, ["target/release/share/gone.fish", "gone.md"]);
    }
}
