//! Alerts for a program: what it gets, what its end means, and that it cannot hold us.
//!
//! SECURITY: starts `/bin/sh` with scripts that stand here, each in a directory of its own.

use std::fs;
use std::path::Path;

use jiff::SignedDuration;
use serde_json::Value;
use sustained::case::effect::{Attempt, Notice, Order};
use sustained::config::{AlertTarget, Config, Exec};
use sustained::outlet::process::KEPT_VARIABLES;

use super::alert::alert;
use super::notices::forged;
use super::{CODE, config, perform, place};
use crate::support::{PATIENCE, wait_until};

/// A configuration whose alerts are handed to `script`, its `$0` the directory `place`.
fn exec(script: &str, place: &Path, limit: SignedDuration) -> Config {
    let place = place.to_string_lossy().into_owned();
    let command = ["/bin/sh", "-c", script, &place].map(str::to_owned);
    config(
        None,
        vec![AlertTarget::Exec(Exec {
            command: command.to_vec(),
            timeout: limit,
        })],
    )
}

fn told(script: &str, place: &Path) -> Attempt {
    let config = exec(script, place, SignedDuration::from_mins(1));
    perform(&config, Order::Alert(alert(forged())))
}

#[test]
fn a_program_gets_the_alert_as_one_json_object_and_then_the_end() {
    let place = place();
    let script = "cat > \"$0/stdin\"; tr '\\0' '\\n' < /proc/$$/environ > \"$0/environ\"; \
                  pwd > \"$0/cwd\"; cut -d' ' -f1,5 /proc/$$/stat > \"$0/group\"";
    let config = exec(script, place.path(), SignedDuration::from_mins(1));
    let attempt = perform(&config, Order::Alert(alert(Notice::Test)));
    assert_eq!(attempt, Attempt::Accepted);
    let read = |name: &str| fs::read_to_string(place.path().join(name)).expect("written");
    let text = read("stdin");
    assert!(text.ends_with("}\n") && text.lines().count() == 1);
    let object: Value = serde_json::from_str(&text).expect("one JSON object");
    assert_eq!(object["type"], "alert.test");
    assert_eq!(
        (&object["id"], &object["mailbox"]),
        (&"a1f0".into(), &"me".into())
    );
    assert_eq!(object["title"], "This is a test (me)");
    assert_eq!(object["message"]["from"], "security@facebookmail.com");
    assert!(!text.contains(CODE), "a code left");
    for line in read("environ").lines() {
        let name = line.split('=').next().unwrap_or_default();
        assert!(KEPT_VARIABLES.contains(&name), "{name} was handed on");
    }
    assert_eq!(read("cwd"), "/\n");
    let group = read("group");
    let (pid, group) = group.trim().split_once(' ').expect("two numbers");
    assert_eq!(pid, group, "the program leads a process group of its own");
}

#[test]
fn exit_statuses_mean_what_those_of_the_submission_step_mean() {
    let place = place();
    let said = |status: i32| {
        let script = format!("cat >/dev/null; echo 'no \u{1b}[2J 4829-13' >&2; exit {status}");
        told(&script, place.path())
    };
    // What could be a code is not shown on.
    let reason = r"no \u{1b}[2J ••••".to_owned();
    assert_eq!(said(0), Attempt::Accepted);
    assert_eq!(said(75), Attempt::later(reason.clone()));
    assert_eq!(said(111), Attempt::later(reason.clone()));
    assert_eq!(said(1), Attempt::Rejected(reason));
    let silent = told("exit 3", place.path());
    assert_eq!(
        silent,
        Attempt::Rejected("/bin/sh exited with status 3".to_owned())
    );
    let killed = told("kill -9 $$", place.path());
    assert_eq!(
        killed,
        Attempt::later("/bin/sh was ended by signal 9".to_owned())
    );
}

#[test]
fn at_the_time_limit_the_whole_group_is_killed_and_the_alert_is_tried_again() {
    let place = place();
    let script = "trap '' TERM; sleep 600 & echo $! > \"$0/pid\"; wait";
    let config = exec(script, place.path(), SignedDuration::from_secs(3));
    let attempt = perform(&config, Order::Alert(alert(forged())));
    let expected = "/bin/sh did not finish within 3 s and was killed";
    assert_eq!(attempt, Attempt::later(expected.to_owned()));
    let pid = fs::read_to_string(place.path().join("pid")).expect("the script had the time");
    let stat = format!("/proc/{}/stat", pid.trim());
    let is_gone = || {
        let stat = fs::read_to_string(&stat).unwrap_or_default();
        stat.is_empty() || stat.contains(") Z ")
    };
    assert!(wait_until(PATIENCE, is_gone), "the grandchild lives");
}

#[test]
fn a_flood_of_output_does_not_hold_us() {
    let place = place();
    let script = "cat >/dev/null; head -c 100000000 /dev/zero; echo full >&2; \
                  head -c 10000000 /dev/zero >&2; exit 1";
    assert_eq!(
        told(script, place.path()),
        Attempt::Rejected("full".to_owned())
    );
}

#[test]
fn a_program_that_is_not_there_is_refused_with_a_remedy() {
    let mut config = exec("", Path::new("/"), SignedDuration::from_mins(1));
    if let AlertTarget::Exec(exec) = &mut config.alerts[0].target {
        exec.command = vec!["/nowhere/tell-me".to_owned()];
    }
    let attempt = perform(&config, Order::Alert(alert(forged())));
    let Attempt::Rejected(reason) = attempt else {
        panic!("{attempt:?}")
    };
    assert!(reason.contains("correct the alert's command"), "{reason}");
}
