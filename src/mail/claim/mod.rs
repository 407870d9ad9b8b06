//! What must hold before any key is asked for: the pure half of the proof of a sender.
//!
//! It knows which fields must stand in a header how often, who may sign for whom, and what a
//! signature must cover. It asks nobody; the DNS and the cryptography are `dkim`'s. How old a
//! message may be is decided where it is acted on.

pub mod canonical;
pub mod chain;
pub mod header;
pub mod results;
pub mod sender;
pub mod signature;
pub mod tags;
mod word;

use jiff::Timestamp;

use super::authenticity::Authenticity;
use header::{Field, Flaw, Split};
use signature::SignatureField;
use tags::Tags;

/// The most signatures that are looked at: more than any honest chain of signers makes.
const MAX_SIGNATURES: usize = 5;

/// The fields that must stand in the header exactly once (RFC 5322, 3.6, and To, without which
/// nobody knows whom Meta wrote to).
const ONCE: [&str; 4] = ["From", "Date", "Subject", "To"];

/// The fields that may stand in the header once (RFC 5322, 3.6; RFC 2045; RFC 2183).
const AT_MOST_ONCE: [&str; 10] = [
    "MIME-Version",
    "Content-Type",
    "Cc",
    "Sender",
    "Reply-To",
    "Message-ID",
    "Content-Transfer-Encoding",
    "In-Reply-To",
    "References",
    "Content-Disposition",
];

/// The fields that this program reads: a signature must cover those that are there.
const MUST_BE_SIGNED: [&str; 6] = [
    "From",
    "Date",
    "Subject",
    "To",
    "MIME-Version",
    "Content-Type",
];

/// A message that would be Meta's if one of its signatures held.
#[derive(Debug, Clone)]
pub struct Claim<'a> {
    /// The domain of its From address, lower case.
    pub domain: String,
    /// The address it was written to, lower case, if To is one plain address.
    pub recipient: Option<String>,
    /// The signatures that may prove it, topmost first; never empty.
    pub signatures: Vec<SignatureField<'a>>,
    message: Split<'a>,
}

impl Claim<'_> {
    /// Whether the text is the one that `signature` was made for (RFC 6376, 6.1.3).
    #[must_use]
    pub fn has_text_of(&self, signature: &SignatureField<'_>) -> bool {
        let hash = canonical::body_hash(self.message.body, signature.body_form);
        signature.body_hash == hash
    }

    /// The bytes that `signature` must have been made over (RFC 6376, 3.7).
    #[must_use]
    pub fn signed_bytes(&self, signature: &SignatureField<'_>) -> Vec<u8> {
        let own = Field {
            name: signature.field_name,
            value: &signature.unsigned,
        };
        let SignatureField {
            signed,
            header_form,
            ..
        } = signature;
        canonical::header(&self.message.fields, signed, &own, *header_form)
    }
}

/// Everything that must hold before any key is asked for.
///
/// `allowed` gives the `d=` values that may sign for a From domain of Meta's, and nothing for any
/// other domain. Comparison is exact: no signature of a parent domain is taken unless listed.
///
/// # Errors
///
/// The verdict, where no key could change it any more.
pub fn examine(
    raw: &[u8],
    now: Timestamp,
    allowed: impl Fn(&str) -> Option<Vec<String>>,
) -> Result<Claim<'_>, Box<Authenticity>> {
    let message = header::split(raw).map_err(|flaw| match flaw {
        // Size says nothing about the sender: an honest message may be large.
        Flaw::TooLarge => Box::new(Authenticity::unproven(None, flaw.to_string())),
        _ => Box::new(Authenticity::forged(None, flaw.to_string())),
    })?;
    let domain = from_domain(&message).map_err(|why| Box::new(Authenticity::forged(None, why)))?;
    let forged = |reason: String| Box::new(Authenticity::forged(Some(&domain), reason));
    let Some(signers) = allowed(&domain) else {
        return Err(forged(format!(
            "it comes from {domain}, which is no address of Meta's"
        )));
    };
    let mut signatures = Vec::new();
    let mut refusal = format!("it carries no signature of {domain}");
    for field in of_signers(&message, &signers) {
        let read = SignatureField::read(field, now);
        match read.and_then(|read| covers(&message, &read).map(|()| read)) {
            Ok(read) => signatures.push(read),
            Err(why) => refusal = format!("its signature {why}"),
        }
    }
    if signatures.is_empty() {
        return Err(forged(refusal));
    }
    let to = message.named("To").next().map(Field::unfolded);
    Ok(Claim {
        domain,
        recipient: to.and_then(|value| sender::recipient(&value)),
        signatures,
        message,
    })
}

