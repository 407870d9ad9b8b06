//! What the documents show is so: every block in them is run or parsed, every command line is
//! understood, every table that repeats the program is compared with it.

mod blocks;
mod inline;
mod shell;
mod tables;
mod troubles;
mod wordings;

use std::fs;
use std::path::{Path, PathBuf};

/// A fenced block, or commands in a comment of a unit.
struct Block {
    /// The document's path.
    document: String,
    /// What stands behind the fence; `comment` in a unit.
    language: String,
    text: String,
}

impl Block {
    fn first_line(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }
}

/// Every Markdown file of the tree, and what ships with commands in its comments.
fn documents() -> Vec<(String, String)> {
    let mut paths = Vec::new();
    collect(Path::new("."), &mut paths);
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(".").unwrap().display().to_string();
        (name, text)
    };
    paths.into_iter().map(read).collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let is_ours = !["target", ".git", "fuzz"].contains(&name.as_str());
        if path.is_dir() && is_ours {
            collect(&path, found);
        } else if is_markdown(&name) || path.starts_with("./systemd") || name == "Containerfile" {
            found.push(path);
        }
    }
}

/// The text of a document.
fn document(name: &str) -> String {
    fs::read_to_string(name).unwrap()
}

/// Every block of every document.
fn blocks() -> Vec<Block> {
    let of_each = documents().into_iter().map(|(name, text)| {
        if is_markdown(&name) {
            fenced(&name, &text)
        } else {
            commented(&name, &text)
        }
    });
    of_each.flatten().collect()
}

fn is_markdown(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|end| end == "md")
}

/// The one block of a document that begins so.
fn block(document: &str, first_line: &str) -> Block {
    let is_it = |block: &Block| block.document == document && block.first_line() == first_line;
    let mut found = blocks().into_iter().filter(is_it);
    let block = found.next();
    assert!(
        found.next().is_none(),
        "{document}: two begin so: {first_line}"
    );
    block.unwrap_or_else(|| panic!("{document}: none begins so: {first_line}"))
}

fn fenced(name: &str, text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut is_inside = false;
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(language) if !is_inside => {
                is_inside = true;
                blocks.push(Block {
                    document: name.to_owned(),
                    language: language.to_owned(),
                    text: String::new(),
                });
            }
            Some(_) => is_inside = false,
            None if is_inside => {
                let text = &mut blocks.last_mut().unwrap().text;
                text.push_str(line);
                text.push('\n');
            }
            None => {}
        }
    }
    assert!(!is_inside, "{name}: a block has no end");
    blocks
}

/// Comments that are set in by three blanks or more: commands, and lines of a configuration.
fn commented(name: &str, text: &str) -> Vec<Block> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let Some(shown) = line.strip_prefix("#   ") else {
            continue;
        };
        // A line that is broken goes on; a remark stands behind three blanks more.
        let shown = shown.trim_start().split("   ").next().unwrap();
        match lines.last_mut().filter(|last| last.ends_with('\\')) {
            Some(last) => {
                last.pop();
                last.push_str(shown);
            }
            None => lines.push(shown.to_owned()),
        }
    }
    let block = |text: String| Block {
        document: name.to_owned(),
        language: "comment".to_owned(),
        text,
    };
    lines.into_iter().map(block).collect()
}
