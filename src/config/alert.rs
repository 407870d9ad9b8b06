//! An `[[alert]]` table -> the channel that the person is told through.
//!
//! It knows the schemes and what each needs; it sends nothing. The services that speak HTTP are
//! [`super::service`]'s. SECURITY: plain text goes to this machine only, a secret never stands in
//! an address, and a code may only stand where its owner alone reads along.

use std::path::Path;

use jiff::SignedDuration;

use super::address::{self, Address};
use super::explain::{KNOWN_WORDS, did_you_mean};
use super::file::{AlertTable, Key};
use super::problem::Problems;
use super::secret::SecretSource;
use super::{AlertChannel, AlertTarget, Endpoint, Exec, Protocol, Security, Smtp, Tls};
use super::{meaning, quiet, service, types, words};
use crate::case::{Quiet, Types};

/// How the other addresses are written.
const FORMS: [(&str, &str); 6] = [
    ("stdout", "stdout:"),
    ("desktop", "desktop:"),
    ("exec", "exec:"),
    ("json", "json://HOST/PATH"),
    ("smtp", "smtp://HOST/?to=ADDRESS"),
    ("smtps", "smtps://HOST/?to=ADDRESS"),
];

/// An outlet ends within two minutes.
const LONGEST_RUN: SignedDuration = SignedDuration::from_mins(2);

/// What the tables around an alert say about it.
pub(super) struct Context<'a> {
    /// The folder that relative file names start from.
    pub(super) base: &'a Path,
    /// Who is told by mail if the alert does not say.
    pub(super) person: Option<&'a str>,
}

/// The secrets that stand next to a `url`.
pub(super) struct Secrets {
    pub(super) token: Option<SecretSource>,
    pub(super) password: Option<SecretSource>,
}

/// What the tables mean; problems are noted.
pub(super) fn channels(
    tables: Vec<toml::Spanned<AlertTable>>,
    context: &Context<'_>,
    problems: &mut Problems<'_>,
) -> Vec<AlertChannel> {
    let mut channels: Vec<AlertChannel> = Vec::new();
    let mut schemes: Vec<String> = Vec::new();
    for table in tables {
        let (header, mut table) = (table.span(), table.into_inner());
        let given = table
            .name
            .take()
            .map(|name| (name.span(), name.into_inner()));
        let Some((scheme, channel)) = channel(table, &header, context, problems) else {
            continue;
        };
        // Numbers are given within a scheme, so that another kind of alert renames none.
        schemes.push(scheme.clone());
        let number = schemes.iter().filter(|other| **other == scheme).count();
        let (at, name) = given.unwrap_or_else(|| (header, format!("{scheme}-{number}")));
        match words::name(&name) {
            Err(what) => problems.add(at, what),
            Ok(name) if channels.iter().any(|other| other.name == name) => {
                problems.add(
                    at,
                    format!("there are two alerts named `{name}`; rename one"),
                );
            }
            Ok(name) => channels.push(AlertChannel { name, ..channel }),
        }
    }
    channels
}

/// What one table means, still without a name, and its scheme.
fn channel(
    table: AlertTable,
    header: &meaning::Place,
    context: &Context<'_>,
    problems: &mut Problems<'_>,
) -> Option<(String, AlertChannel)> {
    let before = problems.count();
    let Some(url) = table.url else {
        let known = known();
        problems.add(
            header.clone(),
            format!("`url` is missing; it is one of {known}"),
        );
        return None;
    };
    let mut secret = |written: Key<_>| {
        written.and_then(|written| meaning::secret(written, context.base, problems))
    };
    let secrets = Secrets {
        token: secret(table.token),
        password: secret(table.password),
    };
    let exec = exec(table.command, table.timeout, problems);
    let span = url.span();
    let address = meaning::noted(split(url.get_ref()), span.clone(), problems)?;
    let scheme = address.scheme.clone();
    let target = target(address, secrets, exec, context);
    let target = meaning::noted(target, span, problems)?;
    let mut channel = AlertChannel::new(String::new(), target);
    channel.types = types(table.types, problems);
    channel.quiet = quiet(table.quiet, problems);
    channel.may_hold_code = may_hold_code(table.code, &channel.target, problems);
    if let Some(most) = table.at_most {
        channel.at_most = at_most(&most, problems);
    }
    (problems.count() == before).then_some((scheme, channel))
}

