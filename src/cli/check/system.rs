//! What systemd knows: whether the machine's clock is kept right, how the service is set up, and
//! whether it gives the credentials that the configuration names.
//!
//! It changes nothing there. SECURITY: starts programs of systemd with fixed arguments, for a few
//! seconds at most; where systemd does not run the machine, they end at once and say so.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::super::is_root;
use super::report::Checks;
use super::unit::{UNIT, Unit};
use crate::config::secret::SecretSource;
use crate::config::{Config, state_dir};
use crate::mail::plain;

/// How a unit gives a credential that it names.
const GIVES: [&str; 4] = [
    "LoadCredential",
    "LoadCredentialEncrypted",
    "SetCredential",
    "SetCredentialEncrypted",
];

/// An answer takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// What runs here, for whoever reads a report.
pub(super) fn check_program(checks: &mut Checks) {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let system = release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))
        .map_or(std::env::consts::OS, |name| name.trim_matches('"'));
    let observed = format!(
        "{} on {}, {}{}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::ARCH,
        plain(system),
        if is_root() { ", as root" } else { "" }
    );
    checks.pass("program", observed);
}

pub(super) async fn check(checks: &mut Checks, config: Option<&Config>, unit: Option<&Unit>) {
    check_clock(checks).await;
    let Some(unit) = unit else {
        return checks.skip(
            "service",
            "systemd does not run this machine, or does not answer",
        );
    };
    match unit.fact("LoadState") {
        "loaded" => {}
        "not-found" => {
            return checks.skip("service", format!("there is no {UNIT} on this machine"));
        }
        state => {
            let action = "see what is wrong with it: systemctl status sustained";
            return checks.fail("service", format!("its unit is {state}"), action);
        }
    }
    check_unit(checks, unit);
    if let Some(folder) = unit.state_dir() {
        check_folder(checks, &folder);
    }
    if let Some(config) = config {
        check_credentials(checks, config, unit);
    }
}

async fn check_clock(checks: &mut Checks) {
    let name = "clock";
    match ask(
        "timedatectl",
        &["show", "--property=NTPSynchronized", "--value"],
    )
    .await
    {
        Some(said) if said.trim() == "yes" => checks.pass(name, "kept right by time servers"),
        Some(said) if said.trim() == "no" => checks.warn(
            name,
            "not kept right by time servers: a code's lifetime is counted by it",
            "install systemd-timesyncd or chrony",
        ),
        _ => checks.skip(name, "timedatectl does not say whether it is kept right"),
    }
}

fn check_unit(checks: &mut Checks, unit: &Unit) {
    let fact = |name: &str| unit.fact(name);
    let name = "service";
    let state = format!(
        "{} ({}), started again {} times, watchdog {}",
        fact("ActiveState"),
        fact("SubState"),
        fact("NRestarts"),
        fact("WatchdogUSec"),
    );
    match fact("ActiveState") {
        // A unit that is about to be started again has just ended.
        "failed" | "activating" if fact("SubState") != "start" => checks.fail(
            name,
            format!("{state}; it ended by {}", fact("Result")),
            "see why: journalctl -u sustained",
        ),
        "active" | "reloading" => checks.pass(name, state),
        _ => checks.warn(name, state, "systemctl start sustained"),
    }
    if !matches!(
        fact("UnitFileState"),
        "enabled" | "enabled-runtime" | "static"
    ) {
        let observed = format!(
            "{}: it does not start with the machine",
            fact("UnitFileState")
        );
        checks.warn("service at start", observed, "systemctl enable sustained");
    }
    if fact("NeedDaemonReload") == "yes" {
        let observed = "the unit's file was changed, and systemd does not know it yet";
        checks.warn("service file", observed, "systemctl daemon-reload");
    }
}

/// Whether the state folder that was looked at is the service's.
fn check_folder(checks: &mut Checks, of_the_unit: &Path) {
    let of_the_unit = of_the_unit.display();
    let Ok(looked_at) = state_dir() else {
        return;
    };
    // Whoever names another folder means it.
    if std::env::var_os("STATE_DIRECTORY").is_none() {
        let observed = format!(
            "the service works in {of_the_unit}, and {} was looked at",
            looked_at.display()
        );
        let action = format!("sudo STATE_DIRECTORY={of_the_unit} sustained check");
        checks.warn("state folder of the service", observed, &action);
    }
}

/// Whether the unit gives every credential that the configuration names.
fn check_credentials(checks: &mut Checks, config: &Config, unit: &Unit) {
    let wanted = credentials(config);
    if wanted.is_empty() {
        return;
    }
    let (Some(given), Some(imported)) = (unit.values(&GIVES), unit.values(&["ImportCredential"]))
    else {
        return checks.skip("credentials", "systemctl does not show the unit");
    };
    if imported.count() > 0 {
        return checks.skip("credentials", "the unit imports them by a pattern");
    }
    let given: Vec<&str> = given.filter_map(|value| value.split(':').next()).collect();
    for name in wanted {
        let check = format!("credential {name}");
        if given.contains(&name) {
            checks.pass(check, "the unit gives it");
        } else {
            let action = format!(
                "systemctl edit sustained, and add under [Service]: \
                 LoadCredential={name}:/etc/sustained/{name}"
            );
            checks.fail(check, "the unit does not give it", &action);
        }
    }
}

/// The names of the credentials that stand in a configuration, each once.
pub(super) fn credentials(config: &Config) -> Vec<&str> {
    let mut names: Vec<&str> = config
        .secrets()
        .into_iter()
        .filter_map(|source| match source {
            SecretSource::Credential(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// What a program of systemd's prints; `None` if it is not there, fails or hangs.
pub(super) async fn ask(program: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let output = timeout(PATIENCE, command.output()).await.ok()?.ok()?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(printed)
}
