//! `sustained log`: the decision log, for people or as it is written.
//!
//! It reads `decisions.jsonl` and nothing else, so it works on a copy of the file, too.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::exit::{Exit, Stopped};
use super::print::{self, Form};
use super::{Globals, runtime, state_dir};
use crate::mail::{plain, plain_sentence};
use crate::record::{self, RecordError};

/// How often a followed log is looked at.
const LOOK: Duration = Duration::from_millis(200);

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// Go on showing what is written
    #[arg(long, short)]
    follow: bool,
    /// Another log than that of the state folder
    #[arg(long, value_name = "FILE", global = true)]
    file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Check that no line was changed, removed or put in
    Verify,
}

pub(super) fn log(globals: &Globals, arguments: &Arguments) -> Result<Exit, Stopped> {
    let path = match &arguments.file {
        Some(path) => path.clone(),
        None => state_dir()?.join("decisions.jsonl"),
    };
    if let Some(Verb::Verify) = arguments.verb {
        return verify(globals, &path);
    }
    let file = File::open(&path).map_err(|error| {
        let why = format!(
            "{}: {error}; nothing was recorded there yet?",
            path.display()
        );
        Stopped::new(Exit::Unavailable, why)
    })?;
    let mut lines = BufReader::new(file);
    show(globals.form(), &mut lines)?;
    if arguments.follow {
        runtime()?.block_on(async {
            let mut look = tokio::time::interval(LOOK);
            loop {
                look.tick().await;
                show(globals.form(), &mut lines)?;
            }
        })
    } else {
        Ok(Exit::Done)
    }
}

fn verify(globals: &Globals, path: &std::path::Path) -> Result<Exit, Stopped> {
    match record::verify(path) {
        Ok(lines) => {
            match globals.form() {
                Form::Json => print::object(&json!({ "intact": true, "lines": lines }))?,
                Form::Text => {
                    print::line(&format!("intact: {lines} lines, each names the one before"))?;
                }
            }
            Ok(Exit::Done)
        }
        Err(error @ RecordError::Broken { .. }) => {
            if globals.form() == Form::Json {
                print::object(&json!({ "intact": false, "why": error.to_string() }))?;
            }
            Err(Stopped::new(Exit::BadData, error))
        }
        Err(error) => Err(Stopped::new(Exit::Unavailable, error)),
    }
}

/// Shows every whole line that can be read now.
fn show(form: Form, lines: &mut BufReader<File>) -> Result<(), Stopped> {
    loop {
        let mut line = String::new();
        let read = lines
            .read_line(&mut line)
            .map_err(|e| Stopped::new(Exit::BadData, e))?;
        if read == 0 {
            return Ok(());
        }
        if !line.ends_with('\n') {
            // Half a line: the daemon is writing. It is read again as a whole.
            let back = i64::try_from(read).unwrap_or(0);
            return lines
                .seek_relative(-back)
                .map_err(|e| Stopped::new(Exit::BadData, e));
        }
        match form {
            Form::Json => print::line(line.trim_end())?,
            Form::Text => print::line(&sentence(&line))?,
        }
    }
}

/// A line of the log as a person reads it. The file may have been tampered with: all of it is
/// escaped.
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
