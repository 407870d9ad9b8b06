//! `[heartbeat]` -> whom to tell that everything is heard, and how often.
//!
//! It tells nobody. SECURITY: whoever knows the address can keep an alarm silent, so it is kept
//! as a secret, wherever it was written.

use std::path::Path;

use jiff::SignedDuration;
use toml::Spanned;

use super::endpoint::Endpoint;
use super::file::{HeartbeatTable, SecretTable};
use super::meaning::{duration_or, noted, secret};
use super::problem::Problems;
use super::secret::SecretSource;

/// A service that raises an alarm when it is told nothing any more.
#[derive(Debug, Clone)]
pub struct Heartbeat {
    /// Where its address is.
    pub url: SecretSource,
    /// It is told at most this often.
    pub every: SignedDuration,
}

/// What the table means; `None` if something in it is wrong, and then it is noted.
pub(super) fn heartbeat(
    table: Spanned<HeartbeatTable>,
    base: &Path,
    problems: &mut Problems<'_>,
) -> Option<Heartbeat> {
    let (header, table) = (table.span(), table.into_inner());
    let every = duration_or(table.every, SignedDuration::from_mins(5), problems);
    let Some(url) = table.url else {
        let what = "`url` is missing; it is the address that your monitoring service gave you";
        problems.add(header, what);
        return None;
    };
    let (at, keys) = (url.span(), url.into_inner().0);
    let url = secret(Spanned::new(at.clone(), SecretTable(keys)), base, problems)?;
    if let SecretSource::Value(written) = &url {
        noted(Endpoint::of_secret(written), at, problems)?;
    }
    Some(Heartbeat { url, every })
}
