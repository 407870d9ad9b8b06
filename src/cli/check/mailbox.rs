//! One mailbox: what lets us in, the way there step by step, its folders, IDLE, the server's clock.
//!
//! It reads and leaves no trace: folders are opened for reading only. What cannot be tried because
//! a step before it failed is named as skipped.

use std::env;
use std::future::ready;
use std::net::IpAddr;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use tokio::time::{Duration, Instant};

use super::maildir;
use super::report::Checks;
use crate::config::secret::SecretSource;
use crate::config::{Imap, Mailbox, Security, Source};
use crate::mail::{FolderName, UidValidity};
use crate::source::imap::{self, Credentials, ImapError, Session, Trust, Wake};

/// A certificate that ends sooner should have been renewed: Let's Encrypt does it a month before.
const SOON: SignedDuration = SignedDuration::from_hours(24 * 14);

/// An address that takes longer to fail than this delays every new connection.
const SLOW: Duration = Duration::from_secs(2);

/// A message may be so much younger than now: clocks differ by seconds, INTERNALDATE has no less.
const FROM_THE_FUTURE: SignedDuration = SignedDuration::from_secs(60);

/// What helps where nobody tells of new mail.
pub(super) const ARM: &str = "before you press Send, run `sustained arm`: then it looks every 3 s";

/// As README says: what the service is given, given by hand.
const BY_HAND: &str = "sudo CREDENTIALS_DIRECTORY=/etc/sustained \
                       STATE_DIRECTORY=/var/lib/sustained sustained check";

pub(super) async fn check(mailbox: &Mailbox, state_dir: &Path) -> Checks {
    let mut checks = Checks::default();
    match &mailbox.source {
        Source::Maildir(there) => maildir::check(&mut checks, mailbox, there).await,
        Source::Imap(imap) => {
            let credentials = Credentials::of(imap, &mailbox.name, state_dir);
            let lets_in = check_credentials(&mut checks, mailbox, &credentials).await;
            if check_way(&mut checks, mailbox, imap).await {
                let tried = check_server(&mut checks, mailbox, imap, lets_in, &credentials);
                if let Err(error) = tried.await {
                    let observed = format!("{}:{}: {error}", imap.host, imap.port);
                    checks.fail(name(mailbox, "server"), observed, remedy(&error));
                }
            }
        }
    }
    checks
}

pub(super) fn name(mailbox: &Mailbox, what: &str) -> String {
    format!("mailbox {}: {what}", mailbox.name)
}

/// What can be done about trouble with a server.
pub(super) fn remedy(error: &ImapError) -> &'static str {
    match error {
        ImapError::Refused(_) => "correct login or password",
        ImapError::Revoked(_) => "consent anew: `sustained init --oauth` with its issuer",
        ImapError::NeedsPerson(_) => "correct this mailbox in the configuration",
        ImapError::Outage(_) => "try again later; check host, port and network if it stays",
        ImapError::Limit(_) => "end other programs that are connected to this account",
        ImapError::Throttled(_) => "wait; the server wants to be asked less often",
        ImapError::Broken(_) => "is this an IMAP server?",
    }
}

/// Whether there is a password or a token that holds.
async fn check_credentials(
    checks: &mut Checks,
    mailbox: &Mailbox,
    credentials: &Credentials,
) -> bool {
    let (what, found, action) = match credentials {
        Credentials::Password(source) => {
            let place = source.clone();
            // A program that is asked for it may take seconds.
            let read = tokio::task::spawn_blocking(move || place.read()).await;
            let read = read.map_err(|error| error.to_string());
            let read = read.and_then(|read| read.map_err(|error| error.to_string()));
            let is_kept_for_another = matches!(source, SecretSource::Credential(_))
                && env::var_os("CREDENTIALS_DIRECTORY").is_none();
            let action = if is_kept_for_another {
                BY_HAND
            } else {
                "put it where `password` of this mailbox looks for it"
            };
            ("password", read.map(|_| source.describe()), action)
        }
        Credentials::Tokens(keyring) => {
            let read = keyring.access().await.map_err(ImapError::from);
            let action = read.as_ref().map_or_else(remedy, |_| "");
            let found = read.map(|_| "there is one that holds".to_owned());
            ("tokens", found.map_err(|error| error.to_string()), action)
        }
    };
    let is_there = found.is_ok();
    match found {
        Ok(place) => checks.pass(name(mailbox, what), place),
        Err(why) => checks.fail(name(mailbox, what), why, action),
    }
    is_there
}

