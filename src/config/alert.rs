//! An `[[alert]]` table -> the channel that the person is told through.
//!
//! It knows the schemes and what each needs; it sends nothing. SECURITY: plain text goes to this
//! machine only, and a password never stands in an address.

use std::path::Path;

use super::address::{self, Address};
use super::file::{AlertTable, nearest};
use super::problem::Problems;
use super::secret::SecretSource;
use super::{AlertChannel, AlertTarget, Endpoint, Security, Smtp, Tls, meaning, words};

/// The schemes there are.
const KNOWN: &str = "stdout:, ntfy://HOST/TOPIC, smtp://HOST/?to=ADDRESS, \
                     smtps://HOST/?to=ADDRESS, json://HOST/PATH";

/// What the tables around an alert say about it.
pub(super) struct Context<'a> {
    /// The folder that relative file names start from.
    pub(super) base: &'a Path,
    /// Who is told by mail if the alert does not say.
    pub(super) person: Option<&'a str>,
}

/// The secrets that stand next to a `url`.
struct Secrets {
    token: Option<SecretSource>,
    password: Option<SecretSource>,
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
        let (header, table) = (table.span(), table.into_inner());
        let Some(url) = table.url else {
            problems.add(header, format!("`url` is missing; it is one of {KNOWN}"));
            continue;
        };
        let span = url.span();
        let secrets = Secrets {
            token: table
                .token
                .and_then(|token| meaning::secret(token, context.base, problems)),
            password: table
                .password
                .and_then(|password| meaning::secret(password, context.base, problems)),
        };
        let found = address::split(url.get_ref()).and_then(|address| {
            schemes.push(address.scheme.clone());
            target(address, secrets, context)
        });
        let target = match found {
            Ok(target) => target,
            Err(what) => {
                problems.add(span, what);
                continue;
            }
        };
        // Numbers are given within a scheme, so that another kind of alert renames none.
        let scheme = schemes.last().map_or("", String::as_str);
        let number = schemes.iter().filter(|other| *other == scheme).count();
        let given = table.name.map(|name| (name.span(), name.into_inner()));
        let (at, name) = given.unwrap_or_else(|| (header, format!("{scheme}-{number}")));
        match words::name(&name) {
            Err(what) => problems.add(at, what),
            Ok(name) if channels.iter().any(|other| other.name == name) => {
                problems.add(
                    at,
                    format!("there are two alerts named `{name}`; rename one"),
                );
            }
            Ok(name) => channels.push(AlertChannel { name, target }),
        }
    }
    channels
}

/// What an address means, or what is wrong with it.
fn target(
    address: Address,
    secrets: Secrets,
    context: &Context<'_>,
) -> Result<AlertTarget, String> {
    match address.scheme.as_str() {
        "stdout" if !address.host.is_empty() => {
            Err("`stdout:` is written without anything after it".to_owned())
        }
        "stdout" if secrets.token.is_some() || secrets.password.is_some() => {
            Err("`stdout:` needs neither token nor password; remove it".to_owned())
        }
        "stdout" => Ok(AlertTarget::Stdout),
        _ if address.host.is_empty() && is_known(&address.scheme) => Err(format!(
            "the host is missing; an alert's url is one of {KNOWN}"
        )),
        "ntfy" => ntfy(address, secrets),
        "json" => json(address, secrets),
        "smtp" | "smtps" => smtp(address, secrets, context).map(AlertTarget::Smtp),
        other => {
            let nearest = nearest(other, &["stdout", "ntfy", "json", "smtp", "smtps"])
                .map(|near| format!("did you mean `{near}`? "))
                .unwrap_or_default();
            Err(format!(
                "unknown alert scheme `{other}`; {nearest}known are {KNOWN}"
            ))
        }
    }
}

fn is_known(scheme: &str) -> bool {
    matches!(scheme, "ntfy" | "json" | "smtp" | "smtps")
}

/// `ntfy://HOST[:PORT]/TOPIC`
fn ntfy(address: Address, secrets: Secrets) -> Result<AlertTarget, String> {
    if address.login.is_some() {
        return Err("a login or token does not belong in an address; write \
                    token = { file = \"/path\" } next to url"
            .to_owned());
    }
    if secrets.password.is_some() {
        return Err(
            "ntfy takes an access token: write token = { … } instead of password".to_owned(),
        );
    }
    if !address.query.is_empty() {
        return Err("an ntfy:// address ends with its topic; remove what follows the ?".to_owned());
    }
    // The server's own rule for topics.
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    if !(1..=64).contains(&address.path.len()) || !address.path.chars().all(plain) {
        return Err(
            "after the host stands a topic of 1 to 64 letters, digits, hyphens or underscores, \
             such as ntfy://ntfy.sh/my-topic"
                .to_owned(),
        );
    }
    let (tls, port) = if words::is_loopback(&address.host) {
        (Tls::None, 80)
    } else {
        (Tls::Implicit, 443)
    };
    Ok(AlertTarget::Ntfy {
        host: address.host,
        port: address.port.unwrap_or(port),
        tls,
        topic: address.path,
        token: secrets.token,
    })
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
