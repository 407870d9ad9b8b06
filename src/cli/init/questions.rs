//! Questions to the person at standard input, one line each.
//!
//! An answer is checked as it is given: at a terminal a wrong one is asked for again. Where nobody
//! answers, the flag is named that would have. SECURITY: what is typed for a secret is not shown on
//! a terminal.

use std::io::{self, BufRead as _, IsTerminal as _};
use std::thread;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::super::exit::{Exit, Stopped};
use super::super::print::talk;

/// A question, and the flag that answers it as well.
#[derive(Clone, Copy)]
pub(super) struct Question<'q> {
    pub(super) text: &'q str,
    pub(super) flag: &'q str,
    /// The answer that an empty line means.
    pub(super) usual: Option<&'q str>,
    /// What may be shown of a wrong answer.
    pub(super) shown: fn(&str) -> String,
}

/// Whether somebody is there who can mend a wrong answer.
pub(super) fn can_be_asked_again() -> bool {
    io::stdin().is_terminal()
}

/// The person's answer, as `check` takes it.
pub(super) async fn ask<T>(
    question: Question<'_>,
    check: impl Fn(&str) -> Result<T, String>,
) -> Result<T, Stopped> {
    let Question {
        text,
        flag,
        usual,
        shown,
    } = question;
    loop {
        match usual {
            Some(usual) => talk(&format!("{text} [{usual}]")),
            None => talk(text),
        }
        let line = answer(flag).await?;
        let why = match (line.trim(), usual) {
            ("", None) => "this wants an answer".to_owned(),
            ("", Some(usual)) => match check(usual) {
                Ok(right) => return Ok(right),
                Err(why) => why,
            },
            (said, _) => match check(said) {
                Ok(right) => return Ok(right),
                Err(why) if can_be_asked_again() => why,
                Err(why) => return Err(wrong(flag, &shown(said), &why)),
            },
        };
        if !can_be_asked_again() {
            return Err(unanswered(flag, why));
        }
        talk(&why);
    }
}

/// A secret; it is not shown while it is typed.
pub(super) async fn ask_secret(text: &str, flag: &str) -> Result<Zeroizing<String>, Stopped> {
    loop {
        let silence = Silence::on_terminal();
        talk(text);
        let mut line = answer(flag).await?;
        drop(silence);
        let length = line.trim_end_matches(['\r', '\n']).len();
        line.truncate(length);
        if !line.is_empty() {
            return Ok(line);
        }
        if !can_be_asked_again() {
            return Err(unanswered(flag, "nobody answered"));
        }
    }
}

/// What `flag` said cannot be.
pub(super) fn wrong(flag: &str, said: &str, why: &str) -> Stopped {
    Stopped::new(Exit::Usage, unwritten(&format!("{flag} {said}: {why}")))
}

/// Why it ends before anything is written.
pub(super) fn unwritten(why: &str) -> String {
    // A server's words may end as sentences do.
    format!("{}. Nothing was written", why.trim_end_matches('.'))
}

/// The next line, with its end.
async fn answer(flag: &str) -> Result<Zeroizing<String>, Stopped> {
    match read_line().await {
        Ok(line) if line.is_empty() => Err(unanswered(flag, "nobody answered")),
        Ok(line) => Ok(line),
        Err(error) => Err(unanswered(flag, error)),
    }
}

/// A line of standard input.
pub(super) async fn read_line() -> io::Result<Zeroizing<String>> {
    let (sender, receiver) = oneshot::channel();
    // In a thread that nobody waits for: reading cannot be called off, and a signal has to end it.
    thread::spawn(move || {
        // With room for any password, so that it is not copied about.
        let mut line = Zeroizing::new(String::with_capacity(4096));
        let read = io::stdin().lock().read_line(&mut line);
        // Who asked may have ended.
        drop(sender.send(read.map(|_| line)));
    });
    let gone = |_| Err(io::Error::other("standard input cannot be read"));
    receiver.await.unwrap_or_else(gone)
}

fn unanswered(flag: &str, why: impl std::fmt::Display) -> Stopped {
    Stopped::new(Exit::Usage, unwritten(&format!("{why}: add {flag}")))
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
            tcsetattr(io::stdin(), OptionalActions::Now, before).ok();
            talk("");
        }
    }
}
