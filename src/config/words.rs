//! The single values of a configuration: durations, addresses, names, hosts.
//!
//! Each function takes what was written and gives what it means, or a sentence that says what
//! would have been right. It knows no keys and no files. SECURITY: no sentence repeats its input.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use jiff::{SignedDuration, Span, SpanRelativeTo};

use crate::mail::claim::sender::is_domain;

/// No duration here is longer: sums with it must stay within the calendar, and a longer one is
/// a typing error.
const MAX_DURATION: SignedDuration = SignedDuration::from_hours(24 * 3653);

/// RFC 1035, 4.2.
const DNS_PORT: u16 = 53;

/// A name is part of file names, log fields and commands, so it is short and plain.
const MAX_NAME: usize = 64;

/// RFC 5321, 4.5.3.1.3: a path is at most 256 octets with its brackets.
const MAX_ADDRESS: usize = 254;

/// `60 days`, `15 min`, `1h 30m`: longer than nothing; a day has 24 hours.
///
/// # Errors
/// A sentence that says what would have been right.
pub fn duration(text: &str) -> Result<SignedDuration, String> {
    const FORM: &str = "a duration is a number and a unit, such as \"60 s\", \"15 min\", \
                        \"1h 30m\" or \"60 days\"";
    let span: Span = text.parse().map_err(|_| FORM.to_owned())?;
    let duration = span
        .to_duration(SpanRelativeTo::days_are_24_hours())
        .map_err(|_| "months and years differ in length; write days".to_owned())?;
    if duration <= SignedDuration::ZERO {
        return Err("a duration must be longer than nothing".to_owned());
    }
    if duration > MAX_DURATION {
        return Err("a duration must not be longer than 10 years".to_owned());
    }
    Ok(duration)
}

/// A server that answers DNS questions: its IP address, with its port where that is not the usual
/// one.
///
/// # Errors
/// A sentence that says what would have been right.
pub fn name_server(text: &str) -> Result<SocketAddr, String> {
    let bare = |_| text.parse().map(|ip: IpAddr| SocketAddr::new(ip, DNS_PORT));
    text.parse().or_else(bare).map_err(|_| {
        "a name server is an IP address, with its port where that is not 53, such as \
         \"127.0.0.1:5300\""
            .to_owned()
    })
}

/// A mail address, lower case. Only its outline is checked: the mail server knows the rest.
///
/// # Errors
/// A sentence that says what would have been right.
pub fn address(text: &str) -> Result<String, String> {
    let plain = text.len() <= MAX_ADDRESS
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
        && !text.contains(['<', '>', ',', ';', '"']);
    match text.split_once('@') {
        Some((local, domain))
            if plain && !local.is_empty() && !domain.is_empty() && !domain.contains('@') =>
        {
            Ok(text.to_lowercase())
        }
        _ => Err("a mail address has one @ and no blanks, such as me@example.org".to_owned()),
    }
}

/// The SHA-256 of a certificate: 64 hexadecimal digits, with or without colons and `sha256:`.
///
/// # Errors
/// A sentence that says what would have been right.
pub fn fingerprint(text: &str) -> Result<[u8; 32], &'static str> {
    const FORM: &str = "a fingerprint is the SHA-256 of a certificate: 64 hexadecimal digits, \
                        as `openssl x509 -noout -fingerprint -sha256` prints them";
    let digits = text.trim();
    let digits = digits
        .strip_prefix("sha256:")
        .or(digits.strip_prefix("SHA256:"))
        .unwrap_or(digits)
        .replace(':', "");
    let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(digits.as_bytes());
    let bytes = bytes.map_err(|_| FORM)?;
    bytes.try_into().map_err(|_| FORM)
}

/// The name under which a server or a forwarder reports what it checked: a domain name.
pub(super) fn domain(text: &str) -> Result<String, String> {
    if is_domain(text) {
        return Ok(text.to_ascii_lowercase());
    }
    Err("this is a domain name such as mx.example.org".to_owned())
}

/// A program by its whole path, and its arguments. No search path: which program is handed
/// something must not depend on the environment.
pub(super) fn command(items: &[String]) -> Result<(), String> {
    if !items
        .first()
        .is_some_and(|program| program.starts_with('/'))
    {
        return Err(
            "the command's first item is the whole path of a program, such as \
             \"/usr/local/bin/my-program\""
                .to_owned(),
        );
    }
    if items.iter().any(|item| item.contains('\0')) {
        return Err("a command cannot hold a NUL character".to_owned());
    }
    Ok(())
}

/// The name of a mailbox or of an alert channel.
///
/// # Errors
/// A sentence that says what would have been right.
pub fn name(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if text.is_empty() || text.len() > MAX_NAME || !text.chars().all(plain) {
        return Err(format!(
            "a name has 1 to {MAX_NAME} letters, digits, dots, hyphens or underscores"
        ));
    }
    Ok(text.to_owned())
}