/// The way there: the name, the port, the certificate. Whether somebody answers at its end.
async fn check_way(checks: &mut Checks, mailbox: &Mailbox, imap: &Imap) -> bool {
    let reached = check_addresses(checks, mailbox, imap).await;
    if !reached {
        let observed = "not tried: the server is not reached";
        checks.skip(name(mailbox, "TLS, sign-in, folders"), observed);
        return false;
    }
    let is_believed = imap.tls == Security::None || check_certificate(checks, mailbox, imap).await;
    if !is_believed {
        let observed = "not tried: the server is not believed";
        checks.skip(name(mailbox, "sign-in, folders"), observed);
    }
    is_believed
}

async fn check_addresses(checks: &mut Checks, mailbox: &Mailbox, imap: &Imap) -> bool {
    let dns = name(mailbox, "DNS");
    let addresses = match imap::addresses(&imap.host, imap.port).await {
        Ok(addresses) => addresses,
        Err(error) => {
            let action = "correct imap.host, or see why no name server here knows it";
            checks.fail(dns, error, action);
            return false;
        }
    };
    if imap.host.parse::<IpAddr>().is_err() {
        let shown: Vec<String> = addresses.iter().map(|one| one.ip().to_string()).collect();
        checks.pass(dns, format!("{} is {}", imap.host, shown.join(", ")));
    }
    let (mut unreached, mut silent) = (Vec::new(), Vec::new());
    let mut first = None;
    for address in addresses {
        let start = Instant::now();
        match imap::knock(address).await {
            Ok(()) => {
                first.get_or_insert((address, start.elapsed()));
            }
            Err(error) => {
                let observed = format!("{}: {error}", address.ip());
                // What is refused at once costs a new connection nothing.
                if start.elapsed() > SLOW {
                    silent.push(observed.clone());
                }
                unreached.push(observed);
            }
        }
    }
    let tcp = name(mailbox, "TCP");
    match first {
        None => {
            let action = "check imap.port and the network, and whether a firewall is in between";
            checks.fail(tcp, unreached.join("; "), action);
        }
        Some((address, took)) => {
            checks.pass(tcp, format!("{address} answers in {}", shown(took)));
            if !silent.is_empty() {
                let action = "each new connection may wait ten seconds for it: mend the way there \
                              (often IPv6)";
                checks.warn(
                    name(mailbox, "TCP, other addresses"),
                    silent.join("; "),
                    action,
                );
            }
        }
    }
    first.is_some()
}

async fn check_certificate(checks: &mut Checks, mailbox: &Mailbox, imap: &Imap) -> bool {
    let tls = name(mailbox, "TLS");
    let found = match imap::certificate(imap).await {
        Ok(found) => found,
        Err(error) => {
            let action = "check imap.port and imap.tls: 993 is \"implicit\", 143 is \"starttls\"";
            checks.fail(tls, error, action);
            return false;
        }
    };
    checks.pass(tls, found.protocol);
    match (&found.chain, imap.fingerprint) {
        (Ok(()), None) => checks.pass(name(mailbox, "TLS chain"), "signed by somebody believed"),
        (Ok(()), Some(_)) => checks.pass(name(mailbox, "TLS chain"), "the one that is pinned"),
        (Err(doubt), _) => {
            checks.fail(name(mailbox, "TLS chain"), &doubt.why, doubt.remedy);
        }
    }
    match (&found.name, imap.fingerprint) {
        (_, Some(_)) => {}
        (Ok(()), None) => checks.pass(name(mailbox, "TLS name"), &imap.host),
        (Err(doubt), None) => {
            let observed = format!("{}, and not for {}", doubt.why, imap.host);
            checks.fail(name(mailbox, "TLS name"), observed, doubt.remedy);
        }
    }
    if let Some(until) = found.until {
        let day = until.strftime("%Y-%m-%d");
        let observed = format!("the server's own certificate is good until {day}");
        let left = until.duration_since(Timestamp::now());
        if found.chain.is_ok() && left < SOON {
            let action = "whoever runs the server has to renew it";
            checks.warn(name(mailbox, "TLS end"), observed, action);
        } else if left >= SignedDuration::ZERO {
            checks.pass(name(mailbox, "TLS end"), observed);
        }
    }
    found.chain.is_ok() && found.name.is_ok()
}

