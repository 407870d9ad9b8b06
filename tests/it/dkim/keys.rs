//! Where the key comes from: a scripted name server, the configuration, or nowhere.

use sustained::config::{Authenticity as Settings, Resolver};
use sustained::dkim::{DkimError, Verifier};
use sustained::mail::authenticity::{Method, Proof};

use super::{KEY, check, message, records, server, verifier, verify_with};
use crate::support::dns::{DnsServer, Reply};
use crate::support::{PATIENCE, wait_until};

#[test]
fn strangers_cannot_choose_what_dns_is_asked() {
    let genuine = message("genuine");
    let asked = |raw: &str| {
        let server = server();
        let found = verify_with(&verifier(&server, &[]), raw.as_bytes());
        (found.is_genuine(), server.questions())
    };
    let junk = |number: u32| {
        format!(
            "DKIM-Signature: v=1; a=rsa-sha256; d=n{number}.test; s=s; bh=QQ==; h=From; b=QQ==\r\n"
        )
    };
    let many: String = (0..480).map(junk).collect();
    assert_eq!(
        asked(&format!("{many}{genuine}")),
        (true, vec![KEY.to_owned()])
    );
    let too_many: String = (0..500).map(junk).collect();
    assert_eq!(asked(&format!("{too_many}{genuine}")), (false, vec![]));
    for name in [
        "s10\"24",
        "s10 24",
        "s_1024",
        ".s1024",
        &"s".repeat(64),
        &"s.".repeat(150),
    ] {
        let raw = genuine.replace("s=s1024", &format!("s={name}"));
        assert_eq!(asked(&raw), (false, vec![]), "{name}");
    }
    assert_eq!(
        asked(&genuine.replace("s=s1024", "s=s10\x0024")),
        (false, vec![])
    );
    assert_eq!(
        asked(&genuine.replace("d=facebookmail", "d=face\"bookmail")),
        (false, vec![])
    );
    assert_eq!(asked(&genuine.replace("123456", "666666")), (false, vec![]));
}

#[test]
fn without_a_usable_key_nothing_is_proved() {
    let key = &records()[KEY];
    let long = format!("k=rsa; n={}; p=AAAA", "x".repeat(5000));
    let huge = format!("v=DKIM1; k=rsa; p={}", "A".repeat(60_000));
    for (reply, reason) in [
        (Reply::Text(vec![]), "does not exist"),
        (Reply::text("v=spf1 -all"), "does not exist"),
        (Reply::text("v=DKIM1; k=rsa; p="), "withdrawn"),
        (Reply::text("v=DKIM1; k=rsa; p=%"), "cannot be read"),
        (Reply::LongText(vec![long]), "cannot be read"),
        (Reply::Text(vec![key.clone(), key.clone()]), "several keys"),
        (Reply::Failure, "no name server answers"),
        (Reply::Silence, "no name server answers"),
        (Reply::Garbage, "no name server answers"),
        (Reply::CutOff, "no name server answers"),
        (Reply::LongText(vec![huge]), "cannot be read"),
        (
            Reply::LongText(vec!["x".repeat(200); 300]),
            "does not exist",
        ),
        (Reply::text("\u{0}v=DKIM1; k=rsa; p=AAAA"), "does not exist"),
    ] {
        let what = format!("{reply:?}");
        let server = DnsServer::start([(KEY.to_owned(), reply)]);
        let found = verify_with(&verifier(&server, &[]), message("genuine").as_bytes());
        assert_eq!(
            (found.result, found.method),
            (Proof::Unproven, Method::None),
            "{what}"
        );
        assert!(found.reason.contains(reason), "{what}: {}", found.reason);
        let may_pass = reason == "no name server answers";
        assert_eq!(found.is_pending, may_pass, "{what}");
        assert!(found.reason.contains(KEY), "{what}: {}", found.reason);
    }
    check(
        "no name",
        &message("genuine").replace("s=s1024", "s=gone"),
        Proof::Unproven,
        "gone",
    );
    check(
        "withdrawn",
        &message("key-withdrawn"),
        Proof::Unproven,
        "withdrawn by its owner",
    );
}

#[test]
fn a_key_is_found_among_other_records_and_by_tcp() {
    let key = records()[KEY].clone();
    let among = vec!["v=spf1 -all".to_owned(), key.clone(), "hello".to_owned()];
    for reply in [Reply::Text(among), Reply::LongText(vec![key])] {
        let server = DnsServer::start([(KEY.to_owned(), reply)]);
        let found = verify_with(&verifier(&server, &[]), message("genuine").as_bytes());
        assert!(found.is_genuine(), "{}", found.reason);
    }
}

#[test]
fn answers_are_remembered_and_failures_for_a_moment() {
    let server = server();
    let verifier_of_server = verifier(&server, &[]);
    for _ in 0..3 {
        assert!(verify_with(&verifier_of_server, message("genuine").as_bytes()).is_genuine());
    }
    assert_eq!(server.questions(), [KEY]);
    let failing = DnsServer::start([(KEY.to_owned(), Reply::Failure)]);
    let verifier_of_failing = verifier(&failing, &[]);
    let asks = || {
        let found = verify_with(&verifier_of_failing, message("genuine").as_bytes());
        assert!(found.is_pending, "{}", found.reason);
        failing.questions().len()
    };
    // A row of mails does not wait for the same nobody again and again.
    assert_eq!([asks(), asks(), asks()], [2, 2, 2]);
    assert!(wait_until(PATIENCE, || asks() == 4));
}

#[test]
fn a_pinned_key_beats_dns() {
    let record = records()[KEY].clone();
    let server = DnsServer::start([(
        KEY.to_owned(),
        Reply::text(records()["loose._domainkey.facebookmail.test"].clone()),
    )]);
    let genuine = message("genuine");
    let by_dns = verify_with(&verifier(&server, &[]), genuine.as_bytes());
    assert!(by_dns.is_forged(), "{}", by_dns.reason);
    let asked = server.questions();
    let pinned = verifier(&server, &[("S1024._domainkey.FacebookMail.test.", &record)]);
    assert!(verify_with(&pinned, genuine.as_bytes()).is_genuine());
    assert_eq!(server.questions(), asked);
}

#[test]
fn a_pinned_key_that_is_none_is_told_at_the_start() {
    let settings = Settings {
        resolver: Resolver::System,
        pinned_keys: vec![("a._domainkey.b".to_owned(), "hello".to_owned())],
        forwarders: vec![],
    };
    let error = Verifier::new(&settings).unwrap_err();
    assert!(matches!(&error, DkimError::PinnedKey { name } if name == "a._domainkey.b"));
}
