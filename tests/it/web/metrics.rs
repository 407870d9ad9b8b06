//! `/metrics`, read as strictly as the standard allows: a parser after the grammar and the rules of
//! `OpenMetrics` 1.0, made for this test.

use std::collections::BTreeMap;

use super::{Answer, Site};
use crate::support::{PATIENCE, wait_until};

/// A family with its samples: name and labels as written, and the value.
#[derive(Debug, Default)]
struct Family {
    kind: String,
    unit: String,
    has_help: bool,
    samples: Vec<(String, i64)>,
}

/// The families of an exposition; panics where it breaks a rule.
fn parse(text: &str) -> BTreeMap<String, Family> {
    let lines = text.strip_suffix("# EOF\n").expect("it ends with # EOF");
    assert!(!lines.contains('\r') && !lines.contains("# EOF"));
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    let mut current = String::new();
    for line in lines.lines() {
        if let Some(metadata) = line.strip_prefix("# ") {
            let (keyword, rest) = metadata.split_once(' ').expect(line);
            let (name, value) = rest.split_once(' ').expect(line);
            assert!(is_name(name), "{line}");
            if name != current {
                assert_eq!(keyword, "TYPE", "a family begins with its type: {line}");
                assert!(
                    !families.contains_key(name),
                    "a family in two pieces: {line}"
                );
                name.clone_into(&mut current);
            }
            let family = families.entry(current.clone()).or_default();
            assert!(family.samples.is_empty(), "metadata behind samples: {line}");
            match keyword {
                "TYPE" => value.clone_into(&mut family.kind),
                "UNIT" => {
                    assert!(name.ends_with(&format!("_{value}")), "{line}");
                    value.clone_into(&mut family.unit);
                }
                "HELP" => family.has_help = true,
                _ => panic!("{line}"),
            }
            continue;
        }
        let family = families
            .get_mut(&current)
            .expect("a family before its samples");
        let (series, value) = line.rsplit_once(' ').expect(line);
        let name = series.split('{').next().unwrap();
        let suffix = match family.kind.as_str() {
            "counter" => "_total",
            "info" => "_info",
            "gauge" => "",
            other => panic!("type {other}"),
        };
        assert_eq!(name, format!("{current}{suffix}"), "{line}");
        if series.len() > name.len() {
            check_labels(&series[name.len()..]);
        }
        // Whole numbers are numbers of the standard; there are no others here.
        let value: i64 = value.parse().expect(line);
        assert!(family.kind != "counter" || value >= 0, "{line}");
        assert!(family.kind != "info" || value == 1, "{line}");
        let is_new = family.samples.iter().all(|(other, _)| other != series);
        assert!(is_new, "a sample twice: {line}");
        family.samples.push((series.to_owned(), value));
    }
    families
}

fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// `{name="value",…}`, with nothing but the three escapes.
fn check_labels(labels: &str) {
    let inner = labels
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    let mut rest = inner.expect(labels);
    loop {
        let (name, after) = rest.split_once("=\"").expect(labels);
        assert!(is_name(name), "{labels}");
        let mut end = None;
        let mut chars = after.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => assert!(
                    matches!(chars.next(), Some((_, '\\' | '"' | 'n'))),
                    "{labels}"
                ),
                '"' => {
                    end = Some(at);
                    break;
                }
                _ => {}
            }
        }
        rest = &after[end.expect(labels) + 1..];
        match rest.strip_prefix(',') {
            Some(next) => rest = next,
            None => break,
        }
    }
    assert_eq!(rest, "", "{labels}");
}

/// The value of a series.
fn value(answer: &Answer, family: &str, series: &str) -> Option<i64> {
    let families = parse(&answer.body);
    let samples = &families.get(family)?.samples;
    samples
        .iter()
        .find(|(name, _)| name == series)
        .map(|(_, value)| *value)
}

#[test]
fn numbers_are_written_as_the_standard_has_them() {
    let site = Site::open();
    let ready = wait_until(PATIENCE, || site.get("/readyz").status == 200);
    assert!(ready);
    site.whole_story();
    let answer = site.get("/metrics");
    assert_eq!(
        answer.field("content-type"),
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    let families = parse(&answer.body);
    for (name, family) in &families {
        assert!(family.has_help && !family.kind.is_empty(), "{name}");
        assert!(name.starts_with("sustained_"), "{name}");
    }
    assert_eq!(families["sustained_proof_age_seconds"].unit, "seconds");
    for (family, series, expected) in [
        ("sustained_ready", "sustained_ready", 1),
        ("sustained_folders", "sustained_folders{mailbox=\"me\"}", 1),
        (
            "sustained_folders_heard",
            "sustained_folders_heard{mailbox=\"me\"}",
            1,
        ),
        ("sustained_cases", "sustained_cases{stage=\"honored\"}", 1),
        (
            "sustained_events",
            "sustained_events_total{event=\"notification\"}",
            1,
        ),
        (
            "sustained_events",
            "sustained_events_total{event=\"decision\"}",
            1,
        ),
        (
            "sustained_effects",
            "sustained_effects{state=\"failed\"}",
            0,
        ),
        (
            "sustained_pending_messages",
            "sustained_pending_messages",
            0,
        ),
        (
            "sustained_config_last_reload_successful",
            "sustained_config_last_reload_successful",
            1,
        ),
    ] {
        let found = value(&answer, family, series);
        assert_eq!(found, Some(expected), "{series}\n{}", answer.body);
    }
    // Who scrapes it learns no address and no word of a mail.
    for private in ["example.org", "Maildir", "INBOX", "facebookmail"] {
        assert!(!answer.body.contains(private), "{}", answer.body);
    }
}

#[test]
fn the_reader_of_this_test_is_strict() {
    let good = "# TYPE a gauge\n# HELP a x\na{b=\"c\\\\\\\"\\n\"} 1\n# EOF\n";
    assert_eq!(parse(good)["a"].samples.len(), 1);
    for bad in [
        "# TYPE a gauge\na 1\n",
        "# TYPE a gauge\na 1\na 2\n# EOF\n",
        "# TYPE a counter\na 1\n# EOF\n",
        "# HELP a x\na 1\n# EOF\n",
        "# TYPE a gauge\na{b=\"c} 1\n# EOF\n",
        "# TYPE a gauge\na{b=\"\\x\"} 1\n# EOF\n",
        "# TYPE a_seconds gauge\n# UNIT a_seconds bytes\n# EOF\n",
        "# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# TYPE a gauge\n# EOF\n",
    ] {
        assert!(std::panic::catch_unwind(|| parse(bad)).is_err(), "{bad}");
    }
}
