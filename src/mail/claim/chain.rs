//! Reads the chain of seals that forwarders put on a message (ARC, RFC 8617).
//!
//! It takes a chain only if every link was sealed by a forwarder that the person named, and says
//! what has to be checked with which key; keys and arithmetic are `dkim`'s. What was sealed is the
//! word of the first forwarder about the signature that the message came to it with.

use jiff::Timestamp;

use super::canonical;
use super::header::{Field, Split};
use super::results::Results;
use super::signature::{Algorithm, SignatureField, algorithm, base64, cut, name, without_blanks};
use super::tags::Tags;

/// The most links of a chain: more than a forwarder of a forwarder makes (RFC 8617, 4.2.1: 50).
const MAX_LINKS: usize = 5;

/// The three fields of one link (RFC 8617, 4.2), in the order in which they are sealed.
const NAMES: [&str; 3] = [
    "ARC-Authentication-Results",
    "ARC-Message-Signature",
    "ARC-Seal",
];

/// A seal (RFC 8617, 4.1.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// `a=`
    pub algorithm: Algorithm,
    /// `d=`, lower case.
    pub domain: String,
    /// `s=`, lower case.
    pub selector: String,
    /// `b=`
    pub value: Vec<u8>,
    /// What it was made over.
    pub signed_bytes: Vec<u8>,
}

/// A chain that is well formed, from the first forwarder to the last.
#[derive(Debug, Clone)]
pub struct Chain<'a> {
    /// All seals; never empty.
    pub seals: Vec<Seal>,
    /// The last forwarder's signature over the message as it is now.
    pub last: SignatureField<'a>,
    /// What the first forwarder saw.
    pub results: Results,
}

impl<'a> Chain<'a> {
    /// The chain of `message`, if there is one and all of it is by `forwarders`.
    #[must_use]
    pub fn read(message: &Split<'a>, forwarders: &[String], now: Timestamp) -> Option<Self> {
        let count = message.named("ARC-Seal").count();
        if !(1..=MAX_LINKS).contains(&count) {
            return None;
        }
        let mut fields: Vec<Field<'a>> = Vec::new();
        let mut seals = Vec::new();
        let mut last = None;
        for instance in 1..=count {
            let [says, signature, sealed] = link(message, instance, count)?;
            fields.extend([says, signature]);
            let seal = seal(&sealed, instance, &fields)?;
            fields.push(sealed);
            let signature = SignatureField::read_in_chain(&signature, now).ok()?;
            let is_named = |domain: &String| forwarders.contains(domain);
            if !is_named(&seal.domain) || !is_named(&signature.domain) {
                return None;
            }
            seals.push(seal);
            last = Some(signature);
        }
        let first = without_instance(fields.first()?.value)?;
        Some(Self {
            seals,
            last: last?,
            results: Results::read(first)?,
        })
    }
}

/// The three fields of one link, each there exactly once among `count` of its name.
fn link<'a>(message: &Split<'a>, instance: usize, count: usize) -> Option<[Field<'a>; 3]> {
    let one = |name: &str| {
        let all: Vec<&Field<'a>> = message.named(name).collect();
        let mut own = all
            .iter()
            .filter(|field| instance_of(field.value) == Some(instance));
        let field = own.next().filter(|_| all.len() == count)?;
        own.next().is_none().then_some(**field)
    };
    let [says, signature, sealed] = NAMES.map(one);
    Some([says?, signature?, sealed?])
}

/// `i=`, wherever it stands; in the results it stands first.
fn instance_of(value: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(value).ok()?;
    let tag = text.split(';').find_map(|tag| {
        let (name, value) = tag.split_once('=')?;
        (name.trim_ascii() == "i").then_some(value.trim_ascii())
    })?;
    let is_number = tag.len() <= 2 && tag.bytes().all(|byte| byte.is_ascii_digit());
    tag.parse().ok().filter(|_| is_number)
}

/// ARC's results without the `i=` before them (RFC 8617, 4.1.1).
fn without_instance(value: &[u8]) -> Option<&[u8]> {
    let end = value.iter().position(|byte| *byte == b';')?;
    let (tag, rest) = value.split_at_checked(end)?;
    instance_of(tag)?;
    rest.get(1..)
}

