//! Answers that nobody asked for, and sizes that no honest server sends.

use super::{CODE, Story, body, heads, honest, ok, opened, signed_in, trouble_then_honest};
use crate::support::imap_script::{answer, hold, send};
use crate::support::meta::Meta;
use crate::support::step::Step;
use crate::support::{PATIENCE, wait_until};

#[test]
fn messages_that_were_not_asked_for_are_nothing() {
    let meta = Meta::new();
    let code = meta.code(CODE);
    let other = meta.code("999999");
    let lines = vec![
        answer("UID FETCH *", "* 1 FETCH (UID 1)\r\nTAG OK\r\n"),
        answer("UID SEARCH", "* SEARCH 1\r\nTAG OK\r\n"),
        answer("UID FETCH 1 ", [heads(77), ok(heads(1))].concat()),
        answer(
            "UID FETCH 1 ",
            [
                body(77, &other),
                b"* 1 FETCH (FLAGS ())\r\n".to_vec(),
                ok(body(1, &code)),
            ]
            .concat(),
        ),
        hold(),
    ];
    Story::of(&meta, vec![[opened(1), lines].concat()]).ends_well();
}

#[test]
fn an_announced_literal_beyond_the_bound_takes_no_memory() {
    let meta = Meta::new();
    let code = meta.code(CODE);
    let huge = vec![
        answer("UID FETCH *", "* 1 FETCH (UID 1)\r\nTAG OK\r\n"),
        answer("UID SEARCH", "* SEARCH 1\r\nTAG OK\r\n"),
        answer("UID FETCH 1 ", ok(heads(1))),
        answer("UID FETCH 1 ", "* 1 FETCH (UID 1 BODY[] {268435456}\r\nabc"),
        hold(),
    ];
    let story = Story::of(&meta, vec![[opened(1), huge].concat(), honest(&code)]);
    story
        .watched
        .running
        .wait_for_line("beyond the bound", PATIENCE);
    let peak = story.watched.running.memory_kib("VmHWM:");
    assert!(peak < 64 * 1024, "{peak} KiB");
    story.ends_well();
}

#[test]
fn a_message_that_is_larger_than_the_server_said_is_cut_and_ends_no_connection() {
    let meta = Meta::new();
    let code = meta.code(CODE);
    let most = 1024 * 1024 + 1;
    let larger = vec![b'x'; most];
    let lines = vec![
        answer("UID FETCH *", "* 2 FETCH (UID 2)\r\nTAG OK\r\n"),
        answer("UID SEARCH", "* SEARCH 1 2\r\nTAG OK\r\n"),
        answer("UID FETCH 1,2 ", ok([heads(1), heads(2)].concat())),
        answer(
            &format!("UID FETCH 1 (UID INTERNALDATE BODY.PEEK[]<0.{most}>"),
            ok(body(1, &larger)),
        ),
        answer("UID FETCH 2 ", ok(body(2, &code))),
        hold(),
    ];
    Story::of(&meta, vec![[opened(2), lines].concat()]).ends_well();
}

#[test]
fn a_sender_whose_name_has_no_end_may_be_anybody() {
    let meta = Meta::new();
    let code = meta.code(CODE);
    let from = format!("From: \"{}\" <a@example.org>\r\n\r\n", "x".repeat(5000));
    let head = format!(
        "* 1 FETCH (UID 1 RFC822.SIZE 900 BODY[HEADER.FIELDS (FROM)] {{{}}}\r\n{from})\r\n",
        from.len()
    );
    let lines = vec![
        answer("UID FETCH *", "* 1 FETCH (UID 1)\r\nTAG OK\r\n"),
        answer("UID SEARCH", "* SEARCH 1\r\nTAG OK\r\n"),
        answer("UID FETCH 1 ", ok(head.into_bytes())),
        answer("UID FETCH 1 ", ok(body(1, &code))),
        hold(),
    ];
    Story::of(&meta, vec![[opened(1), lines].concat()]).ends_well();
}

#[test]
fn deep_nesting_and_endless_lines_cost_one_connection() {
    let deep = format!("* 1 FETCH (BODYSTRUCTURE {}", "(".repeat(100_000));
    let endless = "* OK ".to_owned() + &"x".repeat(1024 * 1024);
    for hostile in [deep, endless] {
        trouble_then_honest([signed_in(), vec![send(hostile), hold()]].concat());
    }
}

#[test]
fn what_makes_the_parser_panic_costs_one_connection() {
    for hostile in ["* OK [ALERT]\u{e9}\r\n", "* 1 FETCH (INTERNALDATE NIL)\r\n"] {
        trouble_then_honest([signed_in(), vec![send(hostile), hold()]].concat());
    }
}

#[test]
fn what_is_not_imap_costs_one_connection() {
    for hostile in ["\r\n\r\n", "\u{0}\u{1}\u{2}\r\n"] {
        trouble_then_honest([signed_in(), vec![send(hostile), hold()]].concat());
    }
}

#[test]
fn nothing_is_changed_on_the_server_and_nothing_asked_by_unseen() {
    let meta = Meta::new();
    let code = meta.code(CODE);
    let story = Story::of(&meta, vec![honest(&code)]);
    assert!(
        Step::has_code(&story.watched.step.wait_for(1), CODE),
        "another code"
    );
    let asked = story.server.client_lines();
    for word in ["UNSEEN", "STORE", "SELECT ", "EXPUNGE", "BODY["] {
        assert!(
            !asked.iter().any(|line| line.contains(word)),
            "{word} in {}",
            asked.join("\n")
        );
    }
    assert!(asked.iter().any(|line| line.contains("BODY.PEEK[]")));
    assert!(wait_until(PATIENCE, || story.server.connections() == 1));
}

#[test]
fn a_second_blank_in_an_answer_means_nothing() {
    let meta = Meta::new();
    let code = meta.code(CODE);
    let signed_in = vec![
        send("* OK ready\r\n"),
        answer(
            "CAPABILITY",
            "* CAPABILITY IMAP4rev1  IDLE\r\nTAG OK done\r\n",
        ),
        answer("LOGIN", "TAG OK in\r\n"),
        answer(
            "CAPABILITY",
            "* CAPABILITY IMAP4rev1  IDLE\r\nTAG OK done\r\n",
        ),
    ];
    // Everything behind the sign-in is as on an honest server.
    let rest = honest(&code).split_off(2);
    Story::of(&meta, vec![[signed_in, rest].concat()]).ends_well();
}
