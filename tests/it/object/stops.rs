//! Every way that `sustained object` can stop: what it says, what is on record, and what became of
//! the code.

use std::io::Write as _;
use std::process::Stdio;

use rustix::process::Signal;

use super::{CODE, FACEBOOK, Filing, PATIENCE, ends};
use crate::support::{log, wait_until};

const FILLED_IN: [&str; 1] = ["--yes"];

/// `object` stops at the first page of `steps` with this answer, and says so in an alert.
fn check(
    steps: &str,
    (outcome, exit): (&str, i32),
    reason: &str,
    on_record: &[&str],
) -> Option<Filing> {
    let filing = Filing::new()?;
    let mut running = filing.object("en", steps, &FILLED_IN);
    let answer = ends(&mut running, outcome, exit);
    let said = answer["reason"].as_str().unwrap();
    assert!(said.contains(reason), "{said}");
    filing.has_on_record(on_record);
    let alerts = filing.alerts();
    let told = alerts
        .iter()
        .filter(|alert| alert.contains("submission.failed"));
    assert!(
        told.clone().any(|alert| alert.contains(reason)),
        "{alerts:?}"
    );
    assert_eq!(told.count(), 1, "{alerts:?}");
    Some(filing)
}

#[test]
fn a_log_in_is_left_to_the_person() {
    check("log-in", ("stopped", 77), "log in", &["form.stopped"]);
}

#[test]
fn a_captcha_is_left_to_the_person() {
    check(
        "captcha:robot",
        ("stopped", 77),
        "whether you are a person",
        &["form.stopped"],
    );
}

#[test]
fn after_a_checkpoint_the_code_is_the_persons() {
    let Some(filing) = Filing::new() else {
        return;
    };
    let mut running = filing.object("en", "facebook-2025,message:identity", &FILLED_IN);
    filing.sent(&running);
    running.wait_for_line("waiting for the code, to tell you", PATIENCE);
    filing.deliver("code", &filing.meta.code(CODE));
    ends(&mut running, "stopped", 77);
    filing.has_on_record(&["form.sent", "form.stopped"]);
    filing.keeps_the_code_to_itself(&running);
    let alerts = filing.alerts();
    let with_code = alerts.iter().find(|alert| alert.contains(CODE));
    let says_why = with_code.is_some_and(|alert| alert.contains("check your account"));
    assert!(says_why, "{} alerts, none of which helps", alerts.len());
}

#[test]
fn a_form_for_other_countries_makes_the_case_unavailable() {
    let on_record = ["form.unavailable"];
    let Some(filing) = check(
        "message:country_only",
        ("unavailable", 69),
        "not for your country",
        &on_record,
    ) else {
        return;
    };
    assert_eq!(filing.state(), "unavailable");
}

#[test]
fn a_dead_link_makes_the_case_unavailable() {
    let Some(filing) = check(
        "message:gone",
        ("unavailable", 69),
        "no form at this address",
        &["form.unavailable"],
    ) else {
        return;
    };
    assert_eq!(filing.state(), "unavailable");
}

#[test]
fn a_form_that_cannot_be_told_is_left_to_the_person() {
    check(
        "two-addresses",
        ("stopped", 77),
        "in another shape",
        &["form.stopped"],
    );
}

#[test]
fn a_reason_that_is_too_short_is_said() {
    let steps = "facebook-2025,facebook-2025:short";
    let on_record = ["form.sent", "form.refused"];
    let Some(filing) = check(steps, ("refused", 65), "too short", &on_record) else {
        return;
    };
    assert_eq!(filing.state(), "not_filed");
}

#[test]
fn what_is_not_configured_is_said_before_anything_is_sent() {
    let on_record = ["form.stopped"];
    let Some(filing) = check(
        "facebook-2024",
        ("stopped", 77),
        "wants the country",
        &on_record,
    ) else {
        return;
    };
    assert_eq!(filing.forms.sent(), []);
}

/// A code that Meta does not take: told once, with the code only where that may be.
fn refused(steps: &str, reason: &str) {
    let Some(filing) = Filing::new() else {
        return;
    };
    let mut running = filing.object("en", steps, &FILLED_IN);
    filing.sent(&running);
    filing.deliver("code", &filing.meta.code(CODE));
    let answer = ends(&mut running, "refused", 65);
    assert!(
        answer["reason"].as_str().unwrap().contains(reason),
        "{answer}"
    );
    assert_eq!(filing.state(), "not_filed");
    filing.keeps_the_code_to_itself(&running);
    filing.has_on_record(&["form.sent", "form.refused"]);
    let failed = filing.alerts();
    let failed = failed
        .iter()
        .filter(|alert| alert.contains("submission.failed"));
    assert_eq!(failed.count(), 1);
}

#[test]
fn a_code_that_is_wrong_is_said() {
    refused("facebook-2025,code,code:wrong", "code is wrong");
}

#[test]
fn a_code_that_has_expired_is_said() {
    refused("facebook-2025,code,code:expired", "code has expired");
}