/// The From address's domain, once no field can be mistaken for another.
fn from_domain(message: &Split<'_>) -> Result<String, String> {
    for name in ONCE {
        match message.named(name).count() {
            1 => {}
            0 => return Err(format!("it has no {name} field")),
            count => {
                return Err(format!(
                    "it has {count} {name} fields: only one can be signed"
                ));
            }
        }
    }
    for name in AT_MOST_ONCE {
        let count = message.named(name).count();
        if count > 1 {
            return Err(format!("it has {count} {name} fields"));
        }
    }
    let from = message.named("From").next().map(Field::unfolded);
    let unclear = || "its From field is not one plain address".to_owned();
    from.and_then(|value| sender::domain(&value))
        .ok_or_else(unclear)
}

/// The first few signatures that claim a domain of `signers`. All others, well formed or not, are
/// passed over here, so that no stranger makes this program ask DNS for names of his choice.
fn of_signers<'m, 'a>(
    message: &'m Split<'a>,
    signers: &'m [String],
) -> impl Iterator<Item = &'m Field<'a>> {
    let claims_signer = |field: &&Field<'_>| {
        let Some(tags) = Tags::read(field.value) else {
            return false;
        };
        tags.all("d").any(|tag| {
            signers
                .iter()
                .any(|one| one.eq_ignore_ascii_case(tag.value))
        })
    };
    message
        .named("DKIM-Signature")
        .filter(claims_signer)
        .take(MAX_SIGNATURES)
}