/// Takes an address apart. Many think of `mailto:` first, and no server is named in it.
fn split(url: &str) -> Result<Address, String> {
    if url.to_ascii_lowercase().starts_with("mailto:") {
        return Err("mail goes through a server: write smtps://HOST/?to=ADDRESS".to_owned());
    }
    address::split(url)
}

/// `types = ["…"]`
fn types(written: Key<Vec<toml::Spanned<String>>>, problems: &mut Problems<'_>) -> Types {
    let Some(written) = written else {
        return Types::default();
    };
    let (header, written) = (written.span(), written.into_inner());
    if written.is_empty() {
        let what = "this alert would tell nothing; leave `types` out for everything";
        problems.add(header, what);
    }
    let places: Vec<_> = written.iter().map(toml::Spanned::span).collect();
    let names = written.into_iter().map(toml::Spanned::into_inner);
    types::types(names.collect()).unwrap_or_else(|(at, what)| {
        problems.add(places[at].clone(), what);
        Types::default()
    })
}

/// `quiet = "22:00-07:00"`
fn quiet(written: Key<String>, problems: &mut Problems<'_>) -> Option<Quiet> {
    let written = written?;
    meaning::noted(quiet::quiet(written.get_ref()), written.span(), problems)
}

/// `at_most = 20`
fn at_most(written: &toml::Spanned<u16>, problems: &mut Problems<'_>) -> u32 {
    let most = u32::from(*written.get_ref());
    if most == 0 {
        let what = "this alert would tell nothing; write 1 or more, or remove it";
        problems.add(written.span(), what);
    }
    most
}

/// `code = true`
fn may_hold_code(written: Key<bool>, target: &AlertTarget, problems: &mut Problems<'_>) -> bool {
    let Some(written) = written.filter(|written| *written.get_ref()) else {
        return false;
    };
    let danger = match target {
        AlertTarget::Desktop => Some(
            "a code must not stand on the desktop: notify-send takes it as an argument, which \
             every user of this machine can read; remove `code`",
        ),
        AlertTarget::Service(service) => match service.protocol {
            Protocol::Ntfy { token: None, .. } => Some(
                "whoever knows the topic would read the code: give the channel a token that the \
                 topic is reserved for, or remove `code`",
            ),
            _ => None,
        },
        AlertTarget::Stdout => Some(
            "a code must not stand on standard output: that is the service's log; remove `code`",
        ),
        AlertTarget::Json { .. } | AlertTarget::Smtp(_) | AlertTarget::Exec(_) => None,
    };
    if let Some(danger) = danger {
        problems.add(written.span(), danger);
    }
    true
}

/// `command = ["…"]` and its `timeout`, as they stand next to `exec:`.
fn exec(
    command: Key<Vec<String>>,
    timeout: Key<String>,
    problems: &mut Problems<'_>,
) -> Option<Exec> {
    let at = timeout.as_ref().map(toml::Spanned::span);
    let timeout = meaning::duration_or(timeout, SignedDuration::from_secs(60), problems);
    if timeout > LONGEST_RUN {
        let what = "an alert is told within two minutes, or tried again";
        problems.add(at.clone().unwrap_or_default(), what);
    }
    let Some(command) = command else {
        if let Some(at) = at {
            problems.add(at, "`timeout` belongs to the `command` of an exec: alert");
        }
        return None;
    };
    meaning::noted(words::command(command.get_ref()), command.span(), problems)?;
    Some(Exec {
        command: command.into_inner(),
        timeout,
    })
}

/// What an address means, or what is wrong with it.
fn target(
    address: Address,
    secrets: Secrets,
    exec: Option<Exec>,
    context: &Context<'_>,
) -> Result<AlertTarget, String> {
    let scheme = address.scheme.as_str();
    if exec.is_some() && scheme != "exec" {
        return Err("`command` belongs to an alert with url = \"exec:\"".to_owned());
    }
    let is_service = service::FORMS.iter().any(|(known, _)| *known == scheme);
    match scheme {
        "stdout" | "desktop" | "exec" => here(&address, &secrets, exec),
        "smtp" | "smtps" | "json" if address.host.is_empty() => Err(format!(
            "the host is missing; an alert's url is one of {}",
            known()
        )),
        "json" => json(address, secrets),
        "smtp" | "smtps" => smtp(address, secrets, context).map(AlertTarget::Smtp),
        _ if is_service => service::service(address, secrets).map(AlertTarget::Service),
        other => {
            let schemes: Vec<&str> = forms().map(|(scheme, _)| scheme).collect();
            let nearest = did_you_mean(other, &schemes, '`');
            let known = known();
            Err(format!(
                "unknown alert scheme `{other}`; {nearest}{KNOWN_WORDS}{known}"
            ))
        }
    }
}

