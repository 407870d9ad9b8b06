//! The address of a service that takes alerts over HTTP -> how to reach it and what it wants.
//!
//! It knows the services' addresses and not what is sent to them. SECURITY: what a service calls a
//! token, a key or a webhook is a secret, and an address that holds one is refused; plain text goes
//! to this machine only.

use super::address::Address;
use super::alert::Secrets;
use super::secret::SecretSource;
use super::{Protocol, Service, Tls, words};

/// How the addresses of these services are written.
pub(super) const FORMS: [(&str, &str); 8] = [
    ("ntfy", "ntfy://HOST/TOPIC"),
    ("gotify", "gotify://HOST"),
    ("tgram", "tgram://CHAT_ID"),
    ("matrix", "matrix://HOST/ROOM_ID"),
    ("slack", "slack:"),
    ("discord", "discord:"),
    ("pover", "pover:"),
    ("apprise", "apprise://HOST/KEY"),
];

/// Said of a webhook's path in an address, and of a token there.
const SECRET_PATH: &str = "what follows the host looks like a secret, and an address is shown in \
                           logs; take it out and write token = { file = \"/path\" } next to url";

/// The service that `address` and `secrets` name.
pub(super) fn service(address: Address, secrets: Secrets) -> Result<Service, String> {
    let scheme = address.scheme.clone();
    if address.login.is_some() {
        return Err("a login or token does not belong in an address; write \
                    token = { file = \"/path\" } next to url"
            .to_owned());
    }
    if secrets.password.is_some() && scheme != "pover" {
        return Err(format!(
            "{scheme} takes a token: write token = {{ … }} instead of password"
        ));
    }
    if !address.query.is_empty() {
        return Err(format!(
            "nothing follows a ? in a {scheme} address; remove what follows the ?"
        ));
    }
    let has_usual_host = matches!(scheme.as_str(), "tgram" | "slack" | "discord" | "pover");
    if address.host.is_empty() && !has_usual_host {
        let form = FORMS.iter().find(|(known, _)| *known == scheme);
        let form = form.map_or("", |(_, form)| form);
        return Err(format!("the host is missing; write {form}"));
    }
    let (host, protocol) = match scheme.as_str() {
        "ntfy" => ntfy(&address, secrets)?,
        "gotify" => (String::new(), gotify(&address, secrets)?),
        "tgram" => telegram(&address, secrets)?,
        "matrix" => (String::new(), matrix(&address, secrets)?),
        "slack" => webhook(&address, secrets, "hooks.slack.com", |webhook| {
            Protocol::Slack { webhook }
        })?,
        "discord" => webhook(&address, secrets, "discord.com", |webhook| {
            Protocol::Discord { webhook }
        })?,
        "pover" => pushover(&address, secrets)?,
        _ => (String::new(), apprise(&address, &secrets)?),
    };
    Ok(place(address, host, protocol))
}

/// The service at `address`, or at the `usual` host where the address names none.
fn place(address: Address, usual: String, protocol: Protocol) -> Service {
    let host = if usual.is_empty() {
        address.host
    } else {
        usual
    };
    let (tls, port) = if words::is_loopback(&host) {
        (Tls::None, 80)
    } else {
        (Tls::Implicit, 443)
    };
    Service {
        host,
        port: address.port.unwrap_or(port),
        tls,
        protocol,
    }
}

/// The token, which `what` says more of.
fn token(secrets: Secrets, what: &str) -> Result<SecretSource, String> {
    secrets.token.ok_or_else(|| {
        format!("`token` is missing: write token = {{ file = \"/path\" }} next to url, {what}")
    })
}

/// `ntfy://HOST[:PORT]/TOPIC`
fn ntfy(address: &Address, secrets: Secrets) -> Result<(String, Protocol), String> {
    // The server's own rule for topics.
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    if !(1..=64).contains(&address.path.len()) || !address.path.chars().all(plain) {
        return Err(
            "after the host stands a topic of 1 to 64 letters, digits, hyphens or underscores, \
             such as ntfy://ntfy.sh/my-topic"
                .to_owned(),
        );
    }
    let topic = address.path.clone();
    let token = secrets.token;
    Ok((String::new(), Protocol::Ntfy { topic, token }))
}

