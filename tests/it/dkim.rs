//! The proof of a sender against signatures that another program made (`tests/dkim/make.py`),
//! against keys from a scripted name server, and against everything that passes other verifiers.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use sustained::config::{Authenticity as Settings, Resolver};
use sustained::dkim::{Delivery, SigningKey, Verifier};
use sustained::mail::authenticity::{Authenticity, Method, Proof};

use crate::support::dns::{DnsServer, Reply};

mod keys;
mod mutants;
mod published;
mod table;
mod word;

/// Ten minutes after the messages were signed.
const NOW: i64 = 1_700_000_600;
const DOMAIN: &str = "facebookmail.test";
const KEY: &str = "s1024._domainkey.facebookmail.test";

fn message(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/dkim")
        .join(name);
    std::fs::read_to_string(path.with_extension("eml")).unwrap()
}

fn records() -> BTreeMap<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dkim/keys.toml");
    toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn server() -> DnsServer {
    DnsServer::start(
        records()
            .into_iter()
            .map(|(name, record)| (name, Reply::text(record))),
    )
}

fn verifier(server: &DnsServer, pinned: &[(&str, &str)]) -> Verifier {
    let own = |(name, record): &(&str, &str)| ((*name).to_owned(), (*record).to_owned());
    Verifier::new(&Settings {
        resolver: Resolver::Server(server.address()),
        pinned_keys: pinned.iter().map(own).collect(),
        forwarders: vec![],
    })
    .unwrap()
}

fn allowed(domain: &str) -> Option<Vec<String>> {
    (domain == DOMAIN).then(|| vec![DOMAIN.to_owned()])
}

/// To nobody in particular, ten minutes after the messages were signed.
fn delivery() -> Delivery<'static> {
    Delivery {
        addresses: &[],
        provider: None,
        at: Timestamp::from_second(NOW).unwrap(),
    }
}

fn verify_with(verifier: &Verifier, raw: &[u8]) -> Authenticity {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(verifier.verify(raw, allowed, delivery()))
}

fn verify(raw: &str) -> Authenticity {
    verify_with(&verifier(&server(), &[]), raw.as_bytes())
}

fn check(what: &str, raw: &str, expected: Proof, reason: &str) {
    let found = verify(raw);
    assert_eq!(found.result, expected, "{what}: {}", found.reason);
    assert!(found.reason.contains(reason), "{what}: {}", found.reason);
    assert_eq!(found.signature.is_some(), found.is_genuine(), "{what}");
}

#[test]
fn a_genuine_message_comes_with_its_proof() {
    let found = verify(&message("genuine"));
    assert_eq!(
        (found.method, found.domain.as_deref()),
        (Method::Dkim, Some(DOMAIN))
    );
    let signature = found.signature.unwrap();
    assert_eq!(
        (signature.domain.as_str(), signature.selector.as_str()),
        (DOMAIN, "s1024")
    );
    let [key] = signature.keys.as_slice() else {
        panic!("one signature has one key: {:?}", signature.keys);
    };
    assert_eq!((key.name.as_str(), &key.record), (KEY, &records()[KEY]));
    assert!(!key.is_pinned);
    assert_eq!(signature.signed_at.unwrap().as_second(), 1_700_000_000);
    let unfolded: String = message("genuine").split_whitespace().collect();
    assert!(unfolded.contains(&format!("b={}X-Facebook", signature.value)));
}

#[test]
fn what_is_put_above_or_below_a_genuine_header_is_noticed() {
    let genuine = message("genuine");
    for line in [
        "Subject: 999999 is your confirmation code",
        "From: objection@support.facebookmail.test",
        "To: victim@example.org",
        "Date: Tue, 14 Nov 2023 14:13:20 -0800",
        "Content-Type: text/plain",
        "MIME-Version: 1.0",
        "Content-Transfer-Encoding: base64",
        "Message-ID: <1@evil.test>",
        "Reply-To: meta@evil.test",
        "from: meta@evil.test",
        "From : meta@evil.test",
        "From\r\n : meta@evil.test",
        "Sub\tject: Your code is 66666",
        "Fr om: meta@evil.test",
    ] {
        let above = format!("{line}\r\n{genuine}");
        let below = genuine.replacen("\r\n\r\n", &format!("\r\n{line}\r\n\r\n"), 1);
        check(line, &above, Proof::Forged, "");
        check(line, &below, Proof::Forged, "");
    }
    check(
        "a blank first",
        &format!(" From: x@evil.test\r\n{genuine}"),
        Proof::Forged,
        "",
    );
    let oversigned = format!("From: meta@evil.test\r\n{}", message("genuine-oversigned"));
    check("oversigned", &oversigned, Proof::Forged, "2 From fields");
}

