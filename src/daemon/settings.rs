//! What a configuration means to the engine.

use jiff::SignedDuration;
use tokio::sync::watch;

use crate::case::{Channel, CodePolicy, Policy};
use crate::config::Config;
use crate::engine::{Listening, Settings};
use crate::mail::FolderRef;

use super::mailboxes::Expected;

/// A proof that comes by so much later than a sweep is long leaves a gap on record.
const GRACE: SignedDuration = SignedDuration::from_secs(30);

/// How long a code is good for where no submission step says otherwise.
const CODE_LIFETIME: SignedDuration = SignedDuration::from_mins(15);

/// The engine's settings for `config`, which watches these folders. Mailboxes that have a place in
/// `expected` keep it, because what watches them listens there; so it is with `listening`.
pub(super) fn settings_of(
    config: &Config,
    watched: Vec<FolderRef>,
    expected: &Expected,
    listening: &watch::Sender<Listening>,
) -> Settings {
    let submission = config.submission.as_ref();
    let policy = Policy {
        accounts: Vec::new(),
        linked: Vec::new(),
        codes: submission.map_or(CodePolicy::TellThePerson, |_| CodePolicy::HandOver),
        code_lifetime: submission.map_or(CODE_LIFETIME, |step| step.code_lifetime),
    };
    let policies = config.mailboxes.iter().map(|mailbox| {
        let own = Policy {
            accounts: mailbox.accounts.clone(),
            linked: mailbox.linked.clone(),
            ..policy.clone()
        };
        (mailbox.name.clone(), own)
    });
    let expected = config.mailboxes.iter().map(|mailbox| {
        let place = expected.get(&mailbox.name).cloned();
        let new = || watch::channel(None).0;
        (mailbox.name.clone(), place.unwrap_or_else(new))
    });
    let channels = config.alerts.iter().map(|channel| Channel {
        name: channel.name.clone(),
        types: channel.types.clone(),
        quiet: channel.quiet.clone(),
        may_hold_code: channel.may_hold_code,
        at_most: channel.at_most,
    });
    Settings {
        policies: policies.collect(),
        channels: channels.collect(),
        watched,
        deaf_after: config.watch.deaf_after,
        gap_after: config.watch.sweep + GRACE,
        expected: expected.collect(),
        listening: listening.clone(),
        wordings: std::sync::Arc::clone(&config.wordings),
    }
}