/// A host name or an IP address (IPv6 with or without brackets), lower case, without brackets.
///
/// # Errors
/// A sentence that says what would have been right.
pub fn host(text: &str) -> Result<String, String> {
    let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
    if let Ok(ip) = inner.unwrap_or(text).parse::<IpAddr>() {
        return Ok(ip.to_string());
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let labels = text.strip_suffix('.').unwrap_or(text).split('.');
    let right = |label: &str| (1..=63).contains(&label.len()) && label.chars().all(plain);
    if text.len() > 253 || !labels.into_iter().all(right) {
        return Err(
            "a host is a name such as imap.example.org or an IP address, without a scheme, port \
             or path"
                .to_owned(),
        );
    }
    Ok(text.to_ascii_lowercase())
}

/// `host` is this machine: nobody can listen on the way there.
pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// An address that does not lead into the open internet: of this machine, of a closed network, or
/// of nobody (the special registries of IANA, RFC 6890).
#[must_use]
pub fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_private_v4(ip),
        IpAddr::V6(ip) => is_private_v6(ip),
    }
}

fn is_private_v4(ip: Ipv4Addr) -> bool {
    let [a, b, ..] = ip.octets();
    ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        // RFC 791, 3.2: "this network"; RFC 1112, 4: reserved, and broadcast among it.
        || a == 0
        || a >= 240
        // RFC 6598: between a carrier and its customers.
        || (a == 100 && (b & 0xc0) == 64)
        // RFC 2544: between machines under test.
        || (a == 198 && (b & 0xfe) == 18)
}

fn is_private_v6(ip: Ipv6Addr) -> bool {
    let parts = ip.segments();
    let last = |from: usize| {
        let [a, b] = parts[from].to_be_bytes();
        let [c, d] = parts[from + 1].to_be_bytes();
        Ipv4Addr::new(a, b, c, d)
    };
    match parts {
        // An IPv4 address in another form: mapped (RFC 4291, 2.5.5.2), behind a translator
        // (RFC 6052, 2.1) or a relay (RFC 3056, 2).
        [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => is_private_v4(last(6)),
        [0x2002, ..] => is_private_v4(last(1)),
        // A translator's own prefix (RFC 8215); and unspecified, loopback and what else begins so,
        // which nobody routes (RFC 4291, 2.5.5.1).
        [0x64, 0xff9b, 1, ..] | [0, 0, 0, 0, 0, 0, ..] => true,
        _ => {
            ip.is_unique_local()
                || ip.is_unicast_link_local()
                || ip.is_multicast()
                // RFC 3879: site-local, which some still use.
                || (parts[0] & 0xffc0) == 0xfec0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{SignedDuration, address, duration, host, is_loopback, is_private, name};

    fn check(text: &str, seconds: Option<i64>) {
        let expected = seconds.map(SignedDuration::from_secs);
        assert_eq!(duration(text).ok(), expected, "for {text}");
    }

    #[test]
    fn a_duration_has_a_number_and_a_unit_and_is_longer_than_nothing() {
        check("60 days", Some(60 * 86_400));
        check("15 min", Some(900));
        check("60 s", Some(60));
        check("1h 30m", Some(5400));
        check("2 weeks", Some(14 * 86_400));
        check("60", None);
        check("", None);
        check("0 s", None);
        check("-5 s", None);
        check("5 s ago", None);
        check("1 month", None);
        check("11 weeks 4000 days", None);
        check("999999999999 days", None);
    }

    #[test]
    fn an_address_is_lower_case_and_has_one_at() {
        assert_eq!(
            address("Me+x@Example.ORG").as_deref(),
            Ok("me+x@example.org")
        );
        for wrong in [
            "me",
            "@x",
            "me@",
            "a@b@c",
            "a b@c",
            "Me <me@x.org>",
            "a@b\n",
            "a@b,c@d",
        ] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_name_is_plain() {
        assert!(name("me.at_home-2").is_ok());
        for wrong in ["", "a/b", "a b", "ä", &"x".repeat(65)] {
            assert!(name(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_host_is_only_a_host() {
        assert_eq!(host("[::1]").as_deref(), Ok("::1"));
        assert_eq!(host("IMAP.example.org").as_deref(), Ok("imap.example.org"));
        for wrong in ["", "a..b", "https://a.b", "a:993", "a/b", "a b", "[::1"] {
            assert!(host(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn loopback_is_this_machine_only() {
        for near in ["localhost", "127.0.0.1", "127.8.9.10", "::1"] {
            assert!(is_loopback(near), "{near}");
        }
        for far in [
            "localhost.example.org",
            "10.0.0.1",
            "::2",
            "127.example.org",
            "0.0.0.0",
        ] {
            assert!(!is_loopback(far), "{far}");
        }
    }

    #[test]
    fn a_private_address_is_known_in_every_form() {
        for near in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.255.255",
            "0.0.0.0",
            "0.1.2.3",
            "224.0.0.1",
            "255.255.255.255",
            "198.19.0.1",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "fe80::1",
            "febf::1",
            "fc00::1",
            "fdff::1",
            "fec0::1",
            "ff02::1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::808:808",
            "2002:a00:1::1",
        ] {
            assert!(is_private(near.parse().expect(near)), "{near}");
        }
        for far in [
            "9.255.255.255",
            "11.0.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "100.63.0.1",
            "100.128.0.1",
            "169.253.0.1",
            "192.167.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2001:4860:4860::8888",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::1",
            "fbff::1",
            "fe00::1",
        ] {
            assert!(!is_private(far.parse().expect(far)), "{far}");
        }
    }
}
