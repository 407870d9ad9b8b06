//! What a home's daemon has put on record.

use std::fs;

use serde_json::Value;

use super::PATIENCE;
use super::process::Home;
use super::wait_until;

/// The whole lines of `decisions.jsonl`, oldest first.
pub fn recorded(home: &Home) -> Vec<Value> {
    let text = fs::read_to_string(home.state().join("decisions.jsonl")).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The types of the recorded events, oldest first.
pub fn types(home: &Home) -> Vec<String> {
    let name = |line: &Value| line["type"].as_str().unwrap_or("?").to_owned();
    recorded(home).iter().map(name).collect()
}

/// Waits until an event of this type is on record, and returns the newest of them.
pub fn wait_for(home: &Home, event: &str) -> Value {
    wait_for_count(home, event, 1)
}

/// Waits until `count` events of this type are on record, and returns the last of them.
pub fn wait_for_count(home: &Home, event: &str, count: usize) -> Value {
    let find = || {
        recorded(home)
            .into_iter()
            .filter(|line| line["type"] == event)
            .nth(count - 1)
    };
    let there = wait_until(PATIENCE, || find().is_some());
    assert!(there, "no {event} (number {count}) among {:?}", types(home));
    find().unwrap()
}
