//! Questions to the person at standard input, one line each.
//!
//! Where nobody answers, the flag is named that would have. SECURITY: what is typed for a secret is
//! not shown on a terminal.

use std::io::{self, BufRead as _, IsTerminal as _};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use super::super::exit::{Exit, Stopped};
use super::super::print::talk;

/// Whether somebody is there who can mend a wrong answer.
pub(super) fn can_be_asked_again() -> bool {
    io::stdin().is_terminal()
}

/// What was said before by `flag`, else the person's answer, else `usual`.
pub(super) fn ask(
    said: Option<&String>,
    (question, flag): (&str, &str),
    usual: Option<&str>,
) -> Result<String, Stopped> {
    if let Some(said) = said {
        return Ok(said.clone());
    }
    match usual {
        Some(usual) => talk(&format!("{question} [{usual}]")),
        None => talk(question),
    }
    let line = read_line().map_err(|error| unanswered(flag, &error))?;
    let answer = line.trim();
    match (answer.is_empty(), usual) {
        (false, _) => Ok(answer.to_owned()),
        (true, Some(usual)) => Ok(usual.to_owned()),
        (true, None) => Err(unanswered(flag, "nobody answered")),
    }
}

/// A secret; it is not shown while it is typed.
pub(super) fn ask_secret((question, flag): (&str, &str)) -> Result<Zeroizing<String>, Stopped> {
    talk(question);
    let _silence = Silence::on_terminal();
    let mut line = read_line().map_err(|error| unanswered(flag, &error))?;
    let length = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(length);
    if line.is_empty() {
        return Err(unanswered(flag, "nobody answered"));
    }
    Ok(line)
}

fn read_line() -> io::Result<Zeroizing<String>> {
    // With room for any password, so that it is not copied about.
    let mut line = Zeroizing::new(String::with_capacity(4096));
    io::stdin().lock().read_line(&mut line)?;
    Ok(line)
}

fn unanswered(flag: &str, why: impl std::fmt::Display) -> Stopped {
    Stopped::new(Exit::Usage, format!("{why}: add {flag}"))
}

/// A terminal that does not show what is typed, until this goes out of scope.
struct Silence(Option<Termios>);

impl Silence {
    fn on_terminal() -> Self {
        let before = tcgetattr(io::stdin()).ok();
        if let Some(before) = &before {
            let mut silent = before.clone();
            silent.local_modes.remove(LocalModes::ECHO);
            // A terminal that refuses shows the password to its owner alone.
            tcsetattr(io::stdin(), OptionalActions::Flush, &silent).ok();
        }
        Self(before)
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            tcsetattr(io::stdin(), OptionalActions::Flush, before).ok();
            talk("");
        }
    }
}
