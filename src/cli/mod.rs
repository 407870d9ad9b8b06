//! The command line: one file a verb.
//!
//! Verbs ask the rooms and print what they say; nothing is decided here.

mod arm;
mod check;
mod code;
mod completions;
mod config;
mod ends;
mod exit;
mod init;
mod log;
mod manual;
mod note;
mod object;
mod offered;
mod print;
mod read;
mod rehearse;
mod run;
mod status;
mod submit_here;
mod submit_via;

use std::fs::File;
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Command, CommandFactory as _, Parser, Subcommand};
use rustix::process::geteuid;
use serde_json::json;
use tracing::Level;

pub use exit::Exit;
use exit::Stopped;
use print::{Bar, Color, Form, Screen};

use crate::config::{self as settings, Config, ConfigError};
use crate::daemon::database;
use crate::mail::plain_sentence;

/// The state folder of the unit that ships.
const OF_THE_SERVICE: &str = "/var/lib/sustained";

/// Watches your mailbox while you object to Meta using your data to train AI.
#[derive(Debug, Parser)]
#[command(name = "sustained", version, max_term_width = 100, after_help = manual::after_help())]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    globals: Globals,
}

/// No verb has as many options of its own, which `--help` shows before those of all verbs.
const BEHIND_ITS_OWN: usize = 100;

/// What every verb takes.
#[derive(Debug, Clone, Args)]
struct Globals {
    /// Answer in JSON: one object, or one a line
    #[arg(long, global = true, display_order = BEHIND_ITS_OWN)]
    json: bool,
    /// The configuration [default: `/etc/sustained/config.toml`, else
    /// `$XDG_CONFIG_HOME/sustained/config.toml`]
    #[arg(long, global = true, value_name = "FILE", display_order = BEHIND_ITS_OWN + 1)]
    config: Option<PathBuf>,
    /// Say more on standard error
    #[arg(long, short, global = true, display_order = BEHIND_ITS_OWN + 2)]
    verbose: bool,
    /// When to use colours; else NO_COLOR is heeded, and CLICOLOR_FORCE where no words change
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto",
          display_order = BEHIND_ITS_OWN + 3)]
    color: Color,
}

impl Globals {
    fn form(&self) -> Form {
        if self.json { Form::Json } else { Form::Text }
    }

    /// What standard output is.
    fn screen(&self) -> Screen {
        Screen::of_stdout(self.color)
    }

    fn config_path(&self) -> Result<PathBuf, Stopped> {
        match &self.config {
            Some(path) => Ok(path.clone()),
            None => settings::default_path().ok_or_else(|| bad_config(&ConfigError::not_found())),
        }
    }

    fn load(&self) -> Result<Config, Stopped> {
        settings::load(&self.config_path()?).map_err(|error| bad_config(&error))
    }
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Write a first configuration and try it while asking; or consent that tokens open a mailbox
    Init(Box<init::Arguments>),
    /// Watch every mailbox, hand codes over, record decisions, alert
    Run,
    /// Go through the whole journey on a mailbox in a temporary folder; needs no configuration
    Rehearse(rehearse::Arguments),
    /// Read messages offline and say what each is and why
    Read(read::Arguments),
    /// Say that you press Send now: codes that were sent before are not handed over any more
    Arm(arm::Arguments),
    /// Print the next code and nothing else, for scripts
    Code(code::Arguments),
    /// File the objection in your browser: fill in the form, wait for the code, type it
    Object(object::Arguments),
    /// Put on record what only you know: that you filed by yourself, or how Meta answered
    Note(note::Arguments),
    /// Show the decision log
    Log(log::Arguments),
    /// Show what is watched, since when it is proved to be heard, and the cases
    Status,
    /// Say whether the configuration is right, or what editors need to know of it
    Config(config::Arguments),
    /// Try everything that `run` needs, and say what is missing
    Check(check::Arguments),
    /// Print what lets a shell complete the command line
    Completions(completions::Arguments),
    /// Write the pages for man into a folder
    Manual(manual::Arguments),
    /// Hand a code on to the submission program of another unit, as a submission command
    #[command(hide = true)]
    SubmitVia(submit_via::Arguments),
    /// Run the submission program for a connection, in the unit of sustained-submit.socket
    #[command(hide = true)]
    SubmitHere(submit_here::Arguments),
}

/// The command line as it is defined, for whoever wants to know whether one is understood.
#[must_use]
pub fn command() -> Command {
    Arguments::command()
}

