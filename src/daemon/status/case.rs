//! A case as it is shown: how far it has come, its dates, and how they were computed.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::case::{AnswerClock, State, stage};
use crate::mail::Product;
use crate::store::CaseRow;

/// How it is with one case.
#[derive(Debug, Serialize)]
pub struct Case {
    /// The mailbox's name.
    pub mailbox: String,
    /// The account that it was opened for.
    pub account: &'static str,
    /// All accounts it stands for, where they are linked.
    pub linked: Vec<&'static str>,
    /// The day it was opened.
    pub campaign: String,
    /// What it is called now.
    pub stage: &'static str,
    /// How far it has come.
    #[serde(flatten)]
    pub state: State,
    /// From when the announced change applies.
    pub effective_date: Option<Date>,
    /// When the objection was filed.
    pub filed_at: Option<Timestamp>,
    /// Until when Meta's answer is due, as computed.
    pub answer_due: Option<Date>,
    /// How that was computed.
    pub derivation: Vec<String>,
    /// Seconds from the filing to Meta's first answer.
    pub answered_after: Option<i64>,
    /// Linked accounts that the answer does not name, although it names another.
    pub unnamed: Vec<&'static str>,
    /// Until when the person expects a code.
    pub armed_until: Option<Timestamp>,
    /// All that is on record of it.
    #[serde(skip)]
    pub row: CaseRow,
}

impl Case {
    pub(super) fn of(row: CaseRow, armed_until: Option<Timestamp>, now: Timestamp) -> Self {
        let CaseRow { key, case, .. } = &row;
        let names = |products: &[Product]| products.iter().map(|one| one.name()).collect();
        let armed_until = armed_until.filter(|until| now < *until);
        let clock = case.answer_clock();
        Self {
            mailbox: key.mailbox.0.clone(),
            account: key.account.name(),
            linked: names(&case.linked),
            campaign: key.campaign.clone(),
            stage: stage(case, now, armed_until),
            effective_date: case.effective,
            filed_at: case.filed_at,
            answer_due: clock.as_ref().map(|clock| clock.due),
            derivation: clock
                .map(|AnswerClock { derivation, .. }| derivation)
                .unwrap_or_default(),
            answered_after: case.answered_after,
            unnamed: names(&case.unnamed()),
            armed_until,
            state: case.state.clone(),
            row,
        }
    }
}
