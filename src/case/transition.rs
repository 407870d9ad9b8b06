//! The table: what each event does to each state, and what is to be done about it.
//!
//! Total and without a catch-all on events: a new one does not compile until every state has said
//! what it means. ARCHITECTURE.md shows this table; a test compares the two.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::mail::{Digest, Outcome};

use super::effect::{Effect, Notice};
use super::{Case, CodePolicy, Event, FormStep, Policy, Reminder, State, Word};

/// The person may say of a day only that they filed on it.
const A_DAY: SignedDuration = SignedDuration::from_hours(24);

/// What became of a case, and what is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// The case afterwards.
    pub case: Case,
    /// What is to be done, in order.
    pub effects: Vec<Effect>,
}

/// What `event` does to `case` at the instant `now`.
///
/// Events that concern no case leave it alone, whatever it is.
#[must_use]
pub fn transition(case: &Case, event: &Event, now: Timestamp, policy: &Policy) -> Transition {
    let state = &case.state;
    let step = match event {
        Event::Notification { effective, .. } => match state {
            State::New => to(State::Notified, [announced(*effective)]),
            // The same announced for another day.
            _ if effective.is_some() && *effective != case.effective => {
                stay(state, [announced(*effective)])
            }
            State::Notified
            | State::CodeReceived { .. }
            | State::CodeTaken { .. }
            | State::Submitting { .. }
            | State::Doubtful { .. }
            | State::NotFiled { .. }
            | State::Unavailable { .. }
            | State::Submitted { .. }
            | State::Decided { .. } => stay(state, []),
        },
        Event::CodeArrived {
            message,
            until,
            standing,
            ..
        } => match standing.objection() {
            Some(reason) => stay(state, [not_submitted(reason, None)]),
            None => code_arrived(state, *message, *until, now, policy.codes),
        },
        Event::CodeAsked { message, until } => code_asked(state, *message, *until, now),
        Event::CodeTaken { message } => {
            let taken = State::CodeTaken { message: *message };
            to(if_under_way(state, *message, taken), [])
        }
        Event::SubmissionAccepted { message } => {
            let submitted = State::Submitted { at: now };
            to(if_under_way(state, *message, submitted), [])
        }
        Event::SubmissionRejected {
            message,
            reason,
            until,
        } => {
            let reason = reason.clone();
            let alert = not_submitted(&reason, *until);
            to(
                if_under_way(state, *message, State::NotFiled { reason }),
                [alert],
            )
        }
        Event::SubmissionDoubtful {
            message,
            reason,
            until,
        } => {
            let alert = tell(Notice::SubmissionFailed {
                reason: reason.clone(),
                doubtful: true,
                code_until: *until,
            });
            let doubtful = State::Doubtful { message: *message };
            to(if_under_way(state, *message, doubtful), [alert])
        }
        Event::Decision {
            received_at,
            outcome,
            seconds_after_code,
            ..
        } => answered(case, *outcome, *received_at, *seconds_after_code),
        Event::Unclear { doubt, .. } => stay(state, [tell(Notice::Unclear { doubt: *doubt })]),
        Event::Forged { reason, .. } => {
            let reason = reason.clone();
            stay(state, [tell(Notice::Forged { reason })])
        }
        Event::Pending { message, until, .. } => stay(state, [prove(*message, *until)]),
        Event::Unproven {
            message,
            reason,
            until,
        } => {
            let reason = reason.clone();
            let again = until.map(|until| prove(*message, until));
            let effects = [Some(tell(Notice::Unproven { reason })), again];
            Step {
                state: state.clone(),
                effects: effects.into_iter().flatten().collect(),
            }
        }
        Event::Form { step, seen_at, .. } => form(state, step, *seen_at),
        // A gap is for the record: what it cost, if anything, has its own events.
        Event::Armed { .. } | Event::Gap { .. } => stay(state, []),
        Event::Reminded { reminder } => stay(state, [remind(*reminder)]),
        Event::Noted { word, on } => noted(state, *word, *on),
        Event::Deaf { since, why } => {
            let (since, why) = (*since, why.clone());
            stay(state, [tell(Notice::Deaf { since, why })])
        }
        Event::Heard { since } => stay(state, [tell(Notice::Heard { since: *since })]),
    };
    step.of(case, event, now)
}

/// The state afterwards, and what is to be done.
struct Step {
    state: State,
    effects: Vec<Effect>,
}

