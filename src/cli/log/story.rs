//! An event of the decision log as a person reads it: one line in their own words and time, below
//! the day it happened on.
//!
//! SECURITY: the file may have been tampered with, and reasons in it are those of servers and
//! forgers: everything is made fit to be shown by what it is put into. It is never read by a
//! program.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use super::super::exit::Stopped;
use super::super::print::{self, Clock, Screen, Text, Tone, span};
use crate::mail::plain;

/// A mailbox's name has a column of so many cells at the most; most are shorter.
const WIDEST_NAME: usize = 16;

/// Instants that a line of a type has, and what leads to each, in the order in which they are told.
const TIMES: [(&str, &str, &str); 8] = [
    ("code.received", "until", ", good until "),
    ("mail.pending", "until", ", asked again until "),
    ("mail.unproven", "until", ", asked again until "),
    ("mailbox.armed", "until", ", a code is expected until "),
    ("mailbox.deaf", "since", ", last heard "),
    ("mailbox.heard", "since", ", not heard since "),
    ("mailbox.gap", "from", ", from "),
    ("mailbox.gap", "until", " to "),
];

/// What was told last, and where.
pub(super) struct Story {
    screen: Screen,
    /// The day of the line before.
    day: Option<Date>,
}

impl Story {
    pub(super) fn on(screen: Screen) -> Self {
        Self { screen, day: None }
    }

    /// Tells one line of the log.
    pub(super) fn tell(&mut self, event: &Value) -> Result<(), Stopped> {
        let clock = Clock::here();
        let at = instant(event, "at");
        self.turn_to(at, &clock)?;
        let time = at.map_or_else(|| "--:--:--".to_owned(), |at| clock.time(at));
        let head = Text::new().with(Tone::Dim, &time).plain("  ");
        let mailbox = text(event, "mailbox");
        let (head, hang) = if self.screen.is_narrow() {
            (head.with(Tone::Strong, &mailbox).plain("  "), 10)
        } else {
            let width = self.screen.width.map_or(WIDEST_NAME, |width| width / 6);
            let width = width.min(WIDEST_NAME);
            let head = head.column(Tone::Strong, &mailbox, width);
            (head.plain("  "), 14 + width)
        };
        let (tone, words) = words(event);
        let head = head.with(tone, &format!("{} {words}", self.screen.sign(tone)));
        let told = self.facts(head, event, tone, &clock);
        print::paragraph(self.screen, &told, hang)
    }

    /// Says which day it is, where that is another one than before.
    fn turn_to(&mut self, at: Option<Timestamp>, clock: &Clock) -> Result<(), Stopped> {
        let day = at.map(|at| clock.date(at));
        if day.is_none() || day == self.day {
            return Ok(());
        }
        if self.day.is_some() {
            print::line("")?;
        }
        let is_first = self.day.is_none();
        self.day = day;
        let Some(day) = day else {
            return Ok(());
        };
        let heading = day.strftime("%A, %-d %B %Y").to_string();
        let zone = if is_first {
            format!(", times in {}", clock.zone())
        } else {
            String::new()
        };
        let heading = Text::new().with(Tone::Strong, &heading);
        let away = format!("  {}{zone}", clock.days_away(day));
        print::paragraph(self.screen, &heading.with(Tone::Dim, &away), 2)
    }

