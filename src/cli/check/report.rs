//! What the checks found, shown while they go on: to the person, or as one JSON object at the end.
//!
//! Everything shown is redacted here, so that no check has to think of it.

use std::fmt::Display;

use serde::Serialize;
use serde_json::json;

use super::super::exit::Stopped;
use super::super::print::{self, Form, Screen, Text, Tone};
use super::redaction::Redaction;

/// How a check ended, the worse the later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    Pass,
    /// It could not be tried, or there is nothing to try.
    Skip,
    Warn,
    Fail,
}

#[derive(Debug, Clone, Serialize)]
struct Check {
    name: String,
    status: Status,
    observed: String,
    action: String,
}

/// How the checks are shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) form: Form,
    pub(super) screen: Screen,
    pub(super) redaction: &'a Redaction,
}

/// What was checked so far.
#[derive(Debug, Default)]
pub(super) struct Checks {
    all: Vec<Check>,
    shown: usize,
}

impl Checks {
    pub(super) fn pass(&mut self, name: impl Into<String>, observed: impl Display) {
        self.add(name.into(), Status::Pass, &observed, "");
    }

    pub(super) fn skip(&mut self, name: impl Into<String>, observed: impl Display) {
        self.add(name.into(), Status::Skip, &observed, "");
    }

    pub(super) fn warn(&mut self, name: impl Into<String>, observed: impl Display, action: &str) {
        self.add(name.into(), Status::Warn, &observed, action);
    }

    pub(super) fn fail(&mut self, name: impl Into<String>, observed: impl Display, action: &str) {
        self.add(name.into(), Status::Fail, &observed, action);
    }

    /// Takes in what another part of the program checked.
    pub(super) fn append(&mut self, other: Self) {
        self.all.extend(other.all);
    }

    /// The worst that was found.
    pub(super) fn worst(&self) -> Option<Status> {
        self.all.iter().map(|check| check.status).max()
    }

    /// Shows what was found since the last time; JSON waits for [`Self::finish`].
    pub(super) fn show(&mut self, shown: Shown<'_>) -> Result<(), Stopped> {
        if shown.form == Form::Json {
            return Ok(());
        }
        for check in &self.all[self.shown..] {
            paragraphs(&redacted(check, shown.redaction), shown.screen)?;
        }
        self.shown = self.all.len();
        Ok(())
    }

    /// Shows what is left to show.
    pub(super) fn finish(mut self, shown: Shown<'_>) -> Result<(), Stopped> {
        if shown.form == Form::Text {
            return self.show(shown);
        }
        let checks: Vec<Check> = self
            .all
            .iter()
            .map(|check| redacted(check, shown.redaction))
            .collect();
        print::object(&json!({ "worst": self.worst(), "checks": checks }))
    }

    fn add(&mut self, name: String, status: Status, observed: &dyn Display, action: &str) {
        let (observed, action) = (observed.to_string(), action.to_owned());
        self.all.push(Check {
            name,
            status,
            observed,
            action,
        });
    }
}

fn redacted(check: &Check, redaction: &Redaction) -> Check {
    Check {
        name: redaction.of_ours(&check.name),
        status: check.status,
        observed: redaction.of(&check.observed),
        action: redaction.of_ours(&check.action),
    }
}

fn paragraphs(check: &Check, screen: Screen) -> Result<(), Stopped> {
    let (tone, mark) = match check.status {
        Status::Pass => (Tone::Good, "ok  "),
        Status::Skip => (Tone::Dim, "--  "),
        Status::Warn => (Tone::Ask, "warn"),
        Status::Fail => (Tone::Bad, "FAIL"),
    };
    let said = format!("  {}: {}", check.name, check.observed);
    // What is wrong with a configuration has several lines.
    let mut said = said.lines();
    let first = Text::new()
        .with(tone, mark)
        .plain(said.next().unwrap_or(""));
    print::paragraph(screen, &first, 6)?;
    said.try_for_each(|more| print::paragraph(screen, &Text::new().plain(more), 6))?;
    if check.action.is_empty() {
        return Ok(());
    }
    let action = Text::new().plain("      -> ").plain(&check.action);
    print::paragraph(screen, &action, 9)
}
