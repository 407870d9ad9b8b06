//! With a window, on a display of the test's own: what the program leaves to the person, it goes on
//! from when they have done it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use super::{CODE, FACEBOOK, Filing, PATIENCE, ends};
use crate::support::process::Running;
use crate::support::{log, missing, wait_until};

/// An X server without a screen, ended on drop.
struct Display {
    server: Child,
    name: String,
}

impl Display {
    /// Starts it on a display that is free; `None` where there is none to start.
    fn start() -> Option<Self> {
        let mut command = Command::new("Xvfb");
        command
            .args([
                "-displayfd",
                "1",
                "-screen",
                "0",
                "1280x900x24",
                "-nolisten",
                "tcp",
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let Ok(mut server) = command.spawn() else {
            missing("Xvfb", "xvfb");
            return None;
        };
        let mut number = String::new();
        let stdout = server.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut number).unwrap();
        let name = format!(":{}", number.trim());
        Some(Self { server, name })
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }
}

impl Display {
    /// Starts `object` with a window here.
    fn object(&self, filing: &Filing, steps: &str) -> Running {
        let url = filing.forms.url(FACEBOOK, "en", steps);
        let args = [
            "object", "--json", "--yes", "--answer", "1 s", "--form", &url,
        ];
        let mut command = filing.home.command(&args);
        command.env("DISPLAY", &self.name);
        Running::start(command)
    }
}

#[test]
fn a_code_that_comes_while_the_person_is_needed_is_theirs_at_once() {
    let (Some(filing), Some(display)) = (Filing::new(), Display::start()) else {
        return;
    };
    // A page that is not known at first: the person presses its button in the end.
    let mut running = display.object(&filing, "facebook-2025,log-in,message:filed");
    filing.sent(&running);
    running.wait_for_line("It goes on when the page is another", PATIENCE);
    filing.deliver("code", &filing.meta.code(CODE));
    let is_told = || filing.alerts().iter().any(|alert| alert.contains(CODE));
    assert!(
        wait_until(PATIENCE, is_told),
        "the code is kept from the person"
    );
    filing.forms.let_in();
    ends(&mut running, "filed", 0);
    assert_eq!(filing.state(), "submitted");
    filing.keeps_the_code_to_itself(&running);
}

#[test]
fn it_goes_on_when_the_person_has_logged_in() {
    let (Some(filing), Some(display)) = (Filing::new(), Display::start()) else {
        return;
    };
    let mut running = display.object(&filing, "log-in,facebook-2025,code,message:filed");
    let said = running.wait_for_line("It goes on when the page is another", PATIENCE);
    assert!(said.contains("Enter"), "{said}");
    log::wait_for(&filing.home, "form.stopped");
    assert_eq!(
        filing.forms.sent(),
        [],
        "something was done on the log-in page"
    );

    filing.forms.let_in();
    let logged_in = filing.sent(&running);
    assert_eq!(logged_in["password"], "", "a password was typed");
    let form = filing.sent(&running);
    assert!(form.contains_key("impact"), "{form:?}");
    filing.deliver("code", &filing.meta.code(CODE));
    let typed = filing.sent(&running);
    assert!(typed["code"] == CODE, "another code");
    ends(&mut running, "filed", 0);
    filing.has_on_record(&["form.stopped", "form.sent", "form.filed"]);
    filing.keeps_the_code_to_itself(&running);
}
