//! Where the configuration and the state are, by the contract's rules.
//!
//! It reads environment variables and asks whether files exist; it opens nothing. SECURITY: a
//! relative path in an XDG variable is ignored, as the XDG base directory specification demands.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::ConfigError;

/// The machine-wide configuration.
const SYSTEM: &str = "/etc/sustained/config.toml";

/// The configuration to run on when none was named: the first of [`places`] that exists.
#[must_use]
pub fn default_path() -> Option<PathBuf> {
    // A place that may not be looked at counts as there: reading it then tells the reason.
    places()
        .into_iter()
        .find(|place| place.try_exists().unwrap_or(true))
}

/// Where a configuration is looked for, best first: `/etc/sustained/config.toml`, then
/// `$XDG_CONFIG_HOME/sustained/config.toml` (or `~/.config/sustained/config.toml`).
#[must_use]
pub fn places() -> Vec<PathBuf> {
    places_in(&|name| std::env::var_os(name))
}

/// The folder of everything that must survive: the first of `$STATE_DIRECTORY` (systemd),
/// `$XDG_STATE_HOME/sustained`, `~/.local/state/sustained`. It may not exist yet.
///
/// # Errors
///
/// [`ConfigError::NoHome`] when none of the variables is set.
pub fn state_dir() -> Result<PathBuf, ConfigError> {
    state_dir_in(&|name| std::env::var_os(name))
}

/// Looks a variable up.
type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

fn places_in(lookup: Lookup<'_>) -> Vec<PathBuf> {
    let own = base(lookup, "XDG_CONFIG_HOME", ".config");
    std::iter::once(PathBuf::from(SYSTEM))
        .chain(own.map(|base| base.join("sustained/config.toml")))
        .collect()
}

fn state_dir_in(lookup: Lookup<'_>) -> Result<PathBuf, ConfigError> {
    // systemd.exec(5): several folders are separated by colons; the first is ours.
    let given = lookup("STATE_DIRECTORY")
        .and_then(|all| std::env::split_paths(&all).find(|path| !path.as_os_str().is_empty()));
    given
        .or_else(|| base(lookup, "XDG_STATE_HOME", ".local/state").map(|b| b.join("sustained")))
        .ok_or(ConfigError::NoHome {
            what: "the state of sustained",
            variable: "STATE_DIRECTORY",
        })
}

/// The folder that `variable` names, or `fallback` in the home folder.
fn base(lookup: Lookup<'_>, variable: &str, fallback: &str) -> Option<PathBuf> {
    let named = |name: &str| lookup(name).map(PathBuf::from).filter(|p| p.is_absolute());
    named(variable).or_else(|| named("HOME").map(|home: PathBuf| Path::new(&home).join(fallback)))
}

#[cfg(test)]
mod tests {
    use super::{PathBuf, places_in, state_dir_in};

    fn lookup(set: &[(&str, &str)], name: &str) -> Option<std::ffi::OsString> {
        let found = set.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).into())
    }

    fn check_state(set: &[(&str, &str)], expected: Option<&str>) {
        let found = state_dir_in(&|name| lookup(set, name)).ok();
        assert_eq!(found, expected.map(PathBuf::from), "with {set:?}");
    }

    #[test]
    fn the_state_is_where_systemd_says_then_where_the_person_keeps_state() {
        let home = ("HOME", "/home/me");
        check_state(
            &[("STATE_DIRECTORY", "/var/lib/a:/var/lib/b"), home],
            Some("/var/lib/a"),
        );
        check_state(&[("XDG_STATE_HOME", "/s"), home], Some("/s/sustained"));
        check_state(&[home], Some("/home/me/.local/state/sustained"));
        check_state(
            &[("XDG_STATE_HOME", "relative"), home],
            Some("/home/me/.local/state/sustained"),
        );
        check_state(&[("STATE_DIRECTORY", "")], None);
    }

    #[test]
    fn the_machine_is_asked_before_the_person() {
        let places = places_in(&|name| lookup(&[("HOME", "/home/me")], name));
        let expected = [
            "/etc/sustained/config.toml",
            "/home/me/.config/sustained/config.toml",
        ];
        assert_eq!(places, expected.map(PathBuf::from));
        assert_eq!(places_in(&|_| None).len(), 1);
    }
}
