//! What hostile and broken servers do, in literal bytes, against the real program: every fault
//! that was measured of the protocol library where a watcher's path touches it.
//!
//! Each story ends with a code handed over on a later, honest connection: trouble of one
//! connection must lose nothing. Sweeps are an hour apart, so only a wake-up explains a wake-up.

use crate::support::imap_script::{ImapScript, Step as Line, answer, close, expect, hold, send};
use crate::support::meta::Meta;
use crate::support::server::PASSWORD;
use crate::support::step::Step;
use crate::support::watched::{Mailbox, Watched};
use crate::support::{PATIENCE, log, shows};

mod promises;
mod sizes;
mod wakes;

const CODE: &str = "482913";

/// A home that watches one scripted server.
struct Story {
    watched: Watched,
    server: ImapScript,
}

impl Story {
    fn of(meta: &Meta, connections: Vec<Vec<Line>>) -> Self {
        Self::with_sweep(meta, connections, "10 min")
    }

    fn with_sweep(meta: &Meta, connections: Vec<Vec<Line>>, sweep: &str) -> Self {
        let server = ImapScript::start(connections);
        let mailbox = Mailbox {
            sweep,
            ..Mailbox::in_plain_text(server.port(), "me")
        };
        let watched = Watched::start(meta, &mailbox);
        Self { watched, server }
    }

    /// The code is handed over once, whatever came before.
    fn ends_well(self) {
        let Watched {
            home,
            step,
            mut running,
        } = self.watched;
        assert!(Step::has_code(&step.wait_for(1), CODE), "another code");
        assert!(running.is_running());
        log::wait_for(&home, "submission.accepted");
        running.stop(PATIENCE);
        assert_eq!(step.handed_over().len(), 1);
        let talk = running.talk();
        assert!(
            !shows(&talk, CODE) && !talk.contains(PASSWORD),
            "a secret is in the log"
        );
    }
}

// --- The lines of an honest server. --------------------------------------------------------------

fn signed_in() -> Vec<Line> {
    vec![
        send("* OK [CAPABILITY IMAP4rev1 IDLE] ready\r\n"),
        answer("LOGIN", "TAG OK [CAPABILITY IMAP4rev1 IDLE] in\r\n"),
    ]
}

fn opened(exists: u32) -> Vec<Line> {
    let mut lines = signed_in();
    lines.push(answer(
        "EXAMINE \"INBOX\"",
        format!(
            "* {exists} EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n* OK [UIDNEXT {}] next\r\n\
             TAG OK [READ-ONLY] open\r\n",
            exists + 1
        ),
    ));
    lines
}

/// A first look into a folder of `exists` messages that a search finds nothing in.
fn nothing_found(exists: u32) -> Vec<Line> {
    let mut lines = opened(exists);
    if exists > 0 {
        lines.push(answer(
            "UID FETCH *",
            format!("* {exists} FETCH (UID {exists})\r\nTAG OK\r\n"),
        ));
    }
    lines.push(answer("UID SEARCH", "* SEARCH\r\nTAG OK\r\n"));
    lines
}

fn heads(uid: u32) -> Vec<u8> {
    let from = "From: \"Facebook\" <security@facebookmail.com>\r\n\r\n";
    format!(
        "* {uid} FETCH (UID {uid} RFC822.SIZE 900 BODY[HEADER.FIELDS (FROM)] {{{}}}\r\n{from})\r\n",
        from.len()
    )
    .into_bytes()
}

fn body(uid: u32, raw: &[u8]) -> Vec<u8> {
    let now = jiff::Timestamp::now().strftime("%d-%b-%Y %H:%M:%S +0000");
    let start = format!(
        "* {uid} FETCH (UID {uid} INTERNALDATE \"{now}\" BODY[] {{{}}}\r\n",
        raw.len()
    );
    [start.as_bytes(), raw, b")\r\n"].concat()
}

fn ok(bytes: Vec<u8>) -> Vec<u8> {
    [bytes, b"TAG OK done\r\n".to_vec()].concat()
}

/// From a wake-up to the whole message number `uid`, as the watcher asks.
fn delivered(uid: u32, raw: &[u8]) -> Vec<Line> {
    vec![
        answer("UID FETCH", ok(heads(uid))),
        answer(&format!("UID FETCH {uid} "), ok(body(uid, raw))),
    ]
}

/// A connection whose first look finds the code as its only message.
fn honest(code: &[u8]) -> Vec<Line> {
    [
        opened(1),
        vec![
            answer("UID FETCH *", "* 1 FETCH (UID 1)\r\nTAG OK\r\n"),
            answer("UID SEARCH", "* SEARCH 1\r\nTAG OK\r\n"),
            answer("UID FETCH 1 ", ok(heads(1))),
            answer("UID FETCH 1 ", ok(body(1, code))),
            hold(),
        ],
    ]
    .concat()
}

/// Trouble on the first connection, then an honest one.
fn trouble_then_honest(trouble: Vec<Line>) {
    let meta = Meta::new();
    let code = meta.code(CODE);
    let story = Story::of(&meta, vec![trouble, honest(&code)]);
    story.watched.running.wait_for_line("WARN", PATIENCE);
    story.ends_well();
}

