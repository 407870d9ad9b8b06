//! config.schema.json: editors are told of every key that the program knows, and of no other, and
//! the example is right by it.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_json::Value;
use sustained::config::parse;

use super::path;
use crate::support::process::Home;
use crate::support::skipped;

/// Each table: what to write around an unknown key, and where the schema has it.
const TABLES: [(&str, &str, &str); 16] = [
    ("", "", ""),
    ("[[mailbox]]\n", "", "/properties/mailbox/items"),
    (
        "[[mailbox]]\nimap = {",
        "}",
        "/properties/mailbox/items/properties/imap",
    ),
    (
        "[[mailbox]]\noauth = {",
        "}",
        "/properties/mailbox/items/properties/oauth",
    ),
    ("[[mailbox]]\npassword = {", "}", "/definitions/secret"),
    ("[[mailbox]]\nobject = {", "}", "/definitions/object"),
    ("[authenticity]\n", "", "/properties/authenticity"),
    ("[submission]\n", "", "/properties/submission"),
    (
        "[submission]\nwebhook = {",
        "}",
        "/properties/submission/properties/webhook",
    ),
    (
        "[submission]\nbrowser = {",
        "}",
        "/properties/submission/properties/browser",
    ),
    ("[heartbeat]\n", "", "/properties/heartbeat"),
    ("[browser]\n", "", "/properties/browser"),
    ("[[alert]]\n", "", "/properties/alert/items"),
    ("[watch]\n", "", "/properties/watch"),
    ("[status]\n", "", "/properties/status"),
    ("[reading]\n", "", "/properties/reading"),
];

/// What `config schema` prints.
fn schema() -> Value {
    let output = Home::empty().output(&["config", "schema"], b"");
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_schema_has_the_keys_that_the_program_knows() {
    let schema = schema();
    for (before, after, at) in TABLES {
        let words = parse(&format!("{before} zzzzzz = 1 {after}\n"), path());
        let words = words.expect_err("unknown").to_string();
        let (_, known) = words.split_once("keys known here: ").expect(&words);
        let known: BTreeSet<&str> = known.lines().next().unwrap().split(", ").collect();
        let table = schema.pointer(at).unwrap();
        let keys = table["properties"].as_object().unwrap().keys();
        let keys: BTreeSet<&str> = keys.map(String::as_str).collect();
        assert_eq!(keys, known, "in `{before}`");
        assert_eq!(table["additionalProperties"], false, "in `{before}`");
    }
}

/// Reads TOML and JSON, and says what is wrong by the schema; nothing if nothing is.
const VALIDATE: &str = "
import json, sys, tomllib
from jsonschema import Draft7Validator
schema = json.load(open(sys.argv[1]))
Draft7Validator.check_schema(schema)
config = tomllib.load(open(sys.argv[2], 'rb'))
for error in Draft7Validator(schema).iter_errors(config):
    print(list(error.absolute_path), error.message)
";

#[test]
fn the_example_is_right_by_the_schema_and_a_mistake_is_not() {
    let python = ["/usr/bin/python3", "python3"].into_iter().find(|python| {
        let imported = Command::new(python)
            .args(["-c", "import jsonschema"])
            .output();
        imported.is_ok_and(|output| output.status.success())
    });
    let Some(python) = python else {
        skipped("python3-jsonschema is missing: install Debian's package");
        return;
    };
    let home = Home::empty();
    let schema = home.write("schema.json", &schema().to_string());
    let check = |config: &str| {
        let config = home.write("config.toml", config);
        let mut command = Command::new(python);
        command.args(["-c", VALIDATE]).arg(&schema).arg(config);
        let output = command.output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    };
    let example = fs::read_to_string("config.example.toml").unwrap();
    assert_eq!(check(&example), "");
    assert_eq!(check(&super::example::example_in_full()), "");
    let mistake = example.replace(
        "accounts = [\"facebook\", \"instagram\"]",
        "accounts = [\"myspace\"]",
    );
    assert_ne!(mistake, example);
    assert!(check(&mistake).contains("myspace"));
    assert!(check(&format!("{example}\n[wach]\n")).contains("wach"));
}

#[test]
fn the_example_begins_with_what_editors_look_for() {
    let example = fs::read_to_string("config.example.toml").unwrap();
    let first = example.lines().next().unwrap();
    let file = first.strip_prefix("#:schema ./").expect(first);
    assert_eq!(fs::read_to_string(file).unwrap(), {
        let output = Home::empty().output(&["config", "schema"], b"");
        String::from_utf8(output.stdout).unwrap()
    });
}
