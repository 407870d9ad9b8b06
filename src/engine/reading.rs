//! What a message says to the engine, with a wall around the parsers.
//!
//! `mail::read` returns something for any bytes, but it stands on parsers of others. One that
//! panics would do so each time the program starts and the message is fetched again: such a
//! message is set aside, visibly, and the cursor moves.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tracing::error;

use super::Engine;
use crate::mail::{self, Doubt, Finding, Mail, Reason, Verdict, Wordings};

impl Engine {
    /// What a message says, and what that is to us.
    pub(super) fn read(&self, raw: &[u8], truncated: bool) -> (Mail, Finding) {
        let wordings = &self.settings.wordings;
        walled(wordings, || {
            let mail = if truncated {
                mail::read_truncated(raw, wordings)
            } else {
                mail::read(raw, wordings)
            };
            let finding = mail::classify(&mail, wordings);
            (mail, finding)
        })
    }
}

/// What `read` makes of a message; one that no parser comes through is for the person.
fn walled(wordings: &Wordings, read: impl FnOnce() -> (Mail, Finding)) -> (Mail, Finding) {
    // It only looks at what it is given: nothing is left half done.
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        error!("a message cannot be read by this program: look at it yourself, and report that");
        let nothing = mail::read(b"", wordings);
        let finding = Finding {
            verdict: Verdict::Unclear(Doubt::Ambiguous),
            because: vec![Reason {
                rule: "parsers".to_owned(),
                words: "no parser comes through".to_owned(),
            }],
            ..mail::classify(&nothing, wordings)
        };
        (nothing, finding)
    })
}

#[cfg(test)]
mod tests {
    use super::{Doubt, Verdict, Wordings, mail, walled};

    #[test]
    fn a_message_that_no_parser_comes_through_is_for_the_person() {
        let wordings = &Wordings::built_in();
        let (mail, finding) = walled(wordings, || panic!("what a parser does on hostile bytes"));
        assert_eq!(finding.verdict, Verdict::Unclear(Doubt::Ambiguous));
        assert!(mail.text.is_empty() && !finding.because.is_empty());

        let raw = b"Subject: hello\r\n\r\nhello\r\n";
        let read = || {
            let mail = mail::read(raw, wordings);
            let finding = mail::classify(&mail, wordings);
            (mail, finding)
        };
        assert_eq!(walled(wordings, read).1.verdict, Verdict::Irrelevant);
    }
}
