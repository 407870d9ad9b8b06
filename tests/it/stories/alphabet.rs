//! What can happen in a story: one of each kind of event, and the instants they happen at.

use jiff::{SignedDuration, Timestamp};
use sustained::case::{
    CodePolicy, Event, FormStep, Policy, Reminder, Standing, Word, code_deadline,
};
use sustained::mail::{Digest, Doubt, Outcome};

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// The instant of every step: codes of second 0 are dead by then, codes of second 5000 are not.
pub fn now() -> Timestamp {
    at(5_000)
}

pub fn policy(codes: CodePolicy) -> Policy {
    Policy {
        accounts: vec![],
        linked: vec![],
        codes,
        code_lifetime: SignedDuration::from_mins(15),
    }
}

pub fn message(name: &str) -> Digest {
    Digest::of(name.as_bytes())
}

pub fn code(name: &str, received: i64) -> Event {
    code_that_is(Standing::Newest, name, received)
}

pub fn code_that_is(standing: Standing, name: &str, received: i64) -> Event {
    Event::CodeArrived {
        message: message(name),
        received_at: at(received),
        sent_at: at(received),
        until: code_deadline(at(received), SignedDuration::from_mins(15)),
        standing,
    }
}

pub fn decision(outcome: Outcome, received: i64) -> Event {
    Event::Decision {
        message: message("decision"),
        received_at: at(received),
        outcome,
        named: None,
        seconds_after_code: None,
    }
}

/// One of each kind of event, by the name of its row in the table.
pub fn alphabet() -> Vec<(&'static str, Event)> {
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
pub fn forms() -> [(&'static str, Event); 5] {
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
pub fn ends() -> [(&'static str, Event); 5] {
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
pub fn doubts() -> [(&'static str, Event); 4] {
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
