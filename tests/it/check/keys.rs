//! Meta's keys in DNS: a name server that does not answer is one thing, a key that is gone another.

use super::Said;
use crate::support::dns::{DnsServer, Reply};
use crate::support::process::Home;

/// What is said where DNS says this.
fn said(replies: &[(&str, Reply)]) -> (String, String) {
    let replies = replies
        .iter()
        .map(|(name, reply)| ((*name).to_owned(), reply.clone()));
    let server = DnsServer::start(replies);
    let home = Home::new(&format!(
        "[[mailbox]]\nname = \"me\"\naddress = \"me@example.org\"\naccounts = [\"facebook\"]\n\
         maildir = \"/nonexistent\"\n\n[authenticity]\nresolver = \"{}\"\n",
        server.address()
    ));
    let said = Said::by(&home, &[]);
    let (status, observed) = said.check("DKIM key in DNS");
    (status.to_owned(), observed.to_owned())
}

#[test]
fn one_of_the_keys_that_meta_has_signed_with_is_enough() {
    let name = "s1024-2013-q3._domainkey.mail.instagram.com";
    let (status, observed) = said(&[(name, Reply::text("v=DKIM1; k=rsa; p=MIGf"))]);
    assert_eq!(
        (status.as_str(), observed),
        ("pass", format!("{name} is there"))
    );
}

#[test]
fn keys_that_are_gone_are_not_told_as_a_name_server_that_is_silent() {
    let (status, observed) = said(&[]);
    assert_eq!(status, "warn", "{observed}");
    assert!(observed.starts_with("a name server answers"), "{observed}");
    let silent = ("s1024-2013-q3._domainkey.facebookmail.com", Reply::Failure);
    let (status, observed) = said(&[silent]);
    assert_eq!(status, "fail", "{observed}");
    assert!(observed.starts_with("no name server answers"), "{observed}");
}
