//! Wake-ups: what announces a message, in whatever order a server says it, and what only seems to
//! be IDLE.

use super::{CODE, Story, body, delivered, heads, honest, nothing_found, ok, opened};
use crate::support::PATIENCE;
use crate::support::imap_script::{
    Step as Line, answer, babble, close, expect, hold, send, send_repeated,
};
use crate::support::meta::Meta;

/// A folder that is empty at first; `idle` is what the server does with IDLE until it says that
/// one message is there.
fn woken_by(idle: Vec<Line>) {
    let meta = Meta::new();
    let code = meta.code(CODE);
    let story = Story::of(
        &meta,
        vec![[nothing_found(0), idle, delivered(1, &code), vec![hold()]].concat()],
    );
    story.ends_well();
}

#[test]
fn exists_in_idle_wakes() {
    woken_by(vec![
        answer(
            "IDLE",
            "+ idling\r\n* OK Still here\r\n* 1 EXISTS\r\n* 1 RECENT\r\n",
        ),
        answer("DONE", "TAG OK\r\n"),
    ]);
}

#[test]
fn exists_before_the_continuation_wakes() {
    woken_by(vec![
        answer("IDLE", "* 1 EXISTS\r\n+ idling\r\n"),
        answer("DONE", "TAG OK\r\n"),
    ]);
}

#[test]
fn exists_behind_many_other_lines_wakes() {
    woken_by(vec![
        answer("IDLE", "+ idling\r\n"),
        send("* 200 EXISTS\r\n"),
        send_repeated("* 1 EXPUNGE\r\n", 199),
        answer("DONE", "TAG OK\r\n"),
    ]);
}

#[test]
fn a_line_in_idle_that_nobody_can_read_ends_nothing() {
    woken_by(vec![
        answer(
            "IDLE",
            "+ idling\r\n* ESEARCH (TAG \"A1\") UID ALL 1\r\n* \u{e9}\r\n",
        ),
        send("* 1 EXISTS\r\n"),
        answer("DONE", "TAG OK\r\n"),
    ]);
}

#[test]
fn exists_announced_by_another_command_wakes() {
    let meta = Meta::new();
    let code = meta.code(CODE);
    let mut lines = opened(0);
    lines.push(answer("UID SEARCH", "* 1 EXISTS\r\n* SEARCH\r\nTAG OK\r\n"));
    lines.extend(delivered(1, &code));
    lines.push(hold());
    Story::of(&meta, vec![lines]).ends_well();
}

#[test]
fn a_server_that_ends_idle_by_itself_is_asked() {
    let meta = Meta::new();
    let code = meta.code(CODE);
    let idle = vec![answer("IDLE", "+ idling\r\n"), send("TAG OK too long\r\n")];
    let asked = vec![
        answer("NOOP", "* 1 EXISTS\r\nTAG OK\r\n"),
        answer("UID FETCH", ok(heads(1))),
        answer("UID FETCH 1 ", ok(body(1, &code))),
        hold(),
    ];
    Story::of(&meta, vec![[nothing_found(0), idle, asked].concat()]).ends_well();
}

#[test]
fn a_refused_idle_is_no_end_of_watching() {
    for refusal in ["TAG NO not now\r\n", "TAG BAD\r\n", "TAG BAD what\r\n"] {
        let meta = Meta::new();
        let code = meta.code(CODE);
        let refused = vec![answer("IDLE", refusal)];
        let polled = vec![answer("NOOP", "TAG OK\r\n")];
        let lines = [nothing_found(0), refused, polled].concat();
        let then = vec![
            answer("NOOP", "* 1 EXISTS\r\nTAG OK\r\n"),
            answer("UID FETCH", ok(heads(1))),
            answer("UID FETCH 1 ", ok(body(1, &code))),
        ];
        let honest = honest(&code);
        // A parser that panics at `BAD` without text costs the connection, not the program.
        let story = Story::with_sweep(&meta, vec![[lines, then].concat(), honest], "1 s");
        story.ends_well();
    }
}

#[test]
fn a_connection_that_ends_in_idle_is_made_again() {
    let meta = Meta::new();
    let code = meta.code(CODE);
    for end in [
        vec![close()],
        vec![send("* BYE shutting down\r\n"), close()],
    ] {
        let idle = [vec![answer("IDLE", "+ idling\r\n")], end].concat();
        let again = [opened(1), delivered(1, &code), vec![hold()]].concat();
        let story = Story::of(&meta, vec![[nothing_found(0), idle].concat(), again]);
        story.watched.running.wait_for_line("WARN", PATIENCE);
        story.ends_well();
    }
}

#[test]
fn keep_alives_do_not_put_the_sweep_off() {
    let meta = Meta::new();
    let code = meta.code(CODE);
    // Far more keep-alives than a second takes; the sweep must come between them.
    let idle = vec![
        answer("IDLE", "+ idling\r\n"),
        send_repeated("* OK Still here\r\n", 200),
        answer("DONE", "TAG OK\r\n"),
    ];
    let found = vec![
        answer("NOOP", "* 1 EXISTS\r\nTAG OK\r\n"),
        answer("UID FETCH", ok(heads(1))),
        answer("UID FETCH 1 ", ok(body(1, &code))),
        hold(),
    ];
    let lines = [nothing_found(0), idle, found].concat();
    Story::with_sweep(&meta, vec![lines], "1 s").ends_well();
}

#[test]
fn a_server_that_talks_and_never_says_go_is_given_up() {
    let meta = Meta::new();
    let code = meta.code(CODE);
    let idle = vec![expect("IDLE"), babble("* OK Wait a moment\r\n")];
    let endless = [nothing_found(0), idle].concat();
    let again = [opened(1), delivered(1, &code), vec![hold()]].concat();
    let story = Story::with_sweep(&meta, vec![endless, again], "1 s");
    story.watched.running.wait_for_line("WARN", PATIENCE);
    story.ends_well();
}

#[test]
fn word_of_a_folder_that_nobody_watches_is_heard_once() {
    woken_by(vec![
        answer("IDLE", "+ idling\r\n* STATUS \"Other\" (MESSAGES 3)\r\n"),
        answer("DONE", "TAG OK\r\n"),
        answer("NOOP", "TAG OK\r\n"),
        // It waits again, and looks no faster than before.
        answer("IDLE", "+ idling\r\n* 1 EXISTS\r\n"),
        answer("DONE", "TAG OK\r\n"),
    ]);
}