/// Runs the program with the arguments of this process.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let exit = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Done
            };
            // A closed terminal is no reason to end otherwise.
            drop(error.print());
            if exit == Exit::Usage && wants_json() {
                let why = error.to_string();
                let why = why.split("\n\n").next().unwrap_or_default();
                answer_why(&Stopped::new(exit, why.trim_start_matches("error: ")));
            }
            return exit.into();
        }
    };
    let bar = Bar::new();
    start_logging(&arguments, &bar);
    let globals = arguments.globals;
    let ended = match arguments.verb {
        Verb::Init(arguments) => init::init(&globals, &arguments),
        Verb::Run => run::run(&globals, bar),
        Verb::Rehearse(arguments) => rehearse::rehearse(&globals, &arguments),
        Verb::Read(arguments) => read::read(&globals, &arguments),
        Verb::Arm(arguments) => arm::arm(&globals, &arguments),
        Verb::Code(arguments) => code::code(&globals, &arguments),
        Verb::Object(arguments) => object::object(&globals, &arguments),
        Verb::Note(arguments) => note::note(&globals, &arguments),
        Verb::Log(arguments) => log::log(&globals, &arguments),
        Verb::Status => status::status(&globals),
        Verb::Config(arguments) => config::config(&globals, &arguments),
        Verb::Check(arguments) => check::check(&globals, &arguments),
        Verb::Completions(arguments) => completions::completions(&arguments),
        Verb::Manual(arguments) => manual::manual(&arguments),
        Verb::SubmitHere(arguments) => submit_here::submit_here(&arguments),
        // Ends as a program of the person's ended, with any status at all.
        Verb::SubmitVia(arguments) => return submit_via::submit_via(&arguments),
    };
    match ended {
        Ok(exit) => exit.into(),
        Err(stopped) => {
            if !stopped.why.is_empty() {
                print::talk(&format!("sustained: {}", fit(&stopped.why)));
                if globals.json {
                    answer_why(&stopped);
                }
            }
            stopped.exit.into()
        }
    }
}

/// Whether JSON is asked for on a command line that is not understood.
fn wants_json() -> bool {
    let mut arguments = std::env::args_os().skip(1).take_while(|one| one != "--");
    arguments.any(|one| one == "--json")
}

/// A program that reads the answer learns why there is none.
fn answer_why(stopped: &Stopped) {
    let (exit, message) = (stopped.exit as u8, fit(&stopped.why));
    let error = json!({ "error": { "exit": exit, "message": message } });
    // If standard output is closed there is nobody to tell.
    drop(print::object(&error));
}

/// Why something stopped may hold the name of a file, or the lines of a configuration.
fn fit(why: &str) -> String {
    let lines = why.lines().map(plain_sentence);
    lines.collect::<Vec<_>>().join("\n")
}

/// Logs go to standard error: the daemon's own lines, never a library's. What a library logs may
/// hold what a server or a mail said.
fn start_logging(arguments: &Arguments, bar: &Bar) {
    use tracing_subscriber::filter::Targets;
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;

    let level = match (&arguments.verb, arguments.globals.verbose) {
        (_, true) => Level::DEBUG,
        (Verb::Run, false) => Level::INFO,
        (_, false) => Level::ERROR,
    };
    let beside = bar.clone();
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(move || beside.clone())
        .with_target(false)
        .with_ansi(false);
    let filter = Targets::new().with_target("sustained", level);
    let registry = tracing_subscriber::registry().with(filter);
    // The journal has a clock of its own.
    if is_journal() {
        registry.with(lines.without_time()).init();
    } else {
        registry.with(lines).init();
    }
}

/// Whether standard error leads to the journal: programs inherit the variable and write elsewhere
/// (systemd.exec(5), `JOURNAL_STREAM`).
fn is_journal() -> bool {
    let named = std::env::var("JOURNAL_STREAM").unwrap_or_default();
    let stderr = std::io::stderr().as_fd().try_clone_to_owned();
    let found = stderr.and_then(|stderr| File::from(stderr).metadata());
    found.is_ok_and(|found| named == format!("{}:{}", found.dev(), found.ino()))
}

fn bad_config(error: &ConfigError) -> Stopped {
    let exit = if error.is_permission() {
        Exit::NotPermitted
    } else {
        Exit::BadConfig
    };
    Stopped::new(exit, error)
}

fn state_dir() -> Result<PathBuf, Stopped> {
    settings::state_dir().map_err(|error| bad_config(&error))
}

/// What root may read and write says little about the user of the service.
fn is_root() -> bool {
    geteuid().is_root()
}

/// There is no record to read or to write: the daemon has not worked on this state folder yet.
fn never_ran(state_dir: &Path) -> Stopped {
    let why = format!(
        "{} does not exist: `sustained run` has not run yet{}",
        database(state_dir).display(),
        elsewhere()
    );
    Stopped::new(Exit::Unavailable, why)
}

/// Where the service keeps its state, if that is not the folder that was looked at.
fn elsewhere() -> String {
    let is_named = std::env::var_os("STATE_DIRECTORY").is_some();
    if is_named || !Path::new(OF_THE_SERVICE).exists() {
        return String::new();
    }
    format!(" for this user; the service's: sudo STATE_DIRECTORY={OF_THE_SERVICE} sustained …")
}

/// The runtime: one thread for all sockets.
fn runtime() -> Result<tokio::runtime::Runtime, Stopped> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // Secrets by file or command, and look-ups of addresses: rare and short.
        .max_blocking_threads(4)
        .build()
        .map_err(|error| Stopped::new(Exit::Unavailable, error))
}
