//! `/metrics`: numbers for Prometheus and the like, as `OpenMetrics` 1.0 has them
//! (<https://prometheus.io/docs/specs/om/open_metrics_spec/>).
//!
//! SECURITY: labels are names of mailboxes as the person wrote them, and words of this program; no
//! address, folder or word of a mail is among them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;

use crate::daemon::status::Folder;
use crate::store::StoreError;

use super::answer::Answer;
use super::routes::Sight;

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The text that metrics are written as.
struct Text(String);

impl Text {
    /// A family, before its samples. `unit` is "" where there is none.
    fn family(&mut self, name: &str, kind: &str, unit: &str, help: &str) {
        // Writing to a String cannot fail.
        writeln!(self.0, "# TYPE {name} {kind}").ok();
        if !unit.is_empty() {
            writeln!(self.0, "# UNIT {name} {unit}").ok();
        }
        writeln!(self.0, "# HELP {name} {help}").ok();
    }

    /// A sample, with one label or none.
    fn sample(&mut self, name: &str, label: Option<(&str, &str)>, value: i64) {
        match label {
            Some((label, text)) => {
                let text = escaped(text);
                writeln!(self.0, "{name}{{{label}=\"{text}\"}} {value}").ok()
            }
            None => writeln!(self.0, "{name} {value}").ok(),
        };
    }
}

fn escaped(label: &str) -> String {
    let label = label.replace('\\', "\\\\").replace('"', "\\\"");
    label.replace('\n', "\\n")
}

/// One mailbox in numbers.
#[derive(Default)]
struct Mailbox {
    folders: i64,
    heard: i64,
    missed: i64,
    /// The oldest of its folders' last proofs.
    oldest: Option<Timestamp>,
}

/// All numbers.
pub(super) fn metrics(sight: &Sight<'_>) -> Result<Answer, StoreError> {
    let mut text = Text(String::new());
    text.family("sustained_build", "info", "", "The program.");
    let version = env!("CARGO_PKG_VERSION");
    text.sample("sustained_build_info", Some(("version", version)), 1);
    let ready = "Whether every watched folder is provably heard.";
    text.family("sustained_ready", "gauge", "", ready);
    text.sample("sustained_ready", None, sight.is_heard.into());
    let help = "Whether the last reload of the configuration was taken on; 1 before the first.";
    let name = "sustained_config_last_reload_successful";
    text.family(name, "gauge", "", help);
    text.sample(
        name,
        None,
        sight.status.configuration_refused.is_none().into(),
    );
    hearing(&mut text, &sight.status.folders, sight.now);
    cases(&mut text, sight);
    let help = "Events on record, by what happened.";
    text.family("sustained_events", "counter", "", help);
    for (name, count) in sight.store.events_by_name()? {
        text.sample("sustained_events_total", Some(("event", &name)), count);
    }
    let open = sight.store.open_effects()?;
    let help = "Hand-overs, alerts and questions that are not done.";
    text.family("sustained_effects", "gauge", "", help);
    for (state, count) in [
        ("due", open.due),
        ("started", open.started),
        ("failed", open.failed),
    ] {
        text.sample("sustained_effects", Some(("state", state)), count);
    }
    let help = "Messages whose sender nobody could prove yet.";
    text.family("sustained_pending_messages", "gauge", "", help);
    let pending = i64::try_from(sight.status.pending).unwrap_or(i64::MAX);
    text.sample("sustained_pending_messages", None, pending);
    text.0.push_str("# EOF\n");
    Ok(Answer::new(OPENMETRICS, text.0))
}

fn hearing(text: &mut Text, folders: &[Folder], now: Timestamp) {
    let mut mailboxes: BTreeMap<&str, Mailbox> = BTreeMap::new();
    for folder in folders {
        let mailbox = mailboxes.entry(&folder.mailbox).or_default();
        mailbox.folders += 1;
        mailbox.heard += i64::from(folder.heard);
        mailbox.missed += i64::from(folder.missed);
        let oldest = mailbox.oldest.into_iter().chain(folder.heard_at).min();
        mailbox.oldest = oldest;
    }
    let help = "Watched folders that there are.";
    text.family("sustained_folders", "gauge", "", help);
    for (name, mailbox) in &mailboxes {
        text.sample(
            "sustained_folders",
            Some(("mailbox", name)),
            mailbox.folders,
        );
    }
    let help = "Of those, the ones that are provably heard.";
    text.family("sustained_folders_heard", "gauge", "", help);
    for (name, mailbox) in &mailboxes {
        let label = Some(("mailbox", *name));
        text.sample("sustained_folders_heard", label, mailbox.heard);
    }
    let age = "sustained_proof_age_seconds";
    let help = "How old the oldest last proof of hearing on record is.";
    text.family(age, "gauge", "seconds", help);
    for (name, mailbox) in &mailboxes {
        if let Some(oldest) = mailbox.oldest {
            let seconds = now.duration_since(oldest).as_secs().max(0);
            text.sample(age, Some(("mailbox", name)), seconds);
        }
    }
    let help = "Messages that the server should have announced, and a look found.";
    text.family("sustained_missed_announcements", "counter", "", help);
    for (name, mailbox) in &mailboxes {
        let label = Some(("mailbox", *name));
        text.sample(
            "sustained_missed_announcements_total",
            label,
            mailbox.missed,
        );
    }
}

fn cases(text: &mut Text, sight: &Sight<'_>) {
    let mut stages: BTreeMap<&str, i64> = BTreeMap::new();
    for case in &sight.status.cases {
        *stages.entry(case.stage.name()).or_default() += 1;
    }
    let help = "Objections, by how far they have come.";
    text.family("sustained_cases", "gauge", "", help);
    for (stage, count) in stages {
        text.sample("sustained_cases", Some(("stage", stage)), count);
    }
}