/// What needs a conversation.
async fn check_server(
    checks: &mut Checks,
    mailbox: &Mailbox,
    imap: &Imap,
    lets_in: bool,
    credentials: &Credentials,
) -> Result<(), ImapError> {
    let (session, before) = imap::connect(imap, &Trust::default()).await?;
    checks.pass(name(mailbox, "greeting"), before.names().join(" "));
    if !lets_in {
        let observed = "not tried: there is nothing to sign in with";
        checks.skip(name(mailbox, "sign-in, folders"), observed);
        session.logout().await;
        return Ok(());
    }
    let signed_in = imap::sign_in(session, before, imap, credentials).await;
    let (mut session, capabilities) = match signed_in {
        Ok(signed_in) => signed_in,
        Err(error) => {
            checks.fail(name(mailbox, "sign-in"), &error, remedy(&error));
            let observed = "not tried: the server does not let us in";
            checks.skip(name(mailbox, "folders, IDLE, server's clock"), observed);
            return Ok(());
        }
    };
    checks.pass(name(mailbox, "sign-in"), "accepted");
    checks.pass(
        name(mailbox, "capabilities"),
        capabilities.names().join(" "),
    );
    let mut open = None;
    for folder in &imap.folders {
        let found;
        (session, found) = check_folder(checks, mailbox, session, folder).await?;
        open = open.or(found);
    }
    if let Some(folder) = open {
        (session, _) = session.examine(&folder).await?;
        // In this order: what was announced and not yet looked at would end IDLE before it begins.
        session = check_dates(checks, mailbox, session).await?;
        session = check_idle(checks, mailbox, session, capabilities.idle).await?;
    }
    session.logout().await;
    Ok(())
}

/// The folder's name on the server, if it can be opened.
async fn check_folder(
    checks: &mut Checks,
    mailbox: &Mailbox,
    session: Session,
    folder: &FolderName,
) -> Result<(Session, Option<String>), ImapError> {
    let name = name(mailbox, &format!("folder {folder}"));
    let (session, found) = imap::resolve(session, folder).await?;
    let Some(found) = found else {
        checks.warn(
            name,
            "the server marks no folder so",
            "name the folder itself if there is one for junk",
        );
        return Ok((session, None));
    };
    let (session, selected) = session.examine(&found).await?;
    match selected {
        Ok(selected) => {
            let observed = format!(
                "{} messages, UIDVALIDITY {}",
                selected.exists, selected.uid_validity.0
            );
            if selected.uid_validity == UidValidity(0) {
                let observed = format!("{observed}: the server gives none, dates are gone by");
                let action = "whoever runs the server can give its folders a UIDVALIDITY";
                checks.warn(name, observed, action);
            } else {
                checks.pass(name, observed);
            }
            Ok((session, Some(found)))
        }
        Err(words) => {
            checks.fail(name, words, "correct `folders`");
            Ok((session, None))
        }
    }
}

/// IDLE, begun and ended at once: a server may offer it and refuse it, or forget to end it.
async fn check_idle(
    checks: &mut Checks,
    mailbox: &Mailbox,
    session: Session,
    is_offered: bool,
) -> Result<Session, ImapError> {
    let name = name(mailbox, "IDLE");
    let start = Instant::now();
    if !is_offered {
        let observed = "not offered: looked at every 15 s instead";
        checks.warn(name, observed, ARM);
        return Ok(session);
    }
    let (session, wake) = session
        .idle(start + Duration::from_secs(15), ready(()))
        .await?;
    match wake {
        Wake::Refused => {
            let observed = "offered and refused: looked at every 15 s instead";
            checks.warn(name, observed, ARM);
        }
        Wake::Quiet => {
            let observed = format!("begun and ended in {}", shown(start.elapsed()));
            checks.pass(name, observed);
        }
        // It may have been told of before IDLE began.
        Wake::Mail | Wake::Elsewhere => checks.skip(name, "mail came just then: run it again"),
    }
    Ok(session)
}

/// A message from the future tells of a wrong clock, here or there.
async fn check_dates(
    checks: &mut Checks,
    mailbox: &Mailbox,
    session: Session,
) -> Result<Session, ImapError> {
    let name = name(mailbox, "server's clock");
    let (session, newest) = session.highest_uid().await?;
    let Some(uid) = newest else {
        checks.skip(name, "no message tells: `check --prove` measures it");
        return Ok(session);
    };
    let (session, date) = session.internal_date(uid).await?;
    let Some(date) = date else {
        checks.skip(name, "the server gives its newest message no date");
        return Ok(session);
    };
    let ahead = date.duration_since(Timestamp::now());
    if ahead > FROM_THE_FUTURE {
        let observed = format!(
            "its newest message is from {} s in the future",
            ahead.as_secs()
        );
        let action = "see which clock is wrong, this machine's or the server's: a code's lifetime \
                      is counted by both";
        checks.warn(name, observed, action);
    } else {
        checks.pass(name, "its newest message is not from the future");
    }
    Ok(session)
}

/// A duration for people, in milliseconds.
pub(super) fn shown(took: Duration) -> String {
    format!("{} ms", took.as_millis().max(1))
}
