//! A submission step: a small program that keeps what it is handed, and ends as it is told.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::PATIENCE;
use super::process::Home;
use super::wait_until;

/// The step of one home.
pub struct Step {
    kept: PathBuf,
    command: String,
}

impl Step {
    /// A step that takes every code.
    pub fn new(home: &Home) -> Self {
        Self::ending(home, "exit 0")
    }

    /// A step that keeps what it is handed and then runs `ending` (shell).
    pub fn ending(home: &Home, ending: &str) -> Self {
        Self::in_folder(home.path(), ending)
    }

    /// The same in another folder than the home's own.
    pub fn in_folder(folder: &Path, ending: &str) -> Self {
        let kept = folder.join("handed-over.jsonl");
        let script = format!("#!/bin/sh\ncat >> '{}'\n{ending}\n", kept.display());
        let path = folder.join("step.sh");
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        Self {
            kept,
            command: format!(
                "[submission]\ncommand = [{:?}]\n",
                path.display().to_string()
            ),
        }
    }

    /// The `[submission]` table.
    pub fn table(&self) -> &str {
        &self.command
    }

    /// What was handed over so far, oldest first.
    pub fn handed_over(&self) -> Vec<Value> {
        let text = fs::read_to_string(&self.kept).unwrap_or_default();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Waits until `count` hand-overs were made, and returns the last.
    pub fn wait_for(&self, count: usize) -> Value {
        let there = wait_until(PATIENCE, || self.handed_over().len() >= count);
        assert!(
            there,
            "{} of {count} hand-overs were made",
            self.handed_over().len()
        );
        self.handed_over().remove(count - 1)
    }

    /// Whether the hand-over carries exactly this code. Compared here, so that no test prints it.
    pub fn has_code(handed: &Value, code: &str) -> bool {
        handed["code"].as_str() == Some(code)
    }
}
