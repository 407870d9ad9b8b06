//! Promises that servers break: numbers that fall, messages that are announced before they are
//! there, lines that nobody can read, limits that look like a wrong password.

use super::{CODE, Story, body, heads, honest, nothing_found, ok, signed_in};
use crate::support::PATIENCE;
use crate::support::imap_script::{Step as Line, answer, close, hold, send};
use crate::support::meta::Meta;
use crate::support::step::Step;

#[test]
fn a_message_that_is_announced_and_not_there_yet_is_asked_for_again() {
    let meta = Meta::new();
    let code = meta.code(CODE);
    let early = vec![
        answer("IDLE", "+ idling\r\n* 1 EXISTS\r\n"),
        answer("DONE", "TAG OK\r\n"),
        answer("UID FETCH", ok(heads(1))),
        answer("UID FETCH 1 ", "TAG OK nothing there\r\n"),
        // The cursor has not moved: the same message is asked for.
        answer("IDLE", "+ idling\r\n"),
        answer("DONE", "TAG OK\r\n"),
        answer("NOOP", "TAG OK\r\n"),
        answer("UID FETCH 1:*", ok(heads(1))),
        answer("UID FETCH 1 ", ok(body(1, &code))),
        hold(),
    ];
    Story::of(&meta, vec![[nothing_found(0), early].concat()]).ends_well();
}

#[test]
fn a_uidnext_that_falls_is_a_folder_to_be_searched_anew() {
    let meta = Meta::new();
    let (old, new) = (meta.code("771204"), meta.code(CODE));
    let first: Vec<Line> = [
        signed_in(),
        vec![
            answer(
                "EXAMINE",
                "* 1 EXISTS\r\n* OK [UIDVALIDITY 7]\r\n* OK [UIDNEXT 91]\r\nTAG OK\r\n",
            ),
            answer("UID FETCH *", "* 1 FETCH (UID 90)\r\nTAG OK\r\n"),
            answer("UID SEARCH", "* SEARCH 90\r\nTAG OK\r\n"),
            answer("UID FETCH 90 ", ok(heads(90))),
            answer("UID FETCH 90 ", ok(body(90, &old))),
            answer("IDLE", "+ idling\r\n"),
            close(),
        ],
    ]
    .concat();
    let story = Story::of(&meta, vec![first, honest(&new)]);
    assert!(
        Step::has_code(&story.watched.step.wait_for(2), CODE),
        "the new one"
    );
    assert_eq!(story.watched.step.handed_over().len(), 2);
}

#[test]
fn a_line_that_nobody_can_read_is_left_out() {
    let meta = Meta::new();
    let code = meta.code(CODE);
    let odd = vec![send(
        "* ESEARCH (TAG \"A1\") UID ALL 1\r\n* STATUS INBOX ()\r\n* \u{e9}\r\n",
    )];
    // Behind the greeting; everything else is as ever, on the one connection that there is.
    let mut lines = honest(&code);
    lines.splice(1..1, odd);
    let story = Story::of(&meta, vec![lines]);
    story.watched.step.wait_for(1);
    assert_eq!(story.server.connections(), 1);
    story.ends_well();
}

#[test]
fn a_limit_that_looks_like_a_wrong_password_is_told_as_a_limit() {
    let meta = Meta::new();
    let refused = vec![
        send("* OK [CAPABILITY IMAP4rev1 IDLE] ready\r\n"),
        answer(
            "LOGIN",
            "TAG NO [AUTHENTICATIONFAILED] Invalid (Too many simultaneous connections.)\r\n",
        ),
        hold(),
    ];
    let mut story = Story::of(&meta, vec![refused]);
    let line = story.watched.running.wait_for_line("WARN", PATIENCE);
    assert!(line.contains("does not let"), "{line}");
    assert!(
        !story
            .watched
            .running
            .talk()
            .contains("check login and password")
    );
    assert!(story.watched.running.stop(PATIENCE).success());
}
