//! Without Meta's keys no mail is proved: that DNS does not give them is said while it is set up.

use std::fs;

use serde_json::Value;

use crate::support::dns::{DnsServer, Reply};
use crate::support::dovecot::LOGIN;
use crate::support::process::Home;

#[test]
fn a_name_server_that_gives_no_keys_is_told_and_another_can_be_named() {
    let key = "s1024-2013-q3._domainkey.facebookmail.com";
    let has = format!("DNS has Meta's key {key}");
    let yet = "no mail can be proved yet: no name server answers";
    let remedy = "  -> `--resolver IP:PORT` asks another name server, now or later as \
                  `authenticity.resolver`\n";
    for (reply, is_there, expected) in [
        (Reply::text("v=DKIM1; k=rsa; p=MIGf"), true, [&*has, ""]),
        (Reply::Failure, false, [yet, remedy]),
    ] {
        let home = Home::empty();
        let maildir = home.path().join("Maildir");
        for place in ["new", "cur", "tmp"] {
            fs::create_dir_all(maildir.join(place)).unwrap();
        }
        let server = DnsServer::start([(key.to_owned(), reply)]);
        let (config, resolver) = (home.config(), server.address().to_string());
        let place = ["init", "--config", config.to_str().unwrap()];
        let person = ["--address", LOGIN, "--accounts", "facebook"];
        let maildir = ["--maildir", maildir.to_str().unwrap()];
        let rest = ["--alert", "stdout:", "--resolver", &resolver, "--json"];
        let args = [&place[..], &person, &maildir, &rest].concat();
        let output = home.output(&args, b"");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{said}");
        for part in expected {
            assert!(said.contains(part), "{part}: {said}");
        }
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(answer["keys_in_dns"], is_there);
        let written = fs::read_to_string(config).unwrap();
        let expected = format!("[authenticity]\nresolver = \"{resolver}\"\n");
        assert!(written.contains(&expected), "{written}");
    }
}
