//! The outlets, with real processes and real sockets: what leaves, and what an answer means.
//! What all of these tests share; the tests are in the modules, one an outlet.
//!
//! Codes here are invented, and still none may stand in a failing test's output: where a code is
//! involved, truth values are compared.

use jiff::SignedDuration;
use sustained::case::effect::{Attempt, Order};
use sustained::config::{self, AlertChannel, AlertTarget, Authenticity, Config, Resolver, Watch};
use sustained::mail::Wordings;
use sustained::outlet::{Format, Outlets};
use tempfile::TempDir;

mod alert;
mod command;
mod desktop;
mod exec;
mod json;
mod notices;
mod ntfy;
mod refusals;
mod services;
mod smtp;
mod test_alert;
mod tls;
pub mod webhook;

/// The types of every notice.
pub fn every_notice() -> Vec<&'static str> {
    let notices = notices::every_notice();
    notices
        .iter()
        .map(|(notice, ..)| notice.type_name())
        .collect()
}

const CODE: &str = "482913";

fn config(command: Option<(Vec<String>, SignedDuration)>, alerts: Vec<AlertTarget>) -> Config {
    let submission = command.map(|(command, timeout)| config::Submission {
        step: config::Step::Command(command),
        timeout,
        code_lifetime: SignedDuration::from_mins(10),
        dry_run: None,
    });
    let alerts = alerts
        .into_iter()
        .map(|target| AlertChannel::new("me-first".to_owned(), target))
        .collect();
    Config {
        path: "/nowhere/config.toml".into(),
        mailboxes: Vec::new(),
        authenticity: Authenticity {
            resolver: Resolver::System,
            pinned_keys: Vec::new(),
            forwarders: Vec::new(),
        },
        submission,
        alerts,
        watch: Watch {
            sweep: SignedDuration::from_mins(1),
            deaf_after: SignedDuration::from_mins(5),
        },
        heartbeat: None,
        status: None,
        browser: config::Browser::default(),
        wordings_folder: None,
        wordings: Wordings::built_in(),
    }
}

fn perform(config: &Config, order: Order) -> Attempt {
    let outlets = Outlets::new(config, Format::Human).expect("the configuration is sound");
    match order {
        Order::Submit(submission) => run(outlets.submit(submission)),
        Order::Alert(alert) => run(outlets.tell(alert)),
        Order::Prove(_) => panic!("no outlet proves a sender"),
    }
}

fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime can be built").block_on(work)
}

fn place() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}
