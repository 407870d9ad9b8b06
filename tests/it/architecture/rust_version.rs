//! The oldest Rust that builds it: one number, stated once for each reader, and true.

use serde_json::Value;

/// `1.95` or `1.88.0` as numbers that compare.
fn version(text: &str) -> Vec<u32> {
    text.split('.')
        .filter_map(|part| part.parse().ok())
        .collect()
}

/// Crates of `metadata` that want a newer Rust than `stated`.
fn newer(metadata: &Value, stated: &str) -> Vec<String> {
    let crates = metadata["packages"].as_array().into_iter().flatten();
    crates
        .filter_map(|one| Some((one["name"].as_str()?, one["rust_version"].as_str()?)))
        .filter(|(_, wanted)| version(wanted) > version(stated))
        .map(|(name, wanted)| format!("{name} wants Rust {wanted}, stated is {stated}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::super::assert_none;
    use super::super::scan::root;
    use super::{Value, newer};

    const STATED: &str = env!("CARGO_PKG_RUST_VERSION");

    #[test]
    fn no_dependency_wants_a_newer_rust_than_is_stated() {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["metadata", "--offline", "--locked", "--format-version=1"]);
        // What other systems need was never downloaded.
        cargo.args(["--filter-platform", "x86_64-unknown-linux-gnu"]);
        let output = cargo.current_dir(root()).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{error}");
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(metadata["packages"].as_array().unwrap().len() > 100);
        assert_none(&newer(&metadata, STATED));
        assert!(!newer(&metadata, "1.80").is_empty(), "an older one is seen");
    }

    #[test]
    fn everybody_is_told_the_same_rust() {
        for (name, words) in [
            ("README.md", format!("Rust {STATED}")),
            ("packaging/Containerfile", format!("FROM rust:{STATED}-")),
        ] {
            let text = fs::read_to_string(root().join(name)).unwrap();
            assert!(text.contains(&words), "{name} does not say {words}");
        }
    }
}
