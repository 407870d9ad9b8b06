//! What can be wrong with a configuration, and how the person is told: file, line, column, the
//! line itself, and what to do.
//!
//! It knows no key and no rule; those are in `file`, `meaning` and `alert`. SECURITY: a line is
//! only ever shown through `excerpt`, which blots what may be a secret.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::excerpt::{self, Excerpt};
use super::explain::{KNOWN_KEYS, KNOWN_WORDS};
use super::locate;
use crate::mail::Fault;

/// Why there is no configuration to run on. `Display` is the whole text for the person; it may
/// have several lines, and it never holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// There is no configuration file.
    #[error(
        "there is no configuration: looked for {}; run `sustained init`, or name another file \
         with --config",
        list(looked)
    )]
    NotFound {
        /// Every place that was looked at.
        looked: Vec<PathBuf>,
    },
    /// The file is there and cannot be read.
    #[error("{}: {source}; {}", path.display(), unreadable_remedy(source))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others on this machine may read its secrets, or change what it says.
    #[error(
        "{path} has mode {mode:04o}: {danger}; run: chmod 600 {path}",
        path = path.display(),
        danger = danger(*mode)
    )]
    Unsafe {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It says something that cannot be right; all that was found.
    #[error("{}", paragraphs(path, problems, *unseen))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong, in the order of the file; never empty.
        problems: Vec<Problem>,
        /// What was not looked at because of them.
        unseen: Option<&'static str>,
    },
    /// The person's own wordings cannot be used.
    #[error("{0}; correct it, or take `wordings` out of the configuration")]
    Wordings(Fault),
    /// Nothing says where this person's files are.
    #[error("nothing says where {what} belongs: set HOME, or {variable}")]
    NoHome {
        /// What was looked for.
        what: &'static str,
        /// The variable that would say it.
        variable: &'static str,
    },
}

impl ConfigError {
    /// The error for a configuration that stands in none of the usual places.
    #[must_use]
    pub fn not_found() -> Self {
        Self::NotFound {
            looked: locate::places(),
        }
    }

    /// The file's permissions are what is wrong: exit code 77 rather than 78.
    #[must_use]
    pub fn is_permission(&self) -> bool {
        match self {
            Self::Unsafe { .. } => true,
            Self::Unreadable { source, .. } => source.kind() == io::ErrorKind::PermissionDenied,
            Self::NotFound { .. }
            | Self::Invalid { .. }
            | Self::Wordings(_)
            | Self::NoHome { .. } => false,
        }
    }
}

/// One thing that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, and what to do.
    pub what: String,
    /// Where it stands, with the line as it may be shown.
    place: Excerpt,
}

impl Problem {
    /// What is wrong, without all the words that would be right.
    #[must_use]
    pub fn in_short(&self) -> &str {
        let lists = [KNOWN_KEYS, KNOWN_WORDS].into_iter();
        let end = lists.filter_map(|list| self.what.find(list)).min();
        self.what[..end.unwrap_or(self.what.len())].trim_end_matches([' ', ';'])
    }

    /// The line it stands on, counted from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.place.line
    }

    /// The column it begins at, counted in characters from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.place.column
    }
}

/// The problems found so far in one text.
pub(super) struct Problems<'t> {
    text: &'t str,
    found: Vec<(Range<usize>, String)>,
    unseen: Option<&'static str>,
}

impl<'t> Problems<'t> {
    /// None yet.
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            found: Vec::new(),
            unseen: None,
        }
    }

    /// Notes that the text at `span` is wrong. `what` must not quote anything secret.
    pub(super) fn add(&mut self, span: Range<usize>, what: impl Into<String>) {
        self.found.push((span, what.into()));
    }

    /// Notes what is not looked at because of them, as a sentence.
    pub(super) fn leave(&mut self, unseen: &'static str) {
        self.unseen = Some(unseen);
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.found.len()
    }

    /// The text of the configuration.
    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    /// The error that names them all.
    pub(super) fn into_error(mut self, path: &Path) -> ConfigError {
        self.found.sort_by_key(|(span, _)| span.start);
        let problems = self.found.into_iter().map(|(span, what)| Problem {
            what,
            place: excerpt::at(self.text, span.start),
        });
        ConfigError::Invalid {
            path: path.to_owned(),
            problems: problems.collect(),
            unseen: self.unseen,
        }
    }
}

/// `paths` as one sentence part.
fn list(paths: &[PathBuf]) -> String {
    let shown: Vec<String> = paths.iter().map(|p| p.display().to_string()).collect();
    shown.join(" and ")
}

/// What helps against an unreadable file.
fn unreadable_remedy(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::PermissionDenied => {
            "make it belong to the account that runs sustained, or to its group with mode 640"
        }
        io::ErrorKind::InvalidData => "save it as UTF-8 text",
        _ => "name a readable file with --config",
    }
}

/// What `mode` lets others do.
fn danger(mode: u32) -> &'static str {
    if mode & 0o002 != 0 {
        "everybody on this machine may change what sustained does"
    } else {
        "everybody on this machine may read the secrets in it"
    }
}

/// Each problem as a paragraph: `file:line:column: what`, then the line and a mark under it. What
/// they hide stands last.
fn paragraphs(path: &Path, problems: &[Problem], unseen: Option<&str>) -> String {
    let mut shown: Vec<String> = problems
        .iter()
        .map(|problem| {
            let Excerpt { line, column, .. } = problem.place;
            format!(
                "{}:{line}:{column}: {}{}",
                path.display(),
                problem.what,
                problem.place
            )
        })
        .collect();
    shown.extend(unseen.map(str::to_owned));
    shown.join("\n")
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line(), self.what)
    }
}
