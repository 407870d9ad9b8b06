//! Whether everything is provably heard, for who asks and for who tells it on.
//!
//! It reads what `hearing` knows and changes nothing. Where nothing can be written nothing can be
//! taken in, and no folder counts as heard, whatever its server says.

use jiff::{SignedDuration, Timestamp};

use crate::mail::{FolderRef, MailboxName};

use super::Engine;
use super::hearing::Hearing;

/// As often is it published whether everything is heard: proofs come by the thousand, and who
/// wants to know it does something every few minutes.
const PUBLISHED_EVERY: SignedDuration = SignedDuration::from_secs(1);

/// Whether everything that is watched is provably heard, for who tells that on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listening {
    /// It is not proved yet, and not too late for it either.
    Unproved,
    /// It is, and the oldest of the proofs counts until then: nobody need take this back.
    Until(Timestamp),
    /// There is a folder that counts as deaf.
    Deaf,
}

impl Engine {
    /// The folders that were not provably heard since an instant, but for those that do not exist;
    /// `None` if none exists that could be heard.
    pub(super) fn unproved(
        &self,
        of: Option<&MailboxName>,
        since: Timestamp,
    ) -> Option<Vec<FolderRef>> {
        let asked: Vec<_> = self
            .hearing
            .iter()
            .filter(|(folder, _)| of.is_none_or(|mailbox| *mailbox == folder.mailbox))
            .filter(|(_, hearing)| !hearing.absent)
            .collect();
        // Where nothing can be written, nothing can be taken in.
        let is_proved = |hearing: &Hearing| {
            !self.trouble.is_there() && hearing.proof.is_some_and(|(_, at)| at >= since)
        };
        let unproved = asked.iter().filter(|(_, hearing)| !is_proved(hearing));
        let folders = unproved.map(|(folder, _)| (*folder).clone()).collect();
        (!asked.is_empty()).then_some(folders)
    }

    /// Publishes whether everything is heard, if anybody wants to know.
    pub(super) fn publish_listening(&mut self, now: Timestamp) {
        let is_early = self.next_published.is_some_and(|next| now < next);
        if is_early || self.settings.listening.is_closed() {
            return;
        }
        self.next_published = now.saturating_add(PUBLISHED_EVERY).ok();
        let listening = self.listening(now);
        self.settings
            .listening
            .send_if_modified(|known| std::mem::replace(known, listening) != listening);
    }

    /// What `status` says of all folders, in a word. One that need not exist is not missed.
    fn listening(&self, now: Timestamp) -> Listening {
        if self.is_stuck() {
            return Listening::Deaf;
        }
        let mut until: Option<Timestamp> = None;
        let mut is_proved = true;
        for hearing in self.hearing.values().filter(|hearing| !hearing.absent) {
            if hearing.deaf_since.is_some() {
                return Listening::Deaf;
            }
            let counts = hearing
                .proof
                .and_then(|(_, at)| at.saturating_add(self.settings.deaf_after).ok())
                .filter(|end| *end > now);
            is_proved &= counts.is_some();
            until = until.into_iter().chain(counts).min();
        }
        match until {
            Some(until) if is_proved => Listening::Until(until),
            _ => Listening::Unproved,
        }
    }
}