/// Whether the signature covers every field that is read (RFC 6376, 5.4; From: 6.1.1).
fn covers(message: &Split<'_>, signature: &SignatureField<'_>) -> Result<(), &'static str> {
    for name in MUST_BE_SIGNED {
        let there = message.named(name).count();
        let signed = signature
            .signed
            .iter()
            .filter(|one| one.eq_ignore_ascii_case(name))
            .count();
        if there > signed {
            return Err("does not cover all of From, To, Date, Subject and the text's type");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::authenticity::Proof;

    const NOW: i64 = 1_700_000_000;
    const SIGNATURE: &str = "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple;\r\n\
        \td=a.test; s=k; bh=QQ==; h=Date:To:Subject:From:MIME-Version:Content-Type; b=QQ==\r\n";
    const FIELDS: &str = "Date: Thu, 6 Aug 2020 19:34:15 -0700\r\nTo: me@example.org\r\n\
        Subject: x\r\nFrom: \"Meta\" <n@a.test>\r\nMIME-Version: 1.0\r\n\
        Content-Type: text/html\r\n";

    fn look(raw: &str) -> Result<usize, (Proof, String)> {
        let now = Timestamp::from_second(NOW).unwrap();
        let allowed = |domain: &str| match domain {
            "a.test" => Some(vec!["a.test".to_owned()]),
            "sub.a.test" => Some(vec!["a.test".to_owned(), "sub.a.test".to_owned()]),
            _ => None,
        };
        let found = examine(raw.as_bytes(), now, allowed);
        found
            .map(|claim| claim.signatures.len())
            .map_err(|it| (it.result, it.reason))
    }

    fn message() -> String {
        format!("{SIGNATURE}{FIELDS}\r\nbody\r\n")
    }

    fn forged(raw: &str, reason: &str) {
        assert_eq!(look(raw), Err((Proof::Forged, reason.to_owned())), "{raw}");
    }

    fn altered(from: &str, to: &str, reason: &str) {
        let raw = message();
        assert!(raw.contains(from), "{from}");
        forged(&raw.replace(from, to), reason);
    }

    #[test]
    fn a_well_formed_claim_is_let_through_to_the_cryptography() {
        assert_eq!(look(&message()), Ok(1));
        assert_eq!(look(&message().replace('\r', "")), Ok(1));
    }

    #[test]
    fn a_large_message_is_not_called_forged() {
        let raw = message() + &"x".repeat(header::MAX_MESSAGE);
        assert_eq!(look(&raw).unwrap_err().0, Proof::Unproven);
    }

    #[test]
    fn fields_that_count_once_stand_once() {
        for name in ONCE {
            let lower = name.to_ascii_lowercase();
            let doubled = format!("{lower}: evil\r\n{}", message());
            forged(
                &doubled,
                &format!("it has 2 {name} fields: only one can be signed"),
            );
            let missing = message().replace(&format!("\n{name}:"), "\nX-Was:");
            forged(&missing, &format!("it has no {name} field"));
        }
        for name in AT_MOST_ONCE {
            let raw = format!("{name}: x\r\n{name}: y\r\n{}", message());
            let count = raw.matches(&format!("{name}: ")).count();
            forged(&raw, &format!("it has {count} {name} fields"));
        }
    }

    #[test]
    fn a_sender_that_is_not_metas_is_refused_by_its_domain() {
        altered(
            "n@a.test",
            "n@evil.test",
            "it comes from evil.test, which is no address of Meta's",
        );
        altered(
            "n@a.test",
            "n@x.a.test",
            "it comes from x.a.test, which is no address of Meta's",
        );
        altered(
            "n@a.test",
            "n@a.test.",
            "its From field is not one plain address",
        );
        altered(
            "n@a.test",
            "n@\u{430}.test",
            "its From field is not one plain address",
        );
        altered(
            "\"Meta\" <n@a.test>",
            "n@a.test, m@a.test",
            "its From field is not one plain address",
        );
        assert_eq!(look(&message().replace("n@a.test", "n@A.TEST")), Ok(1));
    }

    #[test]
    fn only_listed_domains_may_sign() {
        altered(SIGNATURE, "", "it carries no signature of a.test");
        altered(
            "d=a.test",
            "d=evil.test",
            "it carries no signature of a.test",
        );
        altered("d=a.test", "d=test", "it carries no signature of a.test");
        altered(
            "d=a.test",
            "d=sub.a.test",
            "it carries no signature of a.test",
        );
        altered("d=a.test", "d=a.test.", "it carries no signature of a.test");
        altered(
            "d=a.test",
            "d=evil.test; d=a.test",
            "its signature names a tag twice",
        );
        assert_eq!(look(&message().replace("n@a.test", "n@sub.a.test")), Ok(1));
        assert_eq!(look(&message().replace("d=a.test", "d=A.Test")), Ok(1));
    }

    #[test]
    fn strangers_signatures_do_not_count_and_at_most_five_do() {
        let strangers = SIGNATURE.replace("a.test", "evil.test").repeat(400);
        assert_eq!(look(&format!("{strangers}{}", message())), Ok(1));
        assert_eq!(
            look(&format!("{}{}", SIGNATURE.repeat(8), message())),
            Ok(5)
        );
        let bad = SIGNATURE.replace("v=1", "v=2");
        assert_eq!(look(&format!("{}{}", bad.repeat(4), message())), Ok(1));
        forged(
            &format!("{}{}", bad.repeat(5), message()),
            "its signature is not of version 1",
        );
    }

    #[test]
    fn every_field_that_is_read_must_be_signed() {
        let why = "its signature does not cover all of From, To, Date, Subject and the text's type";
        for name in [
            "Date:",
            ":To",
            ":Subject",
            ":From",
            ":MIME-Version",
            ":Content-Type",
        ] {
            let list = "Date:To:Subject:From:MIME-Version:Content-Type";
            altered(list, &list.replace(name, ""), why);
        }
        let bare = message().replace("MIME-Version: 1.0\r\n", "");
        assert_eq!(look(&bare.replace("From:MIME-Version", "From")), Ok(1));
    }
}
