//! `sustained read --redact`: a copy of one message that can be sent to strangers.
//!
//! It prints the whole copy or nothing. SECURITY: what is said beside it counts what was replaced
//! and repeats none of it.

use std::path::PathBuf;

use serde::Serialize;

use super::super::exit::{Exit, Stopped};
use super::super::print::{self, Bar, Form};
use super::messages;
use crate::mail::redact::Redacted;
use crate::mail::{self, NotRedacted, Wordings};

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    file: &'a str,
    redacted: &'a str,
}

/// The one message that is to be copied.
#[derive(Default)]
struct Alone {
    name: String,
    raw: Vec<u8>,
    truncated: bool,
}

pub(super) fn redact(form: Form, paths: &[PathBuf], wordings: &Wordings) -> Result<Exit, Stopped> {
    let message = only_message(paths)?;
    let redacted = if message.truncated {
        Err(NotRedacted::TooLarge)
    } else {
        mail::redact(&message.raw, wordings)
    };
    let copy = redacted.map_err(|why| {
        let why = format!(
            "{}: not redacted, and nothing printed: {why}. Redact it by hand: CONTRIBUTING.md \
             says how",
            message.name
        );
        Stopped::new(Exit::BadData, why)
    })?;
    match form {
        Form::Json => print::object(&Answer {
            file: &message.name,
            redacted: &copy.message,
        })?,
        Form::Text => print::document(&copy.message)?,
    }
    print::talk(&summary(&copy));
    Ok(Exit::Done)
}

fn only_message(paths: &[PathBuf]) -> Result<Alone, Stopped> {
    let several = || {
        let why = "--redact takes one message at a time: save the one to be reported as a file \
                   of its own";
        Stopped::new(Exit::Usage, why)
    };
    let [path] = paths else {
        return Err(several());
    };
    let mut found: Option<Alone> = None;
    messages::each(path, &Bar::new(), &mut |name, raw, truncated| {
        let alone = Alone {
            name: name.to_owned(),
            raw: raw.to_vec(),
            truncated,
        };
        found.replace(alone).map_or(Ok(()), |_| Err(several()))
    })?;
    found.ok_or_else(|| Stopped::new(Exit::BadData, "there is no message to redact"))
}

fn summary(copy: &Redacted) -> String {
    let Redacted {
        names,
        addresses,
        numbers,
        ..
    } = copy;
    format!(
        "sustained: replaced {names} words of names, {addresses} addresses, {numbers} numbers and \
         ids; the copy is read like the original. Look it through before you send it: for names \
         of other people, streets, and whatever only you can know is yours"
    )
}
