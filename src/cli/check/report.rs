//! What the checks found, shown while they go on: to the person, or as one JSON object at the end.
//!
//! Everything shown is redacted here, so that no check has to think of it.

use std::fmt::Display;

use serde::Serialize;
use serde_json::json;

use super::super::exit::Stopped;
use super::super::print::{self, Form};
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
    pub(super) fn show(&mut self, form: Form, redaction: &Redaction) -> Result<(), Stopped> {
        if form == Form::Json {
            return Ok(());
        }
        for check in &self.all[self.shown..] {
            let check = redacted(check, redaction);
            let mark = match check.status {
                Status::Pass => "ok  ",
                Status::Skip => "--  ",
                Status::Warn => "warn",
                Status::Fail => "FAIL",
            };
            print::line(&format!("{mark}  {}: {}", check.name, check.observed))?;
            if !check.action.is_empty() {
                print::line(&format!("      -> {}", check.action))?;
            }
        }
        self.shown = self.all.len();
        Ok(())
    }

    /// Shows what is left to show.
    pub(super) fn finish(mut self, form: Form, redaction: &Redaction) -> Result<(), Stopped> {
        if form == Form::Text {
            return self.show(form, redaction);
        }
        let checks: Vec<Check> = self
            .all
            .iter()
            .map(|check| redacted(check, redaction))
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
