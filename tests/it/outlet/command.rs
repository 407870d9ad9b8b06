//! The submission command: what it gets, what its end means, and that it cannot hold us.
//!
//! SECURITY: starts `/bin/sh` with scripts that stand here, each in a directory of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use rustix::process::{Pid, Signal, kill_process};
use sustained::case::effect::{Attempt, MessageSummary, Order, Submission};
use sustained::mail::authenticity::{Authenticity, Method, Proof};
use sustained::mail::{Code, MailboxName, Product, Wordings};
use sustained::outlet::process::KEPT_VARIABLES;
use sustained::outlet::{Format, OutletError, Outlets};
use tempfile::TempDir;

use super::{CODE, config, perform, place, run};
use crate::support::{PATIENCE, wait_until};

/// Waits for `condition`; fails where it does not come true.
fn eventually(what: &str, condition: impl Fn() -> bool) {
    assert!(wait_until(PATIENCE, condition), "{what}");
}

pub fn submission() -> Submission {
    let now = Timestamp::now();
    Submission {
        id: "5f3c".to_owned(),
        mailbox: MailboxName("me".to_owned()),
        account: Product::Facebook,
        code: Code::new(CODE.to_owned()),
        received_at: "2026-11-23T20:00:00Z".parse().expect("a time"),
        expires_at: now + SignedDuration::from_mins(10),
        authenticity: Authenticity {
            result: Proof::Genuine,
            domain: Some("facebookmail.com".to_owned()),
            method: Method::Dkim,
            reason: "signed by facebookmail.com".to_owned(),
            signature: None,
            is_pending: false,
        },
        message: MessageSummary {
            id: "<1@mail.example>".to_owned(),
            from: "security@facebookmail.com".to_owned(),
            subject: "Your \"code\" \u{1b}[31m".to_owned(),
        },
    }
}

/// Runs `script` by the shell as the submission command, its `$0` the directory `place`.
fn hand_over(script: &str, place: &Path) -> Attempt {
    hand_over_within(SignedDuration::from_mins(1), script, place, submission())
}

fn hand_over_within(
    limit: SignedDuration,
    script: &str,
    place: &Path,
    submission: Submission,
) -> Attempt {
    let place = place.to_string_lossy().into_owned();
    let command = vec![
        "/bin/sh".to_owned(),
        "-c".to_owned(),
        script.to_owned(),
        place,
    ];
    perform(
        &config(Some((command, limit)), Vec::new()),
        Order::Submit(submission),
    )
}

fn read(place: &TempDir, name: &str) -> String {
    fs::read_to_string(place.path().join(name)).unwrap_or_default()
}

/// The process whose number the script left in the file `pid`.
fn left_behind(place: &TempDir) -> i32 {
    eventually("the script leaves a number", || {
        read(place, "pid").ends_with('\n')
    });
    read(place, "pid").trim().parse().expect("a process number")
}

/// Gone, or dead and not yet buried by init.
fn is_gone(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.is_empty() || stat.contains(") Z ")
}

#[test]
fn the_command_gets_one_json_object_and_then_the_end() {
    let place = place();
    let order = submission();
    let expires_at = order.expires_at;
    let script = "cat > \"$0/stdin\"";
    let attempt = hand_over_within(SignedDuration::from_mins(1), script, place.path(), order);
    assert_eq!(attempt, Attempt::Accepted);
    let expected = format!(
        "{{\"type\":\"code.received\",\"id\":\"5f3c\",\"mailbox\":\"me\",\"account\":\"facebook\",\
         \"code\":\"{CODE}\",\"received_at\":\"2026-11-23T20:00:00Z\",\
         \"expires_at\":\"{expires_at}\",\"authenticity\":{{\"result\":\"genuine\",\
         \"domain\":\"facebookmail.com\",\"method\":\"dkim\",\
         \"reason\":\"signed by facebookmail.com\"}},\"message\":{{\"id\":\"<1@mail.example>\",\
         \"from\":\"security@facebookmail.com\",\
         \"subject\":\"Your \\\"code\\\" \\u001b[31m\"}}}}\n"
    );
    assert!(
        read(&place, "stdin") == expected,
        "the object differs from the contract"
    );
}

#[test]
fn the_code_is_in_no_argument_and_the_environment_is_bare() {
    let place = place();
    let script = "cat > /dev/null; cat /proc/$$/cmdline > \"$0/cmdline\"; \
                  tr '\\0' '\\n' < /proc/$$/environ > \"$0/environ\"; pwd > \"$0/cwd\"; \
                  cut -d' ' -f1,5 /proc/$$/stat > \"$0/group\"";
    assert_eq!(hand_over(script, place.path()), Attempt::Accepted);
    assert!(read(&place, "cmdline").contains("/bin/sh"));
    assert!(!read(&place, "cmdline").contains(CODE));
    let environ = read(&place, "environ");
    assert!(!environ.contains(CODE));
    for line in environ.lines() {
        let name = line.split('=').next().unwrap_or_default();
        assert!(KEPT_VARIABLES.contains(&name), "{name} was handed on");
    }
    assert_eq!(read(&place, "cwd"), "/\n");
    let group = read(&place, "group");
    let (pid, group) = group.trim().split_once(' ').expect("two numbers");
    assert_eq!(pid, group, "the command leads a process group of its own");
}

