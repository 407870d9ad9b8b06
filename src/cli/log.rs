//! `sustained log`: the decision log, for people or as it is written.
//!
//! It reads `decisions.jsonl` and what a rotation put beside it and nothing else, so it works on a
//! copy of the files, too.

mod filter;
mod proof;
mod reader;
mod story;
mod verify;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::Value;

use super::exit::{Exit, Stopped};
use super::print::{self, Form};
use super::{Globals, runtime, state_dir};
use crate::mail::{plain, plain_sentence};
use crate::record;

use filter::Filter;
use reader::{Follower, each_line};
use story::Story;

/// How often a followed log is looked at.
const LOOK: Duration = Duration::from_millis(200);

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// Go on showing what is written, in a new file where the old one is rotated away
    #[arg(long, short)]
    follow: bool,
    #[command(flatten)]
    filter: filter::Selection,
    /// Another log than that of the state folder
    #[arg(long, value_name = "FILE", global = true)]
    file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Check that no line was changed, removed or put in
    Verify(verify::Arguments),
}

pub(super) fn log(globals: &Globals, arguments: &Arguments) -> Result<Exit, Stopped> {
    if let Some(Verb::Verify(verify)) = &arguments.verb {
        return verify::verify(globals, verify, arguments.file.as_deref());
    }
    let mut shown = Shown {
        form: globals.form(),
        story: globals
            .screen()
            .is_for_a_person
            .then(|| Story::on(globals.screen())),
        last: arguments.filter.last(),
        filter: Filter::new(&arguments.filter),
        held: VecDeque::new(),
        newest: None,
        is_empty: true,
    };
    let (log, rotated) = match &arguments.file {
        Some(file) => (file.clone(), vec![]),
        None => with_rotated(record::log_in(&state_dir()?))?,
    };
    for file in &rotated {
        each_line(file, &mut |line| shown.take(line))?;
    }
    let mut follower = Follower::open(&log)?;
    if !follower.is_there() && rotated.is_empty() && !arguments.follow {
        let why = format!("{} is not there; nothing was recorded yet?", log.display());
        return Err(Stopped::new(Exit::Unavailable, why));
    }
    follower.read(&mut |line| shown.take(line))?;
    shown.end_of_past()?;
    if !arguments.follow {
        if shown.is_empty {
            print::talk_to_person(shown.form, "nothing on record fits");
        }
        return Ok(Exit::Done);
    }
    if !follower.is_there() {
        print::talk(&format!("{} is not there: waiting for it", log.display()));
    }
    runtime()?.block_on(async {
        let mut look = tokio::time::interval(LOOK);
        loop {
            look.tick().await;
            follower.go_on(&mut |line| shown.take(line))?;
        }
    })
}

/// The log, and the rotated files beside it, the oldest first.
fn with_rotated(log: PathBuf) -> Result<(PathBuf, Vec<PathBuf>), Stopped> {
    let mut files = record::files(&log).map_err(|error| unreadable(&log, &error))?;
    files.retain(|file| *file != log);
    Ok((log, files))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Stopped {
    Stopped::new(Exit::Unavailable, format!("{}: {error}", path.display()))
}

/// What of the log is shown, and how.
struct Shown {
    form: Form,
    /// Where a person looks at it.
    story: Option<Story>,
    filter: Filter,
    /// Only so many of the lines that are there at the beginning.
    last: Option<usize>,
    /// Those of them that are shown if no more come.
    held: VecDeque<(String, Value)>,
    /// The newest event that was there at the beginning or came since; `None` before.
    newest: Option<i64>,
    /// Nothing was shown yet.
    is_empty: bool,
}

impl Shown {
    fn take(&mut self, line: &str) -> Result<(), Stopped> {
        let Ok(value) = serde_json::from_str::<Value>(line) else {
            // No line for `jq`, and none that a filter could let through.
            print::talk("sustained: a line is left out that is none of the log: see `log verify`");
            return Ok(());
        };
        let seq = value.get("seq").and_then(Value::as_i64);
        if self.last.is_none() && seq.is_some() && seq <= self.newest {
            // Shown before: the file was cut back and written again.
            return Ok(());
        }
        self.newest = self.newest.max(seq);
        if !self.filter.admits(&value) {
            return Ok(());
        }
        let Some(last) = self.last else {
            return self.print(line, &value);
        };
        self.held.push_back((line.to_owned(), value));
        if self.held.len() > last {
            self.held.pop_front();
        }
        Ok(())
    }

    /// Everything was read that is there: what comes now is new.
    fn end_of_past(&mut self) -> Result<(), Stopped> {
        self.last = None;
        while let Some((line, value)) = self.held.pop_front() {
            self.print(&line, &value)?;
        }
        Ok(())
    }

    fn print(&mut self, line: &str, value: &Value) -> Result<(), Stopped> {
        self.is_empty = false;
        match (self.form, &mut self.story) {
            (Form::Json, _) => print::json(line),
            (Form::Text, Some(story)) => story.tell(value),
            (Form::Text, None) => print::line(&sentence(line)),
        }
    }
}

/// A line of the log in words, for a pipe, a file and the rehearsal. The file may have been
/// tampered with: all of it is escaped.
pub(super) fn sentence(line: &str) -> String {
    let Ok(value) = serde_json::from_str::<Value>(line) else {
        return "(not a line of the decision log)".to_owned();
    };
    let text = |name: &str| plain(value.get(name).and_then(Value::as_str).unwrap_or("-"));
    // Whole seconds, in UTC.
    let clock = |name: &str| {
        let whole: String = text(name).chars().take(19).collect();
        whole.replace('T', " ")
    };
    let at = clock("at");
    let mut said = format!(
        "{at}Z  {:<12} {:<10} {}",
        text("mailbox"),
        text("account"),
        text("type")
    );
    for (name, lead) in [
        ("outcome", ": "),
        ("doubt", ": "),
        ("effective", ", takes effect on "),
        ("reason", ": "),
        ("why", ": "),
    ] {
        if let Some(fact) = value.get(name).and_then(Value::as_str) {
            said.push_str(lead);
            said.push_str(&plain_sentence(fact));
        }
    }
    if value.get("type").and_then(Value::as_str) == Some("mailbox.gap") {
        let found = match value.get("found").and_then(Value::as_u64) {
            Some(0) => "nothing was missed".to_owned(),
            Some(found) => format!("{found} found then"),
            None => "nobody knows what was found".to_owned(),
        };
        let (from, until, folder) = (clock("from"), clock("until"), text("folder"));
        let gap = format!("{folder} not provably heard from {from} to {until}Z");
        said.push_str(&[": ", &gap, "; looked through, ", &found].concat());
    }
    said
}
