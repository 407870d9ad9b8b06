//! The browsers of the tests, and what drives them.
//!
//! SECURITY: starts browsers of the machine with profiles of their own; for tests only.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};
use sustained::outlet::browser::driver::Make;

use super::{PATIENCE, missing, skipped, wait_until};

/// A Firefox that is driven at any port, and shows no page but those it was started with.
const SETTINGS: &str = "user_pref(\"marionette.port\", 0);
user_pref(\"browser.aboutwelcome.enabled\", false);
user_pref(\"browser.shell.checkDefaultBrowser\", false);
user_pref(\"datareporting.policy.dataSubmissionEnabled\", false);
user_pref(\"dom.ipc.processPrelaunch.enabled\", false);
";

/// The driver of a make of browser; `None` where it or the browser is not there.
pub fn driver(make: Make) -> Option<String> {
    let (driver, browser) = match make {
        Make::Chromium => ("chromedriver", "chromium"),
        Make::Firefox => ("geckodriver", "firefox-esr"),
    };
    if find(browser).is_none() {
        missing(browser, browser);
        return None;
    }
    // ./test builds the one that Debian has no package of.
    let built = Path::new(env!("CARGO_TARGET_TMPDIR")).join("drivers/bin");
    let built = Some(built.join(driver)).filter(|path| path.exists());
    let Some(found) = built.or_else(|| find(driver)) else {
        skipped(&format!(
            "{driver} is missing: start ./test once, which provides it"
        ));
        return None;
    };
    Some(found.to_str().expect("its path is text").to_owned())
}

/// A program in `PATH`.
pub fn find(program: &str) -> Option<PathBuf> {
    let places = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&places)
        .map(|place| place.join(program))
        .find(|path| path.exists())
}

/// A browser that a person has started, and that can be driven; it ends when this goes out of
/// scope.
pub struct Own {
    child: Child,
    port: u16,
    profile: tempfile::TempDir,
}

impl Own {
    /// Starts it with these pages, without a window, and waits until it can be driven.
    pub fn start(make: Make, pages: &[&str]) -> Self {
        let profile = tempfile::tempdir().expect("there is room for a profile");
        let folder = profile.path().to_str().expect("its path is text");
        let (program, arguments, says_port) = match make {
            Make::Chromium => (
                "chromium",
                vec![
                    "--headless=new".to_owned(),
                    "--disable-gpu".to_owned(),
                    "--no-first-run".to_owned(),
                    "--no-sandbox".to_owned(),
                    "--remote-debugging-port=0".to_owned(),
                    format!("--user-data-dir={folder}"),
                ],
                "DevToolsActivePort",
            ),
            Make::Firefox => (
                "firefox-esr",
                ["-headless", "-no-remote", "-marionette", "-profile", folder]
                    .map(str::to_owned)
                    .into(),
                "MarionetteActivePort",
            ),
        };
        fs::write(profile.path().join("user.js"), SETTINGS).expect("the profile can be written");
        // A Chromium without a window takes one page only.
        let (pages, later) = match make {
            Make::Chromium => pages.split_at(1),
            Make::Firefox => (pages, &[][..]),
        };
        let child = Command::new(program)
            .args(arguments)
            .args(pages)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("the browser starts");
        let mut own = Self {
            child,
            port: 0,
            profile,
        };
        let file = own.profile.path().join(says_port);
        let has_port = wait_until(PATIENCE, || {
            let text = fs::read_to_string(&file).unwrap_or_default();
            own.port = text
                .lines()
                .next()
                .and_then(|port| port.parse().ok())
                .unwrap_or(0);
            own.port != 0
        });
        assert!(has_port, "{program} does not say where it is driven");
        for page in later {
            own.open(page);
        }
        own
    }

    /// Where it is driven.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Whether it is still there.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("it is ours").is_none()
    }

    /// Opens one more page, in Chromium.
    pub fn open(&self, page: &str) {
        // An ampersand would end the address.
        let page = page.replace('&', "%26");
        let answer = self.ask(&format!("PUT /json/new?{page}"));
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// How many pages are open in Chromium.
    pub fn pages(&self) -> usize {
        self.ask("GET /json/list")
            .matches("\"type\": \"page\"")
            .count()
    }

    /// What Chromium's own small server answers; it closes no connection by itself.
    fn ask(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address()).expect("it listens");
        stream
            .set_read_timeout(Some(PATIENCE))
            .expect("it is a socket");
        write!(
            stream,
            "{request} HTTP/1.1\r\nHost: {}\r\n\r\n",
            self.address()
        )
        .expect("it reads");
        let mut answer = String::new();
        let mut reader = BufReader::new(stream);
        let mut length = 0;
        loop {
            let before = answer.len();
            reader.read_line(&mut answer).expect("it answers");
            let line = answer[before..].to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length is a number");
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).expect("it answers in whole");
        answer + &String::from_utf8_lossy(&body)
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let group = Pid::from_child(&self.child);
        // It may have ended by itself.
        kill_process_group(group, Signal::KILL).ok();
        self.child.wait().ok();
    }
}
