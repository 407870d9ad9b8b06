//! Counts how messages with and without a one-time code are read.

use std::fmt;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use sustained::mail::{Found, Wordings, one_time_code};

/// A message and the code that it carries.
#[derive(Deserialize)]
pub struct Message {
    #[serde(default)]
    pub subject: String,
    pub text: String,
    pub code: Option<String>,
}

/// How many messages of a file were read in which way.
#[derive(Default)]
pub struct Figures {
    /// Messages with a code.
    pub coded: usize,
    /// Messages without one.
    pub plain: usize,
    pub right: usize,
    pub wrong: usize,
    pub missed: usize,
    pub several: usize,
    pub false_alarms: usize,
    /// What was not read right, each with what was found.
    pub mistakes: Vec<String>,
}

impl Figures {
    /// Reads every message of a file.
    pub fn of(file: &Path, wordings: &Wordings) -> Self {
        let lines = fs::read_to_string(file).unwrap();
        let mut figures = Self::default();
        for line in lines.lines().filter(|line| !line.trim().is_empty()) {
            figures.add(&serde_json::from_str(line).unwrap(), wordings);
        }
        figures
    }

    fn add(&mut self, message: &Message, wordings: &Wordings) {
        let found = one_time_code(&message.subject, &message.text, wordings);
        let (what, count) = match (&message.code, &found) {
            (Some(code), Found::One(found)) if code == found.reveal() => ("", &mut self.right),
            (Some(_), Found::One(_)) => ("wrong", &mut self.wrong),
            (Some(_), Found::Several) => ("several", &mut self.several),
            (Some(_), Found::None) => ("missed", &mut self.missed),
            (None, Found::One(_)) => ("false alarm", &mut self.false_alarms),
            (None, _) => ("", &mut 0),
        };
        *count += 1;
        match message.code {
            Some(_) => self.coded += 1,
            None => self.plain += 1,
        }
        if !what.is_empty() {
            let found = match &found {
                Found::One(code) => code.reveal(),
                _ => "-",
            };
            let (subject, text) = (&message.subject, &message.text);
            let mistake = format!("{what} ({found}): {subject:?} {text:?}");
            self.mistakes.push(mistake);
        }
    }

    /// How many messages there were.
    pub fn count(&self) -> usize {
        self.coded + self.plain
    }
}

/// A share in percent.
#[allow(clippy::cast_precision_loss)] // Files have some hundred lines.
pub fn percent(part: usize, whole: usize) -> f64 {
    part as f64 * 100.0 / whole.max(1) as f64
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of_coded = |part| percent(part, self.coded);
        write!(
            f,
            "{} with a code: {:.1} % right, {:.1} % wrong, {:.1} % missed, {:.1} % several; \
             {} without: {:.1} % false alarms",
            self.coded,
            of_coded(self.right),
            of_coded(self.wrong),
            of_coded(self.missed),
            of_coded(self.several),
            self.plain,
            percent(self.false_alarms, self.plain),
        )
    }
}
