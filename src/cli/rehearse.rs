//! `sustained rehearse`: the whole journey on a mailbox in a temporary folder.
//!
//! The daemon of `sustained run` watches a Maildir; three mails arrive in it, signed with a
//! throwaway key that is pinned in the rehearsal's own configuration. Nothing is mocked and
//! nothing leaves the machine. It needs no configuration, network or server.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::{interval, timeout};

use super::exit::{Exit, Stopped};
use super::print::{self, Form};
use super::run::stopped;
use super::{Globals, log, runtime};
use crate::case::automatic;
use crate::config;
use crate::daemon::{self, Requests, StateDir};
use crate::dkim::SigningKey;
use crate::outlet::Format;
use crate::record;

/// The mailbox's address in the rehearsal.
const ADDRESS: &str = "martin@example.org";

/// The selector of the throwaway key.
const SELECTOR: &str = "rehearsal";

/// A step that takes longer has failed; each takes some tens of milliseconds.
const LONGEST_STEP: Duration = Duration::from_secs(20);

/// The three mails, with the signing domain of each and what the log must say of it.
const MAILS: [(&str, &str, &str, &str); 3] = [
    (
        "Meta's notification arrives",
        include_str!("rehearse/notification.eml"),
        "facebookmail.com",
        "notification.received",
    ),
    (
        "Meta's confirmation code arrives",
        include_str!("rehearse/code.eml"),
        "facebookmail.com",
        "submission.accepted",
    ),
    (
        "Meta's decision arrives",
        include_str!("rehearse/decision.eml"),
        "support.facebook.com",
        "decision.received",
    ),
];

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Play the submission step: write what comes on standard input to FILE
    #[arg(long, value_name = "FILE", hide = true)]
    step: Option<PathBuf>,
}

pub(super) fn rehearse(globals: &Globals, arguments: &Arguments) -> Result<Exit, Stopped> {
    if let Some(file) = &arguments.step {
        return play_step(file);
    }
    let stage = Stage::build(globals.form())?;
    runtime()?.block_on(stage.play())
}

/// What the submission command of the rehearsal does: it keeps what it was handed.
fn play_step(file: &Path) -> Result<Exit, Stopped> {
    let mut handed = Vec::new();
    std::io::stdin()
        .read_to_end(&mut handed)
        .and_then(|_| fs::write(file, handed))
        .map_err(|error| Stopped::new(Exit::Failed, error))?;
    Ok(Exit::Done)
}

/// The temporary folder and what is in it.
struct Stage {
    form: Form,
    folder: PathBuf,
    key: SigningKey,
    code: String,
    began: Instant,
}

impl Stage {
    fn build(form: Form) -> Result<Self, Stopped> {
        let failed = |error: std::io::Error| Stopped::new(Exit::Unavailable, error);
        let name = format!("sustained-rehearsal-{:08x}", fastrand::u32(..));
        let folder = std::env::temp_dir().join(name);
        for place in ["Maildir/new", "Maildir/cur", "Maildir/tmp"] {
            fs::create_dir_all(folder.join(place)).map_err(failed)?;
        }
        let key = SigningKey::generate().map_err(|error| Stopped::new(Exit::Failed, error))?;
        // Six digits, the first not zero: what people told of the form of 2024.
        let code = fastrand::u32(100_000..1_000_000).to_string();
        Ok(Self {
            form,
            folder,
            key,
            code,
            began: Instant::now(),
        })
    }

    async fn play(self) -> Result<Exit, Stopped> {
        let path = self.folder.join("config.toml");
        let text = self.config()?;
        fs::write(&path, &text).map_err(|error| Stopped::new(Exit::Unavailable, error))?;
        let config =
            config::parse(&text, &path).map_err(|error| Stopped::new(Exit::BadConfig, error))?;
        let state = self.folder.join("state");
        let state_dir = StateDir::hold(&state).map_err(stopped)?;
        let requests = Requests::default();
        let shown = daemon::Shown::default();
        let daemon = daemon::run(config, &state_dir, Format::Human, &requests, &shown);
        let journey = async {
            let result = self.journey(&state).await;
            requests.stop();
            result
        };
        let (daemon, journey) = tokio::join!(daemon, journey);
        daemon.map_err(stopped)?;
        journey
    }

    fn config(&self) -> Result<String, Stopped> {
        let exe = std::env::current_exe().map_err(|e| Stopped::new(Exit::Unavailable, e))?;
        let step = [
            exe.to_string_lossy().into_owned(),
            "rehearse".to_owned(),
            "--step".to_owned(),
            self.handed_over().to_string_lossy().into_owned(),
        ];
        let mut text = format!(
            "[[mailbox]]\nname = \"rehearsal\"\naddress = {}\naccounts = [\"facebook\"]\n\
             maildir = {}\n\n[submission]\ncommand = {}\n\n[authenticity.pinned_keys]\n",
            json!(ADDRESS),
            json!(self.folder.join("Maildir")),
            json!(step),
        );
        // JSON strings are TOML strings.
        for domain in ["facebookmail.com", "support.facebook.com"] {
            let name = format!("{SELECTOR}._domainkey.{domain}");
            let record = self.key.record();
            text = format!("{text}{} = {}\n", json!(name), json!(record));
        }
        Ok(text)
    }

