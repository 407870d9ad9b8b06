//! The page itself: the verdict, the objections, the mailboxes, the alerts, and the rest.
//!
//! It puts together what others write.

use crate::store::StoreError;

use super::answer::Answer;
use super::card::{card, timeline};
use super::health::{alerts, alerts_of, mailboxes, undelivered};
use super::html::{Html, Target};
use super::moment::clock;
use super::routes::Sight;
use super::story::Story;
use super::verdict::Verdict;

/// What is asked for by who wants the page to stay as it is.
pub(super) const STILL: &str = "still";

/// How many cases are shown: enough for a family; an organisation has other ways to look.
const CASES: usize = 60;

/// How many events that belong to no case are shown.
const BESIDE: u32 = 10;

/// HTML.
pub(super) const HTML: &str = "text/html; charset=utf-8";

/// The page; it comes anew every minute if it `is_refreshed`.
pub(super) fn page(sight: &Sight<'_>, is_refreshed: bool) -> Result<Answer, StoreError> {
    let told = alerts_of(sight)?;
    let verdict = Verdict::of(sight, undelivered(&told));
    let mut beside = sight.store.newest_beside(BESIDE)?;
    beside.reverse();
    let beside: Vec<Story> = beside.iter().map(Story::of).collect();
    let mut trouble = Ok(());
    let title = format!("{} – sustained", verdict.line);
    let html = Html::document(&title, is_refreshed, |html| {
        top(html, is_refreshed);
        html.element("main", &[("id", "main")], |html| {
            verdict.write(html);
            trouble = cases(html, sight);
            html.element("div", &[("class", "pair")], |html| {
                mailboxes(html, sight);
                alerts(html, &told, sight.now);
            });
            if !beside.is_empty() {
                html.element("section", &[("aria-labelledby", "beside")], |html| {
                    html.say("h2", &[("id", "beside")], "Beside the objections");
                    timeline(html, &beside, sight.now);
                });
            }
        });
        bottom(html, sight, is_refreshed);
    });
    trouble.map(|()| Answer::new(HTML, html))
}

/// What stands above every page.
pub(super) fn top(html: &mut Html, is_home: bool) {
    html.element("a", &[("class", "skip"), ("href", "#main")], |html| {
        html.text("To the content");
    });
    html.element("header", &[("class", "top")], |html| {
        html.say("p", &[("class", "name")], "sustained");
        html.element("nav", &[("aria-label", "Pages")], |html| {
            if !is_home {
                html.link(Target::Own("/"), "Status");
            }
            html.link(Target::Own("/calendar.ics"), "Calendar");
            html.link(Target::Own("/metrics"), "Metrics");
        });
    });
}

fn cases(html: &mut Html, sight: &Sight<'_>) -> Result<(), StoreError> {
    let mut trouble = Ok(());
    html.element("section", &[("aria-labelledby", "cases")], |html| {
        html.say("h2", &[("id", "cases")], "Your objections");
        if sight.status.cases.is_empty() {
            let none = "There is none yet. One begins with a message of Meta's, or when you file.";
            html.say("p", &[], none);
            return;
        }
        html.element("div", &[("class", "cards")], |html| {
            // The newest matters most.
            let newest = sight.status.cases.iter().enumerate().rev();
            for (number, case) in newest.take(CASES) {
                if trouble.is_ok() {
                    trouble = card(html, sight, case, number + 1);
                }
            }
        });
        left_out(html, sight.status.cases.len(), CASES);
    });
    trouble
}

/// Says how many are not shown.
pub(super) fn left_out(html: &mut Html, all: usize, shown: usize) {
    if all > shown {
        let more = format!("And {} more: `sustained status` shows all.", all - shown);
        html.say("p", &[("class", "more")], &more);
    }
}

fn bottom(html: &mut Html, sight: &Sight<'_>, is_refreshed: bool) {
    html.element("footer", &[], |html| {
        html.element("p", &[], |html| {
            html.text(&format!(
                "As of {}. {} ",
                clock(sight.now),
                if is_refreshed {
                    "This page comes anew every minute."
                } else {
                    "This page stays as it is."
                }
            ));
            if is_refreshed {
                html.link(Target::Own("/?still"), "Let it stay");
            } else {
                html.link(Target::Own("/"), "Let it come anew");
            }
        });
        let version = concat!(
            "sustained ",
            env!("CARGO_PKG_VERSION"),
            ". This page changes nothing. Dates are computed; they are not legal advice."
        );
        html.say("p", &[], version);
    });
}
