//! From a message to what it leads to: event, case, effects, and the order for a code.
//!
//! It reads and asks the pure rooms; the commit is one call of the store's. How a sender was
//! proved is not known here.

use jiff::Timestamp;
use tracing::info;

use crate::case::effect::Effect;
use crate::case::{self, Case, CaseKey, CodesBefore, Event, Policy, Reading, Word};
use crate::mail::authenticity::{Authenticity, handover_id};
use crate::mail::{self, Arrival, Cursor, Digest, Doubt, FolderRef, MailboxName};
use crate::store::{Begin, CaseRow, Consequence, Planned, Proved, StoreError};

use super::{Engine, PROOF, SUBMISSION};

impl Engine {
    /// Reads a message and commits it with everything it leads to.
    pub(super) fn take_in(
        &mut self,
        folder: &FolderRef,
        arrival: &Arrival,
        authenticity: Authenticity,
        after: Cursor,
        now: Timestamp,
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
        self.next_reminder = None;
        if let Event::Unclear {
            doubt: Doubt::SeveralCodes,
            ..
        } = consequence.event
        {
            self.tell_ambiguous(&folder.mailbox);
        }
        info!(
            mailbox = %folder.mailbox, folder = %folder.folder, message = %message,
            event = consequence.event.name(), "taken in"
        );
        Ok(())
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
        let mailbox = &folder.mailbox;
        let account = case::account_of(finding.product, &self.policy(mailbox));
        let policy = self.policy_now(mailbox, account);
        let links = if event.may_hold_a_code() {
            vec![]
        } else {
            finding.links.clone()
        };
        let case = self.case_for(&policy, mailbox, account, &event, reading.received_at)?;
        let event = match &case {
            Some((key, case)) => {
                let codes = match event {
                    Event::CodeArrived { .. } => self.store.codes_before(key)?,
                    _ => CodesBefore::default(),
                };
                event.in_case(case, codes)
            }
            None => event,
        };
        let because = finding.because.clone();
        let consequence = self.consequence(folder.clone(), event, case, &policy, now);
        Ok(Consequence {
            because,
            links,
            ..consequence
        })
    }

    /// The case an event belongs to, as it is before; `None` if it concerns none.
    pub(super) fn case_for(
        &self,
        policy: &Policy,
        mailbox: &MailboxName,
        account: mail::Product,
        event: &Event,
        opened: Timestamp,
    ) -> Result<Option<(CaseKey, Case)>, StoreError> {
        if !event.concerns_a_case() {
            return Ok(None);
        }
        let mut known = self.store.cases_of(mailbox, account)?;
        let is_answer = matches!(
            event,
            Event::Decision { .. }
                | Event::Noted {
                    word: Word::Answered(_),
                    ..
                }
        );
        let asked = known
            .iter()
            .position(|row| case::awaits_an_answer(&row.case));
        let index = asked.filter(|_| is_answer).unwrap_or(0);
        let opens_another = |row: &CaseRow| case::opens_another(&row.case, event);
        if known.get(index).is_some_and(|row| !opens_another(row)) {
            let row = known.swap_remove(index);
            return Ok(Some((row.key, row.case)));
        }
        let key = CaseKey {
            mailbox: mailbox.clone(),
            account,
            campaign: unused_campaign(opened, &known),
        };
        Ok(Some((key, Case::new(case::linked_with(account, policy)))))
    }

    /// What an event leads to: the transition, and an effect for each outlet that takes part.
    pub(super) fn consequence(
        &self,
        folder: FolderRef,
        event: Event,
        case: Option<(CaseKey, Case)>,
        policy: &Policy,
        now: Timestamp,
    ) -> Consequence {
        let (key, before) = case.unzip();
        let before = before.unwrap_or_else(|| Case::new(vec![]));
        let transition = case::transition(&before, &event, now, policy);
        let mut effects = Vec::new();
        for effect in transition.effects {
            let by = |outlet: &str| Planned {
                outlet: outlet.to_owned(),
                effect: effect.clone(),
                begin: Begin::At(now),
            };
            match &effect {
                Effect::Submit { .. } => effects.push(by(SUBMISSION)),
                Effect::Prove { .. } => effects.push(by(PROOF)),
                Effect::Alert(notice) => effects.extend(self.tell(notice, now)),
            }
        }
        Consequence {
            folder,
            event,
            at: now,
            case: key.map(|key| (key, transition.case)),
            because: vec![],
            links: vec![],
            effects,
        }
    }
}

/// The id of the only hand-over that a proved message can cause.
pub(super) fn handover_of(mailbox: &MailboxName, authenticity: &Authenticity) -> Option<String> {
    let signature = authenticity.signature.as_ref()?;
    Some(handover_id(mailbox, signature))
}

/// The day a case was opened, numbered where a person opened another on the same day.
fn unused_campaign(opened: Timestamp, known: &[CaseRow]) -> String {
    let day: String = opened.to_string().chars().take(10).collect();
    let is_used = |name: &str| known.iter().any(|row| row.key.campaign == name);
    let numbered = (2..).map(|number| format!("{day}.{number}"));
    std::iter::once(day.clone())
        .chain(numbered)
        .find(|name| !is_used(name))
        .unwrap_or(day)
}
