//! `sustained check`: one read-only pass over everything `run` needs.
//!
//! Every check runs, whatever the others found; each failure comes with its remedy. Names of
//! hosts, folders and files are shown, secrets and addresses of mails never are: the output can
//! go into a bug report.

mod steps;

use std::fmt::Display;
use std::fs;

use serde::Serialize;
use serde_json::json;

use super::exit::{Exit, Stopped};
use super::print::{self, Form, Text, Tone};
use super::{Globals, runtime, test_alert};
use crate::config::{self, Config, Imap, Mailbox, Maildir, Source};
use crate::daemon::{StateDir, database};
use crate::dkim::Verifier;
use crate::source;
use crate::source::imap::{self, Credentials, ImapError, Session, Trust};
use crate::store::Store;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Send a test alert through every channel, or through this one, and try nothing else
    // No alert has an empty name: it stands for all.
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "")]
    alert: Option<String>,
}

/// The key that Meta has signed with since 2013 (raw messages of 2016 to 2022, DNS of 2026).
const META_KEY: (&str, &str) = ("s1024-2013-q3", "facebookmail.com");

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Pass,
    Warn,
    Fail,
}

#[derive(Debug, Serialize)]
struct Check {
    name: String,
    status: Status,
    observed: String,
    action: String,
}

#[derive(Debug, Default)]
pub(super) struct Checks(Vec<Check>);

impl Checks {
    pub(super) fn pass(&mut self, name: impl Into<String>, observed: impl Display) {
        self.add(name.into(), Status::Pass, &observed, "");
    }

    pub(super) fn warn(&mut self, name: impl Into<String>, observed: impl Display, action: &str) {
        self.add(name.into(), Status::Warn, &observed, action);
    }

    pub(super) fn fail(&mut self, name: impl Into<String>, observed: impl Display, action: &str) {
        self.add(name.into(), Status::Fail, &observed, action);
    }

    fn add(&mut self, name: String, status: Status, observed: &dyn Display, action: &str) {
        let (observed, action) = (observed.to_string(), action.to_owned());
        self.0.push(Check {
            name,
            status,
            observed,
            action,
        });
    }
}

pub(super) fn check(globals: &Globals, arguments: &Arguments) -> Result<Exit, Stopped> {
    let mut checks = Checks::default();
    let config = match globals.load() {
        Ok(config) => {
            checks.pass("configuration", config.path.display());
            Some(config)
        }
        Err(stopped) => {
            checks.fail("configuration", stopped.why, "correct the configuration");
            None
        }
    };
    if let Some(name) = &arguments.alert {
        if let Some(config) = &config {
            let only = Some(name.as_str()).filter(|name| !name.is_empty());
            let test = test_alert::send(&mut checks, config, only, globals.form());
            runtime()?.block_on(test);
        }
        return conclude(globals, &checks, config.is_some());
    }
    check_state(&mut checks);
    if let Some(config) = &config {
        steps::check_steps(&mut checks, config);
        steps::check_page(&mut checks, config);
        runtime()?.block_on(async {
            steps::check_submission(&mut checks, config).await;
            for mailbox in &config.mailboxes {
                check_mailbox(&mut checks, mailbox).await;
            }
            check_dns(&mut checks, config).await;
        });
    }
    conclude(globals, &checks, config.is_some())
}

/// Shows the checks, and what they come to.
fn conclude(globals: &Globals, checks: &Checks, is_configured: bool) -> Result<Exit, Stopped> {
    let failed = checks.0.iter().any(|check| check.status == Status::Fail);
    show(globals, checks)?;
    Ok(match (failed, is_configured) {
        (false, _) => Exit::Done,
        (true, true) => Exit::Failed,
        (true, false) => Exit::BadConfig,
    })
}

fn check_state(checks: &mut Checks) {
    let name = "state folder";
    let path = match config::state_dir() {
        Ok(path) => path,
        Err(error) => return checks.fail(name, error, "set STATE_DIRECTORY or HOME"),
    };
    let action = "make it a folder that the user of `sustained run` may write";
    if !path.exists() {
        return checks.pass(name, format!("{} will be made", path.display()));
    }
    match fs::metadata(&path) {
        Ok(found) if !found.is_dir() => {
            checks.fail(name, format!("{} is no folder", path.display()), action);
        }
        Ok(found) if found.permissions().readonly() => {
            checks.fail(name, format!("{} is not writable", path.display()), action);
        }
        Ok(_) => {
            let held = if StateDir::is_held(&path) {
                ", a daemon is running on it"
            } else {
                ""
            };
            checks.pass(name, format!("{}{held}", path.display()));
        }
        Err(error) => checks.fail(name, format!("{}: {error}", path.display()), action),
    }
    let database = database(&path);
    if database.exists() {
        match Store::open_for_reading(&database).and_then(|store| store.folders()) {
            Ok(folders) => checks.pass("database", format!("{} folders known", folders.len())),
            Err(error) => checks.fail("database", error, "move the file away or restore a copy"),
        }
    }
}

