//! Exit codes, each with one meaning (sysexits where there is one).

use std::process::ExitCode;

use clap::ValueEnum;

/// How a verb ended. The manual prints these very comments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// It ran, and what was asked for is not so.
    Failed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// `code`, `object`: none came in time.
    NoneInTime = 3,
    /// `code`, `object`: several numbers could be it.
    Ambiguous = 4,
    /// `code`, `object`: not provably listening.
    NotListening = 5,
    /// The input is not what it should be.
    BadData = 65,
    /// Something it needs is not there.
    Unavailable = 69,
    /// It may work later.
    TryAgain = 75,
    /// The system does not permit it.
    NotPermitted = 77,
    /// The configuration is wrong.
    BadConfig = 78,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// What stopped a verb: a sentence for the person, and the exit code.
#[derive(Debug)]
pub struct Stopped {
    /// The code.
    pub exit: Exit,
    /// The sentence.
    pub why: String,
}

impl Stopped {
    /// Stops with `exit` and the error's own words.
    pub fn new(exit: Exit, why: impl std::fmt::Display) -> Self {
        Self {
            exit,
            why: why.to_string(),
        }
    }
}