/// The seal of link `instance`, whose other fields are the last two of `fields`.
fn seal(field: &Field<'_>, instance: usize, fields: &[Field<'_>]) -> Option<Seal> {
    let tags = Tags::read(field.value).filter(|tags| !tags.repeats())?;
    // RFC 8617, 4.1.3: a seal covers the links and nothing else, and each but the first passes.
    let passes = if instance == 1 { "none" } else { "pass" };
    if tags.get("h").is_some() || tags.get("cv") != Some(passes) {
        return None;
    }
    let value = tags.all("b").next()?;
    let unsigned = cut(field.value, &value.span);
    let own = Field {
        name: field.name,
        value: &unsigned,
    };
    Some(Seal {
        algorithm: algorithm(tags.get("a")).ok()?,
        domain: name(&tags, "d")?,
        selector: name(&tags, "s")?,
        value: base64(Some(&without_blanks(value.value)))?,
        signed_bytes: canonical::sequence(fields, &own),
    })
}

#[cfg(test)]
mod tests {
    use super::super::header::split;
    use super::*;

    const LINK: &str = "ARC-Seal: i=1; a=rsa-sha256; t=1; cv=none; d=list.test; s=k; b=QQ==\r\n\
        ARC-Message-Signature: i=1; a=rsa-sha256; c=relaxed/relaxed; d=list.test; s=k;\r\n\
        \th=from:to; bh=QQ==; b=QQ==\r\n\
        ARC-Authentication-Results: i=1; mx.list.test; dkim=pass header.d=a.test\r\n";

    fn links(header: &str) -> Option<usize> {
        let raw = format!("{header}From: a@a.test\r\n\r\n");
        let message = split(raw.as_bytes()).unwrap();
        let forwarders = ["list.test".to_owned(), "two.test".to_owned()];
        let chain = Chain::read(&message, &forwarders, Timestamp::from_second(9).unwrap())?;
        assert_eq!(chain.results.server, "mx.list.test");
        Some(chain.seals.len())
    }

    fn second() -> String {
        let other = LINK.replace("i=1", "i=2").replace("list.test", "two.test");
        other.replace("cv=none", "cv=pass") + LINK
    }

    #[test]
    fn a_chain_is_read_from_its_first_link() {
        assert_eq!(links(LINK), Some(1));
        assert_eq!(links(&second()), Some(2));
        assert_eq!(links(""), None);
    }

    #[test]
    fn a_chain_that_is_not_whole_or_by_others_does_not_count() {
        for (from, to) in [
            ("d=list.test; s=k; b", "d=evil.test; s=k; b"),
            ("d=list.test; s=k;\r", "d=evil.test; s=k;\r"),
            ("cv=none", "cv=pass"),
            ("cv=none", "cv=fail"),
            ("cv=none; ", ""),
            ("cv=none", "h=from; cv=none"),
            ("cv=none", "cv=none; cv=none"),
            ("ARC-Seal: i=1", "ARC-Seal: i=2"),
            ("ARC-Seal: i=1", "ARC-Seal: i=x"),
            ("Results: i=1;", "Results:"),
            ("Results: i=1;", "Results: mx.evil.test; i=1;"),
            ("a=rsa-sha256; t", "a=rsa-sha1; t"),
            ("bh=QQ==", "l=1; bh=QQ=="),
            ("dkim=pass", "dkim"),
        ] {
            assert!(LINK.contains(from), "{from}");
            assert_eq!(links(&LINK.replacen(from, to, 1)), None, "{to}");
        }
        assert_eq!(links(&format!("{LINK}{LINK}")), None);
        let stray = "ARC-Authentication-Results: i=3; x; none\r\n";
        assert_eq!(links(&format!("{stray}{LINK}")), None);
        assert_eq!(links(&second().replace("cv=pass", "cv=none")), None);
        assert_eq!(links(&second().replace("i=2", "i=3")), None);
        let many = (1..=6).map(|at| {
            let cv = if at == 1 { "cv=none" } else { "cv=pass" };
            LINK.replace("i=1", &format!("i={at}"))
                .replace("cv=none", cv)
        });
        assert_eq!(links(&many.clone().take(5).collect::<String>()), Some(5));
        assert_eq!(links(&many.collect::<String>()), None);
    }
}
