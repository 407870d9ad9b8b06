//! Links that only look like Meta's, and where they really lead.
//!
//! It reads addresses as a browser does where people and browsers differ: what stands before an
//! `@`, letters of other scripts, a listed name in front of another one. It fetches nothing. What a
//! proper link of Meta's is, is `link`'s business.

use std::fmt;

use serde::Serialize;

use super::link;
use super::wordings::Pages;

/// The most that are told: one is enough to be warned.
const MOST: usize = 5;

/// The longest host name that is shown (RFC 1035, 2.3.4, and room for escapes).
const SHOWN: usize = 300;

/// Names that strangers like to be taken for, anywhere in a word.
const NAMES: [&str; 3] = ["facebook", "instagram", "whatsapp"];

/// Short ones, which are parts of honest words ("metal").
const WORDS: [&str; 3] = ["threads", "meta", "fb"];

/// How a link pretends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trick {
    /// What looks like the host is a user name (RFC 3986, 3.2.1).
    UserName,
    /// Its name has letters of other scripts, or is the coded form of one that has (RFC 3492).
    OtherScript,
    /// Its name contains or resembles one of Meta's.
    LookAlike,
    /// It shows an address of Meta's.
    OtherLabel,
    /// It passes through a page of Meta's that sends on to anywhere.
    Redirect,
    /// It is Meta's host, but without encryption or at another port.
    Unprotected,
}

/// A link that pretends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pretender {
    /// Where it leads: plain ASCII, everything else escaped.
    pub host: String,
    /// How it pretends.
    pub trick: Trick,
}

impl fmt::Display for Pretender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match self.trick {
            Trick::UserName => "shows another name before the real one",
            Trick::OtherScript => "is written with letters of another script",
            Trick::LookAlike => "only resembles one of Meta's",
            Trick::OtherLabel => "shows an address of Meta's",
            Trick::Redirect => "is reached through a page of Meta's that sends on to anywhere",
            Trick::Unprotected => "is Meta's, but is not reached in Meta's way",
        };
        write!(f, "a link leads to {}, which {how}", self.host)
    }
}

/// The links that pretend, each host once.
#[must_use]
pub fn among(links: &[String], labels: &[(String, String)], pages: &Pages) -> Vec<Pretender> {
    let mut found: Vec<Pretender> = Vec::new();
    let tricks = links.iter().filter_map(|link| read(link, pages));
    let labelled = labels.iter().filter_map(|one| other_label(one, pages));
    for one in tricks.chain(labelled) {
        if found.len() < MOST && !found.contains(&one) {
            found.push(one);
        }
    }
    found
}

fn read(link: &str, pages: &Pages) -> Option<Pretender> {
    let (scheme, rest) = link.trim().split_once(':')?;
    let is_web = ["http", "https"]
        .iter()
        .any(|web| scheme.eq_ignore_ascii_case(web));
    if !is_web {
        return None;
    }
    // Browsers take `\` for `/`, and do not count them (the URL standard, 4.4).
    let rest = rest.trim_start_matches(['/', '\\']);
    let (authority, tail) = authority(rest);
    let (user, place) = match authority.rsplit_once('@') {
        Some((user, place)) => (Some(user), place),
        None => (None, authority),
    };
    let (name, _) = place.split_once(':').unwrap_or((place, ""));
    let name = unescaped(name).to_lowercase();
    let name = name.trim_end_matches('.');
    let is_metas = link::is_listed(name, pages);
    let trick = if user.is_some() {
        Trick::UserName
    } else if is_metas {
        if let Some(target) = redirected(tail) {
            return Some(Pretender {
                host: shown(&target),
                trick: Trick::Redirect,
            });
        }
        if scheme.eq_ignore_ascii_case("https") && place.eq_ignore_ascii_case(name) {
            return None;
        }
        Trick::Unprotected
    } else if !name.is_ascii() || name.split('.').any(|label| label.starts_with("xn--")) {
        Trick::OtherScript
    } else if resembles(name) {
        Trick::LookAlike
    } else {
        return None;
    };
    Some(Pretender {
        host: shown(name),
        trick,
    })
}

