//! Takes the address of an alert channel apart: `scheme://[login@]host[:port]/path?name=value`.
//!
//! It is stricter than RFC 3986 on purpose: what it does not know is an error, so that nothing
//! in an address is silently without effect. It knows no scheme. SECURITY: an address may hold a
//! password in the wrong place; no error repeats any part of it but the scheme.

use super::words;

/// What an address consists of, percent-decoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// Lower case.
    pub(super) scheme: String,
    /// What stands before the `@`.
    pub(super) login: Option<String>,
    /// Lower case, an IPv6 address without brackets; empty for `scheme:` alone.
    pub(super) host: String,
    /// What stands after the host's colon.
    pub(super) port: Option<u16>,
    /// Without the leading slash.
    pub(super) path: String,
    /// In the order written.
    pub(super) query: Vec<(String, String)>,
    /// Path and query as they were written, with the leading slash, for servers that read them.
    pub(super) target: String,
}

/// Takes `text` apart.
pub(super) fn split(text: &str) -> Result<Address, String> {
    if !text.chars().all(|c| c.is_ascii_graphic()) || text.contains(['#', '"', '<', '>', '\\']) {
        return Err(
            "an alert's url has no blanks, quotes or # and only ASCII; write %20 for a \
                    blank"
                .to_owned(),
        );
    }
    let (scheme, rest) = text
        .split_once(':')
        .filter(|(scheme, _)| is_scheme(scheme))
        .ok_or("an alert's url begins with what it is, such as ntfy://ntfy.sh/my-topic")?;
    let scheme = scheme.to_ascii_lowercase();
    let Some(rest) = rest.strip_prefix("//") else {
        if rest.is_empty() {
            return Ok(Address::bare(scheme));
        }
        return Err(format!("write `{scheme}://` with two slashes"));
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let (login, place) = match authority.rsplit_once('@') {
        Some((login, place)) => (Some(login), place),
        None => (None, authority),
    };
    if login.is_some_and(|login| login.contains(':')) {
        return Err(
            "a password does not belong in an address, where logs and process lists show \
                    it; take it out and write password = { file = \"/path\" } next to url"
                .to_owned(),
        );
    }
    let (host, port) = host_and_port(place)?;
    let (path, query) = match tail.split_once('?') {
        Some((path, query)) => (path, query),
        None => (tail, ""),
    };
    Ok(Address {
        scheme,
        login: login.map(decode).transpose()?,
        host,
        port,
        path: decode(path.strip_prefix('/').unwrap_or(path))?,
        query: pairs(query)?,
        target: match tail.strip_prefix('/') {
            Some(_) => tail.to_owned(),
            None => format!("/{tail}"),
        },
    })
}

impl Address {
    /// `scheme:` and nothing else.
    pub(super) fn bare(scheme: String) -> Self {
        Self {
            scheme,
            login: None,
            host: String::new(),
            port: None,
            path: String::new(),
            query: Vec::new(),
            target: String::new(),
        }
    }
}

/// RFC 3986, 3.1; and short, because it is repeated in errors.
fn is_scheme(text: &str) -> bool {
    text.len() <= 16
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c))
}

/// `host`, `host:port`, `[::1]:port`.
fn host_and_port(place: &str) -> Result<(String, Option<u16>), String> {
    let colon = match place.rfind(']') {
        Some(bracket) => place[bracket..].find(':').map(|i| bracket + i),
        None => place.find(':'),
    };
    let (host, port) = match colon {
        Some(colon) => (&place[..colon], Some(&place[colon + 1..])),
        None => (place, None),
    };
    let port = match port {
        None => None,
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => Some(
            digits
                .parse::<u16>()
                .ok()
                .filter(|port| *port > 0)
                .ok_or(PORT)?,
        ),
        Some(_) => return Err(PORT.to_owned()),
    };
    Ok((words::host(host)?, port))
}

/// What is said about a wrong port. A password with a slash in it ends up there.
const PORT: &str = "after the host's colon stands a port from 1 to 65535, and no password or \
                    token: that is written as password = { file = \"/path\" }, or token = …, next \
                    to url";

/// `a=b&c=d`
fn pairs(query: &str) -> Result<Vec<(String, String)>, String> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (name, value) = part
                .split_once('=')
                .ok_or("after the ? stand name=value pairs joined with &")?;
            Ok((decode(name)?, decode(value)?))
        })
        .collect()
}

/// Percent-decodes (RFC 3986, 2.1). A plus stays a plus: it is common in mail addresses.
fn decode(text: &str) -> Result<String, String> {
    const FORM: &str = "after a % stand two hexadecimal digits, and together they are UTF-8 text";
    let mut bytes = Vec::with_capacity(text.len());
    let mut parts = text.split('%');
    bytes.extend_from_slice(parts.next().unwrap_or("").as_bytes());
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).ok_or(FORM)?;
        // Digit by digit, because `from_str_radix` would also take a sign.
        let mut values = digits.chars().filter_map(|digit| digit.to_digit(16));
        let (Some(high), Some(low)) = (values.next(), values.next()) else {
            return Err(FORM.to_owned());
        };
        bytes.push(u8::try_from(high * 16 + low).map_err(|_| FORM)?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    let text = String::from_utf8(bytes).map_err(|_| FORM)?;
    if text.chars().any(char::is_control) {
        return Err("an address must not hold control characters".to_owned());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::{Address, split};

    fn check(text: &str, login: Option<&str>, place: (&str, Option<u16>), path: &str) {
        let address = split(text).unwrap_or_else(|what| panic!("{text}: {what}"));
        assert_eq!(address.login.as_deref(), login, "login of {text}");
        assert_eq!(
            (address.host.as_str(), address.port),
            place,
            "place of {text}"
        );
        assert_eq!(address.path, path, "path of {text}");
    }

    #[test]
    fn an_address_comes_apart() {
        check(
            "ntfy://Ntfy.sh/my-topic",
            None,
            ("ntfy.sh", None),
            "my-topic",
        );
        check("smtp://h/me@x.org", None, ("h", None), "me@x.org");
        check(
            "smtps://me%40x.org@[::1]:465",
            Some("me@x.org"),
            ("::1", Some(465)),
            "",
        );
        check("smtps://me@x.org@h", Some("me@x.org"), ("h", None), "");
        assert_eq!(split("stdout:"), Ok(Address::bare("stdout".to_owned())));
        let query = split("smtp://h/?to=a+b@c&from=d%20e").map(|address| address.query);
        let expected = [("to", "a+b@c"), ("from", "d e")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(query, Ok(expected.to_vec()));
    }

    #[test]
    fn a_wrong_address_is_refused_and_not_repeated() {
        for wrong in [
            "",
            "hunter2",
            "//hunter2",
            "smtp:/hunter2@h",
            "smtp://me:hunter2@h",
            "smtp://me:hunter2/x@h",
            "smtp://me:hunter2",
            "smtp://h:0",
            "smtp://h:70000",
            "smtp://h:",
            "smtp://",
            "smtp://h/?hunter2",
            "smtp://h/#hunter2",
            "smtp://h/%",
            "smtp://h/%4",
            "smtp://h/%4ä",
            "smtp://h/%zz",
            "smtp://h/%+4",
            "smtp://h/%ff",
            "smtp://h/%0a",
            "smtp://h/ hunter2",
        ] {
            let what = split(wrong).expect_err(wrong);
            assert!(!what.contains("hunter2"), "{wrong}: {what}");
        }
    }
}
