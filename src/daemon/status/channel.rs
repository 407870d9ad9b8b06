//! How it is with the channels through which the person is told.
//!
//! Known is what is on record: a channel that had nothing to tell yet is not among them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::case::effect::Effect;
use crate::store::EffectRow;

/// A channel that refused an alert once may be busy; who refused one twice does not work.
const REFUSALS: u32 = 2;

/// How it is with one channel.
#[derive(Debug, Default, Serialize)]
pub struct Channel {
    /// Its name.
    pub outlet: String,
    /// It works no more: when the first of the alerts happened that it refused since.
    pub failing_since: Option<Timestamp>,
    /// Alerts that are not told yet, be it for quiet hours.
    pub waiting: usize,
    /// Alerts of the last 30 days that were given up.
    pub given_up: usize,
    /// Those of them that were given up since it took one.
    #[serde(skip)]
    pub lost: usize,
    /// When it took the last alert, if that was lately.
    pub delivered_at: Option<Timestamp>,
    /// What its service said last of what it refused.
    pub why: Option<String>,
}

/// All channels that had something to tell lately: by the effects that are `open`, what was given
/// up (the newest first), and what was taken last.
pub(super) fn channels(
    open: &[EffectRow],
    given_up: &[(String, Timestamp, String)],
    delivered: BTreeMap<String, Timestamp>,
) -> Vec<Channel> {
    let mut channels: BTreeMap<String, Channel> = BTreeMap::new();
    for (outlet, at) in delivered {
        channels.entry(outlet).or_default().delivered_at = Some(at);
    }
    for (outlet, at, why) in given_up {
        let channel = channels.entry(outlet.clone()).or_default();
        channel.given_up += 1;
        if channel.delivered_at.is_none_or(|taken| taken < *at) {
            channel.lost += 1;
        }
        channel.why.get_or_insert_with(|| why.clone());
    }
    for alert in open
        .iter()
        .filter(|one| matches!(one.what, Effect::Alert(_)))
    {
        let channel = channels.entry(alert.outlet.clone()).or_default();
        channel.waiting += 1;
        let is_refused = alert.refused >= REFUSALS;
        if is_refused && channel.delivered_at.is_none_or(|at| at < alert.at) {
            let since = channel.failing_since.into_iter().chain([alert.at]).min();
            channel.failing_since = since;
            channel.why = Some(alert.note.clone());
        }
    }
    let named = channels
        .into_iter()
        .map(|(outlet, channel)| Channel { outlet, ..channel });
    named.collect()
}
