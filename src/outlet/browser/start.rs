//! What a browser is started with, or attached to with: its profile, its flags, its settings.
//!
//! It starts nothing and speaks to nobody. Each make of browser has its own words for the same:
//! the profile stays where it is, no password is kept, and no page is opened but ours.
//!
//! SECURITY: the profile is whoever is logged in with it: its folder is for its owner only, and
//! for one browser at a time. Hostile: nothing.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, fcntl_lock};
use rustix::process::geteuid;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::BrowserError;
use super::driver::Make;

/// How long the browser waits for a page: people wait about as long before they reload.
pub(super) const PAGE_LOAD: Duration = Duration::from_secs(30);

/// A window that nobody sees shows a whole form on the picture of it.
const WIDTH: u32 = 900;
const HEIGHT: u32 = 1100;

/// The rights of everybody but the owner.
const FOR_OTHERS: u32 = 0o077;

/// What every Chromium is started with: it opens the one page and calls nobody of its own accord.
const FLAGS: [&str; 8] = [
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--disable-quic",
];

/// The same for Firefox, which is told by settings what is to be off.
const OFF: [&str; 21] = [
    // No password is ever kept, and no field filled by somebody else than us.
    "signon.rememberSignons",
    "signon.autofillForms",
    "signon.generation.enabled",
    "browser.formfill.enable",
    "extensions.formautofill.addresses.enabled",
    "extensions.formautofill.creditCards.enabled",
    // No page but ours.
    "browser.aboutwelcome.enabled",
    "browser.shell.checkDefaultBrowser",
    "browser.tabs.warnOnClose",
    "datareporting.policy.dataSubmissionEnabled",
    // Nobody is called.
    "app.normandy.enabled",
    "app.update.auto",
    "browser.safebrowsing.downloads.remote.enabled",
    "browser.search.update",
    "datareporting.healthreport.uploadEnabled",
    "dom.push.enabled",
    "extensions.update.enabled",
    "network.captive-portal-service.enabled",
    "network.connectivity-service.enabled",
    "toolkit.telemetry.unified",
    // No processes for pages that nobody opens: a small machine takes twice as long to start.
    "dom.ipc.processPrelaunch.enabled",
];

/// Firefox locks this file of its profile while it runs.
const LOCK: &str = ".parentlock";

/// A browser that is just being closed writes down what it holds.
const CLOSING: Duration = Duration::from_secs(5);

/// Between two looks at a lock.
const PAUSE: Duration = Duration::from_millis(100);

/// The port that Firefox listens on for its driver. One that a browser which was killed left
/// behind would lead the driver to whoever listens there now (seen with geckodriver 0.37).
const PORT_FILE: &str = "MarionetteActivePort";

/// Which browser is started, and how.
#[derive(Debug, Clone)]
pub struct Start {
    /// The driver: a program's name, or its whole path; `None`: the first that is found.
    pub driver: Option<String>,
    /// The browser's whole path, where the driver does not find it by itself.
    pub browser: Option<PathBuf>,
    /// The folder of its profile, which it is logged in with. It is made where it is missing; one
    /// browser at a time can use it.
    pub profile: PathBuf,
    /// Without a window.
    pub headless: bool,
}

impl Start {
    /// Makes the profile's folder, or looks whether it is nobody else's.
    pub(super) async fn make_profile(&self, make: Make) -> Result<(), BrowserError> {
        let unusable = |why| {
            let folder = self.profile.display();
            BrowserError::NeedsUser(format!("the browser's profile {folder}: {why}"))
        };
        own_folder(&self.profile).map_err(unusable)?;
        if make == Make::Firefox {
            let end = Instant::now() + CLOSING;
            while !is_free(&self.profile).map_err(|error| unusable(error.to_string()))? {
                if Instant::now() >= end {
                    let why = "it is in use: close the one that uses its profile first";
                    return Err(unusable(why.to_owned()));
                }
                sleep(PAUSE).await;
            }
        }
        Ok(())
    }

    /// What is asked of the driver (the standard, 7: capabilities; the rest is each make's own).
    pub(super) fn capabilities(&self, make: Make) -> Value {
        let mut options = match make {
            Make::Chromium => self.chromium(),
            Make::Firefox => self.firefox(),
        };
        if let Some(browser) = &self.browser {
            options["binary"] = json!(browser);
        }
        session(make, &options)
    }

    /// <https://developer.chrome.com/docs/chromedriver/capabilities>
    fn chromium(&self) -> Value {
        let mut flags: Vec<String> = FLAGS.map(str::to_owned).into();
        flags.push(format!("--user-data-dir={}", self.profile.display()));
        if self.headless {
            flags.extend(["--headless=new", "--disable-gpu"].map(str::to_owned));
            flags.push(format!("--window-size={WIDTH},{HEIGHT}"));
        }
        // Chromium's own sandbox refuses to work for root; who runs it as root has no other choice.
        if geteuid().is_root() {
            flags.push("--no-sandbox".to_owned());
        }
        json!({
            "args": flags,
            // No password is ever kept, and no field filled by somebody else than us.
            "prefs": {
                "credentials_enable_service": false,
                "profile.password_manager_enabled": false,
                "autofill.profile_enabled": false,
            },
        })
    }

    /// <https://developer.mozilla.org/docs/Web/WebDriver/Reference/Capabilities/firefoxOptions>
    fn firefox(&self) -> Value {
        let profile = self.profile.display().to_string();
        let mut arguments = vec!["-profile".to_owned(), profile];
        if self.headless {
            arguments.push("-headless".to_owned());
            arguments.extend([format!("--width={WIDTH}"), format!("--height={HEIGHT}")]);
        }
        let mut settings: serde_json::Map<String, Value> = OFF
            .iter()
            .map(|off| ((*off).to_owned(), json!(false)))
            .collect();
        for page in ["startup.homepage_welcome_url", "browser.startup.homepage"] {
            settings.insert(page.to_owned(), json!("about:blank"));
        }
        json!({ "args": arguments, "prefs": settings })
    }
}

/// What is asked of the driver where the browser is the person's and runs already.
pub(super) fn attached(make: Make, address: SocketAddr) -> Value {
    let options = match make {
        Make::Chromium => json!({ "debuggerAddress": address.to_string() }),
        // The driver was told when it was started.
        Make::Firefox => json!({}),
    };
    session(make, &options)
}

fn session(make: Make, options: &Value) -> Value {
    let name = match make {
        Make::Chromium => "goog:chromeOptions",
        Make::Firefox => "moz:firefoxOptions",
    };
    json!({ "capabilities": { "alwaysMatch": {
        name: options,
        "timeouts": { "implicit": 0, "pageLoad": PAGE_LOAD.as_secs() * 1000 },
        // What a page asks in a window of its own is for the person to answer.
        "unhandledPromptBehavior": "ignore",
    }}})
}

fn own_folder(folder: &Path) -> Result<(), String> {
    let private = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    private.map_err(|error| error.to_string())?;
    let found = fs::metadata(folder).map_err(|error| error.to_string())?;
    if found.mode() & FOR_OTHERS == 0 {
        return Ok(());
    }
    Err("others may enter it, and with it your log-in: take that right away (chmod 700)".to_owned())
}

/// Whether no Firefox uses the profile: the driver would reach for that one (geckodriver 0.37).
fn is_free(profile: &Path) -> io::Result<bool> {
    match File::options().write(true).open(profile.join(LOCK)) {
        Ok(lock) => {
            if fcntl_lock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
                return Ok(false);
            }
        }
        // Nobody has used it yet.
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    match fs::remove_file(profile.join(PORT_FILE)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(true),
    }
}