    /// Goes on with what a person wants to know beside it.
    fn facts(&self, mut told: Text, event: &Value, tone: Tone, clock: &Clock) -> Text {
        let kind = text(event, "type");
        let word = |name: &str| {
            let fact = event.get(name).and_then(Value::as_str);
            fact.map(|fact| fact.replace('_', " "))
        };
        let noted = event.pointer("/word/answered").and_then(Value::as_str);
        let said = word("outcome")
            .or_else(|| word("word"))
            .or(noted.map(|noted| noted.replace('_', " ")));
        if let Some(said) = said {
            told = told.with(tone, &format!(": {said}"));
        }
        let is_of_a_folder = kind.starts_with("mailbox.") && kind != "mailbox.armed";
        let place = if is_of_a_folder { "folder" } else { "account" };
        if let Some(place) = event.get(place).and_then(Value::as_str) {
            told = told.with(Tone::Dim, &format!(" ({})", plain(place)));
        }
        for name in ["doubt", "reminder", "standing"] {
            if let Some(fact) = word(name).filter(|fact| fact != "newest") {
                told = told.plain(&format!(", {fact}"));
            }
        }
        for (_, name, lead) in TIMES.iter().filter(|(of, ..)| *of == kind) {
            if let Some(at) = instant(event, name) {
                told = told.plain(lead).plain(&clock.stamp_on(self.day, at));
            }
        }
        if let Some(at) = instant(event, "on") {
            told = told.plain(&format!(", on {}", clock.date(at)));
        }
        if let Some(date) = word("effective") {
            told = told.plain(&format!(", takes effect on {date}"));
        }
        if let Some(seconds) = event.get("seconds_after_code").and_then(Value::as_i64) {
            told = told.plain(&format!(", {} after filing", span(seconds)));
        }
        match event.get("found").and_then(Value::as_u64) {
            Some(0) => told = told.plain("; looked through, nothing was missed"),
            Some(found) => told = told.plain(&format!("; looked through, {found} found then")),
            None if event.get("type").and_then(Value::as_str) == Some("mailbox.gap") => {
                told = told.plain("; nobody knows what came meanwhile");
            }
            None => {}
        }
        for name in ["reason", "why"] {
            if let Some(fact) = event.get(name).and_then(Value::as_str) {
                told = told.plain(&format!(": {fact}"));
            }
        }
        told
    }
}

/// What happened, in a few words, and how that is meant. A type of another version is its own word.
fn words(event: &Value) -> (Tone, String) {
    let kind = text(event, "type");
    let (tone, words) = match kind.as_str() {
        "notification.received" => (Tone::Ask, "Meta announced a use of your data"),
        "code.received" => (Tone::Plain, "a code came"),
        "code.asked" => (Tone::Plain, "a script of yours asked for the code"),
        "code.taken" => (Tone::Plain, "a script of yours took the code"),
        "decision.received" => (answer(event), "Meta answered"),
        "mail.unclear" => (Tone::Ask, "a message needs your eyes"),
        "mail.forged" => (Tone::Ask, "a message only claims to be from Meta"),
        "mail.pending" => (Tone::Plain, "a message is not proved to be from Meta yet"),
        "mail.unproven" => (Tone::Ask, "a message cannot be proved to be from Meta"),
        "mailbox.armed" => (Tone::Plain, "you said that you press Send now"),
        "mailbox.deaf" => (Tone::Bad, "NOT HEARD any more"),
        "mailbox.heard" => (Tone::Good, "heard again"),
        "mailbox.gap" => (Tone::Plain, "for a while without proof of hearing"),
        "submission.accepted" => (
            Tone::Good,
            "the code was handed over: the objection is filed",
        ),
        "submission.failed" => (Tone::Bad, "the code was NOT handed over"),
        "submission.doubtful" => (
            Tone::Bad,
            "perhaps the code was handed over: look at the form",
        ),
        "form.sent" => (Tone::Plain, "the form was sent"),
        "form.filed" => (Tone::Good, "the page says that the objection is filed"),
        "form.refused" => (Tone::Bad, "the page refused the form"),
        "form.unavailable" => (Tone::Bad, "there is no form for you"),
        "form.stopped" => (Tone::Ask, "the form needs you"),
        "reminder.due" => (Tone::Ask, "you were reminded"),
        "case.noted" => (Tone::Plain, "you noted"),
        _ => return (Tone::Plain, kind),
    };
    (tone, words.to_owned())
}

/// How an answer of Meta's is meant.
fn answer(event: &Value) -> Tone {
    match event.get("outcome").and_then(Value::as_str) {
        Some("honored") => Tone::Good,
        Some("declined") => Tone::Bad,
        Some("under_review" | "extended") => Tone::Plain,
        _ => Tone::Ask,
    }
}

fn text(event: &Value, name: &str) -> String {
    plain(event.get(name).and_then(Value::as_str).unwrap_or("-"))
}

fn instant(event: &Value, name: &str) -> Option<Timestamp> {
    event.get(name).and_then(Value::as_str)?.parse().ok()
}
