//! Reads a DKIM-Signature field (RFC 6376, 3.5), or the same thing in an ARC set (RFC 8617, 4.1.2).
//!
//! It says what a signature claims, and refuses every claim that a careful verifier must not
//! follow. It does not know keys, whether the signature holds, or who may sign for whom.

use data_encoding::BASE64;
use jiff::Timestamp;

use super::canonical::Form;
use super::header::Field;
use super::sender::is_domain;
use super::tags::Tags;

/// How far a signer's clock may be ahead of ours, in seconds.
const CLOCK_SKEW: i64 = 600;

/// The most digits of a time (RFC 6376, 3.5: until the year 200,000).
const MAX_DIGITS: usize = 12;

/// The algorithm of a signature (RFC 6376, 3.3; RFC 8301; RFC 8463).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// `rsa-sha256`
    RsaSha256,
    /// `ed25519-sha256`
    Ed25519Sha256,
}

/// What a DKIM-Signature field claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureField<'a> {
    /// `a=`
    pub algorithm: Algorithm,
    /// `d=`, lower case.
    pub domain: String,
    /// `s=`, lower case.
    pub selector: String,
    /// The domain of `i=`, lower case; `d=` where there is none.
    pub agent_domain: String,
    /// The header's half of `c=`.
    pub header_form: Form,
    /// The body's half of `c=`.
    pub body_form: Form,
    /// `t=`, where it is said.
    pub signed_at: Option<Timestamp>,
    /// `h=`, lower case.
    pub signed: Vec<String>,
    /// `bh=`
    pub body_hash: Vec<u8>,
    /// `b=`
    pub value: Vec<u8>,
    /// `b=` as written, blanks removed.
    pub value_text: String,
    /// The field's name as written.
    pub field_name: &'a str,
    /// The field's value without that of `b=` (RFC 6376, 3.5, `b=`).
    pub unsigned: Vec<u8>,
}

impl<'a> SignatureField<'a> {
    /// Reads `field`, and refuses what must not be followed at the time `now`.
    ///
    /// # Errors
    ///
    /// Why the signature does not count: the end of a sentence that begins "its signature".
    pub fn read(field: &Field<'a>, now: Timestamp) -> Result<Self, &'static str> {
        let tags = proper_tags(field)?;
        if tags.get("v") != Some("1") {
            return Err("is not of version 1");
        }
        Self::of_tags(&tags, field, now, |domain| {
            agent_domain(tags.get("i"), domain)
        })
    }

    /// Reads an ARC-Message-Signature: `i=` is its place in the chain, and it has no `v=`.
    ///
    /// # Errors
    ///
    /// As [`SignatureField::read`].
    pub fn read_in_chain(field: &Field<'a>, now: Timestamp) -> Result<Self, &'static str> {
        let tags = proper_tags(field)?;
        Self::of_tags(&tags, field, now, |domain| Ok(domain.to_owned()))
    }

    fn of_tags(
        tags: &Tags<'_>,
        field: &Field<'a>,
        now: Timestamp,
        agent: impl Fn(&str) -> Result<String, &'static str>,
    ) -> Result<Self, &'static str> {
        if tags.get("l").is_some() {
            return Err("covers only a part of the text");
        }
        if tags.get("q").is_some_and(|method| method != "dns/txt") {
            return Err("wants its key fetched in an unknown way");
        }
        let signed_at = check_times(tags, now)?;
        let (header_form, body_form) = forms(tags.get("c"))?;
        let domain = name(tags, "d").ok_or("names no proper domain")?;
        let selector = name(tags, "s").ok_or("names no proper selector")?;
        let value_tag = tags.all("b").next().ok_or("is empty")?;
        let value_text = without_blanks(value_tag.value);
        Ok(Self {
            algorithm: algorithm(tags.get("a"))?,
            agent_domain: agent(&domain)?,
            domain,
            selector,
            header_form,
            body_form,
            signed_at,
            signed: signed(tags.get("h"))?,
            body_hash: base64(tags.get("bh")).ok_or("has no proper hash of the text")?,
            value: base64(Some(&value_text)).ok_or("is not proper base64")?,
            value_text,
            field_name: field.name,
            unsigned: cut(field.value, &value_tag.span),
        })
    }
}

fn proper_tags<'t>(field: &Field<'t>) -> Result<Tags<'t>, &'static str> {
    let tags = Tags::read(field.value).ok_or("is not well formed")?;
    if tags.repeats() {
        return Err("names a tag twice");
    }
    Ok(tags)
}

/// RFC 8301, 3.1: SHA-1 proves nothing any more.
pub(super) fn algorithm(value: Option<&str>) -> Result<Algorithm, &'static str> {
    match value {
        Some("rsa-sha256") => Ok(Algorithm::RsaSha256),
        Some("ed25519-sha256") => Ok(Algorithm::Ed25519Sha256),
        _ => Err("is of a kind that proves nothing (neither rsa-sha256 nor ed25519-sha256)"),
    }
}