impl Step {
    /// The step of the whole case, whose dates the event may change, too.
    fn of(self, before: &Case, event: &Event, now: Timestamp) -> Transition {
        let case = before.after(event, self.state, now);
        let effects = self.effects.into_iter();
        Transition {
            effects: effects.map(|effect| of_case(effect, &case)).collect(),
            case,
        }
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
) -> Step {
    if now >= not_after {
        let reason = "the code was no longer valid when it was found";
        return stay(state, [not_submitted(reason, None)]);
    }
    match codes {
        CodePolicy::TellThePerson => {
            let waiting = tell(Notice::CodeWaiting { until: not_after });
            to(
                unless_decided(state, State::CodeReceived { message }),
                [waiting],
            )
        }
        CodePolicy::HandOver => to(
            unless_decided(state, State::Submitting { message }),
            [Effect::Submit { message, not_after }],
        ),
    }
}

/// A script wants the code that the person was told of. Nobody else has begun to hand it over.
fn code_asked(state: &State, message: Digest, not_after: Timestamp, now: Timestamp) -> Step {
    match state {
        State::CodeReceived { message: waiting } if *waiting == message && now < not_after => to(
            State::Submitting { message },
            [Effect::Submit { message, not_after }],
        ),
        State::New
        | State::Notified
        | State::CodeReceived { .. }
        | State::CodeTaken { .. }
        | State::Submitting { .. }
        | State::Doubtful { .. }
        | State::NotFiled { .. }
        | State::Unavailable { .. }
        | State::Submitted { .. }
        | State::Decided { .. } => stay(state, []),
    }
}

/// What became of the hand-over of the code in `message` moves the case only if that is the one
/// that is under way.
fn if_under_way(state: &State, message: Digest, next: State) -> State {
    match state {
        State::Submitting { message: this } if *this == message => next,
        State::New
        | State::Notified
        | State::CodeReceived { .. }
        | State::CodeTaken { .. }
        | State::Submitting { .. }
        | State::Doubtful { .. }
        | State::NotFiled { .. }
        | State::Unavailable { .. }
        | State::Submitted { .. }
        | State::Decided { .. } => state.clone(),
    }
}

/// What the browser shows. While a code is under way, the end of its hand-over says what became of
/// it, and tells the person.
fn form(state: &State, step: &FormStep, now: Timestamp) -> Step {
    if matches!(state, State::Submitting { .. }) {
        return stay(state, []);
    }
    let next = |next: State| {
        if state.is_unfiled() {
            next
        } else {
            state.clone()
        }
    };
    let alert = |reason: &str| [not_submitted(reason, None)];
    match step {
        FormStep::Sent => stay(state, []),
        FormStep::Filed if matches!(state, State::Submitted { .. }) => stay(state, []),
        FormStep::Filed => to(unless_decided(state, State::Submitted { at: now }), []),
        FormStep::Refused { reason } => {
            let reason = reason.clone();
            let alert = alert(&reason);
            to(next(State::NotFiled { reason }), alert)
        }
        FormStep::Unavailable { reason } => {
            let reason = reason.clone();
            let alert = alert(&reason);
            to(next(State::Unavailable { reason }), alert)
        }
        FormStep::Stopped { reason } => stay(state, alert(reason)),
    }
}

/// Meta answered. An answer that was there a day before the objection was filed answers another.
fn answered(
    case: &Case,
    outcome: Outcome,
    received_at: Timestamp,
    seconds_after_code: Option<i64>,
) -> Step {
    let alert = tell(Notice::Decision {
        outcome,
        seconds_after_code,
        unnamed: vec![],
    });
    let answers = |filed_at| received_at.duration_since(filed_at) > -A_DAY;
    if case.filed_at.is_none_or(answers) {
        to(decided(&case.state, outcome, received_at), [alert])
    } else {
        stay(&case.state, [alert])
    }
}

/// A later answer replaces an earlier one; an older answer that is read late does not.
fn decided(state: &State, outcome: Outcome, received_at: Timestamp) -> State {
    match state {
        State::Decided { at, .. } if received_at < *at => state.clone(),
        State::New
        | State::Notified
        | State::CodeReceived { .. }
        | State::CodeTaken { .. }
        | State::Submitting { .. }
        | State::Doubtful { .. }
        | State::NotFiled { .. }
        | State::Unavailable { .. }
        | State::Submitted { .. }
        | State::Decided { .. } => State::Decided {
            outcome,
            at: received_at,
        },
    }
}

/// The person knows what no mail says. Their word on an answer counts as that answer would.
fn noted(state: &State, word: Word, on: Timestamp) -> Step {
    match word {
        Word::Filed => to(unless_decided(state, State::Submitted { at: on }), []),
        Word::Answered(outcome) => to(decided(state, outcome, on), []),
    }
}

/// What Meta decided is never forgotten by what is no answer.
fn unless_decided(state: &State, next: State) -> State {
    match state {
        State::Decided { .. } => state.clone(),
        State::New
        | State::Notified
        | State::CodeReceived { .. }
        | State::CodeTaken { .. }
        | State::Submitting { .. }
        | State::Doubtful { .. }
        | State::NotFiled { .. }
        | State::Unavailable { .. }
        | State::Submitted { .. } => next,
    }
}

/// What only the whole case knows of what the person is told.
fn of_case(effect: Effect, case: &Case) -> Effect {
    match effect {
        Effect::Alert(Notice::Decision {
            outcome,
            seconds_after_code,
            ..
        }) => tell(Notice::Decision {
            outcome,
            seconds_after_code,
            unnamed: case.unnamed(),
        }),
        Effect::Alert(Notice::Reminder { reminder, .. }) => tell(Notice::Reminder {
            reminder,
            effective: case.effective,
            due: case.answer_clock().map(|clock| clock.due),
        }),
        Effect::Submit { .. } | Effect::Prove { .. } | Effect::Alert(_) => effect,
    }
}

fn announced(effective: Option<Date>) -> Effect {
    tell(Notice::Notification { effective })
}

fn to<const N: usize>(state: State, effects: [Effect; N]) -> Step {
    Step {
        state,
        effects: effects.into(),
    }
}

fn stay<const N: usize>(state: &State, effects: [Effect; N]) -> Step {
    to(state.clone(), effects)
}

fn prove(message: Digest, not_after: Timestamp) -> Effect {
    Effect::Prove { message, not_after }
}

fn remind(reminder: Reminder) -> Effect {
    tell(Notice::Reminder {
        reminder,
        effective: None,
        due: None,
    })
}

fn not_submitted(reason: &str, code_until: Option<Timestamp>) -> Effect {
    tell(Notice::SubmissionFailed {
        reason: reason.to_owned(),
        doubtful: false,
        code_until,
    })
}

fn tell(notice: Notice) -> Effect {
    Effect::Alert(notice)
}