/// The ways of telling that stay on this machine.
fn here(address: &Address, secrets: &Secrets, exec: Option<Exec>) -> Result<AlertTarget, String> {
    let scheme = &address.scheme;
    if *address != Address::bare(scheme.clone()) {
        return Err(format!("`{scheme}:` is written without anything after it"));
    }
    if secrets.token.is_some() || secrets.password.is_some() {
        return Err(format!(
            "`{scheme}:` needs neither token nor password; remove it"
        ));
    }
    match scheme.as_str() {
        "stdout" => Ok(AlertTarget::Stdout),
        "desktop" => Ok(AlertTarget::Desktop),
        _ => exec.map(AlertTarget::Exec).ok_or_else(|| {
            "`command` is missing: write command = [\"/path/of/a/program\"] next to url".to_owned()
        }),
    }
}

/// Every scheme and how its addresses are written.
fn forms() -> impl Iterator<Item = (&'static str, &'static str)> {
    FORMS.into_iter().chain(service::FORMS)
}

/// How an alert's url is written, in a sentence.
fn known() -> String {
    forms().map(|(_, form)| form).collect::<Vec<_>>().join(", ")
}

/// `json://HOST[:PORT]/PATH`
fn json(address: Address, secrets: Secrets) -> Result<AlertTarget, String> {
    let (None, None, Some(secret)) = (address.login, secrets.password, secrets.token) else {
        return Err(
            "what is posted to json:// is signed, and nothing else is needed: write \
                    token = { file = \"/path\" } next to url, for a signing secret (whsec_…)"
                .to_owned(),
        );
    };
    let (tls, port) = if words::is_loopback(&address.host) {
        (Tls::None, 80)
    } else {
        (Tls::Implicit, 443)
    };
    let endpoint = Endpoint {
        host: address.host,
        port: address.port.unwrap_or(port),
        tls,
        path: address.target,
    };
    Ok(AlertTarget::Json { endpoint, secret })
}

/// `smtp[s]://[LOGIN@]HOST[:PORT]/?to=A&from=B`, or with the receiver as the path.
fn smtp(address: Address, secrets: Secrets, context: &Context<'_>) -> Result<Smtp, String> {
    if secrets.token.is_some() {
        return Err("a mail server takes a login and a password, not a token".to_owned());
    }
    let login = match (address.login, secrets.password) {
        (Some(login), _) if login.is_empty() => {
            return Err("the login before the @ is empty".to_owned());
        }
        (Some(login), Some(password)) => Some((login, password)),
        (None, None) => None,
        (Some(_), None) => {
            return Err(
                "the address has a login and no password; write password = { file = \"/path\" } \
                 next to url"
                    .to_owned(),
            );
        }
        (None, Some(_)) => {
            return Err(
                "there is a password and no login; write the login before the host: \
                 smtps://LOGIN@HOST (an @ inside it as %40)"
                    .to_owned(),
            );
        }
    };
    let (mut to, mut from) = (None, None);
    if !address.path.is_empty() {
        to = Some(words::address(&address.path)?);
    }
    for (name, value) in &address.query {
        let place = match name.as_str() {
            "to" => &mut to,
            "from" => &mut from,
            _ => {
                return Err(
                    "after the ? only `to` and `from` are known, such as ?to=me@example.org"
                        .to_owned(),
                );
            }
        };
        if place.replace(words::address(value)?).is_some() {
            return Err(format!("`{name}` is given twice; keep one"));
        }
    }
    let to = to
        .or_else(|| context.person.map(str::to_owned))
        .ok_or("nobody is named to send to; add ?to=ADDRESS")?;
    let (security, port) = match address.scheme.as_str() {
        "smtps" => (Security::Implicit, 465),
        _ if words::is_loopback(&address.host) => (Security::None, 25),
        _ => (Security::StartTls, 587),
    };
    Ok(Smtp {
        host: address.host,
        port: address.port.unwrap_or(port),
        security,
        login,
        from: from.unwrap_or_else(|| to.clone()),
        to,
    })
}