/// A link to somebody else whose label is an address of Meta's.
fn other_label((link, label): &(String, String), pages: &Pages) -> Option<Pretender> {
    let is_metas = label.split_whitespace().any(|word| {
        let word = word.trim_matches(|char: char| !char.is_alphanumeric());
        let name = word.rsplit_once("//").map_or(word, |(_, rest)| rest);
        let name = name.split('/').next().unwrap_or_default();
        link::is_listed(&name.to_lowercase(), pages)
    });
    let (scheme, rest) = link.trim().split_once("//")?;
    let host = authority(rest).0.to_lowercase();
    let leads_elsewhere = scheme.to_ascii_lowercase().starts_with("http")
        && !link::is_listed(&host, pages)
        && read(link, pages).is_none();
    (is_metas && leads_elsewhere).then(|| Pretender {
        host: shown(&host),
        trick: Trick::OtherLabel,
    })
}

/// Where a redirector of Meta's sends on to: the host in its `u=`.
fn redirected(tail: &str) -> Option<String> {
    let (_, query) = tail.split_once('?')?;
    let target = query.split('&').find_map(|pair| pair.strip_prefix("u="))?;
    let target = unescaped(target.split('#').next().unwrap_or_default());
    let (_, rest) = target.split_once("//")?;
    let (authority, _) = authority(rest);
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    Some(host.to_lowercase())
}

/// An address behind its slashes, divided where its authority ends (RFC 3986, 3.2).
fn authority(rest: &str) -> (&str, &str) {
    let end = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
    rest.split_at(end)
}

/// Whether a name that is not Meta's is meant to be taken for it.
fn resembles(name: &str) -> bool {
    let name = looks(name);
    let mut words = name.split(['.', '-', '_']);
    words.any(|word| {
        NAMES.iter().any(|known| word.contains(&looks(known)))
            || WORDS.iter().any(|known| word == looks(known))
    })
}

/// A name with all letters made one that are mistaken for each other.
fn looks(name: &str) -> String {
    let name = name.replace("rn", "m").replace("vv", "w");
    let alike = |char| match char {
        '0' => 'o',
        '1' | 'i' | '!' | '|' => 'l',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        char => char,
    };
    name.chars().map(alike).collect()
}

