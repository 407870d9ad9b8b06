//! The only way from this program to a terminal: data to stdout, talk to stderr.
//!
//! It does not know what is printed. Text of a mail or a server passes through
//! [`crate::mail::plain`] before it gets here; JSON escapes by itself what is below U+0020.

mod bar;
mod clock;
mod screen;
mod text;

use std::io::{self, IsTerminal as _, Write};

use serde::Serialize;

pub use bar::{Bar, grouped};
pub use clock::{Clock, span};
pub use screen::{Color, Screen};
pub use text::{Text, Tone, cells};

use super::exit::{Exit, Stopped};
use crate::mail::plain_sentence;

/// How a verb answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Sentences for a person.
    Text,
    /// One JSON object a line.
    Json,
}

/// Writes one line of data.
///
/// # Errors
/// If nobody reads it any more, or it cannot be written.
pub fn line(text: &str) -> Result<(), Stopped> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")
        .and_then(|()| out.flush())
        .map_err(|error| unwritten(&error))
}

/// Writes a paragraph of data for `screen`, all lines but the first behind `hang` blanks.
///
/// # Errors
/// As [`line`].
pub fn paragraph(screen: Screen, text: &Text, hang: usize) -> Result<(), Stopped> {
    line(&text.lines(screen, hang).join("\n"))
}

/// Writes a document as it is. It is for a file: a terminal would obey what stands in it, and gets
/// it with visible escapes.
///
/// # Errors
/// As [`line`].
pub fn document(text: &str) -> Result<(), Stopped> {
    let mut out = io::stdout().lock();
    let written = if out.is_terminal() {
        let lines = text.lines().map(plain_sentence);
        out.write_all((lines.collect::<Vec<_>>().join("\n") + "\n").as_bytes())
    } else {
        out.write_all(text.as_bytes())
    };
    written
        .and_then(|()| out.flush())
        .map_err(|error| unwritten(&error))
}

/// Writes one object as a line of JSON.
///
/// # Errors
/// As [`line`].
pub fn object(value: &impl Serialize) -> Result<(), Stopped> {
    let text = serde_json::to_string(value).map_err(|error| Stopped::new(Exit::Failed, error))?;
    json(&text)
}

/// Writes a line of JSON. A terminal gets what it would obey as JSON's own escapes: the same value.
///
/// # Errors
/// As [`line`].
pub fn json(text: &str) -> Result<(), Stopped> {
    if !io::stdout().is_terminal() {
        return line(text);
    }
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() && c != '\u{7f}' || plain_sentence(c.encode_utf8(&mut [0; 4])).contains(c) {
            escaped.push(c);
        } else {
            let mut units = [0; 2];
            let units = c.encode_utf16(&mut units).iter();
            escaped.extend(units.map(|unit| format!("\\u{unit:04x}")));
        }
    }
    line(&escaped)
}

/// Says something beside the data.
pub fn talk(text: &str) {
    // If standard error is closed there is nobody to tell.
    drop(writeln!(io::stderr().lock(), "{text}"));
}

/// Says something to a person at a terminal that no program wants to know.
pub fn talk_to_person(form: Form, text: &str) {
    if form == Form::Text && io::stderr().is_terminal() {
        talk(text);
    }
}

/// Passes on what another program said beside its data, as it is: it is for a program. A terminal
/// would obey what stands in it, and gets it with visible escapes.
pub fn talk_of_others(text: &str) {
    if io::stderr().is_terminal() {
        let lines = text.lines().map(plain_sentence);
        talk(&lines.collect::<Vec<_>>().join("\n"));
    } else {
        talk(text);
    }
}

/// A reader that has seen enough (`| head`) is no failure.
fn unwritten(error: &io::Error) -> Stopped {
    if error.kind() == io::ErrorKind::BrokenPipe {
        Stopped {
            exit: Exit::Done,
            why: String::new(),
        }
    } else {
        Stopped::new(Exit::Failed, format!("standard output: {error}"))
    }
}