#[test]
fn exit_statuses_mean_what_the_contract_says() {
    let place = place();
    let said = |status: i32| {
        let script =
            format!("cat >/dev/null; echo >&2; echo 'the form is closed' >&2; exit {status}");
        hand_over(&script, place.path())
    };
    let closed = "the form is closed".to_owned();
    assert_eq!(said(0), Attempt::Accepted);
    assert_eq!(said(75), Attempt::later(closed.clone()));
    assert_eq!(said(111), Attempt::later(closed.clone()));
    assert_eq!(said(1), Attempt::Rejected(closed));
    let silent = |status: i32| hand_over(&format!("exit {status}"), place.path());
    assert_eq!(
        silent(100),
        Attempt::Rejected("/bin/sh exited with status 100".to_owned())
    );
    let again = "/bin/sh asked to be tried again (exit status 75)";
    assert_eq!(silent(75), Attempt::later(again.to_owned()));
}

#[test]
fn a_command_ended_by_a_signal_is_in_doubt() {
    let place = place();
    let Attempt::Unknown(reason) = hand_over("kill -9 $$", place.path()) else {
        panic!("a killed command is in doubt");
    };
    assert!(
        reason.contains("signal 9") && reason.contains("may or may not"),
        "{reason}"
    );
}

#[test]
fn at_the_time_limit_the_whole_group_is_killed() {
    let place = place();
    let limit = SignedDuration::from_secs(3);
    let script = "trap '' TERM; sleep 600 & echo $! > \"$0/pid\"; wait";
    let attempt = hand_over_within(limit, script, place.path(), submission());
    let expected = "/bin/sh did not finish within 3 s; it may or may not have typed the code";
    assert_eq!(attempt, Attempt::Unknown(expected.to_owned()));
    let pid = left_behind(&place);
    eventually("the grandchild is gone", || is_gone(pid));
}

#[test]
fn a_hand_over_that_is_dropped_kills_the_whole_group() {
    let place = place();
    let script = "sleep 600 & echo $! > \"$0/pid\"; wait".to_owned();
    let directory = place.path().to_string_lossy().into_owned();
    let command = vec!["/bin/sh".to_owned(), "-c".to_owned(), script, directory];
    let config = config(Some((command, SignedDuration::from_mins(1))), Vec::new());
    let outlets = Outlets::new(&config, Format::Human).expect("the configuration is sound");
    let pid = run(async {
        tokio::select! {
            _ = outlets.submit(submission()) => panic!("it cannot end"),
            pid = tokio::task::spawn_blocking({
                let place = place.path().to_owned();
                move || {
                    let file = place.join("pid");
                    eventually("a number", || {
                        fs::read_to_string(&file).is_ok_and(|text| text.ends_with('\n'))
                    });
                    fs::read_to_string(&file).unwrap_or_default()
                }
            }) => pid.unwrap_or_default().trim().parse::<i32>().expect("a process number"),
        }
    });
    eventually("the grandchild is gone", || is_gone(pid));
}

#[test]
fn a_flood_of_output_neither_hangs_nor_grows() {
    let place = place();
    let before = peak_memory_kib();
    let script = "cat >/dev/null; head -c 1000000000 /dev/zero; \
                  echo 'no such page' >&2; head -c 200000000 /dev/zero >&2; exit 1";
    assert_eq!(
        hand_over(script, place.path()),
        Attempt::Rejected("no such page".to_owned())
    );
    let grown = peak_memory_kib() - before;
    assert!(grown < 64 * 1024, "grown by {grown} KiB");
}

fn peak_memory_kib() -> i64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap_or_default();
    line.trim()
        .trim_end_matches(" kB")
        .parse()
        .expect("a number of KiB")
}

#[test]
fn a_command_that_never_reads_its_input_is_judged_by_its_exit() {
    let place = place();
    let mut order = submission();
    // More than a pipe holds: the writer meets a closed pipe.
    order.message.subject = "x".repeat(300_000);
    let attempt = hand_over_within(SignedDuration::from_mins(1), "exit 0", place.path(), order);
    assert!(attempt == Attempt::Accepted, "a closed pipe is no error");
}

#[test]
fn what_a_command_leaves_behind_does_not_hold_us() {
    let place = place();
    let script = "sleep 600 & echo $! > \"$0/pid\"; echo 'no form here' >&2; exit 3";
    // Were the open pipe waited for, the time limit would make it doubtful.
    assert_eq!(
        hand_over(script, place.path()),
        Attempt::Rejected("no form here".to_owned())
    );
    let pid = left_behind(&place);
    assert!(!is_gone(pid), "a browser opened for the person stays open");
    let _ = Pid::from_raw(pid).map(|pid| kill_process(pid, Signal::KILL));
}