/// `t=` and `x=` (RFC 6376, 3.5). An old `t=` is no fault: old evidence must stay readable, and
/// whether a message comes too late is judged by when it arrived.
fn check_times(tags: &Tags<'_>, now: Timestamp) -> Result<Option<Timestamp>, &'static str> {
    let signed_at = seconds(tags.get("t"))?;
    let expires_at = seconds(tags.get("x"))?;
    if signed_at.is_some_and(|at| at > now.as_second() + CLOCK_SKEW) {
        return Err("claims to be made in the future");
    }
    if expires_at.is_some_and(|at| at <= now.as_second()) {
        return Err("has expired");
    }
    match (signed_at, expires_at) {
        (Some(at), Some(until)) if until <= at => Err("expires before it was made"),
        _ => Ok(signed_at.and_then(|at| Timestamp::from_second(at).ok())),
    }
}

fn seconds(value: Option<&str>) -> Result<Option<i64>, &'static str> {
    let Some(value) = value else { return Ok(None) };
    let digits =
        (1..=MAX_DIGITS).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit());
    let number = if digits { value.parse().ok() } else { None };
    number.map(Some).ok_or("names an impossible time")
}

/// `c=`: simple where nothing is said (RFC 6376, 3.5).
fn forms(value: Option<&str>) -> Result<(Form, Form), &'static str> {
    let form = |name: &str| match name {
        "simple" => Ok(Form::Simple),
        "relaxed" => Ok(Form::Relaxed),
        _ => Err("names an unknown canonical form"),
    };
    let value = value.unwrap_or("simple");
    let (header, body) = value.split_once('/').unwrap_or((value, "simple"));
    Ok((form(header)?, form(body)?))
}

pub(super) fn name(tags: &Tags<'_>, tag: &str) -> Option<String> {
    let value = tags.get(tag)?;
    is_domain(value).then(|| value.to_ascii_lowercase())
}

/// `i=`: in `d=` or below it (RFC 6376, 3.5).
fn agent_domain(value: Option<&str>, domain: &str) -> Result<String, &'static str> {
    const FOREIGN: &str = "speaks for another domain than it is made by";
    let Some(value) = value else {
        return Ok(domain.to_owned());
    };
    let (_, agent) = value.rsplit_once('@').ok_or(FOREIGN)?;
    let agent = agent.to_ascii_lowercase();
    let below = agent
        .strip_suffix(domain)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    if is_domain(&agent) && below {
        Ok(agent)
    } else {
        Err(FOREIGN)
    }
}

/// `h=` (RFC 6376, 3.5).
fn signed(value: Option<&str>) -> Result<Vec<String>, &'static str> {
    let names = value
        .ok_or("does not say what it covers")?
        .split(':')
        .map(|name| {
            let name = name.trim_ascii();
            let proper = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
            proper.then(|| name.to_ascii_lowercase())
        });
    names
        .collect::<Option<_>>()
        .ok_or("does not say properly what it covers")
}

pub(super) fn without_blanks(value: &str) -> String {
    value
        .chars()
        .filter(|char| !char.is_ascii_whitespace())
        .collect()
}

/// Strict base64, so that no two spellings of one `b=` exist.
pub(super) fn base64(value: Option<&str>) -> Option<Vec<u8>> {
    let bytes = BASE64.decode(without_blanks(value?).as_bytes()).ok()?;
    (!bytes.is_empty()).then_some(bytes)
}

