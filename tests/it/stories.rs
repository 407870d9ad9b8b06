//! Every story of a few events, and the state table of ARCHITECTURE.md.
//!
//! The table is pure, so all sequences can be walked: what must hold for one holds for all.

mod alphabet;

use std::collections::BTreeMap;

use sustained::case::effect::{Effect, Notice};
use sustained::case::{Case, CodePolicy, Event, Standing, State, Word, transition};
use sustained::mail::{Digest, Outcome};

use alphabet::{alphabet, at, code, decision, message, now, policy};

/// Events a story is made of, at most. Five of thirty-one, some of which touch no case.
const LENGTH: usize = 5;

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
