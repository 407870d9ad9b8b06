//! When the person is told: which channel takes part, what waits for the end of quiet hours, and
//! what is told together because it is too much to be told one by one.
//!
//! What cannot wait is never held back. It decides by the values of the channels alone, and knows
//! nothing of how they reach the person.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::{SignedDuration, Timestamp};
use tracing::info;

use crate::case::Channel;
use crate::case::effect::{Effect, Notice};
use crate::store::{Begin, EffectRow, Planned, StoreError};

use super::Engine;

/// What a channel may give is counted over this time.
const COUNTED: SignedDuration = SignedDuration::from_hours(1);

/// What each channel gave lately, and which did not give the last one.
#[derive(Debug, Default)]
pub(super) struct Given {
    lately: BTreeMap<String, VecDeque<Timestamp>>,
    failing: BTreeSet<String>,
}

impl Given {
    /// Notes that a channel has given an alert. Whether it did not give the one before.
    pub(super) fn note(&mut self, channel: &str, now: Timestamp) -> bool {
        let lately = self.lately.entry(channel.to_owned());
        lately.or_default().push_back(now);
        self.failing.remove(channel)
    }

    /// Notes that a channel did not give an alert. Whether that is new.
    pub(super) fn miss(&mut self, channel: &str) -> bool {
        self.failing.insert(channel.to_owned())
    }

    /// Until when a channel has given enough; `None` if it may give one now.
    fn is_enough_until(&mut self, channel: &Channel, now: Timestamp) -> Option<Timestamp> {
        let given = self.lately.get_mut(&channel.name)?;
        // One that lies ahead was noted before the clock was set back.
        given.retain(|at| *at <= now && now.duration_since(*at) < COUNTED);
        let most = usize::try_from(channel.at_most).unwrap_or(usize::MAX);
        let excess = given.len().checked_sub(most)?;
        given.get(excess)?.saturating_add(COUNTED).ok()
    }
}

impl Engine {
    /// The effects of telling `notice`: one for each channel that takes part.
    pub(super) fn tell(&self, notice: &Notice, now: Timestamp) -> Vec<Planned> {
        let channels = self.settings.channels.iter();
        let takes_part = channels.filter(|channel| channel.types.includes(notice.type_name()));
        let planned = takes_part.map(|channel| Planned {
            outlet: channel.name.clone(),
            effect: Effect::Alert(notice.clone()),
            begin: Begin::At(not_before(channel, notice, now)),
        });
        planned.collect()
    }

    /// The effects that are due, but for such alerts of channels that have given enough as may be
    /// told as one: they become one, which is told when the channel may give again. What cannot
    /// wait comes first.
    pub(super) fn sum_up(
        &mut self,
        mut due: Vec<EffectRow>,
        now: Timestamp,
    ) -> Result<Vec<EffectRow>, StoreError> {
        for channel in &self.settings.channels {
            let Some(until) = self.given.is_enough_until(channel, now) else {
                continue;
            };
            let is_own = |effect: &EffectRow| effect.outlet == channel.name;
            let is_excess = |effect: &EffectRow| effect.next_at <= now && may_be_part(effect);
            if !due.iter().any(|effect| is_own(effect) && is_excess(effect)) {
                continue;
            }
            let is_part = |effect: &EffectRow| is_excess(effect) || is_summary(effect);
            let (parts, rest) = due.into_iter().partition(|one| is_own(one) && is_part(one));
            due = rest;
            let parts: Vec<EffectRow> = parts;
            info!(channel = %channel.name, alerts = parts.len(), "more than it gives in an hour");
            let summary = summary_of(&parts);
            let next_at = not_before(channel, &summary, until);
            self.store
                .sum_up(&parts, &Effect::Alert(summary), next_at, now)?;
        }
        due.sort_by_key(can_wait);
        Ok(due)
    }
}

fn not_before(channel: &Channel, notice: &Notice, now: Timestamp) -> Timestamp {
    let quiet = channel.quiet.as_ref().filter(|_| !notice.is_urgent());
    quiet.and_then(|quiet| quiet.ends_after(now)).unwrap_or(now)
}

fn can_wait(effect: &EffectRow) -> bool {
    matches!(&effect.what, Effect::Alert(notice) if !notice.is_urgent())
}

/// An alert that was tried before is not lost in a number.
fn may_be_part(effect: &EffectRow) -> bool {
    effect.tries == 0 && matches!(&effect.what, Effect::Alert(notice) if notice.may_be_summed_up())
}

fn is_summary(effect: &EffectRow) -> bool {
    matches!(&effect.what, Effect::Alert(Notice::Summary { .. }))
}

fn summary_of(parts: &[EffectRow]) -> Notice {
    let mut counts = BTreeMap::new();
    let mut add = |kind: &str, by: u32| {
        let count: &mut u32 = counts.entry(kind.to_owned()).or_default();
        *count = count.saturating_add(by);
    };
    for part in parts {
        match &part.what {
            Effect::Alert(Notice::Summary { counts }) => {
                for (kind, count) in counts {
                    add(kind, *count);
                }
            }
            Effect::Alert(notice) => add(notice.type_name(), 1),
            Effect::Submit { .. } | Effect::Prove { .. } => {}
        }
    }
    Notice::Summary { counts }
}
