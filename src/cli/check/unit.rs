//! The unit of the service: what systemd says of it, and what it gives the service.
//!
//! Whoever checks as root means the service: the check goes on in the service's own environment.
//! It changes nothing there. SECURITY: starts `systemctl` with fixed arguments, for a few seconds
//! at most, and as root this very program again, with two more variables.

use std::collections::BTreeMap;
use std::env;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};

use super::super::is_root;
use super::system::{ask, credentials};
use crate::config::Config;

/// Its name.
pub(super) const UNIT: &str = "sustained.service";

/// What is asked about the unit.
const FACTS: &str = "--property=LoadState,ActiveState,SubState,Result,UnitFileState,NRestarts,\
                     NeedDaemonReload,WatchdogUSec,StateDirectory";

/// The configuration of a unit that names none.
const CONFIG: &str = "/etc/sustained/config.toml";

/// What is known of the unit.
#[derive(Debug)]
pub(super) struct Unit {
    facts: BTreeMap<String, String>,
    /// Its lines and those of its drop-ins, in their order; `None` if they are not shown.
    lines: Option<Vec<(String, String)>>,
}

impl Unit {
    /// What systemd says; `None` where it does not run the machine, or does not answer.
    pub(super) async fn ask() -> Option<Self> {
        let facts = ask("systemctl", &["show", UNIT, FACTS]).await?;
        let text = ask("systemctl", &["cat", UNIT]).await;
        Some(Self {
            facts: pairs(&facts).collect(),
            lines: text.map(|text| pairs(&text).collect()),
        })
    }

    pub(super) fn fact(&self, name: &str) -> &str {
        self.facts.get(name).map_or("", String::as_str)
    }

    /// Where the service keeps its state, if the unit names a folder.
    pub(super) fn state_dir(&self) -> Option<PathBuf> {
        let named = self.fact("StateDirectory").split_whitespace().next()?;
        Some(Path::new("/var/lib").join(named))
    }

    /// The values of these keys, in their order; `None` if the unit is not shown.
    pub(super) fn values<'a>(
        &'a self,
        keys: &'a [&str],
    ) -> Option<impl DoubleEndedIterator<Item = &'a str>> {
        let lines = self.lines.as_ref()?.iter();
        let meant = lines.filter(|(key, _)| keys.contains(&key.as_str()));
        Some(meant.map(|(_, value)| value.as_str()))
    }

    /// The configuration that the service runs on.
    fn config(&self) -> &Path {
        let start = self
            .values(&["ExecStart"])
            .and_then(|mut all| all.next_back());
        let behind = start.and_then(|line| line.split_once(" --config"));
        let named = behind.and_then(|(_, rest)| rest.strip_prefix(['=', ' ']));
        let named = named.and_then(|rest| rest.split_whitespace().next());
        Path::new(named.unwrap_or(CONFIG))
    }

    /// The one folder in which the files of all these credentials lie, each by its own name.
    fn credentials_dir(&self, names: &[&str]) -> Option<&Path> {
        let file = |name: &str| {
            let mut given = self.values(&["LoadCredential"])?.rev();
            let file = given.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            let file = Path::new(file);
            let is_named_so = file.is_absolute() && file.file_name()? == name;
            file.parent().filter(|_| is_named_so)
        };
        let mut folders = names.iter().map(|name| file(name));
        let first = folders.next()??;
        folders.all(|folder| folder == Some(first)).then_some(first)
    }
}

fn pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    let lines = text.lines().filter_map(|line| line.split_once('='));
    lines.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
}

/// Begins anew in the service's environment, where root checks the service's configuration in
/// another one. Returns if there is nothing to begin anew for, or it cannot be done.
pub(super) fn go_on_as_the_service(config: &Config, unit: &Unit) -> io::Result<()> {
    if !is_root() || unit.fact("LoadState") != "loaded" || unit.config() != config.path {
        return Ok(());
    }
    let names = credentials(config);
    let folder = unit.credentials_dir(&names).map(Path::to_owned);
    let further = [
        ("CREDENTIALS_DIRECTORY", folder),
        ("STATE_DIRECTORY", unit.state_dir()),
    ];
    let further: Vec<(&str, PathBuf)> = further
        .into_iter()
        // Whoever names another folder means it.
        .filter(|(name, _)| env::var_os(name).is_none())
        .filter_map(|(name, folder)| Some((name, folder?)))
        .collect();
    if further.is_empty() {
        return Ok(());
    }
    let mut again = std::process::Command::new(env::current_exe()?);
    Err(again.args(env::args_os().skip(1)).envs(further).exec())
}