#[test]
fn a_changed_message_is_forged() {
    let genuine = message("genuine");
    let changed = |from: &str, to: &str, reason: &str| {
        assert!(genuine.contains(from), "{from}");
        check(to, &genuine.replace(from, to), Proof::Forged, reason);
    };
    changed(
        "123456",
        "666666",
        "its text is not the text that was signed",
    );
    changed(
        "123456",
        "123\r456",
        "its text is not the text that was signed",
    );
    changed(
        "</html>\r\n",
        "</html>\r\n<p>more",
        "its text is not the text that was signed",
    );
    changed("me@example.org", "you@example.org", "does not hold");
    changed("A code for", "No code for", "does not hold");
    changed("t=1700000000", "t=1700000001", "does not hold");
    changed("\"Meta Privacy\"", "\"Meta Support\"", "does not hold");
    let relaxed = message("genuine-blank-tail");
    check(
        "blank tail",
        &relaxed.replace("123456", "666666"),
        Proof::Forged,
        "its text",
    );
}

#[test]
fn unsigned_fields_neither_help_nor_harm() {
    let genuine = message("genuine");
    for (from, to) in [
        ("quoted-printable", "base64"),
        ("Content-Transfer-Encoding: quoted-printable\r\n", ""),
        ("<02784ed69fa6b7e132d5209f121881ca@", "<other@"),
        ("noreply@facebookmail.test", "meta@evil.test"),
    ] {
        assert!(genuine.contains(from));
        check(to, &genuine.replace(from, to), Proof::Genuine, "");
    }
    let unsigned = &genuine[genuine.find("X-Facebook").unwrap()..];
    for claim in [
        "Authentication-Results: mx.example.org; dkim=pass header.d=facebookmail.test",
        "Authentication-Results: (x) mx.example.org 1; dkim=pass header.d=\"facebookmail.test\"",
        "ARC-Seal: i=1; a=rsa-sha256; cv=none; d=evil.test; s=s1024; b=QQ==",
        "ARC-Message-Signature: i=1; a=rsa-sha256; d=facebookmail.test; s=s1024; h=From; b=QQ==",
        "DKIM-Signature: nonsense",
        "DKIM-Signature: v=1; d=facebookmail.test",
    ] {
        check(claim, &format!("{claim}\r\n{unsigned}"), Proof::Forged, "");
        check(claim, &format!("{claim}\r\n{genuine}"), Proof::Genuine, "");
        let bottom = unsigned.replacen("\r\n\r\n", &format!("\r\n{claim}\r\n\r\n"), 1);
        check(claim, &bottom, Proof::Forged, "");
    }
}

#[test]
fn the_right_signature_is_found_among_wrong_ones_of_the_same_domain() {
    let genuine = message("genuine");
    let end = genuine.find("X-Facebook").unwrap();
    let broken = genuine[..end].replace("t=1700000000", "t=1700000001");
    check("one", &format!("{broken}{genuine}"), Proof::Genuine, "");
    check(
        "four",
        &format!("{}{genuine}", broken.repeat(4)),
        Proof::Genuine,
        "",
    );
    check(
        "five",
        &format!("{}{genuine}", broken.repeat(5)),
        Proof::Forged,
        "does not hold",
    );
    let unknown = genuine[..end].replace("s=s1024", "s=gone");
    let rest = &genuine[end..];
    check(
        "unknown",
        &format!("{broken}{unknown}{rest}"),
        Proof::Unproven,
        "does not exist",
    );
}

#[test]
fn a_verdict_can_be_awaited_on_any_thread() {
    fn movable(_: &impl Send) {}
    movable(&verifier(&server(), &[]).verify(b"", allowed, delivery()));
}

#[test]
fn a_rehearsal_is_signed_and_proved() {
    let key = SigningKey::generate().unwrap();
    let server = DnsServer::start([]);
    let verifier = verifier(
        &server,
        &[(&format!("try._domainkey.{DOMAIN}"), &key.record())],
    );
    let genuine = message("genuine");
    let unsigned = &genuine[genuine.find("X-Facebook").unwrap()..];
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let today = Delivery {
        at: Timestamp::now(),
        ..delivery()
    };
    for raw in [unsigned.to_owned(), unsigned.replace("\r\n", "\n")] {
        let signed = key.sign(DOMAIN, "try", raw.as_bytes(), today.at).unwrap();
        assert!(
            runtime
                .block_on(verifier.verify(&signed, allowed, today))
                .is_genuine()
        );
        let mut changed = signed;
        *changed.last_mut().unwrap() = b'x';
        assert!(
            runtime
                .block_on(verifier.verify(&changed, allowed, today))
                .is_forged()
        );
    }
    assert_eq!(server.questions(), Vec::<String>::new());
}
