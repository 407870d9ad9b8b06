//! The table: what each event does to each state, and what is to be done about it.
//!
//! Total and without a catch-all on events: a new one does not compile until every state has said
//! what it means. ARCHITECTURE.md shows this table; a test compares the two.

use jiff::Timestamp;

use crate::mail::{Digest, Outcome};

use super::effect::{Effect, Notice};
use super::{CodePolicy, Event, Policy, State};

/// The new state, and what is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// The state afterwards.
    pub state: State,
    /// What is to be done, in order.
    pub effects: Vec<Effect>,
}

/// What `event` does to a case in `state` at the instant `now`.
///
/// Events that concern no case leave the state alone, whatever it is.
#[must_use]
pub fn transition(state: &State, event: &Event, now: Timestamp, policy: &Policy) -> Transition {
    match event {
        Event::Notification { effective, .. } => match state {
            State::New => to(
                State::Notified,
                [tell(Notice::Notification {
                    effective: *effective,
                })],
            ),
            State::Notified
            | State::Submitting { .. }
            | State::Submitted { .. }
            | State::Decided { .. } => to(state.clone(), []),
        },
        Event::CodeArrived {
            message,
            until,
            standing,
            ..
        } => match standing.objection() {
            Some(reason) => to(state.clone(), [not_submitted(reason)]),
            None => code_arrived(state, *message, *until, now, policy.codes),
        },
        Event::Decision {
            received_at,
            outcome,
            seconds_after_code,
            ..
        } => {
            let notice = Notice::Decision {
                outcome: *outcome,
                seconds_after_code: *seconds_after_code,
            };
            to(decided(state, *outcome, *received_at), [tell(notice)])
        }
        Event::Unclear { doubt, .. } => {
            to(state.clone(), [tell(Notice::Unclear { doubt: *doubt })])
        }
        Event::Forged { reason, .. } => to(
            state.clone(),
            [tell(Notice::Forged {
                reason: reason.clone(),
            })],
        ),
        Event::Pending { message, until, .. } => to(state.clone(), [prove(*message, *until)]),
        Event::Unproven {
            message,
            reason,
            until,
        } => {
            let reason = reason.clone();
            let again = until.map(|until| prove(*message, until));
            let effects = [Some(tell(Notice::Unproven { reason })), again];
            Transition {
                state: state.clone(),
                effects: effects.into_iter().flatten().collect(),
            }
        }
        // A gap is for the record: what it cost, if anything, has its own events.
        Event::Armed { .. } | Event::Gap { .. } => to(state.clone(), []),
        Event::SubmissionAccepted { message } => match state {
            State::Submitting {
                message: submitting,
            } if submitting == message => to(State::Submitted { at: now }, []),
            State::New
            | State::Notified
            | State::Submitting { .. }
            | State::Submitted { .. }
            | State::Decided { .. } => to(state.clone(), []),
        },
        Event::SubmissionRejected { message, reason } => {
            let notice = Notice::SubmissionFailed {
                reason: reason.clone(),
                doubtful: false,
            };
            match state {
                State::Submitting {
                    message: submitting,
                } if submitting == message => to(State::Notified, [tell(notice)]),
                State::New
                | State::Notified
                | State::Submitting { .. }
                | State::Submitted { .. }
                | State::Decided { .. } => to(state.clone(), [tell(notice)]),
            }
        }
        Event::SubmissionDoubtful { reason, .. } => {
            let notice = Notice::SubmissionFailed {
                reason: reason.clone(),
                doubtful: true,
            };
            to(state.clone(), [tell(notice)])
        }
        Event::Deaf { since, why } => to(
            state.clone(),
            [tell(Notice::Deaf {
                since: *since,
                why: why.clone(),
            })],
        ),
        Event::Heard { since } => to(state.clone(), [tell(Notice::Heard { since: *since })]),
    }
}

/// A code in time is handed over once, whatever came before: the newest code is the one the form
/// waits for. A late one never is.
fn code_arrived(
    state: &State,
    message: Digest,
    not_after: Timestamp,
    now: Timestamp,
    codes: CodePolicy,
) -> Transition {
    if now >= not_after {
        let reason = "the code was no longer valid when it was found";
        return to(state.clone(), [not_submitted(reason)]);
    }
    match codes {
        CodePolicy::TellThePerson => to(
            state.clone(),
            [tell(Notice::CodeWaiting { until: not_after })],
        ),
        CodePolicy::HandOver => {
            let next = match state {
                // What Meta decided is never forgotten by a later mail.
                State::Decided { .. } => state.clone(),
                State::New
                | State::Notified
                | State::Submitting { .. }
                | State::Submitted { .. } => State::Submitting { message },
            };
            to(next, [Effect::Submit { message, not_after }])
        }
    }
}

/// A later answer replaces an earlier one; an older answer that is read late does not.
fn decided(state: &State, outcome: Outcome, received_at: Timestamp) -> State {
    match state {
        State::Decided { at, .. } if received_at < *at => state.clone(),
        State::New
        | State::Notified
        | State::Submitting { .. }
        | State::Submitted { .. }
        | State::Decided { .. } => State::Decided {
            outcome,
            at: received_at,
        },
    }
}

fn to<const N: usize>(state: State, effects: [Effect; N]) -> Transition {
    Transition {
        state,
        effects: effects.into(),
    }
}

fn prove(message: Digest, not_after: Timestamp) -> Effect {
    Effect::Prove { message, not_after }
}

fn not_submitted(reason: &str) -> Effect {
    tell(Notice::SubmissionFailed {
        reason: reason.to_owned(),
        doubtful: false,
    })
}

fn tell(notice: Notice) -> Effect {
    Effect::Alert(notice)
}
