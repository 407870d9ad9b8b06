//! SIGTERM: what has begun may end within ten seconds, and what does not is doubtful.

use std::fs;

use rustix::process::Signal;

use super::{CODE, Life, Maildir};
use crate::support::process::Running;
use crate::support::step::Step;
use crate::support::{PATIENCE, log, wait_until};

/// A life in which a code was handed to a step that ends as told.
fn handed_over(ending: &str) -> (Life, Maildir, Step, Running) {
    let life = Life::new();
    let maildir = life.maildir("me");
    let step = Step::ending(&life.home, ending);
    life.configure(&[&maildir.table, step.table()]);
    let running = life.run();
    life.systemd.wait_for("READY=1", 1);
    maildir.deliver(&life.meta.code(CODE));
    assert!(Step::has_code(&step.wait_for(1), CODE));
    (life, maildir, step, running)
}

#[test]
fn a_hand_over_that_ends_in_time_is_on_record() {
    let ending = r#"while [ ! -e "${0%/*}/go" ]; do sleep 0.05; done"#;
    let (life, _, _, mut running) = handed_over(ending);
    running.signal(Signal::TERM);
    life.systemd.wait_for("STOPPING=1", 1);
    fs::write(life.home.path().join("go"), "").unwrap();
    assert!(running.wait(PATIENCE).success());
    let types = log::types(&life.home);
    assert_eq!(types, ["code.received", "submission.accepted"]);
}

#[test]
fn a_hand_over_that_hangs_is_cut_off_told_and_not_repeated() {
    // Longer than anybody here waits; the step itself might take a minute.
    let ending = r#"echo $$ > "${0%/*}/pid"; exec sleep 1000"#;
    let (life, maildir, step, mut running) = handed_over(ending);
    let pid = life.home.path().join("pid");
    assert!(wait_until(PATIENCE, || fs::read_to_string(&pid)
        .is_ok_and(|text| text.ends_with('\n'))));
    running.signal(Signal::TERM);
    life.systemd.wait_for("STOPPING=1", 1);
    // Whoever is impatient changes nothing.
    running.signal(Signal::TERM);
    running.signal(Signal::INT);
    assert!(running.wait(PATIENCE).success(), "{}", running.talk());
    let pid = fs::read_to_string(pid).unwrap();
    let is_gone = || !fs::exists(format!("/proc/{}", pid.trim())).unwrap();
    assert!(wait_until(PATIENCE, is_gone), "the step is still there");
    assert_eq!(log::types(&life.home), ["code.received"]);

    let mut running = life.run();
    let doubtful = log::wait_for(&life.home, "submission.doubtful");
    let reason = doubtful["reason"].as_str().unwrap();
    assert!(reason.contains("the program was stopped"), "{reason}");
    maildir.deliver(&life.meta.decision());
    log::wait_for(&life.home, "decision.received");
    running.kill9();
    assert_eq!(step.handed_over().len(), 1, "it was not repeated");
}
