//! The mailboxes with their last proof, the channels and whether they work, and the alerts of late
//! with what became of them.
//!
//! It asks for the alerts; the rest was found out before. What needs somebody stands first.

use jiff::SignedDuration;

use crate::daemon::status::{Channel, Folder, Tone, span};
use crate::outlet::alert::sentences;
use crate::store::{AlertRow, StoreError};

use super::html::Html;
use super::moment::time;
use super::page::left_out;
use super::routes::Sight;

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
                html.element("li", &[], |html| folder(html, one, sight));
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

fn folder(html: &mut Html, folder: &Folder, sight: &Sight<'_>) {
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
    if let Some(why) = &folder.trouble {
        html.say("p", &[("class", "more")], &format!("Trying again: {why}"));
    }
    html.element("p", &[("class", "more")], |html| match folder.heard_at {
        Some(at) => {
            html.text("Last proved to be heard: ");
            time(html, at, sight.now);
        }
        None => html.text("Never heard yet."),
    });
    if folder.missed > 0 {
        let missed = format!(
            "Not announced by the server, found by our own look: {}.",
            folder.missed
        );
        html.say("p", &[("class", "more")], &missed);
    }
    html.say("p", &[("class", "more")], &folder.origin);
}

/// The alerts of late that were told or given up: those that did not arrive first, then the newest
/// first. What still waits is said of its channel.
pub(super) fn alerts_of(sight: &Sight<'_>) -> Result<Vec<AlertRow>, StoreError> {
    let mut alerts = sight.store.newest_alerts(LOOKED_AT)?;
    let oldest = sight.now.saturating_sub(LATELY).unwrap_or(sight.now);
    alerts.retain(|alert| match alert.state.as_str() {
        "due" | "started" => false,
        "done" => alert.at >= oldest,
        _ => true,
    });
    alerts.sort_by_key(is_told);
    Ok(alerts)
}

fn is_told(alert: &AlertRow) -> bool {
    alert.state == "done"
}

/// Writes the channels and the alerts of late.
pub(super) fn alerts(html: &mut Html, sight: &Sight<'_>, alerts: &[AlertRow]) {
    html.element("section", &[("aria-labelledby", "alerts")], |html| {
        html.say("h2", &[("id", "alerts")], "Alerts lately");
        let channels = &sight.status.channels;
        if alerts.is_empty() && channels.is_empty() {
            html.say("p", &[], "There were none in the last seven days.");
            return;
        }
        html.element("ul", &[("class", "rows")], |html| {
            for one in channels {
                html.element("li", &[], |html| channel(html, one, sight));
            }
            for one in alerts.iter().take(SHOWN) {
                html.element("li", &[], |html| alert(html, one, sight));
            }
        });
        if alerts.len() > SHOWN {
            let more = format!("And {} more.", alerts.len() - SHOWN);
            html.say("p", &[("class", "more")], &more);
        }
    });
}

fn channel(html: &mut Html, channel: &Channel, sight: &Sight<'_>) {
    let (tone, word) = match (channel.failing_since, channel.lost, channel.delivered_at) {
        (Some(_), ..) => (Tone::Bad, "Does not work"),
        (None, 1.., _) => (Tone::Ask, "Did not tell all"),
        (None, 0, Some(_)) => (Tone::Good, "Works"),
        (None, 0, None) => (Tone::Plain, "Not tried yet"),
    };
    head(html, &format!("Channel {}", channel.outlet), (tone, word));
    html.element("p", &[("class", "more")], |html| {
        if channel.waiting > 0 {
            html.text(&format!("Alerts that wait: {}. ", channel.waiting));
        }
        match channel.delivered_at {
            Some(at) => {
                html.text("The last one was taken ");
                time(html, at, sight.now);
            }
            None => html.text("It took none lately."),
        }
    });
    let is_doubted = channel.failing_since.is_some() || channel.lost > 0;
    if let Some(why) = channel.why.as_ref().filter(|_| is_doubted) {
        html.say("p", &[("class", "more")], why);
    }
}

fn alert(html: &mut Html, alert: &AlertRow, sight: &Sight<'_>) {
    let badge = if is_told(alert) {
        (Tone::Good, "Told")
    } else {
        (Tone::Bad, "Not told")
    };
    head(html, sentences::title(&alert.notice), badge);
    html.element("p", &[("class", "more")], |html| {
        time(html, alert.at, sight.now);
        html.text(&format!(", by {}", alert.outlet));
        let took = alert
            .ended_at
            .map(|end| end.duration_since(alert.at).as_secs());
        if let (Some(took @ 1..), true) = (took, is_told(alert)) {
            html.text(&format!(", {} later", span(took)));
        }
    });
    if !alert.note.is_empty() && !is_told(alert) {
        html.say("p", &[("class", "more")], &alert.note);
    }
}

/// What a row is about, and how that is.
fn head(html: &mut Html, what: &str, (tone, word): (Tone, &str)) {
    html.element("p", &[("class", "head")], |html| {
        html.say("strong", &[], what);
        html.text(" ");
        let class = format!("badge {}", tone.class());
        html.say("span", &[("class", &class)], word);
    });
}
