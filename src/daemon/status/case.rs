//! A case as it is shown: how far it has come, its dates, and how they were computed.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::case::{AnswerClock, Event, Stage, State, stage};
use crate::mail::{Digest, Outcome, Product};
use crate::store::{CaseRow, EventRow, Store, StoreError};

use super::Tone;
use super::verdict::{listed, wanted};

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
    pub stage: Stage,
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
    /// The message that made it what it is called.
    #[serde(skip)]
    pub cause: Option<Cause>,
}

/// A message that made a case what it is called.
#[derive(Debug)]
pub struct Cause {
    /// Which.
    pub message: Digest,
    /// When it came.
    pub at: Timestamp,
    /// The folder it came to.
    pub folder: String,
    /// The page of Meta's that it links to.
    pub link: Option<String>,
}

impl Case {
    pub(super) fn of(store: &Store, row: CaseRow, now: Timestamp) -> Result<Self, StoreError> {
        let CaseRow { key, case, .. } = &row;
        let names = |products: &[Product]| products.iter().map(|one| one.name()).collect();
        let armed_until = store.armed_until(&key.mailbox, key.account)?;
        let armed_until = armed_until.filter(|until| now < *until);
        let clock = case.answer_clock();
        let stage = stage(case, now, armed_until);
        let cause = match kind_of_cause(stage) {
            Some(kind) => store.newest_named(key, kind)?.and_then(Cause::of),
            None => None,
        };
        Ok(Self {
            mailbox: key.mailbox.0.clone(),
            account: key.account.name(),
            linked: names(&case.linked),
            campaign: key.campaign.clone(),
            stage,
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
            cause,
        })
    }

    /// What it is called first for people: an answer of Meta's stays what it is, even if a later
    /// message could not be read.
    #[must_use]
    pub fn headline(&self) -> Stage {
        match (self.stage, &self.state) {
            (Stage::Unclear, State::Decided { .. }) => Stage::from(&self.state),
            (stage, _) => stage,
        }
    }

    /// The same in words.
    #[must_use]
    pub fn called(&self) -> String {
        let name = match self.headline() {
            Stage::New => "nothing is known yet",
            stage => stage.name(),
        };
        name.replace('_', " ")
    }

    /// What is said beside that.
    #[must_use]
    pub fn aside(&self) -> Option<&'static str> {
        (self.headline() != self.stage).then_some("a later message needs your eyes")
    }

    /// How what it is called is meant.
    #[must_use]
    pub fn tone(&self) -> Tone {
        match self.headline() {
            Stage::Answered(Outcome::Honored) => Tone::Good,
            Stage::Overdue
            | Stage::NotFiled
            | Stage::Unavailable
            | Stage::Answered(Outcome::Declined) => Tone::Bad,
            Stage::Notified
            | Stage::CodeReceived
            | Stage::Doubtful
            | Stage::Unclear
            | Stage::Answered(
                Outcome::NeedsInfo | Outcome::WrongChannel | Outcome::PartlyHonored,
            ) => Tone::Ask,
            Stage::New
            | Stage::Armed
            | Stage::CodeTaken
            | Stage::Submitting
            | Stage::Submitted
            | Stage::Answered(Outcome::UnderReview | Outcome::Extended) => Tone::Plain,
        }
    }

    /// Whether it wants something of the person.
    #[must_use]
    pub fn needs_the_person(&self) -> bool {
        wanted(self).is_some()
    }

    /// The accounts that it is about, in words.
    #[must_use]
    pub fn accounts(&self) -> String {
        if self.row.case.linked.is_empty() {
            return spelled(&[self.row.key.account]);
        }
        spelled(&self.row.case.linked)
    }
}

impl Cause {
    fn of(row: EventRow) -> Option<Self> {
        let at = match &row.event {
            Event::Notification { received_at, .. } | Event::Decision { received_at, .. } => {
                *received_at
            }
            _ => row.at,
        };
        Some(Self {
            message: row.event.message()?,
            at,
            folder: row.folder.0,
            link: row.links.into_iter().next(),
        })
    }
}

/// The name of the events whose newest makes a case what it is called.
fn kind_of_cause(stage: Stage) -> Option<&'static str> {
    match stage {
        Stage::Notified => Some("notification"),
        Stage::Unclear => Some("unclear"),
        Stage::Answered(Outcome::NeedsInfo | Outcome::WrongChannel) => Some("decision"),
        _ => None,
    }
}

/// Accounts in words.
#[must_use]
pub fn spelled(products: &[Product]) -> String {
    let names: Vec<_> = products.iter().map(|one| one.spelled()).collect();
    listed(&names)
}
