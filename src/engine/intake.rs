//! From a message to what it leads to: event, case, effects, and the order for a code.
//!
//! It reads and asks the pure rooms; the commit is one call of the store's. How a sender was
//! proved is not known here.

use jiff::Timestamp;
use tracing::info;

use crate::case::effect::Effect;
use crate::case::{self, CaseKey, CodesBefore, Event, Policy, Reading, State};
use crate::mail::authenticity::{Authenticity, handover_id};
use crate::mail::{self, Arrival, Cursor, Digest, Finding, FolderRef, Mail, MailboxName, Reason};
use crate::store::{Begin, Consequence, Planned, Proved, StoreError};

use super::{Engine, PROOF, SUBMISSION};

impl Engine {
    /// Reads a message and commits it with everything it leads to.
    pub(super) fn take_in(
        &mut self,
        folder: &FolderRef,
        arrival: &Arrival,
        authenticity: Authenticity,
        (after, now): (Cursor, Timestamp),
    ) -> Result<(), StoreError> {
        let message = Digest::of(&arrival.raw);
        let authenticity = self.against_known_keys(authenticity)?;
        let handover = handover_of(&folder.mailbox, &authenticity);
        if self.store.knows(message, handover.as_deref())? {
            return self.store.pass_over(folder, after);
        }
        let (mail, finding) = self.read(&arrival.raw, arrival.truncated);
        let reading = Reading {
            message,
            received_at: arrival.internal_date,
            mail: &mail,
            finding: &finding,
            authenticity: &authenticity,
        };
        let policy = self.policy(&folder.mailbox);
        let Some(event) = Event::of(&reading, now, &policy) else {
            return self.store.pass_over(folder, after);
        };
        let mut consequence = self.led_to(folder, event, &reading, now)?;
        let order = self.begin_with(&mut consequence, &reading, handover.as_deref());
        let sender = Proved {
            authenticity: &authenticity,
            handover: handover.as_deref(),
        };
        let written = self.store.take_in(arrival, &sender, &consequence, after)?;
        self.give_begun(order, &written);
        self.found_one(folder);
        info!(
            mailbox = %folder.mailbox, folder = %folder.folder, message = %message,
            event = consequence.event.name(), "taken in"
        );
        Ok(())
    }

    /// What a message says, and what that is to us.
    pub(super) fn read(&self, raw: &[u8], truncated: bool) -> (Mail, Finding) {
        let wordings = &self.settings.wordings;
        let mail = if truncated {
            mail::read_truncated(raw, wordings)
        } else {
            mail::read(raw, wordings)
        };
        let finding = mail::classify(&mail, wordings);
        (mail, finding)
    }

    /// What the event that a message is leads to.
    pub(super) fn led_to(
        &self,
        folder: &FolderRef,
        event: Event,
        reading: &Reading<'_>,
        now: Timestamp,
    ) -> Result<Consequence, StoreError> {
        let finding = reading.finding;
        let policy = self.policy(&folder.mailbox);
        let links = if event.may_hold_a_code() {
            vec![]
        } else {
            finding.links.clone()
        };
        let account = case::account_of(finding.product, &policy);
        let case = self.case_for(&folder.mailbox, account, &event, reading.received_at)?;
        let event = match &case {
            Some((key, state)) => {
                let codes = match event {
                    Event::CodeArrived { .. } => self.store.codes_before(key)?,
                    _ => CodesBefore::default(),
                };
                event.in_case(state, codes)
            }
            None => event,
        };
        let because = finding.because.clone();
        Ok(self.consequence((folder, event, now), case, &policy, because, links))
    }

    /// The case an event belongs to and its state before; `None` if it concerns none.
    fn case_for(
        &self,
        mailbox: &MailboxName,
        account: mail::Product,
        event: &Event,
        opened: Timestamp,
    ) -> Result<Option<(CaseKey, State)>, StoreError> {
        if !event.concerns_a_case() {
            return Ok(None);
        }
        let newest = self.store.newest_case(mailbox, account)?;
        if let Some(row) = newest.filter(|row| !case::opens_another(&row.state, event)) {
            return Ok(Some((row.key, row.state)));
        }
        let campaign = opened.to_string().chars().take(10).collect();
        Ok(Some((
            CaseKey {
                mailbox: mailbox.clone(),
                account,
                campaign,
            },
            State::New,
        )))
    }

    /// What an event leads to: the transition, and an effect for each outlet that takes part.
    pub(super) fn consequence(
        &self,
        (folder, event, now): (&FolderRef, Event, Timestamp),
        case: Option<(CaseKey, State)>,
        policy: &Policy,
        because: Vec<Reason>,
        links: Vec<String>,
    ) -> Consequence {
        let before = case.as_ref().map_or(&State::New, |(_, state)| state);
        let transition = case::transition(before, &event, now, policy);
        let mut effects = Vec::new();
        for effect in transition.effects {
            let outlets = match effect {
                Effect::Submit { .. } => vec![SUBMISSION.to_owned()],
                Effect::Prove { .. } => vec![PROOF.to_owned()],
                Effect::Alert(_) => self.settings.channels.clone(),
            };
            effects.extend(outlets.into_iter().map(|outlet| Planned {
                outlet,
                effect: effect.clone(),
                begin: Begin::WhenDue,
            }));
        }
        Consequence {
            folder: folder.clone(),
            event,
            at: now,
            case: case.map(|(key, _)| (key, transition.state)),
            because,
            links,
            effects,
        }
    }
}

/// The id of the only hand-over that a proved message can cause.
pub(super) fn handover_of(mailbox: &MailboxName, authenticity: &Authenticity) -> Option<String> {
    let signature = authenticity.signature.as_ref()?;
    Some(handover_id(mailbox, signature))
}