    fn handed_over(&self) -> PathBuf {
        self.folder.join("handed-over.json")
    }

    /// Delivers the mails one after the other and shows what the daemon made of each.
    async fn journey(&self, state: &Path) -> Result<Exit, Stopped> {
        let log = state.join("decisions.jsonl");
        self.say(
            &format!("a rehearsal in {}", self.folder.display()),
            &Value::Null,
        )?;
        let mut shown = 0;
        for (number, (title, mail, domain, awaited)) in MAILS.iter().enumerate() {
            self.say(title, &Value::Null)?;
            self.deliver(number, mail, domain)?;
            shown = self.await_event(&log, shown, awaited).await?;
            if *awaited == "submission.accepted" {
                self.show_handed_over()?;
            }
        }
        let verified = record::verify(std::slice::from_ref(&log), &log)
            .map_err(|error| Stopped::new(Exit::BadData, error))?;
        let lines = verified.lines;
        let done = json!({ "done": true, "log": log, "lines": lines });
        self.say(&format!("done: {lines} lines in {}", log.display()), &done)?;
        Ok(Exit::Done)
    }

    /// Puts a signed mail into the Maildir as delivery agents do: written aside, then renamed.
    fn deliver(&self, number: usize, mail: &str, domain: &str) -> Result<(), Stopped> {
        let failed = |error: std::io::Error| Stopped::new(Exit::Unavailable, error);
        let date = Timestamp::now()
            .strftime("%a, %d %b %Y %H:%M:%S +0000")
            .to_string();
        let mail = mail
            .replace("{date}", &date)
            .replace("{to}", ADDRESS)
            .replace("{id}", &number.to_string())
            .replace("{code}", &self.code)
            .replace('\n', "\r\n");
        let signed = self
            .key
            .sign(domain, SELECTOR, mail.as_bytes(), Timestamp::now())
            .map_err(|error| Stopped::new(Exit::Failed, error))?;
        let maildir = self.folder.join("Maildir");
        let name = format!("{}.{number}.rehearsal", Timestamp::now().as_microsecond());
        fs::write(maildir.join("tmp").join(&name), signed).map_err(failed)?;
        fs::rename(
            maildir.join("tmp").join(&name),
            maildir.join("new").join(&name),
        )
        .map_err(failed)
    }

    /// Shows the log's new lines until one of type `awaited` is there; returns how many there are.
    async fn await_event(
        &self,
        log: &Path,
        mut shown: usize,
        awaited: &str,
    ) -> Result<usize, Stopped> {
        let found = timeout(LONGEST_STEP, async {
            let mut look = interval(Duration::from_millis(5));
            loop {
                look.tick().await;
                let text = fs::read_to_string(log).unwrap_or_default();
                // A line without its end is still being written.
                let whole = text
                    .rfind('\n')
                    .map_or("", |end| text.get(..end).unwrap_or_default());
                for line in whole.lines().skip(shown) {
                    shown += 1;
                    let event: Value = serde_json::from_str(line)
                        .map_err(|error| Stopped::new(Exit::BadData, error))?;
                    self.show_event(line, &event)?;
                    if event.get("type").and_then(Value::as_str) == Some(awaited) {
                        return Ok(shown);
                    }
                }
            }
        });
        found.await.unwrap_or_else(|_| {
            Err(Stopped::new(
                Exit::Failed,
                format!("no {awaited} within {LONGEST_STEP:?}"),
            ))
        })
    }

    fn show_event(&self, line: &str, event: &Value) -> Result<(), Stopped> {
        self.say(&format!("  logged: {}", log::sentence(line)), event)?;
        let Some(seconds) = event.get("seconds_after_code").and_then(Value::as_i64) else {
            return Ok(());
        };
        self.say(
            &format!(
                "  the answer came {seconds} s after the code was handed over{}",
                automatic(seconds)
            ),
            &Value::Null,
        )
    }

    /// What the submission step got. The code is made up, so it may be shown.
    fn show_handed_over(&self) -> Result<(), Stopped> {
        let text = fs::read_to_string(self.handed_over())
            .map_err(|error| Stopped::new(Exit::Failed, error))?;
        let handed: Value =
            serde_json::from_str(&text).map_err(|error| Stopped::new(Exit::BadData, error))?;
        let code = handed
            .get("code")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if code != self.code {
            let why = "the submission step did not get the code that was sent";
            return Err(Stopped::new(Exit::Failed, why));
        }
        self.say(
            &format!("  handed over on standard input: code {code}"),
            &json!({ "handed_over": handed }),
        )
    }

    /// One line for the person, or one object where there is one.
    fn say(&self, sentence: &str, object: &Value) -> Result<(), Stopped> {
        let elapsed = self.began.elapsed();
        match self.form {
            Form::Text => print::line(&format!("{:>8.3} s  {sentence}", elapsed.as_secs_f64())),
            Form::Json if object.is_null() => Ok(()),
            Form::Json => {
                print::object(&json!({ "after_ms": elapsed.as_millis(), "step": object }))
            }
        }
    }
}
