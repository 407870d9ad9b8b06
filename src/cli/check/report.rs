//! What the checks found, shown while they go on: to the person, or as one JSON object at the end.
//!
//! A person reads below a mailbox's name what was found of it, and at the end how many went how,
//! and which failed.
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

/// What is said of a server whose answer made the parser panic.
pub(super) const GARBLED: &str = "it sent something that this program cannot read";

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
    /// The mailbox that the last one shown was about.
    mailbox: Option<String>,
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

    /// A server's answer was too much for the parser.
    pub(super) fn garbled(&mut self, name: impl Into<String>) {
        self.fail(name, GARBLED, "is this an IMAP server?");
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
            let check = redacted(check, shown.redaction);
            let (mailbox, _) = check.place();
            if let Some(name) = mailbox.filter(|name| self.mailbox.as_deref() != Some(*name)) {
                let heading = Text::new().with(Tone::Strong, name);
                print::paragraph(shown.screen, &heading, 0)?;
            }
            self.mailbox = mailbox.map(str::to_owned);
            paragraphs(&check, shown.screen)?;
        }
        self.shown = self.all.len();
        Ok(())
    }

    /// Shows what is left to show.
    pub(super) fn finish(mut self, shown: Shown<'_>) -> Result<(), Stopped> {
        if shown.form == Form::Text {
            self.show(shown)?;
            return self.sum_up(shown);
        }
        let checks: Vec<Check> = self
            .all
            .iter()
            .map(|check| redacted(check, shown.redaction))
            .collect();
        print::object(&json!({
            "worst": self.worst(),
            "counts": {
                "fail": self.count(Status::Fail),
                "warn": self.count(Status::Warn),
                "pass": self.count(Status::Pass),
                "skip": self.count(Status::Skip),
            },
            "checks": checks,
        }))
    }

    fn count(&self, status: Status) -> usize {
        let ended = self.all.iter().filter(|check| check.status == status);
        ended.count()
    }

    /// How many went how, and those that failed once more where others stand behind them.
    fn sum_up(&self, shown: Shown<'_>) -> Result<(), Stopped> {
        let (failed, warnings) = (self.count(Status::Fail), self.count(Status::Warn));
        let plural = if warnings == 1 { "" } else { "s" };
        let counts = [
            (failed, Tone::Bad, "failed".to_owned()),
            (warnings, Tone::Ask, format!("warning{plural}")),
            (self.count(Status::Pass), Tone::Good, "fine".to_owned()),
            (self.count(Status::Skip), Tone::Dim, "not tried".to_owned()),
        ];
        let mut line = Text::new();
        for (at, (count, tone, word)) in counts.iter().filter(|(count, ..)| *count > 0).enumerate()
        {
            line = line.plain(if at > 0 { ", " } else { "" });
            line = line.with(*tone, &format!("{count} {word}"));
        }
        print::line("")?;
        print::paragraph(shown.screen, &line, 0)?;
        let is_failed = |check: &&Check| check.status == Status::Fail;
        if self.all.iter().rev().take_while(is_failed).count() == failed {
            return Ok(());
        }
        for check in self.all.iter().filter(is_failed) {
            let check = redacted(check, shown.redaction);
            let failed = Text::new().with(Tone::Bad, "FAIL");
            let failed = failed.plain(&format!("  {}", check.name));
            print::paragraph(shown.screen, &failed, 6)?;
            remedy(&check, shown.screen, 6)?;
        }
        Ok(())
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

impl Check {
    /// The mailbox that it is about, and what of it; or no mailbox, and all of its name.
    fn place(&self) -> (Option<&str>, &str) {
        let apart = self.name.split_once(": ");
        match apart.filter(|(whose, _)| whose.starts_with("mailbox ")) {
            Some((whose, what)) => (Some(whose), what),
            None => (None, &self.name),
        }
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
    let (mailbox, what) = check.place();
    let inset = if mailbox.is_some() { 2 } else { 0 };
    let said = format!("  {what}: {}", check.observed);
    // What is wrong with a configuration has several lines.
    let mut said = said.lines();
    let first = Text::new()
        .with(tone, mark)
        .plain(said.next().unwrap_or(""))
        .behind(inset);
    print::paragraph(screen, &first, inset + 6)?;
    said.try_for_each(|more| print::paragraph(screen, &Text::new().plain(more), inset + 6))?;
    remedy(check, screen, inset + 6)
}

fn remedy(check: &Check, screen: Screen, inset: usize) -> Result<(), Stopped> {
    if check.action.is_empty() {
        return Ok(());
    }
    let action = Text::new().plain("-> ").plain(&check.action);
    print::paragraph(screen, &action.behind(inset), inset + 3)
}
