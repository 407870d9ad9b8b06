//! Alerts as notifications on the desktop, by the program `notify-send`.
//!
//! It needs the person's session: as a service of the system there is none, as one of the user's
//! there is. The form is that of notify-send(1) and of the Desktop Notifications Specification.
//!
//! SECURITY: starts one program of the machine's, found by `PATH`. The text is an argument, which
//! every user of the machine can read: no alert here carries a code. Hostile: the text is read as
//! markup, and `notify-send` obeys backslashes in it; both are written so that they stand for
//! themselves.

use std::time::Duration;

use crate::case::effect::{Alert, Attempt};
use crate::outlet::process::{End, Program, first_line};
use crate::outlet::redact::mask_digits;
use crate::outlet::unready::Unready;

use super::fit::{entities, written};
use super::words::Words;

/// The program.
pub const NOTIFY_SEND: &str = "notify-send";

/// No bubble shows more.
const BODY_LIMIT: usize = 1000;

/// A session that answers does so at once.
const LIMIT: Duration = Duration::from_secs(20);

/// Shows the alert. Without a session it is tried again: the person may come back.
pub async fn tell(alert: &Alert, words: &Words) -> Attempt {
    let urgency = match words.priority {
        5.. => "critical",
        3 | 4 => "normal",
        _ => "low",
    };
    let body = written(&words.letter(alert), BODY_LIMIT, char::len_utf16, literal);
    let command = [
        NOTIFY_SEND.to_owned(),
        "--app-name=sustained".to_owned(),
        format!("--urgency={urgency}"),
        // Nothing after this is an option.
        "--".to_owned(),
        words.title.clone(),
        body,
    ];
    let Some(program) = Program::new(&command, "PATH") else {
        return Attempt::Rejected("no program shows notifications".to_owned());
    };
    match program.run(b"", LIMIT).await {
        Ok(end) => judge(&end),
        Err(Unready::Rejected(reason)) => Attempt::Rejected(format!(
            "{reason}; {NOTIFY_SEND} comes with libnotify (Debian: libnotify-bin)"
        )),
        Err(unready) => unready.into(),
    }
}

fn judge(end: &End) -> Attempt {
    let what = match end {
        End::Exited(0, _) => return Attempt::Accepted,
        End::Exited(exit, errors) => first_line(errors, mask_digits)
            .unwrap_or_else(|| format!("it exited with status {exit}")),
        End::Signal(signal) => format!("it was ended by signal {signal}"),
        End::Lost => "nobody knows how it ended".to_owned(),
        End::CutOff => "the desktop did not answer".to_owned(),
    };
    Attempt::later(format!(
        "{NOTIFY_SEND} did not show the alert: {what}; this works only in your own session"
    ))
}

/// Markup as entities, and a backslash as two: `notify-send` takes `\033` for the character.
fn literal(c: char) -> Option<&'static str> {
    match c {
        '\\' => Some(r"\\"),
        _ => entities(c),
    }
}
