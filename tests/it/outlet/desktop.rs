//! Alerts on the desktop: what `notify-send` is told, by a stand-in that keeps its arguments.
//!
//! The search path may not be changed for the neighbours of a test, so the telling half runs in a
//! process of its own: this test binary again.
//!
//! SECURITY: the stand-in is a shell script in a directory of its own.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use sustained::case::effect::{Attempt, Notice, Order};
use sustained::config::AlertTarget;

use super::alert::{alert, at};
use super::{CODE, config, perform, place};

/// Tells this binary that it is the process of its own, and what is to come out.
const EXPECTED: &str = "SUSTAINED_TEST_DESKTOP";

/// Runs the other half with a stand-in that keeps its arguments, one a line, and ends by `ending`.
fn kept(ending: Option<&str>, expected: &str) -> String {
    let place = place();
    let kept = place.path().join("kept");
    if let Some(ending) = ending {
        let program = place.path().join("notify-send");
        let script = format!(
            "#!/bin/sh\nfor argument in \"$@\"; do printf '%s\\n' \"$argument\"; done > '{}'\n\
             {ending}\n",
            kept.display()
        );
        fs::write(&program, script).expect("a file");
        fs::set_permissions(&program, Permissions::from_mode(0o700)).expect("a mode");
    }
    let output = Command::new(std::env::current_exe().expect("this binary"))
        .args(["--exact", "outlet::desktop::the_telling_process"])
        .env("PATH", place.path())
        .env(EXPECTED, expected)
        .output()
        .expect("this binary starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    fs::read_to_string(&kept).unwrap_or_default()
}

#[test]
fn the_telling_process() {
    let Ok(expected) = std::env::var(EXPECTED) else {
        return;
    };
    let mut alert = alert(Notice::CodeWaiting {
        until: at("2026-11-23T20:10:00Z"),
    });
    if let Some(message) = &mut alert.message {
        message.subject = format!("<b>x</b> & \\t\\e[J {CODE}");
    }
    let attempt = perform(
        &config(None, vec![AlertTarget::Desktop]),
        Order::Alert(alert),
    );
    let (kind, reason) = match attempt {
        Attempt::Accepted | Attempt::Taken => ("accepted", String::new()),
        Attempt::TryLater { why: reason, .. } => ("later", reason),
        Attempt::Rejected(reason) => ("rejected", reason),
        Attempt::Unknown(reason) => ("unknown", reason),
    };
    let (expected, words) = expected.split_once(' ').unwrap_or((&expected, ""));
    assert_eq!(kind, expected, "{reason}");
    assert!(reason.contains(words), "{reason}");
}

#[test]
fn an_urgent_alert_is_critical_and_its_text_is_no_markup() {
    // notify-send(1); Desktop Notifications Specification, "Markup"
    let kept = kept(Some("exit 0"), "accepted");
    let lines: Vec<&str> = kept.lines().collect();
    assert_eq!(
        lines[..4],
        [
            "--app-name=sustained",
            "--urgency=critical",
            "--",
            "The code for your objection is waiting (me)",
        ]
    );
    let subject = r"Message: &lt;b&gt;x&lt;/b&gt; &amp; \\t\\e[J ••••";
    assert!(lines.contains(&subject), "{kept}");
    assert!(!kept.contains(CODE), "a code stands in an argument");
}

#[test]
fn without_a_session_the_alert_is_tried_again_and_without_the_program_refused() {
    let ending = "echo 'Cannot autolaunch D-Bus without X11 $DISPLAY' >&2; exit 1";
    kept(Some(ending), "later Cannot autolaunch D-Bus");
    kept(None, "rejected libnotify-bin");
}
