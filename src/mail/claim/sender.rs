//! Reads the one address of a From or To field, strictly.
//!
//! It knows the plainest form of RFC 5322, 3.4 and refuses every other one: comments, routes,
//! groups, lists and quoted local parts are where parsers disagree on who is meant. It does not
//! know whose address it is, and does not look at the display name.

/// The longest domain name (RFC 1035, 2.3.4).
const MAX_DOMAIN: usize = 253;

/// The longest label of a domain name (RFC 1035, 2.3.4).
const MAX_LABEL: usize = 63;

/// The longest local part (RFC 5321, 4.5.3.1.1).
const MAX_LOCAL: usize = 64;

/// The characters of a local part beside letters and digits (RFC 5322, 3.2.3, `atext`).
const IN_LOCAL: &[u8] = b".!#$%&'*+-/=?^_`{|}~";

/// The ones that Meta's own addresses were seen with (2010 to 2026).
const IN_SENDERS_LOCAL: &[u8] = b"._+=-";

/// The domain of the one address in an unfolded From value, lower case; `None` unless the field
/// is exactly `local@domain` or `name <local@domain>`.
#[must_use]
pub fn domain(value: &[u8]) -> Option<String> {
    let (_, domain) = address(value, IN_SENDERS_LOCAL)?;
    Some(domain.to_ascii_lowercase())
}

/// The one address in an unfolded To value, lower case, read as strictly. Who can choose the name
/// beside it must not be able to make it look like two addresses.
#[must_use]
pub fn recipient(value: &[u8]) -> Option<String> {
    let (local, domain) = address(value, IN_LOCAL)?;
    Some(format!("{local}@{domain}").to_ascii_lowercase())
}

fn address<'a>(value: &'a [u8], in_local: &[u8]) -> Option<(&'a str, &'a str)> {
    let text = value.trim_ascii();
    let address = match text.strip_suffix(b">") {
        Some(rest) => after_name(rest)?,
        None => text,
    };
    let (local, domain) = std::str::from_utf8(address).ok()?.split_once('@')?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || in_local.contains(&byte);
    let local_is_plain = (1..=MAX_LOCAL).contains(&local.len()) && local.bytes().all(plain);
    (local_is_plain && is_domain(domain)).then_some((local, domain))
}

/// Whether `name` consists of labels of letters, digits and inner hyphens (RFC 1035, 2.3.1): the
/// only names that are ever asked for in DNS.
#[must_use]
pub fn is_domain(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=MAX_LABEL).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= MAX_DOMAIN && name.split('.').all(is_label)
}

/// What follows the `<` after a display name of words and quoted strings (RFC 5322, 3.2.5).
fn after_name(text: &[u8]) -> Option<&[u8]> {
    let mut quoted = false;
    let mut escaped = false;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'<' => return text.get(at + 1..),
            b'(' | b')' | b',' | b':' | b';' | b'@' | b'[' | b']' | b'\\' | b'>' => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expected: Option<&str>) {
        assert_eq!(domain(value.as_bytes()).as_deref(), expected, "{value}");
    }

    #[test]
    fn plain_addresses_are_read() {
        check(" notification@facebookmail.com", Some("facebookmail.com"));
        check(
            " Instagram <no-reply@mail.instagram.com>",
            Some("mail.instagram.com"),
        );
        check(
            "\"Meta, (Privacy) <a@b.test>\" <x@facebookmail.com> ",
            Some("facebookmail.com"),
        );
        check(
            "=?utf-8?q?M=C3=A9ta?= <x@FACEBOOKMAIL.com>",
            Some("facebookmail.com"),
        );
        check(
            "notification+o9=o_tfc@facebookmail.com",
            Some("facebookmail.com"),
        );
        check("Jos\u{e9} D. <a@b.test>", Some("b.test"));
        check("<a@b.test>", Some("b.test"));
    }

    #[test]
    fn anything_but_one_plain_address_is_refused() {
        for value in [
            "",
            "facebookmail.com",
            "a@facebookmail.com, b@facebookmail.com",
            "a@evil.test <b@facebookmail.com>",
            "<a@evil.test> <b@facebookmail.com>",
            "<a@evil.test><b@facebookmail.com>",
            "<a@facebookmail.com> b",
            "b <a@facebookmail.com> (note)",
            "(note) a@facebookmail.com",
            "a@facebookmail.com (note)",
            "Group: a@facebookmail.com;",
            "<@evil.test:a@facebookmail.com>",
            "@attacker.test,@any.com:noreply@facebookmail.com",
            "any@attacker.testnoreply@facebookmail.com",
            "\"a b\"@facebookmail.com",
            "\"x <a@facebookmail.com>",
            "\"x\\\" <a@facebookmail.com>",
            "=?utf-8?q?a=40facebookmail.com?=",
            "a@facebookmail.com.",
            "a@facebookmail..com",
            "a@-facebookmail.com",
            "a@faceb\u{3bf}okmail.com",
            "a@[127.0.0.1]",
            "a @facebookmail.com",
            "< a@facebookmail.com>",
            "@facebookmail.com",
        ] {
            check(value, None);
        }
        for special in "()<>[]:;@\\,".chars() {
            check(&format!("Me{special}ta <a@facebookmail.com>"), None);
        }
        check("o'brien@facebookmail.com", None);
        check(&format!("{}@b.test", "a".repeat(65)), None);
        check(&format!("a@{}.test", "b".repeat(64)), None);
        check(&format!("a@{}test", "b.".repeat(126)), None);
    }

    #[test]
    fn a_recipient_is_one_plain_address_whatever_the_name_beside_it() {
        let read = |value: &str| recipient(value.as_bytes());
        assert_eq!(read(" Me@Example.org").as_deref(), Some("me@example.org"));
        assert_eq!(
            read("\"you@example.org\" <o'brien+x@example.org>").as_deref(),
            Some("o'brien+x@example.org")
        );
        for value in [
            "me@example.org, you@example.org",
            "me@example.org, x <you@example.org>",
            "me@example.org <you@example.org>",
            "undisclosed-recipients:;",
            "\"me@example.org, x\" you@example.org",
            "",
        ] {
            assert_eq!(read(value), None, "{value}");
        }
    }
}
