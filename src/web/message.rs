//! A stored mail: what it says as plain text, what it was judged to be, and its bytes as a file.
//!
//! SECURITY: nothing of a mail is ever shown as HTML. Where it may hold a code, no digit that could
//! be one is shown, and its bytes are not given away: in them a code can be written in ways that
//! nobody masks. Hostile: all of it.

use crate::daemon::status::Tone;
use crate::mail::authenticity::{Authenticity, Proof};
use crate::mail::{Digest, Mail, Wordings, read, read_truncated};
use crate::outlet::redact::{defang, mask_digits};
use crate::store::{EventRow, StoreError, StoredMessage};

use super::answer::{Answer, PLAIN};
use super::card::fact;
use super::html::{Html, Target};
use super::moment::time;
use super::page::{HTML, top, zoned};
use super::routes::Sight;
use super::story::Story;

/// Lines that are shown; Meta's have some fifty.
const LINES: usize = 400;

/// A message, and what is known of it.
struct Shown {
    stored: StoredMessage,
    mail: Mail,
    events: Vec<EventRow>,
    /// None of its digits is shown.
    may_hold_a_code: bool,
}

impl Shown {
    fn of(sight: &Sight<'_>, digest: Digest) -> Result<Self, StoreError> {
        let stored = sight.store.message(digest)?;
        let events = sight.store.events_about(digest)?;
        let wordings = Wordings::built_in();
        let mail = if stored.truncated {
            read_truncated(&stored.raw, &wordings)
        } else {
            read(&stored.raw, &wordings)
        };
        Ok(Self {
            may_hold_a_code: may_hold_a_code(&events),
            stored,
            mail,
            events,
        })
    }

    /// A text of the mail as it may be shown.
    fn fit(&self, text: &str) -> String {
        let text = if self.may_hold_a_code {
            mask_digits(text)
        } else {
            text.to_owned()
        };
        if self.stored.authenticity.result == Proof::Genuine {
            text
        } else {
            defang(&text)
        }
    }
}

/// What nothing is known of may be anything; what was proved to be an announcement or an answer,
/// at last, holds none.
fn may_hold_a_code(events: &[EventRow]) -> bool {
    events.iter().all(|row| row.event.may_hold_a_code())
}

/// The message on a page of its own.
pub(super) fn page(sight: &Sight<'_>, digest: Digest) -> Result<Answer, StoreError> {
    let shown = Shown::of(sight, digest)?;
    let subject = shown.fit(&shown.mail.subject);
    let subject = if subject.is_empty() {
        "(no subject)"
    } else {
        &subject
    };
    let title = format!("{subject} – sustained");
    let html =
        Html::document(&title, false, |html| {
            top(html, false);
            html.element("main", &[("id", "main")], |html| {
                html.say("h1", &[], subject);
                html.element("dl", &[("class", "facts")], |html| {
                    head(html, &shown, sight);
                });
                judged(html, &shown, sight);
                html.element("section", &[("aria-labelledby", "text")], |html| {
                html.say("h2", &[("id", "text")], "What it says");
                if shown.may_hold_a_code {
                    let masked = "It may hold a code: digits that could be one are blotted out. \
                                  Read it in your mailbox.";
                    html.say("p", &[("class", "more")], masked);
                }
                let lines: Vec<String> = shown.mail.text.lines().map(|l| shown.fit(l)).collect();
                html.element("pre", &[], |html| {
                    html.lines(lines.iter().take(LINES).map(String::as_str));
                });
                if !shown.may_hold_a_code {
                    html.element("p", &[], |html| {
                        html.link(Target::Raw(digest), "The message as it came, as a text file");
                    });
                }
            });
            });
            zoned(html, sight);
        });
    Ok(Answer::new(HTML, html))
}

fn head(html: &mut Html, shown: &Shown, sight: &Sight<'_>) {
    let from = shown.fit(&shown.mail.from);
    fact(html, "From, as it claims", |html| html.text(&from));
    fact(html, "Came to", |html| {
        html.text(&format!("{} {}", shown.stored.mailbox, shown.stored.folder));
    });
    fact(html, "Received", |html| {
        time(html, shown.stored.internal_date, sight.now);
    });
    fact(html, "Sender", |html| {
        sender(html, &shown.stored.authenticity);
    });
}

fn sender(html: &mut Html, authenticity: &Authenticity) {
    let (tone, word) = match authenticity.result {
        Proof::Genuine => (Tone::Good, "Proved"),
        Proof::Forged => (Tone::Bad, "Forged"),
        Proof::Unproven => (Tone::Ask, "Not proved"),
    };
    let class = format!("badge {}", tone.class());
    html.say("span", &[("class", &class)], word);
    html.text(" ");
    html.text(&match authenticity.result {
        Proof::Genuine => authenticity.reason.clone(),
        Proof::Forged | Proof::Unproven => defang(&authenticity.reason),
    });
}

fn judged(html: &mut Html, shown: &Shown, sight: &Sight<'_>) {
    html.element("section", &[("aria-labelledby", "judged")], |html| {
        html.say("h2", &[("id", "judged")], "What it was taken for");
        let mails = shown.events.iter().map(|row| (row, Story::of(row)));
        for (row, story) in mails.filter(|(_, story)| story.message.is_some()) {
            html.say("p", &[("class", "what")], &story.what);
            if !story.more.is_empty() {
                html.element("p", &[], |html| html.sentences(&story.more));
            }
            html.element("p", &[("class", "more")], |html| {
                html.text("Judged ");
                time(html, row.at, sight.now);
            });
            html.element("ul", &[("class", "reasons")], |html| {
                for reason in &row.because {
                    html.element("li", &[], |html| {
                        html.say("code", &[], &reason.rule);
                        html.text(" ");
                        html.text(&reason.words);
                    });
                }
            });
        }
    });
}

/// The bytes of the message, as a file that no browser shows.
pub(super) fn raw(sight: &Sight<'_>, digest: Digest) -> Result<Answer, StoreError> {
    if may_hold_a_code(&sight.store.events_about(digest)?) {
        let why = "This message may hold a code: read it in your mailbox.";
        return Ok(Answer::told(403, why));
    }
    let stored = sight.store.message(digest)?;
    let name = format!("attachment; filename=\"{digest}.eml.txt\"");
    Ok(Answer::new(PLAIN, stored.raw)
        .with("content-disposition", name)
        .with("content-security-policy", "default-src 'none'; sandbox"))
}