#[test]
fn an_expired_code_is_not_handed_over() {
    let place = place();
    let mut order = submission();
    order.expires_at = Timestamp::now() - SignedDuration::from_secs(1);
    let attempt = hand_over_within(
        SignedDuration::from_mins(1),
        "touch \"$0/begun\"",
        place.path(),
        order,
    );
    assert!(matches!(attempt, Attempt::Rejected(reason) if reason.contains("expired")));
    assert!(!place.path().join("begun").exists());
}

#[test]
fn a_run_is_cut_off_when_the_code_expires() {
    let place = place();
    // The tables are put together once, and that takes longer than this code lives.
    drop(Wordings::built_in());
    let mut order = submission();
    order.expires_at = Timestamp::now() + SignedDuration::from_secs(1);
    let attempt = hand_over_within(
        SignedDuration::from_mins(1),
        "sleep 600",
        place.path(),
        order,
    );
    assert!(
        matches!(attempt, Attempt::Unknown(reason) if reason.contains("before the code expired"))
    );
}

#[test]
fn a_reason_never_repeats_the_code() {
    let place = place();
    let script = "code=$(sed 's/.*\"code\":\"\\([0-9]*\\)\".*/\\1/'); \
                  spaced=$(echo \"$code\" | sed 's/../& /g'); \
                  printf 'refused %s, %s\\033[1m, and %s-%s\\n' \"$code\" \"$spaced\" \
                  \"${code%???}\" \"${code#???}\" >&2; exit 1";
    let Attempt::Rejected(reason) = hand_over(script, place.path()) else {
        panic!("the command refused");
    };
    assert!(
        reason == r"refused ••••, •••• \u{1b}[1m, and ••••",
        "blotted and escaped"
    );
}

#[test]
fn a_long_reason_is_cut() {
    let place = place();
    let script = "head -c 5000 /dev/zero | tr '\\0' 'x' >&2; exit 1";
    let Attempt::Rejected(reason) = hand_over(script, place.path()) else {
        panic!("the command refused");
    };
    assert_eq!(reason.chars().count(), 200);
}

#[test]
fn a_program_that_is_not_there_or_may_not_run_is_refused_with_a_remedy() {
    let place = place();
    let plain = place.path().join("plain");
    fs::write(&plain, "#!/bin/sh\nexit 0\n").expect("a file");
    fs::set_permissions(&plain, fs::Permissions::from_mode(0o600)).expect("a mode");
    let plain = plain.to_string_lossy().into_owned();
    let table = [
        (
            "/nowhere/type-the-code",
            "/nowhere/type-the-code could not be started: it, or",
        ),
        (
            "no-such-program-of-ours",
            "no-such-program-of-ours was not found in PATH",
        ),
        ("bin/type-the-code", "bin/type-the-code is a relative path"),
        (plain.as_str(), "make it executable"),
    ];
    for (program, expected) in table {
        let limit = SignedDuration::from_mins(1);
        let config = config(Some((vec![program.to_owned()], limit)), Vec::new());
        let attempt = perform(&config, Order::Submit(submission()));
        let Attempt::Rejected(reason) = attempt else {
            panic!("{program} cannot run")
        };
        assert!(reason.contains(expected), "{reason}");
    }
}

#[test]
fn a_program_that_others_may_write_or_exchange_is_refused() {
    let place = place();
    let open = place.path().join("open");
    fs::create_dir(&open).expect("a directory");
    for (name, mode) in [("program", 0o777), ("open/program", 0o755)] {
        let program = place.path().join(name);
        fs::write(&program, "#!/bin/sh\nexit 0\n").expect("a file");
        fs::set_permissions(&program, fs::Permissions::from_mode(mode)).expect("a mode");
    }
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).expect("a mode");
    let link = place.path().join("link");
    std::os::unix::fs::symlink(open.join("program"), &link).expect("a link");
    for name in ["program", "open/program", "link"] {
        let program = place.path().join(name).to_string_lossy().into_owned();
        let limit = SignedDuration::from_mins(1);
        let attempt = perform(
            &config(Some((vec![program], limit)), Vec::new()),
            Order::Submit(submission()),
        );
        let Attempt::Rejected(reason) = attempt else {
            panic!("{name} was started")
        };
        assert!(
            reason.contains("every user of this machine may"),
            "{reason}"
        );
    }
}

#[test]
fn without_a_submission_step_a_code_is_refused() {
    let attempt = perform(&config(None, Vec::new()), Order::Submit(submission()));
    assert!(matches!(attempt, Attempt::Rejected(_)));
    let config = config(Some((Vec::new(), SignedDuration::from_secs(1))), Vec::new());
    assert!(matches!(
        Outlets::new(&config, Format::Human),
        Err(OutletError::NoCommand)
    ));
}
