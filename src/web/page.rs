//! The page itself: the verdict, the objections, the mailboxes, the alerts, and the rest.
//!
//! It puts together what others write.

use crate::daemon::status::capitalized;
use crate::store::StoreError;

use super::answer::Answer;
use super::card::{awaited, card, timeline};
use super::health::{alerts, alerts_of, mailboxes};
use super::html::{Html, Target};
use super::moment::{clock, zone};
use super::routes::Sight;
use super::story::Story;
use super::verdict::verdict;

/// What is asked for by who wants the page to stay as it is.
const STILL: &str = "still";

/// What is asked for with the number of a page of cases behind it.
const PAGE: &str = "page=";

/// How many cases a page has: enough for a family. An organisation turns pages.
const CASES: usize = 60;

/// How many events that belong to no case are shown.
const BESIDE: u32 = 10;

/// HTML.
pub(super) const HTML: &str = "text/html; charset=utf-8";

/// What is wanted of the page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// It comes anew every minute.
    is_refreshed: bool,
    /// Which page of the cases, counted from 1.
    number: usize,
}

impl Wanted {
    /// What stands behind the question mark; what is not understood there is as good as nothing.
    pub(super) fn of(query: &str) -> Self {
        let mut words = query.split('&');
        let number = words.clone().find_map(|word| word.strip_prefix(PAGE));
        Self {
            is_refreshed: !words.any(|word| word == STILL),
            number: number.and_then(|number| number.parse().ok()).unwrap_or(1),
        }
    }
}

/// The page.
pub(super) fn page(sight: &Sight<'_>, wanted: Wanted) -> Result<Answer, StoreError> {
    let is_refreshed = wanted.is_refreshed;
    let told = alerts_of(sight)?;
    let mut beside = sight.store.newest_beside(BESIDE)?;
    beside.reverse();
    let beside: Vec<Story> = beside.iter().map(Story::of).collect();
    let mut trouble = Ok(());
    let title = format!("{} – sustained", capitalized(&sight.status.verdict));
    let html = Html::document(&title, is_refreshed, |html| {
        top(html, is_refreshed);
        html.element("main", &[("id", "main")], |html| {
            verdict(html, &sight.status);
            trouble = cases(html, sight, wanted);
            html.element("div", &[("class", "pair")], |html| {
                mailboxes(html, sight);
                alerts(html, sight, &told);
            });
            if !beside.is_empty() {
                html.element("section", &[("aria-labelledby", "beside")], |html| {
                    html.say("h2", &[("id", "beside")], "Beside the objections");
                    timeline(html, &beside, sight.now);
                });
            }
        });
        bottom(html, sight, wanted);
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

/// What is said of a path that leads nowhere, with a way back.
pub(super) fn lost(sentence: &str) -> Answer {
    let title = "Nothing is here – sustained";
    let html = Html::document(title, false, |html| {
        top(html, false);
        html.element("main", &[("id", "main")], |html| {
            html.say("h1", &[], sentence);
        });
    });
    Answer {
        status: 404,
        ..Answer::new(HTML, html)
    }
}

/// What stands below a page that only shows times.
pub(super) fn zoned(html: &mut Html, sight: &Sight<'_>) {
    let zone = format!("Times in {}.", zone(sight.now));
    html.element("footer", &[], |html| html.say("p", &[], &zone));
}

fn cases(html: &mut Html, sight: &Sight<'_>, wanted: Wanted) -> Result<(), StoreError> {
    let mut trouble = Ok(());
    html.element("section", &[("aria-labelledby", "cases")], |html| {
        html.say("h2", &[("id", "cases")], "Your objections");
        if sight.status.cases.is_empty() {
            let none = "There is none yet. One begins with a message of Meta's, or when you file.";
            html.say("p", &[("class", "none")], none);
        }
        // What needs the person comes first, then the newest.
        let mut cases: Vec<_> = sight.status.cases.iter().enumerate().rev().collect();
        cases.sort_by_key(|(_, case)| !case.needs_the_person());
        let pages = cases.len().div_ceil(CASES).max(1);
        let number = wanted.number.clamp(1, pages);
        html.element("div", &[("class", "cards")], |html| {
            for (at, case) in cases.iter().skip((number - 1) * CASES).take(CASES) {
                if trouble.is_ok() {
                    trouble = card(html, sight, case, at + 1);
                }
            }
            if number == pages {
                for one in sight.status.awaited.iter().take(CASES) {
                    awaited(html, one);
                }
            }
        });
        if pages > 1 {
            turn(html, number, pages, wanted.is_refreshed);
        }
    });
    trouble
}

/// Leads to the other pages of the cases.
fn turn(html: &mut Html, number: usize, all: usize, is_refreshed: bool) {
    html.element(
        "nav",
        &[("aria-label", "More objections"), ("class", "more")],
        |html| {
            html.text(&format!("Page {number} of {all}. "));
            if number > 1 {
                html.link(Target::Cases(number - 1, is_refreshed), "The page before");
                html.text(" ");
            }
            if number < all {
                html.link(Target::Cases(number + 1, is_refreshed), "The next page");
            }
        },
    );
}

/// Says how many are not shown.
pub(super) fn left_out(html: &mut Html, all: usize, shown: usize) {
    if all > shown {
        let more = format!("And {} more: `sustained status` shows all.", all - shown);
        html.say("p", &[("class", "more")], &more);
    }
}

fn bottom(html: &mut Html, sight: &Sight<'_>, wanted: Wanted) {
    let is_refreshed = wanted.is_refreshed;
    // The same page of the cases, the other way.
    let target = match (wanted.number, is_refreshed) {
        (2.., _) => Target::Cases(wanted.number, !is_refreshed),
        (_, true) => Target::Own("/?still"),
        (_, false) => Target::Own("/"),
    };
    html.element("footer", &[], |html| {
        html.element("p", &[], |html| {
            html.text(&format!(
                "As of {}; times in {}. {} ",
                clock(sight.now),
                zone(sight.now),
                if is_refreshed {
                    "This page comes anew every minute."
                } else {
                    "This page stays as it is."
                }
            ));
            if is_refreshed {
                html.link(target, "Let it stay");
            } else {
                html.link(target, "Let it come anew");
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
