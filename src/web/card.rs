//! A case as a card: how far it has come, its dates and how they were computed, and what happened.
//!
//! It asks for what it shows; it judges nothing.

use jiff::Timestamp;

use crate::case::{Reminder, State, next_reminder, reminders_ahead};
use crate::daemon::status::{Awaited, Case, capitalized, span, spelled};
use crate::store::StoreError;

use super::html::{Html, Target};
use super::moment::{day, time};
use super::routes::Sight;
use super::story::Story;

/// Events of a case that are shown; a case has some ten.
const SHOWN: u32 = 60;

/// Writes the card of a case, the `number`th.
pub(super) fn card(
    html: &mut Html,
    sight: &Sight<'_>,
    case: &Case,
    number: usize,
) -> Result<(), StoreError> {
    let rows = sight.store.newest_of(&case.row.key, SHOWN)?;
    let stories: Vec<Story> = rows.iter().map(Story::of).collect();
    let id = format!("case-{number}");
    let class = format!("badge {}", case.tone().class());
    html.element(
        "article",
        &[("class", "card"), ("aria-labelledby", &id)],
        |html| {
            html.element("header", &[], |html| {
                html.say("h3", &[("id", &id)], &case.accounts());
                html.say("p", &[("class", &class)], &capitalized(&case.called()));
            });
            if let Some(aside) = case.aside() {
                html.say("p", &[("class", "aside")], &capitalized(aside));
            }
            facts(html, case, sight.now);
            derivation(html, case);
            html.say("h4", &[], "What happened");
            timeline(html, &stories, sight.now);
        },
    );
    Ok(())
}

/// Writes the card of accounts of which nothing came yet.
pub(super) fn awaited(html: &mut Html, awaited: &Awaited) {
    html.element("article", &[("class", "card")], |html| {
        html.element("header", &[], |html| {
            html.say("h3", &[], &spelled(&awaited.accounts));
            html.say("p", &[("class", "badge plain")], "Nothing came yet");
        });
        html.element("dl", &[("class", "facts")], |html| {
            fact(html, "Mailbox", |html| html.text(&awaited.mailbox));
        });
    });
}

/// Stories one below the other, with the time between them.
pub(super) fn timeline(html: &mut Html, stories: &[Story], now: Timestamp) {
    html.element("ol", &[("class", "timeline")], |html| {
        let mut before = None;
        for story in stories {
            html.element("li", &[("class", story.tone.class())], |html| {
                html.element("p", &[("class", "when")], |html| {
                    time(html, story.at, now);
                    let since = before.map(|before| story.at.duration_since(before).as_secs());
                    if let Some(seconds) = since.filter(|seconds| *seconds >= 0) {
                        let later = format!("{} later", span(seconds));
                        html.say("span", &[("class", "later")], &later);
                    }
                });
                html.element("p", &[("class", "what")], |html| match story.message {
                    Some(message) => html.link(Target::Message(message), &story.what),
                    None => html.text(&story.what),
                });
                if !story.more.is_empty() {
                    let more = [("class", "more")];
                    html.element("p", &more, |html| html.sentences(&story.more));
                }
                if let Some(picture) = story.picture {
                    html.element("p", &[("class", "more")], |html| {
                        html.link(Target::Picture(picture), "What the page looked like");
                    });
                }
            });
            before = Some(story.at);
        }
    });
}

fn facts(html: &mut Html, case: &Case, now: Timestamp) {
    html.element("dl", &[("class", "facts")], |html| {
        fact(html, "Mailbox", |html| html.text(&case.mailbox));
        if let Ok(opened) = case.campaign.parse() {
            fact(html, "Opened", |html| day(html, opened, now));
        }
        if let Some(date) = case.effective_date {
            fact(html, "Meta's change takes effect", |html| {
                day(html, date, now);
            });
        }
        if let Some(at) = case.filed_at {
            fact(html, "Filed", |html| time(html, at, now));
        }
        if let State::Decided { at, .. } = &case.state {
            fact(html, "Answered", |html| time(html, *at, now));
        }
        if let Some(due) = case.answer_due {
            fact(html, "Answer due by", |html| day(html, due, now));
        }
        if let Some(until) = case.armed_until {
            fact(html, "A code is expected until", |html| {
                time(html, until, now);
            });
        }
        let ahead = reminders_ahead(&case.row.case, now);
        let next = next_reminder(&case.row.case, now);
        if let Some((reminder, at)) = ahead.into_iter().find(|(_, at)| Some(*at) == next) {
            fact(html, "You are reminded", |html| {
                time(html, at, now);
                html.text(&format!(": {}", reason(reminder)));
            });
        }
        if let State::NotFiled { reason } | State::Unavailable { reason } = &case.state {
            fact(html, "Why", |html| html.text(reason));
        }
        if !case.unnamed.is_empty() {
            let names = spelled(&case.row.case.unnamed());
            fact(html, "Not named in Meta's answer", |html| {
                html.text(&format!("{names}; is it covered?"));
            });
        }
    });
}

/// Writes one line of a list of facts.
pub(super) fn fact(html: &mut Html, name: &str, value: impl FnOnce(&mut Html)) {
    html.element("div", &[], |html| {
        html.say("dt", &[], name);
        html.element("dd", &[], value);
    });
}

fn derivation(html: &mut Html, case: &Case) {
    if case.derivation.is_empty() {
        return;
    }
    let what = format!("How the date for {} was computed", case.accounts());
    html.say("h4", &[], &what);
    html.element("ol", &[("class", "derivation")], |html| {
        for step in &case.derivation {
            html.say("li", &[], step);
        }
    });
}

fn reason(reminder: Reminder) -> &'static str {
    match reminder {
        Reminder::WeekBefore => "the change is a week away",
        Reminder::DayBefore => "the change is a day away",
        Reminder::AnswerOverdue => "the answer is overdue",
    }
}
