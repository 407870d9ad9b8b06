//! Every story of a few events, and the state table of ARCHITECTURE.md.
//!
//! The table is pure, so all sequences can be walked: what must hold for one holds for all.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use sustained::case::effect::{Effect, Notice};
use sustained::case::{
    Case, CodePolicy, Event, FormStep, Policy, Reminder, Standing, State, Word, code_deadline,
    transition,
};
use sustained::mail::{Digest, Doubt, Outcome};

/// Events a story is made of, at most. Five of thirty-one, some of which touch no case.
const LENGTH: usize = 5;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// The instant of every step: codes of second 0 are dead by then, codes of second 5000 are not.
fn now() -> Timestamp {
    at(5_000)
}

fn policy(codes: CodePolicy) -> Policy {
    Policy {
        accounts: vec![],
        linked: vec![],
        codes,
        code_lifetime: SignedDuration::from_mins(15),
    }
}

fn message(name: &str) -> Digest {
    Digest::of(name.as_bytes())
}

fn code(name: &str, received: i64) -> Event {
    code_that_is(Standing::Newest, name, received)
}

fn code_that_is(standing: Standing, name: &str, received: i64) -> Event {
    Event::CodeArrived {
        message: message(name),
        received_at: at(received),
        sent_at: at(received),
        until: code_deadline(at(received), SignedDuration::from_mins(15)),
        standing,
    }
}

fn decision(outcome: Outcome, received: i64) -> Event {
    Event::Decision {
        message: message("decision"),
        received_at: at(received),
        outcome,
        named: None,
        seconds_after_code: None,
    }
}

/// One of each kind of event, by the name of its row in the table.
fn alphabet() -> Vec<(&'static str, Event)> {
    let late = code("late", 0);
    let old = code_that_is(Standing::Superseded, "old", 5_000);
    let mut events = vec![
        (
            "Notification",
            Event::Notification {
                message: message("notification"),
                received_at: at(1),
                effective: None,
            },
        ),
        ("CodeArrived, in time", code("a", 5_000)),
        ("CodeArrived, late", late),
        ("CodeArrived, not the newest", old),
    ];
    events.extend(ends());
    events.push(("Decision", decision(Outcome::Honored, 4_000)));
    events.extend(doubts());
    let (account, until) = (None, at(6_000));
    events.push(("Armed", Event::Armed { account, until }));
    events.extend(forms());
    let reminder = Reminder::WeekBefore;
    events.push(("Reminded", Event::Reminded { reminder }));
    let (word, on) = (Word::Filed, at(4_900));
    events.push(("Noted, filed", Event::Noted { word, on }));
    let word = Word::Answered(Outcome::Honored);
    events.push(("Noted, an answer", Event::Noted { word, on }));
    let (since, why) = (at(1), "why".to_owned());
    events.push(("Deaf", Event::Deaf { since, why }));
    events.push(("Heard", Event::Heard { since }));
    let gap = Event::Gap {
        from: since,
        until: now(),
        found: 1,
    };
    events.push(("Gap", gap));
    events
}