async fn check_mailbox(checks: &mut Checks, mailbox: &Mailbox) {
    let name = |what: &str| format!("mailbox {}: {what}", mailbox.name);
    let imap = match &mailbox.source {
        Source::Maildir(maildir) => return check_maildir(checks, mailbox, maildir),
        Source::Imap(imap) => imap,
    };
    // The check of the state folder has said why.
    let Ok(state_dir) = config::state_dir() else {
        return;
    };
    let credentials = Credentials::of(imap, &mailbox.name, &state_dir);
    match &credentials {
        Credentials::Password(source) => match source.read() {
            Ok(_) => checks.pass(name("password"), source.describe()),
            Err(error) => {
                return checks.fail(name("password"), error, "make the password readable");
            }
        },
        Credentials::Tokens(keyring) => match keyring.access().await {
            Ok(_) => checks.pass(name("tokens"), "there is one that holds"),
            Err(error) => return checks.fail(name("tokens"), error, "do as the message says"),
        },
    }
    if let Err(error) = check_server(checks, mailbox, imap, &credentials).await {
        let action = match &error {
            ImapError::Refused(_) => "correct login or password",
            ImapError::Revoked(_) => "consent anew, as the message says",
            ImapError::NeedsPerson(_) => "correct the configuration as the message says",
            ImapError::Outage(_) => "try again later; check host, port and network if it stays",
            ImapError::Limit(_) => "end other programs that are connected to this account",
            ImapError::Throttled(_) => "wait; the server wants to be asked less often",
            ImapError::Broken(_) => "is this an IMAP server?",
        };
        checks.fail(
            name("server"),
            format!("{}:{}: {error}", imap.host, imap.port),
            action,
        );
    }
}

fn check_maildir(checks: &mut Checks, mailbox: &Mailbox, maildir: &Maildir) {
    let action = "name a Maildir (with new/ and cur/) that this user may read";
    for folder in &maildir.folders {
        let name = format!("mailbox {}: folder {folder}", mailbox.name);
        let shown = maildir.path.display();
        match source::maildir::resolve(&maildir.path, folder) {
            Ok(Some(path)) => {
                let read = |place: &str| fs::read_dir(path.join(place));
                match read("new").and_then(|_| read("cur")) {
                    Ok(_) => checks.pass(name, path.display()),
                    Err(error) => checks.fail(name, format!("{}: {error}", path.display()), action),
                }
            }
            Ok(None) => checks.warn(name, format!("{shown} has no such folder"), "nothing to do"),
            Err(error) => checks.fail(name, format!("{shown}: {error}"), action),
        }
    }
}

async fn check_server(
    checks: &mut Checks,
    mailbox: &Mailbox,
    imap: &Imap,
    credentials: &Credentials,
) -> Result<(), ImapError> {
    let name = |what: &str| format!("mailbox {}: {what}", mailbox.name);
    let (session, before) = imap::connect(imap, &Trust::default()).await?;
    checks.pass(name("connection"), format!("{}:{}", imap.host, imap.port));
    let (mut session, capabilities) = imap::sign_in(session, before, imap, credentials).await?;
    checks.pass(name("sign-in"), "accepted");
    if capabilities.idle {
        checks.pass(name("IDLE"), "offered");
    } else {
        checks.warn(
            name("IDLE"),
            "not offered: looked at every 15 s instead",
            "nothing to do",
        );
    }
    for folder in &imap.folders {
        session = check_folder(checks, name(&format!("folder {folder}")), session, folder).await?;
    }
    session.logout().await;
    Ok(())
}

async fn check_folder(
    checks: &mut Checks,
    name: String,
    session: Session,
    folder: &crate::mail::FolderName,
) -> Result<Session, ImapError> {
    let (session, found) = imap::resolve(session, folder).await?;
    let Some(found) = found else {
        checks.warn(
            name,
            "the server marks no folder so",
            "name the folder itself if there is one for junk",
        );
        return Ok(session);
    };
    let (session, selected) = session.examine(&found).await?;
    match selected {
        Ok(selected) => {
            let observed = format!(
                "{} messages, UIDVALIDITY {}",
                selected.exists, selected.uid_validity.0
            );
            checks.pass(name, observed);
        }
        Err(words) => checks.fail(name, words, "correct `folders`"),
    }
    Ok(session)
}

async fn check_dns(checks: &mut Checks, config: &Config) {
    let name = "DKIM key in DNS";
    let (selector, domain) = META_KEY;
    match Verifier::new(&config.authenticity) {
        Err(error) => checks.fail(name, error, "correct [authenticity]"),
        Ok(verifier) => match verifier.look_up(selector, domain).await {
            Ok(_) => checks.pass(name, format!("{selector}._domainkey.{domain} is there")),
            Err(why) => checks.warn(
                name,
                why,
                "without DNS nothing is proved and no code is handed over: check \
                 authenticity.resolver",
            ),
        },
    }
}

fn show(globals: &Globals, checks: &Checks) -> Result<(), Stopped> {
    if globals.form() == Form::Json {
        let worst = checks
            .0
            .iter()
            .map(|check| check.status)
            .max_by_key(|status| *status as u8);
        return print::object(&json!({ "worst": worst, "checks": checks.0 }));
    }
    for check in &checks.0 {
        let (tone, mark) = match check.status {
            Status::Pass => (Tone::Good, "ok  "),
            Status::Warn => (Tone::Ask, "warn"),
            Status::Fail => (Tone::Bad, "FAIL"),
        };
        let said = format!("  {}: {}", check.name, check.observed);
        // What is wrong with a configuration has several lines.
        let mut said = said.lines();
        let first = Text::new()
            .with(tone, mark)
            .plain(said.next().unwrap_or(""));
        print::paragraph(globals.screen(), &first, 6)?;
        said.try_for_each(|more| print::paragraph(globals.screen(), &Text::new().plain(more), 6))?;
        if !check.action.is_empty() {
            let action = Text::new().plain("      -> ").plain(&check.action);
            print::paragraph(globals.screen(), &action, 9)?;
        }
    }
    Ok(())
}