pub(super) fn cut(value: &[u8], span: &std::ops::Range<usize>) -> Vec<u8> {
    let before = value.get(..span.start).unwrap_or_default();
    let after = value.get(span.end..).unwrap_or_default();
    [before, after].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000;
    const GOOD: &str = " v=1; a=rsa-sha256; c=relaxed/simple; d=Facebookmail.com;\r\n\
        \ts=s1024-2013-q3; t=1699999999; bh=QQ==;\r\n\th=Date:To : From; b=Q\r\n\t UI=";

    fn read(value: &str) -> Result<SignatureField<'_>, &'static str> {
        let field = Field {
            name: "DKIM-Signature",
            value: value.as_bytes(),
        };
        SignatureField::read(&field, Timestamp::from_second(NOW).unwrap())
    }

    fn refused(from: &str, to: &str, expected: &str) {
        assert!(GOOD.contains(from), "{from}");
        assert_eq!(read(&GOOD.replace(from, to)), Err(expected), "{to}");
    }

    fn accepted(from: &str, to: &str) {
        assert!(GOOD.contains(from), "{from}");
        assert!(read(&GOOD.replace(from, to)).is_ok(), "{to}");
    }

    #[test]
    fn a_signature_of_metas_shape_is_read() {
        let read = read(GOOD).unwrap();
        assert_eq!(read.domain, "facebookmail.com");
        assert_eq!(read.agent_domain, "facebookmail.com");
        assert_eq!(read.selector, "s1024-2013-q3");
        assert_eq!(
            (read.header_form, read.body_form),
            (Form::Relaxed, Form::Simple)
        );
        assert_eq!(read.signed_at.unwrap().as_second(), 1_699_999_999);
        assert_eq!(read.signed, ["date", "to", "from"]);
        assert_eq!(
            (read.value.as_slice(), read.value_text.as_str()),
            (&b"AB"[..], "QUI=")
        );
        assert_eq!(
            read.unsigned,
            GOOD.split("Q\r\n").next().unwrap().as_bytes()
        );
    }

    #[test]
    fn the_value_of_b_is_cut_out_wherever_it_stands() {
        let value = "v=1; a=rsa-sha256; b = QQ== ; d=a.b; s=c; bh=QQ==; h=from";
        assert_eq!(
            read(value).unwrap().unsigned,
            value.replace(" QQ== ;", ";").into_bytes()
        );
    }

    #[test]
    fn a_tag_that_occurs_twice_is_refused() {
        for tag in ["d=evil.test", "s=x", "h=From", "b=QQ==", "n=1; n=2"] {
            refused("v=1;", &format!("v=1; {tag};"), "names a tag twice");
        }
        accepted("v=1;", "v=1; n=1; N=2;");
        refused("v=1;", "v=1;;", "is not well formed");
    }

    #[test]
    fn version_algorithm_and_query_are_the_known_ones() {
        refused("v=1;", "v=2;", "is not of version 1");
        refused("v=1;", "", "is not of version 1");
        let kind = "is of a kind that proves nothing (neither rsa-sha256 nor ed25519-sha256)";
        refused("rsa-sha256", "rsa-sha1", kind);
        refused("a=rsa-sha256;", "", kind);
        accepted("rsa-sha256", "ed25519-sha256");
        refused(
            "v=1;",
            "v=1; q=http;",
            "wants its key fetched in an unknown way",
        );
        accepted("v=1;", "v=1; q=dns/txt;");
        refused("relaxed/simple", "loose", "names an unknown canonical form");
        accepted("relaxed/simple", "relaxed");
        accepted(" c=relaxed/simple;", "");
    }

    #[test]
    fn a_body_length_is_refused_whatever_it_is() {
        for length in ["0", "1", "99999"] {
            refused(
                "v=1;",
                &format!("v=1; l={length};"),
                "covers only a part of the text",
            );
        }
    }

    #[test]
    fn times_must_be_possible() {
        refused(
            "t=1699999999",
            "t=1700000601",
            "claims to be made in the future",
        );
        accepted("t=1699999999", "t=1700000600");
        accepted("t=1699999999", "t=1300000000");
        accepted(" t=1699999999;", "");
        refused("t=1699999999", "t=169999999x", "names an impossible time");
        refused(
            "t=1699999999",
            "t=9999999999999",
            "names an impossible time",
        );
        refused("v=1;", "v=1; x=1700000000;", "has expired");
        accepted("v=1;", "v=1; x=1700000001;");
        refused(
            "t=1699999999",
            "t=1700000500; x=1700000400",
            "expires before it was made",
        );
    }

    #[test]
    fn names_are_checked_before_anybody_asks_for_them() {
        let long = format!("s={}", "a".repeat(300));
        for selector in ["s=a\"b", "s=a b", "s=", "s=.a", "s=a_b", "s=a/b", &long] {
            refused("s=s1024-2013-q3", selector, "names no proper selector");
        }
        for domain in ["d=facebookmail.com.", "d=face\"book.com", "d="] {
            refused("d=Facebookmail.com", domain, "names no proper domain");
        }
    }

    #[test]
    fn the_agent_is_of_the_domain_or_below_it() {
        let foreign = "speaks for another domain than it is made by";
        for agent in [
            "@evil.test",
            "@evilfacebookmail.com",
            "facebookmail.com",
            "@",
            "@..com",
        ] {
            refused("v=1;", &format!("v=1; i={agent};"), foreign);
        }
        accepted("v=1;", "v=1; i=@facebookmail.com;");
        accepted("v=1;", "v=1; i=a@x.FaceBookMail.com;");
    }

    #[test]
    fn hashes_are_strict_base64() {
        refused("bh=QQ==", "bh=QR==", "has no proper hash of the text");
        refused("bh=QQ==", "bh=", "has no proper hash of the text");
        refused("UI=", "UJ=", "is not proper base64");
        refused("UI=", "UI", "is not proper base64");
        refused(
            "h=Date:To : From",
            "h=Date::From",
            "does not say properly what it covers",
        );
        refused("h=Date:To : From;", "", "does not say what it covers");
    }
}