// --- Tagged NO and BAD, and an end without a tag, are no success. --------------------------------

#[test]
fn a_refused_search_is_not_an_empty_mailbox() {
    for refusal in ["TAG NO [UNAVAILABLE] later\r\n", "TAG BAD what\r\n"] {
        let search = vec![
            answer("UID FETCH *", "* 1 FETCH (UID 1)\r\nTAG OK\r\n"),
            answer("UID SEARCH", refusal),
            hold(),
        ];
        trouble_then_honest([opened(1), search].concat());
    }
}

#[test]
fn a_refused_fetch_of_heads_is_not_an_empty_mailbox() {
    let fetch = vec![
        answer("UID FETCH *", "* 1 FETCH (UID 1)\r\nTAG OK\r\n"),
        answer("UID SEARCH", "* SEARCH 1\r\nTAG OK\r\n"),
        answer("UID FETCH 1 ", "TAG NO [SERVERBUG] no\r\n"),
        hold(),
    ];
    trouble_then_honest([opened(1), fetch].concat());
}

#[test]
fn a_refused_fetch_of_a_body_is_tried_again() {
    let fetch = vec![
        answer("UID FETCH *", "* 1 FETCH (UID 1)\r\nTAG OK\r\n"),
        answer("UID SEARCH", "* SEARCH 1\r\nTAG OK\r\n"),
        answer("UID FETCH 1 ", ok(heads(1))),
        answer("UID FETCH 1 ", "TAG NO [SERVERBUG] no\r\n"),
        hold(),
    ];
    trouble_then_honest([opened(1), fetch].concat());
}

#[test]
fn an_end_within_a_fetch_is_not_the_whole_answer() {
    let fetch = vec![
        answer("UID FETCH *", "* 1 FETCH (UID 1)\r\nTAG OK\r\n"),
        answer("UID SEARCH", "* SEARCH 1\r\nTAG OK\r\n"),
        expect("UID FETCH 1 "),
        send(heads(1)),
        close(),
    ];
    trouble_then_honest([opened(1), fetch].concat());
}

#[test]
fn an_end_within_examine_is_not_an_empty_folder() {
    trouble_then_honest([signed_in(), vec![expect("EXAMINE"), close()]].concat());
}

#[test]
fn a_refused_noop_is_no_proof_of_hearing() {
    let meta = Meta::new();
    let code = meta.code(CODE);
    let refused = vec![
        answer("IDLE", "+ idling\r\n"),
        answer("DONE", "TAG OK\r\n"),
        answer("NOOP", "TAG BAD not logged in\r\n"),
        hold(),
    ];
    let again = [opened(1), delivered(1, &code), vec![hold()]].concat();
    let connections = vec![[nothing_found(0), refused].concat(), again];
    let story = Story::with_sweep(&meta, connections, "1 s");
    story
        .watched
        .running
        .wait_for_line("does not understand NOOP", PATIENCE);
    story.ends_well();
}

#[test]
fn a_greeting_of_preauth_or_bye_gets_no_password() {
    for greeting in [
        "* PREAUTH welcome\r\n",
        "* BYE too busy\r\n",
        "HTTP/1.1 400 Bad\r\n",
    ] {
        let meta = Meta::new();
        let code = meta.code(CODE);
        let connections = vec![vec![send(greeting), hold()], honest(&code)];
        let story = Story::of(&meta, connections);
        story.watched.running.wait_for_line("WARN", PATIENCE);
        assert!(!story.server.transcript().starts_with("LOGIN"));
        story.ends_well();
    }
}

#[test]
fn a_folder_that_was_made_anew_is_read_again_and_nothing_is_handed_over_twice() {
    let meta = Meta::new();
    let (old, new) = (meta.code("771204"), meta.code(CODE));
    let first = [honest(&old), vec![]].concat();
    let anew = [
        signed_in(),
        vec![
            answer(
                "EXAMINE",
                "* 2 EXISTS\r\n* OK [UIDVALIDITY 8]\r\n* OK [UIDNEXT 3]\r\nTAG OK\r\n",
            ),
            answer("UID FETCH *", "* 2 FETCH (UID 2)\r\nTAG OK\r\n"),
            answer("UID SEARCH SINCE", "* SEARCH 1 2\r\nTAG OK\r\n"),
            answer("UID FETCH 1,2 ", ok([heads(1), heads(2)].concat())),
            answer("UID FETCH 1 ", ok(body(1, &old))),
            answer("UID FETCH 2 ", ok(body(2, &new))),
            hold(),
        ],
    ]
    .concat();
    // The first connection ends once its code is taken in.
    let first: Vec<Line> = first
        .into_iter()
        .filter(|line| !matches!(line, Line::Hold))
        .chain([answer("IDLE", "+ idling\r\n"), close()])
        .collect();
    let story = Story::of(&meta, vec![first, anew]);
    assert!(
        Step::has_code(&story.watched.step.wait_for(2), CODE),
        "the new one, and the old one once"
    );
    assert_eq!(story.watched.step.handed_over().len(), 2);
}
