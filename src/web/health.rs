//! The mailboxes with their last proof, and the alerts of late with what became of them.
//!
//! It asks for what it shows; it judges nothing.

use jiff::{SignedDuration, Timestamp};

use crate::daemon::status::Folder;
use crate::outlet::alert::sentences;
use crate::store::{AlertRow, StoreError};

use super::html::Html;
use super::moment::{span, time};
use super::page::left_out;
use super::routes::Sight;
use super::story::Tone;

/// How many folders are shown, those that are not heard first.
const FOLDERS: usize = 60;

/// How many effects are looked through for alerts, and how many of those are shown.
const LOOKED_AT: u32 = 200;
const SHOWN: usize = 12;

/// An alert that did not arrive is of interest for so long.
const LATELY: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Writes the watched folders.
pub(super) fn mailboxes(html: &mut Html, sight: &Sight<'_>) {
    html.element("section", &[("aria-labelledby", "mailboxes")], |html| {
        html.say("h2", &[("id", "mailboxes")], "Mailboxes");
        if sight.status.folders.is_empty() {
            html.say("p", &[], "No folder was heard yet.");
            return;
        }
        html.element("ul", &[("class", "rows")], |html| {
            let mut folders: Vec<&Folder> = sight.status.folders.iter().collect();
            folders.sort_by_key(|folder| folder.heard);
            for one in folders.into_iter().take(FOLDERS) {
                html.element("li", &[], |html| folder(html, one, sight.now));
            }
        });
        left_out(html, sight.status.folders.len(), FOLDERS);
        if sight.status.pending > 0 {
            let waiting = format!(
                "Messages that claim to be Meta's and wait for a name server's answer: {}.",
                sight.status.pending
            );
            html.say("p", &[("class", "more")], &waiting);
        }
    });
}

fn folder(html: &mut Html, folder: &Folder, now: Timestamp) {
    html.element("p", &[("class", "head")], |html| {
        html.say("strong", &[], &folder.mailbox);
        html.text(" ");
        html.say("span", &[], &folder.folder);
        html.text(" ");
        let (tone, word) = if folder.heard {
            (Tone::Good, "Heard")
        } else {
            (Tone::Bad, "Not heard")
        };
        let class = format!("badge {}", tone.class());
        html.say("span", &[("class", &class)], word);
    });
    html.element("p", &[("class", "more")], |html| match folder.heard_at {
        Some(at) => {
            html.text("Last proved to be heard: ");
            time(html, at, now);
        }
        None => html.text("Never heard yet."),
    });
    if let Some(since) = folder.deaf_since {
        html.element("p", &[("class", "more")], |html| {
            html.text("Deaf since ");
            time(html, since, now);
        });
    }
    if folder.missed > 0 {
        let missed = format!(
            "Not announced by the server, found by our own look: {}.",
            folder.missed
        );
        html.say("p", &[("class", "more")], &missed);
    }
    html.say("p", &[("class", "more")], &folder.origin);
}

/// The alerts of late: those that did not arrive first, then the newest first.
pub(super) fn alerts_of(sight: &Sight<'_>) -> Result<Vec<AlertRow>, StoreError> {
    let mut alerts = sight.store.newest_alerts(LOOKED_AT)?;
    let oldest = sight.now.saturating_sub(LATELY).unwrap_or(sight.now);
    alerts.retain(|alert| alert.at >= oldest || !is_settled(alert));
    alerts.sort_by_key(is_settled);
    Ok(alerts)
}

/// Those that the person was not told.
pub(super) fn undelivered(alerts: &[AlertRow]) -> usize {
    alerts
        .iter()
        .filter(|alert| alert.state == "failed")
        .count()
}

fn is_settled(alert: &AlertRow) -> bool {
    alert.state == "done"
}

/// Writes the alerts of late.
pub(super) fn alerts(html: &mut Html, alerts: &[AlertRow], now: Timestamp) {
    html.element("section", &[("aria-labelledby", "alerts")], |html| {
        html.say("h2", &[("id", "alerts")], "Alerts lately");
        if alerts.is_empty() {
            html.say("p", &[], "There were none in the last seven days.");
            return;
        }
        html.element("ul", &[("class", "rows")], |html| {
            for one in alerts.iter().take(SHOWN) {
                html.element("li", &[], |html| alert(html, one, now));
            }
        });
        if alerts.len() > SHOWN {
            let more = format!("And {} more.", alerts.len() - SHOWN);
            html.say("p", &[("class", "more")], &more);
        }
    });
}

fn alert(html: &mut Html, alert: &AlertRow, now: Timestamp) {
    let (tone, word) = match alert.state.as_str() {
        "done" => (Tone::Good, "Told"),
        "due" | "started" => (Tone::Ask, "Not told yet"),
        _ => (Tone::Bad, "Not told"),
    };
    html.element("p", &[("class", "head")], |html| {
        html.say("strong", &[], sentences::title(&alert.notice));
        html.text(" ");
        let class = format!("badge {}", tone.class());
        html.say("span", &[("class", &class)], word);
    });
    html.element("p", &[("class", "more")], |html| {
        time(html, alert.at, now);
        html.text(&format!(", by {}", alert.outlet));
        let took = alert
            .ended_at
            .map(|end| end.duration_since(alert.at).as_secs());
        if let (Some(took @ 1..), true) = (took, is_settled(alert)) {
            html.text(&format!(", {} later", span(took)));
        }
    });
    if !alert.note.is_empty() && !is_settled(alert) {
        html.say("p", &[("class", "more")], &alert.note);
    }
}
