//! What the person wrote -> what the program runs on. Meaning is checked here, and everything
//! that is wrong is found in one go.
//!
//! It opens no file and resolves no name: that a server or a secret is really there is for
//! `check` and `run` to find out. SECURITY: plain text is refused to every host but this one.

use std::ops::Range;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use toml::Spanned;

use super::alert::{self, Context};
use super::browser::browser;
use super::excerpt;
use super::explain::{KNOWN_WORDS, did_you_mean};
use super::file::{AuthenticityTable, File, Key, MailboxTable, SecretTable, WatchTable};
use super::heartbeat::heartbeat;
use super::mailbox;
use super::object;
use super::problem::Problems;
use super::secret::SecretSource;
use super::status::status;
use super::submission::submission;
use super::{Authenticity, Config, Mailbox, Resolver, Watch, words};
use crate::mail::{Wordings, plain};

/// The longest time between two looks at a folder. `status` and the watchdog (daemon/status.rs,
/// daemon/watchdog.rs) take a folder without a proof for a quarter of an hour for one that hangs.
const LONGEST_SWEEP: SignedDuration = SignedDuration::from_mins(10);

/// Where a value stands in the text.
pub(super) type Place = Range<usize>;

/// What a file means; `None` if `problems` has grown.
pub(super) fn config(file: File, path: &Path, problems: &mut Problems<'_>) -> Option<Config> {
    let before = problems.count();
    let base = path.parent().unwrap_or(Path::new(""));
    let provider = provider(file.authenticity.provider.as_ref(), problems);
    let mut mailboxes = mailboxes(file.mailbox, base, problems);
    let object = object::general(file.object, problems);
    for mailbox in &mut mailboxes {
        mailbox.provider = mailbox.provider.take().or_else(|| provider.clone());
        mailbox.object.complete_with(&object);
    }
    let person = mailboxes.first().and_then(|m| m.addresses.first());
    let context = Context {
        base,
        person: person.map(String::as_str),
    };
    let config = Config {
        path: path.to_owned(),
        alerts: alert::channels(file.alert, &context, problems),
        authenticity: authenticity(file.authenticity, problems),
        submission: file
            .submission
            .and_then(|table| submission(table, base, problems)),
        heartbeat: file
            .heartbeat
            .and_then(|table| heartbeat(table, base, problems)),
        status: file.status.and_then(|table| status(table, base, problems)),
        watch: watch(file.watch, problems),
        browser: browser(file.browser, base, problems),
        wordings_folder: file.reading.wordings.and_then(|folder| {
            let found = self::path(folder.get_ref(), base).map_err(str::to_owned);
            noted(found, folder.span(), problems)
        }),
        wordings: Wordings::built_in(),
        mailboxes,
    };
    (problems.count() == before).then_some(config)
}

/// All mailboxes; there must be one, and each name only once.
fn mailboxes(
    tables: Vec<Spanned<MailboxTable>>,
    base: &Path,
    problems: &mut Problems<'_>,
) -> Vec<Mailbox> {
    if tables.is_empty() {
        let end = problems.text().len();
        problems.add(
            end..end,
            "there is no mailbox to watch; add a [[mailbox]] as in config.example.toml",
        );
    }
    let mut mailboxes: Vec<Mailbox> = Vec::new();
    for table in tables {
        let name_at = table.get_ref().name.as_ref().map(Spanned::span);
        let Some(mailbox) = mailbox::mailbox(table, base, problems) else {
            continue;
        };
        if mailboxes.iter().any(|other| other.name == mailbox.name) {
            let what = format!(
                "there are two mailboxes named `{}`; rename one",
                mailbox.name.0
            );
            problems.add(name_at.clone().unwrap_or_default(), what);
        }
        let twin = mailboxes
            .iter()
            .find_map(|other| Some((other, other.source.shared_with(&mailbox.source)?)));
        if let Some((other, folder)) = twin {
            // Whoever comes to a message first takes it, and the other would never see it.
            let what = format!(
                "the mailboxes `{}` and `{}` watch the same folder {folder}: make one of them, \
                 whose `address` is a list",
                other.name.0, mailbox.name.0
            );
            problems.add(name_at.unwrap_or_default(), what);
        }
        mailboxes.push(mailbox);
    }
    mailboxes
}

/// `provider = "…"`
pub(super) fn provider(
    written: Option<&Spanned<String>>,
    problems: &mut Problems<'_>,
) -> Option<String> {
    let written = written?;
    noted(words::domain(written.get_ref()), written.span(), problems)
}

/// `[authenticity]`
pub(super) fn authenticity(table: AuthenticityTable, problems: &mut Problems<'_>) -> Authenticity {
    let resolver = table.resolver.and_then(|resolver| {
        let found = match resolver.get_ref().as_str() {
            "system" => Ok(Resolver::System),
            server => words::name_server(server)
                .map(Resolver::Server)
                .map_err(|what| format!("{what}, or \"system\"")),
        };
        noted(found, resolver.span(), problems)
    });
    let forwarders = table.forwarders.map(Spanned::into_inner);
    let forwarders = forwarders.into_iter().flatten().filter_map(|forwarder| {
        noted(
            words::domain(forwarder.get_ref()),
            forwarder.span(),
            problems,
        )
    });
    let forwarders = forwarders.collect();
    let mut pinned_keys: Vec<(String, String)> = Vec::new();
    for (name, record) in table.pinned_keys {
        let (at, name) = (name.span(), name.into_inner().to_lowercase());
        let name = name.trim_end_matches('.').to_owned();
        if !name.contains("._domainkey.") || name.contains(char::is_whitespace) {
            problems.add(
                at,
                "a pinned key is named selector._domainkey.domain, between quotes",
            );
        } else if !record.get_ref().contains("p=") {
            problems.add(
                record.span(),
                "a DKIM key record has its key after p=, such as \"v=DKIM1; k=rsa; p=…\"",
            );
        } else if pinned_keys.iter().any(|(other, _)| *other == name) {
            problems.add(at, "this key is pinned twice; remove one");
        } else {
            pinned_keys.push((name, record.into_inner()));
        }
    }
    Authenticity {
        resolver: resolver.unwrap_or(Resolver::System),
        pinned_keys,
        forwarders,
    }
}

