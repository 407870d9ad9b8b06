//! Promises that servers break: numbers that fall, messages that are announced before they are
//! there, lines that nobody can read, limits that look like a wrong password.

use super::{
    CODE, Story, body, heads, honest, nothing_found, ok, opened, signed_in, trouble_then_honest,
};
use crate::support::PATIENCE;
use crate::support::imap_script::{ImapScript, Step as Line, answer, close, hold, send};
use crate::support::meta::Meta;
use crate::support::step::Step;
use crate::support::watched::{Mailbox, Watched};

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
fn what_is_not_there_yet_is_not_forgotten_in_a_long_look() {
    let meta = Meta::new();
    let code = meta.code(CODE);
    let found: Vec<String> = (1..=101).map(|uid| uid.to_string()).collect();
    let lines = vec![
        answer("UID FETCH *", "* 101 FETCH (UID 101)\r\nTAG OK\r\n"),
        answer(
            "UID SEARCH",
            format!("* SEARCH {}\r\nTAG OK\r\n", found.join(" ")),
        ),
        // Looked through in two parts; a message in the first is announced and not there.
        answer("UID FETCH 1,2,", ok(heads(1))),
        answer("UID FETCH 1 ", "TAG OK nothing there\r\n"),
        answer("UID FETCH 101 ", "TAG OK nothing there\r\n"),
        answer("IDLE", "+ idling\r\n"),
        answer("DONE", "TAG OK\r\n"),
        answer("NOOP", "TAG OK\r\n"),
        answer("UID FETCH 1:*", ok(heads(1))),
        answer("UID FETCH 1 ", ok(body(1, &code))),
        hold(),
    ];
    Story::of(&meta, vec![[opened(101), lines].concat()]).ends_well();
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
fn a_folder_that_cannot_be_opened_just_now_is_opened_soon() {
    let busy = answer("EXAMINE", "TAG NO [INUSE] Mailbox is locked\r\n");
    trouble_then_honest([signed_in(), vec![busy, hold()]].concat());
}

#[test]
fn what_the_person_has_to_mend_is_tried_again_when_a_code_is_expected() {
    let meta = Meta::new();
    let missing = vec![
        answer("EXAMINE", "TAG NO no such folder\r\n"),
        answer("LIST", "* LIST () \"/\" Archive\r\nTAG OK\r\n"),
        hold(),
    ];
    let mended = [nothing_found(0), vec![hold()]].concat();
    let story = Story::of(&meta, vec![[signed_in(), missing].concat(), mended]);
    story.watched.wait_until_said("correct `folders`", 1);
    story.watched.run(&["arm"]);
    story.server.wait_for_connections(2, PATIENCE);
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

// --- Announcements that do not come, or come from elsewhere. -------------------------------------

/// What a server answers that takes IDLE, says nothing, and has something new.
fn mute_turn(uid: u32) -> Vec<Line> {
    let from = "From: Shop <news@shop.example>\r\n\r\n";
    vec![
        answer("IDLE", "+ idling\r\n"),
        answer("DONE", "TAG OK\r\n"),
        answer("NOOP", format!("* {uid} EXISTS\r\nTAG OK\r\n")),
        answer(
            "UID FETCH",
            format!(
                "* {uid} FETCH (UID {uid} RFC822.SIZE 900 BODY[HEADER.FIELDS (FROM)] {{{}}}\r\n\
                 {from})\r\nTAG OK\r\n",
                from.len()
            ),
        ),
    ]
}

#[test]
fn a_mute_idle_is_counted_and_not_waited_for_any_more() {
    let meta = Meta::new();
    let code = meta.code(CODE);
    let by_the_clock = vec![
        answer("NOOP", "* 3 EXISTS\r\nTAG OK\r\n"),
        answer("UID FETCH", ok(heads(3))),
        answer("UID FETCH 3 ", ok(body(3, &code))),
        hold(),
    ];
    let lines = [nothing_found(0), mute_turn(1), mute_turn(2), by_the_clock].concat();
    let story = Story::with_sweep(&meta, vec![lines], "1 s");
    story
        .watched
        .running
        .wait_for_line("IDLE is mute", PATIENCE);
    story.watched.hands_over(CODE, 1);
    let status = story.watched.run(&["status"]);
    assert!(status.contains("found by the sweep: 2"), "{status}");
    story.ends_well();
}

#[test]
fn without_uidvalidity_every_connection_searches_and_hands_nothing_over_twice() {
    let meta = Meta::new();
    let (old, new) = (meta.code("771204"), meta.code(CODE));
    for validity in ["", "* OK [UIDVALIDITY 0]\r\n"] {
        let examined = format!("* 2 EXISTS\r\n{validity}* OK [UIDNEXT 3]\r\nTAG OK\r\n");
        let searched = |found: &str, heads: Vec<u8>, bodies: Vec<Line>, end: Vec<Line>| {
            let mut lines = signed_in();
            lines.extend([
                answer("EXAMINE", &examined),
                answer("UID FETCH *", "* 2 FETCH (UID 2)\r\nTAG OK\r\n"),
                answer(
                    "UID SEARCH SINCE",
                    format!("* SEARCH {found}\r\nTAG OK\r\n"),
                ),
                answer("UID FETCH", ok(heads)),
            ]);
            [lines, bodies, end].concat()
        };
        let [first, second] = [(1, &old), (2, &new)]
            .map(|(uid, raw)| answer(&format!("UID FETCH {uid} "), ok(body(uid, raw))));
        let broken = vec![answer("IDLE", "+ idling\r\n"), close()];
        let connections = vec![
            searched("1", heads(1), vec![first.clone()], broken),
            searched(
                "1 2",
                [heads(1), heads(2)].concat(),
                vec![first, second],
                vec![hold()],
            ),
        ];
        let story = Story::of(&meta, connections);
        story.watched.hands_over(CODE, 2);
        assert_eq!(story.watched.step.handed_over().len(), 2);
    }
}

#[test]
fn a_folder_that_is_not_selected_is_looked_at_when_notify_tells_of_it() {
    let meta = Meta::new();
    let code = meta.code(CODE);
    let examined = |name: &str, exists: u32| {
        answer(
            &format!("EXAMINE \"{name}\""),
            format!(
                "* {exists} EXISTS\r\n* OK [UIDVALIDITY 7]\r\n* OK [UIDNEXT {}]\r\nTAG OK\r\n",
                exists + 1
            ),
        )
    };
    let can = "[CAPABILITY IMAP4rev1 IDLE NOTIFY]";
    let lines = vec![
        send(format!("* OK {can} ready\r\n")),
        answer("LOGIN", format!("TAG OK {can} in\r\n")),
        examined("INBOX", 0),
        answer("UID SEARCH", "* SEARCH\r\nTAG OK\r\n"),
        answer("LIST", "* LIST (\\Junk) \"/\" \"Spam\"\r\nTAG OK\r\n"),
        examined("Spam", 0),
        answer("UID SEARCH", "* SEARCH\r\nTAG OK\r\n"),
        answer("NOTIFY SET (SELECTED-DELAYED", "TAG OK\r\n"),
        examined("INBOX", 0),
        answer(
            "IDLE",
            "+ idling\r\n* STATUS \"Spam\" (MESSAGES 1 UIDNEXT 2)\r\n",
        ),
        answer("DONE", "TAG OK\r\n"),
        answer("NOOP", "TAG OK\r\n"),
        examined("Spam", 1),
        answer("UID FETCH", ok(heads(1))),
        answer("UID FETCH 1 ", ok(body(1, &code))),
        examined("INBOX", 0),
        hold(),
    ];
    let server = ImapScript::start(vec![lines]);
    let mailbox = Mailbox {
        folders: &["INBOX", "\\Junk"],
        ..Mailbox::in_plain_text(server.port(), "me")
    };
    let watched = Watched::start(&meta, &mailbox);
    watched.hands_over(CODE, 1);
    server.wait_for_completed(1, PATIENCE);
    assert_eq!(server.connections(), 1);
}
