//! What `object` has with the person at the terminal: it shows what it will send and asks.
//!
//! Without anybody who answers, nothing is sent. SECURITY: what a page shows is escaped.

use std::io::{self, IsTerminal as _};
use std::thread;

use tokio::sync::mpsc;

use super::super::print::talk;
use crate::mail::{plain, plain_sentence};
use crate::outlet::browser::fill::Filled;
use crate::outlet::browser::recipe::Purpose;

/// A reason of so many characters was enough where a minimum was seen.
const LONG_ENOUGH: usize = 100;

/// The person, as far as they answer.
#[derive(Default)]
pub(super) struct Person {
    /// What they type, a line at a time; closed when nobody can. Nothing is read before something
    /// was asked: standard input may be somebody else's.
    lines: Option<mpsc::UnboundedReceiver<String>>,
}

impl Person {
    /// Shows what is about to be sent.
    pub(super) fn show(form: &str, filled: &Filled) {
        talk(&format!("the form `{}` is filled in with:", plain(form)));
        for (purpose, text) in &filled.fields {
            talk(&format!("  {purpose}: {}", plain_sentence(text)));
            let length = text.chars().count();
            if *purpose == Purpose::Impact && length < LONG_ENOUGH {
                talk(&format!(
                    "    ({length} characters; {LONG_ENOUGH} were wanted where a minimum was seen)"
                ));
            }
        }
        for purpose in &filled.unused {
            talk(&format!("  (it has no field for {purpose})"));
        }
    }

    /// Asks; only a clear yes is one.
    pub(super) async fn agrees(&mut self) -> bool {
        let lines = self.lines();
        if io::stdin().is_terminal() {
            // What was typed before the question is no answer to it.
            while lines.try_recv().is_ok() {}
        }
        talk("send it to Meta now? [y/N]");
        let answer = lines.recv().await.unwrap_or_default();
        ["y", "yes"].contains(&answer.trim().to_lowercase().as_str())
    }

    /// Waits until they press Enter; for ever if nobody can.
    pub(super) async fn presses_enter(&mut self) {
        if !io::stdin().is_terminal() || self.lines().recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    fn lines(&mut self) -> &mut mpsc::UnboundedReceiver<String> {
        self.lines.get_or_insert_with(|| {
            let (typed, lines) = mpsc::unbounded_channel();
            // A thread, since reading cannot be given up: it ends with the process.
            thread::spawn(move || {
                for line in io::stdin().lines().map_while(Result::ok) {
                    if typed.send(line).is_err() {
                        break;
                    }
                }
            });
            lines
        })
    }
}
