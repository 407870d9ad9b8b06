//! `[submission]` -> what a code is handed to: a program, a server, or a browser that is open.
//!
//! It starts nothing and asks nobody. SECURITY: which program or server gets the code depends on
//! no environment, a server on a closed network must be wanted, and a browser is on this machine.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use toml::Spanned;

use super::endpoint::{Endpoint, endpoint};
use super::file::{AttachTable, SubmissionTable, WebhookTable};
use super::meaning::{duration_or, noted, path, secret};
use super::problem::Problems;
use super::secret::SecretSource;
use super::words::{self, is_loopback, is_private};

/// The submission step.
#[derive(Debug, Clone)]
pub struct Submission {
    /// What the code is handed to.
    pub step: Step,
    /// How long one hand-over may take.
    pub timeout: SignedDuration,
    /// How long a code is good for, counted from INTERNALDATE.
    pub code_lifetime: SignedDuration,
    /// A program and its arguments that says whether the step would work; it gets no code.
    pub dry_run: Option<Vec<String>>,
}

/// What a code is handed to.
#[derive(Debug, Clone)]
pub enum Step {
    /// A program and its arguments; the code comes on its standard input.
    Command(Vec<String>),
    /// A server, in a signed request.
    Webhook(Webhook),
    /// A browser of the person's that runs and can be driven at this address of this machine.
    Browser(SocketAddr),
}

/// A server that takes codes.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Where the request goes.
    pub endpoint: Endpoint,
    /// What it is signed with.
    pub secret: SecretSource,
    /// What it is signed with besides, while one secret takes the other's place.
    pub old_secret: Option<SecretSource>,
    /// A PEM file whose certificates are trusted instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// The server may have an address of this machine or of a closed network.
    pub allow_private: bool,
}

/// What the table means; `None` if something in it is wrong, and then it is noted.
pub(super) fn submission(
    table: Spanned<SubmissionTable>,
    base: &Path,
    problems: &mut Problems<'_>,
) -> Option<Submission> {
    let (header, table) = (table.span(), table.into_inner());
    let timeout = duration_or(table.timeout, SignedDuration::from_secs(60), problems);
    // Meta's own mails speak of minutes; none that was seen says more than this.
    let code_lifetime = duration_or(table.code_lifetime, SignedDuration::from_mins(15), problems);
    let step = match (table.command, table.webhook, table.browser) {
        (Some(command), None, None) => {
            let found = words::command(command.get_ref());
            noted(found, command.span(), problems).map(|()| Step::Command(command.into_inner()))
        }
        (None, Some(table), None) => webhook(table, base, problems).map(Step::Webhook),
        (None, None, Some(table)) => browser(table, problems).map(Step::Browser),
        (None, None, None) => {
            let what = "`command`, `webhook` or `browser` is missing; add command = \
                        [\"/path/of/a/program\"], webhook = { url = \"https://…\", secret = \
                        { file = \"…\" } } or browser = { address = \"127.0.0.1:9222\" }, or \
                        remove [submission]";
            problems.add(header, what);
            None
        }
        _ => {
            let what = "a code is handed over in one way: keep one of `command`, `webhook` and \
                        `browser`";
            problems.add(header, what);
            None
        }
    };
    let dry_run = match table.dry_run {
        Some(command) => {
            let found = words::command(command.get_ref());
            noted(found, command.span(), problems)?;
            Some(command.into_inner())
        }
        None => None,
    };
    Some(Submission {
        step: step?,
        timeout,
        code_lifetime,
        dry_run,
    })
}

/// `browser = { … }`
fn browser(table: Spanned<AttachTable>, problems: &mut Problems<'_>) -> Option<SocketAddr> {
    let (header, table) = (table.span(), table.into_inner());
    let Some(address) = table.address else {
        let what = "`address` is missing in browser; write address = \"127.0.0.1:9222\"";
        problems.add(header, what);
        return None;
    };
    let parsed: Option<SocketAddr> = address.get_ref().parse().ok();
    let found = parsed.filter(|address| address.ip().is_loopback() && address.port() != 0);
    let found = found.ok_or_else(|| {
        "this is not where a browser of this machine is driven; write 127.0.0.1 and the port that \
         it was started with, such as \"127.0.0.1:9222\""
            .to_owned()
    });
    noted(found, address.span(), problems)
}

/// `webhook = { … }`
fn webhook(
    table: Spanned<WebhookTable>,
    base: &Path,
    problems: &mut Problems<'_>,
) -> Option<Webhook> {
    let (header, table) = (table.span(), table.into_inner());
    let allow_private = table.allow_private;
    let mut missing = |key: &str, example: &str| {
        let what = format!("`{key}` is missing in webhook; write {key} = {example}");
        problems.add(header.clone(), what);
    };
    if table.url.is_none() {
        missing("url", "\"https://host/path\"");
    }
    if table.secret.is_none() {
        missing("secret", "{ file = \"/path\" } for the secret that signs");
    }
    let endpoint = table.url.and_then(|url| {
        let found = endpoint(url.get_ref()).and_then(|found| wanted(found, allow_private));
        noted(found, url.span(), problems)
    });
    let key = table.secret.and_then(|table| secret(table, base, problems));
    let old_secret = match table.old_secret {
        Some(table) => Some(secret(table, base, problems)?),
        None => None,
    };
    let ca_file = match table.ca_file {
        Some(file) => {
            let found = path(file.get_ref(), base).map_err(str::to_owned);
            Some(noted(found, file.span(), problems)?)
        }
        None => None,
    };
    Some(Webhook {
        endpoint: endpoint?,
        secret: key?,
        old_secret,
        ca_file,
        allow_private,
    })
}

/// What can be told without resolving a name is told now, not when a code is there.
fn wanted(endpoint: Endpoint, allow_private: bool) -> Result<Endpoint, String> {
    let host = &endpoint.host;
    let is_closed = is_loopback(host) || host.parse::<IpAddr>().is_ok_and(is_private);
    if is_closed && !allow_private {
        return Err(
            "this is an address of this machine or of a closed network; if it is meant to be \
             there, write allow_private = true beside url"
                .to_owned(),
        );
    }
    Ok(endpoint)
}