/// Percent-encoded bytes read (RFC 3986, 2.1).
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after
            .get(..2)
            // `from_str_radix` would also take a sign.
            .filter(|code| code.iter().all(u8::is_ascii_hexdigit))
            .and_then(|code| std::str::from_utf8(code).ok());
        let byte = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        match byte {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A host as it may be shown: a letter of another script is never shown as the one it resembles.
fn shown(host: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || ".-_[]:".contains(char);
    let mut out = String::new();
    for char in host.chars() {
        if plain(char) {
            out.push(char);
        } else {
            out.extend(char.escape_unicode());
        }
        if out.len() >= SHOWN {
            out.push_str("...");
            break;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::Wordings;
    use super::*;

    const TRICKS: [(&str, &str, Trick); 15] = [
        (
            "https://www.facebook.com@evil.test/",
            "evil.test",
            Trick::UserName,
        ),
        (
            "https://www.facebook.com%2Fhelp:x@evil.test",
            "evil.test",
            Trick::UserName,
        ),
        (
            "http:\\\\facebook.com@evil.test",
            "evil.test",
            Trick::UserName,
        ),
        (
            "https://xn--facebok-y0a.com/",
            "xn--facebok-y0a.com",
            Trick::OtherScript,
        ),
        (
            "https://faceb\u{43e}ok.com/",
            "faceb\\u{43e}ok.com",
            Trick::OtherScript,
        ),
        (
            "https://faceb%D0%BEok.com/",
            "faceb\\u{43e}ok.com",
            Trick::OtherScript,
        ),
        (
            "https://www.facebook.com.evil.test/",
            "www.facebook.com.evil.test",
            Trick::LookAlike,
        ),
        (
            "HTTPS://faceb00k-support.test",
            "faceb00k-support.test",
            Trick::LookAlike,
        ),
        (
            "https://lnstagrarn.test",
            "lnstagrarn.test",
            Trick::LookAlike,
        ),
        (
            "https://meta-support.test",
            "meta-support.test",
            Trick::LookAlike,
        ),
        ("https://fb.evil.test", "fb.evil.test", Trick::LookAlike),
        (
            "https://l.facebook.com/l.php?u=https%3A%2F%2Fevil.test%2Fx&h=A",
            "evil.test",
            Trick::Redirect,
        ),
        (
            "http://www.facebook.com/help",
            "www.facebook.com",
            Trick::Unprotected,
        ),
        (
            "https://www.facebook.com:8443/",
            "www.facebook.com",
            Trick::Unprotected,
        ),
        (
            "https://www.facebook.com./help",
            "www.facebook.com",
            Trick::Unprotected,
        ),
    ];

    fn check(link: &str, expected: Option<(&str, Trick)>) {
        let wordings = Wordings::built_in();
        let found = among(&[link.to_owned()], &[], wordings.pages());
        let found = found.first().map(|one| (one.host.as_str(), one.trick));
        assert_eq!(found, expected, "{link}");
    }

    #[test]
    fn tricks_are_shown_as_what_they_are() {
        for (link, host, trick) in TRICKS {
            check(link, Some((host, trick)));
        }
    }

    #[test]
    fn a_label_of_metas_over_another_address_is_a_trick() {
        let wordings = Wordings::built_in();
        let trick = |link: &str, label: &str| {
            let labels = [(link.to_owned(), label.to_owned())];
            let found = among(&[], &labels, wordings.pages());
            found.first().map(|one| (one.host.clone(), one.trick))
        };
        let evil = Some(("evil.test".to_owned(), Trick::OtherLabel));
        assert_eq!(trick("https://evil.test/x", "www.facebook.com/help"), evil);
        assert_eq!(
            trick("https://Evil.test", "See https://facebook.com."),
            evil
        );
        assert_eq!(trick("https://evil.test", "evil.test"), None);
        assert_eq!(trick("https://www.facebook.com/x", "facebook.com"), None);
        assert_eq!(trick("mailto:x@evil.test", "facebook.com"), None);
    }

    #[test]
    fn only_two_digits_are_a_percent_encoded_byte() {
        assert_eq!(unescaped("%41%+1%4%zz%"), "A%+1%4%zz%");
    }

    #[test]
    fn honest_links_are_no_tricks() {
        for link in [
            "https://www.facebook.com/help/contact/1",
            "https://WWW.Facebook.com/",
            "https://example.org/facebook.com",
            "https://metal.example.org/",
            "https://threadsafe.example.org",
            "mailto:facebook@evil.test",
            "facebook.com",
            "https://",
            "",
        ] {
            check(link, None);
        }
        let many: Vec<String> = (0..9)
            .map(|n| format!("https://facebook.com{n}.test"))
            .collect();
        assert_eq!(among(&many, &[], Wordings::built_in().pages()).len(), MOST);
    }

    #[test]
    fn nothing_of_a_host_but_plain_letters_is_shown() {
        let wordings = Wordings::built_in();
        for char in (0..=0x2ff_u32)
            .chain([0x202e, 0x2066, 0xfeff])
            .filter_map(char::from_u32)
        {
            let links = [format!("https://facebook{char}.evil.test/")];
            for one in among(&links, &[], wordings.pages()) {
                assert!(
                    one.host.bytes().all(|byte| byte.is_ascii_graphic()),
                    "{char:?}"
                );
            }
        }
    }
}