#[test]
fn what_is_not_known_after_the_code_is_doubtful() {
    let Some(filing) = Filing::new() else {
        return;
    };
    let mut running = filing.object("en", "facebook-2025,code,captcha:robot", &FILLED_IN);
    filing.sent(&running);
    filing.deliver("code", &filing.meta.code(CODE));
    ends(&mut running, "stopped", 77);
    assert_eq!(filing.state(), "doubtful");
    let alerts = filing.alerts();
    let told = alerts
        .iter()
        .find(|alert| alert.contains("submission.failed"));
    assert!(
        told.is_some_and(|alert| alert.contains(CODE)),
        "the code is not told"
    );
    filing.has_on_record(&["form.sent", "form.stopped"]);
}

#[test]
fn nothing_is_sent_that_nobody_agreed_to() {
    let Some(filing) = Filing::new() else {
        return;
    };
    for (typed, is_sent) in [("", false), ("maybe\n", false), ("y\n", true)] {
        let url = filing
            .forms
            .url(FACEBOOK, "en", "facebook-2025,message:filed");
        let args = ["object", "--headless", "--answer", "1 s", "--form", &url];
        let mut command = filing.home.command(&args);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(typed.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            said.contains("how the processing impacts you: My family"),
            "{said}"
        );
        assert!(said.contains("[y/N]"), "{said}");
        let status = output.status.code();
        assert_eq!(status, Some(i32::from(!is_sent)), "{typed:?}: {said}");
        assert_eq!(filing.forms.sent().len(), usize::from(is_sent), "{typed:?}");
    }
}

#[test]
fn a_code_that_does_not_come_is_said() {
    let Some(filing) = Filing::new() else {
        return;
    };
    let more = ["--yes", "--wait", "2 s"];
    let mut running = filing.object("en", "facebook-2025,code", &more);
    ends(&mut running, "no_code", 3);
    filing.has_on_record(&["form.sent", "form.stopped"]);
}

#[test]
fn nothing_is_sent_while_the_mailbox_is_not_heard() {
    let Some(filing) = Filing::new() else {
        return;
    };
    std::fs::remove_dir_all(filing.home.path().join("Maildir")).unwrap();
    let mut running = filing.object("en", "facebook-2025,code", &FILLED_IN);
    let status = running.wait(PATIENCE);
    assert_eq!(status.code(), Some(69), "{}", running.talk());
    running.wait_for_line("not proved to be heard", PATIENCE);
    assert_eq!(filing.forms.sent(), []);
}

#[test]
fn an_end_closes_the_browser_in_order() {
    let Some(filing) = Filing::new() else {
        return;
    };
    let mut running = filing.object("en", "facebook-2025,code", &FILLED_IN);
    filing.sent(&running);
    running.wait_for_line("waiting for the mail", PATIENCE);
    running.signal(Signal::INT);
    ends(&mut running, "interrupted", 1);
    let profile = filing.home.state().join("browser");
    let is_over = || !crate::browser::driving::runs(&profile);
    assert!(wait_until(PATIENCE, is_over), "the browser is left behind");
    log::wait_for(&filing.home, "form.sent");
}

#[test]
fn an_end_while_the_page_is_judged_leaves_a_doubt_and_no_guess() {
    let Some(filing) = Filing::new() else {
        return;
    };
    let mut running = filing.object("en", "facebook-2025,code,unknown", &FILLED_IN);
    filing.sent(&running);
    filing.deliver("code", &filing.meta.code(CODE));
    let typed = filing.sent(&running);
    assert!(typed["code"] == CODE, "another code");
    // The page is not known, and is given time to become one that is.
    running.signal(Signal::HUP);
    ends(&mut running, "interrupted", 1);
    assert_eq!(filing.state(), "doubtful", "{}", running.talk());
    let alerts = filing.alerts();
    let doubt = alerts
        .iter()
        .find(|alert| alert.contains("the code was typed"));
    assert!(doubt.is_some(), "{} alerts", alerts.len());
    filing.keeps_the_code_to_itself(&running);
}

#[test]
fn a_code_page_that_no_form_led_to_is_nothing_to_type_into() {
    let Some(filing) = Filing::new() else {
        return;
    };
    filing.deliver("code", &filing.meta.code(CODE));
    let mut running = filing.object("en", "code,message:filed", &FILLED_IN);
    ends(&mut running, "stopped", 77);
    assert_eq!(
        filing.forms.sent(),
        [],
        "a code was typed that may be for a log-in"
    );
}

#[test]
fn a_page_that_is_gone_after_sending_is_no_missing_form() {
    let Some(filing) = Filing::new() else {
        return;
    };
    let mut running = filing.object("en", "facebook-2025,message:gone", &FILLED_IN);
    filing.sent(&running);
    running.wait_for_line("waiting for the code, to tell you", PATIENCE);
    filing.deliver("code", &filing.meta.code(CODE));
    ends(&mut running, "stopped", 77);
    assert_ne!(filing.state(), "unavailable");
}

#[test]
fn without_a_screen_it_says_what_to_do() {
    let Some(filing) = Filing::new() else {
        return;
    };
    let output = filing.home.output(&["object"], b"");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("add --headless"), "{said}");
}
