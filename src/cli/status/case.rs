//! A case as `sustained status` shows it: how far it has come, its dates, and how they were
//! computed.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::super::exit::Stopped;
use super::super::print;
use crate::case::{AUTOMATIC_WITHIN, AnswerClock, State, stage};
use crate::mail::{Product, plain};
use crate::store::CaseRow;

#[derive(Debug, Serialize)]
pub(super) struct Case {
    mailbox: String,
    account: &'static str,
    /// All accounts it stands for, where they are linked.
    linked: Vec<&'static str>,
    campaign: String,
    /// What it is called now.
    stage: &'static str,
    #[serde(flatten)]
    state: State,
    effective_date: Option<Date>,
    filed_at: Option<Timestamp>,
    /// Until when Meta's answer is due, as computed.
    answer_due: Option<Date>,
    /// How that was computed.
    derivation: Vec<String>,
    /// Seconds from the filing to Meta's first answer.
    answered_after: Option<i64>,
    /// Linked accounts that the answer does not name, although it names another.
    unnamed: Vec<&'static str>,
    /// Until when the person expects a code.
    armed_until: Option<Timestamp>,
}

impl Case {
    pub(super) fn of(row: CaseRow, armed_until: Option<Timestamp>, now: Timestamp) -> Self {
        let CaseRow { key, case, .. } = row;
        let names = |products: &[Product]| products.iter().map(|one| one.name()).collect();
        let armed_until = armed_until.filter(|until| now < *until);
        let clock = case.answer_clock();
        Self {
            mailbox: key.mailbox.0,
            account: key.account.name(),
            linked: names(&case.linked),
            campaign: key.campaign,
            stage: stage(&case, now, armed_until),
            effective_date: case.effective,
            filed_at: case.filed_at,
            answer_due: clock.as_ref().map(|clock| clock.due),
            derivation: clock
                .map(|AnswerClock { derivation, .. }| derivation)
                .unwrap_or_default(),
            answered_after: case.answered_after,
            unnamed: names(&case.unnamed()),
            armed_until,
            state: case.state,
        }
    }

    /// Shows it in a line, and what was computed below.
    pub(super) fn show(&self) -> Result<(), Stopped> {
        let accounts = if self.linked.is_empty() {
            self.account.to_owned()
        } else {
            self.linked.join("+")
        };
        let head = format!(
            "  {:<12} {accounts:<10} since {}",
            self.mailbox, self.campaign
        );
        print::line(&format!("{head}: {}{}", self.stage(), self.dates()))?;
        if !self.unnamed.is_empty() {
            let names = self.unnamed.join(", ");
            print::line(&format!(
                "      not named in Meta's answer: {names}; is it covered?"
            ))?;
        }
        for step in &self.derivation {
            print::line(&format!("      {step}"))?;
        }
        Ok(())
    }

    fn stage(&self) -> String {
        let stage = self.stage.replace('_', " ");
        match &self.state {
            State::Decided { at, .. } => format!("{stage} on {at:.0}{}", self.how_fast()),
            State::NotFiled { reason } | State::Unavailable { reason } => {
                format!("{stage} ({})", plain(reason))
            }
            State::New
            | State::Notified
            | State::CodeReceived { .. }
            | State::CodeTaken { .. }
            | State::Submitting { .. }
            | State::Doubtful { .. }
            | State::Submitted { .. } => stage,
        }
    }

    fn how_fast(&self) -> String {
        match self.answered_after {
            Some(seconds @ ..AUTOMATIC_WITHIN) => {
                format!(", {seconds} s after filing: automatic in all likelihood")
            }
            Some(seconds) => format!(", {} after filing", super::duration(seconds)),
            None => String::new(),
        }
    }

    fn dates(&self) -> String {
        let effective = self
            .effective_date
            .map(|date| format!(", takes effect on {date}"));
        let due = self
            .answer_due
            .map(|date| format!(", answer due by {date}"));
        let armed = self.armed_until.map(|until| {
            let left = until.duration_since(Timestamp::now()).as_secs();
            format!(", a code is expected for {} more", super::duration(left))
        });
        [effective, due, armed].into_iter().flatten().collect()
    }
}
