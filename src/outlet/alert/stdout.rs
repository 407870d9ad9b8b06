//! Alerts on standard output: a line each, for the journal or for a program.
//!
//! It does not know who reads them.

use std::io::{self, Write as _};

use crate::case::effect::Attempt;
use crate::outlet::Format;

use super::words::Words;

/// Writes the alert as one line.
pub(super) fn write(words: &Words, format: Format) -> Attempt {
    let line = match format {
        Format::Text => {
            let Words {
                at,
                kind,
                mailbox,
                title,
                text,
                ..
            } = words;
            format!("{at}  {kind}  {mailbox}  {title}. {text}")
        }
        Format::Json => words.object.to_string(),
    };
    let mut out = io::stdout().lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Ok(()) => Attempt::Accepted,
        Err(error) => Attempt::TryLater(format!("standard output: {error}")),
    }
}
