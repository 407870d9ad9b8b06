//! What the page says first: whether all is well, and if not, what to do.
//!
//! The daemon's words; it writes them down.

use crate::daemon::status::{Status, Todo, Tone, capitalized};

use super::html::{Html, Target};
use super::page::left_out;

/// How many things to do are said at once.
const SAID: usize = 12;

/// Writes the verdict.
pub(super) fn verdict(html: &mut Html, status: &Status) {
    let class = format!("verdict {}", status.tone.class());
    let attributes = [("class", class.as_str()), ("aria-label", "Verdict")];
    html.element("section", &attributes, |html| {
        html.element("h1", &[], |html| {
            let attributes = [("class", "mark"), ("aria-hidden", "true")];
            html.say("span", &attributes, mark(status.tone));
            html.text(&capitalized(&status.verdict));
        });
        if status.needs_you.is_empty() {
            html.say("p", &[], "There is nothing for you to do.");
            return;
        }
        html.element("ul", &[], |html| {
            for todo in status.needs_you.iter().take(SAID) {
                html.element("li", &[], |html| one(html, todo));
            }
        });
        left_out(html, status.needs_you.len(), SAID);
    });
}

fn one(html: &mut Html, todo: &Todo) {
    html.sentences(&todo.text);
    if let Some(message) = todo.message {
        html.text(" ");
        let (account, mailbox) = (todo.account, todo.mailbox.as_deref());
        let about = [account, mailbox]
            .map(Option::unwrap_or_default)
            .join(" in ");
        html.link(
            Target::Message(message),
            &format!("The message about {about}"),
        );
    }
}

fn mark(tone: Tone) -> &'static str {
    match tone {
        Tone::Good | Tone::Plain => "✓",
        Tone::Ask => "!",
        Tone::Bad => "✕",
    }
}