/// `[watch]`
fn watch(table: WatchTable, problems: &mut Problems<'_>) -> Watch {
    let sweep_at = table.sweep.as_ref().map(Spanned::span);
    let deaf_at = table.deaf_after.as_ref().map(Spanned::span);
    let before = problems.count();
    let watch = Watch {
        sweep: duration_or(table.sweep, SignedDuration::from_secs(60), problems),
        deaf_after: duration_or(table.deaf_after, SignedDuration::from_mins(10), problems),
    };
    if problems.count() > before {
        return watch;
    }
    if watch.sweep > LONGEST_SWEEP {
        problems.add(
            sweep_at.unwrap_or_default(),
            "`sweep` is at most 10 min: a code is good for 15, and a folder that gives no sign of \
             life for as long counts as one whose watcher hangs",
        );
    } else if watch.deaf_after <= watch.sweep {
        problems.add(
            deaf_at.or(sweep_at).unwrap_or_default(),
            "`deaf_after` must be longer than `sweep` (10 min and 60 s if not given), or every \
             mailbox counts as deaf between two sweeps",
        );
    }
    watch
}

/// The one kind of secret that a table names.
pub(super) fn secret(
    table: Spanned<SecretTable>,
    base: &Path,
    problems: &mut Problems<'_>,
) -> Option<SecretSource> {
    let (at, SecretTable(keys)) = (table.span(), table.into_inner());
    let mut sources: Vec<Result<SecretSource, &str>> = Vec::new();
    if let Some(name) = keys.credential {
        let name = name.into_inner();
        let plain = !name.is_empty() && !name.contains(['/', '\0']) && !name.starts_with('.');
        sources.push(
            plain
                .then_some(SecretSource::Credential(name))
                .ok_or("a credential is a name as in systemd's LoadCredential=, without a slash"),
        );
    }
    if let Some(file) = keys.file {
        sources.push(path(file.get_ref(), base).map(SecretSource::File));
    }
    if let Some(command) = keys.command {
        let command = command.into_inner();
        let right = command.first().is_some_and(|program| !program.is_empty())
            && !command.iter().any(|item| item.contains('\0'));
        sources.push(right.then_some(SecretSource::Command(command)).ok_or(
            "a command is a list of a program and its arguments, such as [\"pass\", \"mail\"]",
        ));
    }
    if let Some(name) = keys.env {
        let name = name.into_inner();
        let right = !name.is_empty() && !name.contains(['=', '\0']);
        sources.push(
            right
                .then_some(SecretSource::Env(name))
                .ok_or("env is the name of an environment variable, without $ and ="),
        );
    }
    if let Some(value) = keys.value {
        let secret = value.into_inner().0;
        let right = !secret.reveal().is_empty();
        sources.push(
            right
                .then_some(SecretSource::Value(secret))
                .ok_or("the secret is empty"),
        );
    }
    let found = match (sources.pop(), sources.is_empty()) {
        (Some(source), true) => source,
        (Some(_), false) => {
            Err("a secret is in one place: keep one of credential, file, command, env and value")
        }
        (None, _) => Err(
            "nothing says where the secret is: add one of credential, file, command, env, value",
        ),
    };
    noted(found.map_err(str::to_owned), at, problems)
}

/// A file's name as written -> its path; a relative one starts from the configuration's folder.
pub(super) fn path(text: &str, base: &Path) -> Result<PathBuf, &'static str> {
    if text.is_empty() || text.contains('\0') {
        return Err("a file's name must not be empty");
    }
    if text == "~" || text.starts_with("~/") {
        return Err("`~` means nothing here; write the whole path, such as /home/me/…");
    }
    Ok(base.join(text))
}

/// The duration written, or `default`.
pub(super) fn duration_or(
    written: Key<String>,
    default: SignedDuration,
    problems: &mut Problems<'_>,
) -> SignedDuration {
    written
        .and_then(|text| noted(words::duration(text.get_ref()), text.span(), problems))
        .unwrap_or(default)
}

/// The value, or a note of what is wrong with it.
pub(super) fn noted<T>(
    found: Result<T, String>,
    at: Place,
    problems: &mut Problems<'_>,
) -> Option<T> {
    found.map_err(|what| problems.add(at, what)).ok()
}

/// What is said about a word in the configuration that is none of `known`.
pub(super) fn unknown_word(word: &Spanned<String>, known: &[&str], text: &str) -> String {
    if excerpt::at(text, word.span().start).is_blotted() {
        // It may be a secret in the wrong place.
        return unknown("unknown word here", word.get_ref(), known);
    }
    none_of(word.get_ref(), known)
}

/// What is said about a word that is none of `known`.
#[must_use]
pub fn none_of(word: &str, known: &[&str]) -> String {
    unknown(&format!("unknown word \"{}\"", plain(word)), word, known)
}

fn unknown(what: &str, word: &str, known: &[&str]) -> String {
    let nearest = did_you_mean(word, known, '"');
    format!("{what}; {nearest}{KNOWN_WORDS}{}", known.join(", "))
}
