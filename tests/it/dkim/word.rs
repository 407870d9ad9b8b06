//! Whose word counts where a signature cannot be checked: the receiving server's, and that of
//! forwarders the person named. Never against a check that could be made.

use std::path::Path;

use sustained::config::{Authenticity as Settings, Resolver};
use sustained::dkim::{Delivery, Verifier};
use sustained::mail::authenticity::{Authenticity, Method, Proof};

use super::{DOMAIN, KEY, allowed, delivery, message, records, server};
use crate::support::dns::{DnsServer, Reply};

/// What the receiving server of these tests calls itself.
const SERVER: &str = "mx.example.org";

fn judged(server: &DnsServer, forwarders: &[&str], raw: &[u8]) -> Authenticity {
    let verifier = Verifier::new(&Settings {
        resolver: Resolver::Server(server.address()),
        pinned_keys: vec![],
        forwarders: forwarders.iter().map(|name| (*name).to_owned()).collect(),
    })
    .unwrap();
    let delivery = Delivery {
        provider: Some(SERVER),
        ..delivery()
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(verifier.verify(raw, allowed, delivery))
}

/// A name server that fails.
fn without_dns() -> DnsServer {
    DnsServer::start([(KEY.to_owned(), Reply::Failure)])
}

fn says(results: &str) -> String {
    format!("Authentication-Results: {SERVER}; {results}\r\n")
}

fn good() -> String {
    says(&format!("dkim=pass header.d={DOMAIN}"))
}

fn rewritten() -> String {
    message("genuine").replace("</body>", "<p>scanned for viruses</p></body>")
}

fn check(found: &Authenticity, result: Proof, method: Method, reason: &str, what: &str) {
    assert_eq!(
        (found.result, found.method),
        (result, method),
        "{what}: {}",
        found.reason
    );
    assert!(found.reason.contains(reason), "{what}: {}", found.reason);
    assert_eq!(found.signature.is_some(), found.is_genuine(), "{what}");
}

#[test]
fn without_an_answer_of_dns_the_servers_word_counts() {
    let raw = good() + &message("genuine");
    let found = judged(&without_dns(), &[], raw.as_bytes());
    check(
        &found,
        Proof::Genuine,
        Method::Provider,
        "mx.example.org says",
        "vouched",
    );
    assert!(found.signature.unwrap().keys.is_empty());
    // Where the signature can be checked, nobody needs it.
    let found = judged(&server(), &[], raw.as_bytes());
    check(&found, Proof::Genuine, Method::Dkim, "holds", "checked");
    // Both rewritten and unchecked: too little is left.
    let raw = good() + &rewritten();
    let found = judged(&without_dns(), &[], raw.as_bytes());
    check(
        &found,
        Proof::Unproven,
        Method::None,
        "no name server",
        "both",
    );
    assert!(found.is_pending);
}

#[test]
fn a_text_that_the_server_rewrote_is_taken_on_its_word_and_metas_header() {
    let raw = good() + &rewritten();
    let found = judged(&server(), &[], raw.as_bytes());
    check(
        &found,
        Proof::Genuine,
        Method::Provider,
        "was rewritten after mx.example.org",
        "text",
    );
    assert_eq!(found.signature.unwrap().keys[0].name, KEY);
    for (from, to) in [
        ("me@example.org", "you@example.org"),
        ("A code for", "No code for"),
    ] {
        let changed = rewritten().replace(from, to);
        let found = judged(&server(), &[], (good() + &changed).as_bytes());
        check(&found, Proof::Forged, Method::Dkim, "does not hold", to);
    }
}

#[test]
fn a_word_never_stands_against_a_check() {
    for (name, reason) in [
        ("key-test", "marked as a test"),
        ("length-exact", "only a part"),
        ("rsa-sha1", "proves nothing"),
        ("covers-from", "does not cover all"),
        ("signature-of-stranger", "does not hold"),
        ("sender-evil", "comes from evil.test"),
        ("from-two", "not one plain address"),
    ] {
        let raw = good() + &message(name);
        let found = judged(&server(), &[], raw.as_bytes());
        check(&found, Proof::Forged, Method::Dkim, reason, name);
    }
    let gone = message("genuine").replace("s=s1024", "s=gone");
    let found = judged(&server(), &[], (good() + &gone).as_bytes());
    check(
        &found,
        Proof::Unproven,
        Method::None,
        "does not exist",
        "gone",
    );
}

#[test]
fn the_servers_word_is_read_as_it_really_occurs() {
    let start: String = message("genuine").split_whitespace().collect();
    let (_, value) = start.split_once("b=").unwrap();
    let value = value.split_once(";b=").map_or(value, |(_, value)| value);
    let b: String = value.chars().take(8).collect();
    for line in [
        format!("Authentication-Results: {SERVER};\r\n dkim=pass header.i=@{DOMAIN}\r\n"),
        "AUTHENTICATION-RESULTS: MX.Example.ORG 1; DKIM = PASS Header.D = FaceBookMail.test\r\n"
            .to_owned(),
        format!(
            "Authentication-Results: (a) {SERVER} (b)\r\n\t1 ; spf=fail smtp.mailfrom=x@y.z;\r\n\t\
                 dkim=pass (1024-bit key) reason=\"ok; fine\" header.d={DOMAIN} header.s=s1024 \
                 header.b={b}; dmarc=pass (p=REJECT) header.from={DOMAIN}\r\n"
        ),
        format!(
            "Authentication-Results: {SERVER}; dkim=fail header.d=list.test; \
                 dkim=pass header.d={DOMAIN}\r\n"
        ),
        format!(
            "Return-Path: <x@{DOMAIN}>\r\nDelivered-To: me@example.org\r\n{}",
            good()
        ),
        format!(
            "{}Received: from x by {SERVER}; Tue, 14 Nov 2023 22:13:24 +0000\r\n",
            good()
        ),
        format!(
            "{}{}",
            good(),
            says(&format!("dkim=fail header.d={DOMAIN}"))
        ),
    ] {
        let found = judged(
            &without_dns(),
            &[],
            (line.clone() + &message("genuine")).as_bytes(),
        );
        check(
            &found,
            Proof::Genuine,
            Method::Provider,
            "mx.example.org says",
            &line,
        );
    }
}

#[test]
fn what_is_not_the_servers_word_is_not_taken_for_it() {
    let received = format!("Received: from x by {SERVER}; Tue, 14 Nov 2023 22:13:24 +0000\r\n");
    for line in [
        String::new(),
        format!("Authentication-Results: mx.evil.test; dkim=pass header.d={DOMAIN}\r\n"),
        format!("Authentication-Results: {SERVER}.evil.test; dkim=pass header.d={DOMAIN}\r\n"),
        format!("Authentication-Results: mx.evil.test ({SERVER}); dkim=pass header.d={DOMAIN}\r\n"),
        // Only the topmost is the server's, and nothing of it stands below its Received.
        format!("Authentication-Results: mx.evil.test; none\r\n{}", good()),
        says(&format!("dkim=fail header.d={DOMAIN}")) + &good(),
        received.clone() + &good(),
        format!("received: from a by b; c\r\n{}", good()),
        says("none"),
        says(&format!(
            "spf=pass smtp.mailfrom=x@{DOMAIN}; dmarc=pass header.from={DOMAIN}"
        )),
        says(&format!("dkim=neutral header.d={DOMAIN}")),
        says(&format!(
            "dkim=pass header.d={DOMAIN}; dkim=fail header.d={DOMAIN}"
        )),
        says("dkim=pass header.d=evil.test"),
        says("dkim=pass"),
        says(&format!("dkim=pass header.from={DOMAIN}")),
        says(&format!("dkim=pass header.d={DOMAIN}.evil.test")),
        says(&format!("dkim=pass header.i=@sub.{DOMAIN}")),
        says(&format!("dkim=pass header.d={DOMAIN} header.s=other")),
        says(&format!("dkim=pass header.d={DOMAIN} header.b=AAAAAAAA")),
        says(&format!("dkim=fail (dkim=pass header.d={DOMAIN})")),
        says(&format!(
            "dkim=fail reason=\"x; dkim=pass header.d={DOMAIN}\""
        )),
        says(&format!("dkim=pass header.d=\"{DOMAIN}")),
        says(&format!("dkim=pass header.d={DOMAIN} (")),
        format!("Authentication-Results: {SERVER} 2; dkim=pass header.d={DOMAIN}\r\n"),
        format!("ARC-Authentication-Results: i=1; {SERVER}; dkim=pass header.d={DOMAIN}\r\n"),
        format!("X-Authentication-Results: {SERVER}; dkim=pass header.d={DOMAIN}\r\n"),
    ] {
        let raw = line.clone() + &message("genuine");
        let found = judged(&without_dns(), &[], raw.as_bytes());
        check(
            &found,
            Proof::Unproven,
            Method::None,
            "no name server",
            &line,
        );
        let found = judged(&server(), &[], (line.clone() + &rewritten()).as_bytes());
        check(
            &found,
            Proof::Forged,
            Method::Dkim,
            "its text is not",
            &line,
        );
    }
}

fn forwarded(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dkim/forwarded");
    std::fs::read(folder.join(name).with_extension("eml")).unwrap()
}

#[test]
fn the_seals_of_named_forwarders_count_for_a_rewritten_text() {
    for (name, forwarders) in [
        ("once", &["uni.test"][..]),
        ("twice", &["list.test", "uni.test"]),
    ] {
        let found = judged(&server(), forwarders, &forwarded(name));
        check(
            &found,
            Proof::Genuine,
            Method::Provider,
            "was rewritten by uni.test",
            name,
        );
        let keys = found.signature.unwrap().keys;
        let names: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
        assert_eq!(names[..2], [KEY, "s1024._domainkey.uni.test"]);
        assert_eq!(names.len(), forwarders.len() + 1);
        // No forwarder is trusted that was not named, and nobody is asked about one.
        let server = server();
        let found = judged(&server, &["list.test"], &forwarded(name));
        check(&found, Proof::Forged, Method::Dkim, "its text is not", name);
        assert_eq!(server.questions(), Vec::<String>::new());
    }
}

#[test]
fn a_chain_that_does_not_hold_counts_for_nothing() {
    let forwarders = ["uni.test", "list.test"];
    for name in [
        "changed-after",
        "found-bad",
        "found-another",
        "by-a-stranger",
        "through-a-stranger",
    ] {
        let found = judged(&server(), &forwarders, &forwarded(name));
        check(&found, Proof::Forged, Method::Dkim, "its text is not", name);
    }
    let found = judged(&server(), &forwarders, &forwarded("results-changed"));
    check(
        &found,
        Proof::Forged,
        Method::Dkim,
        "its text",
        "results-changed",
    );
    let once = String::from_utf8(forwarded("once")).unwrap();
    for (from, to) in [
        (
            "ARC-Seal: i=1; a=rsa-sha256; t=1700000000",
            "ARC-Seal: i=1; a=rsa-sha256; t=1700000001",
        ),
        (
            "dkim=pass header.d=facebookmail.test",
            "dkim=pass  header.d=facebookmail.test x.y=z",
        ),
        ("mx.uni.test", "mx.evil.test"),
        ("123456", "666666"),
        ("Your code is", "Your code was"),
    ] {
        assert!(once.contains(from), "{from}");
        let found = judged(&server(), &forwarders, once.replace(from, to).as_bytes());
        check(&found, Proof::Forged, Method::Dkim, "its text", to);
    }
}

#[test]
fn a_forwarder_whose_key_nobody_knows_yet_is_asked_for_again() {
    let known = records().into_iter().filter(|(name, _)| name == KEY);
    let answers = known.map(|(name, record)| (name, Reply::text(record)));
    let silent = ("s1024._domainkey.uni.test".to_owned(), Reply::Failure);
    let server = DnsServer::start(answers.chain([silent]));
    let found = judged(&server, &["uni.test"], &forwarded("once"));
    check(
        &found,
        Proof::Unproven,
        Method::None,
        "s1024._domainkey.uni.test",
        "no answer",
    );
    assert!(found.is_pending);
}