/// What can become of the form in the browser.
fn forms() -> [(&'static str, Event); 5] {
    let form = |step| Event::Form {
        step,
        seen_at: now(),
        screenshot: None,
    };
    let reason = || "why".to_owned();
    [
        ("Form, sent", form(FormStep::Sent)),
        ("Form, filed", form(FormStep::Filed)),
        (
            "Form, refused",
            form(FormStep::Refused { reason: reason() }),
        ),
        (
            "Form, unavailable",
            form(FormStep::Unavailable { reason: reason() }),
        ),
        (
            "Form, stopped",
            form(FormStep::Stopped { reason: reason() }),
        ),
    ]
}

/// How the hand-over of the code in time can end.
fn ends() -> [(&'static str, Event); 5] {
    let message = message("a");
    let reason = || "why".to_owned();
    let until = Some(at(5_900));
    let rejected = Event::SubmissionRejected {
        message,
        reason: reason(),
        until,
    };
    let doubtful = Event::SubmissionDoubtful {
        message,
        reason: reason(),
        until,
    };
    let asked = Event::CodeAsked {
        message,
        until: at(5_900),
    };
    [
        ("CodeAsked", asked),
        ("CodeTaken", Event::CodeTaken { message }),
        ("SubmissionAccepted", Event::SubmissionAccepted { message }),
        ("SubmissionRejected", rejected),
        ("SubmissionDoubtful", doubtful),
    ]
}

/// What is not to be acted on.
fn doubts() -> [(&'static str, Event); 4] {
    let message = message("u");
    let reason = || "why".to_owned();
    let unclear = Event::Unclear {
        message,
        doubt: Doubt::UnknownWording,
    };
    let forged = Event::Forged {
        message,
        reason: reason(),
    };
    let pending = Event::Pending {
        message,
        reason: reason(),
        until: at(6_000),
    };
    let unproven = Event::Unproven {
        message,
        reason: reason(),
        until: None,
    };
    [
        ("Unclear", unclear),
        ("Forged", forged),
        ("Pending", pending),
        ("Unproven", unproven),
    ]
}

/// What a story adds up to so far.
#[derive(Clone, Default, PartialEq)]
struct Told {
    submitted: Vec<Digest>,
    newest_answer: Option<i64>,
}

impl Told {
    /// A code is submitted once, while it is good, and by nothing but its own coming or asking.
    fn submits(&mut self, event: &Event, state: &State, effects: &[Effect]) {
        for effect in effects {
            let Effect::Submit { message, not_after } = effect else {
                continue;
            };
            assert!(
                *not_after > now(),
                "{event:?} in {state:?} submits a dead code"
            );
            let is_right = match event {
                Event::CodeArrived {
                    message: m,
                    standing: Standing::Newest,
                    ..
                } => m == message,
                // Nobody has begun to hand it over.
                Event::CodeAsked { message: m, .. } => {
                    m == message && !self.submitted.contains(message)
                }
                _ => false,
            };
            assert!(
                is_right,
                "{event:?} in {state:?} submits a code that did not come with it, or is old"
            );
            self.submitted.push(*message);
        }
    }

    /// What Meta answered last is what the case says.
    fn answers(&mut self, event: &Event, state: &State) {
        let answered = match event {
            Event::Decision { received_at, .. } => Some(received_at.as_second()),
            Event::Noted {
                word: Word::Answered(_),
                on,
            } => Some(on.as_second()),
            _ => None,
        };
        self.newest_answer = self.newest_answer.max(answered);
        match (state, self.newest_answer) {
            (State::Decided { at, .. }, newest) => {
                assert_eq!(
                    Some(at.as_second()),
                    newest,
                    "{event:?}: not the newest answer"
                );
            }
            (other, None) => assert_ne!(other.name(), "decided"),
            (other, Some(_)) => panic!("{event:?} forgets the answer: {other:?}"),
        }
    }
}

fn walk(case: &Case, before: &Told, left: usize, events: &[Event], steps: &mut u64) {
    if left == 0 {
        return;
    }
    let policy = policy(CodePolicy::HandOver);
    for event in events {
        // The engine never hands the same message to the table twice (`Store::knows`).
        let known = |message: &Digest| before.submitted.contains(message);
        if matches!(event, Event::CodeArrived { message, .. } if known(message)) {
            continue;
        }
        *steps += 1;
        let state = &case.state;
        let next = transition(case, event, now(), &policy);
        let mut told = before.clone();
        told.submits(event, state, &next.effects);
        let alerts = next
            .effects
            .iter()
            .filter(|e| matches!(e, Effect::Alert(_)))
            .count();
        assert!(alerts <= 1, "{event:?} in {state:?} alerts twice");
        if needs_the_person(event) {
            assert_eq!(
                alerts, 1,
                "{event:?} in {state:?} does not reach the person"
            );
        }
        if !event.concerns_a_case() {
            assert_eq!(&next.case, case, "{event:?} touches a case");
            // Whatever comes behind it came without it, too.
            continue;
        }
        told.answers(event, &next.case.state);
        // What leaves everything as it was: the same comes behind it as without it.
        if next.case == *case && told == *before {
            continue;
        }
        walk(&next.case, &told, left - 1, events, steps);
    }
}

/// What may never pass in silence, whatever the state.
fn needs_the_person(event: &Event) -> bool {
    match event {
        Event::Decision { .. }
        | Event::Unclear { .. }
        | Event::Forged { .. }
        | Event::Unproven { .. }
        | Event::SubmissionRejected { .. }
        | Event::SubmissionDoubtful { .. }
        | Event::Reminded { .. }
        | Event::Deaf { .. }
        | Event::Heard { .. } => true,
        Event::Notification { .. }
        | Event::CodeArrived { .. }
        | Event::Pending { .. }
        | Event::Armed { .. }
        | Event::Gap { .. }
        | Event::CodeAsked { .. }
        | Event::CodeTaken { .. }
        | Event::Noted { .. }
        | Event::Form { .. }
        | Event::SubmissionAccepted { .. } => false,
    }
}

#[test]
fn no_story_submits_twice_or_late_or_forgets_an_answer() {
    let mut events: Vec<Event> = alphabet().into_iter().map(|(_, event)| event).collect();
    events.push(code("b", 4_900));
    events.push(Event::SubmissionAccepted {
        message: message("b"),
    });
    events.push(decision(Outcome::Declined, 4_500));
    events.push(decision(Outcome::UnderReview, 3_000));
    let mut steps = 0;
    let case = Case::new(vec![]);
    walk(&case, &Told::default(), LENGTH, &events, &mut steps);
    assert!(steps > 100_000, "only {steps} steps were walked");
}

#[test]
fn without_a_step_the_person_is_told_that_a_code_waits() {
    let policy = policy(CodePolicy::TellThePerson);
    let case = in_state(State::Notified);
    let next = transition(&case, &code("a", 5_000), now(), &policy);
    let message = message("a");
    assert_eq!(next.case.state, State::CodeReceived { message });
    assert!(matches!(
        next.effects.as_slice(),
        [Effect::Alert(Notice::CodeWaiting { .. })]
    ));
}

#[test]
fn the_table_in_the_architecture_is_the_one_that_runs() {
    let (message, reason) = (message("a"), "too short".to_owned());
    let states = [
        ("New", State::New),
        ("Notified", State::Notified),
        ("CodeReceived", State::CodeReceived { message }),
        ("CodeTaken", State::CodeTaken { message }),
        ("Submitting", State::Submitting { message }),
        ("Doubtful", State::Doubtful { message }),
        (
            "NotFiled",
            State::NotFiled {
                reason: reason.clone(),
            },
        ),
        ("Unavailable", State::Unavailable { reason }),
        ("Submitted", State::Submitted { at: at(3_000) }),
        (
            "Decided",
            State::Decided {
                outcome: Outcome::Declined,
                at: at(2_000),
            },
        ),
    ];
    let mut table = format!(
        "| event \\ state | {} |\n",
        states.clone().map(|(n, _)| n).join(" | ")
    );
    table = format!("{table}|---|{}\n", "---|".repeat(states.len()));
    // What is the same in every state needs no column for each.
    let mut everywhere: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (name, event) in alphabet() {
        let cells = states.iter().map(|(_, state)| cell(state, &event));
        let cells: Vec<String> = cells.collect();
        if cells.iter().all(|one| *one == cells[0]) {
            everywhere.entry(cells[0].clone()).or_default().push(name);
        } else {
            table = format!("{table}| {name} | {} |\n", cells.join(" | "));
        }
    }
    table.push('\n');
    for (cell, names) in everywhere {
        table = format!("{table}* In every state {cell}: {}.\n", names.join(" · "));
    }
    let architecture = include_str!("../../ARCHITECTURE.md");
    assert!(
        architecture.contains(&table),
        "ARCHITECTURE.md must hold this table, to the letter:\n\n{table}"
    );
}

fn cell(state: &State, event: &Event) -> String {
    let policy = policy(CodePolicy::HandOver);
    let next = transition(&in_state(state.clone()), event, now(), &policy);
    let mut said = Vec::new();
    if next.case.state != *state {
        said.push(spelled(next.case.state.name()));
    }
    for effect in next.effects {
        said.push(match effect {
            Effect::Submit { .. } => "**submit**".to_owned(),
            Effect::Alert(_) => "alert".to_owned(),
            Effect::Prove { .. } => "ask again".to_owned(),
        });
    }
    if said.is_empty() {
        "–".to_owned()
    } else {
        said.join(", ")
    }
}

fn in_state(state: State) -> Case {
    Case {
        state,
        ..Case::new(vec![])
    }
}

/// `code_received` as `CodeReceived`.
fn spelled(name: &str) -> String {
    let mut spelled = String::new();
    for word in name.split('_') {
        spelled.push_str(&word[..1].to_uppercase());
        spelled.push_str(&word[1..]);
    }
    spelled
}
