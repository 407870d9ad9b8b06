//! What the person must learn although nothing can be written: that nothing can be written.
//!
//! Every other alert is on disk before it leaves. The few of this file live in memory: they are
//! lost with the program, and may come twice. None is about a message or a case.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tracing::{error, warn};

use crate::case::effect::{Alert, Attempt, EffectId, Notice, Order};
use crate::case::retry;
use crate::store::Begin;

use super::Engine;

/// Alerts that are on no record.
#[derive(Debug, Default)]
pub(super) struct Unrecorded {
    /// The person was told that nothing could be written since then.
    told: Option<Timestamp>,
    open: BTreeMap<EffectId, Open>,
    /// How many there were.
    count: i64,
}

/// An alert that has not reached the person yet.
#[derive(Debug)]
struct Open {
    alert: Alert,
    tries: u32,
    /// `None` while it is under way.
    next_at: Option<Timestamp>,
}

impl Open {
    /// It says that nothing can be written, and not that this is over.
    fn is_about_trouble(&self) -> bool {
        matches!(self.alert.notice, Notice::Deaf { .. })
    }
}

impl EffectId {
    /// Whether it is the number of an alert that is on no record: the store's are above zero.
    pub(super) fn is_unrecorded(self) -> bool {
        self.0 < 0
    }
}

impl Engine {
    /// Tells the person when nothing could be written for as long as a folder may go unheard, once
    /// for each trouble, and when it is over.
    pub(super) fn tell_of_trouble(&mut self, now: Timestamp) {
        if let Some(lasted) = self.trouble.take_ended() {
            // What comes from now on can be taken in; no server is to blame for the time before.
            self.excuse(lasted, now);
            // One that is under way comes back first; that an earlier one is over is still news.
            let open = &mut self.unrecorded.open;
            open.retain(|_, it| it.next_at.is_none() || !it.is_about_trouble());
            if let Some(since) = self.unrecorded.told.take() {
                self.announce(&Notice::Heard { since }, now);
            }
        }
        let lasted = self.trouble.lasted();
        let is_due = self.unrecorded.told.is_none() && lasted >= self.settings.deaf_after;
        if let Some(why) = self.trouble.why().filter(|_| is_due) {
            let why = format!("no mail can be taken in: {why}");
            let since = now.saturating_sub(lasted).unwrap_or(now);
            self.unrecorded.told = Some(since);
            self.announce(&Notice::Deaf { since, why }, now);
        }
        self.give_unrecorded(now);
    }

    /// Whether nothing could be written for so long that the person should know it.
    pub(super) fn is_stuck(&self) -> bool {
        self.trouble.is_there() && self.trouble.lasted() >= self.settings.deaf_after
    }

    /// Puts an alert by for each channel that takes part. It names the first mailbox: thousands may
    /// be meant, and one alert is enough.
    fn announce(&mut self, notice: &Notice, now: Timestamp) {
        let Some(folder) = self.hearing.keys().next() else {
            return;
        };
        let mailbox = folder.mailbox.clone();
        for planned in self.tell(notice, now) {
            let Begin::At(next_at) = planned.begin else {
                continue;
            };
            let alert = Alert {
                id: format!("{mailbox}-unrecorded-{}", now.as_second()),
                channel: planned.outlet,
                mailbox: mailbox.clone(),
                account: None,
                at: now,
                notice: notice.clone(),
                message: None,
                text: None,
                links: vec![],
                pretenders: vec![],
                is_in_junk: false,
                code: None,
            };
            self.unrecorded.count += 1;
            let open = Open {
                alert,
                tries: 0,
                next_at: Some(next_at),
            };
            let number = EffectId(-self.unrecorded.count);
            self.unrecorded.open.insert(number, open);
        }
    }

    fn give_unrecorded(&mut self, now: Timestamp) {
        let Some(orders) = &self.orders else {
            return;
        };
        for (number, open) in &mut self.unrecorded.open {
            if open.next_at.take_if(|at| *at <= now).is_none() {
                continue;
            }
            open.tries += 1;
            if orders
                .send((*number, Order::Alert(open.alert.clone())))
                .is_err()
            {
                warn!("there is nobody to tell that nothing can be written");
            }
        }
    }

    /// A channel tried to give an alert that is on no record.
    pub(super) fn unrecorded_tried(&mut self, id: EffectId, attempt: &Attempt, now: Timestamp) {
        let Some(mut open) = self.unrecorded.open.remove(&id) else {
            return;
        };
        let channel = open.alert.channel.as_str();
        match attempt {
            Attempt::Accepted | Attempt::Taken => {}
            Attempt::Rejected(note) => error!(%channel, "alert not delivered: {note}"),
            Attempt::TryLater { why: note, .. } | Attempt::Unknown(note) => {
                // Nobody is told of what is over as if it lasted.
                if open.is_about_trouble() && self.unrecorded.told.is_none() {
                    return;
                }
                let Some(next_at) = retry::alert(open.tries, attempt.pause(), now) else {
                    error!(%channel, "alert not delivered: {note}");
                    return;
                };
                warn!(%channel, "alert not delivered yet: {note}");
                open.next_at = Some(next_at);
                self.unrecorded.open.insert(id, open);
            }
        }
    }
}
