//! From effects to the orders that carry them out: what the outlet has to know, and no more.
//!
//! A code is read from its stored message at the moment of the attempt and not before; it leaves
//! in the [`Order`] and is dropped with it. Nothing here is written.

use jiff::Timestamp;

use crate::case::effect::{Alert, MessageSummary, Notice, Order, Submission};
use crate::mail::{Code, Digest, Mail, Pretender, Verdict};
use crate::store::{EffectRow, EventRow, StoreError};

use super::Engine;

impl Engine {
    /// The order to hand the code in `message` over; `None` if it no longer shows one.
    pub(super) fn submission(
        &self,
        effect: &EffectRow,
        message: Digest,
        not_after: Timestamp,
    ) -> Result<Option<Order>, StoreError> {
        let stored = self.store.message(message)?;
        let event = self.store.event(effect.event_id)?;
        let (mail, finding) = self.read(&stored.raw, stored.truncated);
        let (Verdict::ConfirmationCode(code), Some(case)) = (finding.verdict, event.case) else {
            return Ok(None);
        };
        Ok(Some(Order::Submit(Submission {
            id: stored.handover,
            mailbox: stored.mailbox,
            account: case.account,
            code,
            received_at: stored.internal_date,
            expires_at: not_after,
            authenticity: stored.authenticity,
            message: summary(message, &mail),
        })))
    }

    /// The order to tell the person through one channel.
    pub(super) fn alert(
        &self,
        effect: &EffectRow,
        notice: &Notice,
        now: Timestamp,
    ) -> Result<Order, StoreError> {
        let cause = self.store.event(effect.event_id)?;
        let is_summary = matches!(notice, Notice::Summary { .. });
        let about = match cause.event.message().filter(|_| !is_summary) {
            Some(message) => Some(self.about(message, notice, now)?),
            None => None,
        };
        let EventRow {
            id,
            at,
            mailbox,
            folder,
            case,
            links,
            ..
        } = cause;
        // Forged mail, which touches no case, belongs there.
        let is_in_junk = about.is_some() && case.is_some() && folder.is_for_junk();
        let About {
            message,
            pretenders,
            text,
            code,
        } = about.unwrap_or_default();
        // A summary hangs on the last of the events that it stands for, and is no repetition of it.
        let kind = if is_summary { "-summary" } else { "" };
        Ok(Order::Alert(Alert {
            id: format!("{mailbox}-{id}{kind}"),
            channel: effect.outlet.clone(),
            mailbox,
            account: case.map(|case| case.account),
            at,
            notice: notice.clone(),
            message,
            pretenders,
            text,
            links,
            is_in_junk,
            code: code.filter(|_| self.may_hold_code(&effect.outlet)),
        }))
    }

    /// What an alert says of the message it is about.
    fn about(&self, digest: Digest, notice: &Notice, now: Timestamp) -> Result<About, StoreError> {
        let stored = self.store.message(digest)?;
        let (mail, finding) = self.read(&stored.raw, stored.truncated);
        let message = summary(digest, &mail);
        let is_for_a_person = matches!(notice, Notice::Unclear { .. });
        let is_of_use = notice.code_until().is_some_and(|until| now < until);
        Ok(About {
            message: Some(message),
            pretenders: finding.pretenders,
            text: is_for_a_person.then_some(mail.text),
            code: match finding.verdict {
                Verdict::ConfirmationCode(code) if is_of_use => Some(code),
                _ => None,
            },
        })
    }
}

/// What an alert says of a message.
#[derive(Default)]
struct About {
    message: Option<MessageSummary>,
    pretenders: Vec<Pretender>,
    text: Option<String>,
    code: Option<Code>,
}

pub(super) fn summary(digest: Digest, mail: &Mail) -> MessageSummary {
    MessageSummary {
        id: mail
            .message_id
            .clone()
            .unwrap_or_else(|| format!("sha256:{digest}")),
        from: mail.from.clone(),
        subject: mail.subject.clone(),
    }
}
