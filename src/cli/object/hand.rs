//! Where the code is while an objection is filed, and what the daemon is told of it.
//!
//! Whatever ends the program: a code that was not typed is given back to the person, one that was
//! is doubtful until the page has said something.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::super::exit::Stopped;
use super::line::{Line, Waiting};
use crate::case::effect::Attempt;
use crate::mail::Code;

/// A code that came is read within microseconds.
const AT_HAND: Duration = Duration::from_millis(100);

/// The wait for a code that began so long ago may be over soon, and begins anew.
const FRESH: Duration = Duration::from_mins(1);

/// Where the code is.
#[derive(Default)]
pub(super) struct Hand {
    state: State,
    /// Every code that was seen: none may be on a picture.
    seen: Vec<Code>,
}

#[derive(Default)]
enum State {
    /// Nobody waits for one.
    #[default]
    Empty,
    /// It is waited for, since then.
    Waiting(Waiting, Instant),
    /// It is here, and Meta does not have it.
    Here(Waiting, Code),
    /// Meta may have it; what is known of that.
    Typed(Waiting, Attempt),
}

impl Hand {
    /// Every code that was seen.
    pub(super) fn seen(&self) -> &[Code] {
        &self.seen
    }

    /// Begins to wait for a code, for so long.
    pub(super) async fn wait(&mut self, line: &Line, wait: Duration) -> Result<(), Stopped> {
        self.state = State::Waiting(line.wait_for_code(wait).await?, Instant::now());
        Ok(())
    }

    /// Makes sure that the code is here or has been waited for not too long.
    pub(super) async fn renew(&mut self, line: &Line, wait: Duration) -> Result<(), Stopped> {
        self.look().await;
        match &self.state {
            State::Waiting(_, since) if since.elapsed() < FRESH => Ok(()),
            State::Here(..) => Ok(()),
            State::Empty | State::Waiting(..) | State::Typed(..) => self.wait(line, wait).await,
        }
    }

    /// The code when it comes, or why it does not. It may be given up and asked again.
    pub(super) async fn code(&mut self) -> Result<Code, Stopped> {
        if let State::Waiting(waiting, _) = &mut self.state {
            let code = waiting.code().await;
            if code.is_err() {
                self.state = State::Empty;
            }
            self.hold(code?);
        }
        match &self.state {
            State::Here(_, code) => Ok(code.clone()),
            State::Empty | State::Waiting(..) | State::Typed(..) => std::future::pending().await,
        }
    }

    /// The code is about to be typed: until something is known, whether Meta has it is not.
    pub(super) fn is_typed(&mut self) {
        let ended = "the code was typed, and `sustained object` ended before the page said more";
        self.state = match std::mem::take(&mut self.state) {
            State::Here(waiting, _) => State::Typed(waiting, Attempt::Unknown(ended.to_owned())),
            other => other,
        };
    }

    /// It was not typed after all.
    pub(super) fn is_not_typed(&mut self, code: Code) {
        self.state = match std::mem::take(&mut self.state) {
            State::Typed(waiting, _) => State::Here(waiting, code),
            other => other,
        };
    }

    /// What became of the code that was typed.
    pub(super) fn became(&mut self, attempt: Attempt) {
        if let State::Typed(_, known) = &mut self.state {
            *known = attempt;
        }
    }

    /// Nothing was sent: no code will come.
    pub(super) fn drop_it(&mut self) {
        self.state = State::Empty;
    }

    /// Tells the daemon: of a code that was typed what is known, of one that was not `untyped`.
    pub(super) async fn let_go(&mut self, untyped: Attempt) {
        self.look().await;
        match std::mem::take(&mut self.state) {
            State::Empty => {}
            // It may still come: whoever waits then gets it.
            waiting @ State::Waiting(..) => self.state = waiting,
            State::Here(waiting, _) => waiting.answer(untyped).await,
            State::Typed(waiting, attempt) => waiting.answer(attempt).await,
        }
    }

    /// As [`Self::let_go`]: a code that was not typed is the person's, for this reason.
    pub(super) async fn give_back(&mut self, reason: &str) {
        self.let_go(Attempt::Rejected(reason.to_owned())).await;
    }

    /// Takes a code that is there already.
    async fn look(&mut self) {
        if let State::Waiting(waiting, _) = &mut self.state
            && let Ok(Ok(code)) = timeout(AT_HAND, waiting.code()).await
        {
            self.hold(code);
        }
    }

    fn hold(&mut self, code: Code) {
        self.seen.push(code.clone());
        self.state = match std::mem::take(&mut self.state) {
            State::Waiting(waiting, _) => State::Here(waiting, code),
            other => other,
        };
    }
}