/// `gotify://HOST[:PORT]`
fn gotify(address: &Address, secrets: Secrets) -> Result<Protocol, String> {
    if !address.path.is_empty() {
        return Err(SECRET_PATH.to_owned());
    }
    let token = token(secrets, "the token of an application on that server")?;
    Ok(Protocol::Gotify { token })
}

/// `tgram://CHAT_ID`, or `tgram://HOST[:PORT]/CHAT_ID` for a Bot API server of one's own.
fn telegram(address: &Address, secrets: Secrets) -> Result<(String, Protocol), String> {
    const FORM: &str = "write tgram://CHAT_ID with the number of a chat, or \
                        tgram://HOST/CHAT_ID with a number or an @name";
    let is_number = |text: &str| {
        let digits = text.strip_prefix('-').unwrap_or(text);
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    };
    let is_name = |text: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        text.strip_prefix('@')
            .is_some_and(|name| !name.is_empty() && name.chars().all(plain))
    };
    let (host, chat) = if is_number(&address.host) && address.path.is_empty() {
        if address.port.is_some() {
            return Err(FORM.to_owned());
        }
        ("api.telegram.org".to_owned(), address.host.clone())
    } else if is_number(&address.path) || is_name(&address.path) {
        (String::new(), address.path.clone())
    } else {
        return Err(FORM.to_owned());
    };
    let token = token(secrets, "the token that @BotFather gave your bot")?;
    Ok((host, Protocol::Telegram { chat, token }))
}

/// `matrix://HOST[:PORT]/ROOM_ID`
fn matrix(address: &Address, secrets: Secrets) -> Result<Protocol, String> {
    let room = address.path.clone();
    // Matrix 1.16, Room IDs: an opaque part, and in older rooms a colon and a server's name.
    if !room.starts_with('!') || room.len() < 2 || room.len() > 255 || room.contains('/') {
        return Err("after the host stands the id of a room, such as \
             matrix://matrix.example.org/!abc:example.org (an address with # is no id)"
            .to_owned());
    }
    let token = token(secrets, "the access token of an account in that room")?;
    Ok(Protocol::Matrix { room, token })
}

/// `slack:` and `discord:`, or with `//HOST[:PORT]` for a server that takes the same.
fn webhook(
    address: &Address,
    secrets: Secrets,
    usual: &str,
    protocol: impl FnOnce(SecretSource) -> Protocol,
) -> Result<(String, Protocol), String> {
    if !address.path.is_empty() {
        return Err(SECRET_PATH.to_owned());
    }
    let host = if address.host.is_empty() { usual } else { "" };
    let token = token(secrets, "the address of your webhook, or its path")?;
    Ok((host.to_owned(), protocol(token)))
}

/// `pover:`, or with `//HOST[:PORT]`
fn pushover(address: &Address, secrets: Secrets) -> Result<(String, Protocol), String> {
    if !address.path.is_empty() {
        return Err(SECRET_PATH.to_owned());
    }
    let Secrets {
        token: Some(token),
        password: Some(user),
    } = secrets
    else {
        return Err(
            "Pushover wants two secrets next to url: token = { … }, the application's, and \
             password = { … }, your user key"
                .to_owned(),
        );
    };
    let host = if address.host.is_empty() {
        "api.pushover.net"
    } else {
        ""
    };
    Ok((host.to_owned(), Protocol::Pushover { token, user }))
}

/// `apprise://HOST[:PORT]/KEY`
fn apprise(address: &Address, secrets: &Secrets) -> Result<Protocol, String> {
    if secrets.token.is_some() {
        return Err("an Apprise server is asked without a token; remove it".to_owned());
    }
    // The server's own rule for keys.
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    if !(1..=128).contains(&address.path.len()) || !address.path.chars().all(plain) {
        return Err(
            "after the host stands the key that you keep your services under there, such as \
             apprise://apprise.example.org/me"
                .to_owned(),
        );
    }
    let key = address.path.clone();
    Ok(Protocol::Apprise { key })
}
