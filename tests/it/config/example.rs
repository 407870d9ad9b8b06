//! config.example.toml: it works, and it has every key that the program knows.
//!
//! Nothing here knows the keys: the program is asked for them.

use sustained::config::{Step, parse};

use super::{path, read, whole};

/// The example with every line that is switched off switched on.
pub fn example_in_full() -> String {
    let lines = example().lines().map(|line| match line.strip_prefix('#') {
        Some(key) if key.starts_with(|c: char| c.is_ascii_lowercase() || "[\"".contains(c)) => key,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn example() -> &'static str {
    include_str!("../../../config.example.toml")
}

#[test]
fn the_example_works_as_it_is_and_with_all_of_it_switched_on() {
    let config = read(example());
    assert_eq!((config.mailboxes.len(), config.alerts.len()), (1, 1));
    assert!(
        config.submission.is_none(),
        "the example hands nothing over by itself"
    );
    let full = read(&example_in_full());
    assert_eq!((full.mailboxes.len(), full.alerts.len()), (7, 13));
    assert_eq!(full.authenticity.pinned_keys.len(), 1);
    // What stands there switched off as a default is the default.
    assert_eq!(format!("{:?}", config.watch), format!("{:?}", full.watch));
    let mut first = full.mailboxes[0].clone();
    // An example without a default: nobody's word is trusted unless it is named.
    assert_eq!(first.provider.take().as_deref(), Some("mx.example.org"));
    // Nor are accounts linked by themselves.
    assert_eq!(std::mem::take(&mut first.linked), first.accounts);
    // Nor is anything filled in that the person did not write.
    let object = std::mem::take(&mut first.object);
    assert!(object.country.is_some() && object.forms.len() == 2);
    assert_eq!(format!("{:?}", config.mailboxes[0]), format!("{first:?}"));
    assert!(!config.browser.headless && !full.browser.headless);
    let bare = read(&whole(
        "[submission]\ncommand = [\"/usr/local/bin/type-the-code\"]\n",
    ));
    let mut step = full.submission.clone().unwrap();
    // Nor is a program started that only `check` asks.
    assert!(step.dry_run.take().is_some());
    assert_eq!(
        format!("{:?}", bare.submission),
        format!("{:?}", Some(step))
    );
}

#[test]
fn the_other_ways_to_hand_a_code_over_work_as_they_are_shown() {
    let step = |header: &str| {
        let shown = example()
            .lines()
            .filter_map(|line| line.strip_prefix("#   "));
        let table = shown.skip_while(|line| *line != header).skip(1);
        let keys: Vec<_> = table
            .take_while(|line| line.contains('=') && !line.starts_with('['))
            .collect();
        let config = read(&whole(&format!("{header}\n{}", keys.join("\n"))));
        config.submission.map(|submission| submission.step)
    };
    let webhook = step("[submission.webhook]");
    assert!(matches!(webhook, Some(Step::Webhook(_))), "{webhook:?}");
    let browser = step("[submission.browser]");
    assert!(matches!(browser, Some(Step::Browser(_))), "{browser:?}");
}

#[test]
fn the_example_has_every_key_there_is() {
    let password = "[[mailbox]]\npassword = {";
    let tables = [
        ("", ""),
        ("[[mailbox]]\n", ""),
        ("[[mailbox]]\nimap = {", "}"),
        (password, "}"),
        ("[[mailbox]]\noauth = {", "}"),
        ("[authenticity]\n", ""),
        ("[submission]\n", ""),
        ("[submission]\nwebhook = {", "}"),
        ("[submission]\nbrowser = {", "}"),
        ("[heartbeat]\n", ""),
        ("[status]\n", ""),
        ("[browser]\n", ""),
        ("[object]\n", ""),
        ("[[alert]]\n", ""),
        ("[watch]\n", ""),
        ("[reading]\n", ""),
    ];
    let example = example_in_full();
    let mut seen = 0;
    for (before, after) in tables {
        // The program itself says which keys it knows in that table.
        let text = format!("{before} zzzzzz = 1 {after}\n");
        let words = parse(&text, path()).expect_err("unknown").to_string();
        let (_, known) = words.split_once("keys known here: ").expect(&words);
        for key in known.lines().next().unwrap_or("").split(", ") {
            let there =
                example.contains(&format!("{key} = ")) || example.contains(&format!("{key}]"));
            assert!(there, "`{key}` is not in config.example.toml");
            seen += 1;
        }
    }
    assert_eq!(seen, 86, "a table is missing here, or a key is new");
}
